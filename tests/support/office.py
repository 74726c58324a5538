"""Word documents, made part by part as Word, WPS and others write them, and what is read of them."""

import io
import tempfile
import zipfile
from pathlib import Path

from indexer.extract.formats import extract
from indexer.extract.libreoffice import Conversion, convert
from indexer.extract.package import Package
from indexer.read import read_units
from indexer.sources import File, Unit
from kb.documents import Block, Document
from kb.settings import SourceConfig
from tests.support.typeset import FILTERS

_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:xml="http://www.w3.org/XML/1998/namespace"'
)


def archive(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def part(element: str, content: str) -> str:
    """An XML part with this root element."""
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{element} {_NAMES}>{content}</w:{element}>'


def docx(body: str, **parts: str) -> bytes:
    """A document of nothing but the body and the parts given, by name: styles, numbering …"""
    made: dict[str, str | bytes] = {
        "word/document.xml": part("document", f"<w:body>{body}</w:body>")
    }
    for name, content in parts.items():
        made[f"word/{name}.xml"] = part(name, content)
    return archive(made)


def whole(data: bytes) -> bytes:
    """A document of body and numbering with what LibreOffice wants to see around them."""
    opened = Package(data)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    relation = '<Relationship Id="r" Type="%s" Target="%s"/>'
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        "%s</Relationships>"
    )
    parts: dict[str, str | bytes] = {name: opened.read(name) or b"" for name in opened.parts}
    return archive(
        {
            "[Content_Types].xml": (
                '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                '<Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/word/document.xml" ContentType="{kind}.document.main+xml"/>'
                f'<Override PartName="/word/numbering.xml" ContentType="{kind}.numbering+xml"/></Types>'
            ),
            "_rels/.rels": relations
            % (relation % (f"{office}/officeDocument", "word/document.xml")),
            "word/_rels/document.xml.rels": relations
            % (relation % (f"{office}/numbering", "numbering.xml")),
            **parts,
        }
    )


def p(text: str = "", properties: str = "") -> str:
    """A paragraph of one run."""
    run = f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run}</w:p>"


def blocks(body: str, **parts: str) -> tuple[Block, ...]:
    return extract("x", docx(body, **parts)).blocks


def texts(body: str, **parts: str) -> list[str]:
    return [block.text for block in blocks(body, **parts)]


def page(content: str) -> bytes:
    return f"<html><head><meta charset='utf-8'></head><body>{content}</body></html>".encode()


def odt(content: str) -> bytes:
    """HTML as LibreOffice's own text document."""
    return convert(page(content), Conversion("html", "HTML (StarWriter)", "odt", FILTERS["odt"]))


def saved(data: bytes, form: str, source: str = "odt") -> bytes:
    """A document of LibreOffice's saved in another format."""
    return convert(data, Conversion(source, FILTERS[source], form, FILTERS[form]))


def document(name: str, data: bytes) -> Document:
    """A file as a folder's source reads it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        unit = Unit(name, (File(name, len(data), 0),))
        (outcome,) = read_units([unit], SourceConfig("源", Path(folder), "folder"), 50)
    assert outcome.document is not None, outcome.message
    return outcome.document
