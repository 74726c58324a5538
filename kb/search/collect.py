"""Turns scored passages into results: filters, facet counts, documents, one page of them.

Cost depends on the number of matches, not on index size: only the numbers of matching passages
are processed, in ascending order, so that a document's passages are adjacent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.index.document_info import FACETS
from kb.index.snapshot import Mask, Snapshot
from kb.search.plan import Found, Plan, Ranked, RankedDocument
from kb.search.results import Filters

PASSAGES_SHOWN = 3
"""Passages returned with a document; the rest are only counted."""


@dataclass(frozen=True, slots=True)
class _Hits:
    """Matching documents. ordinals are ascending; document i has numbers[starts[i]:ends[i]]."""

    numbers: npt.NDArray[np.int64]
    ordinals: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def only(self, keep: Mask) -> "_Hits":
        return _Hits(self.numbers, self.ordinals[keep], self.starts[keep], self.ends[keep])


def collect(
    snapshot: Snapshot, plan: Plan, scores: npt.NDArray[np.float32], matched: Mask
) -> Found:
    """Counts, groups and ranks the matching passages.

    scores, matched: one value per passage; dead passages never match.
    """
    hits = _group(snapshot, np.flatnonzero(matched))
    masks = filter_masks(snapshot, plan.filters)
    hit = np.zeros(len(snapshot.documents), dtype=np.bool_)
    hit[hits.ordinals] = True
    facets = _facets(snapshot, hit, masks)
    if masks:
        hits = hits.only(_all(list(masks.values()))[hits.ordinals])
    if plan.group == "none":
        return _passages(snapshot, plan, scores, hits, facets)
    best = np.zeros(0, dtype=np.float32)
    if len(hits.ordinals):
        # Every other range lies between documents (excluded by a filter) and is ignored.
        edges = np.column_stack((hits.starts, hits.ends)).ravel()
        values = np.append(scores[hits.numbers], np.float32(0))
        best = np.maximum.reduceat(values, edges)[::2]
    keys: tuple[npt.NDArray[Any], ...] = (-best,)
    if plan.sort == "date":
        keys = (*keys, -snapshot.days[hits.ordinals])
    found = []
    for i in _page(keys, hits.ordinals, plan).tolist():
        numbers = hits.numbers[hits.starts[i] : hits.ends[i]]
        order = np.lexsort((numbers, -scores[numbers]))[:PASSAGES_SHOWN]
        shown = tuple(Ranked(n, float(scores[n])) for n in numbers[order].tolist())
        found.append(RankedDocument(int(hits.ordinals[i]), float(best[i]), shown, len(numbers)))
    return Found(len(hits.ordinals), tuple(found), facets, float(best.max(initial=0.0)))


def counts(snapshot: Snapshot, alternatives: Sequence[Filters], matched: Mask) -> tuple[int, ...]:
    """Number of documents with matching passages that pass each of the filters."""
    hit = np.zeros(len(snapshot.documents), dtype=np.bool_)
    hit[snapshot.document_of[matched]] = True
    every = (_all([hit, *filter_masks(snapshot, f).values()]) for f in alternatives)
    return tuple(int(np.count_nonzero(found)) for found in every)


def _group(snapshot: Snapshot, numbers: npt.NDArray[np.int64]) -> _Hits:
    of = snapshot.document_of[numbers]
    changes = np.flatnonzero(of[1:] != of[:-1]) + 1
    none = np.zeros(0, dtype=np.int64)
    starts = np.concatenate(([0], changes)) if len(of) else none
    ends = np.append(changes, len(of)) if len(of) else none
    return _Hits(numbers, of[starts], starts, ends)


def filter_masks(snapshot: Snapshot, filters: Filters) -> dict[str, Mask]:
    """Documents that pass each active filter, by facet (or "date")."""
    masks: dict[str, Mask] = {}
    for facet in FACETS:
        values = filters.values(facet)
        if values:
            masks[facet] = snapshot.facets[facet].mask(values)
    if filters.date_from or filters.date_to:
        mask = snapshot.days > 0
        if filters.date_from:
            mask &= snapshot.days >= filters.date_from.toordinal()
        if filters.date_to:
            mask &= snapshot.days <= filters.date_to.toordinal()
        masks["date"] = mask
    return masks


def _facets(snapshot: Snapshot, hit: Mask, masks: dict[str, Mask]) -> dict[str, dict[str, int]]:
    """Facet counts, each ignoring the facet's own filter so that its other values can still be added."""
    every = _all([hit, *masks.values()])
    counted = {}
    for facet in FACETS:
        others = [m for name, m in masks.items() if name != facet]
        documents = _all([hit, *others]) if facet in masks else every
        counted[facet] = snapshot.facets[facet].count(documents)
    return counted


def _all(masks: list[Mask]) -> Mask:
    joined: Mask = masks[0] if len(masks) == 1 else np.logical_and.reduce(masks)
    return joined


def _page(
    keys: tuple[npt.NDArray[Any], ...], tie: npt.NDArray[Any], plan: Plan
) -> npt.NDArray[np.int64]:
    """Positions of the page's entries, ordered by the keys (the last first, ascending), then by the tie."""
    wanted = plan.offset + plan.size
    places = np.arange(len(tie))
    if len(places) > 4 * wanted:
        # Sorts only candidates for the page: those up to the first key of its last entry.
        first = keys[-1]
        places = np.flatnonzero(first <= np.partition(first, wanted - 1)[wanted - 1])
    order = np.lexsort((tie[places], *(k[places] for k in keys)))
    return places[order][plan.offset : wanted]


def _passages(
    snapshot: Snapshot,
    plan: Plan,
    scores: npt.NDArray[np.float32],
    hits: _Hits,
    facets: dict[str, dict[str, int]],
) -> Found:
    numbers = hits.numbers
    if len(hits.ordinals) < len(snapshot.documents):
        # Filters leave gaps between the documents' ranges.
        kept = np.zeros(len(snapshot.documents), dtype=np.bool_)
        kept[hits.ordinals] = True
        numbers = numbers[kept[snapshot.document_of[numbers]]]
    keys: tuple[npt.NDArray[Any], ...] = (-scores[numbers],)
    if plan.sort == "date":
        keys = (*keys, -snapshot.days[snapshot.document_of[numbers]])
    found = []
    for number in numbers[_page(keys, numbers, plan)].tolist():
        ranked = Ranked(number, float(scores[number]))
        ordinal = int(snapshot.document_of[number])
        found.append(RankedDocument(ordinal, ranked.score, (ranked,), 1))
    return Found(len(numbers), tuple(found), facets, float(scores[numbers].max(initial=0.0)))
