"""Search results, ready for a page, the command line or the JSON API.

Snippets and titles are plain text with separate highlight spans: the renderer must escape them first.
"""

from dataclasses import dataclass, field
from datetime import date

from kb.documents import Audience
from kb.index.document_info import DocumentInfo

SORTS = ("relevance", "date")

_EXPANDED = "expanded:"


@dataclass(frozen=True, slots=True)
class Filters:
    """Search filters. Values of one facet are combined by OR; facets by AND.

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
    """A search request to the knowledge base.

    group: "document" (hits grouped, best passages each) or "none" (passages as they rank).
    page: from 1. size: documents per page, or passages if not grouped; 1 to 100. verbatim: search
    only the given words, without interpretation or expansion. dropped: ids of interpretations that
    the reader dropped (`Understood.id`, `Expanded.id`). fold: group near-duplicate hits under the first
    (`Hit.alike`). snippets: whether hits include their text and highlights; lists don't need them.
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

    @property
    def dropped_words(self) -> frozenset[str]:
        """The query words whose added terms the reader dropped."""
        ids = (id for id in self.dropped if id.startswith(_EXPANDED))
        return frozenset(id.removeprefix(_EXPANDED) for id in ids)


@dataclass(frozen=True, slots=True)
class Span:
    """A highlighted range of a text: characters start to end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """Plain text with the ranges to highlight, in order, not overlapping."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Cited:
    """An article cited by a guide's answer: 《民法典》第七百三十三条 and its address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A matching passage. score: 0 to 1, where the best hit has 1. url: an article's address, or a path
    with fragment. cites: for a guide's answer, the articles it cites. heading: an article's, ours
    (`kb.articlenotes`)."""

    id: str
    anchor: str
    label: str
    path: tuple[str, ...]
    snippet: Marked
    score: float
    url: str
    text: str = ""
    cites: tuple[Cited, ...] = ()
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document with its best passages (one if not grouped). more: number of further matches. score:
    that of its best passage.
    alike: near-duplicates on the same page, grouped under this one."""

    document: DocumentInfo
    title: Marked
    passages: tuple[PassageHit, ...]
    more: int
    score: float
    url: str
    alike: tuple["Hit", ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """One interpretation of part of the query; the reader can drop it by its id.

    type: article, number, law, topic, year or kind. text: as written in the query. value: its meaning,
    as displayed. effect: 直达 or 优先.
    """

    id: str
    type: str
    text: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Expanded:
    """A query word and the legal terms searched in addition to it; the reader can drop it by its id."""

    word: str
    terms: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{_EXPANDED}{self.word}"


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: its number of matching documents, and whether it is selected."""

    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to the reader on how the query was interpreted. code is stable."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer. total: matching documents if grouped, else passages. took_ms: elapsed time of the search.

    relaxed: no passage has all the words, so those with some are shown. terms: words to
    highlight. suggestion: 您是不是要找, or empty. under: if nothing was found, document counts
    under each of the alternative filters.
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
