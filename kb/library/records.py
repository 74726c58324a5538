"""Records returned by the library. Times are UTC, ISO 8601 to the second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

Change = Literal["added", "changed", "unchanged"]
"""Result of `put_document`. A document that was gone and is back counts as added."""


class ItemState(StrEnum):
    """ok: read; failed: unreadable in the last run; gone: no longer in its source."""

    OK = "ok"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Source:
    """A source of items. config_hash: changes when its items must be read again. config: the source's
    settings as JSON, so that a later or partial run without them reads the same way.
    succeeded: when it was last scanned; empty if never."""

    id: int
    name: str
    type: str
    root: str
    config_hash: str
    config: str
    as_of: date | None
    succeeded: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the ledger: one file or page of a source.

    mtime_ns: modification time in nanoseconds. sha256: of the raw bytes, hexadecimal. document_id: the
    document last read from it, kept while it fails. reason: short code of the failure. failures:
    consecutive failures, since failing_since. retry_on: the local day (ISO 8601) before which a
    failure isn't retried; empty for at once. missing: consecutive runs that didn't find it.
    version: document version last read from it; empty if unknown.
    """

    source: str
    path: str
    size: int
    mtime_ns: int
    sha256: str
    document_id: str | None
    state: ItemState
    reason: str
    message: str
    failures: int
    first_seen: str
    last_seen: str
    run_id: int | None
    missing: int = 0
    failing_since: str = ""
    retry_on: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """An item that a present document was read from. version: the document version read from it; empty
    if unknown."""

    document_id: str
    source: str
    path: str
    sha256: str
    version: str


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source with item counts. missing: existing items not found recently.
    failing_since: start of the earliest current failure, empty if none."""

    name: str
    root: str
    ok: int
    failed: int
    missing: int
    succeeded: str
    failing_since: str

    @property
    def troubled(self) -> bool:
        return bool(self.failed or self.missing or not (self.succeeded or self.ok))


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch state of one address of a web source.

    final: address after redirects. status: of the last response, 0 if there was none. sha256, size,
    changed_ns: of the body stored in raw/, and when it or the facts last changed (ns since 1970);
    sha256 is empty before the first. fetched: time of that body; checked: of the last good response.
    links: addresses of files linked in the text; parent: for a file, the page that links it. facts:
    metadata from the listing, by label.
    failures: consecutive; retry_at: earliest retry. Times are UTC, ISO 8601, empty for never.
    """

    address: str
    final: str = ""
    status: int = 0
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    sha256: str = ""
    size: int = 0
    changed_ns: int = 0
    fetched: str = ""
    checked: str = ""
    links: tuple[str, ...] = ()
    parent: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    failures: int = 0
    reason: str = ""
    message: str = ""
    retry_at: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A present document without its text. hash: its current version."""

    id: str
    hash: str
    work: str
    title: str
    kind: str
    audience: str
    first_seen: str
    updated: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Fingerprint of a version's text, for recognising it elsewhere.

    scheme: algorithm used. body, titled: digests of the text without and with its title; empty if the
    text is too short. length: unmasked characters. signature: MinHash.
    """

    version: str
    scheme: str
    body: str
    titled: str
    length: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Former:
    """A removed document: its address redirects to one that has its text."""

    id: str
    audience: str
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison of two texts. matched: fraction of the shorter one that occurs verbatim in the other.
    altered: of the sentences in both, the fraction that differ in some words. 0 to 1."""

    matched: float
    altered: float
    scheme: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command. state: running, interrupted (killed before its end), done, failed-items, or
    failed (aborted, for example on a full disk)."""

    id: int
    command: str
    started: str
    finished: str
    state: str
    report: Mapping[str, Any]


def timestamp(moment: datetime | None = None) -> str:
    """`moment`, or now, in the library's format: 2026-11-20T05:00:00+00:00."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
