"""Endpoints for programs: sitemap, robots.txt, OpenSearch for browsers, health."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from kb import addresses
from kb.documents import Audience
from web import address, errors, feeds
from web.site import base_of, site_of, visitor_of
from web.xmltext import add, document

MAX_ADDRESSES = 50_000
"""Addresses of one sitemap, by the protocol's limit; more are split over several."""

SUGGESTIONS = 8
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"

Entry = tuple[str, str]
"""The path of a page, and the day it last changed (ISO 8601) or empty."""


def sitemap(request: Request) -> Response:
    entries, base = _entries(request), base_of(request)
    parts = -(-len(entries) // MAX_ADDRESSES)
    if parts < 2:
        return _xml(urlset(entries, base))
    root = ET.Element("sitemapindex", {"xmlns": _SITEMAP})
    for number in range(1, parts + 1):
        add(add(root, "sitemap"), "loc", f"{base}/sitemap-{number}.xml")
    return _xml(document(root))


def sitemap_part(request: Request) -> Response:
    text = request.path_params["number"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    part = _entries(request)[(number - 1) * MAX_ADDRESSES : number * MAX_ADDRESSES]
    if not number or not part:
        return errors.page(request, 404)
    return _xml(urlset(part, base_of(request)))


def urlset(entries: Sequence[Entry], base: str) -> bytes:
    root = ET.Element("urlset", {"xmlns": _SITEMAP})
    for path, changed in entries:
        url = add(root, "url")
        add(url, "loc", base + path)
        if changed:
            add(url, "lastmod", changed)
    return document(root)


def _entries(request: Request) -> list[Entry]:
    """The public pages: the same for every client."""
    site = site_of(request)
    infos = site.knowledge.documents(Audience.PUBLIC)
    entries = [(path, "") for path in ("/", "/guides", "/topics", "/statistics", "/about")]
    names = dict.fromkeys(
        sorted({i.situation for i in infos if i.situation and i.kind == "普法指南"})
    )
    entries += [(addresses.guides(name), "") for name in names if addresses.is_step(name)]
    topics = sorted({t for i in infos for t in i.topics if addresses.is_step(t)})
    entries += [(addresses.topic(name), "") for name in topics]
    ordered = sorted(infos, key=lambda i: i.id)
    entries += [(addresses.document(i), feeds.updated(i)[:10] if i.added else "") for i in ordered]
    return list(dict.fromkeys(entries))


def robots(request: Request) -> PlainTextResponse:
    if site_of(request).settings.visitors == "staff":
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
    lines = ["User-agent: *"]
    lines += [f"Disallow: {path}" for path in ("/search", "/suggest", "/api/", "/login")]
    return PlainTextResponse(
        "\n".join([*lines, "", f"Sitemap: {base_of(request)}/sitemap.xml", ""])
    )


def opensearch(request: Request) -> Response:
    """The OpenSearch description by which a browser adds the site as a search engine."""
    site, base = site_of(request), base_of(request)
    root = ET.Element("OpenSearchDescription", {"xmlns": _OPENSEARCH})
    # The specification limits the lengths.
    add(root, "ShortName", site.settings.site_name[:16])
    add(root, "Description", site.texts("site.tagline")[:1024])
    add(root, "InputEncoding", "UTF-8")
    add(root, "OutputEncoding", "UTF-8")
    add(root, "Language", "zh-CN")
    add(root, "Image", f"{base}{site.asset('icon.svg')}", type="image/svg+xml")
    for kind, path in (
        ("text/html", addresses.SEARCH),
        ("application/x-suggestions+json", "/suggest"),
        (feeds.TYPE, feeds.PATH),
    ):
        add(root, "Url", type=kind, method="get", template=f"{base}{path}?q={{searchTerms}}")
    return _xml(document(root), "application/opensearchdescription+xml")


def suggest(request: Request) -> JSONResponse:
    """Suggestions in the OpenSearch format: query, texts, notes, addresses."""
    site, audience = site_of(request), visitor_of(request).audience
    query = address.clean(request.query_params.get("q", ""))[: address.MAX_QUERY]
    found = site.knowledge.suggest(query, audience, SUGGESTIONS) if query else ()
    base = base_of(request)
    return JSONResponse(
        [query, [s.text for s in found], [s.kind for s in found], [base + s.url for s in found]],
        media_type="application/x-suggestions+json",
    )


def healthz(request: Request) -> JSONResponse:
    """Health as visible to the client's audience, so that it reveals nothing internal: the generation is
    identified by a digest of that, not by number."""
    site, audience = site_of(request), visitor_of(request).audience
    figures = site.overview(audience)
    return JSONResponse(
        {
            "status": "degraded" if site.knowledge.unsearchable(audience) else "ok",
            "generation": site.knowledge.edition(audience).stamp,
            "documents": figures.documents,
            "passages": figures.passages,
        },
        headers={"Cache-Control": "no-store"},
    )


def _xml(body: bytes, media_type: str = "application/xml") -> Response:
    return Response(body, media_type=f"{media_type}; charset=utf-8")


ROUTES = [
    Route("/sitemap.xml", sitemap),
    Route("/sitemap-{number}.xml", sitemap_part),
    Route("/robots.txt", robots),
    Route("/opensearch.xml", opensearch),
    Route("/suggest", suggest),
    Route("/healthz", healthz),
]
