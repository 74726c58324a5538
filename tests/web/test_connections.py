"""Connections that ask for nothing, too slowly, or too much: the site answers everybody else."""

import http.client
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kb.documents import Audience, Document, Kind, Passage
from kb.settings import Settings
from tests.support import dictionary
from web import connections

FILES = 256
ONE = Document(
    "only00000001", "唯一", Kind.OTHER, Audience.PUBLIC, (Passage("p1", "", (), "一段。"),)
)


@contextmanager
def kb_serve(data_dir: Path, files: int = FILES, workers: int = 1) -> Iterator[tuple[int, Path]]:
    """A real server that may open so many files: (port, its log)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-c", "from web.commands import serve; serve()"]
    command += ["--data-dir", str(data_dir), "--port", str(port), "--workers", str(workers)]
    log = dictionary.put(data_dir) / "serve.log"
    limits = (files, files)
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits),  # noqa: PLW1509
        ) as process,
    ):
        try:
            for _ in range(300):
                try:
                    assert get(port, "/healthz")[0] == 200
                    break
                except OSError:
                    assert process.poll() is None, log.read_text("utf-8")
                    time.sleep(0.2)
            yield port, log
        finally:
            process.terminate()
            assert process.wait(30) is not None


def get(port: int, path: str) -> tuple[int, float]:
    """Status, and seconds it took from the connection on."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status, time.monotonic() - began
    finally:
        connection.close()


def opened(port: int, sent: bytes) -> socket.socket:
    """A connection that has sent something."""
    one = socket.create_connection(("127.0.0.1", port), timeout=20)
    one.sendall(sent)
    return one


def closed(one: socket.socket, within: float) -> bool:
    """Whether the other end hangs up in time; what it says before is read."""
    one.settimeout(within)
    try:
        while one.recv(65_536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST"])
def test_hundreds_of_half_sent_requests_keep_nobody_out(
    make_base: Any, tmp_path: Any, sent: Any
) -> None:
    make_base([ONE])
    with kb_serve(tmp_path) as (port, log), ExitStack() as held:
        for _ in range(500):
            held.enter_context(opened(port, sent))
        for _ in range(5):
            status, seconds = get(port, "/about")
            assert status == 200
            assert seconds < 10
        text = log.read_text("utf-8")
        assert "out of system resource" not in text
        assert len(text) < 5_000


def test_slow_bodies_make_room_too(make_base: Any, tmp_path: Any) -> None:
    make_base([ONE])
    head = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\na"
    with kb_serve(tmp_path) as (port, log), ExitStack() as held:
        for _ in range(300):
            held.enter_context(opened(port, head))
        assert get(port, "/about")[0] == 200
    assert "Traceback" not in log.read_text("utf-8")


def test_who_hangs_up_is_one_quiet_line(make_base: Any, tmp_path: Any) -> None:
    make_base([ONE])
    parts = (
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nname=secret",
        b"POST /display HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    )
    with kb_serve(tmp_path) as (port, log):
        before = log.read_text("utf-8").count("\n")
        for sent in (*parts, b"GET /ab", b"GET /search?q=secret HTTP/1.1\r\nHost: x\r\n\r\n"):
            one = opened(port, sent)
            time.sleep(0.3)
            # Reset, not closed.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        time.sleep(1)
        lines = log.read_text("utf-8").splitlines()[before:]
    text = "\n".join(lines)
    assert "Traceback" not in text
    assert "secret" not in text
    assert sum(" 499 " in line for line in lines) == len(parts), text
    assert all(" INFO " in line for line in lines), text
    assert len(lines) <= len(parts) + 2, (
        text
    )  # the search may have been answered, the start be late


@pytest.fixture
def server(knowledge: Any, serve: Any, tmp_path: Any, monkeypatch: Any) -> Any:
    """A server in this process with short limits; its port."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.6)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.6)
    monkeypatch.setattr(connections, "READ_SECONDS", 0.6)
    with serve(knowledge, Settings(data_dir=tmp_path)) as address:
        yield int(address.rpartition(":")[2])


def _drip(one: socket.socket, seconds: float) -> bool:
    """Sends a byte now and then; whether the other end hung up meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            one.sendall(b"a")
        except ConnectionError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nX: ",
        b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: ",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n",
    ],
)
def test_a_byte_now_and_then_buys_no_time(server: Any, sent: Any) -> None:
    with opened(server, sent) as one:
        assert _drip(one, 10)


def test_a_connection_that_says_nothing_is_ended(server: Any) -> None:
    with opened(server, b"") as one:
        assert closed(one, 10)


def test_an_answer_that_nobody_reads_is_given_up(server: Any) -> None:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    one.connect(("127.0.0.1", server))
    with one:
        one.settimeout(20)
        asked = b"GET /static/site.css HTTP/1.1\r\nHost: x\r\n\r\n"
        one.sendall(asked * 1_000)
        assert _drip(one, 20)


def test_who_reads_slowly_but_reads_gets_it_all(server: Any) -> None:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    one.connect(("127.0.0.1", server))
    with one:
        one.settimeout(20)
        one.sendall(b"GET /static/site.css HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        while piece := one.recv(4_096):
            size += len(piece)
            time.sleep(0.05)
    assert size > Path(connections.__file__).with_name("static").joinpath("site.css").stat().st_size


def test_beyond_capacity_the_one_awaited_longest_makes_room(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(connections, "capacity", lambda: 3)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 60)
    first, *others = [opened(server, b"") for _ in range(3)]
    assert get(server, "/robots.txt")[0] == 200
    assert closed(first, 5)
    assert not closed(others[1], 0.3)
    for one in (first, *others):
        one.close()


def _chunked(size: int) -> Iterator[bytes]:
    for _ in range(size // 1_000):
        yield b"a" * 1_000


@pytest.mark.parametrize("size", [9_000, 2_000_000])
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("path", ["/login", "/display", "/search", "/api/v1/search"])
def test_a_body_too_large_is_refused_readably(
    server: Any, monkeypatch: Any, size: Any, declared: Any, path: Any
) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", 20)
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=20)
    body = b"a" * size if declared else _chunked(size)
    connection.request("POST", path, body, encode_chunked=not declared, headers=_how(declared))
    answer = connection.getresponse()
    assert answer.status == (413 if declared or "search" not in path else 405)
    if answer.status == 413:
        assert answer.getheader("connection") == "close"
        assert "超过限制" in answer.read().decode() or path.startswith("/api")
    connection.close()


def _how(declared: bool) -> dict[str, str]:
    return {} if declared else {"Transfer-Encoding": "chunked"}


def test_who_asks_first_is_refused_before_sending(server: Any) -> None:
    sent = b"POST /login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9000000\r\n\r\n"
    with opened(server, sent) as one:
        assert one.recv(100).startswith(b"HTTP/1.1 413")


def test_capacity_leaves_files_for_the_rest(monkeypatch: Any) -> None:
    for soft, expected in ((256, range(16, 128)), (1_024, range(600, 896)), (65_536, (1_000,))):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        connections.capacity.cache_clear()
        assert connections.capacity() in expected
    connections.capacity.cache_clear()
