"""The learned ranking as search calls it: when it applies, and the order it gives."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.documents import STATUTE_KINDS, Kind
from kb.errors import ConfigError
from kb.index.snapshot import Snapshot
from kb.lawnames import LawNames
from kb.ranking import features, model, passage_layout, question
from kb.ranking.candidates import Bound
from kb.ranking.memory import Floats
from kb.ranking.model import Model
from kb.ranking.passage_layout import RANKED_KINDS
from kb.ranking.question import LONGEST, Question
from kb.ranking.selection import top
from kb.search.compose import Composed
from kb.text.analysis import Analyzer

DEPTH = 300
"""Number of passages reordered; the rest keep their first-stage order."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One feature's effect on a passage: display name, value, contribution to the score."""

    name: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A passage in the learned order, its score before squashing, and the reasons by weight."""

    number: int
    score: float
    reasons: tuple[Reason, ...]


class Ranker:
    """A trained model. Immutable, thread-safe."""

    def __init__(self, trained: Model) -> None:
        self.model = trained

    @classmethod
    def load(cls, path: Path | None = None) -> "Ranker | None":
        """Loads the packaged model, or that of a file; None if there is none. Raises ConfigError as
        `model.load`."""
        return _packaged() if path is None else _opened(path)

    @classmethod
    def of(cls, data_dir: Path) -> "Ranker | None":
        """The data directory's own model, else the packaged one. An own one that this program can't use
        is passed over: searches go on, and `kb doctor` names it."""
        try:
            return cls.load(data_dir / model.FILE) or cls.load()
        except ConfigError:
            return cls.load()

    def applies(self, text: str, composed: Composed, snapshot: Snapshot) -> bool:
        """Whether to use the learned order. All of these must hold:

        the query is a question (a sentence, not keywords) of at most `LONGEST` characters;
        results are sorted by relevance; no required or excluded phrase, no article requested by address;
        no internal document type named (工作总结, 普法规划); statutes are in the index.
        """
        plan = composed.plan
        if plan is None or len(text) > LONGEST or plan.sort != "relevance" or plan.strict:
            return False
        if plan.phrases or plan.excluded or plan.targets or not plan.groups:
            return False
        if any(b.facet == "kind" and b.value in _PAPERS for b in plan.boosts):
            return False
        return composed.question and any(d.kind in STATUTE_KINDS for d in snapshot.documents)

    def prepare(
        self, snapshot: Snapshot, analyzer: Analyzer, names: LawNames | None = None
    ) -> "Prepared":
        """Binds the model to a snapshot: takes 0.2 s for 150,000 passages."""
        return Prepared(self.model, snapshot, analyzer, names)


_PAPERS = frozenset(Kind) - RANKED_KINDS - {Kind.GUIDE}


class Prepared:
    """A model bound to one snapshot. Immutable, thread-safe."""

    def __init__(
        self, trained: Model, snapshot: Snapshot, analyzer: Analyzer, names: LawNames | None
    ) -> None:
        self._forest = trained.forest
        self._analyzer, self._alive = analyzer, snapshot.alive
        self._layout = passage_layout.lay_out(snapshot)
        self._bound = Bound(trained.memory, snapshot, self._layout, names)

    def rerank(
        self, text: str, scores: Floats, dropped: frozenset[str] = frozenset()
    ) -> list[tuple[int, float]]:
        """Passages in learned order, with scores descending from 1 in even steps: at most `DEPTH`, without
        duplicate texts. Even steps stay distinct in any sum; `explain` gives the actual differences.

        text: the query. scores: first-stage scores of all passages, float32, before any floor; those of
        dead passages are ignored. dropped: thesaurus words the reader dropped.
        Passages of kinds unknown to the trees (guides, summaries) keep their first-stage
        rank.
        """
        asked = question.read(text, self._analyzer, dropped)
        scores = scores * self._alive
        numbers, _, margins = self._weigh(asked, scores)
        order = np.lexsort((numbers, -margins))
        merged = self._merged(numbers[order].tolist(), scores)[:DEPTH]
        return [(number, 1 - place / DEPTH) for place, number in enumerate(merged)]

    def explain(
        self,
        text: str,
        scores: Floats,
        limit: int = 10,
        dropped: frozenset[str] = frozenset(),
    ) -> list[Explained]:
        """The top passages in learned order, each with the contribution of every feature."""
        asked = question.read(text, self._analyzer, dropped)
        scores = scores * self._alive
        numbers, rows, margins = self._weigh(asked, scores)
        names = list(features.NAMES.values())
        out = []
        for at in np.lexsort((numbers, -margins))[:limit].tolist():
            parts = self._forest.explain(rows[at])
            reasons = [Reason(names[c], float(rows[at, c]), v) for c, v in parts.items() if v]
            reasons.sort(key=lambda r: (-abs(r.contribution), r.name))
            out.append(Explained(int(numbers[at]), float(margins[at]), tuple(reasons)))
        return out

    def _weigh(
        self, asked: Question, scores: Floats
    ) -> tuple[npt.NDArray[np.int32], Floats, npt.NDArray[np.float64]]:
        evidence = self._bound.evidence(asked, scores)
        rows = features.matrix(asked, evidence)
        return evidence.numbers, rows, self._forest.predict(rows)

    def _merged(self, ranked: list[int], scores: Floats) -> list[int]:
        """Inserts passages of other kinds at their first-stage ranks."""
        order = top(scores, DEPTH)
        if bool(self._layout.ranked[order].all()):
            return ranked
        rest = iter(ranked)
        out: list[int] = []
        for number in order.tolist():
            if self._layout.ranked[number]:
                following = next(rest, None)
                if following is not None:
                    out.append(following)
            else:
                out.append(number)
        return [*out, *rest]


@cache
def _packaged() -> Ranker | None:
    with resources.as_file(resources.files("kb").joinpath("data", model.FILE)) as path:
        return _opened(path)


def _opened(path: Path) -> Ranker | None:
    trained = model.load(path)
    return Ranker(trained) if trained else None
