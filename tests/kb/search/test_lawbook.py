"""The laws of a base as queries ask for them: standing, versions, gaps, what ceased."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from kb.documentnumbers import Numbers, find
from kb.documents import ArticleNumber, Audience, Document, Kind, Passage, PassageKind, Status
from kb.index.document_info import DocumentInfo
from kb.knowledge.base import KnowledgeBase
from kb.search.lawbook import Lawbook, last_of, law_names, place_of
from kb.search.results import Request
from tests.conftest import article


def law(work: str, year: int, **given: object) -> DocumentInfo:
    info = DocumentInfo(
        f"{work}{year}",
        f"{work}{year}",
        work,
        Kind.LAW,
        Audience.PUBLIC,
        work,
        published=date(year, 5, 1),
        status=Status.IN_FORCE,
    )
    return replace(info, **given)  # type: ignore[arg-type]


def text(*passages: Passage, work: str = "甲法") -> Document:
    return Document("d", work, Kind.LAW, Audience.PUBLIC, passages, work=work)


def book(*infos: DocumentInfo, documents: dict[str, Document] | None = None) -> Lawbook:
    works: dict[str, list[DocumentInfo]] = {}
    for info in infos:
        works.setdefault(info.work, []).append(info)
    numbers = Numbers((i.number, i.id) for i in infos)
    return Lawbook(works, {i.id: i for i in infos}, (documents or {}).get, numbers)


def test_older_laws_are_known_from_what_repealed_them() -> None:
    new = law("示范新法", 2021, repeals=("示范旧法",), effective=date(2022, 1, 1))
    found = law_names({"示范新法": [new]}).resolve("示范旧法")
    assert found is not None
    assert (found.work, found.since) == ("示范新法", date(2022, 1, 1))
    assert "2022年1月1日" in found.note
    # One that is in the base itself speaks for itself.
    own = law_names({"示范新法": [new], "示范旧法": [law("示范旧法", 1999)]}).resolve("示范旧法")
    assert own is not None
    assert own.note == ""


def test_versions_are_told_by_year() -> None:
    documents = {"甲法2013": text(article(1, "旧。")), "甲法2021": text(article(1, "新。"))}
    held = book(
        law("甲法", 2021, effective=date(2022, 1, 1)), law("甲法", 2013), documents=documents
    )
    one = ArticleNumber(1)
    assert held.article("甲法", one) == ("甲法2021", 0)
    assert held.article("甲法", one, 2013) == ("甲法2013", 0)
    assert held.article("甲法", one, 2022) == ("甲法2021", 0)
    assert held.article("甲法", one, 2018) is None
    assert not held.has_version("甲法", 2018)


def test_points_of_an_amendment_are_its_articles() -> None:
    points = Passage("p1", "一、", (), "将甲修改为乙。")
    assert place_of(text(points, work="甲法修正案（二）"), ArticleNumber(1)) == 0
    assert place_of(text(points, work="甲法"), ArticleNumber(1)) is None


@pytest.mark.parametrize(
    ("numbers", "closing", "last"),
    [
        ((1, 2, 3), "本法自2021年1月1日起施行。", 3),
        ((1, 3), "本法自2021年1月1日起施行。", 0),
        ((1, 2, 3), "违反本法的，罚款。", 0),
        ((), "", 0),
    ],
)
def test_only_a_whole_text_has_a_last_article(
    numbers: tuple[int, ...], closing: str, last: int
) -> None:
    passages = [article(n, "规定。") for n in numbers[:-1]]
    passages += [article(n, closing) for n in numbers[-1:]]
    found = last_of(text(*passages))
    assert (found.number if found else 0) == last


def test_an_inserted_article_is_no_gap() -> None:
    inserted = Passage("a1-1", "第一条之一", (), "规定。", PassageKind.ARTICLE, "1-1")
    found = last_of(text(article(1, "规定。"), inserted, article(2, "自公布之日起施行。")))
    assert found == ArticleNumber(2)


def test_what_ceased_is_said_with_its_note() -> None:
    gone = law("甲法", 2001, status=Status.REPEALED, status_note="自2020年1月1日起废止")
    assert book(gone).ceased("甲法") == "《甲法》已废止（自2020年1月1日起废止）"
    assert book(gone, law("甲法", 2020)).ceased("甲法") == ""
    assert book().ceased("甲法") == ""


def test_documents_are_found_by_number() -> None:
    held = book(law("甲法", 2001, number="国务院令第5号"), law("乙法", 2002))
    (number,) = find("国令第5号")
    assert [i.id for i in held.numbered(number)] == ["甲法2001"]


def test_what_the_public_may_not_see_has_no_name_and_no_number(
    make_base: Callable[[Sequence[Document]], KnowledgeBase],
) -> None:
    secret = Document(
        "secret000001",
        "示范秘密办法",
        Kind.DEPARTMENT_RULE,
        Audience.STAFF,
        (article(1, "不公开。"),),
        work="示范秘密办法",
        number="国务院令第77号",
        published=date(2020, 1, 1),
    )
    base = make_base([secret])

    def found(query: str, audience: Audience) -> int:
        return sum(
            u.effect == "直达" for u in base.search(Request(query, audience=audience)).understood
        )

    for query in ("示范秘密办法第1条", "国令第77号"):
        assert found(query, Audience.STAFF) == 1
        assert found(query, Audience.PUBLIC) == 0
