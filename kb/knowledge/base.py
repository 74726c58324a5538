"""The knowledge base as the site and the command line use it: one read-only, thread-safe object."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from kb.documents import Audience, Document
from kb.index.document_info import FACETS, DocumentInfo
from kb.index.generation import Generations
from kb.knowledge import alike
from kb.knowledge.alike import Alike
from kb.knowledge.origin import Origin, origin_of
from kb.knowledge.presentation import in_order, listed, present
from kb.knowledge.view import View, unreadable
from kb.knowledge.views import Views
from kb.lawnames import LawNames
from kb.library import ItemState, Library
from kb.ranking.ranker import Explained
from kb.search import engine
from kb.search.compose import Composed, interpret
from kb.search.plan import Found, Plan, Ranked, RankedDocument
from kb.search.results import FacetValue, Filters, Hit, Notice, Request, SearchResult
from kb.search.suggest import Suggestion
from kb.search.understand import Lexicon, Understanding
from kb.text.analysis import Analyzer
from kb.text.folding import clean, fold
from kb.text.words import cut
from kb.validity import HORIZON

DAMAGED = "部分资料的索引损坏，修复之前检索不到，结果可能不全。"
"""Notice shown to readers when part of the index had to be left out."""


SECONDS = 1.0
"""CPU time limit for one search: ten times what a typical one takes at a million passages."""

COSTLY = "too-costly"
"""Code of the notice that a search was aborted."""

_COSTLY = Notice(COSTLY, "这个查询太复杂，没有查完。请减少引号中的短语、排除的词。")

_Stage = tuple[Plan, engine.Reorder | None, engine.Lift | None]

_KEPT_DOCUMENTS = 64


@dataclass(frozen=True, slots=True)
class Published:
    """A document in the published generation. info.status is the status as of today."""

    info: DocumentInfo
    document: Document


@dataclass(frozen=True, slots=True)
class Edition:
    """The serving generation as an audience sees it. stamp: changes only when that content does; since:
    when it last changed, ISO 8601. Neither reveals changes that the audience can't see."""

    stamp: str
    since: str


class KnowledgeBase:
    """Answers from the serving generation and follows new ones automatically.

    Each audience has its own view, built on first use. The public's view is the same as if nothing
    else existed.
    """

    def __init__(
        self, data_dir: Path, audience: Audience = Audience.PUBLIC, months: int = HORIZON
    ) -> None:
        self._lock = threading.Lock()
        self._analyzer = Analyzer(data_dir / "cache")
        self._library = Library.open(data_dir, readonly=True)
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._views = Views(data_dir, self._analyzer, audience, months)

    @classmethod
    def open(
        cls, data_dir: Path, audience: Audience = Audience.PUBLIC, months: int = HORIZON
    ) -> "KnowledgeBase":
        """audience: whose view to open now. months: after which a 时效性 counts as unconfirmed. Raises
        IndexMissingError if no generation is published that this program can read."""
        if Generations(data_dir).whole() is None:
            raise unreadable(data_dir)
        return cls(data_dir, audience, months)

    def _view(self, audience: Audience) -> View:
        return self._views.of(audience)

    def warm(self) -> None:
        """Loads what the first query would wait for: dictionary, thesaurus, learned ranking."""
        for audience in self._views.warm():
            self.search(Request("房东不退押金怎么办", audience=audience, size=1))

    def prepare(self, audience: Audience) -> None:
        """Builds the audience's view if it is missing. Takes a second; other requests need not wait."""
        self._views.prepare(audience)

    @property
    def generation(self) -> str:
        """Name of the serving generation. For operators only: it counts every publication."""
        return self._views.generation

    @property
    def stepped_back(self) -> bool:
        """Whether an older generation serves because the newest is damaged."""
        return self._views.stepped_back

    def edition(self, audience: Audience) -> Edition:
        """The serving generation as the audience sees it."""
        snapshot = self._view(audience).snapshot
        sentinel = snapshot.sentinel
        whole = audience.may_see(Audience.STAFF)
        return Edition(snapshot.stamp, sentinel.published_at if whole else sentinel.public_since)

    def unsearchable(self, audience: Audience) -> int:
        """Number of documents the audience may see but can't search because part of the index is damaged."""
        return self._view(audience).snapshot.unsearchable

    def close(self) -> None:
        self._views.close()
        self._library.close()

    # Search

    def search(self, request: Request, alternatives: Sequence[Filters] = ()) -> SearchResult:
        """Answers a request. Never raises on user input: notices report what was unusual.

        alternatives: other filters, whose hits are counted if nothing is found.
        """
        started, deadline = time.perf_counter(), engine.Deadline(SECONDS)
        view = self._view(request.audience)
        request = replace(request, page=max(1, request.page), size=min(max(1, request.size), 1000))
        composed, understood, notices = self._plan(view, request)
        try:
            found, relaxed = self._run(view, composed, request, alternatives, deadline)
        except engine.TooCostlyError:
            found, relaxed, notices = Found(0, (), {}), False, (*notices, _COSTLY)
        terms = composed.terms
        show = present if request.snippets else listed
        hits = tuple(show(view, d, terms, found.best) for d in found.documents)
        if request.fold:
            hits = alike.fold(hits, terms, keep_order=request.sort == "date")
        if relaxed and found.total and not understood.targets:
            notices = (
                *notices,
                Notice("relaxed", "没有同时含有全部词语的段落，以下为部分相符的结果。"),
            )
        if view.snapshot.unsearchable:
            notices = (*notices, Notice("damaged", DAMAGED))
        return SearchResult(
            request=request,
            total=found.total,
            hits=hits,
            facets={
                f: in_order(found.facets.get(f, {}), request.filters.values(f)) for f in FACETS
            },
            understood=understood.items,
            expanded=composed.expanded,
            notices=notices,
            terms=terms,
            suggestion=self._suggestion(view, request, understood),
            relaxed=relaxed,
            under=found.under,
            took_ms=round((time.perf_counter() - started) * 1000, 3),
        )

    def terms(self, request: Request) -> tuple[str, ...]:
        """The words to highlight for the request, without searching."""
        composed, _, _ = self._plan(self._view(request.audience), request)
        return composed.terms

    @staticmethod
    def _suggestion(view: View, request: Request, understood: Understanding) -> str:
        if request.verbatim or understood.targets:
            return ""
        return view.speller.correct(clean(request.query))

    def _plan(
        self, view: View, request: Request
    ) -> tuple[Composed, Understanding, tuple[Notice, ...]]:
        book = view.lawbook(self._load)
        lexicon = Lexicon(
            view.names,
            book.article,
            book.has_version,
            book.last,
            book.ceased,
            book.numbered,
            lambda text: cut(fold(text), self._analyzer),
        )
        return interpret(request, lexicon, self._analyzer)

    def _run(
        self,
        view: View,
        composed: Composed,
        request: Request,
        alternatives: Sequence[Filters],
        deadline: engine.Deadline,
    ) -> tuple[Found, bool]:
        found, relaxed = Found(0, (), {}), False
        under = (0,) * len(alternatives)
        for place, (plan, reorder, lift) in enumerate(self._stages(view, composed, request)):
            found = engine.search(view.snapshot, plan, reorder, lift, deadline, alternatives)
            relaxed = place > 0 or not found.total
            if found.total:
                break
            under = tuple(n or m for n, m in zip(under, found.under, strict=True))
        return replace(found, under=under), relaxed

    def _stages(self, view: View, composed: Composed, request: Request) -> Iterator[_Stage]:
        """Interpretations of a request; each runs only if the previous one finds nothing."""
        if composed.plan is None:
            return
        reorder = self._learned(view, composed, request)
        # Without a learned ranking, a guide's answer lifts the articles it cites.
        lift = view.lift if reorder is None and composed.expanded else None
        yield composed.plan, reorder, lift
        loose = composed.loose or composed.plan
        if composed.loose is not None:
            yield loose, None, lift
        if loose.floor and loose.groups and not loose.phrases:
            # The filters may leave only weak matches: better than none.
            yield replace(loose, floor=0.0), None, None

    @staticmethod
    def _learned(view: View, composed: Composed, request: Request) -> engine.Reorder | None:
        """The learned reordering for a question, or None if it doesn't apply (`Ranker.applies`)."""
        if view.ranker is None or request.verbatim:
            return None
        if not view.ranker.applies(request.query, composed, view.snapshot):
            return None
        dropped = request.dropped_words
        prepared = view.prepared
        assert prepared is not None
        return lambda scores: prepared.rerank(request.query, scores, dropped)

    def explain(self, request: Request, limit: int = 10) -> list[tuple[Hit, Explained]]:
        """Explains the learned ranking's top passages; empty if the ranking doesn't apply to the
        request."""
        view = self._view(request.audience)
        composed, _, _ = self._plan(view, request)
        if composed.plan is None or self._learned(view, composed, request) is None:
            return []
        prepared = view.prepared
        assert prepared is not None
        found: list[Explained] = []

        def note(scores: engine.Scores) -> list[tuple[int, float]]:
            found.extend(prepared.explain(request.query, scores, limit))
            return []

        engine.search(view.snapshot, composed.plan, note)
        best = max((one.score for one in found), default=0.0)
        hits = []
        for one in found:
            ordinal = int(view.snapshot.document_of[one.number])
            ranked = RankedDocument(ordinal, one.score, (Ranked(one.number, one.score),), 1)
            hits.append((present(view, ranked, composed.terms, best), one))
        return hits

    # Documents

    def document(self, id: str, audience: Audience) -> Published | None:
        """The document, or None if it doesn't exist or the audience may not see it. If another document
        with the same text is shown in its place, returns that one."""
        view = self._view(audience)
        info = view.infos.get(view.moved.get(id, id))
        return self._published(info) if info else None

    def alike(self, info: DocumentInfo, audience: Audience) -> tuple[Alike, ...]:
        """Near-duplicates of the document, the fullest first."""
        infos = self._view(audience).infos
        return alike.like(infos.get(info.id, info), infos)

    def sources(self, info: DocumentInfo, audience: Audience) -> tuple[Origin, ...]:
        """Origins of the document and its copies, by source and path: all of them for staff, only web
        addresses for the public."""
        found: dict[tuple[str, str], Origin] = {}
        for id in (info.id, *info.copies):
            for item in self._library.items_of(id):
                if item.state is not ItemState.GONE:
                    origin = origin_of(item)
                    found[origin.source, origin.place] = origin
        every = (found[key] for key in sorted(found))
        return tuple(o for o in every if o.url or audience.may_see(Audience.STAFF))

    def law(self, name: str, audience: Audience, version: date | None = None) -> Published | None:
        """A law by title, short title or alias: the version in force, or the version of a given date."""
        alias = self._view(audience).names.resolve(name)
        infos = self.versions(alias.work, audience) if alias else ()
        for info in infos:
            if version is None or info.published == version:
                return self._published(info)
        return None

    def names(self, audience: Audience) -> LawNames:
        """Names of the laws visible to this audience."""
        return self._view(audience).names

    def versions(self, work: str, audience: Audience) -> tuple[DocumentInfo, ...]:
        """Versions of a work: the one in force first, then from the newest to the oldest."""
        return self._view(audience).works.get(work, ())

    def newest(
        self, audience: Audience, limit: int = 10, topic: str = ""
    ) -> tuple[DocumentInfo, ...]:
        """The most recently published documents, optionally only those with the topic."""
        found = self.documents(audience, topic=topic)
        return tuple(sorted(found, key=_recency, reverse=True)[:limit])

    def documents(
        self, audience: Audience, *, topic: str = "", kind: str = "", situation: str = ""
    ) -> tuple[DocumentInfo, ...]:
        """All documents that the audience may see and that have the given values."""
        return tuple(
            i
            for i in self._view(audience).infos.values()
            if (not topic or topic in i.topics)
            and (not kind or i.kind == kind)
            and (not situation or i.situation == situation)
        )

    def counts(self, audience: Audience, facet: str) -> tuple[FacetValue, ...]:
        """Document counts for each value of a facet, the most frequent first."""
        snapshot = self._view(audience).snapshot
        every = np.ones(len(snapshot.documents), dtype=np.bool_)
        return in_order(snapshot.facets[facet].count(every), ())

    def suggest(self, prefix: str, audience: Audience, limit: int = 8) -> tuple[Suggestion, ...]:
        """Topics, laws and guides' questions that start with the text."""
        return self._view(audience).suggester.suggest(prefix, limit)

    def _published(self, info: DocumentInfo) -> Published | None:
        document = self._load(info.version)
        return Published(info, document) if document else None

    def _load(self, version: str) -> Document | None:
        with self._lock:
            if version in self._documents:
                self._documents.move_to_end(version)
                return self._documents[version]
        document = self._library.document(version)
        if document is not None:
            with self._lock:
                self._documents[version] = document
                if len(self._documents) > _KEPT_DOCUMENTS:
                    self._documents.popitem(last=False)
        return document


def _recency(info: DocumentInfo) -> tuple[int, str]:
    return (info.published or info.checked or date.min).toordinal(), info.id
