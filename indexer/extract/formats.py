"""Bytes of a file or page → blocks of text. The format is detected by content, not by name.

A format is one module and one entry in `BINARY` or `TEXT`: how to detect it, how to read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from indexer.extract import (
    converted,
    delimited,
    docx,
    encoding,
    html,
    libreoffice,
    markdown,
    ofd,
    pdf,
    plain,
    signatures,
    slides,
    spreadsheet,
)
from indexer.limits import SECONDS
from kb.documents import Extracted
from kb.errors import UnreadableError

MAX_TEXT: Final = 20_000_000
"""Bytes of decoded text (as UTF-8) of one file; more is "too-large"."""


@dataclass(frozen=True, slots=True)
class BinaryFormat:
    """A format detected from bytes. `sniff` is cheap and never raises; `extract` takes the bytes.

    seconds: wall time allowed for reading one file.
    """

    name: str
    sniff: Callable[[bytes], bool]
    extract: Callable[[bytes], Extracted]
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class TextFormat:
    """A format of decoded text. `sniff` takes (file name, text), `extract` (text, encoding)."""

    name: str
    sniff: Callable[[str, str], bool]
    extract: Callable[[str, str], Extracted]


_CONVERTED: Final = libreoffice.SECONDS + 15
"""Seconds for formats that LibreOffice may convert: its own timeout message comes first."""

BINARY: list[BinaryFormat] = [
    BinaryFormat("pdf", pdf.sniff, pdf.extract, seconds=pdf.SECONDS),
    BinaryFormat("ofd", ofd.sniff, ofd.extract),
    BinaryFormat("docx", docx.sniff, docx.extract),
    BinaryFormat("xlsx", spreadsheet.sniff, spreadsheet.extract, seconds=_CONVERTED),
    BinaryFormat("pptx", slides.sniff, slides.extract),
    BinaryFormat(
        "doc", converted.sniff_ole, converted.extract_ole, seconds=_CONVERTED
    ),  # also xls, ppt, wps, et, dps
    BinaryFormat("rtf", converted.sniff_rtf, converted.extract_rtf, seconds=_CONVERTED),
    BinaryFormat(
        "odt", converted.sniff_odf, converted.extract_odf, seconds=_CONVERTED
    ),  # also ods, odp
]
"""Tried in order before anything is decoded."""

TEXT: list[TextFormat] = [
    TextFormat("html", html.sniff, html.extract),
    TextFormat("md", markdown.sniff, markdown.extract),
    TextFormat("csv", delimited.sniff, delimited.extract),
    TextFormat("txt", lambda _name, _text: True, plain.extract),
]
"""Tried in order; the last accepts everything."""


def extract(name: str, data: bytes, charset: str = "") -> Extracted:
    """The text of one file. `name` only decides what content can't: Markdown or plain text.
    charset: from the file's transport, used if the file itself declares none.

    Raises UnreadableError with reason empty, binary, undecodable, unsupported, too-large,
    malformed (damaged, or front matter that isn't what it claims to be), encrypted, and from
    conversion missing-tool, timeout or conversion.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableError("empty", "文件是空的")
    for binary in BINARY:
        if binary.sniff(data):
            return _checked(binary.extract(data))
    known = signatures.recognise(data)
    if known is not None:
        raise UnreadableError("unsupported", f"这是{known.label}，暂不能读取：{known.way_out}")
    if len(data) > 4 * MAX_TEXT:  # UTF-32, the widest encoding
        raise UnreadableError("too-large", _too_large())
    text, name_of_encoding = encoding.decode(data, encoding.declared_charset(data) or charset)
    if len(text) * 4 > MAX_TEXT and len(text.encode("utf-8", "replace")) > MAX_TEXT:
        raise UnreadableError("too-large", _too_large())
    markup = signatures.recognise_text(text)
    if markup is not None:
        raise UnreadableError("unsupported", f"这是{markup.label}，暂不能读取：{markup.way_out}")
    form = next(form for form in TEXT if form.sniff(name, text))
    return _checked(form.extract(text, name_of_encoding))


def time_limit(data: bytes) -> float:
    """Seconds allowed for reading this file."""
    return next((form.seconds for form in BINARY if form.sniff(data)), SECONDS)


def _checked(extracted: Extracted) -> Extracted:
    if not extracted.blocks:
        raise UnreadableError("empty", "文件里没有正文")
    return extracted


def _too_large() -> str:
    return f"文件过大（文字超过 {MAX_TEXT // 1_000_000} MB），请拆分后再添加"
