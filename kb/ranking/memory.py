"""Memory of judged questions: which articles, in which words, answer similar questions.

Question texts are not stored: each row has hashed traits, the articles that answer the question, and
those articles' words. Prediction uses similarity: similar rows contribute their articles
(nearest neighbours), their laws and chapters (routing) and their articles' words (translation).
Rows come from judged questions and from guides, whose answers cite their articles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.ranking.question import Question
from kb.ranking.selection import top

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_KEPT_WORDS = 60
"""Maximum words stored per article, the most distinctive ones."""

_TRANSLATED = 40
"""Maximum words in a question's translation."""

_COMMON = 0.7
"""Fraction of a word's mean weight over all rows that is subtracted: the part common to any article."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question and the keys of the articles that answer it (民法典:703)."""

    question: Question
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Rows as sparse matrices. R rows, T traits, A articles, V words.

    traits: T keys, ascending; counts: number of rows with each; trait_starts, trait_rows,
    own_weights, weights: postings of each trait, with weights normalised by row, without and with added
    terms. row_starts, row_articles: articles of each row. word_starts, word_ids, word_weights: words
    of each row's articles, normalised TF-IDF. links: pairs of articles, the first citing the second.
    """

    articles: tuple[str, ...]
    words: tuple[str, ...]
    traits: npt.NDArray[np.uint32]
    counts: Ints
    trait_starts: Ints
    trait_rows: Ints
    own_weights: Floats
    weights: Floats
    row_starts: Ints
    row_articles: Ints
    word_starts: Ints
    word_ids: Ints
    word_weights: Floats
    links: Ints

    @property
    def rows(self) -> int:
        return len(self.row_starts) - 1

    def alike(self, question: Question) -> tuple[Floats, Floats]:
        """Cosine similarity of a new question to every row, (R,): without and with added terms."""
        own = self._cosine(question.own_traits, self.own_weights)
        return own, self._cosine(question.traits, self.weights)

    def _cosine(self, traits: dict[int, float], weights: Floats) -> Floats:
        out = np.zeros(self.rows, dtype=np.float32)
        if not traits or not self.rows:
            return out
        keys = np.fromiter(traits, dtype=np.uint32, count=len(traits))
        values = np.fromiter(traits.values(), dtype=np.float64, count=len(traits))
        at = np.minimum(np.searchsorted(self.traits, keys), len(self.traits) - 1)
        known = self.traits[at] == keys
        # Each row's frequencies include itself, so the question is included too.
        counts = np.where(known, self.counts[at], 0) + 1
        values *= rarity(self.rows, counts)
        values /= np.sqrt((values * values).sum()) + 1e-9
        starts, ends = self.trait_starts[at[known]], self.trait_starts[at[known] + 1]
        pairs = list(zip(starts.tolist(), ends.tolist(), strict=True))
        if pairs:
            rows = np.concatenate([self.trait_rows[a:b] for a, b in pairs])
            shares = np.concatenate([weights[a:b] for a, b in pairs])
            shares *= np.repeat(values[known].astype(np.float32), ends - starts)
            np.add.at(out, rows, shares)
        return out

    def translate(self, alike: Floats) -> list[tuple[str, float]]:
        """Legal words for a question similar to these rows, with weights, in descending order."""
        total = float(alike.sum())
        if total <= 0:
            return []
        shares = np.repeat(alike / total, np.diff(self.word_starts))
        weights: npt.NDArray[Any] = np.bincount(
            self.word_ids, weights=shares * self.word_weights, minlength=len(self.words)
        )
        weights = weights - _COMMON * _average(self)
        return [(self.words[i], float(weights[i])) for i in top(weights, _TRANSLATED).tolist()]


@lru_cache(maxsize=4)
def _average(memory: Memory) -> npt.NDArray[np.float64]:
    """Mean weight of each word over all rows; independent of the question."""
    sums = np.bincount(memory.word_ids, memory.word_weights, len(memory.words))
    return sums / max(1, memory.rows)


def rarity(rows: int, counts: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Inverse document frequency of traits over rows."""
    return np.maximum(np.log(rows / (counts + 0.5)), 0.0)


def build(
    lessons: Sequence[Lesson],
    texts: dict[str, dict[str, float]],
    links: Iterable[tuple[str, str]],
) -> Memory:
    """Builds a memory of lessons. texts: TF-IDF of each article's words. Deterministic in input order."""
    links = sorted(set(links))
    articles = tuple(
        sorted({a for lesson in lessons for a in lesson.articles} | {a for p in links for a in p})
    )
    numbers = {a: i for i, a in enumerate(articles)}
    own, full = _postings(lessons)
    keys = sorted(full)
    sizes = [len(full[k]) for k in keys]
    kept = [_words(lesson, texts) for lesson in lessons]
    words = tuple(sorted({w for row in kept for w in row}))
    word_numbers = {w: i for i, w in enumerate(words)}
    return Memory(
        articles=articles,
        words=words,
        traits=np.asarray(keys, dtype=np.uint32),
        counts=np.asarray(sizes, dtype=np.int32),
        trait_starts=_starts(sizes),
        trait_rows=np.asarray([r for k in keys for r, _ in full[k]], dtype=np.int32),
        own_weights=np.asarray(
            [own.get((k, r), 0.0) for k in keys for r, _ in full[k]], dtype=np.float32
        ),
        weights=np.asarray([w for k in keys for _, w in full[k]], dtype=np.float32),
        row_starts=_starts([len(lesson.articles) for lesson in lessons]),
        row_articles=np.asarray(
            [numbers[a] for lesson in lessons for a in lesson.articles], dtype=np.int32
        ),
        word_starts=_starts([len(row) for row in kept]),
        word_ids=np.asarray([word_numbers[w] for row in kept for w in row], dtype=np.int32),
        word_weights=np.asarray([v for row in kept for v in row.values()], dtype=np.float32),
        links=np.asarray([(numbers[a], numbers[b]) for a, b in links], dtype=np.int32).reshape(
            -1, 2
        ),
    )


def _postings(
    lessons: Sequence[Lesson],
) -> tuple[dict[tuple[int, int], float], dict[int, list[tuple[int, float]]]]:
    """Normalised weights of own traits by (trait, row), and of all traits by trait."""
    counts: dict[int, int] = {}
    for lesson in lessons:
        for key in lesson.question.traits:
            counts[key] = counts.get(key, 0) + 1
    keys = list(counts)
    rare = dict(zip(keys, rarity(len(lessons), np.asarray(list(counts.values()))), strict=True))
    own: dict[tuple[int, int], float] = {}
    full: dict[int, list[tuple[int, float]]] = {}
    for row, lesson in enumerate(lessons):
        for traits, is_own in ((lesson.question.own_traits, True), (lesson.question.traits, False)):
            norm = sum((w * rare[k]) ** 2 for k, w in traits.items()) ** 0.5 + 1e-9
            for key, weight in sorted(traits.items()):
                value = float(weight * rare[key] / norm)
                if is_own:
                    own[key, row] = value
                else:
                    full.setdefault(key, []).append((row, value))
    return own, full


def _words(lesson: Lesson, texts: dict[str, dict[str, float]]) -> dict[str, float]:
    """The mean of the articles' word weights, limited to the highest."""
    sums: dict[str, float] = {}
    for article in lesson.articles:
        for word, weight in texts.get(article, {}).items():
            sums[word] = sums.get(word, 0.0) + weight / len(lesson.articles)
    kept = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:_KEPT_WORDS]
    return dict(sorted(kept))


def _starts(sizes: Sequence[int]) -> Ints:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int32)
