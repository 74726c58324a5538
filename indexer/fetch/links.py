"""The links of a page: targets, texts, and the rows that contain them."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import Tag

from indexer.extract import encoding, html_layout, selectors
from indexer.fetch import address
from kb.errors import UnreadableError

MAX_BYTES: Final = 5_000_000
_MAX_TAGS: Final = 60_000
_MAX_LINKS: Final = 5_000
_ROW: Final = 300  # maximum characters of a list row
_CLIMB: Final = 4
_CHARSET = re.compile(r"(?i)charset\s*=\s*[\"']?([\w.:\-]{3,20})")

ATTACHMENTS: Final = frozenset((
    "doc", "docx", "wps", "pdf", "ofd", "xls", "xlsx", "et", "csv", "ppt", "pptx", "rtf", "odt",
    "txt", "zip", "rar", "7z", "eml",
))  # fmt: skip
_MOST_ATTACHMENTS: Final = 50


@dataclass(frozen=True, slots=True)
class Link:
    """address: absolute and normalised. words: the link text. row: text of the enclosing row."""

    address: str
    words: str
    row: str


def charset(content_type: str) -> str:
    """The charset of a Content-Type header, lower case, or ""."""
    found = _CHARSET.search(content_type)
    return found[1].lower() if found else ""


def parse(data: bytes, content_type: str) -> BeautifulSoup | None:
    """The tree of a page, or None if it is no page or too large to search for links."""
    if len(data) > MAX_BYTES or data.count(b"<") > 2 * _MAX_TAGS or b"<" not in data:
        return None
    try:
        text, _ = encoding.decode(data, encoding.declared_charset(data) or charset(content_type))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
            return BeautifulSoup(text.replace("\0", ""), "lxml")
    except (UnreadableError, ValueError, RecursionError, AssertionError):
        return None


def links(soup: BeautifulSoup, base: str, css: str = "") -> Iterator[Link]:
    """Links in order, each address once. css: only those within (or matching) its elements."""
    home = soup.find("base", href=True)
    if isinstance(home, Tag):
        base = address.normal(str(home["href"]), base) or base
    seen = set()
    for tag in _anchors(soup, css):
        found = address.normal(str(tag.get("href") or ""), base)
        if found and found not in seen:
            seen.add(found)
            words = " ".join((tag.get_text() or str(tag.get("title") or "")).split())
            yield Link(found, words[:_ROW], _row(tag))
            if len(seen) >= _MAX_LINKS:
                return


def _anchors(soup: BeautifulSoup, css: str) -> Iterator[Tag]:
    if not css:
        yield from (t for t in soup.find_all("a", href=True) if isinstance(t, Tag))
        return
    for chosen in soup.select(css, limit=_MAX_LINKS):
        if chosen.name == "a":
            yield chosen
        else:
            yield from (t for t in chosen.find_all("a", href=True) if isinstance(t, Tag))


def _row(tag: Tag) -> str:
    """The text of the largest enclosing element that is still short: 标题 2024-05-17."""
    best = ""
    around = tag.parent
    for _ in range(_CLIMB):
        if around is None or len(around.find_all("a", limit=3)) > 2:
            break
        text = " ".join(around.get_text(" ")[: _ROW + 1].split())
        if len(text) > _ROW:
            break
        best = text
        around = around.parent
    return best


def attachments(data: bytes, content_type: str, base: str) -> tuple[str, ...]:
    """Addresses of files linked in the main text of a page, or outside it after 附件."""
    soup = parse(data, content_type)
    if soup is None:
        return ()
    known = selectors.load()
    tags = [t for t in soup.find_all(True) if isinstance(t, Tag)]
    try:
        page = html_layout.Page(
            soup, known, frozenset(id(t) for t in tags if t.name in known.drop_tags)
        )
        main = html_layout.main_element(page, tags)
    except (RecursionError, ValueError, IndexError):
        return ()
    inside = {id(t) for t in main.find_all("a")}
    wanted = []
    for link, tag in _with_tags(soup, base):
        if not ATTACHMENTS & {extension(link.address), extension(link.words)}:
            continue
        if id(tag) in inside or "附件" in link.row or "附件" in link.words:
            wanted.append(link.address)
    return tuple(dict.fromkeys(wanted))[:_MOST_ATTACHMENTS]


def _with_tags(soup: BeautifulSoup, base: str) -> Iterator[tuple[Link, Tag]]:
    by_address: dict[str, list[Tag]] = {}
    for tag in _anchors(soup, ""):
        by_address.setdefault(address.normal(str(tag.get("href") or ""), base), []).append(tag)
    for link in links(soup, base):
        for tag in by_address.get(link.address, []):
            yield link, tag


def extension(link: str) -> str:
    """The file extension that an address or link text ends with, lower case, or ""."""
    name = link.partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""
