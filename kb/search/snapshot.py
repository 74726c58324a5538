"""A generation opened for reading: its parts, its catalogue, and arrays that join the two.

Passages are numbered through all parts; documents by their ordinal in `documents`. Facets, filters,
priors and status belong to documents, so they live here and cost nothing in the parts.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.documents import Audience, Kind, Status
from kb.search import catalog, priors
from kb.search.generation import Generations, Sentinel
from kb.search.part import Ids, Impacts, Part, Record
from kb.search.plan import Boost
from kb.search.results import FACETS, DocumentInfo

Mask = npt.NDArray[np.bool_]

_KEPT_FACTORS = 32
"""Combinations of audience and boosts whose factors are kept: 4 bytes a passage each."""


class Facet:
    """One facet over all documents: values in a fixed order, and which documents have each."""

    def __init__(self, rows: Sequence[tuple[str, ...]]) -> None:
        self.values = sorted({v for row in rows for v in row})
        numbers = {v: i for i, v in enumerate(self.values)}
        self._value = np.asarray([numbers[v] for row in rows for v in row], dtype=np.int32)
        self._document = np.repeat(
            np.arange(len(rows), dtype=np.int32), [len(row) for row in rows] if rows else []
        )
        self._numbers = numbers
        self._size = len(rows)

    def count(self, documents: Mask) -> dict[str, int]:
        """How many of the documents have each value; values with none are left out."""
        counts = np.bincount(self._value[documents[self._document]], minlength=len(self.values))
        return {self.values[i]: int(counts[i]) for i in np.flatnonzero(counts)}

    def mask(self, values: Sequence[str]) -> Mask:
        """Documents that have any of the values; unknown values have none."""
        mask = np.zeros(self._size, dtype=np.bool_)
        for value in values:
            if value in self._numbers:
                mask[self._document[self._value == self._numbers[value]]] = True
        return mask


class Snapshot:
    """Everything a search needs of one generation, as of one day (`today` decides 时效性)."""

    def __init__(self, generations: Generations, name: str, sentinel: Sentinel, today: date):
        directory = generations.directory(name)
        self.name, self.sentinel, self.today = name, sentinel, today
        self.parts = [Part(directory / "parts" / p) for p in sentinel.parts]
        self.starts = np.cumsum([0, *(p.passages for p in self.parts)])
        self.firsts: list[int] = self.starts[:-1].tolist()
        self.passages = int(self.starts[-1])
        listed = catalog.load(directory / "catalog.jsonl")
        # Documents of which another, the same text, is shown: known by their ids and names only.
        self.copies = tuple(e for e in listed if e.copy_of)
        entries = catalog.shown([e for e in listed if not e.copy_of], today)
        self._shown: dict[Audience, Mask] = {}
        self._factors: dict[tuple[Audience, tuple[Boost, ...]], Impacts] = {}
        self._lay_out({e.id: e for e in entries})
        self._facets()

    def _lay_out(self, entries: dict[str, DocumentInfo]) -> None:
        # A document changed and changed back stands in two parts alike: the newer part is the live one.
        live: dict[str, tuple[int, int]] = {}
        for p, part in enumerate(self.parts):
            for s, slot in enumerate(part.slots):
                if slot.document in entries and entries[slot.document].version == slot.version:
                    live[slot.document] = (p, s)
        self.documents: list[DocumentInfo] = []
        self.document_of = np.full(self.passages, -1, dtype=np.int32)
        spans: list[tuple[int, int]] = []
        for p, part in enumerate(self.parts):
            for s, slot in enumerate(part.slots):
                if live.get(slot.document) != (p, s) or not slot.count:
                    continue
                first = int(self.starts[p]) + slot.first
                self.document_of[first : first + slot.count] = len(self.documents)
                self.documents.append(entries[slot.document])
                spans.append((first, first + slot.count))
        # Documents without a single passage are known but can't be found by text.
        placed = {d.id for d in self.documents}
        self.textless = tuple(e for e in entries.values() if e.id not in placed)
        self.spans = spans
        self.ordinals = {d.id: i for i, d in enumerate(self.documents)}

    def _facets(self) -> None:
        self.facets = {f: Facet([_values(d, f) for d in self.documents]) for f in FACETS}
        self.works = Facet([(d.work,) if d.work else () for d in self.documents])
        self.public = np.asarray(
            [d.audience is Audience.PUBLIC for d in self.documents], dtype=np.bool_
        )
        days = [d.published.toordinal() if d.published else 0 for d in self.documents]
        self.days = np.asarray(days, dtype=np.int64)
        self.prior = np.asarray([priors.prior(d) for d in self.documents], dtype=np.float32)
        self.passage_prior = np.append(self.prior, np.float32(0))[self.document_of]
        self.in_force = np.asarray(
            [d.status in (None, Status.IN_FORCE) for d in self.documents], dtype=np.bool_
        )

    def visible(self, audience: Audience) -> Mask:
        """Documents the audience may see."""
        if audience is Audience.STAFF:
            return np.ones(len(self.documents), dtype=np.bool_)
        return self.public.copy()

    def shown(self, audience: Audience) -> Mask:
        """Passages the audience may see, of living documents. Read only: kept for all searches."""
        if audience not in self._shown:
            # The last place serves passages of no living document, whose ordinal is -1.
            documents = np.append(self.visible(audience), False)
            self._shown[audience] = documents[self.document_of]
        return self._shown[audience]

    def factors(self, audience: Audience, boosts: Sequence[Boost]) -> Impacts:
        """What each passage's score is multiplied by: its prior and the boosts of its document, 0
        where the audience may not see it. Read only: kept for the searches that follow."""
        key = (audience, tuple(boosts))
        factors = self._factors.get(key)
        if factors is None:
            of_documents = self.prior * self.visible(audience)
            for boost in boosts:
                facet = self.works if boost.facet == "work" else self.facets[boost.facet]
                of_documents[facet.mask((boost.value,))] *= np.float32(boost.factor)
            # Number -1 takes the last place.
            factors = np.append(of_documents, np.float32(0)).take(self.document_of)
            if len(self._factors) >= _KEPT_FACTORS:
                self._factors.clear()
            self._factors[key] = factors
        return factors

    def record(self, number: int) -> Record:
        p = bisect_right(self.firsts, number) - 1
        return self.parts[p].record(number - self.firsts[p])

    def postings(self, field: int, token: str) -> list[tuple[int, Ids, Impacts]]:
        """(first passage number, ids, impacts) for each part that has the term."""
        found = []
        for start, part in zip(self.firsts, self.parts, strict=True):
            ids, impacts = part.postings(field, token)
            if len(ids):
                found.append((start, ids, impacts))
        return found


def open_snapshot(data_dir: Path, today: date) -> Snapshot | None:
    """The serving generation, or None where none is published that this program can read."""
    generations = Generations(data_dir)
    name = generations.usable_name()
    sentinel = generations.sentinel(name) if name else None
    return Snapshot(generations, name, sentinel, today) if sentinel else None


def _values(document: DocumentInfo, facet: str) -> tuple[str, ...]:
    if facet == "topic":
        return document.topics
    value = getattr(document, facet)
    if facet == "kind":
        return (Kind(value).value,)
    return (str(value),) if value else ()
