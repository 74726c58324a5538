"""The plan: a language-independent instruction to the engine. Only `kb.search.engine` runs it."""

from dataclasses import dataclass

from kb.index.snapshot import Boost
from kb.search.results import Filters


@dataclass(frozen=True, slots=True)
class Term:
    """A token to look up. field: a number in kb.index.fields.Field; weight: factor of its score."""

    field: int
    token: str
    weight: float


@dataclass(frozen=True, slots=True)
class Group:
    """One query word with the terms that score for it.

    must: in strict mode a passage must have all of these bigrams (or runs of other characters) in its
    text, title or headings, however the words were segmented there; a single Chinese character may be
    anywhere in them. Empty: no requirement.
    """

    word: str
    terms: tuple[Term, ...]
    must: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A passage requested by its address: it comes first regardless of its score.

    place: the passage's position in its document, from 0.
    """

    document: str
    place: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A search to run.

    groups and extra terms score; phrases must and excluded must not occur in a passage's folded text.
    strict: every group's `must` is required. floor: passages below this fraction of the best score
    don't match (0 keeps all). sort, page, size, group as in `kb.search.results.Request`.
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

    @property
    def terms(self) -> list[Term]:
        """All that score, of groups and besides them."""
        return [term for group in self.groups for term in group.terms] + list(self.extra)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranked passage. number: global passage number in the snapshot."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A ranked document, its best passages, and the number of its matching passages."""

    ordinal: int
    score: float
    passages: tuple[Ranked, ...]
    matched: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine found. total counts documents if grouped, else passages; facets count documents.
    best: the highest score on any page. under: document counts under alternative filters, if
    requested and nothing else was found.
    """

    total: int
    documents: tuple[RankedDocument, ...]
    facets: dict[str, dict[str, int]]
    best: float = 0.0
    under: tuple[int, ...] = ()
