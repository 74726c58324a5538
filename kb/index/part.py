"""A part opened for reading: passages of some documents, and arrays derived from their Whoosh index.

`kb.index.part_writer` writes it. A sealed part never changes; a generation is a list of parts. On disk:

    whoosh/             the inverted index, one segment (kb.index.whoosh_part)
    part.json           documents in passage order, pivots, counts, tokens of each field
    records.bin/.npy    each passage's anchor, label, path and text, and its offset
    folded.bin/.npy     each passage's folded text, for phrase search
    facts.npy paths.json  other facts of each passage (kb.index.passage_facts)
    frequent.json       frequent words of three or more characters
    terms.npy           hashes of field + term, ascending (uint64)
    starts.npy          start of each term's postings (int64, one more than terms)
    ids.npy impacts.npy postings: passage number (int32), BM25 without idf (float32)
    sums.json           checksums of all these files (kb.index.sums)

Arrays and folded texts are memory-mapped: processes share one copy through the page cache.
"""

import hashlib
import json
import mmap
import os
import weakref
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.errors import DamageError
from kb.index import passage_facts
from kb.index.fields import Field
from kb.text.folding import flat

Ids = npt.NDArray[np.int32]
Impacts = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

STRETCH = 1 << 20
"""Postings processed in one batch."""

UNIT, STEP = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class Slot:
    """Location of a document's passages in its part: numbers first to first + count."""

    document: str
    version: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Record:
    """A passage as shown in results."""

    anchor: str
    label: str
    path: tuple[str, ...]
    text: str


ASKED_LENGTH = 60.0
"""Average tokens of an article's heading and questions."""


def uncached_key(field: int, term: str) -> int:
    digest = hashlib.blake2b(term.encode(), digest_size=8, salt=bytes([field])).digest()
    return int.from_bytes(digest, "big")


@lru_cache(maxsize=1 << 14)
def term_key(field: int, term: str) -> int:
    """The 64-bit hash of a term in a field. Among a million terms, collision probability is 3 in 10⁸."""
    return uncached_key(field, term)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Totals for the average length of each of FIELDS."""

    passages: int
    tokens: tuple[int, ...]

    def __add__(self, other: "Lengths") -> "Lengths":
        tokens = tuple(a + b for a, b in zip(self.tokens, other.tokens, strict=True))
        return Lengths(self.passages + other.passages, tokens)

    @property
    def pivots(self) -> tuple[float, ...]:
        """Average length of each field: the pivot of BM25's length normalisation. Most passages have no
        questions, and how many do depends on the base: there it is that of the bundled ones."""
        means = [t / self.passages if t and self.passages else 1.0 for t in self.tokens]
        means[Field.ASKED] = ASKED_LENGTH
        return tuple(means)


class Part:
    """A sealed part, opened for reading. Opening maps files; data is read on demand.

    Raises DamageError if files are inconsistent; `kb.index.sums` checks their contents.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        facts = json.loads((directory / "part.json").read_text("utf-8"))
        self.lengths = Lengths(facts["passages"], tuple(facts["tokens"]))
        self.pivots: tuple[float, ...] = tuple(facts["pivots"])
        self.slots = tuple(Slot(*s) for s in facts["documents"])
        self._terms = _mapped(directory / "terms.npy", np.uint64)
        self._starts = _mapped(directory / "starts.npy", np.int64)
        self._ids = _mapped(directory / "ids.npy", np.int32)
        self._impacts = _mapped(directory / "impacts.npy", np.float32)
        # Not mapped: few records are read, at scattered places, and each would keep nearby pages in memory.
        self._records = os.open(directory / "records.bin", os.O_RDONLY)
        weakref.finalize(self, os.close, self._records)
        self._record_starts = _mapped(directory / "records.npy", np.int64)
        self._folded = _mapped_bytes(directory / "folded.bin")
        self._folded_starts = _mapped(directory / "folded.npy", np.int64)
        self._fit()

    def _fit(self) -> None:
        """Checks that each offset array has the right length and ends at the size of its data."""
        for name, places, count, end in (
            ("starts.npy", self._starts, len(self._terms), len(self._ids)),
            ("starts.npy", self._starts, len(self._terms), len(self._impacts)),
            ("records.npy", self._record_starts, self.passages, os.fstat(self._records).st_size),
            ("folded.npy", self._folded_starts, self.passages, len(self._folded)),
        ):
            if len(places) != count + 1 or places[-1] != end:
                raise DamageError(self.directory / name, "长度不对")

    @property
    def passages(self) -> int:
        return self.lengths.passages

    def locate(self, keys: npt.NDArray[np.uint64]) -> tuple[Places, Places]:
        """Start and end of each term key's postings; equal for a missing term."""
        if not len(self._terms):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        at = np.searchsorted(self._terms, keys)
        at[at == len(self._terms)] = 0
        starts = self._starts[at]
        return starts, np.where(self._terms[at] == keys, self._starts[at + 1], starts)

    def frequencies(self, among: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.uint64], Places]:
        """Ascending keys of terms in the given passages, and the number of those passages with each."""
        found = [np.zeros(0, np.int64)]
        for first in range(0, len(self._ids), STRETCH):
            found.append(first + np.flatnonzero(among[self._ids[first : first + STRETCH]]))
        at = np.searchsorted(self._starts, np.concatenate(found), "right") - 1
        terms, counts = np.unique(at, return_counts=True)
        return self._terms[terms], counts

    def gather(self, starts: Places, ends: Places) -> tuple[Ids, Impacts, Places]:
        """Concatenated postings of several terms: ids, impacts (a copy), and the count for each term."""
        pairs = [(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if a < b]
        if not pairs:
            return self._ids[:0], np.zeros(0, np.float32), ends - starts
        ids = np.concatenate([self._ids[a:b] for a, b in pairs])
        impacts = np.concatenate([self._impacts[a:b] for a, b in pairs])
        return ids, impacts, ends - starts

    def postings(self, field: int, term: str) -> tuple[Ids, Impacts]:
        """The term's passage numbers, ascending, and its impact in each; both empty for an unknown term."""
        key = np.uint64(term_key(field, term))
        at = int(self._terms.searchsorted(key))
        if at == len(self._terms) or self._terms[at] != key:
            return self._ids[:0], self._impacts[:0]
        return self.slice(self._starts[at], self._starts[at + 1])

    def slice(self, start: int, end: int) -> tuple[Ids, Impacts]:
        """Postings in a range given by `locate`."""
        return self._ids[start:end], self._impacts[start:end]

    def frequent(self) -> list[str]:
        """Words of three or more characters that occur in at least FREQUENT passages."""
        words: list[str] = json.loads((self.directory / "frequent.json").read_text("utf-8"))
        return words

    @cached_property
    def headings(self) -> tuple[list[str], Places]:
        """Each distinct sequence of headings above passages, folded, separated by spaces; and which of
        them each passage has."""
        rows, paths = passage_facts.load(self.directory)
        return [flat(" ".join(path)) for path in paths], rows[:, passage_facts.PATH].copy()

    def record(self, number: int) -> Record:
        start, end = self._record_starts[number : number + 2].tolist()
        try:
            text = os.pread(self._records, end - start, start).decode("utf-8")
            anchor, label, path, body = text.split(UNIT, 3)
        except ValueError as error:  # a disk lost bytes since it was checked
            raise DamageError(self.directory / "records.bin", "内容不对") from error
        return Record(anchor, label, tuple(path.split(STEP)) if path else (), body)

    def contains(self, number: int, phrase: bytes) -> bool:
        """Whether the passage's folded text contains the folded, encoded phrase."""
        return phrase in self._folded[self._folded_starts[number] : self._folded_starts[number + 1]]

    def containing(self, numbers: Ids, phrase: str) -> Ids:
        """The passages whose folded text contains the folded phrase."""
        # Searched in place: slicing out each text takes half as long again.
        find, wanted = self._folded.find, phrase.encode("utf-8", "replace")
        starts, ends = self._folded_starts[numbers], self._folded_starts[numbers + 1]
        places = map(find, repeat(wanted), starts.tolist(), ends.tolist())
        return numbers[np.fromiter(places, np.int64, len(numbers)) >= 0]


def _mapped(path: Path, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except (
        Exception
    ) as error:  # NumPy evaluates the head of a file: wrong bytes raise what they like
        raise DamageError(path, "不是数组") from error
    if not isinstance(array, np.ndarray) or array.dtype != kind or array.ndim != 1:
        raise DamageError(path, "不是所需的数组")
    return np.asarray(array)


def _mapped_bytes(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        # An empty file can't be mapped.
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
