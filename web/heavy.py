"""Searches that may take tenths of a second are kept off the loop that answers everybody else."""

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from kb.search.query import parse
from web import errors
from web.threads import Threads

T = TypeVar("T")

AT_A_TIME, WAITING = 2, 16
"""Heavy searches of a process that run, and that wait; more are told to come later."""

LONG = 60
"""Characters of a query beyond which it counts as heavy."""


class Heavy:
    """The place of heavy searches of one process."""

    def __init__(self) -> None:
        self._threads = Threads(AT_A_TIME, WAITING)

    async def run(self, request: Request, query: str, work: Callable[[], T]) -> T | Response:
        """What `work` returns: at once for an everyday query, else from a thread; or a refusal."""
        if not is_heavy(query):
            return work()
        if self._threads.full:
            response = errors.answer(request, 429)
            response.headers["Retry-After"] = "2"
            return response
        return await self._threads.run(work)


def is_heavy(query: str) -> bool:
    """Whether it is long, or has phrases or exclusions, which are looked for in texts."""
    if len(query) > LONG:
        return True
    parsed = parse(query)
    return bool(parsed.phrases or parsed.excluded)
