"""Formats read through LibreOffice: converted to OOXML, then read like any OOXML file."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from indexer.extract import docx, libreoffice, ole, rtf, slides, spreadsheet
from indexer.extract.libreoffice import Conversion
from indexer.extract.package import Package, names
from kb.documents import Extracted
from kb.errors import UnreadableError

_TEXT: Final = ("docx", "MS Word 2007 XML")
_SLIDES: Final = ("pptx", "Impress MS PowerPoint 2007 XML")
_SHEETS: Final = ("xlsx", "Calc MS Excel 2007 XML")

_OLE: Final = {
    "doc": Conversion("doc", "MS Word 97", *_TEXT),
    "doc6": Conversion("doc", "MS WinWord 6", *_TEXT),
    "ppt": Conversion("ppt", "MS PowerPoint 97", *_SLIDES),
    "xls": Conversion("xls", "MS Excel 97", *_SHEETS),
    "xls5": Conversion("xls", "MS Excel 95", *_SHEETS),
}
_ODF: Final = {
    "text": ("odt", Conversion("odt", "writer8", *_TEXT)),
    "presentation": ("odp", Conversion("odp", "impress8", *_SLIDES)),
    "spreadsheet": ("ods", Conversion("ods", "calc8", *_SHEETS)),
}
_RTF: Final = Conversion("rtf", "Rich Text Format", *_TEXT)
_READERS: Final[dict[str, Callable[[bytes, str], Extracted]]] = {
    "docx": docx.extract,
    "pptx": slides.extract,
    "xlsx": spreadsheet.extract,
}
_MIMETYPE: Final = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True)
class _Found:
    form: str
    conversion: Conversion


def _read(data: bytes, found: _Found) -> Extracted:
    result = libreoffice.convert(data, found.conversion)
    # The converter's own dates and names say nothing about the document beyond what it copied.
    return replace(_READERS[found.conversion.suffix](result, found.form), format=found.form)


def sniff_ole(data: bytes) -> bool:
    """Whether `data` is a document, sheet or presentation in the old binary formats, or encrypted."""
    return bool(ole.inspect(data).kind)


def extract_ole(data: bytes) -> Extracted:
    """The text of a .doc, .xls or .ppt, or of the equivalent .wps, .et or .dps.

    Raises UnreadableError: encrypted, missing-tool, timeout, conversion, too-large.
    """
    kind = ole.inspect(data).kind
    if kind == "encrypted":
        raise UnreadableError(
            "encrypted", "文件设有打开密码，请在 Word 或 WPS 中取消密码后另存，再添加"
        )
    return _read(data, _Found(kind.rstrip("56"), _OLE[kind]))


def sniff_rtf(data: bytes) -> bool:
    """Whether `data` is RTF."""
    return rtf.sniff(data)


def extract_rtf(data: bytes) -> Extracted:
    """The text of an RTF file. Raises UnreadableError like `extract_ole`."""
    return _read(rtf.normal(data), _Found("rtf", _RTF))


def sniff_odf(data: bytes) -> bool:
    """Whether `data` is an OpenDocument text, presentation or spreadsheet."""
    return _odf(data) is not None


def extract_odf(data: bytes) -> Extracted:
    """The text of an .odt, .odp or .ods. Raises UnreadableError like `extract_ole`."""
    found = _odf(data)
    assert found is not None
    package = Package(data)
    if b"encryption-data" in (package.read("META-INF/manifest.xml") or b""):
        raise UnreadableError(
            "encrypted", "文件设有打开密码，请在 LibreOffice 或 WPS 中取消密码后另存，再添加"
        )
    package.xml("content.xml")  # enforces the limits before the converter runs
    return _read(data, found)


def _odf(data: bytes) -> _Found | None:
    if not data.startswith(b"PK") or "content.xml" not in names(data):
        return None
    try:
        stated = (Package(data).read("mimetype") or b"").decode("ascii", "replace").strip()
    except UnreadableError:
        return None
    kind = stated.removeprefix(_MIMETYPE).removesuffix("-template")
    entry = _ODF.get(kind) if stated.startswith(_MIMETYPE) else None
    return _Found(*entry) if entry else None
