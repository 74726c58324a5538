"""The layer around every page: headers, limits, the access log, the last-resort error handler.

Plain ASGI, so that it costs microseconds and also covers the framework's own responses.
"""

import logging
import time
import traceback
from collections.abc import Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.bodies import Body, TooLargeError
from web.hosts import Hosts
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
"""Bytes of a query string; longer ones are refused before parsing."""

VARY = "Cookie, Host"
"""What responses vary by besides their address. Host: some caches ignore the host name."""

access = logging.getLogger("web.access")
errors = logging.getLogger("web.errors")

GONE = 499
"""The status logged if the client disconnected, as in nginx."""

Fail = Callable[[Request, int, BaseException | None], Response]
"""Creates the error page or JSON for a status."""


class Guard:
    """Outermost. Adds HEADERS, refuses malformed requests, logs, and responds if all else fails.

    The log has method, path, status and time: no query string, no client address or name.
    """

    def __init__(self, app: ASGIApp, fail: Fail, hosts: Hosts) -> None:
        self.app = app
        self.fail = fail
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        body = Body(scope, receive)

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
            refused = self._refusal(scope)
            if refused:
                await self._answer(scope, refused)(scope, receive, send_guarded)
            else:
                body.check()
                await self.app(scope, body.receive, send_guarded)
        except TooLargeError:
            if status:
                raise
            await body.drain()
            response = self._answer(scope, 413)
            response.headers["Connection"] = "close"
            await response(scope, receive, send_guarded)
        except ClientDisconnect:
            status = GONE
        except Exception as e:
            # The message may contain the query; type and location are enough to find the fault.
            errors.error("%s %s: %s", scope["method"], _path(scope), _describe(e))
            if status:
                raise
            await self._answer(scope, 500, e)(scope, receive, send_guarded)
        finally:
            took = 1000 * (time.perf_counter() - began)
            access.info("%s %s %d %.1f ms", scope["method"], _path(scope), status, took)

    def _answer(self, scope: Scope, status: int, error: BaseException | None = None) -> Response:
        """The page or JSON for a status; a bare line if that can't be created either."""
        try:
            return self.fail(Request(scope), status, error)
        except Exception as e:
            errors.error("%s %s: %s", scope["method"], _path(scope), _describe(e))
            return PlainTextResponse(f"{status}\n", status)

    def _refusal(self, scope: Scope) -> int:
        """The status to refuse a request with at any address, or 0."""
        if len(scope["query_string"]) > MAX_QUERY_STRING:
            return 414
        return self.hosts.status(Headers(scope=scope).get("host", ""))


class Freshness:
    """Identifies the client, and answers 304 if the public's cached copy of a page is still valid.

    Pages for staff are never cached. With a cookie `identify` may read a database: it runs in a
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
            headers = {"ETag": etag, "Cache-Control": "public, no-cache", "Vary": VARY}
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return

        async def send_fresh(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header(VARY)
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


def _path(scope: Scope) -> str:
    return quote(scope["path"][:200], errors="replace")


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
