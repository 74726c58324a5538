"""Figures: pictures with their tables, sources, and what is asked - for staff alone."""

from datetime import date

import pytest

from kb.documents import Kind
from web import charts


@pytest.fixture
def figures(make_base, browse):
    """The site over a base whose library the site reads too, for the public."""
    from tests.conftest import invented

    return browse(make_base(invented()))


def _bars(soup, heading):
    section = next(s for s in soup.select("section.block") if s.h2 and s.h2.text == heading)
    rows = section.select(".bars tbody tr")
    return {r.th.text.strip(): int(r.select_one(".number").text) for r in rows}


def test_figures_are_those_of_the_search(client, parse):
    soup = parse(client.get("/statistics"))
    kinds = _bars(soup, "按类别")
    assert kinds == {"法律": 3, "部门规章": 1, "规范性文件": 1, "普法指南": 1}
    for link in soup.select(".bars a"):
        count = int(link.find_parent("tr").select_one(".number").text)
        answer = client.get(link["href"].replace("/search?", "/api/v1/search?")).json()
        assert answer["total"] == count


def test_staff_see_more(client, staff, parse):
    assert "工作总结" in _bars(parse(staff.get("/statistics")), "按类别")
    public = client.get("/statistics").text
    assert "工作总结" not in public
    assert "浙江省杭州市" not in public
    assert "在问什么" not in public
    assert "在问什么" in staff.get("/statistics").text


def test_the_timeline_and_its_table_agree(client, parse):
    soup = parse(client.get("/statistics"))
    table = soup.select_one("details table")
    head = [th.text for th in table.select("thead th")][1:-1]
    assert [e.text.strip() for e in soup.select(".legend")] == head
    drawn = {t.text for t in soup.select(".timeline g title")}
    told = set()
    for row in table.select("tbody tr"):
        year, cells = row.th.text, [td.text for td in row.select("td")]
        assert int(cells[-1]) == sum(int(c) for c in cells[:-1] if c)
        told |= {f"{year}年{k}：{n}" for k, n in zip(head, cells, strict=False) if n}
    assert drawn == told


def test_timeline_geometry(knowledge):
    from dataclasses import replace

    from kb.documents import Audience

    one = knowledge.documents(Audience.PUBLIC)[0]
    kinds = list(Kind)
    infos = [replace(one, year=2000 + n % 60, kind=kinds[n % 9]) for n in range(500)]
    line = charts.timeline(infos, "rest")
    assert len(line.columns) == charts.YEARS
    assert len(line.kinds) == charts.LAYERS + 1
    assert line.kinds[-1] == "rest"
    for column in line.columns:
        assert sum(column.cells) == column.total == sum(s.count for s in column.segments)
        assert column.top >= -0.5
        assert abs(sum(s.height for s in column.segments) + column.top - charts.HEIGHT) < 1
    assert charts.timeline(infos[:1], "rest") is None
    assert charts.timeline([], "rest") is None


def test_sources(figures, parse):
    section = parse(figures.get("/statistics")).find(
        "caption", string=lambda t: t and "各来源" in t
    )
    (row,) = section.find_parent("table").select("tbody tr")
    cells = [c.text for c in row.select("th, td")]
    assert cells[:2] == ["test", "6"]
    assert cells[2].startswith(f"{date.today().year}年")


def test_sources_without_public_documents_are_not_named(make_base, browse, parse):
    from dataclasses import replace

    from kb.documents import Audience
    from tests.conftest import invented

    site = browse(make_base([replace(d, audience=Audience.STAFF) for d in invented()]))
    assert "各来源" not in site.get("/statistics").text


def test_what_is_asked_is_for_staff(client, staff, parse):
    for browser in (client, staff):
        log = browser.app.state.site.queries
        for words, times in (
            ("房东不退押金", 4),
            ("社区矫正", 3),
            ("无人问过的玄机", 5),
            ("两次", 1),
        ):
            for _ in range(times):
                browser.get("/search", params={"q": words})
        for _ in range(4):
            browser.get("/search", params={"q": "离婚 13800138000"})
            browser.get("/search", params={"q": "押金", "kind": "法律"})
        log.flush()
    page = parse(staff.get("/statistics")).select_one('[aria-labelledby="asked"]').text
    for there in ("房东不退押金", "社区矫正", "房屋租赁"):
        assert there in page
    for absent in ("两次", "13800138000"):
        assert absent not in page
    public = client.get("/statistics").text
    assert "房东不退押金" not in public


def test_who_is_signed_in_is_not_recorded(client, parse, tmp_path):
    from kb.users import Users

    with Users.open(tmp_path) as users:
        users.add("王敏", "correct horse")
        token = users.start_session("王敏", 1)
    for _ in range(5):
        client.get("/search?q=押金", headers={"Cookie": f"session={token}"})
    assert client.app.state.site.queries.asked(10) == ()
    for _ in range(5):
        client.get("/search?q=押金")
    assert [a.words for a in client.app.state.site.queries.asked(10)] == ["押金"]
