"""A question as the ranker sees it: words, bigrams, and what the thesaurus adds."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from kb import thesaurus
from kb.text.analysis import Analyzer, grams
from kb.text.folding import fold
from kb.text.words import cut, without_empty

LONGEST = 200
"""Maximum question length in characters; longer texts are pasted material, not questions."""

_GRAM_WEIGHT, _TERM_WEIGHT = 0.6, 0.7
"""Weights of bigrams and of added terms relative to words when questions are compared."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is known about a question before scoring passages.

    words: without stop words, including words inside other words. added_words, added_grams: tokens of
    thesaurus terms, with the entry's weight. articles: targets of thesaurus entries, as in the file
    (民法典:703), with confidence. traits: tokens and weights for comparing questions, without and
    with the added terms. entries: matching thesaurus words.
    """

    text: str
    words: tuple[str, ...]
    grams: tuple[str, ...]
    added_words: dict[str, float]
    added_grams: dict[str, float]
    articles: dict[str, float]
    own_traits: dict[int, float]
    traits: dict[int, float]
    entries: int


@lru_cache(maxsize=65_536)
def trait(kind: str, token: str) -> int:
    """The 32-bit hash of a token: the model stores no words of questions."""
    digest = hashlib.blake2b(f"{kind}:{token}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def read(text: str, analyzer: Analyzer, dropped: frozenset[str] = frozenset()) -> Question:
    """Analyses the first `LONGEST` characters. dropped: thesaurus words whose entries don't count."""
    folded = fold(text[:LONGEST])
    found = [m for m in thesaurus.load().find(folded) if m.entry.word not in dropped]
    words = cut(folded, analyzer)
    telling = [w for w in words if not w.empty] or list(words)
    tokens = tuple(dict.fromkeys(t for w in telling for t in w.tokens))
    left = without_empty(folded, words)
    pairs = tuple(dict.fromkeys(grams(left if left.strip() else folded)))
    added_words: dict[str, float] = {}
    added_grams: dict[str, float] = {}
    articles: dict[str, float] = {}
    for match in found:
        entry = match.entry
        for term in entry.terms:
            term_words, term_grams = analyzer.term(term)
            for token in term_words:
                added_words[token] = max(added_words.get(token, 0.0), entry.weight)
            for gram in term_grams:
                added_grams[gram] = max(added_grams.get(gram, 0.0), entry.weight)
        if entry.article:
            # A longer word identifies the meaning more reliably.
            sure: float = entry.weight * len(entry.word) ** 0.5
            articles[entry.article] = articles.get(entry.article, 0.0) + sure
    own = {trait("w", t): 1.0 for t in tokens} | {trait("g", g): _GRAM_WEIGHT for g in pairs}
    terms = {trait("w", t): _TERM_WEIGHT * w for t, w in added_words.items()}
    return Question(
        folded, tokens, pairs, added_words, added_grams, articles, own, terms | own, len(found)
    )
