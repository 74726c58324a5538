"""The pages for finding documents: home, search, topics, guides, about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kb import addresses
from kb import topics as topic_table
from kb.documents import STATUTE_KINDS, Kind
from kb.index.document_info import DocumentInfo
from web import address, charts, errors, feeds, lists, result_view
from web.heavy import Heavy
from web.site import Site, site_of, visitor_of

NEWEST = 8
LISTED = 12
"""Documents of a kind that a topic's page lists before linking to the search."""


def home(request: Request) -> HTMLResponse:
    site, visitor = site_of(request), visitor_of(request)
    guides = _guides(site, request)
    return site.render(
        request,
        "home.html",
        figures=site.overview(visitor.audience),
        situations=[s for s in _situations(site, guides) if s[2]],
        groups=_groups(site, request),
        newest=site.knowledge.newest(visitor.audience, NEWEST),
    )


async def search(request: Request) -> Response:
    """Runs on the event loop although it may wait (see `web.app.THREADS`), unless it is a heavy one."""
    asked, problems = address.read(request.query_params.multi_items())
    heavy: Heavy = request.app.state.heavy
    return await heavy.run(request, asked.query, lambda: _search(request, asked, problems))


def _search(
    request: Request, asked: address.Address, problems: tuple[address.Problem, ...]
) -> HTMLResponse:
    site, visitor = site_of(request), visitor_of(request)
    texts, size = site.texts, site.settings.page_size
    notices = [
        texts(f"search.{p.key}", n=p.value)
        if p.key == "query_cut"
        else texts(f"search.{p.key}", value=p.value)
        if p.key == "date_ignored"
        else texts(f"search.{p.key}")
        for p in problems
    ]
    if not asked.query and not asked.filtered:
        return site.render(request, "search.html", asked=asked, result=None, notices=notices)
    others = lists.without_each(asked, texts)
    wanted = replace(asked.request(visitor.audience, size), fold=True)
    result = site.knowledge.search(wanted, [filters for _, filters in others])
    notices += [n.text for n in result.notices]
    if request.method == "GET" and not visitor.name and asked == address.Address(asked.query):
        site.queries.note(asked.query, result.total)
    return site.render(
        request,
        "search.html",
        asked=asked,
        result=result,
        notices=notices,
        hits=[result_view.hit(h, asked.query, texts) for h in result.hits],
        facets=result_view.facets(result, asked, texts),
        chips=result_view.chips(asked, texts),
        paging=result_view.paging(asked, result.total, size),
        reasons=None
        if result.total
        else lists.reasons(site, result, asked, [chip for chip, _ in others]),
        exports=lists.exports(asked),
        feed=feeds.url(asked),
        passages_url=lists.passages_url(asked),
    )


def topics(request: Request) -> HTMLResponse:
    site = site_of(request)
    return site.render(request, "topics.html", groups=_groups(site, request))


def topic(request: Request) -> Response:
    site, audience = site_of(request), visitor_of(request).audience
    known = topic_table.find(request.path_params["name"])
    name = known.name if known else request.path_params["name"]
    infos = site.knowledge.documents(audience, topic=name)
    if known is None and not infos:
        return errors.page(request, 404)
    statutes = [i for i in infos if i.kind in STATUTE_KINDS]
    statutes.sort(key=lambda i: _statute_order(i, known.statutes if known else ()))
    asked = address.Address().toggled("topic", name)
    kinds = Counter(i.kind.value for i in infos)
    return site.render(
        request,
        "topic.html",
        name=name,
        topic=known,
        total=len(infos),
        asked=asked,
        statutes=statutes[:LISTED],
        statutes_total=len(statutes),
        statutes_url=_search_url(asked, "kind", dict.fromkeys(i.kind.value for i in statutes)),
        guides=[i for i in infos if i.kind is Kind.GUIDE][:LISTED],
        newest=site.knowledge.newest(audience, NEWEST, name),
        by_kind=result_view.bars(
            (k, n, asked.toggled("kind", k).url())
            for k, n in sorted(kinds.items(), key=lambda e: result_view.kind_order(e[0]))
        ),
        timeline=charts.timeline(infos, site.texts("chart.other")),
        feed=addresses.topic_feed(name),
        today=date.today(),
        related=_related(infos, name),
    )


def guides(request: Request) -> Response:
    site = site_of(request)
    grouped = _situations(site, _guides(site, request))
    chosen = request.path_params.get("situation", "")
    if chosen and not any(name == chosen and found for name, _, found in grouped):
        return errors.page(request, 404)
    shown = [g for g in grouped if g[2] and (not chosen or g[0] == chosen)]
    return site.render(
        request,
        "guides.html",
        chosen=chosen,
        shown=shown,
        situations=[g for g in grouped if g[2]],
    )


def about(request: Request) -> HTMLResponse:
    site, audience = site_of(request), visitor_of(request).audience
    counts = site.knowledge.counts(audience, "kind")
    ordered = sorted(counts, key=lambda v: result_view.kind_order(v.value))
    return site.render(
        request,
        "about.html",
        figures=site.overview(audience),
        published=date.fromisoformat(site.knowledge.edition(audience).since[:10]),
        by_kind=result_view.bars(
            (v.value, v.count, address.Address().toggled("kind", v.value).url()) for v in ordered
        ),
    )


def _guides(site: Site, request: Request) -> tuple[DocumentInfo, ...]:
    return site.knowledge.documents(visitor_of(request).audience, kind=Kind.GUIDE.value)


def _situations(
    site: Site, guides: Iterable[DocumentInfo]
) -> list[tuple[str, str, list[DocumentInfo]]]:
    """(situation, hint, its guides) in the order of the texts; then other situations, then none."""
    hints = {s.name: s.hint for s in site.texts.situations}
    found: dict[str, list[DocumentInfo]] = {name: [] for name in hints}
    for info in sorted(guides, key=lambda i: i.title):
        found.setdefault(info.situation or site.texts("guides.other"), []).append(info)
    return [(name, hints.get(name, ""), infos) for name, infos in found.items()]


def _groups(site: Site, request: Request) -> list[tuple[str, list[result_view.Link]]]:
    """The topic map: groups of links with counts; topics without documents are left out."""
    counted = site.knowledge.counts(visitor_of(request).audience, "topic")
    counts = {v.value: v.count for v in counted if v.count}
    catalogue = topic_table.catalogue()
    groups: dict[str, list[result_view.Link]] = {group: [] for group in catalogue.groups}
    for known in catalogue.topics:
        count = counts.pop(known.name, 0)
        if count:
            url = addresses.topic(known.name)
            groups[known.group].append(result_view.Link(known.name, url, str(count)))
    other = [result_view.Link(n, addresses.topic(n), str(c)) for n, c in counts.items()]
    groups[site.texts("topics.other")] = other
    return [(group, links) for group, links in groups.items() if links]


def _statute_order(info: DocumentInfo, leading: tuple[str, ...]) -> tuple[int, int, str]:
    place = leading.index(info.work) if info.work in leading else len(leading)
    return place, result_view.kind_order(info.kind.value), info.title


def _related(infos: Iterable[DocumentInfo], name: str) -> list[result_view.Link]:
    """Topics that most often occur together with this one."""
    together = Counter(t for i in infos for t in i.topics if t != name)
    return [result_view.Link(t, addresses.topic(t), str(n)) for t, n in together.most_common(8)]


def _search_url(asked: address.Address, facet: str, values: Iterable[str]) -> str:
    for value in values:
        asked = asked.toggled(facet, value)
    return asked.url()


ROUTES = [
    Route("/", home),
    Route("/search", search),
    Route("/topics", topics),
    Route("/topic/{name}", topic),
    Route("/guides", guides),
    Route("/guides/{situation}", guides),
    Route("/about", about),
]
