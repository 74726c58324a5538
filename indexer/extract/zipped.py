"""The only reader of zip files, for archives and packages: in memory, within limits.

Rejected: overlapping entries (they let a small file expand without bound), and more entries, a larger
part, a larger total or a higher ratio than `indexer.limits` allows. Bytes are counted as they are
decompressed, as sizes in headers may be false.
"""

import io
import struct
import zipfile
import zlib
from itertools import pairwise
from typing import Final

from indexer import limits
from kb.errors import UnreadableError

_CHUNK: Final = 65_536
_ENCRYPTED: Final = 0x1
_LOCAL: Final = 30  # bytes of a local header before its name, APPNOTE 4.3.7
_CENTRAL: Final = b"PK\x01\x02"

# For the other methods zipfile decompresses a whole piece at once, whatever its size.
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# The errors zipfile raises for damaged archives, found by random byte changes (bench/fuzz.py).
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError,
    LookupError, OverflowError, TypeError,
)  # fmt: skip


class Zip:
    """An open zip file. label: its name in messages. Raises UnreadableError: malformed,
    too-large."""

    def __init__(self, data: bytes, label: str) -> None:
        self._label, self._size = label, len(data)
        self._read = 0
        self._counted: set[int] = set()
        # A nested archive contributes its members' headers too.
        if data.count(_CENTRAL) > 10 * limits.ZIP_ENTRIES:
            raise self._too_many()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self.infos = [i for i in self._zip.infolist() if not i.filename.endswith("/")]
            overlap = _overlap(data, self._zip.infolist())
        except (*_DAMAGED, NotImplementedError) as error:
            message = f"{label}已损坏或不完整，无法打开，请重新获取，或打开后另存"
            raise UnreadableError("malformed", message) from error
        if len(self.infos) > limits.ZIP_ENTRIES:
            raise self._too_many()
        if overlap:
            message = f"{label}内部的内容互相重叠，疑为恶意文件，未读取"
            raise UnreadableError("malformed", message)

    def read(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        """The bytes of an entry, at most `limit`.

        Raises UnreadableError: encrypted, too-large, unsupported (method), malformed.
        """
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableError("encrypted", f"{self._label}设有密码，请取消密码后再添加")
        if info.compress_type not in _METHODS:
            message = f"{self._label}的压缩方式不受支持，请用普通方式重新压缩或另存"
            raise UnreadableError("unsupported", message)
        # A second read is served from memory.
        fresh = info.header_offset not in self._counted
        self._counted.add(info.header_offset)
        parts: list[bytes] = []
        size = 0
        try:
            with self._zip.open(info) as file:
                while chunk := file.read(_CHUNK):
                    parts.append(chunk)
                    size += len(chunk)
                    self._read += len(chunk) if fresh else 0
                    self._check(size, info.compress_size, limit)
        except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
            message = f"{self._label}中的内容已损坏，请重新获取，或打开后另存"
            raise UnreadableError("malformed", message) from error
        return b"".join(parts)

    def _check(self, size: int, packed: int, limit: int) -> None:
        if size > limit:
            message = f"{self._label}中的内容解压后超过上限 {limit // 1_000_000} MB"
            raise UnreadableError("too-large", message)
        if self._read > limits.ZIP_TOTAL:
            total = limits.ZIP_TOTAL // 1_000_000
            message = f"{self._label}解压后超过 {total} MB，其余未读取"
            raise UnreadableError("too-large", message)
        ratio = limits.ZIP_RATIO
        if limits.swollen(size, packed) or limits.swollen(self._read, self._size):
            message = f"{self._label}的压缩比超过 {ratio} 倍，疑为恶意文件，未读取"
            raise UnreadableError("too-large", message)

    def _too_many(self) -> UnreadableError:
        most = limits.ZIP_ENTRIES
        return UnreadableError("too-large", f"{self._label}内部超过 {most} 个文件，请分成几个")


def _overlap(data: bytes, infos: list[zipfile.ZipInfo]) -> bool:
    """Whether entries overlap, by their local headers and compressed sizes."""
    spans = []
    for info in infos:
        start = info.header_offset
        name, extra = struct.unpack_from("<HH", data, start + 26) if start >= 0 else (0, 0)
        spans.append((start, start + _LOCAL + name + extra + info.compress_size))
    spans.sort()
    return any(one[1] > other[0] for one, other in pairwise(spans))
