"""Runs searches that may take tenths of a second off the event loop."""

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from kb.search.query import parse
from web import errors
from web.threads import Threads

T = TypeVar("T")

AT_A_TIME, WAITING = 2, 16
"""Heavy searches of a process that run, and that wait; further ones are asked to retry later."""

LONG = 60
"""Characters of a query beyond which it counts as heavy."""


class Heavy:
    """The heavy searches of one process."""

    def __init__(self) -> None:
        self._threads = Threads(AT_A_TIME, WAITING)

    async def run(self, request: Request, query: str, work: Callable[[], T]) -> T | Response:
        """Returns the result of `work`: directly for an ordinary query, else from a thread; or a refusal."""
        if not is_heavy(query):
            return work()
        if self._threads.full:
            response = errors.answer(request, 429)
            response.headers["Retry-After"] = "2"
            return response
        return await self._threads.run(work)


def is_heavy(query: str) -> bool:
    """Whether it is long, or has phrases or exclusions, which require scanning texts."""
    if len(query) > LONG:
        return True
    parsed = parse(query)
    return bool(parsed.phrases or parsed.excluded)
