"""A snapshot's passages as the ranker needs them: by law, chapter, article and equal text.

Made once a snapshot, in about a second for 150,000 passages; nothing of it is stored.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kb.documents import STATUTE_KINDS, Kind, Status
from kb.lawnames import LawNames
from kb.ranking.memory import Floats, Ints
from kb.search.analysis import grams
from kb.search.engine import idf
from kb.search.part import Part, Places, term_key
from kb.search.results import DocumentInfo
from kb.search.snapshot import Mask, Snapshot
from kb.search.whoosh_part import FIELDS

WORDS, GRAMS, TITLE, PATH = range(len(FIELDS))

RANKED_KINDS = STATUTE_KINDS | {Kind.CASE}
"""Kinds the trees have learned to weigh. Others keep the rank that the first stage gave them."""

CUES = (
    (GRAMS, ("徒刑",)),
    (GRAMS, ("罚款",)),
    (GRAMS, ("是指",)),
    (GRAMS, ("赔偿",)),
    (GRAMS, ("有权",)),
    (GRAMS, ("应当",)),
    (GRAMS, ("不得",)),
    (PATH, ("总则", "一般规定")),
    (PATH, ("法律责任", "罚则")),
    (PATH, ("附则",)),
)
"""What a passage or the headings above it may contain, and says of its role in the law."""


_SHORT = 2_000
"""Postings up to which a list is gone through rather than searched in."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Arrays over all P passages.

    laws, chapters: numbers of the law (of a code: its 编) and of the innermost heading. texts: equal
    for passages of equal text. traits (P, 5 + cues): length in characters, place in the document,
    its share of the document, passages of the document, in force or not; then one column a cue.
    articles: passage of the version in force by key (民法典:703).
    """

    laws: Ints
    chapters: Ints
    law_count: int
    chapter_count: int
    texts: npt.NDArray[np.int64]
    ranked: Mask
    traits: Floats
    first: Ints
    end: Ints
    articles: dict[str, int]

    def passages(self, articles: Sequence[str]) -> Ints:
        """Passage number of each article, -1 for those that are not in the index."""
        return np.asarray([self.articles.get(a, -1) for a in articles], dtype=np.int32)


def lay_out(snapshot: Snapshot) -> Layout:
    """Reads the snapshot's records once."""
    count = snapshot.passages
    anchors: list[bytes] = []
    paths: list[bytes] = []
    texts = np.zeros(count, dtype=np.int64)
    lengths = np.zeros(count, dtype=np.float32)
    for start, part in zip(snapshot.starts.tolist(), snapshot.parts, strict=False):
        end = start + part.passages
        _records(part, anchors, paths)
        texts[start:end], lengths[start:end] = _texts(part)
    first = np.zeros(count, dtype=np.int32)
    last = np.zeros(count, dtype=np.int32)
    laws = np.zeros(count, dtype=np.int32)
    chapters = np.zeros(count, dtype=np.int32)
    law_numbers: dict[tuple[str, bytes], int] = {}
    chapter_numbers: dict[tuple[str, bytes], int] = {}
    for info, (begin, stop) in zip(snapshot.documents, snapshot.spans, strict=True):
        first[begin:stop], last[begin:stop] = begin, stop
        name = info.work or info.id
        for n in range(begin, stop):
            path = paths[n]
            book = path.partition(b"\x1e")[0]
            law = (name, book if "编".encode() in book else b"")
            laws[n] = law_numbers.setdefault(law, len(law_numbers))
            chapters[n] = chapter_numbers.setdefault((name, path), len(chapter_numbers))
    numbers = np.arange(count, dtype=np.int32)
    of_document = snapshot.document_of
    in_force = np.append(snapshot.in_force, False)[of_document]
    kinds = np.asarray([d.kind in RANKED_KINDS for d in snapshot.documents] + [False])
    columns = [
        lengths,
        numbers - first,
        (numbers - first) / np.maximum(last - first, 1),
        last - first,
        in_force,
        *(_cue(snapshot, field, terms) for field, terms in CUES),
    ]
    return Layout(
        laws=laws,
        chapters=chapters,
        law_count=len(law_numbers),
        chapter_count=len(chapter_numbers),
        texts=texts,
        ranked=kinds[of_document],
        traits=np.stack([c.astype(np.float32) for c in columns], axis=1),
        first=first,
        end=last,
        articles=_articles(snapshot, anchors),
    )


def _records(part: Part, anchors: list[bytes], paths: list[bytes]) -> None:
    blob = (part.directory / "records.bin").read_bytes()
    starts = np.load(part.directory / "records.npy").tolist()
    for begin, end in pairwise(starts):
        anchor, _, path, _ = blob[begin:end].split(b"\x1f", 3)
        anchors.append(anchor)
        paths.append(path)


def _texts(part: Part) -> tuple[npt.NDArray[np.int64], Floats]:
    """A number for each passage, equal where texts are equal, and its length in characters."""
    blob = (part.directory / "folded.bin").read_bytes()
    starts = np.load(part.directory / "folded.npy")
    bounds = starts.tolist()
    sums = np.fromiter(
        (zlib.crc32(blob[b:e]) for b, e in pairwise(bounds)),
        dtype=np.int64,
        count=part.passages,
    )
    sizes = np.diff(starts)
    # Checksum and length together: that two different texts share both is out of the question here.
    return sums << 24 | (sizes & 0xFFFFFF), (sizes / 3).astype(np.float32)


def _cue(snapshot: Snapshot, field: int, terms: Sequence[str]) -> Mask:
    """Passages that have one of the terms; of a longer term all its bigrams."""
    any_term = np.zeros(snapshot.passages, dtype=np.bool_)
    for term in terms:
        every = np.ones(snapshot.passages, dtype=np.bool_)
        for gram in grams(term):
            mask = np.zeros(snapshot.passages, dtype=np.bool_)
            for start, ids, _ in snapshot.postings(field, gram):
                mask[start + ids] = True
            every &= mask
        any_term |= every
    return any_term


def _articles(snapshot: Snapshot, anchors: Sequence[bytes]) -> dict[str, int]:
    """Passages of public laws by article key; of several versions the one that counts today."""
    best: dict[str, tuple[tuple[bool, int], int]] = {}
    for ordinal, info in enumerate(snapshot.documents):
        if info.work and snapshot.public[ordinal]:
            rank = (_is_in_force(info), int(snapshot.days[ordinal]))
            if info.work not in best or rank > best[info.work][0]:
                best[info.work] = (rank, ordinal)
    found: dict[str, int] = {}
    for work, (_, ordinal) in best.items():
        begin, end = snapshot.spans[ordinal]
        for n in range(begin, end):
            anchor = anchors[n]
            if anchor.startswith(b"a"):
                found.setdefault(f"{work}:{anchor[1:].decode()}", n)
    return found


def _is_in_force(info: DocumentInfo) -> bool:
    return info.status in (None, Status.IN_FORCE)


def resolved(articles: dict[str, float], names: LawNames | None) -> dict[str, float]:
    """Keys of articles with laws by their canonical titles (劳动法:3, whatever name was written)."""
    out: dict[str, float] = {}
    for key, weight in articles.items():
        name, _, number = key.partition(":")
        alias = names.resolve(name) if names else None
        full = f"{alias.work}:{number}" if alias else key
        out[full] = out.get(full, 0.0) + weight
    return out


class Lookup:
    """Impacts of tokens in given passages: (passages, tokens) matrices, cheap for a few hundred."""

    def __init__(self, snapshot: Snapshot, numbers: npt.NDArray[np.int32]) -> None:
        """numbers: passage numbers, ascending."""
        self._snapshot = snapshot
        self._size = len(numbers)
        bounds = np.searchsorted(numbers, snapshot.starts).tolist()
        self._slices = [
            (lo, hi, (numbers[lo:hi] - start).astype(np.int32))
            for start, lo, hi in zip(snapshot.firsts, bounds[:-1], bounds[1:], strict=True)
        ]
        # Where a passage's place among those asked for is read off; -1 for all others.
        self._places = np.full(snapshot.passages, -1, dtype=np.int32)
        self._places[numbers] = np.arange(len(numbers))

    def impacts(self, asked: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[Floats, Floats]]:
        """For each (field, tokens): BM25 without IDF, (passages, tokens), 0 where the token is not;
        and each token's IDF. All at once: most of the time goes to calls, not to postings."""
        keys = np.asarray([term_key(f, t) for f, tokens in asked for t in tokens], dtype=np.uint64)
        out = np.zeros((len(keys), self._size), dtype=np.float32)
        frequencies = np.zeros(len(keys), dtype=np.int64)
        snapshot = self._snapshot
        for first, part, here in zip(snapshot.firsts, snapshot.parts, self._slices, strict=True):
            starts, ends = part.locate(keys)
            sizes = ends - starts
            frequencies += sizes
            lo, hi, numbers = here
            if lo == hi:
                continue
            short = sizes <= _SHORT
            self._spread(part, first, np.flatnonzero(short & (sizes > 0)), starts, ends, out)
            for row in np.flatnonzero(~short).tolist():
                ids, impacts = part.slice(int(starts[row]), int(ends[row]))
                at = ids.searchsorted(numbers)
                at[at == len(ids)] = 0
                out[row, lo:hi] = np.where(ids[at] == numbers, impacts[at], np.float32(0))
        total = snapshot.passages
        rare = np.asarray([idf(total, n) for n in frequencies.tolist()], dtype=np.float32)
        ends_at = np.cumsum([len(tokens) for _, tokens in asked]).tolist()
        bounds = zip([0, *ends_at], ends_at, strict=False)
        return [(out[a:b].T, rare[a:b]) for a, b in bounds]

    def _spread(
        self, part: Part, first: int, rows: Places, starts: Places, ends: Places, out: Floats
    ) -> None:
        """Short lists end to end, all at once: looking each up costs more than its postings."""
        ids, impacts, sizes = part.gather(starts[rows], ends[rows])
        places = self._places[first + ids]
        found = places >= 0
        out[np.repeat(rows, sizes)[found], places[found]] = impacts[found]
