"""What may be connected to, and that the connection goes to the very address judged."""

import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpcore
import pytest

from indexer.fetch import guard, networks
from indexer.fetch.client import Client
from indexer.fetch.fault import FetchError
from kb.errors import ConfigError
from kb.websource import WebConfig
from tests.support import site as sites
from tests.support.site import HOST, Site

INSIDE = """
0.0.0.0 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 fc00::1
fd12:3456::1 fe80::1 fec0::1 ff02::1 ff0e::1 ::808:808 ::ffff:0:a00:1 ::ffff:0:808:808
192.0.0.9 192.0.0.192 192.88.99.1 100:0:0:1::1 2001:1::1 2001:2::1 2001:0:4136:e378:8000:63bf:f5ff:fffe
3fff::1 3fff:fff::1 5f00::1 4000::1 1::1 64:ff9b:1:a00:1:: 2002:c0a8:101::1 2002:c058:6301:: fe80::1%eth0
::ffff:10.0.0.1%1 ::1%lo
""".split()
OUTSIDE = (
    "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.32.0.1 223.5.5.5 2400:3200::1 2606:4700::1"
)


@pytest.fixture
def site() -> Iterator[Site]:
    with sites.serve() as served:
        yield served


@pytest.mark.parametrize("text", INSIDE)
def test_inner_addresses_are_known(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert networks.is_inside(address)
    assert not guard.may_connect(address, ())


def test_the_table_holds_what_python_knows_and_more() -> None:
    table = [r.prefix for r in networks.load()]
    for constants in (ipaddress._IPv4Constants, ipaddress._IPv6Constants):  # type: ignore[attr-defined]
        for known in constants._private_networks:
            same = [t for t in table if t.version == known.version]
            assert any(known.subnet_of(t) for t in same), known
    for prefix in table:
        for address in (prefix[0], prefix[-1]):
            assert networks.is_inside(address) or prefix.version == 6
    for text in ("date = 2025-01-01", "", 'date = 2025-01-01\nnetwork = [{prefix = "10.0.0.1/8"}]'):
        with pytest.raises(ConfigError, match=r"networks\.toml"):
            networks.parse(text)
    wrong = 'date = 2025-01-01\n[[network]]\nname = "a"\nrfc = "b"\nprefix = '
    for text in ('"10.0.0.1/8"', '"10.0.0.0/8"\nipv4 = 0', '"2002::/16"\nipv4 = 97'):
        with pytest.raises(ConfigError, match="第 1 个"):
            networks.parse(wrong + text)


def test_what_a_name_leads_to_is_judged_and_recorded_not_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Recorder:
        def connect_tcp(self, host: str, port: int, **_: object) -> object:
            asked.append(host)
            raise httpcore.ConnectError("recorded")

    def connect(*addresses: str) -> None:
        backend = guard.GuardedBackend((), time.monotonic() + 5, lambda _h, _p: addresses)
        monkeypatch.setattr(backend, "_plain", Recorder())
        backend.connect_tcp("example.test", 80)

    for inner in INSIDE:
        with pytest.raises(FetchError):
            connect(inner)
    assert asked == []
    with pytest.raises(httpcore.ConnectError):
        connect("10.0.0.1", "8.8.8.8", "5f00::1", "2606:4700::1")
    assert asked == ["8.8.8.8", "2606:4700::1"]


@pytest.mark.parametrize("text", [*OUTSIDE.split(), "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_outer_addresses_are_free(text: str) -> None:
    assert guard.may_connect(ipaddress.ip_address(text), ())


def test_a_source_names_its_networks_and_no_others() -> None:
    config = WebConfig(("http://a/",), allow_private=("10.1.0.0/16", "::1/128"))
    allowed = config.networks
    good = ("10.1.2.3", "::ffff:10.1.2.3", "::1", "8.8.8.8")
    bad = ("10.2.0.1", "127.0.0.1", "::2", "64:ff9b::a01:203", "fe80::1")
    assert [t for t in good + bad if guard.may_connect(ipaddress.ip_address(t), allowed)] == [*good]
    every = WebConfig(("http://a/",), allow_private=("0.0.0.0/0", "::/0")).networks
    assert guard.may_connect(ipaddress.ip_address("127.0.0.1"), every)
    for never in ("0.0.0.0", "224.0.0.1", "::", "ff02::1"):
        assert not guard.may_connect(ipaddress.ip_address(never), every)


class Resolver:
    """Says other addresses each time it is asked, as a rebinding name server does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0)


def client(site: Site, resolver: guard.Resolve, **more: object) -> tuple[Client, str]:
    port = site.url.rpartition(":")[2]
    config = WebConfig(
        (site.url,), delay=0, timeout=0.5, deadline=1.0, allow_private=(f"{HOST}/32",), **more
    )  # type: ignore[arg-type]
    return Client(config, 10_000, resolver), f"http://news.example.gov.cn:{port}/a.html"


def test_a_name_is_resolved_once_for_each_connection(site: Site) -> None:
    site.page("/a.html", "通知", "正文")
    # Good when judged, another machine when asked again: there is no asking again.
    resolver = Resolver([HOST], [HOST], ["127.0.0.1"])
    fetcher, place = client(site, resolver)
    assert b"<h1>" in fetcher.read(place, 10_000).data
    assert resolver.asked == 2  # robots.txt and the page
    assert site.asked("/a.html")[0].header("host") == place.split("/")[2]
    with pytest.raises(FetchError) as raised:
        fetcher.read(place, 10_000)
    assert raised.value.reason == "inner-address"
    assert len(site.asked("/a.html")) == 1


def test_of_several_addresses_only_the_allowed_are_tried(site: Site) -> None:
    site.page("/a.html", "通知", "正文")
    inner = ["127.0.0.1", "169.254.169.254", "fe80::1%lo", "::1"]
    fetcher, place = client(site, Resolver([*inner, HOST], [*inner, HOST]))
    assert fetcher.read(place, 10_000).data
    refused, place = client(site, Resolver(inner))
    with pytest.raises(FetchError, match="内部地址"):
        refused.read(place, 10_000)


def test_a_resolver_that_hangs_is_not_waited_for(site: Site) -> None:
    def slow(host: str, port: int) -> Sequence[str]:
        site.over.wait(10)
        return [HOST]

    fetcher, place = client(site, slow)
    started = time.monotonic()
    with pytest.raises(FetchError) as raised:
        fetcher.read(place, 10_000)
    assert time.monotonic() - started < 8
    assert raised.value.reason == "robots-unreachable"


def test_a_name_that_does_not_exist_is_said_so(site: Site) -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror("no such name")

    fetcher, place = client(site, unknown)
    with pytest.raises(FetchError) as raised:
        fetcher.read(place, 10_000)
    assert (raised.value.reason, raised.value.dead) == ("dns", True)


def listening(act: Callable[[socket.socket], None]) -> tuple[socket.socket, int]:
    """A bare socket on the site's host; `act` takes each connection."""
    server = socket.create_server((HOST, 0))

    def take(connection: socket.socket) -> None:
        with connection:
            act(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=take, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server, server.getsockname()[1]


def test_a_handshake_that_drips_ends_at_the_deadline() -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        # The head of a record of 16 KB, then a byte now and then.
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not over.wait(0.05):
            try:
                connection.sendall(b"\x02")
            except OSError:
                return

    server, port = listening(drip)
    try:
        config = WebConfig(
            ("https://a/",), delay=0, timeout=0.4, deadline=0.8, allow_private=(f"{HOST}/32",)
        )
        started = time.monotonic()
        with pytest.raises(FetchError):
            Client(config, 1000).read(f"https://{HOST}:{port}/", 1000)
        assert time.monotonic() - started < 8
    finally:
        over.set()
        server.close()


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.2 -keyout k -out c"
    subprocess.run([openssl, *command.split()], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                heard.append(secure.recv(1000))
                secure.sendall(b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n")
        except OSError:
            connection.close()

    server, port = listening(answer)
    config = WebConfig(("https://a/",), delay=0, timeout=2.0, allow_private=(f"{HOST}/32",))
    try:
        with pytest.raises(FetchError) as raised:
            Client(config, 1000).read(f"https://{HOST}:{port}/", 1000)
        assert (raised.value.reason, raised.value.dead) == ("tls", True)
        assert not any(heard)
    finally:
        server.close()
