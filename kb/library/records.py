"""What the library answers with. Times are UTC, ISO 8601 to the second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal

Change = Literal["added", "changed", "unchanged"]
"""What `put_document` did. A document that had gone and is back counts as added."""


class ItemState(StrEnum):
    """ok: read; failed: couldn't be read in the last run; gone: no longer in its source."""

    OK = "ok"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Source:
    """Where items come from. config_hash: changes when its items must be read anew. config: the
    source's settings as JSON, so that a later run without them, or of a part, reads alike.
    succeeded: when it was last looked through; empty if never."""

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

    mtime_ns: modification time in nanoseconds. sha256: of the raw bytes, hexadecimal. document_id:
    what was last read from it, kept while it fails. reason: short code of the failure. failures:
    how many times in a row it failed, since failing_since. retry_on: the local day (ISO 8601) before
    which a failure isn't tried again; empty for at once. missing: runs in a row that didn't find it.
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


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source with its items counted. missing: of those that are there, not found of late.
    failing_since: the first failure of those that fail now, empty if none does."""

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
class Run:
    """One run of a command. state: running, interrupted (killed before its end), done, failed-items,
    or failed (it gave up, as on a full disk)."""

    id: int
    command: str
    started: str
    finished: str
    state: str
    report: Mapping[str, Any]


def timestamp(moment: datetime | None = None) -> str:
    """`moment`, or now, as the library stores it: 2026-11-20T05:00:00+00:00."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
