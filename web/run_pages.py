"""For staff: results of the nightly runs, and sources with problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb import lock
from kb.documents import Audience
from kb.health import shown_state
from kb.health.run_states import next_run
from kb.library import Library, Run, SourceState
from kb.library.database import FILE
from web import errors
from web.site import Site, site_of, visitor_of
from web.texts import Texts

LISTED = 50
SHOWN = 200
"""Failures and other paths shown per run."""

_LARGEST = 2**63 - 1
"""The largest integer of SQLite."""


@dataclass(frozen=True, slots=True)
class Line:
    """A run for display. counts, took, error: empty if it left no report."""

    id: int
    command: str
    started: str
    state: str
    took: str
    counts: str
    error: str


def overview(request: Request) -> Response:
    """The last runs and the sources with problems. To the public it looks like a missing page."""
    if not visitor_of(request).audience.may_see(Audience.STAFF):
        return errors.page(request, 404)
    site = site_of(request)
    runs: list[Run] = []
    states: list[SourceState] = []
    refreshes: list[Run] = []
    if (site.settings.data_dir / FILE).is_file():
        with Library.open(site.settings.data_dir, readonly=True) as library:
            runs, states = library.last_runs(LISTED), library.source_states()
            refreshes = library.last_runs(LISTED, "refresh")
    coming = next_run(refreshes)
    when = _moment(coming.when, site.texts)
    key = {"timer": "runs.next", "usual": "runs.next_usual"}.get(coming.how)
    return site.render(
        request,
        "runs.html",
        runs=_lines(site, runs),
        next=site.texts(key, time=when) if key else site.texts("runs.next_unknown"),
        sources=[
            (s, _moment(s.succeeded, site.texts), _moment(s.failing_since, site.texts))
            for s in states
            if s.troubled
        ],
    )


def one(request: Request) -> Response:
    """One run with its failures."""
    if not visitor_of(request).audience.may_see(Audience.STAFF):
        return errors.page(request, 404)
    site = site_of(request)
    found, number = None, request.path_params["id"]
    if number <= _LARGEST and (site.settings.data_dir / FILE).is_file():
        with Library.open(site.settings.data_dir, readonly=True) as library:
            found = library.run(number)
    if found is None:
        return errors.page(request, 404)
    report = found.report
    return site.render(
        request,
        "run.html",
        run=_lines(site, [found])[0],
        sources=_rows(report, "sources"),
        failures=_rows(report, "failures")[:SHOWN],
        waiting=_rows(report, "waiting")[:SHOWN],
        kept=[pair for pair in _list(report, "missing") if len(pair) == 2][:SHOWN],
        warnings=_list(report, "warnings"),
        more=sum(max(0, len(_list(report, k)) - SHOWN) for k in ("failures", "waiting", "missing")),
    )


def _lines(site: Site, runs: list[Run]) -> list[Line]:
    words, writing = site.texts, lock.holder(site.settings.data_dir) is not None
    found = []
    for run in runs:
        documents, seconds = run.report.get("documents"), run.report.get("seconds")
        state = shown_state(run, writing).replace("-", "_")
        found.append(
            Line(
                run.id,
                f"kb {run.command}",
                _moment(run.started, words),
                words(f"runs.{state}") if f"runs.{state}" in words.words else run.state,
                words("runs.seconds", n=seconds) if run.finished and seconds is not None else "",
                words("runs.counts", **{k: documents[k] for k in _COUNTED})
                if isinstance(documents, dict) and set(_COUNTED) <= set(documents)
                else "",
                str(run.report.get("error", "")),
            )
        )
    return found


_COUNTED = ("added", "changed", "removed", "failed")


def _list(report: Mapping[str, Any], key: str) -> list[Any]:
    """A list of a report, which an older program may have written without it."""
    found = report.get(key, [])
    return found if isinstance(found, list) else []


def _rows(report: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [row for row in _list(report, key) if isinstance(row, dict)]


def _moment(text: str, words: Texts) -> str:
    """A time of the library in local time, for display; empty stays empty."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone()
    return words(
        "runs.moment",
        year=at.year,
        month=at.month,
        day=at.day,
        hour=f"{at.hour:02}",
        minute=f"{at.minute:02}",
    )


ROUTES = [Route("/staff/runs", overview), Route("/staff/runs/{id:int}", one)]
