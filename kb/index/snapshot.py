"""A generation opened for one audience: its parts, its catalogue, and arrays that join them.

It holds only what the audience may see: parts and entries of other audiences are not opened, and a
passage whose document isn't listed for the audience is dead, like one of a removed document.

Passages are numbered across all parts; documents by their ordinal in `documents`. Facets, filters,
priors and status belong to documents, so they are kept here and not in the parts.
"""

from bisect import bisect_right
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb.documents import Audience, Kind, Status
from kb.errors import DamageError
from kb.index import catalog, priors, withdrawal
from kb.index.document_info import CONFIRMED, FACETS, UNCONFIRMED, DocumentInfo
from kb.index.generation import CATALOG, Generations, Sentinel, audience_of
from kb.index.part import Ids, Impacts, Part, Places, Record
from kb.index.withdrawal import Allowed
from kb.text.folding import flat
from kb.validity import HORIZON

Mask = npt.NDArray[np.bool_]

_KEPT_FACTORS = 12
"""Cached boost combinations, each with 4 bytes per passage."""


@dataclass(frozen=True, slots=True)
class Boost:
    """A score factor for all passages of documents with a value: a work, year, kind or topic."""

    facet: str
    value: str
    factor: float


class Facet:
    """One facet over all documents: values in a fixed order, and the documents with each."""

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
        """Number of the given documents with each value; values with none are omitted."""
        counts = np.bincount(self._value[documents[self._document]], minlength=len(self.values))
        return {self.values[i]: int(counts[i]) for i in np.flatnonzero(counts)}

    def mask(self, values: Sequence[str]) -> Mask:
        """Documents that have any of the values; unknown values match none."""
        mask = np.zeros(self._size, dtype=np.bool_)
        for value in values:
            if value in self._numbers:
                mask[self._document[self._value == self._numbers[value]]] = True
        return mask


class Snapshot:
    """Everything a search needs from one generation for one audience, as of one day (`today` determines
    时效性). stamp: equal for equal content. alive: searchable passages, `living` in number.

    A damaged part is left out and its faults are listed in `damage`: its documents stay listed and
    readable from the library, but not searchable. stepped_back: the pointer names another generation,
    or none.
    """

    def __init__(
        self,
        generations: Generations,
        name: str,
        sentinel: Sentinel,
        today: date,
        audience: Audience = Audience.PUBLIC,
        opened: "Snapshot | None" = None,
        months: int = HORIZON,
    ):
        """opened: an open snapshot whose parts are reused if it has the same generation. months: after
        which a status counts as unconfirmed."""
        directory = generations.directory(name)
        self.name, self.sentinel, self.today, self.audience = name, sentinel, today, audience
        self._months = months
        self.stepped_back = name != generations.current_name()
        held: dict[Path, Part] = {p.directory: p for p in opened.parts} if opened else {}
        self.parts: list[Part] = []
        self.damage: list[DamageError] = []
        for part in sentinel.parts:
            if not audience.may_see(audience_of(part)):
                continue
            try:
                path = directory / "parts" / part
                self.parts.append(held.get(path) or generations.open_part(name, sentinel, part))
            except DamageError as error:
                self.damage.append(error)
        self.starts = np.cumsum([0, *(p.passages for p in self.parts)])
        self.firsts: list[int] = self.starts[:-1].tolist()
        self.passages = int(self.starts[-1])
        # Read the stamp before the file, so that a concurrent change triggers a reload.
        self.mask = withdrawal.stamp(generations.root)
        allowed = withdrawal.load(generations.root)
        self._read(withdrawal.narrowed(catalog.load(directory / CATALOG), allowed))

    def _read(self, every: list[DocumentInfo]) -> None:
        self._every = every
        listed = catalog.seen_by(self.audience, every)
        pivots = self.parts[0].pivots if self.parts else ()
        self.stamp = catalog.digest(listed, *map(repr, pivots), *map(str, self.damage))
        # Documents shown through another one with the same text: listed by id and name only.
        copies = tuple(e for e in listed if e.copy_of)
        own = catalog.with_newest_word((e for e in listed if not e.copy_of), copies)
        entries = catalog.shown(own, self.today, self._months)
        entries = catalog.with_addresses(entries, copies)
        self.copies, self.versions = copies, catalog.works(entries, copies)
        self._factors: dict[tuple[Boost, ...], Impacts] = {}
        self._lay_out({e.id: e for e in entries})
        self._facets()

    def hides(self, allowed: Allowed | None) -> bool:
        """Whether it shows the public anything that is no longer allowed."""
        return allowed is not None and any(map(allowed.hides, self._every))

    def narrowed(self, allowed: Allowed) -> "Snapshot":
        """The same generation, with documents closed to the public treated as staff-only."""
        other = copy(self)
        other._read(withdrawal.narrowed(self._every, allowed))
        return other

    def _lay_out(self, entries: dict[str, DocumentInfo]) -> None:
        # A document changed and changed back has equal versions in two parts: the newer part is live.
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
        # Documents without passages are listed but can't be found by text.
        placed = {d.id for d in self.documents}
        self.textless = tuple(e for e in entries.values() if e.id not in placed)
        self.spans = spans
        self.alive = self.document_of >= 0
        self.living = int(self.alive.sum())
        self._dead = _frequencies(self.parts, self.starts, ~self.alive)
        self.ordinals = {d.id: i for i, d in enumerate(self.documents)}
        self._titles: tuple[str, ...] = ()

    def _facets(self) -> None:
        self.facets = {f: Facet([_values(d, f) for d in self.documents]) for f in FACETS}
        self.works = Facet([(d.work,) if d.work else () for d in self.documents])
        days = [d.published.toordinal() if d.published else 0 for d in self.documents]
        self.days = np.asarray(days, dtype=np.int64)
        self.prior = np.asarray([priors.prior(d) for d in self.documents], dtype=np.float32)
        self.passage_prior = np.append(self.prior, np.float32(0))[self.document_of]
        self.in_force = np.asarray([d.applies for d in self.documents], dtype=np.bool_)

    def factors(self, boosts: Sequence[Boost]) -> Impacts:
        """Score factor of each passage: its prior times its document's boosts, or 0 for a passage without a
        living document. Read-only: cached for later searches."""
        key = tuple(boosts)
        factors = self._factors.get(key)
        if factors is None:
            of_documents = self.prior.copy()
            for boost in boosts:
                facet = self.works if boost.facet == "work" else self.facets[boost.facet]
                of_documents[facet.mask((boost.value,))] *= np.float32(boost.factor)
            # Ordinal -1 maps to the last element.
            factors = np.append(of_documents, np.float32(0)).take(self.document_of)
            if len(self._factors) >= _KEPT_FACTORS:
                self._factors.clear()
            self._factors[key] = factors
        return factors

    def locate(self, keys: npt.NDArray[np.uint64]) -> tuple[list[tuple[Places, Places]], Places]:
        """Start and end of the terms' postings in each part, and the number of living passages with each
        term: dead or hidden passages don't affect term frequency."""
        places = [part.locate(keys) for part in self.parts]
        found = sum((ends - starts for starts, ends in places), np.zeros(len(keys), np.int64))
        dead, counts = self._dead
        if len(dead):
            at = np.minimum(np.searchsorted(dead, keys), len(dead) - 1)
            found = found - np.where(dead[at] == keys, counts[at], 0)
        return places, found

    @property
    def titles(self) -> tuple[str, ...]:
        """The folded title of each of `documents`."""
        if len(self._titles) != len(self.documents):
            self._titles = tuple(flat(d.title) for d in self.documents)
        return self._titles

    @property
    def unsearchable(self) -> int:
        """Number of documents not searchable because their part is damaged."""
        return sum(1 for d in self.textless if d.passages) if self.damage else 0

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


def open_snapshot(
    data_dir: Path,
    today: date,
    audience: Audience = Audience.PUBLIC,
    opened: Snapshot | None = None,
    months: int = HORIZON,
) -> Snapshot | None:
    """Opens the serving generation, or returns None if none that this program can read is published."""
    generations = Generations(data_dir)
    found = generations.whole()
    return Snapshot(generations, *found, today, audience, opened, months) if found else None


def _frequencies(
    parts: Sequence[Part], starts: npt.NDArray[np.int64], among: Mask
) -> tuple[npt.NDArray[np.uint64], Places]:
    """Ascending keys of terms in the given passages, and the number of those passages with each.

    Scans all postings of a part, but only if the part has such a passage: 40 ms for 20 million
    postings.
    """
    keys, counts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for part, start in zip(parts, starts.tolist(), strict=False):
        wanted = among[start : start + part.passages]
        if wanted.any():
            found, count = part.frequencies(wanted)
            keys.append(found)
            counts.append(count)
    terms, which = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.bincount(which, np.concatenate(counts), len(terms))
    return terms, total.astype(np.int64)


def _values(document: DocumentInfo, facet: str) -> tuple[str, ...]:
    if facet == "topic":
        return document.topics
    if facet == "status" and document.status is Status.IN_FORCE:
        return (document.status.value, CONFIRMED if document.confirmed else UNCONFIRMED)
    value = getattr(document, facet)
    if facet == "kind":
        return (Kind(value).value,)
    return (str(value),) if value else ()
