"""A document as .docx: the few parts of Office Open XML (ECMA-376) that plain text needs."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from web.xmltext import writable

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_TYPES = f"""<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" \
ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>\
<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/>\
<Override PartName="/docProps/core.xml" \
ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"""

_RELATIONS = f"""<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>\
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" \
Target="docProps/core.xml"/></Relationships>"""

_WORD_RELATIONS = f"""<Relationships xmlns="{_PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>"""

# (id, name, based on, paragraph, run): sizes are in half points, spaces in twentieths of a point.
_STYLES = (
    ("Normal", "Normal", "", '<w:spacing w:after="120" w:line="400" w:lineRule="auto"/>', "24"),
    ("Title", "Title", "Normal", '<w:spacing w:after="240"/><w:jc w:val="center"/>', "36"),
    *(
        (
            f"Heading{n}",
            f"heading {n}",
            "Normal",
            f'<w:keepNext/><w:spacing w:before="240"/><w:outlineLvl w:val="{n - 1}"/>',
            size,
        )
        for n, size in ((1, "30"), (2, "28"), (3, "26"), (4, "24"))
    ),
)
HEADINGS = 4


@dataclass(frozen=True, slots=True)
class Paragraph:
    """level: 0 text, 1 to HEADINGS a heading, -1 the title. label: set in bold before the text."""

    text: str
    level: int = 0
    label: str = ""


def write(title: str, paragraphs: Iterable[Paragraph]) -> bytes:
    """The file. Deterministic: the same text gives the same bytes."""
    core = (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{_clean(title)}</dc:title><dc:language>zh-CN</dc:language></cp:coreProperties>"
    )
    body = "".join(map(_paragraph, paragraphs))
    page = '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" \
w:left="1440" w:header="720" w:footer="720" w:gutter="0"/>'
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}'
        f"<w:sectPr>{page}</w:sectPr></w:body></w:document>",
        "word/_rels/document.xml.rels": _WORD_RELATIONS,
        "word/styles.xml": f'<w:styles xmlns:w="{_W}">{"".join(map(_style, _STYLES))}</w:styles>',
        "docProps/core.xml": core,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, (_XML + text).encode())
    return out.getvalue()


def _style(style: tuple[str, str, str, str, str]) -> str:
    id, name, based, paragraph, size = style
    default = "" if based else ' w:default="1"'
    parent = f'<w:basedOn w:val="{based}"/>' if based else ""
    bold = "<w:b/>" if based else ""
    fonts = '<w:rFonts w:ascii="SimSun" w:hAnsi="SimSun" w:eastAsia="SimSun"/>'
    return (
        f'<w:style w:type="paragraph" w:styleId="{id}"{default}><w:name w:val="{name}"/>{parent}'
        f'<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{fonts}{bold}<w:sz w:val="{size}"/>'
        '<w:lang w:eastAsia="zh-CN"/></w:rPr></w:style>'
    )


def _paragraph(p: Paragraph) -> str:
    style = "Title" if p.level < 0 else f"Heading{min(p.level, HEADINGS)}" if p.level else "Normal"
    label = f"<w:r><w:rPr><w:b/></w:rPr>{_run(p.label + '　')}</w:r>" if p.label else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{label}<w:r>{_run(p.text)}</w:r></w:p>'


def _run(text: str) -> str:
    return f'<w:t xml:space="preserve">{_clean(text)}</w:t>'


def _clean(text: str) -> str:
    return escape(writable(text))
