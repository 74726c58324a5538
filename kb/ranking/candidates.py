"""From a question to the few hundred passages worth weighing, with the evidence for each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kb.lawnames import LawNames
from kb.ranking.layout import WORDS, Layout, resolved
from kb.ranking.memory import Floats, Ints, Memory
from kb.ranking.question import Question
from kb.search.engine import score_terms
from kb.search.plan import Term
from kb.search.snapshot import Mask, Snapshot

_DEPTHS = {"blended": 200, "first": 120, "translated": 60, "taught": 40, "near": 40, "entry": 30}
_CITED_DEPTH = 20
_SUPPORT = 100
"""Passages of the first stage that support the laws and chapters they belong to."""

_REACH = 4
"""Articles on either side that an answer lends weight to."""

_UNIFORM = 0.0004
"""Weight of every row beside the square of its likeness: what is asked often is likely anyway."""

_TRANSLATION, _LAW, _CHAPTER = 0.3, 3.0, 3.0
"""Parts of the blended score, by which most candidates are chosen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """numbers: the candidates, ascending. Arrays over all passages, laws or chapters by name."""

    snapshot: Snapshot
    layout: Layout
    numbers: Ints
    first: Floats
    best: float
    top: Ints
    translated: Floats
    blended: Floats
    laws: Floats
    chapters: Floats
    taught: Floats
    taught_terms: Floats
    taught_best: Floats
    taught_near: Floats
    familiar: float
    entry: Floats
    entry_near: Floats
    entry_laws: Floats
    entry_chapters: Floats
    cited_by: Floats
    cites: Floats
    citations: Floats
    asked: Floats
    laws_asked: Floats


class Bound:
    """A memory bound to a snapshot: its articles as passages, laws and chapters of this index."""

    def __init__(
        self, memory: Memory, snapshot: Snapshot, layout: Layout, names: LawNames | None = None
    ) -> None:
        """names: resolves the names of laws in the thesaurus; by default those of the snapshot."""
        self.memory, self.snapshot, self.layout = memory, snapshot, layout
        self._names = names or LawNames(d.work for d in snapshot.documents if d.work)
        passages = layout.passages(memory.articles)
        rows = np.repeat(np.arange(memory.rows, dtype=np.int32), np.diff(memory.row_starts))
        sizes = np.maximum(np.diff(memory.row_starts), 1)
        at = passages[memory.row_articles]
        known = at >= 0
        self._rows, self._at = rows[known], at[known]
        self._shares = (1.0 / sizes)[self._rows]
        self._damped = (1.0 / np.sqrt(sizes))[self._rows]
        self._near = self._neighbours(self._rows, self._at)
        links = passages[memory.links]
        links = links[(links >= 0).all(axis=1)]
        self._citing, self._cited = links[:, 0], links[:, 1]
        ones = np.ones(max(len(self._at), len(links)))
        self._citations = _sums(self._cited, ones[: len(links)], snapshot.passages)
        self._asked = _sums(self._at, ones[: len(self._at)], snapshot.passages)
        self._laws_asked = _sums(layout.laws[self._at], ones[: len(self._at)], layout.law_count)

    def _neighbours(self, rows: Ints, at: Ints) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
        """(row, passage, weight) of every passage near an answer, the answer included."""
        steps = np.arange(-_REACH, _REACH + 1)
        numbers = at[:, None] + steps
        inside = (numbers >= self.layout.first[at][:, None]) & (
            numbers < self.layout.end[at][:, None]
        )
        weights = np.broadcast_to(np.exp(-np.abs(steps) / 2), numbers.shape)
        return (
            np.broadcast_to(rows[:, None], numbers.shape)[inside],
            numbers[inside],
            weights[inside],
        )

    def evidence(self, question: Question, first: Floats, allowed: Mask) -> Evidence:
        """Chooses candidates among allowed passages and gathers what is known of them.

        first: scores of the first stage, 0 where a passage is not allowed.
        """
        layout, count = self.layout, self.snapshot.passages
        prior = self.snapshot.passage_prior * (allowed & layout.ranked)
        first = first * layout.ranked
        best = float(first.max(initial=0.0)) + 1e-9
        own, alike = self.memory.alike(question)
        own_squared, squared = own * own, alike * alike
        laws, chapters = self._routes(own_squared, squared)
        taught = _sums(self._at, own_squared[self._rows] * self._damped, count)
        taught_terms = _sums(self._at, squared[self._rows] * self._damped, count)
        taught_best = np.zeros(count, dtype=np.float32)
        np.maximum.at(taught_best, self._at, alike[self._rows])
        near_rows, near_at, near_weights = self._near
        damping = np.sqrt(np.maximum(np.diff(self.memory.row_starts), 1))
        near = _sums(near_at, (squared / damping)[near_rows] * near_weights, count)
        translated = np.zeros(count, dtype=np.float32)
        terms = self.memory.translate(np.float32(0.5) * (own + alike))
        score_terms(self.snapshot, [Term(WORDS, w, weight) for w, weight in terms], translated)
        highest = float(translated.max(initial=0.0)) + 1e-9
        law_of, chapter_of = laws[layout.laws], chapters[layout.chapters]
        blended = (first / best + _TRANSLATION / highest * translated * prior) * (
            (1 + _LAW * law_of) * (1 + _CHAPTER * chapter_of)
        )
        entry, entry_near, entry_laws, entry_chapters = self._entries(question)
        cited_by, cites = np.zeros((2, count), dtype=np.float32)
        np.maximum.at(cited_by, self._cited, first[self._citing])
        np.maximum.at(cites, self._citing, first[self._cited])
        supporters = top(first, _SUPPORT)
        found = np.concatenate(
            [
                top(blended, _DEPTHS["blended"]),
                top(first, _DEPTHS["first"]),
                top(translated * prior * (0.2 + law_of), _DEPTHS["translated"]),
                top(taught * prior, _DEPTHS["taught"]),
                top(near * prior, _DEPTHS["near"]),
                top((entry + 0.3 * entry_near) * prior, _DEPTHS["entry"]),
                top(cited_by * prior, _CITED_DEPTH),
            ]
        )
        return Evidence(
            snapshot=self.snapshot,
            layout=layout,
            numbers=self._distinct(np.unique(found), blended, prior),
            first=first,
            best=best,
            top=supporters,
            translated=translated,
            blended=blended.astype(np.float32),
            laws=laws,
            chapters=chapters,
            taught=taught,
            taught_terms=taught_terms,
            taught_best=taught_best,
            taught_near=near,
            familiar=float(alike.max(initial=0.0)),
            entry=entry,
            entry_near=entry_near,
            entry_laws=entry_laws,
            entry_chapters=entry_chapters,
            cited_by=cited_by,
            cites=cites,
            citations=self._citations,
            asked=self._asked,
            laws_asked=self._laws_asked,
        )

    def _routes(self, own: Floats, alike: Floats) -> tuple[Floats, Floats]:
        """Probabilities of laws and chapters: the mean of both kinds of likeness."""
        weights = np.zeros(self.memory.rows)
        for squares in (own, alike):
            votes = squares.astype(np.float64) + _UNIFORM
            weights += votes / (votes.sum() + 1e-9) / 2
        shares = weights[self._rows] * self._shares
        return (
            _sums(self.layout.laws[self._at], shares, self.layout.law_count),
            _sums(self.layout.chapters[self._at], shares, self.layout.chapter_count),
        )

    def _entries(self, question: Question) -> tuple[Floats, Floats, Floats, Floats]:
        """What entries of the thesaurus point to: articles, those near them, laws, chapters."""
        exact, near = np.zeros((2, self.snapshot.passages), dtype=np.float32)
        laws = np.zeros(self.layout.law_count, dtype=np.float32)
        chapters = np.zeros(self.layout.chapter_count, dtype=np.float32)
        for key, weight in resolved(question.articles, self._names).items():
            at = self.layout.articles.get(key)
            if at is not None:
                exact[at] += weight
                begin = max(int(self.layout.first[at]), at - _REACH)
                end = min(int(self.layout.end[at]), at + _REACH + 1)
                near[begin:end] += weight * np.exp(-np.abs(np.arange(begin, end) - at) / 2)
                laws[self.layout.laws[at]] += weight
                chapters[self.layout.chapters[at]] += weight
        return exact, near, laws, chapters

    def _distinct(self, numbers: Ints, blended: Floats, prior: Floats) -> Ints:
        """Allowed passages of distinct text: of equal ones the one of the best prior and score."""
        numbers = numbers[prior[numbers] > 0]
        order = np.lexsort((numbers, -blended[numbers], -prior[numbers]))
        _, first = np.unique(self.layout.texts[numbers[order]], return_index=True)
        return np.sort(numbers[order][first]).astype(np.int32)


def _sums(places: npt.NDArray[np.integer], weights: npt.NDArray[np.floating], size: int) -> Floats:
    return np.bincount(places, weights, size).astype(np.float32)


def top(scores: npt.NDArray[np.floating], count: int) -> Ints:
    """Passages with the highest scores above 0, best first, equal ones by number."""
    numbers = np.flatnonzero(scores > 0)
    if len(numbers) > 2 * count:
        values = scores[numbers]
        numbers = numbers[values >= np.partition(values, len(values) - count)[-count]]
    return numbers[np.lexsort((numbers, -scores[numbers]))][:count].astype(np.int32)
