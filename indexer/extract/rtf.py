"""Normalised RTF: 7-bit text that a converter reads without guessing encodings."""

import codecs
import re
from typing import Final

from indexer.extract import encoding
from kb.errors import UnreadableError

_OPENING: Final = b"{\\rtf"
_UTF16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_HIGH = re.compile(r"[^\x00-\x7f]")
_BINARY = re.compile(rb"\\bin[0-9]")


def sniff(data: bytes) -> bool:
    """Whether `data` is RTF, also in UTF-16 and after a byte order mark."""
    return _opening(data) is not None


def _opening(data: bytes) -> str | None:
    """The encoding of the RTF code itself: "" for bytes, a Unicode encoding, None if not RTF."""
    head = data[:64]
    if head.lstrip(b" \t\r\n").startswith(_OPENING):
        return ""
    if head.startswith(codecs.BOM_UTF8 + _OPENING):
        return "utf-8-sig"
    for codec in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(codec, "replace")
        if text.lstrip("\ufeff").startswith("{\\rtf"):
            return codec
    return None


def normal(data: bytes) -> bytes:
    r"""`data` with every non-ASCII character as a \u escape; unchanged if it has none.

    WPS and some web systems write RTF in UTF-16, or with raw GBK, whose second bytes can be \ and {.
    """
    codec = _opening(data)
    if codec:
        text = data.decode(codec, "replace").lstrip("\ufeff")
    elif data.isascii() or _BINARY.search(data):
        return data
    else:
        try:
            text, _ = encoding.decode(data)
        except UnreadableError:
            return data
    return _HIGH.sub(_escape, text).encode("ascii")


def _escape(m: re.Match[str]) -> str:
    # {\uc0 …}: no replacement character follows; the group keeps this from affecting later text.
    units = m[0].encode("utf-16-le")
    values = [
        int.from_bytes(units[i : i + 2], "little", signed=True) for i in (0, 2)[: len(units) // 2]
    ]
    return "{\\uc0" + "".join(f"\\u{value}" for value in values) + " }"
