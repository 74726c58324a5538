"""Runs over a site that misbehaves: nothing is lost, the rest is read, the reason is noted."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import apart, configured
from kb.library import Item, ItemState, Library
from kb.library.records import timestamp
from kb.progress import Quiet
from kb.settings import load_sources
from tests.support import site as sites
from tests.support.site import ALLOW, Site, article

Refresh = Callable[..., Report]

QUICK = "delay = 0\ntimeout = 0.6\ndeadline = 1.2\n"
TEXT = "社区矫正工作坚持教育与监督相结合，帮助矫正对象回归社会。"


@pytest.fixture
def site() -> Iterator[Site]:
    with sites.serve() as served:
        yield served


@pytest.fixture
def refresh(tmp_path: Path) -> Refresh:
    return partial(start, tmp_path)


def start(tmp_path: Path, *entries: str, allow: str = ALLOW, **options: object) -> Report:
    """Runs the sources of a kb.toml, of which only the entries' own keys are given."""
    toml = tmp_path / "kb.toml"
    tables = [f"[[source]]\nname = '源{n}'\n{e}\n{QUICK}{allow}\n" for n, e in enumerate(entries)]
    toml.write_text("".join(tables), "utf-8")
    with Library.open(tmp_path / "data") as library:
        known = library.sources()
    sources = apart([s for c in load_sources(toml) for s in configured(c)], known)
    chosen = Options(workers=1, max_file_mb=1, **options)  # type: ignore[arg-type]
    return run(tmp_path / "data", sources, chosen, Quiet(), "refresh")


def pages(*addresses: str) -> str:
    return f"type = 'pages'\nurl = {json.dumps(list(addresses))}"


def tally(report: Report) -> tuple[int, int, int, int, int]:
    d = report.documents
    return d.added, d.changed, d.unchanged, d.removed, d.failed


def reasons(report: Report) -> dict[str, str]:
    return {"/" + f.path.split("/", 3)[3]: f.reason for f in report.failures}


def titles(tmp_path: Path) -> list[str]:
    with Library.open(tmp_path / "data", readonly=True) as library:
        return sorted(e.title for e in library.entries())


def text_of(tmp_path: Path, title: str) -> str:
    with Library.open(tmp_path / "data", readonly=True) as library:
        (entry,) = [e for e in library.entries() if e.title == title]
        (document,) = library.documents_by_ids([entry.id]).values()
    return "\n".join(p.text for p in document.passages)


def retry_now(tmp_path: Path) -> None:
    """As if the time of every retry had come."""
    with Library.open(tmp_path / "data") as library:
        past = timestamp(datetime.now(UTC) - timedelta(days=1))
        for row in library.sources().values():
            for state in library.fetches(row.name).values():
                if state.retry_at:
                    library.record_fetch(row, replace(state, retry_at=past))


def test_a_page_becomes_a_document_and_then_is_left_alone(
    site: Site, refresh: Refresh, tmp_path: Path
) -> None:
    site.routes["/a.html"] = sites.validated(article("甲通知", TEXT), etag='"1"')
    site.routes["/b.html"] = sites.validated(
        article("乙通知", TEXT), modified="Mon, 06 May 2024 08:00:00 GMT"
    )
    site.page("/c.html", "丙通知", TEXT)
    entry = pages(*(site.url + p for p in ("/a.html", "/b.html", "/c.html")))
    first = refresh(entry)
    assert (tally(first), first.exit_code) == ((3, 0, 0, 0, 0), 0)
    assert titles(tmp_path) == ["丙通知", "乙通知", "甲通知"]
    second = refresh(entry)
    assert tally(second) == (0, 0, 3, 0, 0)
    assert second.generation == first.generation
    assert [r.header("if-none-match") for r in site.asked("/a.html")] == ["", '"1"']
    assert site.asked("/b.html")[1].header("if-modified-since") == "Mon, 06 May 2024 08:00:00 GMT"
    with Library.open(tmp_path / "data", readonly=True) as library:
        states = library.fetches("源0")
        assert library.items("源0").keys() == states.keys()
    assert [states[site.url + p].status for p in ("/a.html", "/b.html", "/c.html")] == [
        304,
        304,
        200,
    ]
    site.routes["/a.html"] = sites.validated(article("甲通知", TEXT, "新的一段。"), etag='"2"')
    third = refresh(entry)
    assert tally(third) == (0, 1, 2, 0, 0)
    assert "新的一段" in text_of(tmp_path, "甲通知")


def test_other_settings_read_again_without_the_network(
    site: Site, refresh: Refresh, tmp_path: Path
) -> None:
    entry = pages(site.page("/a.html", "甲通知", TEXT)) + "\nrecheck = 7"
    refresh(entry)
    asked = len(site.asked("/a.html"))
    report = refresh(entry + "\nkind = '普法指南'")
    assert tally(report) == (0, 1, 0, 0, 0)
    assert len(site.asked("/a.html")) == asked


def test_bodies_are_kept_once_and_pruned(site: Site, refresh: Refresh, tmp_path: Path) -> None:
    one, two = (site.page(f"/{n}.html", "同一通知", TEXT) for n in "ab")
    refresh(pages(one, two))
    kept = [p for p in (tmp_path / "data" / "raw").rglob("*") if p.is_file()]
    assert len(kept) == 1
    (kept[0].parent.parent / "half.part").write_bytes(b"left by a killed run")
    site.page("/a.html", "另一通知", TEXT)
    site.page("/b.html", "另一通知", TEXT)
    refresh(pages(one, two))
    (left,) = [p for p in (tmp_path / "data" / "raw").rglob("*") if p.is_file()]
    assert left.name != kept[0].name
    left.unlink()  # somebody cleaned up: it is fetched again
    assert tally(refresh(pages(one, two)))[4] == 0
    assert left.is_file()


FAULTS: dict[str, tuple[sites.Route, str]] = {
    "/hang.html": (sites.hang, "timeout"),
    "/hang-within.html": (sites.hang_within, "timeout"),
    "/500.html": (sites.status(500), "http-500"),
    "/503.html": (sites.status(503, retry_after="86400"), "http-503"),
    "/404.html": (sites.status(404), "http-404"),
    "/410.html": (sites.status(410), "http-410"),
    "/home.html": (sites.redirect("/index.html"), "http-404"),
    "/403.html": (sites.status(403), "http-403"),
    "/huge.html": (sites.huge(length=True), "too-large"),
    "/endless.html": (sites.huge(length=False), "too-large"),
    "/bomb.html": (sites.bomb, "too-large"),
    "/drip.html": (sites.drip, "timeout"),
    "/drip-headers.html": (sites.drip_headers, "timeout"),
    "/loop.html": (sites.redirect("/loop.html"), "redirects"),
    "/file.html": (sites.redirect("file:///etc/passwd"), "bad-redirect"),
    "/ftp.html": (sites.redirect("ftp://127.0.0.2/x"), "bad-redirect"),
    "/metadata.html": (sites.redirect("http://169.254.169.254/latest/"), "inner-address"),
    "/v6.html": (sites.redirect("http://[::1]/x"), "inner-address"),
    "/mapped.html": (sites.redirect("http://[::ffff:127.0.0.1]/x"), "inner-address"),
    "/ten.html": (sites.redirect("http://10.1.2.3/x"), "inner-address"),
    "/number.html": (sites.redirect("http://2130706433/x"), "inner-address"),
    "/empty.html": (sites.body(b"", content_type="text/html"), "empty-body"),
    "/cut.html": (sites.truncated, "truncated"),
    "/cut-gzip.html": (sites.truncated_gzip, "truncated"),
    "/no-gzip.html": (
        sites.body(b"no gzip at all", content_type="text/html", content_encoding="gzip"),
        "bad-encoding",
    ),
    "/brotli.html": (sites.body(b"x", content_encoding="br"), "unsupported-encoding"),
    "/garbage.html": (sites.garbage, "bad-answer"),
    "/binary.html": (sites.body(bytes(range(256)) * 40, content_type="text/html"), "binary"),
}


@dataclass(frozen=True)
class Night:
    """A run and what was in the library after it."""

    report: Report
    items: dict[str, Item]
    texts: dict[str, str]
    kept: int


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Night]:
    """Three runs over one site: all its pages good, every second one faulty, all good again."""
    tmp_path = tmp_path_factory.mktemp("nights")
    found = []
    with sites.serve() as site:
        site.page("/index.html", "首页", TEXT)
        addresses = []
        for path in FAULTS:
            addresses += [site.url + path, site.url + "/good" + path]
        for night in ("头一夜", "第二夜", "第三夜"):
            for number, (path, (route, _)) in enumerate(FAULTS.items()):
                site.page(path, f"第{number}号通知", TEXT, night)
                site.page("/good" + path, f"又第{number}号通知", TEXT, night)
                if night == "第二夜":
                    site.routes[path] = route
            report = start(tmp_path, pages(*addresses))
            with Library.open(tmp_path / "data") as library:
                items = {"/" + k.split("/", 3)[3]: i for k, i in library.items("源0").items()}
                documents = library.documents_by_ids(e.id for e in library.entries())
            texts = {
                path: documents[item.document_id].passages[-1].text.splitlines()[-1]
                for path, item in items.items()
                if item.document_id in documents
            }
            bodies = [p for p in (tmp_path / "data" / "raw").rglob("*") if p.is_file()]
            found.append(Night(report, items, texts, sum(p.stat().st_size for p in bodies)))
            retry_now(tmp_path)
    return found


GONE = ("/404.html", "/410.html", "/home.html")


@pytest.mark.parametrize("path", FAULTS)
def test_a_fault_is_noted_and_what_was_read_stays(nights: list[Night], path: str) -> None:
    first, second, third = nights
    assert first.texts[path] == "头一夜"
    item = second.items[path]
    if path in GONE:
        assert item.state is ItemState.GONE
        assert path not in second.texts
    else:
        assert (item.state, item.reason, item.failures) == (ItemState.FAILED, FAULTS[path][1], 1)
        assert item.message.endswith("再试。") or item.reason == "binary"
        assert second.texts[path] == "头一夜"
    assert third.items[path].state is ItemState.OK
    assert third.texts[path] == "第三夜"


def test_the_rest_is_read_whatever_some_do(nights: list[Night]) -> None:
    first, second, third = nights
    assert tally(first.report) == (2 * len(FAULTS), 0, 0, 0, 0)
    for night, text in zip(nights, ("头一夜", "第二夜", "第三夜"), strict=True):
        assert all(night.texts["/good" + path] == text for path in FAULTS)
    faulty = len(FAULTS) - len(GONE)
    assert tally(second.report) == (0, len(FAULTS), 0, len(GONE), faulty)
    assert (second.report.exit_code, third.report.exit_code) == (1, 0)
    assert reasons(second.report) == {p: r for p, (_, r) in FAULTS.items() if p not in GONE}
    assert tally(third.report) == (len(GONE), 2 * len(FAULTS) - len(GONE), 0, 0, 0)
    # Nothing of 2 GB, nor what unpacks to it, was kept.
    assert max(night.kept for night in nights) < 200_000


def test_another_name_of_this_machine_is_refused(site: Site, refresh: Refresh) -> None:
    good = site.page("/good.html", "好的通知", TEXT)
    site.routes["/name.html"] = sites.redirect("http://localhost:1/x")
    report = refresh(pages(site.url + "/name.html", good))
    assert reasons(report) == {"/name.html": "inner-address"}
    assert report.documents.added == 1


def test_an_inner_site_is_refused_unless_the_source_says_so(site: Site, refresh: Refresh) -> None:
    good = site.page("/good.html", "好的通知", TEXT)
    for allow in ("", "allow_private = false", 'allow_private = "10.0.0.0/8"'):
        report = refresh(pages(good), allow=allow)
        assert "内部地址" in report.failures[0].message
        assert not site.requests
    assert tally(refresh(pages(good), allow="allow_private = true"))[0] == 1


def test_a_calendar_without_end_stops_and_is_said_so(
    site: Site, refresh: Refresh, tmp_path: Path
) -> None:
    def calendar(h: sites.Handler) -> None:
        day = int(h.path.partition("d=")[2] or 0)
        site.page(f"/t{day}.html", f"第{day}日的通知", TEXT)
        links = f'<li><a href="/t{day}.html">通知</a></li><a href="?d={day + 1}">后一天</a>'
        sites.html(f"<html><body>{links}</body></html>")(h)

    site.routes["/cal"] = calendar
    entry = f"type = 'list'\nurl = '{site.url}/cal'\narticle = '/t'\nnext = '后一天'\nmax_pages = 5"
    report = refresh(entry)
    assert (tally(report), report.exit_code) == ((5, 0, 0, 0, 0), 0)
    assert "max_pages" in report.warnings[0]
    # The day it breaks, what was read stays, and is searched.
    for route in (sites.hang, sites.status(500), sites.body(b"<html>"), sites.bomb):
        site.routes["/cal"] = route
        broken = refresh(entry)
        assert (tally(broken), broken.exit_code) == ((0, 0, 5, 0, 1), 1)
        assert broken.total_documents == 5
        assert "清单无法读取" in broken.failures[0].message


def test_a_site_that_is_down_takes_nothing_with_it(
    site: Site, refresh: Refresh, tmp_path: Path
) -> None:
    with sites.serve() as other:
        entries = [
            pages(*(served.page(f"/{n}.html", f"{name}第{n}号通知", TEXT) for n in range(3)))
            for name, served in (("甲站", other), ("乙站", site))
        ]
        assert tally(refresh(*entries)) == (6, 0, 0, 0, 0)
    site.page("/0.html", "乙站第0号通知", TEXT, "改过了。")
    report = refresh(*entries)
    assert tally(report) == (0, 1, 5, 0, 1)
    assert len(titles(tmp_path)) == 6
    with sites.serve() as other:  # on another port: the old one stays down
        assert tally(refresh(*entries)) == (0, 0, 6, 0, 1)


def test_a_full_disk_is_said_and_nothing_is_lost(
    site: Site, refresh: Refresh, tmp_path: Path
) -> None:
    one = site.page("/a.html", "甲通知", TEXT)
    refresh(pages(one))
    site.page("/a.html", "甲通知", TEXT, "改过了。")
    # What a full disk does to a write, a folder that can't be written does as well.
    raw = tmp_path / "data" / "raw"
    kept = tmp_path / "data" / "kept"
    raw.rename(kept)
    raw.write_bytes(b"")
    report = refresh(pages(one))
    assert [f.reason for f in report.failures] == ["disk"]
    assert titles(tmp_path) == ["甲通知"]
    raw.unlink()
    kept.rename(raw)
    retry_now(tmp_path)
    assert tally(refresh(pages(one))) == (0, 1, 0, 0, 0)


@pytest.mark.parametrize("fatal", ["/robots.txt", "/3.html"])
def test_a_killed_run_loses_one_request_at_most(
    site: Site, refresh: Refresh, tmp_path: Path, fatal: str
) -> None:
    urls = [site.page(f"/{n}.html", f"第{n}号通知", TEXT) for n in range(6)]
    entry = pages(*urls) + "\nrecheck = 7"
    toml = tmp_path / "kb.toml"
    toml.write_text(f"[[source]]\nname = '源0'\n{entry}\n{QUICK}{ALLOW}\n", "utf-8")
    running: list[subprocess.Popen[bytes]] = []
    good = site.routes.get(fatal, sites.status(404))

    def kill(h: sites.Handler) -> None:
        h.send_response(200)
        h.send_header("content-length", "1000")
        h.end_headers()
        h.wfile.write(b"<p>half")
        h.wfile.flush()
        time.sleep(0.05)
        running[0].kill()

    site.routes[fatal] = kill
    command = [sys.executable, "-c", "from kb.cli import main; main()", "refresh"]
    command += ["--config", str(toml), "--data-dir", str(tmp_path / "data"), "--json"]
    running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert running[0].wait(60) == -signal.SIGKILL
    asked = [r.path for r in site.requests if r.path != "/robots.txt"]
    site.routes[fatal] = good
    before = len(site.requests)
    assert tally(refresh(entry)) == (6, 0, 0, 0, 0)
    again = {r.path for r in site.requests[before:]}
    assert not again & (set(asked) - {fatal})
    kept = [p for p in (tmp_path / "data" / "raw").rglob("*") if p.is_file()]
    assert len(kept) == 6


def test_a_classified_page_leaves_nothing_in_raw(
    site: Site, refresh: Refresh, tmp_path: Path
) -> None:
    site.page("/a.html", "甲通知", TEXT)
    secret = sites.article("关于矫正的通知", "机密★3年", TEXT + "机密内容。")
    site.routes["/b.html"] = sites.html(secret)
    entry = pages(f"{site.url}/a.html", f"{site.url}/b.html")
    assert reasons(refresh(entry)) == {"/b.html": "classified"}
    kept = [f.read_bytes() for f in (tmp_path / "data" / "raw").rglob("*") if f.is_file()]
    assert not any("机密".encode() in body for body in kept)
    assert len(kept) == 1
    assert reasons(refresh(entry)) == {"/b.html": "classified"}
    assert titles(tmp_path) == ["甲通知"]
