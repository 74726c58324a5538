"""Inverts one field: maps passages with tokens to terms with postings.

Tokens are numbered in order of appearance and stored as flat arrays on disk, so that memory holds only
the field's vocabulary and one block of postings, regardless of the number of passages.
"""

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

_BUFFER = 1 << 18
"""Postings buffered before they are written to disk."""

_STRETCH = 1 << 23
"""Postings sorted in one batch."""

Numbers = npt.NDArray[np.uint32]


class _Vocabulary(dict[str, int]):
    """Numbers tokens in the order of their first lookup."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


class Inversion:
    """Postings of one field. Passages are numbered from 0 in the order added.

    Keeps `<path>.terms` and `<path>.counts` on disk until `close`.
    """

    def __init__(self, path: Path) -> None:
        self._paths = path.with_suffix(".terms"), path.with_suffix(".counts")
        self._files: list[BinaryIO] = [p.open("w+b") for p in self._paths]
        self._vocabulary = _Vocabulary()
        self._terms, self._counts = array("I"), array("I")
        self._sizes, self._lengths = array("I"), array("I")

    def add(self, tokens: Mapping[str, int]) -> int:
        """Adds the next passage's token counts; returns their sum."""
        self._terms.extend(map(self._vocabulary.__getitem__, tokens))
        self._counts.extend(tokens.values())
        length = sum(tokens.values())
        self._sizes.append(len(tokens))
        self._lengths.append(length)
        if len(self._terms) >= _BUFFER:
            self._flush()
        return length

    @property
    def lengths(self) -> Numbers:
        """Token count of each passage."""
        return np.frombuffer(self._lengths, dtype=np.uint32)

    def postings(self) -> Iterator[tuple[str, Numbers, Numbers]]:
        """Each term with its passages (ascending) and its counts in them; terms by code point."""
        self._flush()
        words = sorted(self._vocabulary)
        ranks = np.empty(len(words), dtype=np.uint32)
        ranks[[self._vocabulary[w] for w in words]] = np.arange(len(words), dtype=np.uint32)
        terms, counts = (np.memmap(f, dtype=np.uint32, mode="r") if f.tell() else np.zeros(0, np.uint32)
                         for f in self._files)  # fmt: skip
        frequencies = np.zeros(len(words), dtype=np.int64)
        for at in range(0, len(terms), _STRETCH):
            stretch = ranks[terms[at : at + _STRETCH]]
            frequencies += np.bincount(stretch, minlength=len(words))
        edges = np.concatenate(([0], np.cumsum(frequencies)))
        bounds = np.cumsum(np.frombuffer(self._sizes, dtype=np.uint32), dtype=np.int64)
        first = 0
        while first < len(words):
            last = max(first + 1, int(np.searchsorted(edges, edges[first] + _STRETCH, "right")) - 1)
            places = _places(terms, ranks, first, last)
            order = np.argsort(ranks[terms[places]], kind="stable")
            places = places[order]
            ids = np.searchsorted(bounds, places, side="right").astype(np.uint32)
            values = np.asarray(counts[places])
            starts = (edges[first : last + 1] - edges[first]).tolist()
            for i, word in enumerate(words[first:last]):
                yield word, ids[starts[i] : starts[i + 1]], values[starts[i] : starts[i + 1]]
            first = last

    def close(self) -> None:
        """Removes the files."""
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            path.unlink(missing_ok=True)

    def _flush(self) -> None:
        for file, values in zip(self._files, (self._terms, self._counts), strict=True):
            values.tofile(file)
            del values[:]
            file.flush()


def _places(terms: Numbers, ranks: Numbers, first: int, last: int) -> npt.NDArray[np.int64]:
    """Positions of the postings of terms ranked first to last - 1, found block by block."""
    if first == 0 and last == len(ranks):
        return np.arange(len(terms))
    found = []
    for at in range(0, len(terms), _STRETCH):
        stretch = ranks[terms[at : at + _STRETCH]]
        found.append(np.flatnonzero((stretch >= first) & (stretch < last)) + at)
    return np.concatenate(found)
