"""Work in threads, with limits on how much runs and how much waits."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")


class Threads:
    """Threads separate from those for pages (`web.app.THREADS`). Used on one event loop."""

    def __init__(self, at_a_time: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(at_a_time)
        self._most = at_a_time + waiting
        self._here = 0

    @property
    def full(self) -> bool:
        """Whether further work would wait in vain."""
        return self._here >= self._most

    async def run(self, work: Callable[[], T]) -> T:
        self._here += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._here -= 1
