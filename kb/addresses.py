"""Addresses of pages, relative to the site: what the search gives out and the site answers at.

Whole names are single steps of a path and quoted as such. A name with "/" can't be one, as servers
read %2F as "/": what is named so is found by id or by a search.
"""

from functools import lru_cache, partial
from typing import Protocol
from urllib.parse import quote, quote_plus

SEARCH = "/search"
GUIDES = "/guides"


class Addressed(Protocol):
    """What of a document makes its address; `kb.index.document_info.DocumentInfo` says more."""

    @property
    def id(self) -> str: ...
    @property
    def work(self) -> str: ...
    @property
    def law_version(self) -> str | None: ...


def is_step(name: str) -> bool:
    """Whether a name can be a step of a path."""
    return "/" not in name


def document(info: Addressed, anchor: str = "") -> str:
    """Where a document, or a passage of it, is found: /law/民法典, /law/民法典/1043, /doc/<id>#p3."""
    if info.law_version is None:
        return by_id(info.id, anchor)
    if anchor.startswith("a") and "." not in anchor:
        return article(info.work, anchor[1:], info.law_version)
    return law(info.work, info.law_version) + _fragment(anchor)


def by_id(id: str, anchor: str = "") -> str:
    """Every document has this one too."""
    return _path("doc", id) + _fragment(anchor)


def download(id: str, form: str) -> str:
    """form: docx or txt."""
    return _path("doc", id, f"text.{form}")


def law(work: str, version: str = "") -> str:
    """version: the date of one that isn't shown at the law's name, or empty."""
    return _path("law", work) + _version(version)


def article(work: str, key: str, version: str = "") -> str:
    """key: as in `ArticleNumber.key`, 1043 or 120-1. version: as for `law`."""
    return _path("law", work, key) + _version(version)


def topic(name: str) -> str:
    return _path("topic", name) if is_step(name) else f"{SEARCH}?topic={quote_plus(name)}"


def topic_feed(name: str) -> str:
    return _path("topic", name, "feed")


def guides(situation: str = "") -> str:
    """The guides for a situation; the page of all has them too."""
    return _path("guides", situation) if situation and is_step(situation) else GUIDES


def search(query: str) -> str:
    return f"{SEARCH}?q={quote_plus(query)}" if query else SEARCH


# Lists name the same few works and topics over and over.
_quoted = lru_cache(maxsize=4096)(partial(quote, safe=""))


def _path(*steps: str) -> str:
    return "/" + "/".join(map(_quoted, steps))


def _version(version: str) -> str:
    return f"?version={quote_plus(version)}" if version else ""


def _fragment(anchor: str) -> str:
    return f"#{quote(anchor)}" if anchor else ""
