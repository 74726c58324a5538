"""The excerpt of a passage that shows why it matched, with the terms to highlight."""

import re
from collections.abc import Sequence
from functools import lru_cache

from kb.search.results import Marked, Span
from kb.text import folding
from kb.text.folding import fold

LENGTH = 140
"""Snippet length in characters, about three lines on a phone."""

_LEAD = 20


@lru_cache(maxsize=256)
def pattern(terms: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all terms, the longest first; None if there is nothing to highlight."""
    # Single characters would mark half the page; use them only if there are no longer terms.
    long = [t for t in terms if len(t) > 1] or list(terms)
    return re.compile("|".join(map(folding.pattern, long))) if long else None


def mark(text: str, terms: Sequence[str]) -> Marked:
    """The whole text with every occurrence of the terms (folded) marked."""
    found = pattern(tuple(terms))
    if found is None:
        return Marked(text)
    return Marked(text, tuple(Span(*m.span()) for m in found.finditer(fold(text))))


def snippet(text: str, terms: Sequence[str]) -> Marked:
    """The excerpt of at most LENGTH characters with the most distinct terms, cut at a sentence start if
    one is near; an ellipsis marks omitted text. Line breaks become spaces."""
    flat = text.replace("\n", " ")
    if len(flat) <= LENGTH:
        return mark(flat, terms)
    found = pattern(tuple(terms))
    hits = [m.span() for m in found.finditer(fold(flat))] if found else []
    start = _start(flat, hits)
    end = min(len(flat), start + LENGTH)
    head, tail = "…" if start else "", "…" if end < len(flat) else ""
    shift = len(head) - start
    spans = tuple(Span(s + shift, e + shift) for s, e in hits if start <= s and e <= end)
    return Marked(head + flat[start:end] + tail, spans)


def _start(text: str, hits: list[tuple[int, int]]) -> int:
    if not hits:
        return 0
    best, best_worth = 0, (-1, 0)
    words = [text[s:e] for s, e in hits]
    # Terms in the window that starts at each hit; windows only move forward, so this stays linear.
    seen: dict[str, int] = {}
    length = end = 0
    for first, (begin, _) in enumerate(hits):
        end = max(end, first)
        while end < len(hits) and hits[end][1] <= begin - _LEAD + LENGTH:
            word = words[end]
            seen[word] = seen.get(word, 0) + 1
            length += len(word) if seen[word] == 1 else 0
            end += 1
        if (length, end - first) > best_worth:
            best, best_worth = begin, (length, end - first)
        if end > first:
            word = words[first]
            seen[word] -= 1
            length -= 0 if seen[word] else len(word)
    lead = max(0, best - _LEAD)
    sentence = max(text.rfind(mark, lead, best) for mark in "。；！？")
    if sentence >= 0:
        return sentence + 1
    return lead if lead > _LEAD else 0
