"""A snapshot with what is derived from it once: names of laws, works, suggestions, what is learned."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from kb.documents import Audience, Status
from kb.errors import IndexMissingError
from kb.lawnames import LawNames
from kb.ranking.ranker import Prepared, Ranker
from kb.search.analysis import Analyzer
from kb.search.results import DocumentInfo
from kb.search.snapshot import Snapshot, open_snapshot
from kb.search.spelling import Speller
from kb.search.suggest import Suggester
from kb.search.vocabulary import Vocabulary

_NEWEST_FIRST = (Status.IN_FORCE, Status.PENDING, Status.AMENDED, Status.REPEALED)


def may_see(info: DocumentInfo, audience: Audience) -> bool:
    """Whether the audience may know of the document at all."""
    return audience is Audience.STAFF or info.audience is Audience.PUBLIC


class View:
    """One generation as of one day. Immutable but for what is made when first asked for.

    names: laws that each audience may know of. works: the versions of each, the one in force first,
    then from the newest to the oldest. infos: every document by id.
    """

    def __init__(self, snapshot: Snapshot, analyzer: Analyzer) -> None:
        self.snapshot = snapshot
        self._analyzer = analyzer
        infos = (*snapshot.documents, *snapshot.textless)
        works: dict[str, list[DocumentInfo]] = {}
        for info in infos:
            if info.work:
                works.setdefault(info.work, []).append(info)
        self.names = {a: LawNames(w for w in works if _any_seen(works[w], a)) for a in Audience}
        self.works = {w: tuple(sorted(v, key=_version_order)) for w, v in works.items()}
        self.infos = {i.id: i for i in infos}
        self.suggester = Suggester(infos, _questions(snapshot))

    @classmethod
    def open(cls, data_dir: Path, analyzer: Analyzer) -> "View":
        """The serving generation. Raises IndexMissingError where it can't be read."""
        try:
            snapshot = open_snapshot(data_dir, date.today())
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise IndexMissingError(
                f"索引已损坏（{error}），请运行 kb rollback 退回，或 kb index --full 重建。"
            ) from error
        if snapshot is None:
            raise IndexMissingError("索引由其他版本的程序生成，请运行 kb index --full 重建。")
        return cls(snapshot, analyzer)

    @cached_property
    def speller(self) -> Speller:
        """Reading the index's words takes a quarter of a second."""
        vocabulary = Vocabulary(self.snapshot)
        known = self._analyzer.segmenter.known
        return Speller(vocabulary.works(), vocabulary.frequent(), vocabulary.attested, known)

    @cached_property
    def prepared(self) -> Prepared | None:
        """The learned ranking bound to the snapshot, None without a model: it takes about a second
        for 150,000 passages."""
        ranker = Ranker.load()
        if ranker is None:
            return None
        return ranker.prepare(self.snapshot, self._analyzer, self.names[Audience.PUBLIC])

    def warm(self) -> None:
        """Makes now what a question would wait for."""
        assert self.speller
        assert self.prepared or Ranker.load() is None

    def url(self, info: DocumentInfo, anchor: str) -> str:
        """Where people find it: /law/民法典/1043, or /doc/<id>#p3."""
        fragment = f"#{anchor}" if anchor else ""
        if not info.work:
            return f"/doc/{info.id}{fragment}"
        version = ""
        if self.works[info.work][0].id != info.id:
            if not info.published:
                return f"/doc/{info.id}{fragment}"
            version = f"?version={info.published.isoformat()}"
        if anchor.startswith("a") and "." not in anchor:
            return f"/law/{quote(info.work)}/{anchor[1:]}{version}"
        return f"/law/{quote(info.work)}{version}{fragment}"


def _questions(snapshot: Snapshot) -> list[tuple[DocumentInfo, str, str]]:
    found = []
    for ordinal, info in enumerate(snapshot.documents):
        if info.situation:
            first, end = snapshot.spans[ordinal]
            records = (snapshot.record(n) for n in range(first, end))
            found += [(info, r.anchor, r.label) for r in records if r.label]
    return found


def _any_seen(infos: Sequence[DocumentInfo], audience: Audience) -> bool:
    return any(may_see(i, audience) for i in infos)


def _version_order(info: DocumentInfo) -> tuple[int, int]:
    rank = _NEWEST_FIRST.index(info.status) if info.status in _NEWEST_FIRST else 0
    return rank, -(info.published.toordinal() if info.published else 0)
