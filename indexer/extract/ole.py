"""OLE compound files (MS-CFB): which streams one contains, and so its format."""

import struct
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MAX_ENTRIES: Final = 4_096
_ENTRY: Final = 128
_HEADER: Final = 512
_STREAM: Final = 2
_WORD: Final = b"\xec\xa5"  # wIdent of a Word binary file, MS-DOC 2.5.2
_WORD_ENCRYPTED: Final = 0x0100
_WORD_97: Final = 0xC1


@dataclass(frozen=True, slots=True)
class Content:
    """The format of an OLE file: doc, doc6 (before Word 97), xls, xls5, ppt, encrypted, or ""."""

    kind: str
    streams: frozenset[str]


def inspect(data: bytes) -> Content:
    """The format of `data`; kind "" if it is no OLE file, damaged or something else."""
    if not data.startswith(MAGIC) or len(data) < _HEADER:
        return Content("", frozenset())
    streams = _streams(data)
    return Content(_kind(data, streams), frozenset(streams))


def _kind(data: bytes, streams: dict[str, bytes]) -> str:
    if "EncryptedPackage" in streams or "EncryptionInfo" in streams:
        return "encrypted"
    if "WordDocument" in streams:
        head = streams["WordDocument"]
        if len(head) < 12 or not head.startswith(_WORD):
            return "doc6"  # Word 2 and 6, or damaged: the converter will find out
        version, flags = struct.unpack_from("<H6xH", head, 2)
        if flags & _WORD_ENCRYPTED:
            return "encrypted"
        return "doc" if version >= _WORD_97 else "doc6"
    if "PowerPoint Document" in streams:
        return "ppt"
    return "xls" if "Workbook" in streams else "xls5" if "Book" in streams else ""


def _streams(data: bytes) -> dict[str, bytes]:
    """The names of the streams, and the first bytes of those in sectors of their own."""
    shift = struct.unpack_from("<H", data, 0x1E)[0]
    if shift not in {9, 12}:
        return {}
    size = 1 << shift
    (first,) = struct.unpack_from("<I", data, 0x30)
    table = struct.unpack_from("<109I", data, 0x4C)
    found: dict[str, bytes] = {}
    seen: set[int] = set()
    sector = first
    while sector not in seen and len(seen) * (size // _ENTRY) < _MAX_ENTRIES:
        seen.add(sector)
        start = (sector + 1) * size
        for at in range(start, min(start + size, len(data) - _ENTRY + 1), _ENTRY):
            length = struct.unpack_from("<H", data, at + 64)[0]
            if data[at + 66] != _STREAM or not 2 <= length <= 64:
                continue
            name = data[at : at + length - 2].decode("utf-16-le", "replace")
            (begin,) = struct.unpack_from("<I", data, at + 116)
            begin = (begin + 1) * size
            found.setdefault(name, data[begin : begin + 32])
        sector = _next(data, table, sector, size)
    return found


def _next(data: bytes, table: tuple[int, ...], sector: int, size: int) -> int:
    """The next sector in the chain, by the allocation table; the sector itself at the end."""
    block, index = divmod(sector, size // 4)
    if block >= len(table):
        return sector
    at = (table[block] + 1) * size + index * 4
    if at + 4 > len(data):
        return sector
    (following,) = struct.unpack_from("<I", data, at)
    return int(following) if (following + 1) * size < len(data) else sector
