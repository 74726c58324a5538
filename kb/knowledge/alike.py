"""Near-duplicate documents: a notice reposted under another heading, a copy with masked text.

Publication detects them (indexer/dedupe.py) and records them in the catalogue. A reader's catalogue
holds only the documents that the reader may see, and the links among them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kb.index.document_info import DocumentInfo
from kb.search.results import Hit
from kb.text.folding import fold as folded

_FULLER = 1.02
"""A text is fuller than another if it is at least this many times as long."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A near-duplicate of another document. fuller: 1 if it has more text, -1 if it has less, 0 if both
    are about equally long."""

    info: DocumentInfo
    fuller: int


def like(info: DocumentInfo, infos: Mapping[str, DocumentInfo]) -> tuple[Alike, ...]:
    """The near-duplicates found in infos, the fullest first."""
    found = (infos[id] for id in info.alike if id in infos)
    return tuple(Alike(other, _fuller(other, info)) for other in found)


def _fuller(one: DocumentInfo, other: DocumentInfo) -> int:
    if one.length > other.length * _FULLER:
        return 1
    return -1 if other.length > one.length * _FULLER else 0


def fold(hits: Iterable[Hit], terms: Sequence[str], *, keep_order: bool) -> tuple[Hit, ...]:
    """Groups near-duplicate hits under the fullest one, at the position of the first. If only the first
    contains some word of the query, it stays on top.

    keep_order: the first always stays on top.
    """
    ranked = list(hits)
    groups: list[list[int]] = []
    for place in sorted(range(len(ranked)), key=lambda i: -ranked[i].document.length):
        for group in groups:
            if ranked[place].document.id in ranked[group[0]].document.alike:
                group.append(place)
                break
        else:
            groups.append([place])
    folded_hits = []
    for fullest, *others in sorted(groups, key=min):
        places = sorted([fullest, *others])
        top = places[0]
        if not keep_order and _may_lead(ranked[fullest], ranked[top], terms):
            top = fullest
        rest = tuple(ranked[i] for i in places if i != top)
        folded_hits.append(replace(ranked[top], alike=rest) if rest else ranked[top])
    return tuple(folded_hits)


def _may_lead(one: Hit, first: Hit, terms: Sequence[str]) -> bool:
    """Whether a hit is fuller than the first and matches every query word that the first matches."""
    if _fuller(one.document, first.document) != 1:
        return False
    return _said(one, terms) >= _said(first, terms)


def _said(hit: Hit, terms: Sequence[str]) -> set[str]:
    """Query words that occur in the hit's passages or title."""
    text = folded("\n".join([hit.document.title, *(p.label + p.text for p in hit.passages)]))
    return {t for t in terms if folded(t) in text}
