"""Real texts in every format, as files to start from: small ones, so that damage hits something."""

import io
import tempfile
import zipfile
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from tests.support import typeset
from tests.support.ofd_writer import write as write_ofd
from tests.support.typeset import Heading, Layout, Table

_LENGTH = 1_500  # characters of a text
_OFFICE = {
    "docx": "docx", "doc": "doc", "wps": "doc", "rtf": "rtf", "odt": "odt",
}  # fmt: skip
_SHEETS = {"xlsx": "xlsx", "xls": "xls", "ods": "ods", "et": "xls"}
_SLIDES = {"ppt": "ppt", "pptx": "pptx", "odp": "odp", "dps": "ppt"}
_CSV = "序号,事项,责任单位,完成时限\n1,法治宣传进村,普法科,六月\n2,人民调解员培训,基层科,全年\n"


def seeds(name: str, data: Path) -> list[bytes]:
    """Files of the format `name`, made from the texts in `data`; none where it can't be made."""
    texts = _texts(data)
    if name == "md":
        return [
            p.read_text("utf-8")[:_LENGTH].encode()
            for p in sorted((data / "laws").rglob("*法*.md"))[:3]
        ]
    if name == "txt":
        return [text.encode(codec) for text in texts for codec in ("utf-8", "gb18030")]
    if name == "csv":
        return [_CSV.encode(codec) for codec in ("utf-8", "gb18030")]
    if name == "html":
        return [_page(text).encode(codec) for text in texts for codec in ("utf-8", "gb18030")]
    if name == "ofd":
        return [write_ofd(text.splitlines(), title=text.splitlines()[0]) for text in texts]
    if name == "eml":
        return [_mail(texts[0]), _mail(texts[1], _zip(texts))]
    if name == "zip":
        inner = _zip(texts)
        return [inner, _zip(texts, inner)]
    if not typeset.available():
        return []
    if name == "pdf":
        return list(_pdfs(texts))
    if name in _OFFICE:
        return _converted("fodt", [_flat(text) for text in texts], _OFFICE[name])
    if name in _SHEETS:
        return _converted("csv", [_CSV], _SHEETS[name])
    if name in _SLIDES:
        return _converted("fodp", [_SLIDE], _SLIDES[name])
    return []


@cache
def _texts(data: Path) -> tuple[str, ...]:
    paths = sorted((data / "work-summaries").glob("*.txt")) or sorted((data / "laws").rglob("*.md"))
    texts = [path.read_text("utf-8", "replace") for path in paths[:2]]
    return tuple("\n".join(t.split("\n"))[:_LENGTH] for t in texts)


@cache
def _pdfs(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    one, two = (text.splitlines() for text in texts[:2])
    table = Table([line.split(",") for line in _CSV.splitlines()])
    sources = {
        "plain": typeset.fodt(one[0], one[1:], Layout(head="文件汇编")),
        "columns": typeset.fodt(two[0], two[1:], Layout(columns=2, size=11)),
        "table": typeset.fodt("清单", [Heading("一、事项"), table, "以上。"], Layout(indent=False)),
    }
    with tempfile.TemporaryDirectory() as folder:
        return tuple(typeset.pdfs(Path(folder), sources).values())


def _flat(text: str) -> str:
    table = Table([line.split(",") for line in _CSV.splitlines()])
    lines = text.splitlines()
    return typeset.fodt(lines[0], [*lines[1:4], Heading("一、事项"), table, *lines[4:]], Layout())


def _converted(suffix: str, sources: list[str], form: str) -> list[bytes]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = [f"{number}.{suffix}" for number in range(len(sources))]
        for name, source in zip(names, sources, strict=True):
            (folder / name).write_text(source, "utf-8")
        # LibreOffice writes the new file beside the old one: a name of its own.
        typeset.convert(folder, names, form)
        made = (folder / f"{Path(name).stem}.{form}" for name in names)
        return [path.read_bytes() for path in made if path.is_file()]


def _page(text: str) -> str:
    lines = "".join(f"<p>{line}</p>" for line in text.splitlines())
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in line.split(",")) + "</tr>"
        for line in _CSV.splitlines()
    )
    return (
        '<!doctype html><html><head><meta name="ArticleTitle" content="总结"><title>总结</title></head>'
        f'<body><div class="nav"><ul><li><a href="/">首页</a></li></ul></div><div class="TRS_Editor">'
        f"<h1>总结</h1>{lines}<table>{rows}</table></div></body></html>"
    )


def _zip(texts: tuple[str, ...], inner: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("材料/总结.txt", texts[0])
        archive.writestr("材料/页面.html", _page(texts[1][:300]))
        archive.writestr("材料/公文.ofd", write_ofd(texts[1][:300].splitlines()))
        if inner:
            archive.writestr("内.zip", inner)
    return buffer.getvalue()


def _mail(text: str, attached: bytes = b"") -> bytes:
    message = EmailMessage()
    message["Subject"] = "关于报送工作总结的函"
    message["From"] = "普法科 <pufa@example.org>"
    message["To"] = "office@example.org"
    message["Date"] = "Fri, 05 Jan 2024 09:00:00 +0800"
    message.set_content(text[:600], charset="gb18030")
    message.add_alternative(_page(text[:300]), subtype="html")
    if attached:
        message.add_attachment(attached, "application", "zip", filename="材料.zip")
        message.add_attachment(text, filename="总结.txt")
    return bytes(message)


_SLIDE = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body>
<office:presentation><draw:page draw:name="1"><draw:frame svg:width="20cm" svg:height="5cm"
 svg:x="1cm" svg:y="1cm"><draw:text-box><text:p>普法责任清单</text:p></draw:text-box></draw:frame>
<draw:frame svg:width="20cm" svg:height="9cm" svg:x="1cm" svg:y="7cm"><draw:text-box>
<text:p>各部门按照职责分工开展法治宣传，每季度报送一次进展。</text:p>
<text:p>司法所负责所在街道的普法讲座和人民调解工作。</text:p></draw:text-box></draw:frame></draw:page></office:presentation></office:body></office:document>"""
