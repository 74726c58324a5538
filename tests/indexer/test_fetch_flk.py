"""The national law database, played by the site after what is known of its interface."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from indexer.fetch import flk
from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import configured
from kb.documents import Document, Kind, Status
from kb.errors import ConfigError
from kb.library import Library
from kb.progress import Quiet
from kb.settings import load_sources
from tests import site as sites
from tests.site import ALLOW, Site

LAWS: dict[str, dict[str, Any]] = {
    "id-1": {
        "title": "中华人民共和国示范法",
        "office": "全国人民代表大会常务委员会",
        "publish": "2024-03-01 00:00:00",
        "expiry": "2024-05-01 00:00:00",
        "type": "法律",
        "status": "1",
    },
    "id-2": {
        "title": "某省示范条例",
        "office": "某省人民代表大会常务委员会",
        "publish": "2019-07-01 00:00:00",
        "expiry": "2019-10-01 00:00:00",
        "type": "地方性法规",
        "status": "5",
    },
}


class Base:
    """The database on the site: what it lists may be changed between runs."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.laws = {id: dict(law) for id, law in LAWS.items()}
        site.routes["/api/"] = self.list
        site.routes["/api/detail"] = self.detail
        for id, law in LAWS.items():
            text = (
                f"<p>第一条 为了示范，制定{law['title']}。</p><p>第二条 本法自公布之日起施行。</p>"
            )
            site.routes[f"/files/{id}.html"] = sites.html(
                f"<html><body><h1>{law['title']}</h1>{text}</body></html>"
            )

    def list(self, h: sites.Handler) -> None:
        asked = {k: v[0] for k, v in parse_qs(urlsplit(h.path).query).items()}
        kind = {"flfg": "法律", "dfxfg": "地方性法规"}.get(asked["type"])
        rows = [{"id": id, **law} for id, law in self.laws.items() if law["type"] == kind]
        start = (int(asked["page"]) - 1) * int(asked["size"])
        page = {"data": rows[start : start + int(asked["size"])], "totalSizes": len(rows)}
        h.answer(200, json.dumps({"result": page, "success": True, "code": 200}).encode())

    def detail(self, h: sites.Handler) -> None:
        id = parse_qs(h.site.requests[-1].body.decode())["id"][0]
        bodies = [
            {"type": "PDF", "path": f"/files/{id}.pdf", "url": ""},
            {"type": "HTML", "path": "", "url": f"/files/{id}.html"},
        ]
        result = {**self.laws[id], "body": bodies}
        h.answer(200, json.dumps({"result": result, "code": 200}).encode())


@pytest.fixture
def base() -> Iterator[Base]:
    with sites.serve() as served:
        yield Base(served)


def refresh(base: Base, tmp_path: Path, more: str = "") -> Report:
    toml = tmp_path / "kb.toml"
    url = base.site.url
    toml.write_text(
        f"[[source]]\nname = '法规库'\ntype = 'flk'\nurl = '{url}'\nfiles = '{url}'\n"
        f"delay = 0\ntimeout = 0.5\n{ALLOW}\n{more}",
        "utf-8",
    )
    sources = [s for c in load_sources(toml) for s in configured(c)]
    return run(tmp_path / "data", sources, Options(workers=1), Quiet(), "refresh")


def documents(tmp_path: Path) -> dict[str, Document]:
    with Library.open(tmp_path / "data") as library:
        found = library.documents_by_ids([e.id for e in library.entries()])
    return {d.title: d for d in found.values()}


def test_laws_come_with_what_the_database_says_of_them(base: Base, tmp_path: Path) -> None:
    report = refresh(base, tmp_path, "types = ['flfg', 'dfxfg']")
    assert (report.documents.added, report.failures) == (2, [])
    law, local = (documents(tmp_path)[LAWS[i]["title"]] for i in ("id-1", "id-2"))
    assert (law.kind, law.status, law.issuer) == (
        Kind.LAW,
        Status.IN_FORCE,
        "全国人民代表大会常务委员会",
    )
    assert (law.published, law.effective) == (date(2024, 3, 1), date(2024, 5, 1))
    assert (law.work, [p.article for p in law.passages if p.article]) == ("示范法", ["1", "2"])
    assert (local.kind, local.status) == (Kind.LOCAL_REGULATION, Status.AMENDED)
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert f"{base.site.url}/detail2.html?id-1" in library.items("法规库")
    # The second run asks for the list alone.
    before = len(base.site.requests)
    assert refresh(base, tmp_path, "types = ['flfg', 'dfxfg']").documents.unchanged == 2
    assert [r.path.split("?")[0] for r in base.site.requests[before:]] == [
        "/robots.txt",
        "/api/",
        "/api/",
    ]


def test_a_change_of_status_alone_changes_the_document(base: Base, tmp_path: Path) -> None:
    refresh(base, tmp_path, "types = ['flfg']")
    base.laws["id-1"]["status"] = "9"
    report = refresh(base, tmp_path, "types = ['flfg']")
    assert report.documents.changed == 1
    assert documents(tmp_path)[LAWS["id-1"]["title"]].status is Status.REPEALED


def test_pages_and_the_window(base: Base, tmp_path: Path) -> None:
    for number in range(25):
        law = {
            **LAWS["id-1"],
            "title": f"中华人民共和国示范法之{number}",
            "publish": f"20{30 - number:02}-01-01",
        }
        base.laws[f"n-{number}"] = law
        base.site.routes[f"/files/n-{number}.html"] = sites.html(
            f"<h1>{law['title']}</h1><p>正文。</p>"
        )
    report = refresh(base, tmp_path, "types = ['flfg']\nsince = 2015-01-01")
    assert report.documents.added == 17  # 2015 to 2030, and the one of 2024 with the id 1
    assert {r.path.partition("page=")[2].partition("&")[0] for r in base.site.asked("/api/")} == {
        "1",
        "2",
        "3",
    }
    assert refresh(base, tmp_path, "types = ['flfg']").documents.added == 9


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>moved</html>",
        b"[]",
        b'{"code": 500}',
        b'{"result": {"data": 3}}',
        b'{"result": null}',
        b"[" * 100_000,
    ],
)
def test_another_interface_is_a_fault_and_nothing_is_lost(
    base: Base, tmp_path: Path, answer: bytes
) -> None:
    """DIVERGENCES.md, 13"""
    refresh(base, tmp_path, "types = ['flfg']")
    base.site.routes["/api/"] = sites.body(answer)
    report = refresh(base, tmp_path, "types = ['flfg']")
    assert [f.reason for f in report.failures] == ["bad-json"]
    assert (report.documents.removed, report.documents.unchanged) == (0, 1)


def test_entries_that_make_no_sense_are_passed_over(base: Base, tmp_path: Path) -> None:
    rows = [3, {}, {"id": ["x"], "title": "x"}, {"id": "id-1", **LAWS["id-1"]}]
    answer = json.dumps({"result": {"data": rows, "totalSizes": 4}}).encode()
    base.site.routes["/api/"] = sites.body(answer)
    report = refresh(base, tmp_path, "types = ['flfg']")
    assert report.documents.added == 1
    assert any("无法识别" in w for w in report.warnings)


def test_a_law_without_files_is_listed(base: Base, tmp_path: Path) -> None:
    base.site.routes["/api/detail"] = sites.body(b'{"result": {"body": [{"path": 5}, 7]}}')
    report = refresh(base, tmp_path, "types = ['flfg']")
    assert [f.reason for f in report.failures] == ["no-file"]


def test_an_unknown_section_is_named(base: Base, tmp_path: Path) -> None:
    report = refresh(base, tmp_path, "types = ['abc', 'flfg']")
    assert "abc" in report.failures[0].message
    assert report.documents.added == 1


def test_the_description_of_the_interface_is_checked() -> None:
    assert flk.interface().status["9"] is Status.REPEALED
    good = (Path(flk.__file__).parents[1] / "data" / "flk.toml").read_text("utf-8")
    for old, new in (
        ('9 = "已废止"', '9 = "作废"'),
        ('detail = "api/detail"', ""),
        ("[types]", "["),
    ):
        with pytest.raises(ConfigError, match=r"flk\.toml"):
            flk.parse(good.replace(old, new))
