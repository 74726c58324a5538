"""The public base is what would be there if staff documents did not exist.

Two real servers, one over a base with documents for staff and one without; the same anonymous reader
goes through every door and to every address. Answers are the same bytes, headers and statuses. What is
left out of the comparison stands in `Visitor._settled` (how long a search took, the token of the
sign-in form, the Date header) and nowhere else.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Match

from kb.documents import (
    Audience,
    Document,
    Kind,
    Passage,
    PassageKind,
    Status,
    TopicMatch,
    document_id,
)
from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings
from tests.support.serving import serving
from tests.web.two_bases import (
    PROBES,
    PUBLIC,
    STAFF,
    Visitor,
    crawl,
    described,
    difference,
    put,
)
from web.app import create_app

ADDED = replace(
    PUBLIC[0],
    id=document_id("test", "added"),
    work="示范噪声办法",
    title="示范噪声办法",
    kind=Kind.DEPARTMENT_RULE,
    passages=(Passage("a1", "第一条", (), "夜间施工噪声，押金不退。", PassageKind.ARTICLE, "1"),),
)
NARROWED = replace(
    ADDED,
    id=document_id("test", "narrowed"),
    work="示范档案办法",
    title="示范档案办法",
    passages=(Passage("a1", "第一条", (), "押金档案由玄武保管。", PassageKind.ARTICLE, "1"),),
)


def at_once(with_: Path, without: Path) -> None:
    """Both built from the beginning."""
    put(without, PUBLIC)
    put(with_, [*PUBLIC, *STAFF])


def step_by_step(with_: Path, without: Path) -> None:
    """Documents of both kinds come, change and go, with runs for staff between those for all."""
    put(without, [*PUBLIC, NARROWED])
    shutil.copytree(without, with_)
    put(with_, [*PUBLIC, NARROWED, *STAFF[:4]])
    for number in range(9):
        # More parts for staff than there may be.
        note = replace(STAFF[0], id=f"note{number}", title=f"玄武记录之{number}")
        put(with_, [*PUBLIC, NARROWED, *STAFF[:4], note])
    put(without, [*PUBLIC, NARROWED, ADDED])
    put(with_, [*PUBLIC, NARROWED, ADDED, *STAFF[2:]])
    put(without, [*PUBLIC, ADDED])
    put(with_, [*PUBLIC, ADDED, *STAFF, replace(NARROWED, audience=Audience.STAFF)])
    changed = replace(STAFF[0], title="改了名的玄武总结")
    put(with_, [*PUBLIC, ADDED, changed, *STAFF[1:]])


def staff_first(with_: Path, without: Path) -> None:
    """Documents for the public come to a base that had none."""
    put(with_, STAFF)
    put(with_, [*PUBLIC, *STAFF])
    put(without, [])
    put(without, PUBLIC)


History = Callable[[Path, Path], None]


@pytest.fixture(
    scope="module", params=[at_once, step_by_step, staff_first], ids=lambda f: f.__name__
)
def history(request: pytest.FixtureRequest) -> History:
    made: History = request.param
    return made


@pytest.fixture(scope="module")
def bases(history: History, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("two")
    with_, without = folder / "with", folder / "without"
    history(with_, without)
    with ExitStack() as stack:
        opened = []
        for data_dir in (with_, without):
            base = KnowledgeBase.open(data_dir)
            stack.callback(base.close)
            # The staff's view is there too, as on a server that staff use.
            base.prepare(Audience.STAFF)
            opened.append((base, data_dir))
        yield opened


@pytest.fixture(scope="module")
def visitors(bases: list[tuple[KnowledgeBase, Path]]) -> Iterator[tuple[Visitor, Visitor]]:
    """Of the base with documents for staff, and of the one without."""
    with ExitStack() as stack:
        made = []
        for base, data_dir in bases:
            address = stack.enter_context(
                serving(base, Settings(data_dir=data_dir, allowed_hosts="kb.example"))
            )
            # When a base was built is no secret: that it is told of the public's part only, the test
            # of publications below says.
            made.append(Visitor(address, base.edition(Audience.PUBLIC).since))
        yield made[0], made[1]


SEEDS = (
    *(
        "/",
        "/search",
        "/robots.txt",
        "/sitemap.xml",
        "/sitemap-1.xml",
        "/sitemap-2.xml",
        "/healthz",
    ),
    *("/opensearch.xml", "/feed", "/api/v1/openapi.json", "/api/v1/docs", "/login", "/favicon.ico"),
    *(
        "/staff/runs",
        "/staff/runs/1",
        "/nothing/here",
        "/api/v1/nothing",
        "/doc/",
        "/guides/玄武窗口",
    ),
    *(
        "/topic/法律援助",
        "/topic/八五普法",
        "/topic/玄武",
        "/api/v1/search?size=0",
        "/display",
        "/logout",
    ),
)


def seeds(visitor: Visitor) -> list[str]:
    openapi = json.loads(visitor.get("/api/v1/openapi.json").body)
    return [quote(s, safe="/?=&") for s in SEEDS] + list(described(openapi))


def aimed(visited: Sequence[str]) -> list[str]:
    """The addresses visited, aimed at what is for staff: ids, works and days of versions."""
    found: dict[str, None] = {}
    named = {d.id: [s.id for s in STAFF] for d in PUBLIC}
    works = [quote(s.work) for s in STAFF if s.work]
    for d in PUBLIC:
        if d.work:
            named[quote(d.work)] = [*works, quote("玄武窗口答复口径")]
    for url in visited:
        for public, hidden in named.items():
            if public in url:
                found |= dict.fromkeys(url.replace(public, h) for h in hidden)
                if "/law/" in url:
                    bare = url.partition("?")[0].partition("#")[0]
                    days = {s.published for s in STAFF if s.published}
                    found |= dict.fromkeys(f"{bare}?version={day}" for day in sorted(days))
    return list(found)


@pytest.fixture(scope="module")
def visited(visitors: tuple[Visitor, Visitor], history: History) -> list[str]:
    """Every address of the base without documents for staff, and these aimed at what it hasn't.

    The doors are the same however the bases came to be: all that is said of one is asked once, and of
    the others fewer addresses of each shape, except by `make check-all`."""
    thorough = history is at_once or os.environ.get("HYPOTHESIS_PROFILE") == "searching"
    found = crawl(visitors[1], seeds(visitors[1]), most=8 if thorough else 3)
    return [*found, *aimed(found)]


def test_every_door_answers_alike(
    visitors: tuple[Visitor, Visitor],
    visited: list[str],
    bases: list[tuple[KnowledgeBase, Path]],
) -> None:
    with_, without = visitors
    assert len(visited) > 600
    for url in visited:
        assert not difference(with_.get(url), without.get(url)), url
    statuses = {without.get(url).status for url in visited}
    assert {200, 404, 422} <= statuses
    # Every door was tried.
    app = create_app(bases[1][0], Settings(data_dir=bases[1][1], allowed_hosts="kb.example"))
    for route in app.router.routes:
        if "GET" in (getattr(route, "methods", None) or {"GET"}):
            tried = (
                {"type": "http", "method": "GET", "path": _decoded(url), "root_path": ""}
                for url in visited
            )
            assert any(route.matches(t)[0] is not Match.NONE for t in tried), route


def _decoded(url: str) -> str:
    return unquote(urlsplit(url).path)


def test_nothing_of_staff_papers_is_in_any_answer(
    visitors: tuple[Visitor, Visitor], visited: list[str]
) -> None:
    with_, _ = visitors
    for url in visited:
        with_.get(url)
    words = [b"\xe7\x8e\x84\xe6\xad\xa6"]  # 玄武, which no public text has
    ids = [s.id.encode() for s in STAFF]
    for url, answer in with_.answers.items():
        said = quote("玄武") in url or "玄武" in url
        asked = any(i.decode() in url for i in ids)
        assert said or asked or not any(w in answer.body for w in words), url
        assert asked or not any(i in answer.body for i in ids), url


def test_an_id_of_staff_is_like_one_of_nothing(visitors: tuple[Visitor, Visitor]) -> None:
    with_, _ = visitors
    nothing = "a" * 12
    hidden = [s.id for s in STAFF]
    doors = ("/doc/{}", "/doc/{}/text.txt", "/doc/{}/text.docx", "/api/v1/documents/{}")
    for door in (*doors, "/search/passages?doc={}&q=押金", "/law/{}", "/law/{}/1"):
        refused = with_.get(quote(door.format(nothing), safe="/?=&"))
        assert refused.status == 404
        for id in hidden:
            answer = with_.get(quote(door.format(id), safe="/?=&"))
            body = answer.body.replace(id.encode(), nothing.encode())
            # Addresses are as long as each other where ids are.
            headers = tuple(h for h in answer.headers if h[0] != "content-length")
            expected = tuple(h for h in refused.headers if h[0] != "content-length")
            assert (answer.status, headers, body) == (404, expected, refused.body), door


def test_a_publication_for_staff_changes_no_byte(tmp_path: Path, serve: Callable[..., Any]) -> None:
    """Not even a time: what the public is told of the index is told of the public's part."""
    put(tmp_path, PUBLIC)
    before = _answers(tmp_path, serve)
    name = KnowledgeBase.open(tmp_path)
    put(tmp_path, [*PUBLIC, *STAFF])
    after = _answers(tmp_path, serve)
    assert after == before
    assert name.edition(Audience.STAFF).since >= name.edition(Audience.PUBLIC).since
    name.close()


def _answers(data_dir: Path, serve: Callable[..., Any]) -> dict[str, Any]:
    base = KnowledgeBase.open(data_dir)
    with serve(base, Settings(data_dir=data_dir, allowed_hosts="kb.example")) as address:
        visitor = Visitor(address)
        crawl(visitor, seeds(visitor), most=3)
    base.close()
    return visitor.answers


# Random documents for staff beside the public ones.

_WORDS = (
    "押金",
    "应当返还",
    "社区矫正",
    "体育设施",
    "玄武",
    "城市照明",
    "物业费",
    "出租人",
    "《示范民法》第八条",
)
_TEXTS = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=6).map("，".join)


@st.composite
def _papers(draw: st.DrawFn) -> list[Document]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        like = draw(st.sampled_from(PUBLIC))
        texts = draw(st.lists(_TEXTS, min_size=1, max_size=3))
        repeals = draw(st.booleans())
        if repeals:
            texts.append(f"本办法自公布之日起施行，《{like.work or '示范民法'}》同时废止。")
        passages = tuple(
            replace(like.passages[0], anchor=f"a{n}", label=f"第{n}条", text=text, article=str(n))
            for n, text in enumerate(texts, 1)
        )
        found.append(
            replace(
                like,
                id=document_id("random", str(number), draw(st.sampled_from("abc"))),
                audience=Audience.STAFF,
                title=draw(st.sampled_from([like.title, "玄武办法", "关于押金的口径"])),
                work=draw(st.sampled_from([like.work, "玄武办法"])) if like.work else "",
                published=draw(st.dates(date(2000, 1, 1), date(2026, 11, 1)) | st.none()),
                status=draw(st.sampled_from([None, *Status])) if like.work else None,
                topics=draw(st.sampled_from([like.topics, (TopicMatch("法律援助", "标题", 1),)])),
                passages=draw(st.sampled_from([like.passages, passages])),
            )
        )
    return found


DOORS = (
    *("/", "/topics", "/guides", "/about", "/statistics", "/sitemap.xml", "/feed", "/healthz"),
    *(
        "/law/示范体育法",
        "/law/示范民法/8",
        "/law/示范物业条例",
        "/law/示范收费办法",
        "/law/玄武办法",
    ),
    *(f"/doc/{d.id}" for d in PUBLIC),
    *(f"/api/v1/documents/{d.id}" for d in PUBLIC),
    *(f"/doc/{d.id}/text.docx" for d in PUBLIC[:3]),
    *(
        f"{path}?{urlencode({'q': q})}"
        for path in (
            "/search",
            "/api/v1/search",
            "/search.csv",
            "/feed",
            "/suggest",
            "/api/v1/suggest",
        )
        for q in PROBES
    ),
    *(f"/api/v1/search?{urlencode({'q': q, 'group': 'none'})}" for q in PROBES),
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A base without documents for staff, and what it answers."""
    data_dir = tmp_path_factory.mktemp("plain")
    put(data_dir, PUBLIC)
    return data_dir, _through_doors(data_dir)


def _through_doors(data_dir: Path) -> dict[str, Any]:
    base = KnowledgeBase.open(data_dir)
    with serving(base, Settings(data_dir=data_dir, allowed_hosts="kb.example")) as address:
        visitor = Visitor(address, base.edition(Audience.PUBLIC).since)
        for door in DOORS:
            visitor.get(quote(door, safe="/?=&%+"))
    base.close()
    return visitor.answers


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
@given(first=_papers(), then=_papers(), full=st.booleans())
def test_whatever_staff_have_the_public_sees_the_same(
    plain: tuple[Path, dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
    first: list[Document],
    then: list[Document],
    full: bool,
) -> None:
    source, expected = plain
    data_dir = tmp_path_factory.mktemp("random") / "data"
    shutil.copytree(source, data_dir)
    put(data_dir, [*PUBLIC, *first])
    put(data_dir, [*PUBLIC, *then], full=full)
    found = _through_doors(data_dir)
    for url, answer in expected.items():
        assert not difference(found[url], answer), url


def test_the_comparison_sees_a_difference(tmp_path: Path) -> None:
    """One public document more, and many doors tell."""
    put(tmp_path / "one", PUBLIC)
    put(tmp_path / "two", [*PUBLIC, replace(STAFF[-1], audience=Audience.PUBLIC)])
    one, two = _through_doors(tmp_path / "one"), _through_doors(tmp_path / "two")
    differing = {url.partition("?")[0] for url in one if one[url] != two[url]}
    assert {"/", "/search", "/api/v1/search", "/healthz", "/feed", "/sitemap.xml"} <= differing
