"""What a result page leads on to: the list as CSV, all passages of one hit, why nothing was found."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
"""Things named as reasons why nothing was found."""

MAX_WORDS = 6
"""Words of a query that are counted one by one where all of them together found nothing."""

_FORMULA = "=+-@\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a search from finding anything: a word, or what narrows it.

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
        CSV + asked.at_page(1).url().removeprefix(address.PATH),
        with_parameters("/api/v1/search", *pairs, ("size", "100")),
    )


def passages_url(asked: Address) -> Callable[[DocumentInfo], str]:
    """Makes addresses of all that a search finds in one document."""
    own = address.encoded(replace(asked, filters=Filters(), sort="relevance", page=1).pairs())
    return lambda info: with_parameters(PASSAGES, ("doc", info.id)) + (own and f"&{own}")


def passages(request: Request) -> Response:
    """Every passage of one document that a search finds, the best first."""
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
        url=with_parameters(site.document_url(published.info), ("q", asked.query)),
    )


def of_document(
    site: Site, asked: Address, info: DocumentInfo, audience: Audience
) -> Iterator[Hit]:
    """Ungrouped hits of one document. The search is narrowed by what is known of the document,
    so that what others say doesn't fill the answer."""
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
    """The list of results as a table for spreadsheets, as far as MAX_ROWS."""
    site, audience = site_of(request), visitor_of(request).audience
    asked, _ = address.read(request.query_params.multi_items())
    found: tuple[Hit, ...] = ()
    if asked.query or asked.filtered:
        whole = replace(asked.at_page(1).request(audience, MAX_ROWS), snippets=False)
        found = site.knowledge.search(whole).hits
    texts, base, out = site.texts, base_of(request), io.StringIO()
    writer = csv.writer(out)
    keys = ("title", "kind", "status", "issuer", "region", "number", "published", "year", "topics")
    writer.writerow([*(texts(f"csv.{key}") for key in keys), texts("csv.place"), texts("csv.url")])
    for hit in found:
        info = hit.document
        values = [
            *(info.title, info.kind.value, info.status.value if info.status else ""),
            *(info.issuer, info.region, info.number),
            info.published.isoformat() if info.published else "",
            str(info.year or ""),
            texts("site.separator").join(info.topics),
            hit.passages[0].label if hit.passages else "",
            base + site.document_url(info),
        ]
        writer.writerow(map(_cell, values))
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="results.csv"'},
    )


def _cell(text: str) -> str:
    """A text that a spreadsheet doesn't take for a formula."""
    # Spreadsheets take full-width signs (＝ ＋ － ＠) for the plain ones, and look behind white space.
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    risky = text[:1] in ("\t", "\r", "\n") or (first != "" and first in _FORMULA)
    return f"'{text}" if risky else text


def without_each(asked: Address, texts: Texts) -> tuple[tuple[result_view.Link, Filters], ...]:
    """What narrows a search, each with the filters that are left without it."""
    if not (asked.query and asked.filtered):
        return ()
    chips = result_view.chips(asked, texts)[:MAX_REASONS]
    return tuple((c, address.read(address.pairs_of(c.url))[0].filters) for c in chips)


def reasons(
    site: Site, result: SearchResult, asked: Address, chips: Sequence[result_view.Link]
) -> Reasons:
    """Why a search found nothing: what each word finds alone, and what it finds without each
    condition. Empty where that tells nothing, or took too long to find out.

    chips: the conditions that `result.under` counts.
    """
    if any(n.code == COSTLY for n in result.notices):
        return Reasons()
    conditions = [Reason(c.text, n, c.url) for c, n in zip(chips, result.under, strict=True) if n]
    parsed = parse(asked.query)
    # One character stands in most texts, and would be looked for in all.
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
