"""What is logged, with a rate limit: a repeated fault doesn't fill the disk."""

import logging
import time
from collections.abc import Callable
from typing import Any

MOST, MOST_OF_ALL, SECONDS = 5, 200, 60.0
"""Lines of one kind, and of all kinds together, per SECONDS."""


class Repeats(logging.Filter):
    """Lets MOST lines of a kind through in SECONDS. The next line after that states how many were dropped.

    A kind is the first line of a message, with its logger.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._began = now()
        self._lines: dict[tuple[str, str], int] = {}
        self._passed = self._held = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._now()
        if now - self._began >= SECONDS:
            if self._held:
                record.msg = (
                    f"{record.getMessage()} ({self._held} lines like this or others left out)"
                )
                record.args = ()
            self._began, self._passed, self._held = now, 0, 0
            self._lines.clear()
        kind = record.name, record.getMessage().partition("\n")[0][:100]
        count = self._lines.get(kind, 0)
        if count >= MOST or self._passed >= MOST_OF_ALL:
            self._held += 1
            return False
        self._lines[kind] = count + 1
        self._passed += 1
        return True


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "filters": {"repeats": {"()": "web.logs.Repeats"}},
    "handlers": {
        "requests": {"class": "logging.StreamHandler", "formatter": "line"},
        "faults": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["repeats"],
        },
    },
    "loggers": {
        "asyncio": {"handlers": ["faults"], "level": "WARNING", "propagate": False},
        "uvicorn": {"handlers": ["faults"], "level": "WARNING", "propagate": False},
        "web": {"handlers": ["faults"], "level": "INFO", "propagate": False},
        "web.access": {"handlers": ["requests"], "level": "INFO", "propagate": False},
    },
}
"""For logging.config. Requests are logged one line each, faults are rate-limited."""
