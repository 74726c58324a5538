"""Trains a model from judged questions: lessons, features, trees, and cross-validation metrics.

Staff documents are not used: the snapshot is the public's. Everything derived from judgements is
computed for a question without its own judgement, and in cross-validation without those of
its fold.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from kb import citations, thesaurus
from kb.errors import ConfigError
from kb.evaluate import Judged, plain
from kb.index.part import term_key
from kb.index.snapshot import Snapshot
from kb.ranking import features, memory, passage_layout, question
from kb.ranking.candidates import Bound
from kb.ranking.forest import LEAVES, Forest, from_lightgbm
from kb.ranking.memory import Floats, Ints, Lesson
from kb.ranking.passage_layout import WORDS
from kb.ranking.question import Question
from kb.search import engine
from kb.search.compose import interpret
from kb.search.lawbook import law_names
from kb.search.plan import Plan
from kb.search.results import Expanded, Request
from kb.search.understand import Lexicon
from kb.text.analysis import Analyzer
from kb.text.folding import fold
from kb.text.words import cut

FOLDS = 5

ROUNDS = 300
PARAMETERS: dict[str, Any] = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 20,
    "learning_rate": 0.05,
    "num_leaves": LEAVES - 1,
    "min_data_in_leaf": 60,
    "lambda_l2": 5.0,
    # Each tree uses a fifth of the features: strong ones must not hide the rest.
    "feature_fraction": 0.2,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "seed": 0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""Tuned by cross-validation on the judged questions."""

_RARE, _COMMON = 3, 0.2
"""Translation excludes words in fewer passages than this, or in more than this fraction of them."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates: passage numbers, features, and which candidates answer it."""

    numbers: Ints
    rows: Floats
    labels: np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A judged question prepared for training. texts: numbers of the texts that answer it."""

    judged: Judged
    articles: tuple[str, ...]
    texts: frozenset[int]


class Course:
    """Everything that training needs from a snapshot, computed once."""

    def __init__(self, snapshot: Snapshot, analyzer: Analyzer, judged: Sequence[Judged]) -> None:
        """Raises ConfigError if no judged text is in the index."""
        self.snapshot, self.analyzer = snapshot, analyzer
        self.layout = passage_layout.lay_out(snapshot)
        self.names = law_names(snapshot.versions)
        self.keys = {n: key for key, n in self.layout.articles.items()}
        self.links = self._links()
        self.guides = self._guides()
        self.asked = self._asked(judged)
        if not any(a.articles for a in self.asked):
            raise ConfigError("题目所依据的条文不在索引中，请先用 kb index 收录法律法规。")
        self.texts = self._texts()
        # An entry that matches only one question may have been written for it, so its effect there
        # doesn't generalise.
        entries = thesaurus.load()
        counts = Counter(
            w for j in judged for w in {m.entry.word for m in entries.find(fold(j.query))}
        )
        self._once = frozenset(w for w, c in counts.items() if c == 1)

    def text(self, number: int) -> str:
        """A passage's text in the form compared with judgements."""
        return plain(self.snapshot.record(number).text)

    def read(self, text: str, *, cautious: bool) -> Question:
        """cautious: ignore thesaurus entries that match only one judged question."""
        return question.read(text, self.analyzer, self._dropped(cautious))

    def plan(self, text: str, *, cautious: bool = False, verbatim: bool = False) -> Plan:
        """The plan that a search for the text runs. Articles it asks for are not looked up: they
        don't change scores."""
        dropped = tuple(Expanded(word).id for word in sorted(self._dropped(cautious)))
        request = Request(text, verbatim=verbatim, dropped=dropped)
        lexicon = Lexicon(
            self.names, lambda work, number, year: None, words=lambda t: cut(fold(t), self.analyzer)
        )
        composed, _, _ = interpret(request, lexicon, self.analyzer)
        return composed.plan or Plan()

    def first_stage(self, text: str, *, cautious: bool = False) -> Floats:
        """First-stage scores of a question: those that the ranker gets when the text is searched."""
        return engine.first_stage(self.snapshot, self.plan(text, cautious=cautious))

    def _dropped(self, cautious: bool) -> frozenset[str]:
        return self._once if cautious else frozenset()

    def learn(self, asked: Sequence[Asked]) -> Bound:
        """Builds a memory of these questions and all guides, bound to the snapshot."""
        lessons = [Lesson(self.read(a.judged.query, cautious=True), a.articles) for a in asked]
        learned = memory.build([*lessons, *self.guides], self.texts, self.links)
        return Bound(learned, self.snapshot, self.layout, self.names)

    def example(self, bound: Bound, asked: Asked, *, cautious: bool = False) -> Example:
        """Candidates and features of a question that is not in the memory."""
        text = asked.judged.query
        read = self.read(text, cautious=cautious)
        evidence = bound.evidence(read, self.first_stage(text, cautious=cautious))
        rows = features.matrix(read, evidence)
        labels = np.isin(self.layout.texts[evidence.numbers], list(asked.texts))
        return Example(evidence.numbers, rows, labels)

    def examples(
        self, asked: Sequence[Asked], advance: Callable[[int], None] = lambda done: None
    ) -> list[Example]:
        """Training examples, each using a memory of the other folds.

        Leaving out only the question itself would leak its answer: non-answers would keep their true
        frequency among lessons, while answers would lose one.
        """
        place = folds(len(asked))
        out: list[Example | None] = [None] * len(asked)
        done = 0
        for out_of in range(FOLDS):
            bound = self.learn([a for a, f in zip(asked, place, strict=True) if f != out_of])
            for i in np.flatnonzero(place == out_of).tolist():
                out[i] = self.example(bound, asked[i], cautious=True)
                done += 1
                advance(done)
        return [e for e in out if e is not None]

    def _asked(self, judged: Sequence[Judged]) -> list[Asked]:
        wanted = {t for j in judged for t in j.relevant}
        places: dict[str, list[int]] = {}
        for n in np.flatnonzero(self.snapshot.alive).tolist():
            text = plain(self.snapshot.record(n).text)
            if text in wanted:
                places.setdefault(text, []).append(n)
        found = []
        for j in judged:
            numbers = sorted({n for t in j.relevant for n in places.get(t, ())})
            articles = tuple(sorted({self.keys[n] for n in numbers if n in self.keys}))
            texts = frozenset(int(self.layout.texts[n]) for n in numbers)
            found.append(Asked(j, articles, texts))
        return found

    def _guides(self) -> list[Lesson]:
        """Guides' questions with the articles that their answers cite."""
        found = []
        for ordinal, info in enumerate(self.snapshot.documents):
            if not info.situation:
                continue
            for n in range(*self.snapshot.spans[ordinal]):
                record = self.snapshot.record(n)
                cited = {
                    f"{c.work}:{c.article.key}" for c in citations.find(record.text, self.names)
                }
                articles = tuple(sorted(a for a in cited if a in self.layout.articles))
                if record.label and articles:
                    found.append(Lesson(question.read(record.label, self.analyzer), articles))
        return found

    def _links(self) -> list[tuple[str, str]]:
        """Articles that cite an article of another law: interpretations, regulations."""
        found = set()
        for n, key in sorted(self.keys.items()):
            work = key.partition(":")[0]
            for c in citations.find(self.snapshot.record(n).text, self.names):
                target = f"{c.work}:{c.article.key}"
                if c.work != work and target in self.layout.articles:
                    found.add((key, target))
        return sorted(found)

    def _texts(self) -> dict[str, dict[str, float]]:
        """TF-IDF of the words of every article in a lesson, normalised to length 1."""
        lessons = [*(a.articles for a in self.asked), *(g.articles for g in self.guides)]
        passages = self.snapshot.living
        found: dict[str, dict[str, float]] = {}
        for key in sorted({a for articles in lessons for a in articles}):
            text = self.snapshot.record(self.layout.articles[key]).text
            counts = self.analyzer.count_words(text)
            keys = np.asarray([term_key(WORDS, word) for word in counts], dtype=np.uint64)
            _, frequencies = self.snapshot.locate(keys)
            weights: dict[str, float] = {}
            for (word, count), frequency in zip(counts.items(), frequencies.tolist(), strict=True):
                if _RARE <= frequency < _COMMON * passages:
                    weights[word] = (1 + log(count)) * (engine.idf(passages, frequency) - 1)
            norm = sum(w * w for w in weights.values()) ** 0.5 + 1e-9
            found[key] = {w: v / norm for w, v in sorted(weights.items())}
        return found


def grow(examples: Sequence[Example], without: Sequence[str] = ()) -> Forest:
    """Trains trees that rank answers first (LambdaMART). without: names of features to exclude.

    Raises ConfigError if LightGBM isn't installed.
    """
    try:
        # Only training needs it; wheels don't exist for every machine the site runs on.
        import lightgbm  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("训练需要 LightGBM：请用 pip install 'pufa-kb[train]' 安装。") from error
    useful = [e for e in examples if e.labels.any()]
    if not useful:
        raise ConfigError("没有一道题目的答案进入候选，无法训练。")
    rows = np.concatenate([e.rows for e in useful])
    dropped = [list(features.NAMES).index(name) for name in without]
    rows[:, dropped] = 0
    data = lightgbm.Dataset(
        rows,
        np.concatenate([e.labels for e in useful]).astype(np.int32),
        group=[len(e.numbers) for e in useful],
    )
    return from_lightgbm(lightgbm.train(PARAMETERS, data, ROUNDS).dump_model())


def folds(count: int) -> Ints:
    """The fold of each question, from a seeded shuffle."""
    return (np.random.default_rng(0).permutation(count) % FOLDS).astype(np.int32)
