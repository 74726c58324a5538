"""The origin of a document, as shown to readers."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from kb.library import Item


@dataclass(frozen=True, slots=True)
class Origin:
    """A place where a document was found. source: name of the source. place: path in it, or the
    address; url: web address, empty for files."""

    source: str
    place: str
    url: str = ""


def origin_of(item: Item) -> Origin:
    """An address must be http or https, with a publicly reachable host and no credentials."""
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
