"""Reading zip archives in memory: names in any of their encodings, limits on what comes out.

Names are labels, never places: nothing is written to disk.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from indexer.extract.tidy import tidy
from kb.errors import UnreadableError

MAX_MEMBERS: Final = 2_000
MAX_TOTAL: Final = 500_000_000
"""Bytes that may come out of one archive in all."""
MAX_RATIO: Final = 200
"""Times its compressed size that a member may grow to, once it is larger than `_SMALL`."""

_SMALL: Final = 4_000_000
_CHUNK: Final = 65_536
_UTF8_FLAG: Final = 0x800
_ENCRYPTED: Final = 0x1
_UNICODE_PATH: Final = 0x7075  # Info-ZIP's extra field with the name as UTF-8
_MAX_NAME: Final = 300
_BOXES = re.compile(r"[\u2500-\u25ff]|[\u00a0-\u00ff\u0393-\u03c6\u2229-\u2265]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")

# What zipfile raises over damaged archives, found by changing bytes at random (bench/fuzz.py).
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    ValueError, IndexError, KeyError, OverflowError, TypeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive. name: with /, readable; size: in bytes, as the archive claims."""

    name: str
    size: int
    info: zipfile.ZipInfo


class Archive:
    """An open archive. Raises UnreadableError "malformed" or "too-large"."""

    def __init__(self, data: bytes, label: str = "压缩包") -> None:
        self._label = label
        self._left = MAX_TOTAL
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self._zip.infolist()
        except (*_DAMAGED, NotImplementedError) as error:
            raise UnreadableError("malformed", f"{label}已损坏，无法打开，请重新取得") from error
        if len(infos) > MAX_MEMBERS:
            message = f"{label}中有 {len(infos)} 个文件，超过上限 {MAX_MEMBERS} 个，请分成几个"
            raise UnreadableError("too-large", message)
        self.entries = _entries(infos)
        """The files in it, in its order, each with a name of its own."""

    def read(self, entry: Entry, limit: int) -> bytes:
        """The bytes of a file, at most `limit`.

        Raises UnreadableError: encrypted, too-large, unsupported (method), malformed.
        """
        if entry.info.flag_bits & _ENCRYPTED:
            raise UnreadableError("encrypted", f"{self._label}中的这个文件有密码，请解密后再添加")
        most = min(limit, self._left)
        parts: list[bytes] = []
        size = 0
        try:
            with self._zip.open(entry.info) as file:
                while chunk := file.read(_CHUNK):
                    parts.append(chunk)
                    size += len(chunk)
                    if size > most:
                        raise UnreadableError("too-large", self._too_large(most))
                    if size > _SMALL and size > MAX_RATIO * max(1, entry.info.compress_size):
                        message = f"压缩比超过 {MAX_RATIO} 倍，疑为恶意文件，未读取"
                        raise UnreadableError("too-large", message)
        except (NotImplementedError, RuntimeError) as error:
            message = "这个文件的压缩方式不受支持，请用普通方式重新压缩"
            raise UnreadableError("unsupported", message) from error
        except _DAMAGED as error:
            message = f"{self._label}中的这个文件已损坏，请重新取得"
            raise UnreadableError("malformed", message) from error
        finally:
            self._left -= size
        return b"".join(parts)

    def find(self, name: str) -> Entry | None:
        """The file of that name, whatever the case of its letters."""
        wanted = name.lower()
        return next((e for e in self.entries if e.name.lower() == wanted), None)

    def _too_large(self, most: int) -> str:
        if most == self._left:
            return f"{self._label}解压后超过 {MAX_TOTAL // 1_000_000} MB，其余未读取"
        return f"解压后超过上限 {most // 1_000_000} MB"


def _entries(infos: list[zipfile.ZipInfo]) -> tuple[Entry, ...]:
    taken: dict[str, int] = {}
    entries = []
    for info in infos:
        if info.filename.endswith("/"):
            continue
        name = safe_name(member_name(info))
        count = taken[name] = taken.get(name, 0) + 1
        if count > 1:
            name = f"{name}#{count}"
        entries.append(Entry(name, info.file_size, info))
    return tuple(entries)


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name in the encoding it was written in.

    Without the flag for UTF-8 the format means code page 437; Chinese Windows writes GB18030, other
    systems UTF-8. Some programs turned GB18030 read as 437 into UTF-8: that is undone.
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
    for codec in ("utf-8", "gb18030"):
        try:
            read = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if read.isascii() or _CHINESE.search(read):
            return read
    return name


def _unicode_path(extra: bytes) -> str:
    """The name in Info-ZIP's Unicode Path field, "" where there is none."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _UNICODE_PATH and size > 5:
            return extra[at + 9 : at + 4 + size].decode("utf-8", "replace")
        at += 4 + size
    return ""


def safe_name(name: str) -> str:
    """A name as a label: / between its parts, nothing that leads elsewhere, at most 300 long."""
    text = name.encode("utf-8", "replace").decode()
    parts = [tidy(p) for p in re.split(r"[/\\]", text)]
    kept = [p for p in parts if p not in ("", ".", "..")]
    return "/".join(kept)[-_MAX_NAME:] or "未命名"
