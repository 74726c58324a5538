"""Work that goes to threads: so much at a time, and no more waiting than will still be of use."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")


class Threads:
    """Threads apart from those that pages wait for (`web.app.THREADS`). Used on one loop."""

    def __init__(self, at_a_time: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(at_a_time)
        self._most = at_a_time + waiting
        self._here = 0

    @property
    def full(self) -> bool:
        """Whether more would only wait in vain."""
        return self._here >= self._most

    async def run(self, work: Callable[[], T]) -> T:
        self._here += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._here -= 1
