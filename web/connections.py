"""Connection limits: how long a client may take, and how many connections there are at a time.

uvicorn limits idle connections only. Here every stage that waits for the client has a time limit:
sending a head, sending a body, reading a response. Connections stay below the process's file limit;
beyond that the one stalled longest is closed, so that hundreds of silent connections lock nobody
out. Behind a reverse proxy this is the second line of defence.
"""

import asyncio
import logging
import resource
from functools import lru_cache
from pathlib import Path
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
BODY_SECONDS = 10.0
"""Bodies are forms of a few hundred bytes."""

READ_SECONDS, READ_LEAST = 20.0, 4_096
"""Minimum reading pace of a response; a slower connection is closed."""

BACKLOG = 32
"""Connections that wait to be accepted, and that are accepted in one iteration of the loop."""

_PENDING = 4 * BACKLOG
"""Files that connections hold beside those counted: asyncio accepts a batch in each iteration, makes its
transports in the next, tells the protocol in the third, and closes what that aborts in the fourth."""

MOST, LEAST = 1_000, 16

log = logging.getLogger("web.errors")


@lru_cache(maxsize=1)
def capacity() -> int:
    """Maximum connections of this process. As many files as are open now are reserved for the next
    generation, and _PENDING for connections accepted before the loop has closed others."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST
    fitting = soft - 2 * sum(1 for _ in Path("/dev/fd").iterdir()) - _PENDING
    if fitting < LEAST:
        log.warning("only %d files may be open (LimitNOFILE, ulimit -n)", soft)
    return max(LEAST, min(MOST, fitting))


class Connection(H11Protocol):
    """A connection with time limits for its client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Never reached, as room is made before: uvicorn would refuse even the earliest connections.
        self.limit_concurrency = capacity() + _PENDING
        self._stage = ""
        self._since = 0.0
        self._limit: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None
        self._unread = 0

    @property
    def awaited(self) -> bool:
        """Whether the server is waiting for the client to send or to read."""
        return bool(self._stage) or self.transport.get_write_buffer_size() > 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._turn("head", HEAD_SECONDS)
        if len(self.connections) > capacity():
            others = [
                c
                for c in self.connections
                if isinstance(c, Connection) and c.awaited and not c.transport.is_closing()
            ]
            min(others, key=lambda c: c._since).transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except h11.LocalProtocolError:
            # A malformed request can't be answered while a response is in progress.
            self.transport.abort()
            return
        if self.conn.their_state is h11.IDLE:
            self._turn("head", HEAD_SECONDS)
        elif self.conn.their_state is h11.SEND_BODY:
            self._turn("body", BODY_SECONDS)
        else:
            self._turn("")

    def connection_lost(self, exc: Exception | None) -> None:
        self._turn("")
        self._reader = _cancelled(self._reader)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_reader()
        elif self.conn.their_state is h11.IDLE:
            self._turn("idle")  # uvicorn's own limit applies

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        self._reader = _cancelled(self._reader)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self._watch_reader()
        else:
            super().timeout_keep_alive_handler()

    def _turn(self, stage: str, seconds: float = 0.0) -> None:
        """Notes the stage. Within a stage the limit stays, however many bytes arrive."""
        if stage == self._stage:
            return
        self._limit = _cancelled(self._limit)
        self._stage, self._since = stage, self.loop.time()
        if seconds:
            self._limit = self.loop.call_later(seconds, self.transport.abort)

    def _watch_reader(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._reader = _cancelled(self._reader)
        if self._unread:
            self._reader = self.loop.call_later(READ_SECONDS, self._check_reader)

    def _check_reader(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left > max(0, self._unread - READ_LEAST):
            self.transport.abort()
        elif left:
            self._watch_reader()
        elif self.cycle.response_complete and self._stage == "idle":
            super().timeout_keep_alive_handler()


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
