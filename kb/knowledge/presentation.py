"""Turns engine results into what a page shows: snippets, addresses, ordered counts."""

from collections.abc import Sequence

from kb import addresses, articlenotes
from kb.knowledge.snippet import mark, snippet
from kb.knowledge.view import BASIS, View
from kb.search.plan import RankedDocument
from kb.search.results import Cited, FacetValue, Hit, Marked, PassageHit


def present(view: View, ranked: RankedDocument, terms: Sequence[str], best: float) -> Hit:
    """A hit with its passages. best: highest score of the answer. Scores are returned as fractions of
    it, because raw sums reveal how many passages contain which word."""
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
                score=_share(r.score, best),
                url=addresses.document(info, record.anchor),
                text=record.text,
                cites=_cites(view, basis) if basis else (),
                heading=articlenotes.heading(info.work, record.text),
            )
        )
    return Hit(
        document=info,
        title=mark(info.title, terms),
        passages=tuple(passages),
        more=ranked.matched - len(passages),
        score=_share(ranked.score, best),
        url=addresses.document(info),
    )


def _share(score: float, best: float) -> float:
    return round(score / best, 4) if best > 0 else 0.0


def listed(view: View, ranked: RankedDocument, _: Sequence[str], best: float) -> Hit:
    """The same for a list without texts: passages are reduced to what identifies the best one."""
    info = view.snapshot.documents[ranked.ordinal]
    first = ranked.passages[0]
    record = view.snapshot.record(first.number)
    passage = PassageHit(
        id=f"{info.id}/{record.anchor}",
        anchor=record.anchor,
        label=record.label,
        path=record.path,
        snippet=Marked(""),
        score=_share(first.score, best),
        url=addresses.document(info, record.anchor),
    )
    return Hit(
        document=info,
        title=Marked(info.title),
        passages=(passage,),
        more=ranked.matched - 1,
        score=_share(ranked.score, best),
        url=addresses.document(info),
    )


def _cites(view: View, basis: str) -> tuple[Cited, ...]:
    """The articles that the line 依据 of a guide's answer names, as far as they are in the base."""
    return tuple(
        Cited(
            f"《{c.work}》{c.article.label}",
            addresses.article(c.work, c.article.key)
            if addresses.is_step(c.work)
            else addresses.document(view.works[c.work][0], f"a{c.article.key}"),
        )
        for c in view.cited(basis)
    )


def in_order(counts: dict[str, int], selected: Sequence[str]) -> tuple[FacetValue, ...]:
    """The most frequent first; selected values stay in the list even with a count of 0."""
    every = {**dict.fromkeys(selected, 0), **counts}
    order = sorted(every, key=lambda v: (-every[v], v))
    return tuple(FacetValue(v, every[v], v in selected) for v in order)
