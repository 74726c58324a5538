"""Extracted text → a document: the one place where all fields come together."""

from collections.abc import Sequence
from datetime import date

from indexer.extract.tidy import label
from indexer.metadata import Description, statements
from kb import topics
from kb.documents import (
    STATUTE_KINDS,
    Audience,
    Document,
    Extracted,
    Passage,
    Removed,
    Status,
    TopicMatch,
    document_id,
)
from kb.lawnames import work_of
from kb.settings import SourceConfig


def assemble(
    extracted: Extracted,
    about: Description,
    passages: Sequence[Passage],
    removed: Sequence[Removed],
    config: SourceConfig,
    key: str,
    *,
    work: str | None = None,
    version: date | None = None,
    status: Status | None = None,
) -> Document:
    """The document of a text.

    key: its path in the source, which identifies it. work: the statute; with its version, as its source
    dates it, it identifies the document wherever its file lies (a LawRefBook checkout). None: source and
    path identify it, and the work is derived from the title. Topics: those the file states, then those found.
    """
    statute = about.kind in STATUTE_KINDS
    id = _statute_id(work, version, config) if work else document_id("file", config.name, key)
    if work is None:
        work = work_of(about.title) if statute else ""
    headings = list(
        dict.fromkeys([*(h for p in passages for h in p.path), *(p.label for p in passages)])
    )
    text = "\n".join(p.text for p in passages)
    found = topics.match(about.title, headings, text, work, statute)
    stated = tuple(TopicMatch(t, "标题", 1) for t in about.topics)
    named = {t.topic for t in stated}
    return Document(
        id=id,
        title=label(about.title),
        kind=about.kind,
        audience=about.audience,
        passages=tuple(passages),
        work=work,
        issuer=label(about.issuer),
        region=label(about.region),
        number=label(about.number),
        published=about.published,
        effective=about.effective,
        expires=about.expires,
        status=status,
        year=about.year,
        topics=(*stated, *(t for t in found if t.topic not in named)),
        situation=label(about.situation),
        checked=about.checked,
        as_of=statements.as_of(extracted.meta) or config.as_of,
        format=extracted.format,
        encoding=extracted.encoding,
        removed=tuple(removed),
        notes=tuple(map(label, about.notes)),
        address=statements.address(extracted.meta),
    )


def _statute_id(work: str, version: date | None, config: SourceConfig) -> str:
    """Of a version of a law. A staff source's is another document than the public's: neither takes
    the other's place."""
    apart = (Audience.STAFF.value,) if config.audience is Audience.STAFF else ()
    return document_id("statute", work, version.isoformat() if version else "", *apart)
