"""Our own headings and questions beside the articles: found by search, shown as ours."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from bs4 import BeautifulSoup
from fastapi.testclient import TestClient

from kb import articlenotes
from kb.articlenotes import Note, Notes, fingerprint
from kb.documents import Document
from kb.knowledge.base import KnowledgeBase
from tests.conftest import invented

_TEXT = "租赁期限届满，出租人应当返还押金。承租人应当返还租赁物。"
_NOTES = Notes(
    [
        Note("示范民法", "8", "退房退钱", ("包租婆赖账咋整", "<b>退钱</b>吗"), fingerprint(_TEXT)),
        Note(
            "示范民法", "7", "已经改过的一条", ("没有人问", "没有人答"), fingerprint("旧的条文。")
        ),
    ]
)


@pytest.fixture
def noted(
    monkeypatch: pytest.MonkeyPatch,
    make_base: Callable[[Sequence[Document]], KnowledgeBase],
    browse: Callable[..., TestClient],
) -> Iterator[TestClient]:
    monkeypatch.setattr(articlenotes, "load", lambda: _NOTES)
    with browse(make_base(invented())) as opened:
        yield opened


def test_words_of_a_question_alone_find_the_article(noted: TestClient) -> None:
    found = noted.get("/api/v1/search", params={"q": "包租婆赖账咋整"}).json()
    assert [(h["label"], h["heading"]) for h in found["hits"][:1]] == [("第八条", "退房退钱")]


def test_the_heading_stands_beside_the_number(
    noted: TestClient, parse: Callable[[Any], BeautifulSoup]
) -> None:
    for path, selector in (
        ("/law/示范民法/8", "h1 .ours"),
        ("/law/示范民法", "#a8 .label .ours"),
        ("/search?q=押金", ".hit .where .ours"),
        ("/law/示范民法/7", ".steps .forward .ours"),
        ("/law/示范民法/7", ".around .ours"),
    ):
        found = parse(noted.get(path)).select(selector)
        assert [f.get_text() for f in found] == ["退房退钱"], path


def test_questions_stand_under_the_article_and_are_said_to_be_ours(
    noted: TestClient, parse: Callable[[Any], BeautifulSoup]
) -> None:
    page = parse(noted.get("/law/示范民法/8"))
    section = page.select_one(".answers")
    assert section is not None
    links = section.select("li a")
    assert [a.get_text() for a in links] == ["包租婆赖账咋整", "<b>退钱</b>吗"]
    assert "不是法律原文" in section.get_text()
    assert noted.get(str(links[0]["href"])).status_code == 200
    (cite, _) = page.select(".cites .cite")
    assert "退房退钱" not in cite.get_text()


def test_a_note_is_silent_where_the_text_has_changed(
    noted: TestClient, parse: Callable[[Any], BeautifulSoup]
) -> None:
    page = parse(noted.get("/law/示范民法/7"))
    assert not page.select(".answers, h1 .ours")
    assert "已经改过" not in noted.get("/law/示范民法").text
    found = noted.get("/api/v1/search", params={"q": "没有人问没有人答"}).json()
    assert "第七条" not in [h["label"] for h in found["hits"]]


def test_questions_are_suggested_with_the_article(noted: TestClient) -> None:
    for typed in ("包租婆赖", "赖账"):
        (suggestion,) = noted.get("/api/v1/suggest", params={"q": typed}).json()["suggestions"]
        assert (suggestion["text"], suggestion["kind"]) == ("包租婆赖账咋整", "法条")
        assert noted.get(suggestion["url"]).status_code == 200
    assert noted.get("/api/v1/suggest", params={"q": "没有人问"}).json()["suggestions"] == []
