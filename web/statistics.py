"""The statistics page: contents of the base, freshness of sources, queries and misses."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb import addresses
from kb import topics as topic_table
from kb.documents import Audience
from kb.errors import LibraryError
from kb.library import ItemState, Library
from kb.queries import Asked
from web import address, charts, result_view
from web.site import Site, site_of, visitor_of

SHOWN = 20
KEPT_SECONDS = 300
"""Cache time of the state of the sources: a run that finds nothing new creates no generation."""

log = logging.getLogger("web.errors")


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source as visible to an audience. seen: the last day a run found its items. as_of: the date up
    to which it is complete, if stated."""

    name: str
    documents: int
    seen: date | None
    as_of: date | None


def statistics(request: Request) -> Response:
    site, visitor = site_of(request), visitor_of(request)
    audience, texts = visitor.audience, site.texts
    infos = site.knowledge.documents(audience)
    kinds = Counter(i.kind.value for i in infos)
    asked: tuple[Asked, ...] = ()
    missed: tuple[Asked, ...] = ()
    if audience.may_see(Audience.STAFF):
        asked, missed = site.queries.asked(500), site.queries.asked(SHOWN, missed=True)
    response = site.render(
        request,
        "statistics.html",
        figures=site.overview(audience),
        by_kind=_bars("kind", sorted(kinds.items(), key=lambda e: result_view.kind_order(e[0]))),
        by_region=_bars("region", Counter(i.region for i in infos if i.region).most_common(SHOWN)),
        by_topic=_bars("topic", Counter(t for i in infos for t in i.topics).most_common(SHOWN)),
        timeline=charts.timeline(infos, texts("chart.other")),
        sources=sources(site, audience),
        asked_nothing=address.Address(),
        asked=result_view.bars((a.words, a.count, _search(a.words)) for a in asked[:SHOWN]),
        asked_topics=result_view.bars(_topics(asked)),
        missed=result_view.bars((a.words, a.count, _search(a.words)) for a in missed),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def sources(site: Site, audience: Audience) -> tuple[SourceState, ...]:
    """Sources with documents that the audience may see; others are not even named."""
    key = (site.knowledge.edition(audience).stamp, audience)
    kept = site.sources.get(key)
    if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS:
        kept = (time.monotonic(), _read_sources(site, audience))
        if len(site.sources) >= 4:
            site.sources.clear()
        site.sources[key] = kept
    return kept[1]


def _read_sources(site: Site, audience: Audience) -> tuple[SourceState, ...]:
    visible = {i.id for i in site.knowledge.documents(audience)}
    found = []
    try:
        library = Library.open(site.settings.data_dir, readonly=True)
        try:
            for source in library.sources().values():
                items = [
                    item
                    for item in library.items(source.name).values()
                    if item.document_id in visible and item.state is not ItemState.GONE
                ]
                if items:
                    seen = max(item.last_seen for item in items)
                    documents = len({item.document_id for item in items})
                    day = date.fromisoformat(seen[:10]) if seen else None
                    found.append(SourceState(source.name, documents, day, source.as_of))
        finally:
            library.close()
    except LibraryError as e:
        log.error("sources: %s", e)
    return tuple(found)


def _bars(facet: str, counts: Sequence[tuple[str, int]]) -> tuple[result_view.Bar, ...]:
    asked = address.Address()
    return result_view.bars((value, n, asked.toggled(facet, value).url()) for value, n in counts)


def _topics(asked: Sequence[Asked]) -> list[tuple[str, int, str]]:
    """Topics by how often their words were queried."""
    counts: Counter[str] = Counter()
    for entry in asked:
        for name in {topic.name for topic, _, _ in topic_table.mentions(entry.words)}:
            counts[name] += entry.count
    return [(name, n, addresses.topic(name)) for name, n in counts.most_common(SHOWN)]


def _search(words: str) -> str:
    return address.Address(words).url()


ROUTES = [Route("/statistics", statistics)]
