"""The state of an address before and after a response: when to request, what counts as changed."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from indexer.fetch import links
from indexer.fetch.client import Answer
from indexer.fetch.fault import FetchError
from indexer.fetch.listing import Found
from indexer.fetch.raw import Body
from indexer.metadata.statements import AS_OF
from kb.library import Fetch
from kb.library.records import timestamp

GONE: Final = frozenset((404, 410))
LONGEST_RETRY: Final = 30
"""Maximum days between retries of an address that keeps failing: 1, 2, 4 … up to this."""

UNLISTED_RECHECK: Final = 30
"""Days after which a page that no listing names any more is requested again."""

_EARLY: Final = timedelta(hours=2)
"""How early a request may be: the next nightly run may start a little sooner than the last."""

_MOST_FACTS: Final = 20


def waits(state: Fetch, now: datetime) -> bool:
    """Whether an address failed and its next retry lies ahead."""
    return bool(state.failures) and state.retry_at > timestamp(now)


def due(state: Fetch, found: Found, now: datetime, recheck: int) -> bool:
    """Whether an address that doesn't wait is due. recheck: days, 0 for every run."""
    if not state.sha256 or not state.checked or state.failures or state.status in GONE:
        return True
    checked = datetime.fromisoformat(state.checked)
    if found.key:  # the national database lists every change
        return _lasting(state) != _lasting(found)
    if found.changed is not None and found.changed < checked:
        return False
    return not recheck or checked + timedelta(days=recheck) - _EARLY <= now


def restated(state: Fetch, found: Found) -> bool:
    """Whether the national database has new metadata for an unchanged text: its 时效性, or `as_of` in
    another month. Not another day: that would reread every text each night."""
    before, now = dict(state.facts), dict(found.facts)
    month = len("2026-11")
    return (
        before.get("时效性") != now.get("时效性")
        or before.get(AS_OF, "")[:month] != now.get(AS_OF, "")[:month]
    )


def _lasting(of: Fetch | Found) -> list[tuple[str, str]]:
    return [(label, value) for label, value in of.facts if label not in ("时效性", AS_OF)]


def unchanged(state: Fetch, found: Found, now: datetime) -> Fetch:
    """After 304: only the metadata in the listing may have changed."""
    facts = found.facts[:_MOST_FACTS]
    return replace(
        state,
        status=304,
        checked=timestamp(now),
        facts=facts,
        changed_ns=state.changed_ns if facts == state.facts else _ns(now),
        failures=0,
        reason="",
        message="",
        retry_at="",
    )


def answered(state: Fetch, found: Found, answer: Answer, body: Body, now: datetime) -> Fetch:
    """After a response with a body; `changed_ns` changes if the body differs from the previous one."""
    kind = answer.headers.get("content-type", "")[:200]
    same = body.sha256 == state.sha256
    after = unchanged(state, found, now)
    alike = same and links.charset(kind) == links.charset(state.content_type)
    return replace(
        after,
        status=answer.status,
        final=answer.address,
        content_type=kind,
        etag=_validator(answer.headers.get("etag", "")),
        last_modified=_validator(answer.headers.get("last-modified", "")),
        sha256=body.sha256,
        size=body.size,
        changed_ns=after.changed_ns if alike else _ns(now),
        fetched=state.fetched if same else timestamp(now),
    )


def failed(state: Fetch, error: FetchError, now: datetime) -> Fetch:
    """After a failure: counted, with its reason and the next retry."""
    pause = timedelta(days=min(2 ** min(state.failures, 10), LONGEST_RETRY)) - _EARLY
    if error.wait is not None:
        pause = max(pause, timedelta(seconds=error.wait))
    return replace(
        state,
        status=error.status,
        failures=state.failures + 1,
        reason=error.reason,
        message=str(error),
        retry_at=timestamp(now + pause),
    )


def gone(state: Fetch, error: FetchError) -> Fetch:
    """After 404 or 410 of a page that existed. The body stays until the ledger releases the document;
    the validators don't, so a page that comes back is fetched."""
    return replace(
        state, status=error.status, etag="", last_modified="", failures=0, reason="", retry_at=""
    )


def _validator(value: str) -> str:
    """A header that can be sent back unchanged, else "" (non-ASCII headers can't)."""
    return value if value.isascii() and value.isprintable() else ""


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
