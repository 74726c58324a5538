"""Which connections are allowed: never to an internal address, unless the source names its network.

The check is made at the connection: a name is resolved once, each of its addresses is checked, and
the connection goes to exactly the address checked. A name that resolves differently a moment later
(DNS rebinding) gains nothing, nor does a redirect.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from indexer.fetch.fault import FetchError
from indexer.fetch.networks import Address, is_inside
from kb.websource import Network

Resolve = Callable[[str, int], Sequence[str]]
"""Host name and port → its IP addresses as text. Raises OSError."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def may_connect(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether a connection to `address` is allowed. `allowed`: internal networks the source names."""
    if not is_inside(address):
        return True
    if address.is_multicast or address.is_unspecified:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in allowed)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to allowed addresses only, and ends everything at a deadline (`time.monotonic`)."""

    def __init__(
        self, allowed: Sequence[Network], deadline: float, resolver: Resolve = resolve
    ) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._resolve = resolver
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolves, checks, connects. Raises FetchError or httpcore's ConnectError."""
        usable = [a for a in self._addresses(host, port, timeout) if may_connect(a, self._allowed)]
        if not usable:
            raise FetchError(
                "inner-address",
                f"{host} 是内部地址，未访问。确需访问请在该来源写明 allow_private。",
            )
        for number, address in enumerate(usable):
            try:
                stream = self._plain.connect_tcp(
                    str(address),
                    port,
                    timeout=_left(self._deadline, timeout, httpcore.ConnectTimeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(usable) - 1:
                    raise
            else:
                return _TimedStream(stream, self._deadline)
        raise AssertionError("unreachable")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        raise FetchError("inner-address", "不支持本机套接字。")

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[Address]:
        try:
            return [ipaddress.ip_address(host.strip("[]"))]
        except ValueError:
            pass
        # The system's resolver has no timeout: it runs in a thread and answers into a queue, or too late.
        answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            found = answers.get(timeout=_left(self._deadline, timeout, httpcore.ConnectTimeout))
        except queue.Empty:
            raise httpcore.ConnectTimeout(f"no answer on {host}") from None
        if isinstance(found, Exception):
            raise FetchError("dns", f"查不到网站 {host} 的地址，请检查网址和网络。", dead=True)
        # A scope (fe80::1%eth0) names the interface and says nothing about the kind of address.
        return [ipaddress.ip_address(text.partition("%")[0]) for text in found]


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every operation ends at the deadline, however slowly the peer sends."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        # Python applies one timeout to all reads of a handshake.
        left = _left(self._deadline, timeout, httpcore.ConnectTimeout)
        secure = self._stream.start_tls(ssl_context, server_hostname, left)
        return _TimedStream(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None, late: type[Exception]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise late("deadline")
    return left if timeout is None else min(left, timeout)
