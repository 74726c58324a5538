"""Zip archives of files, with names in any of their encodings.

Names are labels, never paths: nothing is written to disk.
"""

import re
import struct
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from indexer.extract.encoding import plausibility
from indexer.extract.tidy import label
from indexer.extract.zipped import Zip

_UTF8_FLAG: Final = 0x800
_UNICODE_PATH: Final = 0x7075  # Info-ZIP's extra field with the name as UTF-8
_LEAD: Final = 0.3  # plausibility by which Big5 has to be better than GB18030
_MAX_NAME: Final = 300
_BOXES = re.compile(r"[\u2500-\u25ff]|[\u00a0-\u00ff\u0393-\u03c6\u2229-\u2265]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive. name: readable, with /; size: in bytes, as the archive claims."""

    name: str
    size: int
    info: zipfile.ZipInfo


class Archive:
    """An open archive. Raises UnreadableError "malformed" or "too-large"."""

    def __init__(self, data: bytes, label: str = "压缩包") -> None:
        self._zip = Zip(data, label)
        self.entries = _entries(self._zip.infos)
        """The files in it, in archive order, each with a unique name."""
        self._by_name = {e.name.lower(): e for e in reversed(self.entries)}

    def read(self, entry: Entry, limit: int) -> bytes:
        """The bytes of a file, at most `limit`.

        Raises UnreadableError: encrypted, too-large, unsupported (method), malformed.
        """
        return self._zip.read(entry.info, limit)

    def find(self, name: str) -> Entry | None:
        """The file of that name, ignoring case."""
        return self._by_name.get(name.lower())


def _entries(infos: list[zipfile.ZipInfo]) -> tuple[Entry, ...]:
    taken: dict[str, int] = {}
    entries = []
    for info in infos:
        name = safe_name(member_name(info))
        count = taken[name] = taken.get(name, 0) + 1
        if count > 1:
            name = f"{name}#{count}"
        entries.append(Entry(name, info.file_size, info))
    return tuple(entries)


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name, decoded from the encoding it was written in.

    Big5 only where it is clearly more plausible than GB18030: names are short.

    Without the UTF-8 flag the format means code page 437; Chinese Windows writes GB18030, other
    systems UTF-8. Some programs convert GB18030, misread as 437, to UTF-8: that is reversed.
    """
    stated = _unicode_path(info.extra)
    if stated:
        return stated
    name = info.orig_filename
    if info.flag_bits & _UTF8_FLAG and not _BOXES.search(name):
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    try:
        read = raw.decode("utf-8")
        if read.isascii() or _CHINESE.search(read):
            return read
    except UnicodeDecodeError:
        pass
    readings = []
    for codec, lead in (("gb18030", _LEAD), ("big5hkscs", 0.0)):
        with suppress(UnicodeDecodeError):
            read = raw.decode(codec)
            readings.append((plausibility(read) + lead, read))
    _, best = max(readings, default=(0.0, name))
    return best if best.isascii() or _CHINESE.search(best) else name


def _unicode_path(extra: bytes) -> str:
    """The name in Info-ZIP's Unicode Path field, "" if there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _UNICODE_PATH and size > 5:
            return extra[at + 9 : at + 4 + size].decode("utf-8", "replace")
        at += 4 + size
    return ""


def safe_name(name: str) -> str:
    """A name as a label: parts separated by /, no path traversal, at most 300 characters."""
    text = name.encode("utf-8", "replace").decode()
    parts = [label(p) for p in re.split(r"[/\\]", text)]
    kept = [p for p in parts if p not in ("", ".", "..")]
    return "/".join(kept)[-_MAX_NAME:] or "未命名"
