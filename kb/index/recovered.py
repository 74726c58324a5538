"""Recovers documents from a generation when the library has lost them."""

from collections.abc import Collection, Iterator

from kb.documents import ArticleNumber, Document, Kind, Passage, PassageKind, TopicMatch
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.index.generation import Generations
from kb.index.part import Part, Record


def documents(
    generations: Generations, name: str, infos: Collection[DocumentInfo]
) -> Iterator[Document]:
    """The documents of a generation whose text is in one of its parts, in no particular order. Damaged
    parts are skipped."""
    sentinel = generations.sentinel(name) if infos else None
    wanted = {(i.id, i.version): i for i in infos}
    for part_name in sentinel.parts if sentinel else ():
        try:
            part = Part(generations.directory(name) / "parts" / part_name)
            for slot in part.slots:
                info = wanted.get((slot.document, slot.version))
                if info is not None:
                    numbers = range(slot.first, slot.first + slot.count)
                    yield _document(info, [part.record(n) for n in numbers])
                    del wanted[slot.document, slot.version]
        except catalog.DAMAGED:
            continue


def _document(info: DocumentInfo, records: list[Record]) -> Document:
    return Document(
        id=info.id,
        title=info.title,
        kind=info.kind,
        audience=info.audience,
        passages=tuple(_passage(info, r) for r in records),
        work=info.work,
        issuer=info.issuer,
        region=info.region,
        number=info.number,
        published=info.published,
        effective=info.effective,
        expires=info.expires,
        year=info.year,
        status=info.status,
        topics=tuple(TopicMatch(t, "标题", 1) for t in info.topics),
        situation=info.situation,
        checked=info.checked,
        as_of=info.as_of,
    )


def _passage(info: DocumentInfo, record: Record) -> Passage:
    article = record.anchor[1:].partition(".")[0] if record.anchor.startswith("a") else ""
    kind = PassageKind.PARAGRAPH
    if article and ArticleNumber.parse(article):
        kind = PassageKind.ARTICLE
    elif info.kind is Kind.GUIDE and record.label:
        kind, article = PassageKind.QUESTION, ""
    else:
        article = ""
    return Passage(record.anchor, record.label, record.path, record.text, kind, article)
