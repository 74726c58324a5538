"""Addresses: normalisation, equivalence, and the information they carry."""

import re
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from kb.websource import is_address

_TRACKING = re.compile(
    r"(?i)utm_\w+|spm|scm|from|isappinstalled|share_?token|share_?source|share_?medium|wxshare_count|"
    r"nsukey|hmsr|hmpl|hmcu|hmkw|hmci|gclid|fbclid|msclkid|jsessionid|phpsessid|sessionid|_t|_ts|"
    r"timestamp|nocache"
)
_SESSION = re.compile(r"(?i);jsessionid=[^/?#]*")
_HOSTLESS = re.compile(r"(?i)https?:(?!//[^/?#])")
_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "!$&'()*+,;=:@/%~-._"

# Public suffixes used by Chinese public bodies.
_SHARED: Final = frozenset(("gov", "com", "net", "org", "edu", "ac", "mil"))

_DATE_IN_ADDRESS = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[-_/]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"
    r"|/(?P<y2>(?:19|20)\d\d)[-/]?(?P<m2>0[1-9]|1[0-2])(?=/)"
    r"|/(?P<y3>20\d\d)/(?P<m3>\d{1,2})/(?P<d3>\d{1,2})(?=/)"
)
_DATE_IN_TEXT = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)\s{0,2}[-/.年]\s{0,2}(?P<m>\d{1,2})\s{0,2}[-/.月]\s{0,2}(?P<d>\d{1,2})(?!\d)"
)


def normal(address: str, base: str = "") -> str:
    """The normal form of an address, absolute; "" if it is not an http or https address.

    Without fragment, tracking parameters, session ids, default port and dot segments; host in lower case,
    non-ASCII characters percent-encoded as UTF-8.
    """
    address = address.strip()
    if _HOSTLESS.match(address):  # urljoin would treat it as the base itself
        return ""
    try:
        parts = urlsplit(urljoin(base, address) if base else address)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
        host = host.rstrip(".")
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        netloc = f"[{host}]" if ":" in host else host
        if port is not None and port != _PORTS.get(scheme):
            netloc = f"{netloc}:{port}"
        path = quote(_dotless(_SESSION.sub("", parts.path)) or "/", safe=_SAFE)
        query = _query(parts.query)
        found = urlunsplit((scheme, netloc, path, query, ""))
    except (ValueError, UnicodeError):
        return ""
    return found if is_address(found) and "@" not in parts.netloc else ""


def _dotless(path: str) -> str:
    # urljoin removes dot segments from relative addresses only, not from absolute ones.
    if "/." not in path:
        return path
    kept: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == ".." and len(kept) > 1:
            kept.pop()
        elif part not in (".", ".."):
            kept.append(part)
    return "/".join(kept) + ("/" if parts[-1] in (".", "..") and kept[-1:] != [""] else "")


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    if any(_TRACKING.fullmatch(name) for name, _ in pairs):
        return urlencode([p for p in pairs if not _TRACKING.fullmatch(p[0])])
    return quote(query, safe=_SAFE + "?")


def key(address: str) -> str:
    """Equal for addresses of the same page: http or https, with or without a trailing slash."""
    rest = address.partition("://")[2]
    path, mark, query = rest.partition("?")
    return path.rstrip("/") + mark + query


def host(address: str) -> str:
    """Host and port as in the address, in lower case."""
    return urlsplit(address).netloc.lower()


def site(address: str) -> str:
    """The registered domain: zj.gov.cn for sft.zj.gov.cn. For an IP address, the address itself."""
    name = urlsplit(address).hostname or ""
    if ":" in name or name.replace(".", "").isdigit():
        return name
    labels = name.split(".")
    shared = len(labels) > 2 and labels[-2] in _SHARED and len(labels[-1]) == 2
    return ".".join(labels[-3:] if shared else labels[-2:])


def is_home(address: str) -> bool:
    """Whether an address is a site's front page: some sites redirect removed pages there."""
    parts = urlsplit(address)
    return (
        not parts.query
        and re.fullmatch(r"(?i)/?(?:(?:index|default|main)\.\w{2,5})?", parts.path) is not None
    )


def date_of(address: str) -> date | None:
    """The day, or the first of the month, named in an address: …/202405/t20240517_1.html."""
    found = [_day(m) for m in _DATE_IN_ADDRESS.finditer(urlsplit(address).path)]
    return max(filter(None, found), default=None)


def date_in(text: str) -> date | None:
    """The first date in a text: 2024-05-17, 2024年5月17日, 2024/5/17."""
    for match in _DATE_IN_TEXT.finditer(text):
        day = _day(match)
        if day:
            return day
    return None


def _day(match: "re.Match[str]") -> date | None:
    groups = match.groupdict()
    for mark in ("", "2", "3"):
        if groups.get(f"y{mark}"):
            try:
                return date(
                    int(groups[f"y{mark}"]),
                    int(groups[f"m{mark}"]),
                    int(groups.get(f"d{mark}") or 1),
                )
            except ValueError:
                return None
    return None
