"""Documents that are nearly the same text: versions of a law, a notice posted twice, a masked copy.

Each document carries a bottom-k sketch of its stretches of `_WIDTH` characters (Broder's min-wise
hashing with one hash function). The share of common values among the k smallest of both estimates the
Jaccard similarity, with a standard error of about .07 for k = 32.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nsmallest

from kb.documents import Document
from kb.search.analysis import fold
from kb.search.results import DocumentInfo

SIZE = 32
_WIDTH = 8
_SHORTEST = 100
"""Characters below which a text is too short to be called like another."""

ALIKE = 0.75


def sketch(document: Document) -> tuple[int, ...]:
    """The SIZE smallest hashes of the text's stretches, white space aside; empty if it is short."""
    text = "".join(fold("".join(p.text for p in document.passages)).split()).encode(
        "utf-8", "replace"
    )
    step = 3  # bytes of a Chinese character in UTF-8
    if len(text) < _SHORTEST * step:
        return ()
    width = _WIDTH * step
    hashes = {zlib.crc32(text[i : i + width]) for i in range(0, len(text) - width)}
    return tuple(nsmallest(SIZE, hashes))


def similarity(one: Sequence[int], other: Sequence[int]) -> float:
    """The estimated share of stretches that two texts have in common, 0 to 1."""
    both = nsmallest(SIZE, set(one) | set(other))
    common = set(one) & set(other)
    return sum(v in common for v in both) / len(both) if both else 0.0


def groups(documents: Iterable[DocumentInfo]) -> dict[str, int]:
    """A number for every document that is like another, the same for those that are alike."""
    entries = [d for d in documents if d.sketch]
    holders: dict[int, list[int]] = {}
    for place, entry in enumerate(entries):
        for value in entry.sketch:
            holders.setdefault(value, []).append(place)
    shared: Counter[tuple[int, int]] = Counter()
    for places in holders.values():
        # Stretches that very many texts have (closing formulas) tell nothing.
        if 1 < len(places) <= SIZE:
            shared.update((a, b) for i, a in enumerate(places) for b in places[i + 1 :])
    leader = list(range(len(entries)))

    def lead(place: int) -> int:
        while leader[place] != place:
            place = leader[place] = leader[leader[place]]
        return place

    for (a, b), count in shared.items():
        if count >= SIZE // 2 and similarity(entries[a].sketch, entries[b].sketch) >= ALIKE:
            leader[lead(b)] = lead(a)
    sizes = Counter(lead(p) for p in range(len(entries)))
    return {e.id: lead(p) for p, e in enumerate(entries) if sizes[lead(p)] > 1}
