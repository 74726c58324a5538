"""What stands between the network and every page: headers, limits, the access log, last resort.

Plain ASGI, so that it costs microseconds and also covers what the framework answers itself.
"""

import logging
import re
import time
import traceback
from collections.abc import Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.site import Visitor

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

MAX_QUERY_STRING = 32_768
"""Bytes of a query string; longer ones are refused before anything reads them."""

access = logging.getLogger("web.access")
errors = logging.getLogger("web.errors")

_HOST = re.compile(r"[A-Za-z0-9._~-]{1,253}(?::\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")

Fail = Callable[[Request, int, BaseException | None], Response]
"""Makes the error page or JSON for a status."""


class Guard:
    """Outermost. Adds HEADERS, refuses what is malformed, logs, and answers when all else fails.

    The log has method, path, status and time: no query string, no address or name of the asker.
    """

    def __init__(self, app: ASGIApp, fail: Fail) -> None:
        self.app = app
        self.fail = fail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            refused = _refusal(scope)
            if refused:
                await self.fail(Request(scope), refused, None)(scope, receive, send_guarded)
            else:
                await self.app(scope, receive, send_guarded)
        except Exception as e:
            # The message may hold what was asked for; type and place are enough to find the fault.
            errors.error("%s %s: %s", scope["method"], _path(scope), _describe(e))
            if status:
                raise
            await self.fail(Request(scope), 500, e)(scope, receive, send_guarded)
        finally:
            took = 1000 * (time.perf_counter() - began)
            access.info("%s %s %d %.1f ms", scope["method"], _path(scope), status, took)


class Freshness:
    """Finds out who asks, and answers 304 where the public's copy of a page still holds.

    Pages for staff are never stored. With a cookie `identify` may read a database: it runs in a
    thread then.
    """

    def __init__(self, app: ASGIApp, identify: Callable[[Request], tuple[Visitor, str]]) -> None:
        self.app = app
        self.identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if "cookie" in request.headers:
            visitor, etag = await run_in_threadpool(self.identify, request)
        else:
            visitor, etag = self.identify(request)
        scope["visitor"] = visitor
        if scope["method"] in ("GET", "HEAD") and etag and _holds(etag, request.headers):
            headers = {"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Cookie"}
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return

        async def send_fresh(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Cookie")
                if not etag:
                    headers["Cache-Control"] = "private, no-store"
                elif message["status"] == 200 and "cache-control" not in headers:
                    headers["ETag"] = etag
                    headers["Cache-Control"] = "public, no-cache"
            await send(message)

        await self.app(scope, receive, send_fresh)


def _holds(etag: str, headers: Headers) -> bool:
    given = headers.get("if-none-match", "")
    return etag in (tag.strip() for tag in given.split(","))


def _refusal(scope: Scope) -> int:
    """The status to refuse a malformed request with, or 0."""
    if len(scope["query_string"]) > MAX_QUERY_STRING:
        return 414
    host = Headers(scope=scope).get("host", "")
    return 400 if host and not _HOST.fullmatch(host) else 0


def _path(scope: Scope) -> str:
    return quote(scope["path"][:200], errors="replace")


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
