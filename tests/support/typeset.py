"""Real PDF files for tests and benches: flat ODT written here, set in pages by LibreOffice."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in [
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"),
    ]
)  # fmt: skip
_FONT = (
    'style:font-name-asian="Noto Serif CJK SC" style:font-size-asian="{0}pt" fo:font-size="{0}pt"'
)


# With bookmarks, which are the outline.
PDF = 'pdf:writer_pdf_Export:{"ExportBookmarks":{"type":"boolean","value":"true"}}'

FILTERS = {
    "odt": "writer8",
    "docx": "MS Word 2007 XML",
    "doc": "MS Word 97",
    "rtf": "Rich Text Format",
    "html": "HTML (StarWriter)",
    "txt": "Text (encoded):UTF8",
    "pdf": "writer_pdf_Export",
}
"""LibreOffice's filters for the formats it writes texts in."""


@dataclass(frozen=True)
class Table:
    """Rows of cells, with borders."""

    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Layout:
    """How a page looks. head: a running head; numbers: — 3 — at the foot, else 3."""

    columns: int = 1
    indent: bool = True
    head: str = ""
    dashes: bool = True
    size: int = 16
    headings: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading of the word processor's, which becomes an entry of the PDF's outline."""

    text: str
    level: int = 1


Piece = str | Table | Heading


def fodt(title: str, pieces: Sequence[Piece], layout: Layout) -> str:
    """A flat ODT: title in the middle, paragraphs, tables."""
    body = "".join(_piece(p) for p in pieces)
    if layout.columns > 1:
        body = f'<text:section text:style-name="cols" text:name="c">{body}</text:section>'
    number = "<text:page-number>1</text:page-number>"
    foot = f"— {number} —" if layout.dashes else number
    head = f'<style:header><text:p text:style-name="foot">{escape(layout.head)}</text:p></style:header>'
    indent = 2 * layout.size if layout.indent else 0
    big = _style("title", _FONT.format(22), 'fo:text-align="center" fo:margin-bottom="20pt"')
    foot_style = _style("foot", _FONT.format(10), 'fo:text-align="center"')
    text = _style(
        "body",
        _FONT.format(layout.size),
        'fo:text-align="justify" fo:line-height="28pt" style:punctuation-wrap="simple" '
        f'fo:text-indent="{indent}pt"',
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {_NAMES} office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:font-face-decls><style:font-face style:name="Noto Serif CJK SC"
 svg:font-family="'Noto Serif CJK SC'"/></office:font-face-decls>
<office:styles>{text}{big}{foot_style}{_style("cell", _FONT.format(12))}
{_style("h", _FONT.format(layout.size))}</office:styles>
<office:automatic-styles>
<style:style style:name="td" style:family="table-cell">
<style:table-cell-properties fo:border="0.5pt solid #000000" fo:padding="2pt"/></style:style>
<style:style style:name="cols" style:family="section">
<style:section-properties text:dont-balance-text-columns="true">
<style:columns fo:column-count="{layout.columns}" fo:column-gap="20pt"/>
</style:section-properties></style:style>
<style:page-layout style:name="page"><style:page-layout-properties fo:page-width="210mm"
 fo:page-height="297mm" fo:margin="26mm"/><style:header-style/><style:footer-style/>
</style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="page">
{head if layout.head else ""}
<style:footer><text:p text:style-name="foot">{foot}</text:p></style:footer>
</style:master-page></office:master-styles>
<office:body><office:text><text:p text:style-name="title">{escape(title)}</text:p>{body}
</office:text></office:body></office:document>"""


def _style(name: str, text: str, paragraph: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="paragraph">'
        f"<style:paragraph-properties {paragraph}/><style:text-properties {text}/></style:style>"
    )


def _piece(piece: Piece) -> str:
    if isinstance(piece, str):
        return f'<text:p text:style-name="body">{escape(piece)}</text:p>'
    if isinstance(piece, Heading):
        return f'<text:h text:style-name="h" text:outline-level="{piece.level}">{escape(piece.text)}</text:h>'
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell table:style-name="td"><text:p text:style-name="cell">{escape(c)}</text:p>'
            "</table:table-cell>"
            for c in row
        )
        + "</table:table-row>"
        for row in piece.rows
    )
    return (
        f'<table:table><table:table-column table:number-columns-repeated="{len(piece.rows[0])}"/>'
        f"{rows}</table:table>"
    )


def available() -> bool:
    """Whether LibreOffice is there to set pages."""
    return shutil.which("soffice") is not None


def convert(folder: Path, names: Sequence[str], form: str, timeout: int = 180) -> None:
    """Files of `folder` in another form, by one start of LibreOffice, beside them."""
    soffice = shutil.which("soffice")
    assert soffice is not None, "LibreOffice (soffice) is not installed"
    profile = (folder / "profile").resolve().as_uri()
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", form,
         "--outdir", str(folder), *(str(folder / name) for name in names)],
        check=True, capture_output=True, timeout=timeout,
    )  # fmt: skip


def pdfs(folder: Path, sources: Mapping[str, str]) -> dict[str, bytes]:
    """PDF files, by name, from flat ODTs."""
    for name, text in sources.items():
        (folder / f"{name}.fodt").write_text(text, "utf-8")
    convert(folder, [f"{name}.fodt" for name in sources], PDF)
    return {name: (folder / f"{name}.pdf").read_bytes() for name in sources}
