"""Law lookup for queries: names, articles, versions, document numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kb import amendments, numerals
from kb.documentnumbers import Number, Numbers
from kb.documents import ArticleNumber, Document, Status
from kb.index.document_info import DocumentInfo
from kb.lawnames import Alias, LawNames, Standing, quoted

MAX_NUMBERED = 10
"""Maximum number of documents shown for one number: 法释〔2020〕17号 is on twenty-seven."""

Works = Mapping[str, Sequence[DocumentInfo]]
"""Versions by work, as in `kb.knowledge.view.View.works`, without what the reader may not see."""


def law_names(works: Works) -> LawNames:
    """Names of the works, those in force first, and of older laws that they repealed."""
    standing = {
        work: Standing(
            any(i.applies or i.status is Status.PENDING for i in infos),
            max((i.published for i in infos if i.published), default=date.min),
        )
        for work, infos in works.items()
    }
    return LawNames(works, standing, _replaced(works))


def _replaced(works: Works) -> Iterable[Alias]:
    """Repealed laws, with the reason why each ceased; one that is in the base keeps its own name."""
    found: dict[str, Alias] = {}
    for work, infos in works.items():
        for info in infos:
            since = max(info.effective or date.min, info.published or date.min)
            if since > date.min:
                for old in info.repeals:
                    found.setdefault(old, _older(old, work, since))
    for changes in amendments.listed().values():
        for change in changes:
            if change.replaced_by in works and change.effective:
                older = _older(change.work, change.replaced_by, change.effective)
                found.setdefault(change.work, older)
    return found.values()


def _older(old: str, work: str, since: date) -> Alias:
    day = f"{since.year}年{since.month}月{since.day}日"
    note = f"{quoted(old)}自{day}起废止，由{quoted(work)}替代"
    return Alias(old, work, note, since)


def place_of(document: Document, number: ArticleNumber) -> int | None:
    """An article's position among the passages. Points of an amendment (一、) count as its articles."""
    for place, passage in enumerate(document.passages):
        if passage.article == number.key:
            return place
    if "修正案" in document.work and not number.sub:
        label = f"{numerals.write(number.number)}、"
        for place, passage in enumerate(document.passages):
            if passage.label == label and not passage.article:
                return place
    return None


def last_of(document: Document) -> ArticleNumber | None:
    """The last article of a text known to be complete: no earlier article is missing, and it states when
    the law takes effect. None for any other text."""
    numbers = [p.number for p in document.passages if p.number]
    plain = [n.number for n in numbers if not n.sub]
    if not plain or plain != list(range(1, len(plain) + 1)):
        return None
    closing = [p.text for p in document.passages if p.article][-1]
    return numbers[-1] if "施行" in closing else None


@dataclass(frozen=True, slots=True)
class Lawbook:
    """Laws visible to one reader. works: as for `law_names`. load: returns a document by its version."""

    works: Works
    infos: Mapping[str, DocumentInfo]
    load: Callable[[str], Document | None]
    numbers: Numbers

    def article(self, work: str, number: ArticleNumber, year: int = 0) -> tuple[str, int] | None:
        """The document and position of an article: in the version of a year, or in the first version, in
        their order, that has it."""
        for info in self._versions(work, year):
            document = self.load(info.version)
            place = place_of(document, number) if document else None
            if place is not None:
                return info.id, place
        return None

    def has_version(self, work: str, year: int) -> bool:
        return bool(self._versions(work, year))

    def _versions(self, work: str, year: int) -> list[DocumentInfo]:
        infos = self.works.get(work, ())
        if not year:
            return list(infos)
        found = [i for i in infos if i.published and i.published.year == year]
        return found or [i for i in infos if i.effective and i.effective.year == year]

    def last(self, work: str) -> ArticleNumber | None:
        """The last article of the version shown, if its text is known to be complete."""
        infos = self.works.get(work, ())
        document = self.load(infos[0].version) if infos else None
        return last_of(document) if document else None

    def ceased(self, work: str) -> str:
        """The message for a work with no applicable version, or empty."""
        infos = self.works.get(work, ())
        if not infos or any(i.status is not Status.REPEALED for i in infos):
            return ""
        note = infos[0].status_note
        return f"{quoted(work)}已废止{f'（{note}）' if note else ''}"

    def numbered(self, number: Number) -> tuple[DocumentInfo, ...]:
        """Documents with the number."""
        found = [self.infos[k] for k in self.numbers.keys(number) if k in self.infos]
        return tuple(found[:MAX_NUMBERED])
