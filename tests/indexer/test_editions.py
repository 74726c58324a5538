"""One version of a law from two collections is one document."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexer.publish import publish
from kb.documents import Audience, Document, Kind
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet
from tests.conftest import article
from tests.indexer.test_dedupe import letters

TEXT = letters(1, 20)
DAY = date(2020, 3, 1)


def law(id: str, texts: list[str], published: date, **more: object) -> Document:
    passages = tuple(article(n, t) for n, t in enumerate(texts, 1))
    base = Document(
        id, "甲法", Kind.LAW, Audience.PUBLIC, passages, work="甲法", published=published
    )
    return replace(base, **more)  # type: ignore[arg-type]


def shown(folder: Path, *documents: Document) -> dict[str, tuple[str, ...]]:
    """The documents shown, each with its copies."""
    with Library.open(folder) as library:
        for d in documents:
            source = library.put_source(f"库{d.id}", "folder", str(folder / d.id), "")
            library.put_document(d)
            library.record_item(
                source, f"{d.id}.md", size=1, mtime_ns=1, sha256="", document_id=d.id
            )
        publish(folder, library, full=False, workers=1, progress=Quiet())
    base = KnowledgeBase.open(folder)
    try:
        return {e.id: e.copies for e in base.documents(Audience.PUBLIC)}
    finally:
        base.close()


def test_a_word_of_difference_leaves_one_version(tmp_path: Path) -> None:
    other = [*TEXT[:3], TEXT[3][:-3] + "之。", *TEXT[4:]]
    assert shown(tmp_path, law("a", TEXT, DAY), law("b", other, DAY)) == {"a": ("b",)}


def test_the_whole_text_takes_over(tmp_path: Path) -> None:
    part = law("a", TEXT[:9], DAY, number="第1号", issuer="某委员会", region="全国")
    assert shown(tmp_path, part, law("b", TEXT, DAY)) == {"b": ("a",)}


def test_adopted_and_published_some_days_apart(tmp_path: Path) -> None:
    later = law("b", TEXT, date(2020, 3, 12))
    assert list(shown(tmp_path, law("a", TEXT, DAY), later)) == ["a"]


@pytest.mark.parametrize(
    ("texts", "day"),
    [
        (TEXT, date(2021, 3, 1)),
        (letters(2, 20), DAY),
        ([*TEXT[:10], *letters(3, 10)], date(2020, 3, 12)),
    ],
    ids=["a year later", "another text", "amended within days"],
)
def test_versions_stay_apart(tmp_path: Path, texts: list[str], day: date) -> None:
    assert set(shown(tmp_path, law("a", TEXT, DAY), law("b", texts, day))) == {"a", "b"}


def test_staff_and_public_stay_apart(tmp_path: Path) -> None:
    other = [*TEXT[:-1], "别的。"]
    hidden = law("b", other, DAY, audience=Audience.STAFF)
    assert shown(tmp_path, law("a", TEXT, DAY), hidden) == {"a": ()}
