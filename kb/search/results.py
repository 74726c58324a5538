"""What a search answers, ready for a page, the command line or the JSON API.

Snippets and titles are plain text with highlight spans beside them: whoever renders escapes first.
"""

from dataclasses import dataclass, field
from datetime import date

from kb.documents import Audience
from kb.index.document_info import DocumentInfo

SORTS = ("relevance", "date")


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a search. Values of one facet are alternatives; facets combine.

    date_from, date_to: inclusive bounds of the document's publication date.
    """

    kind: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    issuer: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None

    def values(self, facet: str) -> tuple[str, ...]:
        return tuple(getattr(self, facet))


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the knowledge base.

    group: "document" (hits grouped, best passages each) or "none" (passages as they rank).
    page: from 1. size: documents, or passages if not grouped, a page; 1 to 100. verbatim: search
    only the words given, nothing understood or added. dropped: ids of understood parts the reader
    took back (`Understood.id`). fold: hits of nearly the same text go under the first (`Hit.alike`).
    snippets: whether hits come with their text and what to highlight; lists do without.
    """

    query: str
    filters: Filters = Filters()
    audience: Audience = Audience.PUBLIC
    sort: str = "relevance"
    group: str = "document"
    page: int = 1
    size: int = 10
    verbatim: bool = False
    dropped: tuple[str, ...] = ()
    fold: bool = False
    snippets: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """A highlighted stretch of a text: characters start to end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """Plain text with the stretches to highlight, in order, not overlapping."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Cited:
    """An article that a guide's answer rests on: 《民法典》第七百三十三条 and its address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class PassageHit:
    """One passage that matched. score: 0 to 1, that of the best hit being 1. url: an article's
    address, or a path with fragment. cites: for a guide's answer the articles behind it."""

    id: str
    anchor: str
    label: str
    path: tuple[str, ...]
    snippet: Marked
    score: float
    url: str
    text: str = ""
    cites: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A document with its best passages (one if not grouped). more: further ones that match. score:
    that of its best passage.
    alike: documents on the same page that are nearly the same text, folded under this one."""

    document: DocumentInfo
    title: Marked
    passages: tuple[PassageHit, ...]
    more: int
    score: float
    url: str
    alike: tuple["Hit", ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """One thing that was understood in the query; the reader can take it back by its id.

    type: article, law, topic, year, kind, region, phrase, exclusion. text: as written in the query.
    value: what it was taken for, in words for the screen. effect: 直达, 限定 or 优先.
    """

    id: str
    type: str
    text: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Expanded:
    """A word of the query and the terms of law that were searched beside it."""

    word: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: how many matching documents have it, and if it is chosen now."""

    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader should know of how the query was read. code is stable."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer. total: matching documents if grouped, else passages. took_ms: wall time inside.

    relaxed: no passage has all the words, so those with some are shown. terms: the words a page may
    highlight. suggestion: 您是不是要找, or empty. under: where nothing was found, documents under
    each of the alternative filters.
    """

    request: Request
    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[FacetValue, ...]] = field(default_factory=dict)
    understood: tuple[Understood, ...] = ()
    expanded: tuple[Expanded, ...] = ()
    notices: tuple[Notice, ...] = ()
    terms: tuple[str, ...] = ()
    suggestion: str = ""
    relaxed: bool = False
    under: tuple[int, ...] = ()
    took_ms: float = 0.0
