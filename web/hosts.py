"""Host names the site answers to. A page of another site that makes its own name point here (DNS
rebinding) could read the responses as its own, so only names that an outsider can't own are accepted.

By default these are IP addresses and names without a dot: neither is in the public DNS, so `make
serve` and an intranet need no setting, and an outsider can't make such a name point here.
"""

import ipaddress
import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from kb.settings import Settings

_HOST = re.compile(
    r"(?P<name>[A-Za-z0-9._~-]{1,253})(?::\d{1,5})?|(?P<v6>\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?"
)
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Hosts:
    """The rule of the settings base_url and allowed_hosts.

    With allowed_hosts only those, the host of base_url, and local access from this machine.
    """

    def __init__(self, settings: Settings) -> None:
        listed = [_plain(word) for word in settings.allowed_hosts.split()]
        self._any_address = not listed
        own = urlsplit(settings.base_url).hostname
        self._patterns = (*listed, *_LOCAL, *([own] if own else ()))

    def status(self, host: str) -> int:
        """The status to refuse a Host header with, or 0. A missing header is accepted: no browser omits
        it."""
        if not host:
            return 0
        m = _HOST.fullmatch(host)
        if m is None:
            return 400
        return 0 if self._answers(_plain(m["name"] or m["v6"])) else 421

    def _answers(self, name: str) -> bool:
        if self._any_address and ("." not in name or _is_ip(name)):
            return True
        return any(fnmatchcase(name, pattern) for pattern in self._patterns)


def _plain(name: str) -> str:
    """Lower case, without IPv6 brackets and a trailing dot."""
    return name.strip("[]").lower().removesuffix(".")


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
