"""Runs a plan on a snapshot: BM25 over arrays, phrases against the text, filters as masks.

The interface is `search(snapshot, plan) -> Found`; a remote engine would offer the same.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kb.index.fields import Field
from kb.index.part import Ids, Part, term_key
from kb.index.snapshot import Mask, Snapshot
from kb.search.collect import collect, counts
from kb.search.plan import Found, Plan, Term
from kb.search.results import Filters
from kb.text.analysis import phrase_grams, runs

Scores = npt.NDArray[np.float32]

Reorder = Callable[[Scores], list[tuple[int, float]]]
"""Maps the scores of all passages to (passage, score above 0), best first."""

Lift = Callable[[Scores], None]

_WORDS, _GRAMS, _TITLE, _PATH, _ASKED = Field

_SPARSE = 32
"""If one list is this many times shorter, look it up in the other instead of using a mask."""


class TooCostlyError(Exception):
    """A search exceeded its CPU time limit."""


class Deadline:
    """CPU time limit of a search, in seconds of the thread that creates it. Time spent waiting for
    other work doesn't count."""

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds

    def check(self) -> None:
        """Raises TooCostlyError when the limit is exceeded."""
        if time.thread_time() > self._end:
            raise TooCostlyError


def idf(passages: int, frequency: int) -> float:
    """Whoosh's inverse document frequency."""
    return math.log(passages / (frequency + 1)) + 1


def score_terms(snapshot: Snapshot, terms: Iterable[Term], scores: Scores) -> None:
    """Adds the terms' BM25 scores to `scores`, one per passage. Weights must be positive."""
    weights: dict[int, float] = {}
    for term in terms:
        key = term_key(term.field, term.token)
        weights[key] = weights.get(key, 0.0) + term.weight
    keys = np.fromiter(weights, dtype=np.uint64, count=len(weights))
    places, frequencies = snapshot.locate(keys)
    rarity = [idf(max(snapshot.living, 1), n) for n in frequencies.tolist()]
    factors = np.asarray([w * r for w, r in zip(weights.values(), rarity, strict=True)], np.float32)
    for first, part, (starts, ends) in zip(snapshot.firsts, snapshot.parts, places, strict=True):
        ids, impacts, sizes = part.gather(starts, ends)
        impacts *= np.repeat(factors, sizes)
        # One unbuffered add for all terms: a Python call per term costs more than its postings.
        np.add.at(scores[first : first + part.passages], ids, impacts)


def gram_mask(snapshot: Snapshot, gram: str) -> Mask:
    """Passages with the bigram in their text, title or headings, or in our questions of them."""
    mask = np.zeros(snapshot.passages, dtype=np.bool_)
    for field in (_GRAMS, _TITLE, _PATH, _ASKED):
        for start, ids, _ in snapshot.postings(field, gram):
            mask[start:][ids] = True
    return mask


def character_scores(snapshot: Snapshot, terms: Iterable[Term], among: Mask) -> Scores:
    """A score above 0 for each of the passages that has the terms' single character in its text, title or
    headings, inside a word too.

    The index has no postings of characters, they would be half as many again: texts are searched.
    terms: of one character, with the weight of each field; a field counts once, with its idf.
    """
    scores = np.zeros(snapshot.passages, dtype=np.float32)
    for term in terms:
        if term.field == _WORDS:
            found = _texts_with(snapshot, term.token, among)
        elif term.field == _TITLE:
            titled = np.asarray([term.token in title for title in snapshot.titles], dtype=np.bool_)
            found = np.append(titled, np.False_)[snapshot.document_of] & among
        elif term.field == _ASKED:
            continue  # a character is looked for in what the document says
        else:
            below = []
            for part in snapshot.parts:
                headings, of = part.headings
                below.append(np.asarray([term.token in h for h in headings], dtype=np.bool_)[of])
            found = np.concatenate(below) & among if below else among
        rarity = idf(max(snapshot.living, 1), int(np.count_nonzero(found)))
        scores[found] += np.float32(term.weight * rarity)
    return scores


def _texts_with(snapshot: Snapshot, character: str, among: Mask) -> Mask:
    mask = np.zeros(snapshot.passages, dtype=np.bool_)
    for first, part in zip(snapshot.firsts, snapshot.parts, strict=True):
        asked = np.flatnonzero(among[first : first + part.passages]).astype(np.int32)
        mask[first + part.containing(asked, character)] = True
    return mask


def phrase_mask(snapshot: Snapshot, phrase: str, among: Mask) -> Mask:
    """The passages whose folded text contains the folded phrase: exactly `phrase in text`."""
    mask = np.zeros(snapshot.passages, dtype=np.bool_)
    grams = sorted(set(phrase_grams(phrase)))
    exact = len(phrase) == 2 and len(grams) == 1 and next(runs(phrase))[1]
    for first, part in zip(snapshot.firsts, snapshot.parts, strict=True):
        hits = mask[first : first + part.passages]
        asked = among[first : first + part.passages]
        numbers = with_all(part, grams) if grams else np.flatnonzero(asked).astype(np.int32)
        if exact:
            hits[numbers] = True
        else:
            # A word of a text is a substring of it, so passages indexed under the phrase need no check.
            hits[part.postings(_WORDS, phrase)[0]] = True
            hits[part.containing(numbers[asked[numbers] & ~hits[numbers]], phrase)] = True
        hits &= asked
    return mask


def with_all(part: Part, grams: Iterable[str]) -> Ids:
    """Passages of the part with every gram in their text. At least one gram is required."""
    keys = np.asarray([term_key(_GRAMS, g) for g in grams], dtype=np.uint64)
    starts, ends = part.locate(keys)
    order = np.argsort(ends - starts, kind="stable")
    lists = zip(starts[order].tolist(), ends[order].tolist(), strict=True)
    numbers = part.slice(*next(lists))[0]
    for start, end in lists:
        if not len(numbers):
            break
        other = part.slice(start, end)[0]
        if len(numbers) * _SPARSE < len(other):
            at = np.minimum(np.searchsorted(other, numbers), len(other) - 1)
            numbers = numbers[other[at] == numbers]
        else:
            marked = np.zeros(part.passages, dtype=np.bool_)
            marked[other] = True
            numbers = numbers[marked[numbers]]
    return numbers


def first_stage(snapshot: Snapshot, plan: Plan) -> Scores:
    """BM25 of the plan's terms times prior and boosts, for every passage: 0 for dead ones, and without
    the plan's requirements, floor and order. Training scores by this too."""
    scores = np.zeros(snapshot.passages, dtype=np.float32)
    if terms := plan.terms:
        score_terms(snapshot, terms, scores)
        scores *= snapshot.factors(plan.boosts)
    return scores


def search(
    snapshot: Snapshot,
    plan: Plan,
    reorder: Reorder | None = None,
    lift: Lift | None = None,
    deadline: Deadline | None = None,
    alternatives: Sequence[Filters] = (),
) -> Found:
    """Runs the plan. A plan without groups, phrases and targets matches every document.

    reorder: reorders the best passages; those it returns precede all others.
    lift: changes the scores of all passages in place before filtering. alternatives: filters whose
    hits are counted if nothing is found: the text is searched once, whatever their number.
    Raises TooCostlyError at the deadline.
    """
    scores = first_stage(snapshot, plan)
    if lift is not None:
        lift(scores)
    matched = snapshot.alive
    by_score = bool(plan.groups) and not plan.phrases and not plan.strict
    if plan.strict or plan.phrases or plan.excluded:
        # Passages without a score don't match anyway, so exclusions needn't be checked in them.
        among = matched & (scores > 0) if by_score else matched.copy()
        matched = _restricted(snapshot, plan, among, scores, deadline)
        scores *= matched
    if by_score:
        # Relative to all matches, not only the filtered ones: otherwise facet counts would be wrong.
        least = plan.floor * float(scores.max(initial=0.0))
        matched = scores >= least if least > 0 else scores > 0
        if reorder is not None:
            # Over all matches, like the floor: filters select from one common order.
            ranked = reorder(scores)
            numbers = np.asarray([n for n, _ in ranked], dtype=np.int64)
            above = np.float32(scores.max(initial=0.0))
            scores[numbers] = above + np.asarray([s for _, s in ranked], dtype=np.float32)
            matched[numbers] = True
    matched = _raise_targets(snapshot, plan, scores, matched)
    found = collect(snapshot, plan, scores, matched)
    if alternatives and not found.total:
        return replace(found, under=counts(snapshot, alternatives, matched))
    return found


def _restricted(
    snapshot: Snapshot, plan: Plan, matched: Mask, scores: Scores, deadline: Deadline | None
) -> Mask:
    """The passages that meet all of the plan's requirements and none of its exclusions. Adds to `scores`
    what required single characters score."""
    required = {g: group for group in plan.groups for g in group.must} if plan.strict else {}
    characters = {g for g in required if len(g) == 1 and next(runs(g))[1]}
    for gram in required.keys() - characters:
        matched &= gram_mask(snapshot, gram)
    if characters:
        # After the bigrams, which leave few passages to look into.
        added = np.zeros(snapshot.passages, dtype=np.float32)
        for character in sorted(characters):
            if deadline is not None:
                deadline.check()
            terms = (t for t in required[character].terms if t.token == character)
            own = character_scores(snapshot, terms, matched)
            matched &= own > 0
            added += own
        scores += added * snapshot.factors(plan.boosts)
    # Longest first: they leave few passages in which to look for the others.
    for phrase in sorted(plan.phrases, key=len, reverse=True):
        if deadline is not None:
            deadline.check()
        matched = phrase_mask(snapshot, phrase, matched)
    for phrase in sorted(plan.excluded, key=len, reverse=True):
        if deadline is not None:
            deadline.check()
        matched &= ~phrase_mask(snapshot, phrase, matched)
    return matched


def _raise_targets(snapshot: Snapshot, plan: Plan, scores: Scores, matched: Mask) -> Mask:
    """Puts passages requested by address before all others, in `scores` and in the mask."""
    if not plan.targets:
        return matched
    matched = matched.copy()
    top = float(scores.max(initial=0.0))
    for place, target in enumerate(plan.targets):
        ordinal = snapshot.ordinals.get(target.document)
        if ordinal is None:
            continue
        first, end = snapshot.spans[ordinal]
        if first + target.place < end:
            matched[first + target.place] = True
            scores[first + target.place] = top * 2 + len(plan.targets) - place + 1
    return matched
