"""The knowledge base as the site and the command line see it: one object, read only, thread-safe."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote

from kb import citations
from kb.documents import ArticleNumber, Audience, Document, Status
from kb.errors import IndexMissingError
from kb.lawnames import LawNames
from kb.library import Library
from kb.ranking.ranker import Prepared, Ranker
from kb.search import engine
from kb.search.analysis import Analyzer
from kb.search.compose import Composed, compose
from kb.search.plan import Found, Plan, RankedDocument
from kb.search.query import parse
from kb.search.results import (
    FACETS,
    Cited,
    DocumentInfo,
    FacetValue,
    Hit,
    Notice,
    PassageHit,
    Request,
    SearchResult,
)
from kb.search.snapshot import Snapshot, open_snapshot
from kb.search.snippet import mark, snippet
from kb.search.spelling import Speller
from kb.search.suggest import Suggester, Suggestion
from kb.search.understand import Lexicon, Understanding, understand
from kb.search.vocabulary import Vocabulary

_CHECK_SECONDS = 1.0
_BASIS = "\n依据："
"""What the last line of a guide's answer begins with: the articles it rests on."""
_KEPT_DOCUMENTS = 64
_NEWEST_FIRST = (Status.IN_FORCE, Status.PENDING, Status.AMENDED, Status.REPEALED)


@dataclass(frozen=True, slots=True)
class Published:
    """A document as it stands in the published generation. info.status is the one shown today."""

    info: DocumentInfo
    document: Document


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """The serving generation. published_at: ISO 8601."""

    name: str
    published_at: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class _View:
    """A snapshot with what is derived from it once."""

    snapshot: Snapshot
    names: dict[Audience, LawNames]
    works: dict[str, tuple[DocumentInfo, ...]]
    infos: dict[str, DocumentInfo]
    suggester: Suggester
    speller: Callable[[], Speller]
    prepared: Callable[[], Prepared]


class KnowledgeBase:
    """Answers from the serving generation, and follows newly published ones by itself."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._checked = 0.0
        self._warmed = False
        self._analyzer = Analyzer(data_dir / "cache")
        self._library = Library.open(data_dir, readonly=True)
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._current = self._open()

    @classmethod
    def open(cls, data_dir: Path) -> "KnowledgeBase":
        """Raises IndexMissingError where nothing is published that this program can read."""
        if not (data_dir / "index" / "current").is_file():
            raise IndexMissingError(f"{data_dir} 中还没有索引，请先运行 kb index。")
        return cls(data_dir)

    def _open(self) -> _View:
        try:
            snapshot = open_snapshot(self._data_dir, date.today())
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise IndexMissingError(
                f"索引已损坏（{error}），请运行 kb rollback 退回，或 kb index --full 重建。"
            ) from error
        if snapshot is None:
            raise IndexMissingError("索引由其他版本的程序生成，请运行 kb index --full 重建。")
        works: dict[str, list[DocumentInfo]] = {}
        infos = (*snapshot.documents, *snapshot.textless)
        for info in infos:
            if info.work:
                works.setdefault(info.work, []).append(info)
        names = {a: LawNames(w for w in works if _any_seen(works[w], a)) for a in Audience}
        public = names[Audience.PUBLIC]
        ordered = {w: tuple(sorted(v, key=_version_order)) for w, v in works.items()}
        return _View(
            snapshot,
            names,
            ordered,
            {i.id: i for i in infos},
            Suggester(infos, self._questions(snapshot)),
            cache(lambda: self._speller(snapshot)),
            cache(lambda: self._prepared(snapshot, public)),
        )

    def _speller(self, snapshot: Snapshot) -> Speller:
        """Made when first asked for: reading the index's words takes a quarter of a second."""
        vocabulary = Vocabulary(snapshot)
        known = self._analyzer.segmenter.known
        return Speller(vocabulary.works(), vocabulary.frequent(), vocabulary.attested, known)

    def _prepared(self, snapshot: Snapshot, names: LawNames) -> Prepared:
        """Made when first asked for: it takes about a second for 150,000 passages."""
        ranker = Ranker.load()
        assert ranker is not None
        return ranker.prepare(snapshot, self._analyzer, names)

    def _questions(self, snapshot: Snapshot) -> list[tuple[DocumentInfo, str, str]]:
        found = []
        for ordinal, info in enumerate(snapshot.documents):
            if info.situation:
                first, end = snapshot.spans[ordinal]
                records = (snapshot.record(n) for n in range(first, end))
                found += [(info, r.anchor, r.label) for r in records if r.label]
        return found

    def _ready(self, view: _View) -> _View:
        """A new view of a base that was warmed serves only when it is warm itself."""
        if self._warmed:
            view.speller()
            if Ranker.load() is not None:
                view.prepared()
        return view

    def _view(self) -> _View:
        now = time.monotonic()
        if now - self._checked < _CHECK_SECONDS:
            return self._current
        with self._lock:
            if now - self._checked >= _CHECK_SECONDS:
                self._checked = now
                pointer = self._data_dir / "index" / "current"
                snapshot = self._current.snapshot
                try:
                    name = pointer.read_text("utf-8").strip()
                    if name != snapshot.name or snapshot.today != date.today():
                        self._current = self._ready(self._open())
                except (OSError, IndexMissingError):
                    # Half-way through a swap, or made by another version: the one held serves on.
                    return self._current
        return self._current

    def warm(self) -> None:
        """Loads what the first question would wait for: dictionary, thesaurus, learned ranking."""
        self._warmed = True
        self.search(Request("房东不退押金怎么办", size=1))

    @property
    def generation(self) -> GenerationInfo:
        s = self._view().snapshot.sentinel
        return GenerationInfo(self._view().snapshot.name, s.published_at, s.documents, s.passages)

    def close(self) -> None:
        self._library.close()

    # Search

    def search(self, request: Request) -> SearchResult:
        """Answers a request. Never raises on what a user wrote: notices say what was odd."""
        started = time.perf_counter()
        view = self._view()
        request = replace(request, page=max(1, request.page), size=min(max(1, request.size), 1000))
        composed, understood, notices = self._plan(view, request)
        found, relaxed = self._run(view, composed, request)
        terms = composed.terms
        names = view.names[request.audience]
        hits = tuple(self._hit(view, d, terms, names) for d in found.documents)
        if relaxed and found.total and not understood.targets:
            notices = (
                *notices,
                Notice("relaxed", "没有同时含有全部词语的段落，以下为部分相符的结果。"),
            )
        return SearchResult(
            request=request,
            total=found.total,
            hits=hits,
            facets={f: _facet(found.facets.get(f, {}), request, f) for f in FACETS},
            understood=understood.items,
            expanded=composed.expanded,
            notices=notices,
            terms=terms,
            suggestion=self._suggestion(view, request, understood),
            relaxed=relaxed,
            took_ms=round((time.perf_counter() - started) * 1000, 3),
        )

    @staticmethod
    def _suggestion(view: _View, request: Request, understood: Understanding) -> str:
        if request.verbatim or understood.targets:
            return ""
        return view.speller().correct(request.query, request.audience)

    def _plan(
        self, view: _View, request: Request
    ) -> tuple[Composed, Understanding, tuple[Notice, ...]]:
        parsed = parse(request.query)
        lexicon = Lexicon(
            view.names[request.audience],
            lambda work, number: self._place(view, request.audience, work, number),
        )
        understood = understand(parsed, lexicon, request.dropped, verbatim=request.verbatim)
        composed = compose(parsed, understood, request, self._analyzer)
        if parsed.empty and request.query.strip():
            composed = replace(composed, plan=None)
        return composed, understood, (*parsed.notices, *understood.notices)

    def _run(self, view: _View, composed: Composed, request: Request) -> tuple[Found, bool]:
        snapshot = view.snapshot
        if composed.plan is None:
            return Found(0, (), {}), False
        reorder = self._learned(view, composed.plan, request)
        found = engine.search(snapshot, composed.plan, reorder)
        if found.total:
            return found, False
        loose = composed.loose or composed.plan
        if composed.loose is not None:
            found = engine.search(snapshot, loose)
        if not found.total and loose.floor:
            # Under the filters chosen there may be only weak matches: better those than none.
            found = engine.search(snapshot, replace(loose, floor=0.0))
        return found, True

    @staticmethod
    def _learned(view: _View, plan: Plan, request: Request) -> engine.Reorder | None:
        """The learned order for a question, or None where it doesn't apply (`Ranker.applies`)."""
        ranker = Ranker.load()
        if ranker is None or request.verbatim:
            return None
        if not ranker.applies(request.query, plan, view.snapshot):
            return None
        words = (d.removeprefix("expanded:") for d in request.dropped if d.startswith("expanded:"))
        dropped = frozenset(words)
        prepared = view.prepared()
        return lambda scores, shown: prepared.rerank(request.query, scores, shown, dropped)

    def _hit(
        self, view: _View, ranked: RankedDocument, terms: Sequence[str], names: LawNames
    ) -> Hit:
        info = view.snapshot.documents[ranked.ordinal]
        passages = []
        for r in ranked.passages:
            record = view.snapshot.record(r.number)
            answer, _, basis = record.text.partition(_BASIS)
            passages.append(
                PassageHit(
                    id=f"{info.id}/{record.anchor}",
                    anchor=record.anchor,
                    label=record.label,
                    path=record.path,
                    snippet=snippet(answer if basis else record.text, terms),
                    score=round(r.score, 4),
                    url=self._url(view, info, record.anchor),
                    text=record.text,
                    cites=_cited(basis, names),
                )
            )
        return Hit(
            document=info,
            title=mark(info.title, terms),
            passages=tuple(passages),
            more=ranked.matched - len(passages),
            score=round(ranked.score, 4),
            url=self._url(view, info, ""),
        )

    def _url(self, view: _View, info: DocumentInfo, anchor: str) -> str:
        """Where people find it: /law/民法典/1043, or /doc/<id>#p3."""
        if info.work:
            version = ""
            if view.works[info.work][0].id != info.id:
                if not info.published:
                    return f"/doc/{info.id}" + (f"#{anchor}" if anchor else "")
                version = f"?version={info.published.isoformat()}"
            if anchor.startswith("a") and "." not in anchor:
                return f"/law/{quote(info.work)}/{anchor[1:]}{version}"
            return f"/law/{quote(info.work)}{version}" + (f"#{anchor}" if anchor else "")
        return f"/doc/{info.id}" + (f"#{anchor}" if anchor else "")

    # Documents

    def document(self, id: str, audience: Audience) -> Published | None:
        """The document, or None where there is none or the audience may not see it."""
        info = self._view().infos.get(id)
        return self._published(info) if info and _may_see(info, audience) else None

    def law(self, name: str, audience: Audience, version: date | None = None) -> Published | None:
        """A law by title, short title or alias: the version in force, or that of a date."""
        view = self._view()
        alias = view.names[audience].resolve(name)
        infos = self.versions(alias.work, audience) if alias else ()
        for info in infos:
            if version is None or info.published == version:
                return self._published(info)
        return None

    def versions(self, work: str, audience: Audience) -> tuple[DocumentInfo, ...]:
        """Versions of a work: the one in force first, then from the newest to the oldest."""
        return tuple(i for i in self._view().works.get(work, ()) if _may_see(i, audience))

    def newest(
        self, audience: Audience, limit: int = 10, topic: str = ""
    ) -> tuple[DocumentInfo, ...]:
        """The documents published last, among those with the topic if one is named."""
        found = self.documents(audience, topic=topic)
        return tuple(sorted(found, key=_recency, reverse=True)[:limit])

    def documents(
        self, audience: Audience, *, topic: str = "", kind: str = "", situation: str = ""
    ) -> tuple[DocumentInfo, ...]:
        """Every document that the audience may see and that has the given values."""
        return tuple(
            i
            for i in self._view().infos.values()
            if _may_see(i, audience)
            and (not topic or topic in i.topics)
            and (not kind or i.kind == kind)
            and (not situation or i.situation == situation)
        )

    def counts(self, audience: Audience, facet: str) -> tuple[FacetValue, ...]:
        """How many of all documents have each value of a facet, the most frequent first."""
        snapshot = self._view().snapshot
        counts = snapshot.facets[facet].count(snapshot.visible(audience))
        return _ordered(counts, ())

    def suggest(self, prefix: str, audience: Audience, limit: int = 8) -> tuple[Suggestion, ...]:
        """Topics, laws and guides' questions that the text may be the beginning of."""
        return self._view().suggester.suggest(prefix, audience, limit)

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

    def _place(
        self, view: _View, audience: Audience, work: str, number: ArticleNumber
    ) -> tuple[str, int] | None:
        for info in view.works.get(work, ()):
            if _may_see(info, audience) and (document := self._load(info.version)):
                for place, passage in enumerate(document.passages):
                    if passage.article == number.key:
                        return info.id, place
        return None


def _cited(basis: str, names: LawNames) -> tuple[Cited, ...]:
    """The articles that the line 依据 of a guide's answer names, as far as they are in the base."""
    return tuple(
        Cited(f"《{c.work}》{c.article.label}", f"/law/{quote(c.work)}/{c.article.key}")
        for c in citations.find(basis, names)
    )


def _may_see(info: DocumentInfo, audience: Audience) -> bool:
    return audience is Audience.STAFF or info.audience is Audience.PUBLIC


def _any_seen(infos: Sequence[DocumentInfo], audience: Audience) -> bool:
    return any(_may_see(i, audience) for i in infos)


def _version_order(info: DocumentInfo) -> tuple[int, int]:
    rank = _NEWEST_FIRST.index(info.status) if info.status in _NEWEST_FIRST else 0
    return rank, -(info.published.toordinal() if info.published else 0)


def _recency(info: DocumentInfo) -> tuple[int, str]:
    return (info.published or info.checked or date.min).toordinal(), info.id


def _facet(counts: dict[str, int], request: Request, facet: str) -> tuple[FacetValue, ...]:
    return _ordered(counts, request.filters.values(facet))


def _ordered(counts: dict[str, int], selected: Sequence[str]) -> tuple[FacetValue, ...]:
    """The most frequent first; chosen values stay in the list even where nothing has them."""
    every = {**dict.fromkeys(selected, 0), **counts}
    order = sorted(every, key=lambda v: (-every[v], v))
    return tuple(FacetValue(v, every[v], v in selected) for v in order)
