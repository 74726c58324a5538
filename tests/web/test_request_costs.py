"""Nasty addresses by the hundred: every door answers, with no fault and at a bounded cost."""

import asyncio
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from bench.addresses import Composer, Known, ask
from kb.documents import Audience
from kb.knowledge import base as module
from kb.search import engine
from kb.search.query import MAX_PHRASES, MAX_UNINDEXED, parse
from kb.search.results import Filters, Request
from kb.settings import Settings
from tests.support import asynchronous
from web import address, lists, pages
from web.app import create_app
from web.heavy import WAITING, is_heavy

MANY = " ".join(
    f'"{c}"' for c in "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会"
)
NASTY = [
    ("q", f"押金 {MANY}"),
    *(("kind", f"无{n}") for n in range(20)),
    *(("issuer", f"无{n}") for n in range(20)),
    *(("year", str(n)) for n in range(1900, 1920)),
    ("from", "1900-01-01"),
    ("to", "1950-01-01"),
]


@pytest.mark.parametrize("seed", range(4))
def test_every_door_answers_every_address(knowledge: Any, tmp_path: Any, seed: Any) -> None:
    app = create_app(knowledge, Settings(data_dir=tmp_path))
    composer = Composer(Known.of(knowledge), seed)

    async def run() -> None:
        for url in islice(composer, 150):
            answer = await ask(app, url)
            assert 200 <= answer.status < 500, url[:300]
            assert answer.size < 400_000, url[:300]

    asynchronous.run(run())


def test_the_same_seed_makes_the_same_addresses(knowledge: Any) -> None:
    known = Known.of(knowledge)
    first, again = (list(islice(Composer(known, 3), 200)) for _ in range(2))
    assert first == again
    doors = {url.partition("?")[0] for url in first}
    assert {"/search", "/search.csv", "/feed", "/search/passages", "/api/v1/search"} <= doors


@pytest.fixture
def searched(monkeypatch: Any) -> Any:
    """Calls of the engine, and of its scan of texts."""
    calls: list[str] = []
    search, scan = engine.search, engine.phrase_mask

    def noted(name: str, function: Any) -> Any:
        def call(*a: Any, **k: Any) -> Any:
            calls.append(name)
            return function(*a, **k)

        return call

    monkeypatch.setattr(engine, "search", noted("search", search))
    monkeypatch.setattr(engine, "phrase_mask", noted("scan", scan))
    return calls


def test_why_nothing_was_found_costs_no_search_for_each_filter(
    client: Any, searched: Any, parse: Any
) -> None:
    page = parse(client.get("/search", params=NASTY))
    assert page.select_one(".empty")
    assert searched.count("search") <= 8
    assert searched.count("scan") <= 16
    links = [a["href"] for a in page.select(".empty section a, .empty ul a")]
    assert sum(link.startswith("/search?") for link in links) <= lists.MAX_REASONS + 2


def test_reasons_count_what_each_search_finds(knowledge: Any, client: Any) -> None:
    asked, _ = address.read(
        [("q", "押金"), ("kind", "法律"), ("year", "1999"), ("from", "1990-01-01")]
    )
    site = client.app.state.site
    others = [filters for _, filters in lists.without_each(asked, site.texts)]
    request = asked.request(Audience.PUBLIC, 10)
    found = knowledge.search(request, others)
    assert not found.total
    each = [knowledge.search(replace(request, filters=f)).total for f in others]
    assert list(found.under) == each
    assert any(each)


def test_phrases_and_exclusions_are_limited_and_it_is_said() -> None:
    for mark in ("", "-"):
        parsed = parse("法 " + " ".join(mark + f'"{c}"' for c in "的一是在不了有和人这中大"))
        read = parsed.excluded if mark else parsed.phrases
        assert len(read) == MAX_UNINDEXED
        assert [n.code for n in parsed.notices] == ["too-many"]
        words = [f"第{c}次" for c in "一二三四五六七八九十"]
        parsed = parse("法 " + " ".join(mark + f'"{w}"' for w in words))
        assert (parsed.excluded if mark else parsed.phrases) == tuple(words[:MAX_PHRASES])
    assert not parse('"人民调解" "人民调解" -仲裁 -诉讼').notices


def test_a_search_beyond_its_time_says_so(
    knowledge: Any, client: Any, parse: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(module, "SECONDS", -1.0)
    result = knowledge.search(Request('"押金" -的', filters=Filters(kind=("无",))), [Filters()])
    assert result.total == 0
    assert module.COSTLY in [n.code for n in result.notices]
    page = parse(client.get("/search", params={"q": '"押金" -的', "kind": "无"}))
    assert any("太复杂" in n.text for n in page.select(".notice"))
    assert client.get("/search.csv", params={"q": '"押金"'}).status_code == 200


def test_heavy_searches_wait_elsewhere_and_not_without_end(
    knowledge: Any, tmp_path: Any, monkeypatch: Any
) -> Any:
    assert not is_heavy("房东不退押金怎么办")
    assert is_heavy('"押金"')
    assert is_heavy("押金 -定金")
    assert is_heavy("押" * 100)
    app = create_app(knowledge, Settings(data_dir=tmp_path))
    loops: list[bool] = []

    def where(request: Any, asked: Any, problems: Any) -> Any:
        try:
            asyncio.get_running_loop()
            loops.append(True)
        except RuntimeError:
            loops.append(False)
        return pages.topics(request)

    monkeypatch.setattr(pages, "_search", where)

    async def run() -> list[int]:
        answers = await asyncio.gather(*(ask(app, '/search?q="a"') for _ in range(WAITING + 12)))
        answers.append(await ask(app, "/search?q=a"))
        return [a.status for a in answers]

    statuses = asynchronous.run(run())
    assert statuses.count(429) >= 8
    assert statuses[-1] == 200
    assert loops.count(True) == 1
