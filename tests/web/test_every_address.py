"""Every address that answers give out leads to what it names."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlencode, urljoin

import pytest
from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from kb import addresses
from kb.documents import Audience, Document, Kind, Passage, PassageKind, Status, document_id
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Request
from kb.settings import Settings
from tests.conftest import article, fill, invented
from tests.web.two_bases import Answer, links
from web.app import create_app

HOST = {"Host": "kb.example"}
SLASH = "示范登记/备案办法"
LONG = "最高人民法院/最高人民检察院关于审理示范诉讼案件适用法律若干问题的解释"
SHORT = "示范诉讼解释"
PARTED = "示范停车办法"
TOPIC, SITUATION = "示范/主题", "窗口/热线"
PROBES = ("押金", "备案", f"《{SLASH}》第二条", "体育设施", "停车", "停车收费", "材料", SHORT)
TYPED = ("示范", "备案", "shifan", "房屋", "收费", "诉讼", "主题")


def law(work: str, published: date, status: Status, *passages: Passage) -> Document:
    return Document(
        id=document_id("test", work, published.isoformat()),
        title=work,
        kind=Kind.DEPARTMENT_RULE,
        audience=Audience.PUBLIC,
        work=work,
        region="全国",
        published=published,
        effective=published,
        year=published.year,
        status=status,
        passages=passages
        or (
            article(1, f"自{published:%Y}年起登记、备案。"),
            article(2, "备案材料应当齐全。"),
            *(article(n, f"第{n}类备案事项公开。") for n in range(3, 9)),
        ),
    )


def documents() -> list[Document]:
    """The invented base, and what has uncommon addresses."""
    base = invented()
    (guide,) = (d for d in base if d.kind is Kind.GUIDE)
    sport = next(d for d in base if d.status is Status.REPEALED and d.work == "示范体育法")
    again = article(2, "停车的条号重复。")
    return [
        *base,
        law(SLASH, date(2015, 1, 1), Status.AMENDED),
        law(SLASH, date(2020, 1, 1), Status.IN_FORCE),
        law(LONG, date(2021, 1, 1), Status.IN_FORCE),
        # Two documents of one law and day: only one is found by these.
        replace(
            sport,
            id=document_id("s", "sport"),
            title="示范体育法（核对稿）",
            audience=Audience.STAFF,
            passages=(article(1, "旧的体育规定，核对稿。"), article(2, "体育设施另行核对。")),
        ),
        replace(
            guide,
            id=document_id("test", "window"),
            title="备案指南",
            situation=SITUATION,
            topics=(replace(guide.topics[0], topic=TOPIC),),
            passages=(
                Passage(
                    "p1",
                    "备案要带什么材料？",
                    (),
                    f"材料先问窗口。\n依据：《示范民法》第八条、《{SLASH}》第二条",
                    PassageKind.QUESTION,
                ),
            ),
        ),
        # Shown by part; a number comes twice; a law that isn't in the base is repealed.
        law(
            PARTED,
            date(2022, 1, 1),
            Status.IN_FORCE,
            article(1, f"依照《示范民法》第八条、《{SLASH}》第二条、《示范体育法》第二条。"),
            *(article(n, f"停车场第{n}项规定。") for n in range(2, 170)),
            replace(again, anchor="a2.2"),
            article(170, "本办法自2022年1月1日起施行。《示范旧车办法》同时废止。"),
        ),
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    data_dir = tmp_path_factory.mktemp("addresses")
    fill(data_dir, documents())
    opened = KnowledgeBase.open(data_dir)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=list(Audience))
def reader(
    request: Any, base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Audience, TestClient]]:
    """Someone of each audience."""
    audience: Audience = request.param
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("accounts"),
        visitors="staff" if audience.may_see(Audience.STAFF) else "public",
        allowed_hosts="kb.example",
    )
    app = create_app(base, settings)
    with TestClient(app, follow_redirects=False, headers=HOST) as opened:
        yield audience, opened


def given_out(client: TestClient, url: str) -> Iterator[str]:
    """The addresses in an answer; searches on from it only once for each path."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    raw = Answer(200, tuple(answer.headers.items()), answer.content)
    for link in links(quote(url, safe="/?=&%+"), raw, ()):
        path = link.partition("?")[0]
        # Lists narrowed by one more value: tests of the search page have them.
        yield path if path in ("/search", "/search.csv", "/feed", "/api/v1/search") else link


def sources(base: KnowledgeBase, audience: Audience) -> Iterator[str]:
    yield from (
        "/",
        "/sitemap.xml",
        "/feed",
        "/topics",
        "/guides",
        "/statistics",
        "/opensearch.xml",
    )
    for q in PROBES:
        for door in ("/search", "/search.csv", "/feed", "/api/v1/search"):
            yield f"{door}?{urlencode({'q': q})}"
        yield f"/api/v1/search?{urlencode({'q': q, 'group': 'none', 'size': 50})}"
    for q in TYPED:
        yield from (f"{d}?{urlencode({'q': q})}" for d in ("/suggest", "/api/v1/suggest"))
    for info in base.documents(audience):
        yield addresses.by_id(info.id)
        yield addresses.document(info)
        yield f"/api/v1/documents/{info.id}"
        yield f"/search/passages?{urlencode({'doc': info.id, 'q': '备案 停车 押金'})}"
        yield from (addresses.topic(t) for t in info.topics)
    yield addresses.law("示范民法") + "/8"
    yield addresses.article("示范体育法", "2", "2010-03-01")


def test_every_address_given_out_answers(
    base: KnowledgeBase, reader: tuple[Audience, TestClient]
) -> None:
    audience, client = reader
    found = {link: url for url in sources(base, audience) for link in given_out(client, url)}
    doors = {unquote(link).split("/")[1].partition("?")[0] for link in found}
    assert {"law", "doc", "topic", "guides", "search", "static"} <= doors
    wrong = {
        unquote(link): (status, unquote(url))
        for link, url in found.items()
        if (status := client.get(link).status_code) != 200
    }
    assert not wrong


def test_the_address_of_each_document_shows_that_document(
    base: KnowledgeBase, reader: tuple[Audience, TestClient], parse: Callable[..., BeautifulSoup]
) -> None:
    audience, client = reader
    for info in base.documents(audience):
        page = parse(client.get(addresses.document(info)))
        own = page.select(f'a[href="{addresses.download(info.id, "docx")}"]')
        assert own, addresses.document(info)
        canonical = page.select_one("link[rel=canonical]")
        assert canonical and canonical["href"] == addresses.document(info)


def test_the_address_of_each_passage_shows_that_passage(
    base: KnowledgeBase, reader: tuple[Audience, TestClient], parse: Callable[..., BeautifulSoup]
) -> None:
    _, client = reader
    hits = 0
    for q in PROBES:
        params = {"q": q, "group": "none", "size": "50"}
        for hit in client.get("/api/v1/search", params=params).json()["hits"]:
            anchor = hit["id"].partition("/")[2]
            page = parse(client.get(hit["url"].partition("#")[0]))
            assert page.find(id=anchor), hit["url"]
            hits += 1
    assert hits > 20


def test_what_is_cited_and_suggested_of_a_law_that_no_path_can_name(base: KnowledgeBase) -> None:
    main = base.versions(SLASH, Audience.PUBLIC)[0]
    assert main.law_version is None
    (window,) = (h for h in base.search(Request("备案要带什么材料")).hits if h.passages[0].cites)
    cites = [c.url for c in window.passages[0].cites]
    assert cites == [addresses.article("示范民法", "8"), addresses.by_id(main.id, "a2")]
    (named,) = (s for s in base.suggest(SLASH, Audience.PUBLIC, 5) if s.text == SLASH)
    assert named.url == addresses.by_id(main.id)


def test_its_short_name_leads_on_to_it(reader: tuple[Audience, TestClient], base: Any) -> None:
    audience, client = reader
    (info,) = base.versions(LONG, audience)
    own = addresses.by_id(info.id)
    for url, target in (
        (addresses.law(SHORT), own),
        (addresses.article(SHORT, "2"), f"{own}?at=a2#a2"),
        (addresses.article(SHORT, "99"), own),
    ):
        answer = client.get(url)
        assert (answer.status_code, answer.headers["location"]) == (303, target)
        assert client.get(urljoin(url, target)).status_code == 200


def test_a_law_that_is_only_known_as_repealed_is_gone(
    reader: tuple[Audience, TestClient], parse: Callable[..., BeautifulSoup]
) -> None:
    _, client = reader
    gone = client.get(addresses.article("示范旧车办法", "3"))
    assert gone.status_code == 410
    assert addresses.law(PARTED) in [a["href"] for a in parse(gone).select("main a")]
