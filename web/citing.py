"""The targets of a document's citations: the text that applied when the document was written."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from kb import addresses, asof, citations
from kb.citations import Citation, Place
from kb.documents import ArticleNumber, Audience, Document, Kind
from kb.index.catalog import facts_of
from kb.index.document_info import DocumentInfo
from kb.lawnames import LawNames
from web.site import Site

_DAY = re.compile(r"(?<![0-9])(?P<y>(?:19|20)[0-9]{2})年(?:(?P<m>[0-9]{1,2})月)?")


@dataclass(frozen=True, slots=True)
class Target:
    """url: empty if the cited article can't be shown. old: its number may be different today."""

    url: str = ""
    old: bool = False


@dataclass(frozen=True, slots=True)
class Citing:
    """How the citations of one document are resolved. written: the date used, None for today's text.
    mark: the words that flag an old number."""

    names: LawNames
    local: dict[str, str]
    work: str
    written: date | None
    versions: Callable[[str], tuple[DocumentInfo, ...]]
    mark: str
    own: str = ""
    _meant: dict[str, asof.Meant] = field(default_factory=dict)

    def place(self, article: ArticleNumber | None, before: ArticleNumber | None) -> Place:
        return Place(self.work, article, before, self.local)

    def target(self, cited: Citation) -> Target:
        """The target of a citation."""
        known = addresses.is_step(cited.work) and not cited.others
        infos = self.versions(cited.work) if known else ()
        if not infos:
            return Target()
        if cited.work == self.work:
            return self._target(self._own(infos), cited)
        if cited.year:
            years = (i for i in infos if _year(i) == cited.year)
            info = next(years, None)
            return self._target(info, cited, old=info is not None and info is not infos[0])
        if self.written is None:
            return self._target(infos[0], cited)
        meant = self._meant.get(cited.work)
        if meant is None:
            facts = [facts_of(i) for i in infos]
            meant = self._meant[cited.work] = asof.meant(facts, self.written)
        info = next((i for i in infos if i.id == meant.id), None)
        return self._target(info, cited, old=meant.old)

    def _own(self, infos: tuple[DocumentInfo, ...]) -> DocumentInfo | None:
        return next((i for i in infos if i.id == self.own), None)

    def _target(self, info: DocumentInfo | None, cited: Citation, *, old: bool = False) -> Target:
        version = info.law_version if info else None
        if info is None or version is None:
            return Target(old=old)
        return Target(addresses.article(info.work, cited.article.key, version), old)


def citing(site: Site, info: DocumentInfo, document: Document, audience: Audience) -> Citing:
    """How the citations of a document are resolved for an audience."""
    names = site.law_names(audience)
    return Citing(
        names=names,
        local=citations.abbreviations((p.text for p in document.passages), names),
        work=info.work,
        written=_written(info, document),
        versions=lambda work: site.knowledge.versions(work, audience),
        mark=site.texts("document.old_number"),
        own=info.id,
    )


def _year(info: DocumentInfo) -> int:
    day = info.published or info.effective
    return day.year if day else 0


def _written(info: DocumentInfo, document: Document) -> date | None:
    """The date by which a document cites. A regulation cites what applies when it takes effect; a case
    without a date is no older than the last month it mentions. Guides are kept up to date."""
    if info.kind is Kind.GUIDE:
        return None
    dates = [d for d in (info.published, info.effective) if d is not None]
    if dates:
        return max(dates)
    if info.kind is not Kind.CASE:
        return None
    text = "\n".join(p.text for p in document.passages)
    months = [(int(m["y"]), int(m["m"] or 12)) for m in _DAY.finditer(text)]
    months = [(y, m) for y, m in months if 1 <= m <= 12 and date(y, m, 1) <= date.today()]
    return date(*max(months), 28) if months else None
