"""The one module that knows Whoosh: writes a part's inverted index and reads its postings back.

A part is a Whoosh index of exactly one segment that never changes again. Its document numbers are
the part's passage numbers. Tokens come in counted; Whoosh stores each posting's count as its weight
beside the field's length. Positions are not stored: a phrase is verified on the text.

Whoosh unpickles its own table of contents: an index is only opened where this program made it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh import fields, formats, index
from whoosh.codec.whoosh3 import W3LeafMatcher

ENGINE = "whoosh 2.7.4"

FIELDS = ("words", "grams", "title", "path")
"""Searched fields; a field's place here is its number in a part's arrays."""

_LIMIT_MB = 512


class Counted(fields.FieldType):  # type: ignore[misc]
    """A field whose value is a mapping token → count, cut before it comes here."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None, scorable=True)

    def index(
        self, value: Mapping[str, int], **_: Any
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(token, frequency, weight, value) of each posting; the count travels as the weight."""
        for token, count in value.items():
            yield token.encode(), count, float(count), b""


def _schema() -> Any:
    return fields.Schema(
        pid=fields.ID(unique=True, stored=True), **{name: Counted() for name in FIELDS}
    )


class PartWriter:
    """Writes one part's Whoosh index. Use as a context manager: an exception leaves nothing usable."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._writer: Any = index.create_in(str(directory), _schema()).writer(limitmb=_LIMIT_MB)

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed:
            self._writer.cancel()
        else:
            self._writer.commit(merge=False)

    def add(self, pid: str, tokens: Mapping[str, Mapping[str, int]]) -> None:
        """Adds a passage: tokens holds token counts for each name of FIELDS."""
        self._writer.add_document(pid=pid, **tokens)


@dataclass(frozen=True, slots=True)
class Posting:
    """The postings of one term: ids ascending (int32), counts (float32), same length."""

    field: str
    term: str
    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]


class PartReader:
    """Reads a part's Whoosh index: for deriving arrays, for verification, and as oracle in tests."""

    def __init__(self, directory: Path) -> None:
        self.index: Any = index.open_dir(str(directory), readonly=True)
        self.reader: Any = self.index.reader()

    def __enter__(self) -> "PartReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.reader.close()
        self.index.close()

    @property
    def count(self) -> int:
        return int(self.reader.doc_count_all())

    def pid(self, number: int) -> str:
        return str(self.reader.stored_fields(number)["pid"])

    def lengths(self, field: str) -> npt.NDArray[np.float32]:
        """Each passage's length in the field, as Whoosh keeps it: rounded to one byte's precision."""
        length = self.reader.doc_field_length
        numbers = range(self.count)
        return np.fromiter((length(n, field) for n in numbers), dtype=np.float32, count=self.count)

    def total_length(self, field: str) -> int:
        """Tokens of the field over all passages, exact."""
        return int(self.reader.field_length(field))

    def postings(self) -> Iterator[Posting]:
        """Every term of every searched field with its postings, fields in order."""
        for field in FIELDS:
            for term, info in self.reader.iter_field(field):
                if info.doc_frequency() == 1:
                    ids, counts = [info.min_id()], [info.weight()]
                else:
                    ids, counts = _drain(self.reader.postings(field, term))
                yield Posting(
                    field,
                    term.decode(),
                    np.asarray(ids, dtype=np.int32),
                    np.asarray(counts, dtype=np.float32),
                )

    def frequency(self, field: str, term: str) -> tuple[int, float]:
        """In how many passages the term stands, and how often: Whoosh's own numbers."""
        if (field, term.encode()) not in self.reader:
            return 0, 0.0
        info = self.reader.term_info(field, term.encode())
        return int(info.doc_frequency()), float(info.weight())


def _drain(matcher: Any) -> tuple[list[int], list[float]]:
    """All ids and weights of a matcher.

    Whoosh keeps postings in blocks of 128. Its public iteration costs a Python call for each
    posting; a leaf matcher's blocks are read whole instead, by two attributes of the pinned
    2.7.4. Any other matcher goes the public way. A test holds the two against each other.
    """
    ids: list[int] = []
    weights: list[float] = []
    if isinstance(matcher, W3LeafMatcher):
        while matcher.is_active():
            matcher.id()
            matcher.weight()
            ids.extend(matcher._ids)
            weights.extend(matcher._weights)
            matcher._next_block()
    else:
        while matcher.is_active():
            ids.append(matcher.id())
            weights.append(matcher.weight())
            matcher.next()
    return ids, weights
