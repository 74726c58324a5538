"""Request bodies: no larger than a form needs, at any address."""

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

MAX_BODY = 8_192
"""Bytes of a body."""

MAX_DRAINED = 16 << 20
"""Bytes of an oversized body that are read and discarded before the refusal is sent."""


class TooLargeError(Exception):
    """A body has more than MAX_BODY bytes."""


class Body:
    """The body of one request. `receive` replaces the server's own."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._declared = headers.get("content-length", "0")
        self._asks_first = headers.get("expect", "").lower() == "100-continue"
        self._read = 0
        self._over = False

    def check(self) -> None:
        """Raises TooLargeError if the request's Content-Length exceeds the limit."""
        if not self._declared.isdecimal() or int(self._declared[:20]) > MAX_BODY:
            raise TooLargeError

    async def receive(self) -> Message:
        """Raises TooLargeError once more bytes than allowed have arrived."""
        message = await self._receive()
        self._read += len(message.get("body", b""))
        self._over = not message.get("more_body")
        if self._read > MAX_BODY:
            raise TooLargeError
        return message

    async def drain(self) -> None:
        """Reads the rest: closing a connection while bytes still arrive may discard the response before
        the client reads it (RFC 9112, section 9.6). The server ends senders that take too long."""
        while not self._over and self._read <= MAX_DRAINED and not self._asks_first:
            message = await self._receive()
            self._read += len(message.get("body", b""))
            self._over = not message.get("more_body")
