"""The plan: what the engine is asked to do, free of language. Only `kb.search.engine` runs it."""

from dataclasses import dataclass

from kb.index.snapshot import Boost
from kb.search.results import Filters


@dataclass(frozen=True, slots=True)
class Term:
    """A token to look up. field: a number of kb.index.fields.Field; weight: factor of its score."""

    field: int
    token: str
    weight: float


@dataclass(frozen=True, slots=True)
class Group:
    """One word of the query with the terms that score for it.

    must: in the strict reading a passage must have all of these bigrams (or runs of other
    characters) in its text, title or headings, however the words there were cut; empty: no demand.
    """

    word: str
    terms: tuple[Term, ...]
    must: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A passage that was asked for by its address: it comes first whatever its score.

    place: the passage's place in its document, from 0.
    """

    document: str
    place: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A search to run.

    groups and extra terms score; phrases must and excluded must not be in a passage's folded text.
    strict: every group's `must` must be there. floor: passages under this share of the best score are
    no matches (0 keeps all). sort, page, size, group as in `kb.search.results.Request`.
    """

    groups: tuple[Group, ...] = ()
    extra: tuple[Term, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    boosts: tuple[Boost, ...] = ()
    targets: tuple[Target, ...] = ()
    filters: Filters = Filters()
    strict: bool = False
    floor: float = 0.0
    sort: str = "relevance"
    group: str = "document"
    offset: int = 0
    size: int = 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage in the order found. number: global passage number in the snapshot."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document in the order found, its best passages, and how many of its passages matched."""

    ordinal: int
    score: float
    passages: tuple[Ranked, ...]
    matched: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine found. total counts documents if grouped, else passages; facets count documents.
    best: the highest score, on whatever page it is. under: documents found under alternative filters,
    if asked for and nothing else was found.
    """

    total: int
    documents: tuple[RankedDocument, ...]
    facets: dict[str, dict[str, int]]
    best: float = 0.0
    under: tuple[int, ...] = ()
