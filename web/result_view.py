"""From results to view models: pure functions. Markup is generated only here.

All text of a document is escaped before markup is added.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from markupsafe import Markup, escape

from kb.documents import Kind, Status
from kb.index.document_info import FACETS, DocumentInfo
from kb.knowledge import snippet
from kb.knowledge.alike import Alike
from kb.search.results import Hit, Marked, PassageHit, SearchResult
from web.address import Address, with_parameters
from web.texts import Texts

FACET_OPTIONS = 8
"""Facet values shown at once; the rest is behind one click."""

PART_LIMIT = 150
"""Documents with more passages than this are shown by part unless the whole is requested."""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str
    note: str = ""
    current: bool = False
    heading: str = ""


class Choice(NamedTuple):
    """One value of a facet; its address adds or removes the value."""

    value: str
    documents: int
    selected: bool
    url: str


@dataclass(frozen=True, slots=True)
class Facet:
    """first: shown at once; more: behind one click."""

    name: str
    label: str
    first: tuple[Choice, ...]
    more: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class PassageLine:
    label: str
    path: str
    snippet: Markup
    url: str
    cites: tuple[Link, ...] = ()
    heading: str = ""


@dataclass(frozen=True, slots=True)
class HitView:
    """meta: issuer, date and region if known. note: on the status, where there is more to say than its
    date. more: further matching passages."""

    info: DocumentInfo
    title: Markup
    url: str
    meta: tuple[str, ...]
    note: str
    passages: tuple[PassageLine, ...]
    more: int
    more_url: str
    alike: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Paging:
    previous: str
    next: str
    pages: tuple[Link | None, ...]
    """Numbers to show; None is a gap."""
    last: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart. width: 0 to 100, relative to the longest."""

    label: str
    count: int
    width: float
    url: str = ""


def highlight(marked: Marked) -> Markup:
    """Escaped text with its spans in <mark>. Spans out of order or range are left out."""
    out, at, text = [], 0, marked.text
    for span in marked.spans:
        if not at <= span.start < span.end <= len(text):
            continue
        before, found = text[at : span.start], text[span.start : span.end]
        out.append(f"{html.escape(before)}<mark>{html.escape(found)}</mark>")
        at = span.end
    out.append(html.escape(text[at:]))
    return Markup("".join(out))  # noqa: S704 - every part is escaped


def mark(text: str, terms: tuple[str, ...]) -> Markup:
    """Escaped text with every occurrence of the terms in <mark>."""
    return highlight(snippet.mark(text, terms)) if terms else escape(text)


def day(value: date | None, texts: Texts) -> str:
    """2021年1月1日, or empty."""
    if value is None:
        return ""
    return texts("date.day", year=value.year, month=value.month, day=value.day)


_DATED = "数据截至"
"""Start of a note that the words of the status say already (`kb.validity`)."""


def status_class(info: DocumentInfo) -> str:
    """The CSS class that colours a status; the text is always shown beside it."""
    if info.status is Status.IN_FORCE and not info.confirmed:
        return "unconfirmed"
    return info.status.name.lower().replace("_", "-") if info.status else ""


def law_name(info: DocumentInfo) -> str:
    return info.work or info.title


def meta(info: DocumentInfo, texts: Texts) -> tuple[str, ...]:
    if info.kind is Kind.GUIDE and info.checked:
        return (texts("guides.checked", date=day(info.checked, texts)),)
    when = day(info.published, texts) or (str(info.year) if info.year else "")
    region = "" if info.region and info.issuer.startswith(info.region) else info.region
    return tuple(part for part in (info.issuer, region, info.number, when) if part)


def passage_url(info: DocumentInfo, hit: PassageHit) -> str:
    """The address of the passage, including the part if the document is shown by part."""
    base, _, fragment = hit.url.partition("#")
    if fragment and info.passages > PART_LIMIT and "?" not in base:
        return with_parameters(hit.url, ("at", fragment))
    return hit.url


def hit(item: Hit, query: str, texts: Texts) -> HitView:
    info = item.document
    lines = tuple(
        PassageLine(
            label=p.label,
            path=" › ".join(p.path),
            snippet=highlight(p.snippet),
            url=with_parameters(passage_url(info, p), ("q", query)),
            cites=tuple(Link(c.text, c.url) for c in p.cites),
            heading=p.heading,
        )
        for p in item.passages
    )
    url = with_parameters(item.url, ("q", query))
    return HitView(
        info=info,
        title=highlight(item.title),
        url=url,
        meta=meta(info, texts),
        note="" if info.status_note.startswith(_DATED) else info.status_note,
        passages=lines,
        more=item.more,
        more_url=url.partition("#")[0] + "#found",
        alike=tuple(_alike(a, query, texts) for a in item.alike),
    )


def difference(one: Alike, other: DocumentInfo, texts: Texts) -> str:
    """What distinguishes a document from `other`, whose text is nearly the same, in a few words."""
    info = one.info
    length = ("document.alike_equal", "document.alike_fuller", "document.alike_shorter")[one.fuller]
    parts = [texts(length, n=info.length)]
    if info.issuer != other.issuer:
        parts.append(info.issuer)
    if info.number != other.number:
        parts.append(info.number)
    if info.published != other.published:
        parts.append(day(info.published, texts))
    if not other.audience.may_see(info.audience):
        parts.append(texts("document.alike_staff"))
    return texts("document.alike_joint").join(p for p in parts if p)


def _alike(item: Hit, query: str, texts: Texts) -> Link:
    """A collapsed document: its title, and what distinguishes it from the others."""
    info = item.document
    about = (info.status_words, *meta(info, texts))
    note = "，".join(part for part in about if part)
    return Link(info.title, with_parameters(item.url, ("q", query)), note)


def facets(result: SearchResult, address: Address, texts: Texts) -> tuple[Facet, ...]:
    """Facets with a choice in them. A chosen value is always among the first ones."""
    out = []
    for name in FACETS:
        values = result.facets.get(name, ())
        urls = address.toggles(name, (v.value for v in values))
        choices = [
            Choice(v.value, v.count, v.selected, url) for v, url in zip(values, urls, strict=True)
        ]
        if len(choices) < 2 and not any(c.selected for c in choices):
            continue
        first = choices[:FACET_OPTIONS]
        first += [c for c in choices[FACET_OPTIONS:] if c.selected]
        more = [c for c in choices[FACET_OPTIONS:] if not c.selected]
        if len(more) == 1:
            first, more = first + more, []
        out.append(Facet(name, texts(f"facet.{name}"), tuple(first), tuple(more)))
    return tuple(out)


def options(choices: Iterable[Choice], label: str, texts: Texts) -> Markup:
    """List items for facet values, built here: a page has over a hundred of them, and rendering them in
    the template took most of its time."""
    out = []
    for c in choices:
        on = ""
        if c.selected:
            said = html.escape(texts("search.remove", facet=label, value=c.value))
            on = f' class="on" aria-current="true" aria-label="{said}"'
        out.append(
            f'<li><a rel="nofollow" href="{html.escape(c.url)}"{on}><span>{html.escape(c.value)}'
            f'</span><span class="count">{c.documents}</span></a></li>'
        )
    return Markup("".join(out))  # noqa: S704 - every part is escaped


def chips(address: Address, texts: Texts) -> tuple[Link, ...]:
    """The active filters of the result. The address of each removes it."""
    out = []
    for name in FACETS:
        label = texts(f"facet.{name}")
        for value in address.filters.values(name):
            url = address.toggled(name, value).url()
            out.append(Link(value, url, texts("search.remove", facet=label, value=value)))
    filters, label = address.filters, texts("search.dates")
    for bound, key in (("date_from", "search.date_from_chip"), ("date_to", "search.date_to_chip")):
        value = getattr(filters, bound)
        if value:
            without: dict[str, None] = {bound: None}
            rest = replace(address, filters=replace(filters, **without), page=1)  # type: ignore[arg-type]
            text = texts(key, date=day(value, texts))
            out.append(Link(text, rest.url(), texts("search.remove", facet=label, value=text)))
    return tuple(out)


def paging(address: Address, total: int, size: int) -> Paging:
    """Links to the pages around the current one, the first and the last."""
    last = max(1, -(-total // size))
    page = address.page
    shown = {1, last, *range(max(1, page - 2), min(last, page + 2) + 1)}
    numbers: list[Link | None] = []
    for number in sorted(shown):
        if numbers and number - 1 not in shown:
            numbers.append(None)
        url = address.at_page(number).url()
        numbers.append(Link(str(number), url, current=number == page))
    return Paging(
        previous=address.at_page(page - 1).url() if 1 < page <= last else "",
        next=address.at_page(page + 1).url() if page < last else "",
        pages=tuple(numbers) if last > 1 else (),
        last=last,
    )


def bars(counts: Iterable[tuple[str, int, str]]) -> tuple[Bar, ...]:
    """Rows of (label, count, address) with the width of each bar."""
    rows = list(counts)
    longest = max((count for _, count, _ in rows), default=1) or 1
    return tuple(Bar(label, n, round(100 * n / longest, 1), url) for label, n, url in rows)


def version_name(info: DocumentInfo, texts: Texts) -> str:
    """A version labelled by its publication date."""
    if info.published is None:
        return texts("document.version_unknown")
    return texts("document.version_published", date=day(info.published, texts))


def kind_order(kind: str) -> int:
    """The display order of a kind; unknown ones come last."""
    kinds: Sequence[str] = [k.value for k in Kind]
    return kinds.index(kind) if kind in kinds else len(kinds)
