"""When a failed item is retried: after 1, 2, 4 … days, at most 30."""

import importlib.util
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from kb import office
from kb.library import Item, ItemState

_LONGEST = 30

AT_ONCE = frozenset({"permission", "io", "missing", "too-large", "changed", "link-outside"})
"""Reasons that lie in the location or the settings, not in the bytes; retrying costs little."""


def _office() -> bool:
    return office.find() is not None


def _ocr() -> bool:
    return importlib.util.find_spec("rapidocr") is not None


CURES: Mapping[str, Callable[[], bool]] = {
    "missing-tool": _office,
    "no-isolation": office.can_isolate,
    "scanned": _ocr,
}
"""Reasons caused by a missing program, and whether it is installed now."""


def retry_on(failures: int, today: date, reason: str) -> str:
    """The first day of the next retry, after so many consecutive failures; empty for at once."""
    if reason in AT_ONCE:
        return ""
    # Days, not hours: the nightly run starts a few minutes earlier or later than last night.
    days = min(2 ** min(failures - 1, 10), _LONGEST)
    return (today + timedelta(days=days)).isoformat()


def waits(item: Item, size: int, mtime_ns: int, today: date) -> bool:
    """Whether an item, found with this size and time, is skipped today because it failed."""
    if item.state is not ItemState.FAILED or (item.size, item.mtime_ns) != (size, mtime_ns):
        return False
    if item.reason in AT_ONCE or (item.reason in CURES and CURES[item.reason]()):
        return False
    return item.retry_on > today.isoformat()
