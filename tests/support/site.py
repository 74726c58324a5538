"""A web site of the project's own, on loopback, that misbehaves in every way a site can."""

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.2"
"""Not 127.0.0.1: sources allow this address alone, so that a redirect to that one is refused."""

ALLOW = f'allow_private = "{HOST}/32"'


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the site's route, or says 404."""

    protocol_version = "HTTP/1.1"
    site: "Site"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _serve(self, sent: bytes) -> None:
        self.close_connection = True
        self.site.requests.append(Request(self.command, self.path, dict(self.headers), sent))
        route = self.site.routes.get(self.path) or self.site.routes.get(self.path.split("?")[0])
        try:
            (route or status(404))(self)
        except OSError:  # the client hung up, as it should
            self.site.hung_up.add(self.path)

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer; _ in the name of a header stands for -."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "content_length" not in headers and "transfer_encoding" not in headers:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


Route = Callable[[Handler], None]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return next((v for k, v in self.headers.items() if k.lower() == name.lower()), "")


@dataclass
class Site:
    """routes: path (with query or without) → what answers; may change while it runs."""

    url: str = ""
    routes: dict[str, Route] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    hung_up: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def asked(self, path: str) -> list[Request]:
        """The requests for a path, with or without a query."""
        return [r for r in self.requests if path in (r.path, r.path.split("?")[0])]

    def page(self, path: str, title: str, *paragraphs: str, more: str = "") -> str:
        """Serves a proper page; its address."""
        self.routes[path] = html(article(title, *paragraphs, more=more))
        return self.url + path


@contextmanager
def serve() -> Iterator[Site]:
    """The site on a free port, until the end of the block."""
    site = Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    site.url = f"http://{HOST}:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield site
    finally:
        site.over.set()
        server.shutdown()
        server.server_close()


def article(title: str, *paragraphs: str, more: str = "", head: str = "") -> str:
    """A page as government sites make them."""
    text = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        f"<!DOCTYPE html><html><head>{head}<title>{title}</title></head><body>"
        f'<div class="nav"><a href="/">首页</a></div><h1>{title}</h1>'
        f'<div class="TRS_Editor">{text}{more}</div></body></html>'
    )


def html(text: str, **headers: str) -> Route:
    headers.setdefault("content_type", "text/html; charset=utf-8")
    return lambda h: h.answer(200, text.encode(), **headers)


def body(data: bytes, **headers: str) -> Route:
    return lambda h: h.answer(200, data, **headers)


def status(code: int, **headers: str) -> Route:
    return lambda h: h.answer(code, b"", **headers)


def redirect(place: str, code: int = 302) -> Route:
    return lambda h: h.answer(code, b"", location=place)


def validated(text: str, etag: str = "", modified: str = "") -> Route:
    """200 with validators, 304 to whoever has them."""
    known: dict[str, Any] = {k: v for k, v in (("etag", etag), ("last_modified", modified)) if v}

    def go(h: Handler) -> None:
        by_etag = bool(etag) and h.headers.get("if-none-match") == etag
        by_date = bool(modified) and h.headers.get("if-modified-since") == modified
        if by_etag or (by_date and not etag):
            h.answer(304, **known)
        else:
            h.answer(200, text.encode(), content_type="text/html; charset=utf-8", **known)

    return go


def hang(h: Handler) -> None:
    """Says nothing at all."""
    h.site.over.wait(20)


def hang_within(h: Handler) -> None:
    """Begins a body and stops."""
    h.send_response(200)
    h.send_header("content-type", "text/html")
    h.send_header("content-length", "100000")
    h.end_headers()
    h.wfile.write(b"<html><body><p>")
    h.wfile.flush()
    h.site.over.wait(20)


def drip(h: Handler) -> None:
    """A byte at a time, each soon enough for a limit on single reads."""
    h.send_response(200)
    h.send_header("content-type", "text/html")
    h.send_header("content-length", "100000")
    h.end_headers()
    while not h.site.over.wait(0.03):
        h.wfile.write(b"a")
        h.wfile.flush()


def drip_headers(h: Handler) -> None:
    """The same before the body."""
    h.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not h.site.over.wait(0.03):
        h.wfile.write(b"a")
        h.wfile.flush()


def huge(length: bool) -> Route:
    """2 GB, with or without saying so first; how much went out is noted by hanging up."""

    def go(h: Handler) -> None:
        h.send_response(200)
        h.send_header("content-type", "text/html")
        if length:
            h.send_header("content-length", str(2 << 30))
        h.end_headers()
        block = b"<p>" + b"x" * 65_533
        for _ in range((2 << 30) // len(block)):
            h.wfile.write(block)

    return go


def bomb(h: Handler) -> None:
    """2 GB of zeros in 2 MB of gzip."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    h.send_response(200)
    h.send_header("content-type", "text/html")
    h.send_header("content-encoding", "gzip")
    h.end_headers()
    block = b"\0" * 4_000_000
    for _ in range(500):
        h.wfile.write(packer.compress(block))
    h.wfile.write(packer.flush())


def truncated(h: Handler) -> None:
    """Says 5,000 bytes, sends 50, closes."""
    h.answer(200, b"<p>" + b"x" * 47, content_type="text/html", content_length="5000")


def truncated_gzip(h: Handler) -> None:
    packed = gzip.compress(article("被截断的", "正文" * 500).encode())
    h.answer(200, packed[: len(packed) // 2], content_type="text/html", content_encoding="gzip")


def garbage(h: Handler) -> None:
    """No HTTP."""
    h.wfile.write(b"\x16\x03\x01 hello\r\n\r\n")
