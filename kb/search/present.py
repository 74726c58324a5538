"""From what the engine found to what a page shows: snippets, addresses, counts in order."""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote

from kb import citations
from kb.lawnames import LawNames
from kb.search.plan import RankedDocument
from kb.search.results import Cited, FacetValue, Hit, PassageHit
from kb.search.snippet import mark, snippet
from kb.search.view import BASIS, View


def present(view: View, ranked: RankedDocument, terms: Sequence[str], names: LawNames) -> Hit:
    """A found document with its passages, for readers who may know of the laws in `names`."""
    info = view.snapshot.documents[ranked.ordinal]
    passages = []
    for r in ranked.passages:
        record = view.snapshot.record(r.number)
        answer, _, basis = record.text.partition(BASIS)
        passages.append(
            PassageHit(
                id=f"{info.id}/{record.anchor}",
                anchor=record.anchor,
                label=record.label,
                path=record.path,
                snippet=snippet(answer if basis else record.text, terms),
                score=round(r.score, 4),
                url=view.url(info, record.anchor),
                text=record.text,
                cites=_cited(basis, names) if basis else (),
            )
        )
    return Hit(
        document=info,
        title=mark(info.title, terms),
        passages=tuple(passages),
        more=ranked.matched - len(passages),
        score=round(ranked.score, 4),
        url=view.url(info, ""),
    )


@lru_cache(maxsize=512)
def _cited(basis: str, names: LawNames) -> tuple[Cited, ...]:
    """The articles that the line 依据 of a guide's answer names, as far as they are in the base."""
    return tuple(
        Cited(f"《{c.work}》{c.article.label}", f"/law/{quote(c.work)}/{c.article.key}")
        for c in citations.find(basis, names)
    )


def in_order(counts: dict[str, int], selected: Sequence[str]) -> tuple[FacetValue, ...]:
    """The most frequent first; chosen values stay in the list even where nothing has them."""
    every = {**dict.fromkeys(selected, 0), **counts}
    order = sorted(every, key=lambda v: (-every[v], v))
    return tuple(FacetValue(v, every[v], v in selected) for v in order)
