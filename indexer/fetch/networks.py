"""Which addresses are outside the public internet: our own table, not that of a Python version."""

import ipaddress
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from kb.errors import ConfigError
from kb.websource import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_FILE = "networks.toml"
_KEYS = {"prefix", "name", "rfc"}
_GLOBAL = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that IANA assigns to sites (RFC 4291, 2.4): everything outside it is internal."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A network of the table. ipv4: number of bits after the embedded IPv4 address, if any."""

    prefix: Network
    ipv4: int | None = None


@cache
def load() -> tuple[Reserved, ...]:
    """The bundled table. Raises ConfigError naming file, entry and what was expected."""
    return parse((resources.files("indexer") / "data" / _FILE).read_text("utf-8"))


def parse(text: str) -> tuple[Reserved, ...]:
    """Networks from the text of a networks.toml. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{_FILE}：不是有效的 TOML（{error}）") from error
    entries = tables.get("network")
    if set(tables) != {"date", "network"} or type(tables["date"]) is not date:
        raise ConfigError(f"{_FILE}：应只含 date（登记表的日期）和 [[network]] 各项")
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{_FILE}：应有 [[network]]")
    found = tuple(_entry(number, entry) for number, entry in enumerate(entries, 1))
    if len({r.prefix for r in found}) < len(found):
        raise ConfigError(f"{_FILE}：prefix 有重复")
    return found


def _entry(number: int, entry: Any) -> Reserved:
    where = f"{_FILE}：第 {number} 个 [[network]]"
    if not isinstance(entry, dict) or not _KEYS <= set(entry) <= {*_KEYS, "ipv4"}:
        raise ConfigError(f"{where} 应有 prefix、name、rfc，可有 ipv4")
    if not all(isinstance(entry[key], str) and entry[key] for key in _KEYS):
        raise ConfigError(f"{where} 的 prefix、name、rfc 应为非空字符串")
    try:
        prefix = ipaddress.ip_network(entry["prefix"])
    except ValueError as error:
        raise ConfigError(f"{where} 的 prefix 有误：{error}") from error
    shift = entry.get("ipv4")
    if shift is not None and not (type(shift) is int and 0 <= shift <= 96 and prefix.version == 6):
        raise ConfigError(f"{where} 的 ipv4 应为 0 到 96 的整数，且只用于 IPv6")
    return Reserved(prefix, shift)


def is_inside(address: Address) -> bool:
    """Whether an address is outside the public internet: loopback, private, link-local, shared
    (CGNAT), multicast, unspecified, reserved; also for IPv4 addresses embedded in IPv6."""
    for reserved in load():
        if reserved.prefix.version == address.version and address in reserved.prefix:
            if reserved.ipv4 is None:
                return True
            return is_inside(ipaddress.IPv4Address((int(address) >> reserved.ipv4) & 0xFFFFFFFF))
    return isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL
