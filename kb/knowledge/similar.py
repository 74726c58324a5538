"""Documents similar to another one, by catalogue data: shared topics and title words.

Rare topics and words weigh more than common ones (idf). The shared ones are reported, so that a
reader sees why a document is suggested.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from kb.index.document_info import DocumentInfo
from kb.text.folding import fold

LEAST = 0.6
"""Documents below this fraction of the highest weight are not similar enough."""

SHORTEST_WORD = 3
"""Minimum length, in characters, of a shared title substring that is reported."""

_TOPIC_WEIGHT = 1.5
_COUNTRY = "中华人民共和国"


@dataclass(frozen=True, slots=True)
class Similar:
    """A document and what it shares: topics, and the longest common substring of both titles."""

    info: DocumentInfo
    topics: tuple[str, ...]
    words: str


class Likeness:
    """Compares documents of one catalogue. Pass only what the reader may see, so that the weights
    reveal nothing of the rest."""

    def __init__(self, infos: Iterable[DocumentInfo]) -> None:
        self._infos = tuple(infos)
        self._topics = _weights(i.topics for i in self._infos)
        self._bigrams = _weights(bigrams(i.title) for i in self._infos)

    def like(self, info: DocumentInfo, limit: int) -> tuple[Similar, ...]:
        """The most similar first, excluding other versions of the same work."""
        topics, own = set(info.topics), bigrams(info.title)
        size = math.sqrt(sum(self._bigrams.get(b, 0.0) ** 2 for b in own)) or 1.0
        least = LEAST * math.log(1 + len(self._infos))
        ranked = []
        for other in self._infos:
            if other.id == info.id or (info.work and other.work == info.work):
                continue
            shared = topics.intersection(other.topics)
            common = own & bigrams(other.title)
            if not shared and not common:
                continue
            worth = _TOPIC_WEIGHT * sum(self._topics[t] for t in shared)
            # Long titles share bigrams by chance, so the weight is scaled by the fraction in common.
            worth += sum(self._bigrams[b] for b in common) * min(1.0, 2 * len(common) / len(own))
            worth *= 1.0 if info.kind is other.kind else 0.8
            if worth >= least and (shared or _stretch(info.title, other.title)):
                ranked.append((-worth / (1 + 0.01 * size), other.title, other))
        ranked.sort(key=lambda r: (r[0], r[1], r[2].id))
        found: dict[str, Similar] = {}
        for _, title, other in ranked:
            kept = tuple(t for t in info.topics if t in other.topics)
            found.setdefault(other.work or title, Similar(other, kept, _stretch(info.title, title)))
            if len(found) == limit:
                break
        return tuple(found.values())


@lru_cache(maxsize=8192)
def bigrams(title: str) -> frozenset[str]:
    """Pairs of adjacent letters and characters in a folded title."""
    folded = fold(title)
    pairs = (folded[i : i + 2] for i in range(len(folded) - 1))
    return frozenset(p for p in pairs if p.isalpha())


def _weights(values: Iterable[Iterable[str]]) -> dict[str, float]:
    """log(N / df) of each value over the documents."""
    documents = 0
    counts: Counter[str] = Counter()
    for of_one in values:
        documents += 1
        counts.update(set(of_one))
    return {v: math.log((1 + documents) / n) for v, n in counts.items()}


def _stretch(a: str, b: str) -> str:
    """The longest common run of letters and characters of both titles, or empty."""
    short, long = sorted((a, b), key=len)
    for length in range(len(short), SHORTEST_WORD - 1, -1):
        for start in range(len(short) - length + 1):
            piece = short[start : start + length]
            if piece.isalpha() and piece in long and piece not in _COUNTRY:
                return piece
    return ""
