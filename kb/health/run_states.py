"""Displayed run states, and the expected time of the next run."""

import json
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from kb.library import Run

TIMER = "pufa-kb-refresh.timer"
"""The systemd timer of deploy/."""

_LEAST = 3
_STEADY = 0.25


@dataclass(frozen=True, slots=True)
class Next:
    """The next run. when: local time, ISO 8601 to the minute, empty if unknown. how: timer (reported by
    systemd), usual (from past run times) or unknown."""

    when: str
    how: str


def shown_state(run: Run, writing: bool) -> str:
    """A run's state; an unfinished one without an active writer was interrupted."""
    return "interrupted" if run.state == "running" and not writing else run.state


def next_run(past: Sequence[Run], now: datetime | None = None) -> Next:
    """Expected next `kb refresh`. past: its runs, newest first."""
    timer = _timer()
    if timer is not None:
        return Next(_minute(timer), "timer")
    usual = _usual(past, now or datetime.now(UTC))
    return Next(_minute(usual), "usual") if usual is not None else Next("", "unknown")


def _timer() -> datetime | None:
    program = shutil.which("systemctl")
    if program is None:
        return None
    command = [program, "list-timers", "--all", "--output=json", TIMER]
    try:
        # Program and arguments are constants.
        done = subprocess.run(command, capture_output=True, timeout=5, check=True)  # noqa: S603
        (entry,) = json.loads(done.stdout)
        return datetime.fromtimestamp(int(entry["next"]) / 1_000_000, UTC)
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError, OverflowError):
        return None


def _usual(past: Sequence[Run], now: datetime) -> datetime | None:
    """The last start plus the usual interval between starts, if there is one: cron runs at even
    intervals, manual runs don't."""
    starts = [datetime.fromisoformat(r.started) for r in past[: 2 * _LEAST]]
    gaps = [(a - b).total_seconds() for a, b in pairwise(starts)]
    if len(gaps) < _LEAST:
        return None
    gap = statistics.median(gaps)
    even = sum(abs(g - gap) <= _STEADY * gap for g in gaps)
    if gap < 60 or even < len(gaps) - 1:
        return None
    coming = starts[0] + timedelta(seconds=gap)
    return coming if coming > now - timedelta(seconds=gap) else None


def _minute(moment: datetime) -> str:
    return moment.astimezone().isoformat(timespec="minutes")
