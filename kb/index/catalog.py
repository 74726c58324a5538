"""The catalogue of a generation: metadata of each published document, without its text."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from kb import lists, repeals, validity
from kb.amendments import Amendment
from kb.documents import STATUTE_KINDS, Audience, Document, Kind, Status
from kb.errors import DamageError
from kb.index.document_info import DocumentInfo
from kb.lists import LawList

DAMAGED = (DamageError, OSError, ValueError, KeyError, TypeError, EOFError, RecursionError)
"""Exceptions that reading damaged files of a generation or part may raise."""

_DATES = ("published", "effective", "expires", "checked", "as_of")
_COMPUTED = frozenset(
    {"law_version", "status_note", "status_as_of", "confirmed", "old_text", "evidence"}
)
_NAMES = tuple(f.name for f in fields(DocumentInfo) if f.name not in _COMPUTED)
"""Stored fields of an entry. The others are recomputed on load."""

_NEWEST_FIRST = (Status.IN_FORCE, Status.PENDING, Status.AMENDED, Status.REPEALED)
_LISTS = ("topics", "repeals", "ends", "amends", "in_force", "copies", "former", "alike")
_NUMBER = "\t"
"""Between a name and the 文号 of a text that a decision ends."""


def describe(document: Document, version: str, added: str) -> DocumentInfo:
    """Builds a document's catalogue entry. status is the one its source states."""
    return DocumentInfo(
        id=document.id,
        version=version,
        title=document.title,
        kind=document.kind,
        audience=document.audience,
        work=document.work,
        issuer=document.issuer,
        region=document.region,
        number=document.number,
        published=document.published,
        effective=document.effective,
        expires=document.expires,
        year=document.year,
        status=document.status,
        topics=tuple(t.topic for t in document.topics),
        situation=document.situation,
        checked=document.checked,
        as_of=document.as_of,
        passages=len(document.passages),
        added=added,
        repeals=tuple(e.work for e in repeals.repealed(document)),
        ends=tuple(map(_entry, repeals.ended(document))),
        amends=tuple(map(_entry, repeals.amended(document))),
        text=_text(document) if document.is_statute else "",
        in_force=lists.works_of(document),
    )


def _entry(one: repeals.Ended) -> str:
    return f"{one.work}{_NUMBER}{one.number}" if one.number else one.work


def _text(document: Document) -> str:
    """A digest of the articles' letters, equal for files that differ in what stands around them: title,
    contents, headings. Empty without articles."""
    digest = hashlib.blake2b(digest_size=8)
    articles = [p for p in document.passages if p.article]
    for p in articles:
        letters = "".join(filter(str.isalnum, p.text))
        digest.update(f"{p.article}\n{letters}\n".encode())
    return digest.hexdigest() if articles else ""


def save(path: Path, entries: Iterable[DocumentInfo]) -> None:
    """Writes the entries, ordered by id, as one JSON object per line; empty values are omitted."""
    with path.open("w", encoding="utf-8") as file:
        for entry in sorted(entries, key=lambda e: e.id):
            file.write(_line(entry) + "\n")


def _line(entry: DocumentInfo) -> str:
    # asdict copies every value: a third of the time to publish one document.
    values = ((name, getattr(entry, name)) for name in _NAMES)
    data = {k: v for k, v in values if v not in (None, "", (), 0)}
    for name in _DATES:
        if name in data:
            data[name] = data[name].isoformat()
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def load(path: Path) -> tuple[DocumentInfo, ...]:
    """The inverse of `save`. Raises one of DAMAGED."""
    entries = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            data: dict[str, Any] = json.loads(line)
            for name in _DATES:
                if name in data:
                    data[name] = date.fromisoformat(data[name])
            data["kind"] = Kind(data["kind"])
            data["audience"] = Audience(data["audience"])
            for name in _LISTS:
                data[name] = tuple(data.get(name, ()))
            if "status" in data:
                data["status"] = Status(data["status"])
            entries.append(DocumentInfo(**{k: v for k, v in data.items() if k in _NAMES}))
    return tuple(entries)


def seen_by(audience: Audience, entries: Iterable[DocumentInfo]) -> tuple[DocumentInfo, ...]:
    """The entries that the audience may see, keeping only links among them. Everything shown to readers
    is computed from these: what isn't here doesn't exist for them. A copy of a document that they may
    not see stands on its own."""
    seen = {e.id: e for e in entries if audience.may_see(e.audience)}
    found = []
    for e in seen.values():
        links = {
            "copy_of": e.copy_of if e.copy_of in seen else "",
            "copies": tuple(id for id in e.copies if id in seen),
            "alike": tuple(id for id in e.alike if id in seen),
        }
        same = all(getattr(e, name) == value for name, value in links.items())
        found.append(e if same else replace(e, **links))  # type: ignore[arg-type]
    return tuple(found)


def digest(entries: Iterable[DocumentInfo], *beside: str) -> str:
    """A digest of the entries and of `beside`: equal entries, in any order, have equal
    digests."""
    lines = [*sorted(_line(e) for e in entries), *beside]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def works(
    entries: Iterable[DocumentInfo], copies: Iterable[DocumentInfo] = ()
) -> dict[str, tuple[DocumentInfo, ...]]:
    """The versions of each work, the one in force first, then newest to oldest. A law filed under two
    names, one of them by a copy, is listed under both."""
    found: dict[str, list[DocumentInfo]] = {}
    by_id = {e.id: e for e in entries}
    for entry in by_id.values():
        if entry.work:
            found.setdefault(entry.work, []).append(entry)
    for copy in copies:
        named = found.setdefault(copy.work, []) if copy.work else []
        if copy.work and by_id[copy.copy_of] not in named:
            named.append(by_id[copy.copy_of])
    return {work: tuple(sorted(infos, key=_version_order)) for work, infos in found.items()}


def with_addresses(
    entries: Iterable[DocumentInfo], copies: Iterable[DocumentInfo]
) -> tuple[DocumentInfo, ...]:
    """The entries, each with the version in its law's address (`DocumentInfo.law_version`)."""
    entries = tuple(entries)
    # A law also listed under a second name has its address under its own.
    versions: dict[str, str] = {}
    for work, infos in works(entries, copies).items():
        if "/" in work:  # would be parts of a path
            continue
        days: set[date] = set()
        for info in infos:
            day = info.published
            if info.work == work and info is infos[0]:
                versions[info.id] = ""
            elif info.work == work and day and day not in days:
                versions[info.id] = day.isoformat()
            if day:
                days.add(day)
    return tuple(replace(e, law_version=versions.get(e.id)) for e in entries)


def _version_order(info: DocumentInfo) -> tuple[int, int, bool]:
    """If public and staff both have a version, the public's comes first: its address is the law's."""
    rank = _NEWEST_FIRST.index(info.status) if info.status in _NEWEST_FIRST else 0
    day = -(info.published.toordinal() if info.published else 0)
    return rank, day, not Audience.PUBLIC.may_see(info.audience)


def lists_in_force(entries: Iterable[DocumentInfo]) -> tuple[LawList, ...]:
    """The lists of laws in force among the entries, the newest first."""
    found = [lists.of_works(e.published, e.in_force) for e in entries if e.in_force and e.published]
    return tuple(sorted(found, key=lambda one: one.day, reverse=True))


def with_newest_word(
    entries: Iterable[DocumentInfo], copies: Iterable[DocumentInfo]
) -> list[DocumentInfo]:
    """The entries, each as of the day of the most current of its sources: a copy's source has it too."""
    days: dict[str, date] = {}
    for copy in copies:
        if copy.as_of:
            days[copy.copy_of] = max(copy.as_of, days.get(copy.copy_of, copy.as_of))
    found = []
    for e in entries:
        day = days.get(e.id)
        found.append(replace(e, as_of=day) if day and day > (e.as_of or date.min) else e)
    return found


def shown(
    entries: Sequence[DocumentInfo], today: date, months: int = validity.HORIZON
) -> tuple[DocumentInfo, ...]:
    """The entries with today's 时效性 instead of the one their source states. Pass only what the reader
    may see: hidden versions and repeals must have no effect. months: the horizon of `validity`."""
    facts = [facts_of(e) for e in entries if e.kind in STATUTE_KINDS]
    stated = [a for e in entries for a in _stated(e)]
    resolved = validity.resolve_all(facts, today, stated, months, _newest_list(entries, today))
    return tuple(_with(e, resolved[e.id]) if e.id in resolved else e for e in entries)


def _newest_list(entries: Sequence[DocumentInfo], today: date) -> LawList | None:
    """The newest list of laws in force on a day among the entries, if it is newer than the shipped one."""
    found = (one for one in lists_in_force(entries) if lists.shipped().day < one.day <= today)
    return next(found, None)


def facts_of(e: DocumentInfo) -> validity.VersionFacts:
    """What `kb.validity` weighs of an entry as loaded, or of one for which only the dates matter."""
    return validity.VersionFacts(
        id=e.id,
        work=e.work,
        published=e.published,
        effective=e.effective,
        status=e.status,
        expires=e.expires,
        as_of=e.as_of,
        kind=e.kind,
        number=e.number,
        text=e.text,
        issuer=e.issuer,
    )


def _stated(e: DocumentInfo) -> Iterator[Amendment]:
    """The changes that an entry states of other works."""
    if e.published is None:
        return
    for what, names in (("新法替代", e.repeals), ("废止", e.ends), ("修正", e.amends)):
        for name in names:
            work, _, number = name.partition(_NUMBER)
            yield repeals.change(
                what, repeals.Ended(work, number), e.work, e.published, e.effective
            )


def _with(e: DocumentInfo, shown: validity.Shown) -> DocumentInfo:
    return replace(
        e,
        status=shown.status,
        status_note=shown.note,
        status_as_of=shown.as_of,
        confirmed=shown.confirmed,
        old_text=shown.old,
        evidence=shown.evidence,
    )
