"""A snapshot and data derived from it once: law names, works, suggestions, learned ranking.

A snapshot belongs to one audience, and so does everything derived: no check of the reader is needed.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kb import addresses, articlenotes, citations
from kb.citations import Citation
from kb.documentnumbers import Numbers
from kb.documents import Audience, Document, Kind
from kb.errors import IndexMissingError
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.index.generation import Generations
from kb.index.snapshot import Snapshot, open_snapshot
from kb.ranking.ranker import Prepared, Ranker
from kb.search.lawbook import Lawbook, law_names
from kb.search.spelling import Speller
from kb.search.suggest import Suggester
from kb.search.vocabulary import Vocabulary
from kb.text.analysis import Analyzer
from kb.validity import HORIZON

BASIS = "\n依据："
"""Prefix of the last line of a guide's answer, which cites the articles it rests on."""

_LIFTS, _UNDER = 0.7, 0.6
"""Answers scoring at least this fraction of the best lift their articles to this fraction of their own."""


class View:
    """One generation for one audience, as of one day. Immutable except for lazily built data.

    names: names of its laws. works: versions of each work, the one in force first, then newest to
    oldest. infos: all documents by id. moved: the document shown in place of another, by the
    other's id.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        analyzer: Analyzer,
        ranker: Ranker | None,
        spellers: Sequence[Speller] = (),
    ) -> None:
        """ranker: None for no learned order. spellers: those of other views, reused if one covers
        exactly the same words."""
        self.snapshot, self.ranker = snapshot, ranker
        self._spellers = spellers
        self._analyzer = analyzer
        infos = (*snapshot.documents, *snapshot.textless)
        self.works = snapshot.versions
        self.names = law_names(self.works)
        self.infos = {i.id: i for i in infos}
        self.moved = {old: i.id for i in infos for old in (*i.former, *i.copies)}
        self._anchors: dict[str, dict[str, int]] = {}
        self._cited: dict[str, tuple[Citation, ...]] = {}

    @cached_property
    def _numbers(self) -> Numbers:
        return Numbers((i.number, i.id) for i in self.infos.values() if i.number)

    def lawbook(self, load: Callable[[str], Document | None]) -> Lawbook:
        """Looks up laws for queries."""
        return Lawbook(self.works, self.infos, load, self._numbers)

    @classmethod
    def open(
        cls,
        data_dir: Path,
        analyzer: Analyzer,
        audience: Audience,
        others: Sequence["View"] = (),
        months: int = HORIZON,
    ) -> "View":
        """Opens the serving generation and shares whatever is still valid in other open views. months:
        the horizon of `kb.validity`. Raises IndexMissingError if it can't be read."""
        opened = others[0].snapshot if others else None
        try:
            snapshot = open_snapshot(data_dir, date.today(), audience, opened, months)
        except catalog.DAMAGED as error:
            raise IndexMissingError(
                f"索引已损坏（{error}），请运行 kb rollback 退回，或 kb index --full 重建。"
            ) from error
        if snapshot is None:
            raise unreadable(data_dir)
        spellers = (v.__dict__.get("speller") for v in others)
        return cls(snapshot, analyzer, Ranker.of(data_dir), [s for s in spellers if s])

    @cached_property
    def suggester(self) -> Suggester:
        """Made when first needed: a third of a second."""
        answered = tuple(self._answered())
        return Suggester(tuple(self.infos.values()), _questions(self.snapshot), answered)

    def _answered(self) -> Iterator[tuple[str, str]]:
        """Questions of articles' notes, each with the article's address, in the versions in force."""
        notes = articlenotes.load()
        for work, versions in self.works.items():
            info = versions[0]
            ordinal = self.snapshot.ordinals.get(info.id)
            if ordinal is None or not notes.of(work) or not addresses.is_step(work):
                continue
            for number in range(*self.snapshot.spans[ordinal]):
                record = self.snapshot.record(number)
                if note := notes.find(work, record.text):
                    url = addresses.document(info, record.anchor)
                    yield from ((question, url) for question in note.questions)

    @cached_property
    def speller(self) -> Speller:
        """Made when first needed: a quarter of a second."""
        vocabulary = Vocabulary(self.snapshot)
        works, frequent = vocabulary.works(), vocabulary.frequent()
        others, self._spellers = self._spellers, ()
        for other in others:
            if other.words == (tuple(works), tuple(frequent)):
                return other.over(vocabulary.attested)
        return Speller(works, frequent, vocabulary.attested, self._analyzer.segmenter.known)

    @cached_property
    def prepared(self) -> Prepared | None:
        """The learned ranking bound to the snapshot, or None without a model."""
        if self.ranker is None:
            return None
        return self.ranker.prepare(self.snapshot, self._analyzer, self.names)

    @cached_property
    def bridges(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each guide answer: its passage, and the passages of the articles it cites."""
        found = []
        for ordinal, info in enumerate(self.snapshot.documents):
            if info.kind is not Kind.GUIDE:
                continue
            for number in range(*self.snapshot.spans[ordinal]):
                basis = self.snapshot.record(number).text.partition(BASIS)[2]
                places = [self._passage(c) for c in self.cited(basis)]
                cited = tuple(p for p in places if p >= 0)
                if cited:
                    found.append((number, cited))
        return tuple(found)

    def cited(self, basis: str) -> tuple[Citation, ...]:
        """The articles that the line 依据 of a guide's answer names; kept for as long as the view."""
        if basis not in self._cited:
            self._cited[basis] = tuple(citations.find(basis, self.names))
        return self._cited[basis]

    def _passage(self, cited: Citation) -> int:
        """The cited article's passage in the version in force, or -1 if there is none."""
        info = self.works[cited.work][0]
        anchors = self._anchors.get(info.id)
        if anchors is None:
            ordinal = self.snapshot.ordinals.get(info.id)
            span = range(*self.snapshot.spans[ordinal]) if ordinal is not None else ()
            anchors = self._anchors[info.id] = {self.snapshot.record(n).anchor: n for n in span}
        return anchors.get(f"a{cited.article.key}", -1)

    def lift(self, scores: npt.NDArray[np.float32]) -> None:
        """Lifts the articles cited by a well-matching guide answer to just below it."""
        least = _LIFTS * float(scores.max(initial=0.0))
        for guide, articles in self.bridges:
            if scores[guide] >= least > 0:
                for number in articles:
                    scores[number] = max(scores[number], _UNDER * scores[guide])

    def warm(self) -> None:
        """Builds what a query would otherwise wait for."""
        # No assert: python -O would leave it out, and what it reads with it.
        _ = self.suggester, self.speller, self.bridges, self.prepared


def unreadable(data_dir: Path) -> IndexMissingError:
    """An error that says why no generation can be read."""
    generations = Generations(data_dir)
    sentinel = generations.sentinel(generations.current_name())
    if sentinel is not None and not sentinel.usable:
        return IndexMissingError("索引由其他版本的程序生成，请运行 kb index --full 重建。")
    if generations.names():
        return IndexMissingError("索引已损坏，没有一个版本可用，请运行 kb index --full 重建。")
    return IndexMissingError(f"{data_dir} 中还没有索引，请先运行 kb index。")


def _questions(snapshot: Snapshot) -> list[tuple[DocumentInfo, str, str]]:
    found = []
    for ordinal, info in enumerate(snapshot.documents):
        if info.situation:
            first, end = snapshot.spans[ordinal]
            records = (snapshot.record(n) for n in range(first, end))
            found += [(info, r.anchor, r.label) for r in records if r.label]
    return found
