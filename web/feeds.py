"""Atom feeds (RFC 4287) of any search and topic. They contain public documents only, whoever asks,
because feed readers republish them."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb import addresses
from kb.documents import Audience
from kb.index.document_info import DocumentInfo
from web import address, result_view
from web.address import Address
from web.site import Site, site_of
from web.xmltext import add, document

PATH = "/feed"
ENTRIES = 50
LOOKED_AT = 200
"""Newest documents of a search, among which the last added are selected."""

TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
_IDS = uuid.uuid5(uuid.NAMESPACE_OID, "pufa-kb")


def url(asked: Address) -> str:
    """The feed of a search, independent of page and order."""
    asked = asked.sorted("relevance")
    return PATH + asked.url().removeprefix(addresses.SEARCH)


def feed(request: Request) -> Response:
    site = site_of(request)
    asked, _ = address.read(request.query_params.multi_items())
    return _answer(request, asked, title(site, asked), _newest(site, asked))


def topic(request: Request) -> Response:
    """The short address of a topic's feed."""
    site, name = site_of(request), request.path_params["name"][: address.MAX_VALUE]
    asked = Address().toggled("topic", address.clean(name))
    return _answer(request, asked, title(site, asked), _newest(site, asked))


def title(site: Site, asked: Address) -> str:
    """The title shown by a feed reader."""
    words = [asked.query] if asked.query else []
    words += [chip.text for chip in result_view.chips(asked, site.texts)]
    what = site.texts("site.separator").join(words) or site.texts("home.new")
    return site.texts("feed.title", what=what, site=site.settings.site_name)


def _newest(site: Site, asked: Address) -> list[DocumentInfo]:
    if asked.query or asked.filtered:
        request = asked.sorted("date").at_page(1).request(Audience.PUBLIC, LOOKED_AT)
        request = replace(request, snippets=False)
        infos = [hit.document for hit in site.knowledge.search(request).hits]
    else:
        infos = list(site.knowledge.newest(Audience.PUBLIC, LOOKED_AT))
    return sorted(infos, key=lambda i: (updated(i), i.id), reverse=True)[:ENTRIES]


def updated(info: DocumentInfo) -> str:
    """When a document first appeared to a reader, in RFC 3339 format."""
    if info.added:
        return info.added
    day = info.published or info.checked
    return datetime.combine(day, time(), UTC).isoformat() if day else "1970-01-01T00:00:00+00:00"


def _answer(request: Request, asked: Address, name: str, infos: Iterable[DocumentInfo]) -> Response:
    site = site_of(request)
    # Without the base_url setting addresses are relative, as RFC 4287 allows.
    base = site.settings.base_url
    texts = site.texts
    entries = list(infos)
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "zh-CN"})
    add(root, "id", uuid.uuid5(_IDS, f"feed {url(asked)}").urn)
    add(root, "title", name)
    newest = max(map(updated, entries), default=site.knowledge.edition(Audience.PUBLIC).since)
    add(root, "updated", newest)
    add(root, "link", rel="self", type=TYPE, href=base + url(asked))
    page = asked.sorted("date") if asked.query or asked.filtered else None
    add(root, "link", rel="alternate", type="text/html", href=base + (page.url() if page else "/"))
    add(add(root, "author"), "name", site.settings.office or site.settings.site_name)
    for info in entries:
        entry = add(root, "entry")
        add(entry, "id", uuid.uuid5(_IDS, f"document {info.id}").urn)
        add(entry, "title", info.title)
        add(entry, "updated", updated(info))
        add(entry, "link", rel="alternate", href=base + addresses.document(info))
        for term in (info.kind.value, *info.topics):
            add(entry, "category", term=term)
        facts = [info.kind.value, *([info.status_words] if info.status else [])]
        facts += result_view.meta(info, texts)
        add(entry, "summary", texts("api.semicolon").join(facts), type="text")
    return Response(document(root), media_type=f"{TYPE}; charset=utf-8")


ROUTES = [Route(PATH, feed), Route("/topic/{name}/feed", topic)]
