"""The catalogue of a generation: what is known of each published document, without its text."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from kb import validity
from kb.documents import STATUTE_KINDS, Audience, Document, Kind, Status
from kb.search.results import DocumentInfo

DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError)
"""What reading a generation's files, this one or a part's, raises where they were damaged."""

_DATES = ("published", "effective", "expires", "checked", "as_of")
_LISTS = ("topics", "repeals", "copies", "former", "alike")


def describe(document: Document, version: str, added: str) -> DocumentInfo:
    """The catalogue's entry of a document. status is the one its source states."""
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
        repeals=tuple(a.work for a in validity.repeals(document)),
    )


def save(path: Path, entries: Iterable[DocumentInfo]) -> None:
    """Writes the entries, ordered by id, one JSON object a line; empty values are left out."""
    names = [f.name for f in fields(DocumentInfo)]
    with path.open("w", encoding="utf-8") as file:
        for entry in sorted(entries, key=lambda e: e.id):
            # asdict copies every value: a third of what publishing one document takes.
            values = ((name, getattr(entry, name)) for name in names)
            data = {k: v for k, v in values if v not in (None, "", (), 0)}
            for name in _DATES:
                if name in data:
                    data[name] = data[name].isoformat()
            file.write(json.dumps(data, ensure_ascii=False, sort_keys=True) + "\n")


def load(path: Path) -> tuple[DocumentInfo, ...]:
    """The inverse of `save`. Raises one of DAMAGED."""
    known = {f.name for f in fields(DocumentInfo)}
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
            entries.append(DocumentInfo(**{k: v for k, v in data.items() if k in known}))
    return tuple(entries)


def shown(entries: Sequence[DocumentInfo], today: date) -> tuple[DocumentInfo, ...]:
    """The entries with the 时效性 that holds today instead of the one their source states."""
    facts = [
        validity.VersionFacts(e.id, e.work, e.published, e.effective, e.status, e.expires, e.as_of)
        for e in entries
        if e.kind in STATUTE_KINDS
    ]
    repealed = [
        validity.Amendment(
            work, "新法替代", e.published, max(e.effective or date.min, e.published), e.work
        )
        for e in entries
        for work in e.repeals
        if e.published is not None
    ]
    resolved = validity.resolve_all(facts, today, repealed)
    return tuple(
        replace(e, status=resolved[e.id].status, status_note=resolved[e.id].note)
        if e.id in resolved
        else e
        for e in entries
    )
