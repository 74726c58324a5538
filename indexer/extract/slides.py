"""Presentations (.pptx) to blocks, slide by slide: the title as heading, then text and tables."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from indexer.extract.package import Package, names
from indexer.extract.tidy import tidy
from kb.documents import Block, Extracted
from kb.errors import UnreadableError

MAX_SLIDES: Final = 2_000

_P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MAIN: Final = "ppt/presentation.xml"
_NUMBER = re.compile(r"(\d{1,6})\.xml$")
_TITLES: Final = frozenset({"title", "ctrTitle"})
_FURNITURE: Final = frozenset({"dt", "ftr", "hdr", "sldNum"})
_SPACE = re.compile(r"[ \t\xa0\r\n]+")
_LONGEST_HEADING: Final = 80
_ON: Final = frozenset({"1", "true"})


def sniff(data: bytes) -> bool:
    """Whether `data` is a presentation in OOXML."""
    return data.startswith(b"PK") and _MAIN in names(data)


def extract(data: bytes, form: str = "pptx") -> Extracted:
    """The text of the slides in order, without notes, masters, dates, footers and slide numbers.

    Speaker's notes are private to the speaker. Hidden slides are also left out.
    Raises UnreadableError: malformed, too-large, encrypted.
    """
    package = Package(data)
    root = package.xml(_MAIN)
    if root is None:
        raise UnreadableError("malformed", "演示文稿缺少主部件，请用演示软件打开后另存")
    relations = package.relations(_MAIN)
    listed = [relations.get(e.get(f"{_R}id", "")) for e in root.iter(f"{_P}sldId")]
    order = [r.target for r in listed if r is not None and r.target in package.parts]
    if not listed:
        order = sorted(
            (n for n in package.parts if re.fullmatch(r"ppt/slides/slide\d{1,6}\.xml", n)),
            key=lambda name: int(_NUMBER.search(name)[1]),  # type: ignore[index]
        )
    if len(order) > MAX_SLIDES:
        raise UnreadableError("too-large", f"演示文稿超过 {MAX_SLIDES} 页，请拆分后再添加")
    blocks: list[Block] = []
    for at, name in enumerate(order):
        slide = package.optional_xml(name)
        if slide is not None and slide.get("show") not in {"0", "false"}:
            blocks.extend(_slide(slide, first=at == 0))
            blocks.extend(_diagrams(package, name))
    title = blocks[0].text if blocks and blocks[0].heading == 1 else ""
    return Extracted(tuple(blocks), form, title=title)


def _slide(slide: etree._Element, first: bool) -> Iterator[Block]:
    title: list[Block] = []
    rest: list[Block] = []
    for shape in _shapes(slide):
        if shape.tag == f"{_A}tbl":
            rest.extend(_table(shape))
            continue
        placeholder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
        kind = placeholder.get("type", "") if placeholder is not None else ""
        if kind in _FURNITURE:
            continue
        lines = [line for p in shape.iter(f"{_A}p") for line in _paragraph(p)]
        heading = "".join(lines)
        if kind in _TITLES and heading and len(heading) <= _LONGEST_HEADING:
            title.append(Block(heading, 0, 1 if first else 2))
        else:
            rest.extend(map(Block, lines))
    yield from title
    yield from rest


def _diagrams(package: Package, slide: str) -> Iterator[Block]:
    """The text of a slide's SmartArt, which is in parts of its own: a block per paragraph."""
    for relation in package.relations(slide).values():
        if relation.kind == "diagramData":
            root = package.optional_xml(relation.target)
            for paragraph in root.iter(f"{_A}p") if root is not None else ():
                yield from map(Block, _paragraph(paragraph))


def _shapes(parent: etree._Element) -> Iterator[etree._Element]:
    """Shapes with text and tables in order, groups flattened; of alternatives the first."""
    for element in parent:
        if element.tag in {f"{_P}sp", f"{_A}tbl"}:
            yield element
        elif element.tag == f"{_MC}AlternateContent":
            choice = element.find(f"{_MC}Choice")
            if choice is None or not len(choice):
                choice = element.find(f"{_MC}Fallback")
            if choice is not None:
                yield from _shapes(choice)
        elif isinstance(element.tag, str):
            yield from _shapes(element)


def _paragraph(paragraph: etree._Element) -> list[str]:
    text = "".join(
        "\n" if e.tag == f"{_A}br" else e.text or ""
        for e in paragraph.iter(f"{_A}t", f"{_A}br")
    )  # fmt: skip
    lines = (tidy(_SPACE.sub(" ", line)) for line in re.split(r"[\n\v]", text))
    return [line for line in lines if line]


def _table(table: etree._Element) -> Iterator[Block]:
    """A block per row; a cell merged downwards stands in each of its rows."""
    merged: dict[int, str] = {}
    for row in table.iter(f"{_A}tr"):
        texts: list[str] = []
        for column, cell in enumerate(row.findall(f"{_A}tc")):
            own = " ".join(line for p in cell.iter(f"{_A}p") for line in _paragraph(p))
            if cell.get("hMerge") in _ON:
                continue
            if cell.get("vMerge") in _ON:
                texts += [merged[column]] if merged.get(column) else []
                continue
            merged[column] = own if cell.get("rowSpan") and len(own) <= _LONGEST_HEADING else ""
            texts.append(own)
        if any(texts):
            yield Block(" | ".join(texts).strip(" |"))
