"""A small maker of OFD (GB/T 33190-2016) files: paragraphs set on A4, page numbers in templates."""

import io
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 210.0, 297.0
"""Millimetres of a page."""
LEFT, TOP = 28.0, 37.0
SIZE = 5.64  # millimetres: 16 pt, 三号
PITCH = 10.2
PER_LINE = 27
LINES = 22

_NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_CLOSING = "，。、；：！？）》”’】」』〉"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Placed = list[tuple[str, float]]
"""The characters of a line, and how far right of the margin each stands, in millimetres."""


def write(
    paragraphs: Sequence[str], title: str = "", custom: Sequence[tuple[str, str]] = ()
) -> bytes:
    """An OFD file with these paragraphs, their first lines indented by two characters.

    title, custom: what its DocInfo states.
    """
    lines = [line for paragraph in paragraphs for line in wrapped(paragraph)]
    pages = [lines[at : at + LINES] for at in range(0, len(lines), LINES)] or [[]]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("OFD.xml", _ofd(title, custom))
        archive.writestr("Doc_0/Document.xml", _document(len(pages)))
        archive.writestr("Doc_0/PublicRes.xml", _resources())
        for number, page in enumerate(pages):
            archive.writestr(f"Doc_0/Pages/Page_{number}/Content.xml", _page(number, page))
            archive.writestr(f"Doc_0/Tpls/Tpl_{number}/Content.xml", _template(number))
    return buffer.getvalue()


def wrapped(paragraph: str) -> list[Placed]:
    """The lines of a paragraph; no line starts with a closing mark."""
    lines: list[Placed] = []
    line: Placed = []
    at = 2 * SIZE
    end = PER_LINE * SIZE
    for char in paragraph:
        width = SIZE * (0.5 if char.isascii() else 1.0)
        if at + width > end + 0.01:
            carried: Placed = []
            if char in _CLOSING and len(line) > 1:
                carried = [line.pop()]
            lines.append(line)
            line, at = [], 0.0
            for moved, _ in carried:
                line.append((moved, at))
                at += SIZE * (0.5 if moved.isascii() else 1.0)
        line.append((char, at))
        at += width
    return [*lines, line] if line else lines


def _ofd(title: str, custom: Sequence[tuple[str, str]]) -> str:
    stated = f"<ofd:Title>{escape(title)}</ofd:Title>" if title else ""
    datas = "".join(
        f'<ofd:CustomData Name="{escape(name)}">{escape(value)}</ofd:CustomData>'
        for name, value in custom
    )
    if datas:
        datas = f"<ofd:CustomDatas>{datas}</ofd:CustomDatas>"
    return (
        f'{_HEAD}<ofd:OFD {_NAMESPACE} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
        f"<ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID>{stated}"
        f"<ofd:CreationDate>2024-01-05</ofd:CreationDate>{datas}</ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    )


def _document(pages: int) -> str:
    templates = "".join(
        f'<ofd:TemplatePage ID="{1000 + n}" BaseLoc="Tpls/Tpl_{n}/Content.xml"/>'
        for n in range(pages)
    )
    listed = "".join(
        f'<ofd:Page ID="{10 + n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(pages)
    )
    return (
        f"{_HEAD}<ofd:Document {_NAMESPACE}><ofd:CommonData><ofd:MaxUnitID>99999</ofd:MaxUnitID>"
        f"<ofd:PageArea><ofd:PhysicalBox>0 0 {WIDTH:g} {HEIGHT:g}</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{templates}</ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
    )


def _resources() -> str:
    return (
        f'{_HEAD}<ofd:Res {_NAMESPACE} BaseLoc="Res"><ofd:Fonts>'
        '<ofd:Font ID="2" FontName="宋体" FamilyName="宋体"/></ofd:Fonts></ofd:Res>'
    )


def _page(number: int, lines: Sequence[Placed]) -> str:
    objects = "".join(
        _text(100 + 1000 * number + row, line, LEFT, TOP + row * PITCH, SIZE)
        for row, line in enumerate(lines)
    )
    return (
        f"{_HEAD}<ofd:Page {_NAMESPACE}>"
        f'<ofd:Template TemplateID="{1000 + number}" ZOrder="Background"/>'
        f'<ofd:Content><ofd:Layer ID="{5000 + number}" Type="Body">{objects}</ofd:Layer>'
        "</ofd:Content></ofd:Page>"
    )


def _template(number: int) -> str:
    size = 3.5
    text = f"— {number + 1} —"
    placed = [(char, index * size / 2) for index, char in enumerate(text)]
    shown = _text(70_000 + number, placed, WIDTH / 2 - 6, HEIGHT - 25, size)
    return (
        f'{_HEAD}<ofd:Page {_NAMESPACE}><ofd:Content><ofd:Layer ID="{60_000 + number}" '
        f'Type="Background">{shown}</ofd:Layer></ofd:Content></ofd:Page>'
    )


def _text(unit: int, placed: Placed, x: float, y: float, size: float) -> str:
    deltas = [later - before for (_, before), (_, later) in pairwise(placed)]
    start = placed[0][1]
    width = placed[-1][1] - start + size
    return (
        f'<ofd:TextObject ID="{unit}" Boundary="{x + start:g} {y:g} {width:g} {size * 1.3:g}" '
        f'Font="2" Size="{size:g}"><ofd:TextCode X="0" Y="{size:g}" DeltaX="{_packed(deltas)}">'
        f"{escape(''.join(char for char, _ in placed))}</ofd:TextCode></ofd:TextObject>"
    )


def _packed(deltas: Sequence[float]) -> str:
    """DeltaX as the standard packs it: g 3 5.64 for the same step three times (GB/T 33190, 11.3)."""
    out: list[str] = []
    at = 0
    while at < len(deltas):
        end = at
        while end < len(deltas) and abs(deltas[end] - deltas[at]) < 1e-6:
            end += 1
        count = end - at
        out.append(
            f"g {count} {deltas[at]:g}" if count > 2 else " ".join([f"{deltas[at]:g}"] * count)
        )
        at = end
    return " ".join(out)
