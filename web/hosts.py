"""By which names the site answers. A page of another site that makes its own name point here (DNS
rebinding) reads the answers as its own: only names that an outsider can't own are answered.

Where nothing is set these are IP addresses and names without a dot: neither stands in the public DNS,
so `make serve` and an intranet need no setting, and an outsider has no such name to make point here.
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

    With allowed_hosts these alone, the host of base_url, and this machine to itself.
    """

    def __init__(self, settings: Settings) -> None:
        listed = [_plain(word) for word in settings.allowed_hosts.split()]
        self._any_address = not listed
        own = urlsplit(settings.base_url).hostname
        self._patterns = (*listed, *_LOCAL, *([own] if own else ()))

    def status(self, host: str) -> int:
        """The status to refuse a Host header with, or 0. Without one there is no name to judge: no
        browser leaves it out."""
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
    """Lower case, without the brackets of IPv6 and the full stop that may end a name."""
    return name.strip("[]").lower().removesuffix(".")


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
