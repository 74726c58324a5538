"""The staff pages of runs, over real runs: what they say, and to whom."""

import re

import pytest

from indexer.run import Options, run
from indexer.sources import select
from kb.library import Library
from kb.progress import Quiet
from kb.settings import Settings
from tests.web.test_accessibility import TAGS

LOST = "<b>机密.txt"


@pytest.fixture
def ran(tmp_path):
    """A data directory after two runs: one file can't be read, one of the sources has vanished."""
    for name in ("甲", "乙"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.txt").write_text(f"{name}的材料\n\n做法。\n", "utf-8")
    (tmp_path / "甲" / LOST).write_bytes(b"")
    sources = [s for name in ("甲", "乙") for s in select(tmp_path / name, {}, None)]
    options = Options(workers=1, gone_after=3, patient=True)
    run(tmp_path, sources, options, Quiet(), "refresh")
    (tmp_path / "乙").rename(tmp_path / "别处")
    run(tmp_path, sources, options, Quiet(), "refresh")
    return tmp_path


def test_runs_and_troubled_sources(ran, staff, parse):
    page = parse(staff.get("/staff/runs"))
    assert page.h1.text == "更新记录"
    troubled, runs = (table.find_all("tr")[1:] for table in page.find_all("table"))
    assert [row.th.text for row in troubled] == ["乙", "甲"]
    assert [row.find_all("td")[1].text for row in troubled] == ["1", "1"]
    assert [row.a["href"] for row in runs] == ["/staff/runs/2", "/staff/runs/1"]
    assert "完成，有项目失败" in runs[0].text
    assert "新增 2" in runs[1].text


def test_one_run(ran, staff, parse):
    answer = staff.get("/staff/runs/1")
    assert LOST not in answer.text  # a name is text, not markup
    page = parse(answer)
    assert LOST in page.find(id="failures").parent.table.text
    assert "空" in page.find(id="failures").parent.table.text
    again = parse(staff.get("/staff/runs/2"))
    waiting = again.find(id="waiting").parent.table
    assert LOST in waiting.text
    assert re.search(r"\d{4}-\d\d-\d\d", waiting.text)
    assert "不存在" in again.find(id="failures").parent.table.text
    assert staff.get("/staff/runs/99").status_code == 404
    assert staff.get("/staff/runs/99999999999999999999").status_code == 404


def test_a_run_that_never_ended_was_interrupted(ran, staff, parse):
    with Library.open(ran) as library:
        library.start_run("refresh")
    rows = parse(staff.get("/staff/runs")).find_all("table")[1].find_all("tr")
    assert "被中断" in rows[1].text
    assert "被中断" in staff.get("/staff/runs/3").text


def test_an_old_report_is_shown_as_far_as_it_goes(ran, staff):
    with Library.open(ran) as library:
        number = library.start_run("index")
        library.finish_run(number, "done", {"documents": {"added": 1}, "failures": None})
    assert staff.get("/staff/runs").status_code == 200
    assert staff.get(f"/staff/runs/{number}").status_code == 200


def test_nothing_of_it_is_public(ran, client, parse):
    for path in ("/staff/runs", "/staff/runs/1"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "机密" not in answer.text
        missing = client.get(path.replace("runs", "nope"))
        assert answer.text.replace("runs", "nope") == missing.text
    assert "/staff/" not in client.get("/").text


def test_the_link_stands_where_staff_see_it(ran, staff, parse):
    assert parse(staff.get("/")).select_one(".staff a")["href"] == "/staff/runs"


def test_before_the_first_run(staff, parse, tmp_path):
    page = staff.get("/staff/runs")
    assert page.status_code == 200
    assert "还没有运行过" in page.text
    assert not (tmp_path / "library.sqlite3").exists()


@pytest.mark.browser
@pytest.mark.parametrize("form", [{}, {"viewport": {"width": 360, "height": 740}}])
def test_no_violation(ran, knowledge, serve, browser, form):
    module = pytest.importorskip("axe_playwright_python.sync_playwright")
    with serve(knowledge, Settings(data_dir=ran, visitors="staff")) as address:
        for path in ("/staff/runs", "/staff/runs/2"):
            page = browser.new_page(**form)
            page.goto(address + path)
            answer = module.Axe().run(
                page, options={"runOnly": TAGS, "resultTypes": ["violations"]}
            )
            page.close()
            assert [v["id"] for v in answer.response["violations"]] == []
