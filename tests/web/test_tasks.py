"""What a newcomer wants to get done, from the home page to the end, in a real browser.

Over the bundled corpus, and with the statutes needed where the real ones lie beside the project.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.cli import kb
from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LEAFLET = """+++
title = "社区矫正知识问答"
kind = "宣传资料"
year = 2022
+++
# 社区矫正知识问答

社区矫正由司法行政部门主管，社区矫正对象应当按时报到。
"""
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def _index(folder: Path, *paths: Path) -> Path:
    data_dir = folder / "kb"
    arguments = ["index", *map(str, paths), "--data-dir", str(data_dir), "--workers", "1"]
    result = CliRunner().invoke(kb, arguments)
    assert result.exit_code == 0, result.output
    return data_dir


def _served(serve, data_dir: Path) -> Iterator[str]:
    base = KnowledgeBase.open(data_dir)
    with serve(base, Settings(data_dir=data_dir)) as address:
        yield address
    base.close()


@pytest.fixture(scope="module")
def corpus(browser, serve, tmp_path_factory) -> Iterator[str]:
    """The address of a site with the bundled corpus, and a leaflet to tell summaries from."""
    folder = tmp_path_factory.mktemp("corpus")
    leaflet = folder / "leaflets" / "shequ-jiaozheng.md"
    leaflet.parent.mkdir()
    leaflet.write_text(LEAFLET, "utf-8")
    yield from _served(serve, _index(folder, ROOT / "corpus", leaflet.parent))


@pytest.fixture(scope="module")
def statutes(browser, serve, data, tmp_path_factory) -> Iterator[str]:
    """The address of a site with the bundled corpus, 民法典, 刑法 and 社区矫正法."""
    folder = tmp_path_factory.mktemp("statutes")
    laws = folder / "laws"
    for pattern in ("民法典/*.md", "刑法/刑法.md", "行政法/社区矫正法*.md", "db.sqlite3"):
        for file in (data / "laws").glob(pattern):
            target = laws / file.relative_to(data / "laws")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    yield from _served(serve, _index(folder, ROOT / "corpus", laws))


def _tab_to(page, selector: str, limit: int = 150) -> None:
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} can't be reached by keyboard")


# When does the 离婚冷静期 end, and how is it cited?


def test_the_end_of_the_cooling_off_period(open_page, statutes):
    page = open_page("/", base=statutes)
    page.fill("#q", "离婚冷静期什么时候结束")
    page.press("#q", "Enter")
    hit = page.locator("li.hit").first
    assert "三十天" in hit.text_content() or "三十日" in hit.text_content()
    page.click('.basis a:has-text("第一千零七十七条") >> nth=0')
    assert "三十日" in page.text_content(".lone")
    page.context.grant_permissions(CLIPBOARD)
    page.click(".cites .copy >> nth=1")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "《中华人民共和国民法典》第一千零七十七条"


def test_the_end_of_the_cooling_off_period_by_keyboard(open_page, statutes):
    page = open_page("/", base=statutes)
    page.keyboard.press("/")
    page.keyboard.type("离婚冷静期什么时候结束")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    _tab_to(page, '.basis a[href$="/1077"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/1077")
    assert "三十日" in page.text_content(".lone")
    page.context.grant_permissions(CLIPBOARD)
    _tab_to(page, ".cites .copy")
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()") == "《民法典》第一千零七十七条"


def test_the_end_of_the_cooling_off_period_without_javascript(open_page, statutes):
    page = open_page("/", base=statutes, java_script_enabled=False)
    page.fill("#q", "离婚冷静期什么时候结束")
    page.press("#q", "Enter")
    page.click('.basis a:has-text("第一千零七十七条") >> nth=0')
    assert "三十日" in page.text_content(".lone")
    assert page.text_content(".cites .cite >> nth=0") == "《民法典》第一千零七十七条"
    assert page.is_visible(".cites .cite >> nth=0")


# Narrow 社区矫正 to work summaries of 2023.


def _narrowed(page) -> None:
    assert page.locator("li.hit").count() == 1
    assert "2023年工作总结" in page.text_content(".hit h2")
    assert page.locator(".chosen .chip").count() == 2


@pytest.mark.parametrize("script", [True, False])
def test_work_summaries_of_a_year(open_page, corpus, script):
    page = open_page("/", base=corpus, java_script_enabled=script)
    page.fill("#q", "社区矫正")
    page.press("#q", "Enter")
    page.click('.facet a:has-text("工作总结")')
    page.click('.facet a:has-text("2023")')
    _narrowed(page)
    # The address holds it all: a colleague sees the same.
    colleague = open_page(page.url.removeprefix(corpus), base=corpus)
    _narrowed(colleague)
    page.click(".chosen .chip >> nth=1")
    assert page.locator("li.hit").count() > 1


def test_work_summaries_of_a_year_by_keyboard(open_page, corpus):
    page = open_page("/", base=corpus)
    page.keyboard.press("/")
    page.keyboard.type("社区矫正")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    _tab_to(page, '.facet a[href*="kind=%E5%B7%A5%E4%BD%9C%E6%80%BB%E7%BB%93"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**kind=*")
    _tab_to(page, '.facet a[href*="year=2023"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**year=2023*")
    _narrowed(page)


# Open 刑法 第一百二十条之一.


@pytest.mark.parametrize("typed", ["刑法第一百二十条之一", "刑法120条之一"])
def test_an_inserted_article(open_page, statutes, typed):
    page = open_page("/", base=statutes)
    page.fill("#q", typed)
    page.press("#q", "Enter")
    page.click('.where a:has-text("第一百二十条之一") >> nth=0')
    assert page.text_content("h1").split()[:2] == ["《刑法》", "第一百二十条之一"]
    assert "恐怖" in page.text_content(".lone")
    page.click('.steps a[rel="next"]')
    assert "第一百二十条之二" in page.text_content("h1")


# Guides on unpaid wages, on a phone, in senior mode.


def test_unpaid_wages_on_a_phone_in_senior_mode(open_page, corpus):
    page = open_page("/", base=corpus, viewport={"width": 360, "height": 740}, has_touch=True)
    page.tap('.mode button[value="senior"]')
    page.wait_for_selector("html.senior")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 22
    page.tap('.cards a:has-text("劳动")')
    page.tap('.list a:has-text("工资被拖欠")')
    assert "senior" in page.get_attribute("html", "class")
    assert "12333" in page.text_content("main")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.tap('a[href="#contents"]')
    page.tap(".contents a >> nth=0")
    assert not page.is_visible("#contents")
    page.fill("#q", "老板拖欠工资怎么办")
    page.tap(".box button")
    page.wait_for_url("**/search?q=*")
    assert "工资" in page.text_content(".hit h2 >> nth=0")


# Follow a topic in a feed reader.


def test_following_a_topic(open_page, corpus):
    feedparser = pytest.importorskip("feedparser")
    page = open_page("/", base=corpus)
    page.click('.map a:has-text("社区矫正")')
    address = page.get_attribute('link[type="application/atom+xml"]', "href")
    assert page.get_attribute("a.feed", "href") == address
    answer = page.request.get(address)
    parsed = feedparser.parse(answer.body())
    assert not parsed.bozo
    assert "社区矫正" in parsed.feed.title
    titles = {e.title for e in parsed.entries}
    assert any("2023年工作总结" in title for title in titles)
    page.goto(parsed.entries[0].link)
    assert page.text_content("h1") in titles
