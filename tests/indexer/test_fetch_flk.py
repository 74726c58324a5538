"""The national law database, played by the site as public programs describe its interface."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from indexer import fetch
from indexer.extract import frontmatter
from indexer.fetch import flk, flk_interface
from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import configured
from indexer.sources.scan import Scan
from kb.documents import Document, Kind, Status
from kb.errors import ConfigError
from kb.library import Library
from kb.progress import Quiet
from kb.settings import load_sources
from tests.support import office, real
from tests.support import site as sites
from tests.support.site import ALLOW, Site

LIST, DOWNLOAD = "/law-search/search/list", "/law-search/download/pc"
LAW, LOCAL = "ff8081817ae10e15", "2c90e5ba6a291d8f"
LAWS: dict[str, dict[str, Any]] = {
    LAW: {
        "title": "中华人民共和国<em class='highlight'>示范</em>法",
        "gbrq": "2024-03-01",
        "sxrq": "2024-05-01",
        "sxx": 3,
        "zdjgName": "全国人民代表大会常务委员会",
        "flxz": "社会法",
        "flfgCodeId": 150,
    },
    LOCAL: {
        "title": "某省示范条例",
        "gbrq": "2019-07-01",
        "sxrq": "2019-10-01",
        "sxx": 2,
        "zdjgName": "某省人民代表大会常务委员会",
        "flxz": "地方性法规",
        "flfgCodeId": 230,
    },
}
MARK = b"<html><script src='/wzws-waf-cgi/jquery.js'></script>Please enable JavaScript</html>"


class Base:
    """The database on the site: what it lists and gives may be changed between runs."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.laws = {id: dict(law) for id, law in LAWS.items()}
        self.files: dict[str, bytes] = {}
        self.reach, self.most = 10_000, 100
        site.routes[LIST] = self.list
        site.routes[DOWNLOAD] = self.download
        for id in LAWS:
            self.put(f"{id}.docx", text(LAWS[id]["title"]))

    def put(self, name: str, data: bytes) -> None:
        self.files[name] = data
        self.site.routes[f"/oss/{quote(name)}"] = sites.body(data)

    def add(self, id: str, **fields: Any) -> None:
        """One more law."""
        self.laws[id] = {**LAWS[LAW], "title": f"中华人民共和国示范法之{id}", **fields}
        self.put(f"{id}.docx", text(self.laws[id]["title"]))

    def list(self, h: sites.Handler) -> None:
        assert h.command == "POST"
        assert h.headers["content-type"].startswith("application/json")
        asked = json.loads(h.site.requests[-1].body)
        first, last = asked["gbrq"] or ("", "9")
        rows = [
            {"bbbs": id, **law}
            for id, law in self.laws.items()
            if law["flfgCodeId"] in asked["flfgCodeId"] and first <= str(law.get("gbrq")) <= last
        ]
        rows.sort(key=lambda row: str(row.get("gbrq")), reverse=True)
        size = min(asked["pageSize"], self.most)
        start = (asked["pageNum"] - 1) * size
        page = rows[: self.reach][start : start + size]
        h.answer(200, reply(rows=page, total=len(rows)))

    def download(self, h: sites.Handler) -> None:
        asked = {k: v[0] for k, v in parse_qs(urlsplit(h.path).query).items()}
        name = f"{asked['bbbs']}.{asked['format']}"
        if name not in self.files:
            h.answer(200, reply(code=500, msg="文件不存在", data=None))
            return
        signed = (
            f"/oss/{quote(name)}?AWSAccessKeyId=A&Expires={len(h.site.requests)}&Signature=a%2Bb"
        )
        inner = {"url": self.site.url + signed, "urlIn": "http://10.0.0.1" + signed}
        h.answer(200, reply(data=inner))

    @property
    def downloads(self) -> int:
        return sum(r.path.startswith("/oss/") for r in self.site.requests)


def reply(**parts: Any) -> bytes:
    return json.dumps({"code": 200, "msg": "操作成功", **parts}).encode()


def text(title: str) -> bytes:
    return office.docx(
        office.p("公告")  # what the file says itself is no title
        + office.p(f"第一条 为了示范，制定{title.replace('<', '〈')}。")
        + office.p("第二条 本法自公布之日起施行。")
    )


@pytest.fixture
def base() -> Iterator[Base]:
    with sites.serve() as served:
        yield Base(served)


@pytest.fixture
def sized(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Another size of a page, another reach of a query."""

    def go(size: int, reach: int = 10_000) -> None:
        known = replace(flk_interface.interface(), size=size, reach=reach)
        monkeypatch.setattr(flk, "interface", lambda: known)

    return go


def refresh(base: Base, tmp_path: Path, more: str = "types = ['flfg']") -> Report:
    toml = tmp_path / "kb.toml"
    toml.write_text(
        f"[[source]]\nname = '法规库'\ntype = 'flk'\nurl = '{base.site.url}/'\n"
        f"delay = 0\ntimeout = 0.5\n{ALLOW}\n{more}",
        "utf-8",
    )
    sources = [s for c in load_sources(toml) for s in configured(c)]
    return run(tmp_path / "data", sources, Options(workers=1), Quiet(), "refresh")


def look(base: Base, tmp_path: Path, now: datetime) -> Scan:
    """What the source holds on a day, without reading it."""
    toml = tmp_path / "kb.toml"
    toml.write_text(
        f"[[source]]\nname = '法规库'\ntype = 'flk'\nurl = '{base.site.url}'\ndelay = 0\n"
        f"types = 'flfg'\n{ALLOW}\n",
        "utf-8",
    )
    (config,) = load_sources(toml)
    with Library.open(tmp_path / "data") as library:
        library.put_source(config.name, config.type, config.root, "")
        return fetch.look(config, library, tmp_path / "data", Quiet(), 1, now)


def documents(tmp_path: Path) -> dict[str, Document]:
    with Library.open(tmp_path / "data") as library:
        found = library.documents_by_ids([e.id for e in library.entries()])
    return {d.title: d for d in found.values()}


def reasons(report: Report) -> list[str]:
    return [f.reason for f in report.failures]


def test_texts_come_with_what_the_database_says_of_them(base: Base, tmp_path: Path) -> None:
    report = refresh(base, tmp_path, "types = ['flfg', 'dfxfg']")
    assert (report.documents.added, report.failures, report.warnings) == (2, [], [])
    law, local = (documents(tmp_path)[t] for t in ("中华人民共和国示范法", "某省示范条例"))
    assert (law.kind, law.status, law.issuer, law.as_of) == (
        Kind.LAW,
        Status.IN_FORCE,
        "全国人民代表大会常务委员会",
        date.today(),
    )
    assert (law.published, law.effective) == (date(2024, 3, 1), date(2024, 5, 1))
    assert (law.work, [p.article for p in law.passages if p.article]) == ("示范法", ["1", "2"])
    assert (local.kind, local.status) == (Kind.LOCAL_REGULATION, Status.AMENDED)
    place = f"{base.site.url}/detail?id={LAW}"
    said = "\n".join(law.notes)
    assert all(
        part in said for part in (f"原文地址 {place}", f"数据库编号 {LAW}", "法律性质 社会法")
    )
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert place in library.items("法规库")
    asked = json.loads(base.site.asked(LIST)[0].body)
    assert (asked["searchContent"], asked["searchRange"], asked["searchType"]) == ("", 1, 2)
    assert (asked["pageNum"], asked["pageSize"], asked["sxx"], asked["gbrq"]) == (1, 100, [], [])
    assert asked["orderByParam"] == {"order": "gbrq", "sort": "DESC"}
    # The second run asks for the list alone.
    before = len(base.site.requests)
    assert refresh(base, tmp_path, "types = ['flfg', 'dfxfg']").documents.unchanged == 2
    paths = [r.path.split("?")[0] for r in base.site.requests[before:]]
    assert paths == ["/robots.txt", LIST, LIST]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (1, Status.REPEALED),
        (-1, Status.REPEALED),
        ("-1", Status.REPEALED),
        (2, Status.AMENDED),
        (3, Status.IN_FORCE),
        (4, Status.PENDING),
        (None, None),
    ],
)
def test_statuses(base: Base, tmp_path: Path, code: Any, status: Status | None) -> None:
    base.laws[LAW]["sxx"] = code
    assert not refresh(base, tmp_path).warnings
    (law,) = documents(tmp_path).values()
    assert law.status is status


def test_an_unknown_status_is_said_and_not_guessed(base: Base, tmp_path: Path) -> None:
    base.laws[LAW]["sxx"] = 7
    report = refresh(base, tmp_path)
    assert any("时效性代码 7" in w for w in report.warnings)
    (law,) = documents(tmp_path).values()
    assert law.status is None


def test_a_change_of_status_alone_needs_no_download(base: Base, tmp_path: Path) -> None:
    refresh(base, tmp_path)
    base.laws[LAW]["sxx"] = 1
    assert refresh(base, tmp_path).documents.changed == 1
    assert base.downloads == 1
    assert documents(tmp_path)["中华人民共和国示范法"].status is Status.REPEALED
    assert refresh(base, tmp_path).documents.unchanged == 1


def test_new_texts_and_new_dates_are_downloaded(base: Base, tmp_path: Path) -> None:
    refresh(base, tmp_path)
    base.add("new", gbrq="2026-10-01")
    base.laws[LAW]["gbrq"] = "2024-03-02"
    base.put(f"{LAW}.docx", text("改正后的示范法"))
    report = refresh(base, tmp_path)
    assert (report.documents.added, report.documents.changed, base.downloads) == (1, 1, 3)
    law = documents(tmp_path)["中华人民共和国示范法"]
    assert law.published == date(2024, 3, 2)
    assert "改正后" in law.passages[-2].text + law.passages[-1].text


def test_as_of_is_the_day_of_the_listing_renewed_with_the_month(base: Base, tmp_path: Path) -> None:
    """Each night would be a new version of every text."""

    def as_of(now: datetime) -> tuple[str, int]:
        (file,) = look(base, tmp_path, now).files
        return dict(file.facts)["数据截至"], file.mtime_ns

    first = as_of(datetime(2026, 10, 5, 4, tzinfo=UTC))
    assert first[0] == "2026-10-05"
    assert as_of(datetime(2026, 10, 30, 4, tzinfo=UTC)) == first
    later = as_of(datetime(2026, 11, 2, 4, tzinfo=UTC))
    assert later[0] == "2026-11-02"
    assert later[1] > first[1]
    base.site.routes[LIST] = sites.status(500)  # a text that isn't listed is known no later
    assert as_of(datetime(2026, 12, 2, 4, tzinfo=UTC)) == later
    assert base.downloads == 1


def test_pages_and_the_window(base: Base, tmp_path: Path, sized: Callable[..., None]) -> None:
    sized(10)
    for number in range(25):
        base.add(f"n{number}", gbrq=f"20{30 - number:02}-01-01")
    report = refresh(base, tmp_path, "types = ['flfg']\nsince = 2015-01-01")
    assert report.documents.added == 17  # 2015 to 2030, and the one of 2024
    assert [json.loads(r.body)["pageNum"] for r in base.site.asked(LIST)] == [1, 2, 3]
    assert refresh(base, tmp_path).documents.added == 9


def test_pages_that_are_smaller_than_asked_for(base: Base, tmp_path: Path) -> None:
    base.most = 2
    for id in "abcd":
        base.add(id)
    report = refresh(base, tmp_path)
    assert (report.documents.added, report.warnings) == (5, [])


def test_more_than_a_query_gives(base: Base, tmp_path: Path, sized: Callable[..., None]) -> None:
    sized(10, reach=20)
    base.reach = 20
    for number in range(45):
        base.add(f"n{number}", gbrq=f"{1980 + number}-06-01")
    report = refresh(base, tmp_path)
    assert (report.documents.added, report.failures, report.warnings) == (46, [], [])
    del base.laws["n7"]
    assert refresh(base, tmp_path).documents.removed == 1


def test_a_day_that_holds_more_than_a_query_gives(
    base: Base, tmp_path: Path, sized: Callable[..., None]
) -> None:
    sized(2, reach=4)
    base.reach = 4
    for number in range(6):
        base.add(f"n{number}", gbrq="2020-06-01")
    report = refresh(base, tmp_path)
    assert any("称有 7 件" in w for w in report.warnings)
    del base.laws[LAW]
    assert refresh(base, tmp_path).documents.removed == 0


def test_days_that_are_not_minded(base: Base, tmp_path: Path, sized: Callable[..., None]) -> None:
    refresh(base, tmp_path)
    sized(2, reach=3)
    for number in range(6):
        base.add(f"n{number}")
    rows = [{"bbbs": id, **law} for id, law in base.laws.items() if law["flfgCodeId"] == 150]
    base.site.routes[LIST] = sites.body(reply(rows=rows[:2], total=len(rows)))
    report = refresh(base, tmp_path)
    assert (reasons(report), report.documents.removed) == (["bad-json"], 0)
    assert len(base.site.asked(LIST)) < 20


def test_a_text_no_longer_listed_is_removed(base: Base, tmp_path: Path) -> None:
    base.add("old")
    refresh(base, tmp_path)
    del base.laws["old"]
    assert refresh(base, tmp_path).documents.removed == 1


@pytest.mark.parametrize("lie", [1, 3, 50])
def test_a_total_that_is_not_true_removes_nothing(base: Base, tmp_path: Path, lie: int) -> None:
    for id in "abc":
        base.add(id)
    refresh(base, tmp_path)
    rows = [{"bbbs": id, **base.laws[id]} for id in (LAW, "a")]
    base.site.routes[LIST] = sites.body(reply(rows=rows, total=lie))
    report = refresh(base, tmp_path)
    assert (report.documents.removed, report.documents.unchanged) == (0, 4)
    assert any(f"称有 {lie} 件，列出 2 件" in w for w in report.warnings)
    assert len(base.site.asked(LIST)) <= 3  # the same page again is the end


def test_a_listing_that_fails_half_way(
    base: Base, tmp_path: Path, sized: Callable[..., None]
) -> None:
    sized(2)
    for number in range(4):
        base.add(f"n{number}", gbrq=f"202{number}-01-01")
    refresh(base, tmp_path)
    base.add("new", gbrq="2026-01-01")

    def half(h: sites.Handler) -> None:
        page = json.loads(h.site.requests[-1].body)["pageNum"]
        (base.list if page == 1 else sites.status(500))(h)

    base.site.routes[LIST] = half
    report = refresh(base, tmp_path)
    assert (report.documents.added, report.documents.removed) == (1, 0)
    assert (report.documents.unchanged, reasons(report)) == (5, ["http-500"])


def script(h: sites.Handler) -> None:
    h.answer(302, MARK, content_type="text/html")


@pytest.mark.parametrize(
    "answer",
    [
        script,
        sites.redirect("/waf_verify.htm"),
        sites.redirect(LIST),
        sites.body(MARK),
        sites.status(403),
    ],
)
def test_a_firewall_is_named_and_nothing_is_lost(
    base: Base, tmp_path: Path, answer: sites.Route
) -> None:
    refresh(base, tmp_path, "types = ['flfg', 'dfxfg']")
    base.site.routes[LIST] = answer
    base.site.routes["/waf_verify.htm"] = sites.html("<html>验证码</html>")
    report = refresh(base, tmp_path, "types = ['flfg', 'dfxfg']")
    assert reasons(report) == ["firewall"]  # the second section isn't asked for
    assert "防火墙" in report.failures[0].message
    assert (report.documents.removed, report.documents.unchanged) == (0, 2)


def test_a_firewall_before_the_files_ends_the_run_and_the_next_goes_on(
    base: Base, tmp_path: Path
) -> None:
    for id in "abc":
        base.add(id)

    def after_two(h: sites.Handler) -> None:
        (base.download if base.downloads < 2 else script)(h)

    base.site.routes[DOWNLOAD] = after_two
    report = refresh(base, tmp_path)
    assert report.documents.added == 2
    assert ["防火墙" in f.message for f in report.failures] == [True]
    assert len(base.site.asked(DOWNLOAD)) == 3
    base.site.routes[DOWNLOAD] = base.download
    report = refresh(base, tmp_path)
    assert (report.documents.added, report.documents.unchanged) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"<html>moved</html>", "网页"),
        (b"[]", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'{"code": 200}', "rows"),
        (b'{"code": 500, "msg": "x"}', "500 x"),
        (reply(rows=3, total=1), "rows"),
        (reply(data=[], totalSizes=0), "rows"),
        (reply(rows=[], total=0), "一件也没有"),
        (reply(rows=[{"id": "a", "title": "b"}], total=1), "bbbs"),
        (reply(rows=[{"bbbs": "a", **LAWS[LAW], "sxx": 3} | {"x": 1}], total="1"), "total"),
    ],
)
def test_another_interface_is_a_fault_and_nothing_is_lost(
    base: Base, tmp_path: Path, answer: bytes, said: str
) -> None:
    """DIVERGENCES.md, 13"""
    refresh(base, tmp_path)
    base.site.routes[LIST] = sites.body(answer)
    report = refresh(base, tmp_path)
    assert len(report.failures) == 1
    assert "接口可能已改" in report.failures[0].message
    assert said in report.failures[0].message
    assert (report.documents.removed, report.documents.unchanged) == (0, 1)


@pytest.mark.parametrize("name", ["sxx", "gbrq", "zdjgName"])
def test_a_field_of_another_name_does_not_pass_for_nothing(
    base: Base, tmp_path: Path, name: str
) -> None:
    refresh(base, tmp_path)
    base.laws[LAW][f"{name}2"] = base.laws[LAW].pop(name)
    report = refresh(base, tmp_path, "types = ['flfg']\nsince = 2000-01-01")
    assert (reasons(report), report.documents.removed) == (["bad-json"], 0)
    assert documents(tmp_path)["中华人民共和国示范法"].status is Status.IN_FORCE


def test_an_interface_that_is_not_there_says_what_the_url_should_be(
    base: Base, tmp_path: Path
) -> None:
    del base.site.routes[LIST]
    report = refresh(base, tmp_path)
    assert "首页地址 https://flk.npc.gov.cn/" in report.failures[0].message


def test_slow_answers(base: Base, tmp_path: Path) -> None:
    refresh(base, tmp_path)
    base.site.routes[LIST] = sites.hang
    report = refresh(base, tmp_path)
    assert (reasons(report), report.documents.removed) == (["timeout"], 0)
    base.site.routes[LIST] = base.list
    base.laws[LAW]["title"] = "中华人民共和国新示范法"
    base.site.routes[f"/oss/{LAW}.docx"] = sites.hang_within
    report = refresh(base, tmp_path)
    assert (reasons(report), report.documents.removed) == (["timeout"], 0)
    assert "中华人民共和国示范法" in documents(tmp_path)


def test_entries_that_make_no_sense_are_passed_over(base: Base, tmp_path: Path) -> None:
    rows = [3, {}, {"bbbs": ["x"], "title": "x"}, {"bbbs": LAW, **LAWS[LAW]}]
    base.site.routes[LIST] = sites.body(reply(rows=rows, total=4))
    report = refresh(base, tmp_path)
    assert report.documents.added == 1
    assert any("无法识别" in w for w in report.warnings)


def cut(data: bytes) -> sites.Route:
    return sites.body(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (sites.status(404), "no-file"),
        (sites.html("<html>请登录</html>"), "bad-json"),
        (sites.body(b'{"code": 500}'), "no-file"),
        (sites.truncated, "truncated"),
        (cut(text("示范法")), "truncated"),
        (sites.body(b""), "empty-body"),
    ],
)
def test_a_file_that_is_none_or_not_whole_replaces_nothing(
    base: Base, tmp_path: Path, answer: sites.Route, reason: str
) -> None:
    refresh(base, tmp_path)
    before = documents(tmp_path)
    good = base.site.routes[f"/oss/{LAW}.docx"]
    base.laws[LAW]["title"] = "中华人民共和国新示范法"
    base.site.routes[f"/oss/{LAW}.docx"] = answer
    report = refresh(base, tmp_path)
    assert (reasons(report), report.documents.removed) == ([reason], 0)
    assert documents(tmp_path) == before
    # Nor does it go when the list can't be had the next time.
    base.site.routes[LIST] = sites.status(500)
    assert refresh(base, tmp_path).documents.removed == 0
    assert documents(tmp_path) == before
    # And it is asked for again, some days later.
    base.site.routes.update({LIST: base.list, f"/oss/{LAW}.docx": good})
    (file,) = look(base, tmp_path, datetime.now(UTC) + timedelta(days=3)).files
    assert dict(file.facts)["articletitle"] == "中华人民共和国新示范法"


def test_what_a_download_may_lead_to(base: Base, tmp_path: Path) -> None:
    """JSON with an address, a redirect to the file, the file itself, another format."""
    for id in ("led", "direct", "other", "none"):
        base.add(id)
    base.files["other.doc"] = base.files.pop("other.docx")
    del base.files["none.docx"]

    def go(h: sites.Handler) -> None:
        asked = {k: v[0] for k, v in parse_qs(urlsplit(h.path).query).items()}
        if asked["bbbs"] == "led":
            h.answer(302, b"", location="/oss/led.docx?Signature=b%2Fc")
        elif asked["bbbs"] == "direct":
            h.answer(200, base.files["direct.docx"])
        elif asked["bbbs"] == "other" and asked["format"] == "pdf":
            h.answer(200, reply(data={"url": f"{base.site.url}/oss/other.docx"}))
        else:
            base.download(h)

    base.site.routes[DOWNLOAD] = go
    report = refresh(base, tmp_path)
    assert (report.documents.added, reasons(report)) == (4, ["no-file"])
    assert "文件不存在" in report.failures[0].message
    assert "Signature=b%2Fc" in base.site.asked("/oss/led.docx")[-1].path


def test_the_file_may_lie_at_an_address_of_files(base: Base, tmp_path: Path) -> None:
    base.site.routes[DOWNLOAD] = sites.body(reply(data={"url": f"/oss/{LAW}.docx"}))
    assert refresh(base, tmp_path).documents.added == 1
    with sites.serve() as other:
        other.routes[f"/oss/{LAW}.docx"] = sites.body(text("示范法"))
        base.laws[LAW]["sxrq"] = "2024-06-01"
        assert refresh(base, tmp_path, f"files = '{other.url}'\ntypes = 'flfg'").failures == []
        assert other.asked(f"/oss/{LAW}.docx")


def test_an_unknown_section_is_named(base: Base, tmp_path: Path) -> None:
    report = refresh(base, tmp_path, "types = ['abc', 'flfg']")
    assert "abc" in report.failures[0].message
    assert report.documents.added == 1


def test_a_source_of_a_year_ago_still_holds(base: Base, tmp_path: Path) -> None:
    more = f"types = ['flfg', 'dfxfg']\nfiles = '{base.site.url}/'\nmax_pages = 3\nmax_items = 10"
    report = refresh(base, tmp_path, more)
    assert (report.documents.added, report.failures) == (2, [])


def test_the_description_of_the_interface_is_checked() -> None:
    assert flk_interface.interface().status["-1"] is Status.REPEALED
    good = (Path(flk.__file__).parents[1] / "data" / "flk.toml").read_text("utf-8")
    for old, new, said in (
        ('"-1" = "已废止"', '"-1" = "作废"', "作废"),
        ('list = "law-search/search/list"', "", "list"),
        ('list = "law-search/search/list"', "list = 3", "list"),
        ("[status]", "[", "flk"),
        ("&bbbs={id}", "", "{id}"),
        ('"{page}"', '"{pages}"', "{pages}"),
        ('"{codes}"', "[]", "{codes}"),
        ('status = "sxx"', "", "status"),
        ('status = "sxx"', 'stat = "sxx"', "stat"),
        ("codes = [220]", 'codes = ["220"]', "codes"),
        ('kind = "监察法规"', 'kind = "法"', "法"),
        ("size = 100", "size = 0", "size"),
        ("reach = 10_000", "reach = 10_000\nspeed = 1", "speed"),
    ):
        assert old in good
        with pytest.raises(ConfigError, match=r"flk\.toml") as fault:
            flk_interface.parse(good.replace(old, new, 1))
        assert said in str(fault.value)


def test_files_of_the_database_itself(base: Base, tmp_path: Path) -> None:
    """What the list says of a text is what the base shows, whatever its file looks like."""
    heads = {path.stem: path for path in real.FLK.files()}
    known = flk_interface.interface()
    codes = {s.name: s.codes[-1] for s in known.sections.values()}
    statuses = {"有效": 3, "已修改": 2, "已废止": 1, "尚未生效": 4, "未知": None}
    files = [p for p in real.FLK_FILES.files() if p.suffix == ".docx"][::24]
    base.laws.clear()
    for path in files:
        id = path.stem.rpartition("_")[2]
        if id not in heads:
            continue
        head = frontmatter.split(heads[id].read_text("utf-8"))[0]
        base.laws[id] = {
            "title": head["title"],
            "gbrq": str(head["publication_date"]),
            "sxrq": str(head.get("effective_date") or "") or None,
            "sxx": statuses[str(head["status"])],
            "zdjgName": head["author"],
            "flxz": head["group"],
            "flfgCodeId": codes[heads[id].parent.name],
        }
        base.put(f"{id}.docx", path.read_bytes())
    more = [key for key, s in known.sections.items() if s.name in {p.parent.name for p in files}]
    report = refresh(base, tmp_path, f"types = {more}")
    assert report.failures == []
    assert report.documents.added == len(base.laws) > 12
    with Library.open(tmp_path / "data", readonly=True) as library:
        items = library.items("法规库")
        found = library.documents_by_ids([i.document_id or "" for i in items.values()])
    for id, law in base.laws.items():
        document = found[items[f"{base.site.url}/detail?id={id}"].document_id or ""]
        assert document.title == " ".join(str(law["title"]).split())
        assert law["gbrq"] in ("", str(document.published))
        assert document.passages
        assert document.status is known.status.get(str(law["sxx"]))
