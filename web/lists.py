"""Pages derived from a result: the list as CSV, all passages of one hit, why nothing was found."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb import addresses
from kb.documents import Audience
from kb.index.document_info import DocumentInfo
from kb.knowledge.base import COSTLY
from kb.search.query import parse
from kb.search.results import Filters, Hit, SearchResult
from web import address, errors, result_view
from web.address import Address, with_parameters
from web.site import Site, base_of, site_of, visitor_of
from web.texts import Texts

CSV = "/search.csv"
PASSAGES = "/search/passages"
MAX_ROWS = 1_000
MAX_PASSAGES = 100
MAX_REASONS = 8
"""Maximum number of reasons listed when nothing was found."""

MAX_WORDS = 6
"""Words of a query counted one by one if all of them together found nothing."""

_FORMULA = "=+-@\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of an empty result: a word or a filter.

    count: documents with that word alone, or without that condition. url: that search.
    """

    text: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Reasons:
    words: tuple[Reason, ...] = ()
    conditions: tuple[Reason, ...] = ()


def exports(asked: Address) -> tuple[str, str]:
    """Addresses of the whole list as CSV and as JSON."""
    pairs = asked.at_page(1).pairs()
    return (
        CSV + asked.at_page(1).url().removeprefix(addresses.SEARCH),
        with_parameters("/api/v1/search", *pairs, ("size", "100")),
    )


def passages_url(asked: Address) -> Callable[[DocumentInfo], str]:
    """Creates the addresses of all matches of a search in one document."""
    own = address.encoded(replace(asked, filters=Filters(), sort="relevance", page=1).pairs())
    return lambda info: with_parameters(PASSAGES, ("doc", info.id)) + (own and f"&{own}")


def passages(request: Request) -> Response:
    """Every matching passage of one document, the best first."""
    site, audience = site_of(request), visitor_of(request).audience
    asked, _ = address.read(request.query_params.multi_items())
    published = site.knowledge.document(request.query_params.get("doc", "")[:40], audience)
    if published is None or not asked.query:
        return errors.page(request, 404)
    hits = list(of_document(site, asked, published.info, audience))
    lines = [line for h in hits for line in result_view.hit(h, asked.query, site.texts).passages]
    return site.render(
        request,
        "passages.html",
        asked=asked,
        info=published.info,
        lines=lines[:MAX_PASSAGES],
        total=len(lines),
        url=with_parameters(addresses.document(published.info), ("q", asked.query)),
    )


def of_document(
    site: Site, asked: Address, info: DocumentInfo, audience: Audience
) -> Iterator[Hit]:
    """Ungrouped hits of one document. The search is narrowed by the document's metadata, so that other
    documents don't fill the result."""
    filters = Filters(
        kind=(info.kind.value,),
        topic=info.topics[:1],
        year=(str(info.year),) if info.year else (),
        region=(info.region,) if info.region else (),
        issuer=(info.issuer,) if info.issuer else (),
        date_from=info.published,
        date_to=info.published,
    )
    request = replace(asked, filters=filters).request(audience, MAX_ROWS)
    for hit in site.knowledge.search(replace(request, group="none")).hits:
        if hit.document.id == info.id:
            yield hit


def table(request: Request) -> Response:
    """The list of results as a table for spreadsheets, at most MAX_ROWS."""
    site, audience = site_of(request), visitor_of(request).audience
    asked, _ = address.read(request.query_params.multi_items())
    found: tuple[Hit, ...] = ()
    if asked.query or asked.filtered:
        whole = replace(asked.at_page(1).request(audience, MAX_ROWS), snippets=False)
        found = site.knowledge.search(whole).hits
    texts, base, out = site.texts, base_of(request), io.StringIO()
    writer = csv.writer(out)
    keys = ("title", "kind", "status", "issuer", "region", "number", "published", "year", "topics")
    writer.writerow(
        [
            *(texts(f"csv.{key}") for key in keys),
            texts("csv.place"),
            texts("csv.url"),
            texts("csv.status_note"),
        ]
    )
    for hit in found:
        info = hit.document
        values = [
            *(info.title, info.kind.value, info.status_words),
            *(info.issuer, info.region, info.number),
            info.published.isoformat() if info.published else "",
            str(info.year or ""),
            texts("site.separator").join(info.topics),
            hit.passages[0].label if hit.passages else "",
            base + addresses.document(info),
            info.status_note,
        ]
        writer.writerow(map(_cell, values))
    # The byte order mark tells spreadsheets that it is UTF-8.
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="results.csv"'},
    )


def _cell(text: str) -> str:
    """A text that a spreadsheet doesn't interpret as a formula."""
    # Spreadsheets treat full-width signs (＝ ＋ － ＠) as the plain ones, and skip white space.
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    risky = text[:1] in ("\t", "\r", "\n") or (first != "" and first in _FORMULA)
    return f"'{text}" if risky else text


def without_each(asked: Address, texts: Texts) -> tuple[tuple[result_view.Link, Filters], ...]:
    """The filters of a search, each with the filters that remain without it."""
    if not (asked.query and asked.filtered):
        return ()
    chips = result_view.chips(asked, texts)[:MAX_REASONS]
    return tuple((c, address.read(address.pairs_of(c.url))[0].filters) for c in chips)


def reasons(
    site: Site, result: SearchResult, asked: Address, chips: Sequence[result_view.Link]
) -> Reasons:
    """Why a search found nothing: the count for each word alone, and the count without each filter.
    Empty if that is uninformative or took too long to compute.

    chips: the conditions that `result.under` counts.
    """
    if any(n.code == COSTLY for n in result.notices):
        return Reasons()
    conditions = [Reason(c.text, n, c.url) for c, n in zip(chips, result.under, strict=True) if n]
    parsed = parse(asked.query)
    # A single character occurs in most texts, and each of them would be scanned.
    words = [f'"{p}"' for p in parsed.phrases if len(p) > 1] + list(parsed.chunks)
    if len(words) < 2 and not parsed.excluded:
        words = []
    alone = [Address(w, verbatim=asked.verbatim) for w in words[: MAX_REASONS - len(conditions)]]

    def count(other: Address) -> int:
        request = replace(other.request(result.request.audience, 1), snippets=False)
        return site.knowledge.search(request).total

    return Reasons(
        words=tuple(Reason(a.query.strip('"'), count(a), a.url()) for a in alone[:MAX_WORDS]),
        conditions=tuple(conditions),
    )


ROUTES = [Route(CSV, table), Route(PASSAGES, passages)]
