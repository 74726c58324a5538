"""The only module that uses Whoosh: writes a part's inverted index and reads its postings.

A part is a Whoosh index of exactly one segment that never changes. Its document numbers are the
part's passage numbers. Tokens arrive counted; Whoosh stores each posting's count as its weight
and the field's length. Positions are not stored: phrases are verified against the text.

Whoosh unpickles its own table of contents: only open an index that this program wrote.
"""

import shutil
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh import fields, formats, index
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3LeafMatcher, W3PostingsWriter
from whoosh.filedb.filestore import FileStorage
from whoosh.util.numeric import byte_to_length, length_to_byte

from kb.index.fields import FIELDS
from kb.index.inversion import Inversion, Numbers

ENGINE = "whoosh 2.7.4"

_NAME = "MAIN"
_BLOCK = 128
"""Postings per block in Whoosh's format."""


class Counted(fields.FieldType):  # type: ignore[misc]
    """A field whose value is a mapping token → count, already tokenised."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None, scorable=True)


def _schema() -> Any:
    return fields.Schema(pid=fields.STORED(), **{name: Counted() for name in FIELDS})


class PartWriter:
    """Writes one part's Whoosh index. Use as a context manager: an exception leaves no usable index.

    Whoosh's own writer pools and sorts postings as Python tuples, at 10 µs each. Here arrays are
    inverted, and whole blocks are passed to the writers of Whoosh's codec. The files equal what Whoosh
    would have written; a test compares the two.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._storage = FileStorage(str(directory))
        self._codec = W3Codec()
        self._segment = self._codec.new_segment(self._storage, _NAME)
        self._passages = self._codec.per_document_writer(self._storage, self._segment)
        self._schema = _schema()
        self._inversions = {f: Inversion(directory / f"{f}.inversion") for f in FIELDS}
        self._count = 0

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self._passages.close()
        if not failed:
            self._commit()
        # Whoosh collects columns in a directory of its own and doesn't remove it.
        shutil.rmtree(self._directory / f"{_NAME}.tmp", ignore_errors=True)
        for inversion in self._inversions.values():
            inversion.close()

    def add(self, pid: str, tokens: Mapping[str, Mapping[str, int]]) -> None:
        """Adds a passage: tokens holds token counts by name in FIELDS."""
        self._passages.start_doc(self._count)
        self._passages.add_field("pid", self._schema["pid"], pid, 0)
        for name, inversion in self._inversions.items():
            length = inversion.add(tokens[name])
            self._passages.add_field(name, self._schema[name], None, length)
        self._passages.finish_doc()
        self._count += 1

    def _commit(self) -> None:
        writer = _FieldWriter(self._codec, self._storage, self._segment)
        for name, inversion in self._inversions.items():
            writer.start_field(name, self._schema[name])
            # A block header has the minimum and maximum passage length, rounded like stored lengths.
            exact, places = np.unique(inversion.lengths, return_inverse=True)
            rounded = [byte_to_length(length_to_byte(n)) for n in exact.tolist()]
            lengths = np.asarray(rounded, dtype=np.int64)[places]
            for term, ids, counts in inversion.postings():
                writer.add_term(term.encode(), ids, counts, lengths)
            writer.finish_field()
        writer.close()
        self._segment.set_doc_count(self._count)
        segments = [self._segment] if self._count else []
        index.TOC(self._schema, segments, 1).write(self._storage, _NAME)


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Whoosh's term writer, extended to accept a term's postings as arrays."""

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        super().start_field(fieldname, fieldobj)
        self._postwriter = _PostingsWriter(self._postfile, blocklimit=_BLOCK)

    def add_term(
        self, text: bytes, ids: Numbers, counts: Numbers, lengths: npt.NDArray[np.int64]
    ) -> None:
        self.start_term(text)
        if len(ids) == 1:
            length = int(lengths[ids[0]])
            self._postwriter.add_posting(int(ids[0]), float(counts[0]), b"", length)
        else:
            weights, of_ids = counts.astype(np.float32), lengths[ids]
            for at in range(0, len(ids), _BLOCK):
                to = at + _BLOCK
                self._postwriter.add_block(ids[at:to], weights[at:to], of_ids[at:to].tolist())
        self.finish_term()


class _PostingsWriter(W3PostingsWriter):  # type: ignore[misc]
    """Fills the block buffer of Whoosh's writer through attributes of the pinned 2.7.4."""

    _ids: "array[int]"
    _weights: "array[float]"

    def add_block(self, ids: Numbers, weights: npt.NDArray[np.float32], lengths: list[int]) -> None:
        if self._ids:
            self._write_block()
        self._ids = array("I", ids.tobytes())
        self._weights = array("f", weights.tobytes())
        self._minlength, self._maxlength = min(lengths), max(lengths)
        self._maxweight = max(self._weights)

    def _mini_ids(self) -> tuple[int, ...]:
        ids = self._ids.tolist()
        return (ids[0], *(b - a for a, b in pairwise(ids)))


@dataclass(frozen=True, slots=True)
class Posting:
    """The postings of one term: ids ascending (int32), counts (float32), same length."""

    field: str
    term: str
    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.float32]


class PartReader:
    """Reads a part's Whoosh index: to derive arrays, to verify, and as a test oracle."""

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
        """Each passage's field length as stored by Whoosh, rounded to one byte's precision."""
        length = self.reader.doc_field_length
        numbers = range(self.count)
        return np.fromiter((length(n, field) for n in numbers), dtype=np.float32, count=self.count)

    def total_length(self, field: str) -> int:
        """Exact token count of the field over all passages."""
        return int(self.reader.field_length(field))

    def lists(self, field: str) -> Iterator[tuple[str, Sequence[int], Sequence[float]]]:
        """Every term of the field, in order, with its passages (ascending) and its counts in them."""
        for term, info in self.reader.iter_field(field):
            if info.doc_frequency() == 1:
                yield term.decode(), (info.min_id(),), (info.weight(),)
            else:
                yield term.decode(), *_drain(self.reader.postings(field, term))

    def postings(self) -> Iterator[Posting]:
        """Every term of every searched field with its postings, fields in order."""
        for field in FIELDS:
            for term, ids, counts in self.lists(field):
                yield Posting(
                    field, term, np.asarray(ids, np.int32), np.asarray(counts, np.float32)
                )

    def frequency(self, field: str, term: str) -> tuple[int, float]:
        """Document frequency and total frequency of the term, as Whoosh reports them."""
        if (field, term.encode()) not in self.reader:
            return 0, 0.0
        info = self.reader.term_info(field, term.encode())
        return int(info.doc_frequency()), float(info.weight())


def _drain(matcher: Any) -> tuple[list[int], list[float]]:
    """All ids and weights of a matcher.

    Whoosh stores postings in blocks of 128. Its public iteration costs a Python call per posting; so a
    leaf matcher's blocks are read whole, through two attributes of the pinned 2.7.4. Other matchers
    use the public API. A test compares the two.
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
