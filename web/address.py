"""The address of a search: its parameters parsed into a state, and the state written as a link.

Parsing never raises. Unusable parameters are dropped and reported as a `Problem`: a page shows it, the
API rejects the request with it.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from urllib.parse import parse_qsl, quote_plus

from kb.addresses import SEARCH
from kb.documents import Audience
from kb.index.document_info import FACETS
from kb.search.results import SORTS, Filters, Request

MAX_QUERY = 500
MAX_VALUES = 20
MAX_VALUE = 100
MAX_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """A parameter not used as given. key: of the message text; value: the given value."""

    field: str
    key: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """The state that determines everything on a result page."""

    query: str = ""
    filters: Filters = Filters()
    sort: str = "relevance"
    page: int = 1
    verbatim: bool = False
    dropped: tuple[str, ...] = ()

    @property
    def filtered(self) -> bool:
        return self.filters != Filters()

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters in their canonical order; defaults are left out."""
        out = [("q", self.query)] if self.query else []
        out += [(facet, value) for facet in FACETS for value in self.filters.values(facet)]
        if self.filters.date_from:
            out.append(("from", self.filters.date_from.isoformat()))
        if self.filters.date_to:
            out.append(("to", self.filters.date_to.isoformat()))
        if self.sort != "relevance":
            out.append(("sort", self.sort))
        if self.verbatim:
            out.append(("verbatim", "1"))
        out += [("drop", id) for id in self.dropped]
        if self.page > 1:
            out.append(("page", str(self.page)))
        return out

    def url(self) -> str:
        query = encoded(self.pairs())
        return f"{SEARCH}?{query}" if query else SEARCH

    def request(self, audience: Audience, size: int) -> Request:
        return Request(
            query=self.query,
            filters=self.filters,
            audience=audience,
            sort=self.sort,
            page=self.page,
            size=size,
            verbatim=self.verbatim,
            dropped=self.dropped,
        )

    def toggled(self, facet: str, value: str) -> "Address":
        """With `value` added to the facet, or removed if it is chosen; starting at page 1."""
        now = self.filters.values(facet)
        values = tuple(v for v in now if v != value) if value in now else (*now, value)
        return replace(self, filters=_with(self.filters, facet, values), page=1)

    def toggles(self, facet: str, values: Iterable[str]) -> list[str]:
        """`toggled(facet, value).url()` for each value; the parameters around it are written once."""
        now = self.filters.values(facet)
        pairs = replace(self, page=1).pairs()
        before = {"q", *FACETS[: FACETS.index(facet) + 1]}
        place = sum(name in before for name, _ in pairs)
        head, tail = encoded(pairs[:place]), encoded(pairs[place:])
        start = f"{SEARCH}?{head}&{facet}=" if head else f"{SEARCH}?{facet}="
        end = f"&{tail}" if tail else ""
        return [
            self.toggled(facet, value).url() if value in now else f"{start}{_quoted(value)}{end}"
            for value in values
        ]

    def plain(self) -> "Address":
        """With all interpretations and additions restored."""
        return replace(self, verbatim=False, dropped=(), page=1)

    def exact(self) -> "Address":
        return replace(self, verbatim=True, dropped=(), page=1)

    def unfiltered(self) -> "Address":
        return replace(self, filters=Filters(), page=1)

    def undated(self) -> "Address":
        filters = replace(self.filters, date_from=None, date_to=None)
        return replace(self, filters=filters, page=1)

    def sorted(self, sort: str) -> "Address":
        return replace(self, sort=sort, page=1)

    def at_page(self, page: int) -> "Address":
        return replace(self, page=page)

    def dropping(self, id: str) -> "Address":
        return replace(self, dropped=(*self.dropped, id), page=1)


_quoted = lru_cache(maxsize=4096)(quote_plus)


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """The parameters in URL encoding: like urlencode, but cached, as a page repeats the same few and
    most of its cost was in quoting them. Templates pass numbers too."""
    return "&".join(f"{name}={_quoted(str(value))}" for name, value in pairs)


def read(pairs: Iterable[tuple[str, str]]) -> tuple[Address, tuple[Problem, ...]]:
    """The state for given parameters, and the problems with them. Unknown names are ignored."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(clean(value))
    problems: list[Problem] = []
    query = given.get("q", [""])[0]
    if len(query) > MAX_QUERY:
        problems.append(Problem("q", "query_cut", str(MAX_QUERY)))
        query = query[:MAX_QUERY]
    filters = Filters(
        date_from=_date("from", given, problems), date_to=_date("to", given, problems)
    )
    for facet in FACETS:
        filters = _with(filters, facet, _values(facet, given, problems))
    sort = given.get("sort", [""])[0]
    address = Address(
        query=query,
        filters=filters,
        sort=sort if sort in SORTS else "relevance",
        page=_page(given.get("page", [""])[0]),
        verbatim=given.get("verbatim", [""])[0] in ("1", "true"),
        dropped=_values("drop", given, problems),
    )
    return address, tuple(problems)


def pairs_of(url: str) -> list[tuple[str, str]]:
    """The parameters of an address of this site."""
    return parse_qsl(url.partition("?")[2].partition("#")[0])


def clean(text: str) -> str:
    """Without control characters, unassigned halves of surrogates and outer white space."""
    if text.isprintable():
        return text.replace("\ufffd", "").strip()
    kept = (" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    return "".join(kept).replace("\ufffd", "").strip()


def with_parameters(url: str, *pairs: tuple[str, str]) -> str:
    """`url` with parameters added before its fragment; empty values are left out."""
    query = encoded([(name, value) for name, value in pairs if value])
    if not query:
        return url
    base, mark, fragment = url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{query}{mark}{fragment}"


def _with(filters: Filters, facet: str, values: tuple[str, ...]) -> Filters:
    changed: dict[str, tuple[str, ...]] = {facet: values}
    return replace(filters, **changed)  # type: ignore[arg-type]


def _values(name: str, given: dict[str, list[str]], problems: list[Problem]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(v for v in given.get(name, []) if v))
    short = tuple(v for v in values if len(v) <= MAX_VALUE)[:MAX_VALUES]
    if short != values:
        problems.append(Problem(name, "values_cut"))
    return short


def _date(name: str, given: dict[str, list[str]], problems: list[Problem]) -> date | None:
    text = given.get(name, [""])[0]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(Problem(name, "date_ignored", text[:MAX_VALUE]))
        return None


def _page(text: str) -> int:
    return min(max(int(text), 1), MAX_PAGE) if text.isdecimal() and len(text) < 10 else 1
