"""A polite HTTP client: guarded, with timeouts and limits, without cookies, proxies or hidden retries."""

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import certifi
import httpcore

from indexer.fetch import address as addresses
from indexer.fetch import body, robots
from indexer.fetch.fault import FetchError
from indexer.fetch.guard import GuardedBackend, Resolve, resolve
from indexer.fetch.pace import Pace
from kb import __version__
from kb.websource import WebConfig

MAX_REDIRECTS: Final = 5
TRIES: Final = 3
"""Tries per address in a run, if the fault may pass within seconds."""

_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_NO_CONNECTION: Final = frozenset(("inner-address", "dns", "connect", "tls", "bad-address"))
_BRIEF: Final = frozenset((429, 502, 503, 504))
_AGENT: Final = f"pufa-kb/{__version__}"
_LONGEST_WAIT: Final = 30 * 86_400.0
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """A final response. address: after redirects. headers: names in lower case. chunks: the body,
    decompressed and limited; it may be read once, while the response is open."""

    status: int
    address: str
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Page:
    """A listing in memory. address: after redirects; content_type: from the header."""

    address: str
    data: bytes
    content_type: str


class Client:
    """The fetching context of one source in one run. limit: bytes of a body."""

    def __init__(self, config: WebConfig, limit: int, resolver: Resolve = resolve) -> None:
        self._config = config
        self._limit = limit
        self._resolver = resolver
        self._networks = config.networks
        self._agent = config.agent or _AGENT
        self._token = self._agent.partition("/")[0].partition(" ")[0]
        self._robots = robots.Robots(self._ask_robots)
        self._tls = ssl.create_default_context()
        # In addition to the machine's own CA certificates (an office may have one): some machines have none.
        self._tls.load_verify_locations(certifi.where())
        self.pace = Pace(config.delay)

    def read(self, address: str, limit: int, sent: Mapping[str, Any] | None = None) -> Page:
        """A complete listing; `sent` is posted as JSON. Raises FetchError."""
        headers = {} if sent is None else {"content-type": "application/json;charset=utf-8"}
        content = None if sent is None else json.dumps(sent).encode()

        def once() -> Page:
            with self.open(address, headers, limit=limit, content=content) as answer:
                if not 200 <= answer.status < 300:
                    raise refused(answer.status, answer.headers)
                kind = answer.headers.get("content-type", "")
                return Page(answer.address, b"".join(answer.chunks), kind)

        return self.retrying(once)

    def retrying(self, act: Callable[[], _Result]) -> _Result:
        """The result of `act`, retried after a pause while its error may be transient. Raises FetchError."""
        for number in range(1, TRIES):
            try:
                return act()
            except FetchError as error:
                wait = self._config.delay * 2**number if error.wait is None else error.wait
                if not error.brief or wait > self._config.timeout:
                    raise
                time.sleep(wait)
        return act()

    @contextmanager
    def open(
        self,
        address: str,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int | None = None,
        content: bytes | None = None,
    ) -> Iterator[Answer]:
        """Requests once, following redirects, each checked like the first. Raises FetchError, also while
        the body is read."""
        deadline = time.monotonic() + self._config.deadline
        for hop in range(MAX_REDIRECTS + 1):
            try:
                pause = self._permitted(address)
            except FetchError as error:
                error.dead = error.dead and hop == 0  # otherwise the other host is dead
                raise
            with self._exchange(address, headers or {}, content, deadline, pause) as response:
                known = _headers(response)
                if response.status in _REDIRECTS and known.get("location"):
                    address = _next(address, known["location"])
                    continue
                most = self._limit if limit is None else limit
                yield Answer(response.status, address, known, _chunks(response, known, most))
                return
        raise FetchError("redirects", f"转向超过 {MAX_REDIRECTS} 次，未收录。")

    def _permitted(self, address: str) -> float:
        """The host's Crawl-delay. Raises FetchError if robots.txt disallows the address."""
        name = addresses.host(address)
        if self.pace.is_dead(name):
            raise FetchError("unreachable", f"网站 {name} 没有响应，本次不再访问。", dead=True)
        rules = self._robots.of(address)
        if rules.trouble is not None:
            raise _unreachable(name, rules.trouble)
        if not rules.allows(address, self._token):
            raise FetchError("robots", "网站的 robots.txt 不允许收录该地址。")
        return rules.delay(self._token)

    def _ask_robots(self, address: str) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._config.deadline
        for _ in range(MAX_REDIRECTS + 1):
            with self._exchange(address, {}, None, deadline, 0.0) as response:
                known = _headers(response)
                if response.status in _REDIRECTS and known.get("location"):
                    address = _next(address, known["location"])
                    continue
                if response.status >= 500:
                    raise refused(response.status, known)
                text = b""
                for chunk in _chunks(response, known, None):
                    text += chunk
                    if len(text) > robots.MAX_BYTES:
                        break
                return response.status, text[: robots.MAX_BYTES]
        raise FetchError("redirects", "robots.txt 转向过多。")

    @contextmanager
    def _exchange(
        self,
        address: str,
        headers: Mapping[str, str],
        content: bytes | None,
        deadline: float,
        pause: float,
    ) -> Iterator[httpcore.Response]:
        """One request on a connection of its own."""
        parts = urlsplit(address)
        host = addresses.host(address)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        url = httpcore.URL(
            scheme=parts.scheme.encode(),
            host=(parts.hostname or "").encode(),
            port=parts.port,
            target=target.encode(),
        )
        sent: dict[bytes | str, bytes | str] = {
            "host": host,
            "user-agent": self._agent,
            "accept": "*/*",
            "accept-language": "zh-CN,zh;q=0.9",
            "accept-encoding": "gzip, deflate",
            "connection": "close",
        }
        sent.update(headers.items())
        if content is not None:
            sent["content-length"] = str(len(content))
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), self._config.timeout)
        self.pace.wait(host, pause)
        backend = GuardedBackend(self._networks, deadline, self._resolver)
        try:
            with (
                httpcore.ConnectionPool(self._tls, network_backend=backend) as pool,
                pool.stream(
                    "GET" if content is None else "POST",
                    url,
                    headers=sent,
                    content=content,
                    extensions={"timeout": timeout},
                ) as response,
            ):
                yield response
        except FetchError as error:
            if error.reason == "dns":
                self.pace.silent(host, dead=True)
            else:
                self.pace.answered(host)
            raise
        except httpcore.TimeoutException as error:
            self.pace.silent(host, dead=False)
            late = time.monotonic() >= deadline
            seconds = self._config.deadline if late else self._config.timeout
            raise FetchError(
                "timeout", f"{seconds:g} 秒内没有{'传完' if late else '响应'}。"
            ) from error
        except httpcore.ConnectError as error:
            self.pace.silent(host, dead=False)
            if error.args and isinstance(error.args[0], ssl.SSLError):  # the pool drops the cause
                raise FetchError("tls", f"网站 {host} 的证书或加密方式不被信任。") from error
            raise FetchError("connect", f"网站 {host} 无法连接。", brief=True) from error
        except httpcore.LocalProtocolError as error:
            self.pace.answered(host)
            raise FetchError("bad-address", "网址不符合规范，无法访问。") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            self.pace.answered(host)
            if "complete message body" in str(error) or isinstance(error, httpcore.NetworkError):
                raise body.truncated() from error
            raise FetchError("bad-answer", "网站的应答不符合规范。", brief=True) from error
        self.pace.answered(host)


def refused(status: int, headers: Mapping[str, str]) -> FetchError:
    """The error of a status without content."""
    wait = _retry_after(headers.get("retry-after", ""))
    words = {
        401: "需要登录",
        403: "拒绝访问",
        404: "页面不存在",
        410: "页面已删除",
        429: "访问过于频繁",
    }
    said = words.get(status, "网站内部错误" if status >= 500 else "网站未给出内容")
    return FetchError(
        f"http-{status}",
        f"网站答复 {status}：{said}。",
        status=status,
        wait=wait if status in _BRIEF else None,
        brief=status in _BRIEF,
    )


def _retry_after(value: str) -> float | None:
    """Seconds to wait, from a number or a date (RFC 9110, section 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT)


def _unreachable(host: str, trouble: FetchError) -> FetchError:
    """Why a host whose robots.txt couldn't be fetched is left alone."""
    if trouble.reason in _NO_CONNECTION:
        return FetchError(trouble.reason, str(trouble), dead=True)
    message = f"网站 {host} 的 robots.txt 无法取得，按规定暂不访问。{trouble}"
    return FetchError("robots-unreachable", message, dead=True)


def _next(address: str, location: str) -> str:
    found = addresses.normal(location, address)
    if not found:
        raise FetchError("bad-redirect", f"转向的地址 {location[:80]!r} 不是网页，未访问。")
    return found


def _headers(response: httpcore.Response) -> dict[str, str]:
    known: dict[str, str] = {}
    for name, value in response.headers:
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        known.setdefault(name.decode("latin-1").lower(), text[:2000])
    return known


def _chunks(
    response: httpcore.Response, headers: Mapping[str, str], limit: int | None
) -> Iterator[bytes]:
    length = headers.get("content-length", "")
    if limit is not None and length.isdigit() and int(length[:18]) > limit:
        raise body.too_large(limit)
    packing = headers.get("content-encoding", "").strip().lower()
    wire = response.iter_stream()
    if limit is None:
        yield from body.unpacked(wire, packing)
        return
    # Both are counted: an endless stream of compressed members may decompress to nothing.
    yield from body.bounded(body.unpacked(body.bounded(wire, limit), packing), limit)
