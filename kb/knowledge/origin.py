"""Where a document was read from, as a reader is told."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from kb.library import Item


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that a document was read from. source: the source's name. place: the path in it, or
    the address; url: the address on the web, empty for files."""

    source: str
    place: str
    url: str = ""


def origin_of(item: Item) -> Origin:
    """An address is http or https, of a host that others can reach, without name or password."""
    return Origin(item.source, item.path, item.path if _is_public(item.path) else "")


def _is_public(path: str) -> bool:
    if not path.startswith(("http://", "https://")):
        return False
    try:
        parts = urlsplit(path)
        host = parts.hostname or ""
    except ValueError:
        return False
    if "@" in parts.netloc:
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".lan", ".internal", ".localdomain"))
