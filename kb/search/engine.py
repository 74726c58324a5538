"""Runs a plan over a snapshot: BM25 over arrays, phrases on the text, filters as masks.

The port: `search(snapshot, plan) -> Found`. An engine on another machine would offer the same.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.search.analysis import phrase_grams, runs
from kb.search.plan import Boost, Found, Plan, Ranked, RankedDocument, Term
from kb.search.results import FACETS
from kb.search.snapshot import Mask, Snapshot
from kb.search.whoosh_part import FIELDS

Scores = npt.NDArray[np.float32]

PASSAGES_SHOWN = 3
"""Passages of a document that come with it; the rest is counted."""

_, _GRAMS, _TITLE, _PATH = range(len(FIELDS))


def idf(passages: int, frequency: int) -> float:
    """Whoosh's inverse document frequency."""
    return math.log(passages / (frequency + 1)) + 1


def score_terms(snapshot: Snapshot, terms: Iterable[Term], scores: Scores) -> Mask:
    """Adds the terms' BM25 scores to `scores`; returns which passages have any of them."""
    matched = np.zeros(snapshot.passages, dtype=np.bool_)
    for term in terms:
        postings = snapshot.postings(term.field, term.token)
        if not postings:
            continue
        frequency = sum(len(ids) for _, ids, _ in postings)
        factor = np.float32(term.weight * idf(snapshot.passages, frequency))
        for start, ids, impacts in postings:
            # Views of the part's stretch: ids are unique within a term, so += adds each once.
            end = start + int(ids[-1]) + 1
            scores[start:end][ids] += impacts * factor
            matched[start:end][ids] = True
    return matched


def gram_mask(snapshot: Snapshot, gram: str) -> Mask:
    """Passages that have the bigram in their text, title or headings."""
    mask = np.zeros(snapshot.passages, dtype=np.bool_)
    for field in (_GRAMS, _TITLE, _PATH):
        for start, ids, _ in snapshot.postings(field, gram):
            mask[start + ids] = True
    return mask


def phrase_mask(snapshot: Snapshot, phrase: str) -> Mask:
    """Passages whose folded text has the folded phrase as a substring: exactly `phrase in text`."""
    mask = np.zeros(snapshot.passages, dtype=np.bool_)
    grams = phrase_grams(phrase)
    exact = len(phrase) == 2 and len(grams) == 1 and next(runs(phrase))[1]
    encoded = phrase.encode("utf-8", "replace")
    for start, part in zip(snapshot.starts, snapshot.parts, strict=False):
        if grams:
            lists = sorted((part.postings(_GRAMS, g)[0] for g in set(grams)), key=len)
            numbers = lists[0]
            for other in lists[1:]:
                numbers = numbers[np.isin(numbers, other, assume_unique=True)]
        else:
            numbers = np.arange(part.passages, dtype=np.int32)
        if not exact:
            hits = [n for n in numbers.tolist() if part.contains(n, encoded)]
            numbers = np.asarray(hits, dtype=np.int32)
        mask[int(start) + numbers] = True
    return mask


def search(snapshot: Snapshot, plan: Plan) -> Found:
    """Runs the plan. A plan without groups, phrases and targets finds every document it may show."""
    scores = np.zeros(snapshot.passages, dtype=np.float32)
    visible = snapshot.visible(plan.audience)
    alive = snapshot.document_of >= 0
    matched = alive.copy()
    matched[alive] = visible[snapshot.document_of[alive]]
    any_group = np.zeros(snapshot.passages, dtype=np.bool_)
    for group in plan.groups:
        any_group |= score_terms(snapshot, group.terms, scores)
        if plan.strict:
            for gram in group.must:
                matched &= gram_mask(snapshot, gram)
    if plan.extra:
        any_group |= score_terms(snapshot, plan.extra, scores)
    if plan.groups and not plan.phrases and not plan.strict:
        matched &= any_group
    for phrase in plan.phrases:
        matched &= phrase_mask(snapshot, phrase)
    for phrase in plan.excluded:
        matched &= ~phrase_mask(snapshot, phrase)
    factors = snapshot.passage_prior
    for boost in plan.boosts:
        factors = factors * boost_factors(snapshot, boost)
    scores *= factors
    scores[~matched] = 0
    if plan.floor and plan.groups and not plan.strict and not plan.phrases:
        # Of all that is visible, not of what the filters leave: else their counts would not hold.
        matched &= scores >= plan.floor * float(scores.max(initial=0.0))
    _raise_targets(snapshot, plan, visible, scores, matched)
    return _collect(snapshot, plan, scores, matched)


def boost_factors(snapshot: Snapshot, boost: Boost) -> Scores:
    """The boost's factor for each passage, 1 for those it is not about."""
    facet = snapshot.works if boost.facet == "work" else snapshot.facets[boost.facet]
    of_documents = np.ones(len(snapshot.documents) + 1, dtype=np.float32)
    of_documents[:-1][facet.mask((boost.value,))] = boost.factor
    # The last place serves passages of no living document, whose ordinal is -1.
    return of_documents[snapshot.document_of]


def filter_masks(snapshot: Snapshot, plan: Plan) -> dict[str, Mask]:
    """For each filter in use, by facet (and "date"), the documents it lets through."""
    masks: dict[str, Mask] = {}
    for facet in FACETS:
        values = plan.filters.values(facet)
        if values:
            masks[facet] = snapshot.facets[facet].mask(values)
    if plan.filters.date_from or plan.filters.date_to:
        mask = snapshot.days > 0
        if plan.filters.date_from:
            mask &= snapshot.days >= plan.filters.date_from.toordinal()
        if plan.filters.date_to:
            mask &= snapshot.days <= plan.filters.date_to.toordinal()
        masks["date"] = mask
    return masks


def _raise_targets(
    snapshot: Snapshot, plan: Plan, visible: Mask, scores: Scores, matched: Mask
) -> None:
    top = float(scores.max(initial=0.0))
    for place, target in enumerate(plan.targets):
        ordinal = snapshot.ordinals.get(target.document)
        if ordinal is None or not visible[ordinal]:
            continue
        first, end = snapshot.spans[ordinal]
        if first + target.place < end:
            matched[first + target.place] = True
            scores[first + target.place] = top * 2 + len(plan.targets) - place + 1


def _collect(snapshot: Snapshot, plan: Plan, scores: Scores, matched: Mask) -> Found:
    counts = snapshot.sum_of_documents(matched.astype(np.int32))
    masks = filter_masks(snapshot, plan)
    hit = counts > 0
    # A facet's own filter is left out of its counts: its other values can still be added.
    facets = {
        f: snapshot.facets[f].count(_all([hit, *(m for g, m in masks.items() if g != f)]))
        for f in FACETS
    }
    hit = _all([hit, *masks.values()])
    if masks:
        matched &= np.append(hit, False)[snapshot.document_of]
    if plan.group == "none":
        ranked = _rank_passages(snapshot, plan, scores, matched)
        single = tuple(
            RankedDocument(int(snapshot.document_of[r.number]), r.score, (r,), 1) for r in ranked
        )
        return Found(int(matched.sum()), single, facets)
    best = snapshot.best_of_documents(scores)
    ordinals = np.flatnonzero(hit)
    keys: tuple[npt.NDArray[Any], ...] = (ordinals, -best[ordinals])
    if plan.sort == "date":
        keys = (*keys, -snapshot.days[ordinals])
    page = ordinals[np.lexsort(keys)][plan.offset : plan.offset + plan.size]
    found = []
    for ordinal in page.tolist():
        first, end = snapshot.spans[ordinal]
        numbers = first + np.flatnonzero(matched[first:end])
        order = np.lexsort((numbers, -scores[numbers]))[:PASSAGES_SHOWN]
        passages = tuple(Ranked(int(n), float(scores[n])) for n in numbers[order])
        found.append(RankedDocument(ordinal, float(best[ordinal]), passages, int(counts[ordinal])))
    return Found(len(ordinals), tuple(found), facets)


def _all(masks: list[Mask]) -> Mask:
    joined: Mask = np.logical_and.reduce(masks)
    return joined


def _rank_passages(
    snapshot: Snapshot, plan: Plan, scores: Scores, matched: Mask
) -> tuple[Ranked, ...]:
    numbers = np.flatnonzero(matched)
    wanted = plan.offset + plan.size
    if plan.sort == "date":
        days = snapshot.days[snapshot.document_of[numbers]]
        order = np.lexsort((numbers, -scores[numbers], -days))
    else:
        if len(numbers) > 4 * wanted:
            threshold = np.partition(scores[numbers], len(numbers) - wanted)[-wanted]
            numbers = numbers[scores[numbers] >= threshold]
        order = np.lexsort((numbers, -scores[numbers]))
    page = numbers[order][plan.offset : wanted]
    return tuple(Ranked(int(n), float(scores[n])) for n in page)
