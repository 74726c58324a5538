"""Discovers the contents of a web source: list pages, sitemaps, feeds, single addresses."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from soupsieve import SelectorSyntaxError

from indexer.fetch import address, flk, links, xmlfile
from indexer.fetch.client import Client, Page
from indexer.fetch.fault import FetchError
from indexer.fetch.listing import MAX_BYTES, Found, Listing

_SITEMAP_DEPTH: Final = 2
_DAY: Final = 10  # characters of a date without a time


def discover(listing: Listing, client: Client) -> None:
    """Fills the listing of a source and notes failures in it."""
    _BY_TYPE[listing.config.type](listing, client)


def _pages(listing: Listing, _client: Client) -> None:
    for url in listing.web.urls:
        found = address.normal(url)
        if found:
            listing.add(Found(found))


def _lists(listing: Listing, client: Client) -> None:
    # Lists show the newest, and links to older pages come and go with a site's design: an unlisted
    # page is gone only if its own address says so.
    listing.complete = False
    for url in listing.web.urls:
        _follow(listing, client, url)


def _follow(listing: Listing, client: Client, first: str) -> None:
    """Reads a list page and its successors, until there is none, or none with anything new."""
    web = listing.web
    at: str = first
    seen: set[str] = set()
    for number in range(web.max_pages):
        seen.add(address.key(at))
        try:
            page = client.read(at, MAX_BYTES)
        except FetchError as error:
            # Numbered pages end at the first missing one.
            if number == 0 or not web.numbered or error.status not in (404, 410):
                listing.fail(at, error)
            return
        fresh, older = _take(listing, page, number == 0)
        if listing.full:
            listing.cut(f"所列文章达到 {web.max_items} 篇（设置项 max_items），其余未看。")
            return
        if older and not fresh:
            # Lists are newest first: the rest lies before the window.
            return
        if number and not fresh:
            return
        after = _after(listing, page, first, number)
        if not after or address.key(after) in seen:
            return
        at = after
    listing.cut(f"{first} 的列表页超过 {web.max_pages} 页（设置项 max_pages），其余未看。")


def _take(listing: Listing, page: Page, first: bool) -> tuple[int, int]:
    """Adds the articles of a list page; returns how many are new, how many precede the window."""
    soup = links.parse(page.data, page.content_type)
    fresh = older = 0
    if soup is None:
        error = FetchError("bad-page", "列表页不是网页，或者过大。")
        listing.fail(page.address, error)
        return 0, 0
    wanted = re.compile(listing.web.article)
    try:
        found = list(links.links(soup, page.address, listing.web.article_css))
    except (SelectorSyntaxError, RecursionError):
        found = []
    matched = 0
    for link in found:
        if not wanted.search(link.address):
            continue
        matched += 1
        day = address.date_in(link.row) or address.date_of(link.address)
        if listing.in_window(day):
            fresh += listing.add(Found(link.address))
        else:
            older += 1
    if first and not matched:
        message = (
            "列表页中没有符合 article 的链接，请核对设置；由脚本生成的列表请改用 sitemap 或 feed。"
        )
        listing.fail(page.address, FetchError("no-links", message))
    return fresh, older


def _after(listing: Listing, page: Page, first: str, number: int) -> str:
    """The address of the next list page, or ""."""
    web = listing.web
    if web.numbered:
        return address.normal(web.numbered.replace("{n}", str(web.first + number)), first)
    if not web.next and not web.next_css:
        return ""
    soup = links.parse(page.data, page.content_type)
    if soup is None:
        return ""
    wanted = re.compile(web.next)
    for link in links.links(soup, page.address, web.next_css):
        hit = wanted.search(link.words) or wanted.search(link.address)
        if hit and address.site(link.address) == address.site(first):
            return link.address
    return ""


def _sitemaps(listing: Listing, client: Client) -> None:
    waiting = [(url, 0) for url in listing.web.urls]
    seen: set[str] = set()
    while waiting:
        url, depth = waiting.pop(0)
        if url in seen:
            continue
        if len(seen) >= listing.web.max_pages:
            listing.cut(f"网站地图超过 {listing.web.max_pages} 份（设置项 max_pages），其余未看。")
            return
        seen.add(url)
        try:
            tree = xmlfile.parse(client.read(url, xmlfile.MAX_BYTES).data)
            kind = xmlfile.name(tree.root)
            if kind not in ("urlset", "sitemapindex"):
                raise FetchError("bad-xml", "不是网站地图。")
            if tree.broken:
                listing.fail(url, FetchError("bad-xml", "XML 有误，只读出一部分。"))
        except FetchError as error:
            listing.fail(url, error)
            continue
        for entry in list(tree.root)[: -1 if tree.broken else None]:
            place = address.normal(xmlfile.text(entry, "loc"), url)
            if not place or not _of_site(listing, place, url):
                continue
            if kind == "sitemapindex":
                if depth >= _SITEMAP_DEPTH:
                    listing.cut(f"网站地图嵌套超过 {_SITEMAP_DEPTH} 层，其余未看。")
                else:
                    waiting.append((place, depth + 1))
                continue
            stated = xmlfile.text(entry, "lastmod")
            changed = _moment(stated)
            if changed and len(stated) <= _DAY:
                changed += timedelta(days=1)  # any time that day
            if listing.in_window(changed.date() if changed else address.date_of(place)):
                listing.add(Found(place, changed))
            else:
                listing.complete = False


def _of_site(listing: Listing, place: str, sitemap: str) -> bool:
    """A sitemap covers its own site only (sitemaps.org), unless the source names another."""
    return address.site(place) == address.site(sitemap) or bool(listing.config.include)


def _feeds(listing: Listing, client: Client) -> None:
    # A feed lists only the newest: absence from it doesn't mean removal.
    listing.complete = False
    for url in listing.web.urls:
        try:
            page = client.read(url, MAX_BYTES)
            tree = xmlfile.parse(page.data)
            if xmlfile.name(tree.root) not in ("rss", "rdf", "feed"):
                raise FetchError("bad-xml", "不是 RSS 或 Atom。")
            if tree.broken:
                listing.fail(url, FetchError("bad-xml", "XML 有误，只读出一部分。"))
        except FetchError as error:
            listing.fail(url, error)
            continue
        for entry in tree.root.iter():
            if xmlfile.name(entry) not in ("item", "entry"):
                continue
            place = address.normal(_link(entry), page.address)
            changed = _moment(xmlfile.text(entry, "updated", "pubdate", "published", "date"))
            if place and listing.in_window(changed.date() if changed else None):
                listing.add(Found(place))


def _link(entry: Any) -> str:
    """The address of the page that a feed entry is about."""
    for child in entry:
        if xmlfile.name(child) == "link":
            href = child.get("href")
            if href and child.get("rel", "alternate") == "alternate":
                return str(href)
            if child.text and child.text.strip():
                return str(child.text).strip()
    guid = xmlfile.text(entry, "guid", "id")
    return guid if guid.startswith(("http://", "https://")) else ""


def _moment(text: str) -> datetime | None:
    """A date or time of a sitemap (W3C) or a feed (RFC 822), in UTC if it names no zone."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _national(listing: Listing, client: Client) -> None:
    flk.discover(listing, client)


_BY_TYPE: dict[str, Callable[[Listing, Client], None]] = {
    "pages": _pages,
    "list": _lists,
    "sitemap": _sitemaps,
    "feed": _feeds,
    "flk": _national,
}
