"""Selects the few hundred passages to score for a question, with the evidence for each."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kb.index.snapshot import Snapshot
from kb.lawnames import LawNames
from kb.ranking.memory import Floats, Ints, Memory
from kb.ranking.passage_layout import WORDS, Layout, resolved
from kb.ranking.question import Question
from kb.ranking.selection import top
from kb.search.engine import score_terms
from kb.search.plan import Term

_DEPTHS = {"blended": 200, "first": 120, "translated": 60, "taught": 40, "near": 40, "entry": 30}
_CITED_DEPTH = 20
_SUPPORT = 100
"""First-stage passages that support their laws and chapters."""

_REACH = 4
"""Neighbouring articles on each side that share an answer's weight."""

_UNIFORM = 0.0004
"""Base weight of every row, added to its squared similarity: frequent answers are likely anyway."""

_TRANSLATION, _LAW, _CHAPTER = 0.3, 3.0, 3.0
"""Weights of the blended score by which most candidates are selected."""


@dataclass(frozen=True, slots=True)
class FirstStage:
    """scores: of all passages. best: the highest. leading: passages that support their laws and
    chapters."""

    scores: Floats
    best: float
    leading: Ints


@dataclass(frozen=True, slots=True)
class Routes:
    """How likely each law and each chapter holds the answer, over all laws and chapters."""

    laws: Floats
    chapters: Floats


@dataclass(frozen=True, slots=True)
class Lessons:
    """What similar questions say, by candidate. taught: weight of their answers; with_terms: similarity
    by added terms too; best: similarity of the most similar; near: weight of answers nearby. familiar:
    similarity of the most similar of all. asked: how often a candidate was an answer; laws_asked: how
    often each law had one, over all laws."""

    taught: Floats
    with_terms: Floats
    best: Floats
    near: Floats
    familiar: float
    asked: Floats
    laws_asked: Floats


@dataclass(frozen=True, slots=True)
class Entries:
    """Confidence of thesaurus entries in each candidate, in articles near it, and over all laws and
    chapters."""

    exact: Floats
    near: Floats
    laws: Floats
    chapters: Floats


@dataclass(frozen=True, slots=True)
class Citations:
    """By candidate: best first-stage score of those that cite it, of those it cites; how many cite it."""

    cited_by: Floats
    cites: Floats
    count: Floats


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the candidates. numbers: theirs, ascending; translated (score of the legal words
    learned), blended (the score by which most were selected) and the groups' arrays align with it
    unless said otherwise."""

    snapshot: Snapshot
    layout: Layout
    numbers: Ints
    first: FirstStage
    translated: Floats
    blended: Floats
    routes: Routes
    lessons: Lessons
    entries: Entries
    citations: Citations


class Pointers:
    """Pointers to passages: from lessons to answers, from articles to those they cite. Cost of sums
    depends on the number of pointers, not of passages."""

    def __init__(self, sources: Ints, targets: Ints, weights: npt.NDArray[np.floating]) -> None:
        """Three arrays of equal length; targets are passages."""
        order = np.argsort(targets, kind="stable")
        self._sources, self._weights = sources[order], weights[order]
        self.passages, self._starts = np.unique(targets[order], return_index=True)

    def sums(self, values: Floats) -> Floats:
        """For each target passage, the weighted sum of its sources' values."""
        return self._reduced(np.add, values[self._sources] * self._weights)

    def greatest(self, values: Floats) -> Floats:
        """For each target passage, the unweighted maximum of its sources' values."""
        return self._reduced(np.maximum, values[self._sources])

    def _reduced(self, how: np.ufunc, values: npt.NDArray[np.floating]) -> Floats:
        if not len(self.passages):
            return np.zeros(0, dtype=np.float32)
        reduced: Floats = how.reduceat(values, self._starts).astype(np.float32)
        return reduced

    def at(self, numbers: Ints, values: Floats) -> Floats:
        """Values (one for each target passage) at the given passages, 0 for others."""
        return _values_at(self.passages, values, numbers)

    def top(self, values: Floats, factors: Floats, count: int) -> Ints:
        """The passages with the highest products of value and factor; factors cover all passages."""
        return self.passages[top(values * factors[self.passages], count)]


@dataclass(frozen=True, slots=True)
class Pointed:
    """Passages at or near the targets of thesaurus entries, ascending, with confidence."""

    passages: Ints
    exact: Floats
    near: Floats


class Bound:
    """A memory bound to a snapshot: its articles mapped to this index's passages, laws and chapters."""

    def __init__(
        self, memory: Memory, snapshot: Snapshot, layout: Layout, names: LawNames | None = None
    ) -> None:
        """names: resolves law names in the thesaurus; by default those of the snapshot."""
        self.memory, self.snapshot, self.layout = memory, snapshot, layout
        self._names = names or LawNames(d.work for d in snapshot.documents if d.work)
        passages = layout.passages(memory.articles)
        rows = np.repeat(np.arange(memory.rows, dtype=np.int32), np.diff(memory.row_starts))
        sizes = np.maximum(np.diff(memory.row_starts), 1)
        at = passages[memory.row_articles]
        known = at >= 0
        self._rows, self._at = rows[known], at[known]
        self._shares = (1.0 / sizes)[self._rows]
        damping = (1.0 / np.sqrt(sizes)).astype(np.float64)
        self._taught = Pointers(self._rows, self._at, damping[self._rows])
        near_rows, near_at, near_weights = self._neighbours(self._rows, self._at)
        self._near = Pointers(near_rows, near_at, damping[near_rows] * near_weights)
        links = passages[memory.links]
        links = links[(links >= 0).all(axis=1)]
        ones = np.ones(max(len(self._at), len(links)))
        self._cited_by = Pointers(links[:, 0], links[:, 1], ones[: len(links)])
        self._cites = Pointers(links[:, 1], links[:, 0], ones[: len(links)])
        self._citations = _sums(links[:, 1], ones[: len(links)], snapshot.passages)
        self._asked = _sums(self._at, ones[: len(self._at)], snapshot.passages)
        self._laws_asked = _sums(layout.laws[self._at], ones[: len(self._at)], layout.law_count)
        # 0 for dead passages, like their prior, and for unranked kinds.
        self._prior: Floats = snapshot.passage_prior * layout.ranked
        self._law_of_chapter = np.zeros(layout.chapter_count, dtype=np.int32)
        self._law_of_chapter[layout.chapters] = layout.laws

    def _neighbours(self, rows: Ints, at: Ints) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
        """(row, passage, weight) for every passage near an answer, including the answer."""
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

    def evidence(self, question: Question, first: Floats) -> Evidence:
        """Selects candidates among living passages and collects evidence for them.

        first: first-stage scores, 0 for dead passages.
        """
        layout, prior = self.layout, self._prior
        first = first * layout.ranked
        best = float(first.max(initial=0.0)) + 1e-9
        own, alike = self.memory.alike(question)
        own_squared, squared = own * own, alike * alike
        laws, chapters = self._routes(own_squared, squared)
        taught, taught_terms = self._taught.sums(own_squared), self._taught.sums(squared)
        near = self._near.sums(squared)
        translated = np.zeros(self.snapshot.passages, dtype=np.float32)
        terms = self.memory.translate(np.float32(0.5) * (own + alike))
        score_terms(self.snapshot, [Term(WORDS, w, weight) for w, weight in terms], translated)
        if self.snapshot.living < self.snapshot.passages:
            translated *= self.snapshot.alive
        highest = float(translated.max(initial=0.0)) + 1e-9
        in_law = laws[self._law_of_chapter]
        likely = (1 + _LAW * in_law) * (1 + _CHAPTER * chapters)
        worded = translated * prior
        blended = worded * np.float32(_TRANSLATION / highest)
        blended += first / best
        blended *= likely.take(layout.chapters)
        entries, entry_laws, entry_chapters = self._entries(question)
        hinted = (entries.exact + np.float32(0.3) * entries.near) * prior[entries.passages]
        cited_by, cites = self._cited_by.greatest(first), self._cites.greatest(first)
        leading = top(first, _DEPTHS["first"])
        found = np.concatenate(
            [
                top(blended, _DEPTHS["blended"]),
                leading,
                top(worded * (0.2 + in_law).take(layout.chapters), _DEPTHS["translated"]),
                self._taught.top(taught, prior, _DEPTHS["taught"]),
                self._near.top(near, prior, _DEPTHS["near"]),
                entries.passages[top(hinted, _DEPTHS["entry"])],
                self._cited_by.top(cited_by, prior, _CITED_DEPTH),
            ]
        )
        numbers = self._distinct(np.unique(found), blended, prior)
        return Evidence(
            snapshot=self.snapshot,
            layout=layout,
            numbers=numbers,
            first=FirstStage(first, best, leading[:_SUPPORT]),
            translated=translated[numbers],
            blended=blended[numbers],
            routes=Routes(laws, chapters),
            lessons=Lessons(
                taught=self._taught.at(numbers, taught),
                with_terms=self._taught.at(numbers, taught_terms),
                best=self._taught.at(numbers, self._taught.greatest(alike)),
                near=self._near.at(numbers, near),
                familiar=float(alike.max(initial=0.0)),
                asked=self._asked[numbers],
                laws_asked=self._laws_asked,
            ),
            entries=Entries(
                exact=_values_at(entries.passages, entries.exact, numbers),
                near=_values_at(entries.passages, entries.near, numbers),
                laws=entry_laws,
                chapters=entry_chapters,
            ),
            citations=Citations(
                cited_by=self._cited_by.at(numbers, cited_by),
                cites=self._cites.at(numbers, cites),
                count=self._citations[numbers],
            ),
        )

    def _routes(self, own: Floats, alike: Floats) -> tuple[Floats, Floats]:
        """Probabilities of laws and chapters: the mean over both similarities."""
        weights = np.zeros(self.memory.rows)
        for squares in (own, alike):
            votes = squares.astype(np.float64) + _UNIFORM
            weights += votes / (votes.sum() + 1e-9) / 2
        shares = weights[self._rows] * self._shares
        return (
            _sums(self.layout.laws[self._at], shares, self.layout.law_count),
            _sums(self.layout.chapters[self._at], shares, self.layout.chapter_count),
        )

    def _entries(self, question: Question) -> tuple[Pointed, Floats, Floats]:
        """Targets of thesaurus entries: articles with their neighbours, laws, chapters."""
        exact: dict[int, float] = {}
        near: dict[int, float] = {}
        laws = np.zeros(self.layout.law_count, dtype=np.float32)
        chapters = np.zeros(self.layout.chapter_count, dtype=np.float32)
        for key, weight in resolved(question.articles, self._names).items():
            at = self.layout.articles.get(key)
            if at is None:
                continue
            exact[at] = exact.get(at, 0.0) + weight
            begin = max(int(self.layout.first[at]), at - _REACH)
            end = min(int(self.layout.end[at]), at + _REACH + 1)
            for number in range(begin, end):
                near[number] = near.get(number, 0.0) + weight * math.exp(-abs(number - at) / 2)
            laws[self.layout.laws[at]] += weight
            chapters[self.layout.chapters[at]] += weight
        numbers = sorted(near)
        pointed = Pointed(
            np.asarray(numbers, dtype=np.int32),
            np.asarray([exact.get(n, 0.0) for n in numbers], dtype=np.float32),
            np.asarray([near[n] for n in numbers], dtype=np.float32),
        )
        return pointed, laws, chapters

    def _distinct(self, numbers: Ints, blended: Floats, prior: Floats) -> Ints:
        """Ranked passages with duplicate texts removed, keeping the one with the best prior and score."""
        numbers = numbers[prior[numbers] > 0]
        order = np.lexsort((numbers, -blended[numbers], -prior[numbers]))
        _, first = np.unique(self.layout.texts[numbers[order]], return_index=True)
        return np.sort(numbers[order][first]).astype(np.int32)


def _values_at(passages: Ints, values: Floats, numbers: Ints) -> Floats:
    """Looks up, at numbers, values that align with the ascending passages; 0 for others."""
    if not len(passages):
        return np.zeros(len(numbers), dtype=np.float32)
    places = np.minimum(np.searchsorted(passages, numbers), len(passages) - 1)
    return np.where(passages[places] == numbers, values[places], np.float32(0))


def _sums(places: npt.NDArray[np.integer], weights: npt.NDArray[np.floating], size: int) -> Floats:
    return np.bincount(places, weights, size).astype(np.float32)
