"""Documents that are nearly one text: a notice posted again under another head, a copy with masks.

Which they are is worked out at publication (indexer/dedupe.py) and stands in the catalogue, of which a
reader has the documents, and the links among them, that are for him.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kb.index.document_info import DocumentInfo
from kb.search.results import Hit
from kb.text.analysis import fold as folded

_FULLER = 1.02
"""A text is fuller than another from this many times its length."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A document that is nearly the text of another. fuller: 1 if it has more of the text, -1 if it
    has less, 0 if they are about as long."""

    info: DocumentInfo
    fuller: int


def like(info: DocumentInfo, infos: Mapping[str, DocumentInfo]) -> tuple[Alike, ...]:
    """Those among the infos, the fullest first."""
    found = (infos[id] for id in info.alike if id in infos)
    return tuple(Alike(other, _fuller(other, info)) for other in found)


def _fuller(one: DocumentInfo, other: DocumentInfo) -> int:
    if one.length > other.length * _FULLER:
        return 1
    return -1 if other.length > one.length * _FULLER else 0


def fold(hits: Iterable[Hit], terms: Sequence[str], *, keep_order: bool) -> tuple[Hit, ...]:
    """Puts hits that are nearly one text under the fullest of them, in the place of the first; where
    only the first has some word of the query, that one stays on top.

    keep_order: the first stays on top whatever the others have.
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
    """Whether a hit is fuller than the first and has all that the first has of the query."""
    if _fuller(one.document, first.document) != 1:
        return False
    return _said(one, terms) >= _said(first, terms)


def _said(hit: Hit, terms: Sequence[str]) -> set[str]:
    """The words of the query in the hit's passages and title."""
    text = folded("\n".join([hit.document.title, *(p.label + p.text for p in hit.passages)]))
    return {t for t in terms if folded(t) in text}
