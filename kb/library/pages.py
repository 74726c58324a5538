"""Reads rows of a SQLite file page by page, to recover what SQLite can no longer reach.

Follows the file format (https://www.sqlite.org/fileformat2.html): leaf pages of table b-trees (1.6),
records (2.1), overflow pages (1.7), the freelist (1.5), write-ahead log frames (4). Nothing is
trusted: invalid pages and cells are skipped.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

Value = int | float | str | bytes | None
Row = tuple[int, tuple[Value, ...]]
"""The rowid, and the record's values."""

_MAGIC = b"SQLite format 3\x00"
_USUAL_SIZE = 4096
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_LEAF = 0x0D
_LONGEST = 1 << 28
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Pages:
    """The pages of a file; pages in its write-ahead log take precedence."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._file = os.open(path, os.O_RDONLY)
        head = self._pread(0, 100)
        size = int.from_bytes(head[16:18], "big") if head.startswith(_MAGIC) else 0
        size = 65536 if size == 1 else size
        sound = 512 <= size <= 65536 and not size & (size - 1)
        self._size = size if sound else _USUAL_SIZE
        self._usable = self._size - (head[20] if sound and head[20] < 32 else 0)
        self._newer = self._log(path.with_name(f"{path.name}-wal"))
        self.count = max(-(-os.fstat(self._file).st_size // self._size), *self._newer, 0)
        self._free = self._freelist() if sound else set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def rows(self) -> Iterator[Row]:
        """Every row of every table, without table names."""
        for number in range(1, self.count + 1):
            if number not in self._free:
                yield from self._leaf(number)

    def _pread(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._file, length, offset)
        except OSError:  # a bad block: the rest of the file may be fine
            return b""

    def _page(self, number: int) -> bytes:
        if number in self._newer:
            return self._newer[number]
        return self._pread((number - 1) * self._size, self._size)

    def _log(self, path: Path) -> dict[int, bytes]:
        """Pages in the log that are not yet written to the file."""
        found: dict[int, bytes] = {}
        waiting: dict[int, bytes] = {}
        try:
            with path.open("rb") as file:
                header = file.read(32)
                if len(header) < 32 or int.from_bytes(header[:4], "big") not in _WAL_MAGIC:
                    return {}
                self._size = int.from_bytes(header[8:12], "big") or self._size
                while len(frame := file.read(24)) == 24:
                    page = file.read(self._size)
                    if frame[8:16] != header[16:24] or len(page) < self._size:
                        break
                    number, committed = struct.unpack(">II", frame[:8])
                    waiting[number] = page
                    if committed:
                        found |= waiting
                        waiting = {}
        except OSError:
            pass
        return found

    def _freelist(self) -> set[int]:
        found: set[int] = set()
        trunk = int.from_bytes(self._page(1)[32:36], "big")
        while 0 < trunk <= self.count and trunk not in found:
            found.add(trunk)
            page = self._page(trunk)
            if len(page) < self._size:
                break
            trunk, leaves = struct.unpack(">II", page[:8])
            leaves = min(leaves, self._size // 4 - 2)
            found.update(struct.unpack(f">{leaves}I", page[8 : 8 + 4 * leaves]))
        return found

    def _leaf(self, number: int) -> Iterator[Row]:
        page = self._page(number)
        start = 100 if number == 1 else 0
        if len(page) <= start + 8 or page[start] != _LEAF:
            return
        cells = int.from_bytes(page[start + 3 : start + 5], "big")
        for place in range(start + 8, min(start + 8 + 2 * cells, len(page) - 1), 2):
            try:
                yield self._cell(page, int.from_bytes(page[place : place + 2], "big"))
            except (IndexError, ValueError, struct.error):
                continue

    def _cell(self, page: bytes, at: int) -> Row:
        length, at = _varint(page, at)
        rowid, at = _varint(page, at)
        if not 0 < length < _LONGEST:
            raise ValueError("length")
        longest = self._usable - 35
        if length <= longest:
            payload = page[at : at + length]
        else:
            least = (self._usable - 12) * 32 // 255 - 23
            local = least + (length - least) % (self._usable - 4)
            local = local if local <= longest else least
            next_page = int.from_bytes(page[at + local : at + local + 4], "big")
            payload = page[at : at + local] + self._overflow(next_page, length - local)
        if len(payload) != length:
            raise ValueError("payload")
        return rowid, _record(payload)

    def _overflow(self, number: int, length: int) -> bytes:
        pieces, left = [], length
        while left > 0:
            page = self._page(number) if 0 < number <= self.count else b""
            piece = page[4 : 4 + min(left, self._usable - 4)]
            if not piece:
                raise ValueError("overflow")
            pieces.append(piece)
            left -= len(piece)
            number = int.from_bytes(page[:4], "big")
        return b"".join(pieces)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(9):
        byte = data[at + i]
        if i == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + i + 1
    raise ValueError("varint")


def _record(payload: bytes) -> tuple[Value, ...]:
    end, at = _varint(payload, 0)
    kinds, body = [], end
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        length = _INTEGERS.get(kind, 8 if kind == 7 else max(0, (kind - 12) // 2))
        piece = payload[body : body + length]
        if len(piece) != length:
            raise ValueError("value")
        body += length
        values.append(_value(kind, piece))
    return tuple(values)


def _value(kind: int, piece: bytes) -> Value:
    if kind == 0:
        return None
    if kind in _INTEGERS:
        return int.from_bytes(piece, "big", signed=True)
    if kind == 7:
        number: float = struct.unpack(">d", piece)[0]
        return number
    if kind in (8, 9):
        return kind - 8
    if kind < 12:
        raise ValueError("serial type")
    return piece.decode() if kind % 2 else piece
