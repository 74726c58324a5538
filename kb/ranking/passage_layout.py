"""A snapshot's passages as needed by the ranker: by law, chapter, article and equal text.

Computed once per snapshot, in about a tenth of a second for 150,000 passages, from the facts stored
in each part.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kb.documents import STATUTE_KINDS, Kind
from kb.index import passage_facts
from kb.index.fields import Field
from kb.index.part import Part, Places, term_key
from kb.index.snapshot import Mask, Snapshot
from kb.lawnames import LawNames
from kb.ranking.memory import Floats, Ints
from kb.search.engine import idf
from kb.text.analysis import grams

WORDS, GRAMS, TITLE, PATH, ASKED = Field

RANKED_KINDS = STATUTE_KINDS | {Kind.CASE}
"""Kinds that the trees were trained on. Others keep their first-stage rank."""

CUES = {
    "has_prison": (GRAMS, ("徒刑",)),
    "has_fine": (GRAMS, ("罚款",)),
    "has_definition": (GRAMS, ("是指",)),
    "has_damages": (GRAMS, ("赔偿",)),
    "has_right": (GRAMS, ("有权",)),
    "has_duty": (GRAMS, ("应当",)),
    "has_ban": (GRAMS, ("不得",)),
    "in_general": (PATH, ("总则", "一般规定")),
    "in_liability": (PATH, ("法律责任", "罚则")),
    "in_annex": (PATH, ("附则",)),
}
"""Cues in a passage or the headings above it that indicate its role in the law, by feature."""

TRAITS = ("length", "place", "place_share", "size", "in_force", *CUES)
"""Features of a passage that don't depend on the question: the columns of `Layout.traits`."""


_NOWHERE = np.iinfo(np.int64).max
"""Law and chapter of dead passages: separate ones after all others."""

_SHORT = 2_000
"""Up to this many postings, a list is scanned instead of searched."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Arrays over all P passages.

    laws, chapters: numbers of the law (in a code: its 编) and of the innermost heading. texts: equal
    for passages of equal text. traits (P, len(TRAITS)): length in characters, position in the document,
    relative position, passages in the document, in force or not; then one column per cue.
    articles: passage in the version in force, by key (民法典:703).
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
    articles: Mapping[str, int]

    def passages(self, articles: Sequence[str]) -> Ints:
        """Passage number of each article, -1 if it isn't in the index."""
        return np.asarray([self.articles.get(a, -1) for a in articles], dtype=np.int32)


def lay_out(snapshot: Snapshot) -> Layout:
    """Computes the layout from the facts in the snapshot's parts."""
    count = snapshot.passages
    rows = np.zeros((count, 4), dtype=np.int64)
    paths: dict[tuple[str, ...], int] = {}
    for start, part in zip(snapshot.firsts, snapshot.parts, strict=True):
        own, names = passage_facts.load(part.directory)
        places = np.asarray([paths.setdefault(n, len(paths)) for n in names], dtype=np.int64)
        rows[start : start + part.passages] = own
        rows[start : start + part.passages, passage_facts.PATH] = places[own[:, passage_facts.PATH]]
    spans = np.asarray(snapshot.spans, dtype=np.int32).reshape(-1, 2)
    # The last element is for passages without a living document, whose ordinal is -1.
    of_document = snapshot.document_of
    first = np.append(spans[:, 0], np.int32(0))[of_document]
    last = np.append(spans[:, 1], np.int32(0))[of_document]
    lengths = (rows[:, passage_facts.SIZE] / 3).astype(np.float32)
    laws, chapters = _places(snapshot, rows[:, passage_facts.PATH], list(paths))
    numbers = np.arange(count, dtype=np.int32)
    in_force = np.append(snapshot.in_force, False)[of_document]
    kinds = np.asarray([d.kind in RANKED_KINDS for d in snapshot.documents] + [False])
    columns = [
        lengths,
        numbers - first,
        (numbers - first) / np.maximum(last - first, 1),
        last - first,
        in_force,
        *(_cue(snapshot, field, terms) for field, terms in CUES.values()),
    ]
    return Layout(
        laws=laws,
        chapters=chapters,
        law_count=int(laws.max(initial=-1)) + 1,
        chapter_count=int(chapters.max(initial=-1)) + 1,
        texts=rows[:, passage_facts.TEXT].copy(),
        ranked=kinds[of_document],
        traits=np.stack([c.astype(np.float32) for c in columns], axis=1),
        first=first,
        end=last,
        articles=Articles(snapshot, rows[:, passage_facts.ARTICLE].copy()),
    )


def _places(
    snapshot: Snapshot, paths: npt.NDArray[np.int64], names: Sequence[tuple[str, ...]]
) -> tuple[Ints, Ints]:
    """Numbers of law and chapter, each in order of first appearance. In a code, each 编 counts
    as a separate law."""
    works: dict[str, int] = {}
    of_document = [works.setdefault(d.work or d.id, len(works)) for d in snapshot.documents]
    work = np.asarray([*of_document, 0], dtype=np.int64)[snapshot.document_of]
    books: dict[str, int] = {}
    book_of = [books.setdefault(p[0] if p and "编" in p[0] else "", len(books)) for p in names]
    book = np.asarray(book_of, dtype=np.int64)[paths] if len(paths) else paths
    alive = snapshot.alive
    return (
        _numbered(np.where(alive, work * len(books) + book, _NOWHERE)),
        _numbered(np.where(alive, work * len(names) + paths, _NOWHERE)),
    )


def _numbered(keys: npt.NDArray[np.int64]) -> Ints:
    """Numbers keys from 0 in order of first appearance; dead passages get the last number."""
    places, seen, inverse = np.unique(keys, return_index=True, return_inverse=True)
    seen[places == _NOWHERE] = len(keys)
    ranks = np.empty(len(seen), dtype=np.int32)
    ranks[np.argsort(seen)] = np.arange(len(seen), dtype=np.int32)
    return ranks[inverse]


def _cue(snapshot: Snapshot, field: int, terms: Sequence[str]) -> Mask:
    """Passages with one of the terms; a longer term matches if all its bigrams do."""
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


class Articles(Mapping[str, int]):
    """Passages of laws by article key (民法典:703); of several versions, the one applicable today.
    Computed lazily."""

    def __init__(self, snapshot: Snapshot, codes: npt.NDArray[np.int64]) -> None:
        """codes: one per passage, as encoded by `passage_facts.article_code`."""
        best: dict[str, tuple[tuple[bool, int], int]] = {}
        for ordinal, info in enumerate(snapshot.documents):
            if info.work:
                rank = (info.applies, int(snapshot.days[ordinal]))
                if info.work not in best or rank > best[info.work][0]:
                    best[info.work] = (rank, ordinal)
        self._codes = codes
        self._spans = {work: snapshot.spans[ordinal] for work, (_, ordinal) in best.items()}

    def __getitem__(self, key: str) -> int:
        work, _, number = key.rpartition(":")
        begin, end = self._spans[work]
        code = passage_facts.article_code(number)
        found = np.flatnonzero(self._codes[begin:end] == code)
        if not code or not len(found):
            raise KeyError(key)
        return begin + int(found[0])

    def __iter__(self) -> Iterator[str]:
        for work, (begin, end) in self._spans.items():
            for code in dict.fromkeys(self._codes[begin:end].tolist()):
                if code:
                    yield f"{work}:{passage_facts.article_key(code)}"

    def __len__(self) -> int:
        return sum(1 for _ in self)


def resolved(articles: dict[str, float], names: LawNames | None) -> dict[str, float]:
    """Article keys with canonical law titles (劳动法:3, whatever name was written)."""
    out: dict[str, float] = {}
    for key, weight in articles.items():
        name, _, number = key.partition(":")
        alias = names.resolve(name) if names else None
        full = f"{alias.work}:{number}" if alias else key
        out[full] = out.get(full, 0.0) + weight
    return out


class Lookup:
    """Impacts of tokens in the given passages: (passages, tokens) matrices, cheap for a few hundred."""

    def __init__(self, snapshot: Snapshot, numbers: npt.NDArray[np.int32]) -> None:
        """numbers: passage numbers, ascending."""
        self._snapshot = snapshot
        self._size = len(numbers)
        bounds = np.searchsorted(numbers, snapshot.starts).tolist()
        self._slices = [
            (lo, hi, (numbers[lo:hi] - start).astype(np.int32))
            for start, lo, hi in zip(snapshot.firsts, bounds[:-1], bounds[1:], strict=True)
        ]
        # Maps a passage to its position among the requested ones; -1 for all others.
        self._places = np.full(snapshot.passages, -1, dtype=np.int32)
        self._places[numbers] = np.arange(len(numbers))

    def impacts(self, asked: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[Floats, Floats]]:
        """For each (field, tokens): BM25 without IDF, (passages, tokens), 0 if the token is absent; and each
        token's IDF. Batched because calls cost more than postings."""
        keys = np.asarray([term_key(f, t) for f, tokens in asked for t in tokens], dtype=np.uint64)
        out = np.zeros((len(keys), self._size), dtype=np.float32)
        snapshot = self._snapshot
        places, frequencies = snapshot.locate(keys)
        for first, part, (starts, ends), here in zip(
            snapshot.firsts, snapshot.parts, places, self._slices, strict=True
        ):
            sizes = ends - starts
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
        total = max(snapshot.living, 1)
        rare = np.asarray([idf(total, n) for n in frequencies.tolist()], dtype=np.float32)
        ends_at = np.cumsum([len(tokens) for _, tokens in asked]).tolist()
        bounds = zip([0, *ends_at], ends_at, strict=False)
        return [(out[a:b].T, rare[a:b]) for a, b in bounds]

    def _spread(
        self, part: Part, first: int, rows: Places, starts: Places, ends: Places, out: Floats
    ) -> None:
        """Concatenates short lists: looking each up costs more than its postings."""
        ids, impacts, sizes = part.gather(starts[rows], ends[rows])
        places = self._places[first + ids]
        found = places >= 0
        out[np.repeat(rows, sizes)[found], places[found]] = impacts[found]
