"""What a source on the web is found to hold: listings, politeness, retries, files linked."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from indexer.fetch import look
from indexer.read import read_units
from indexer.sources.scan import Scan, Unit
from kb.library import Fetch, Library
from kb.progress import Quiet
from kb.settings import load_sources
from kb.sourceconfig import SourceConfig
from tests.support import site as sites
from tests.support.site import ALLOW, Site, article, html

Look = Callable[..., Scan]
NOW = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIST = "type = 'list'\nurl = '{url}/list/'\narticle = '/t\\d+\\.html$'\n"


@pytest.fixture
def site() -> Iterator[Site]:
    with sites.serve() as served:
        yield served


@pytest.fixture
def see(site: Site, tmp_path: Path) -> Look:
    """Looks at a source given by the keys of its entry; {url} stands for the site's address."""

    def go(entry: str, now: datetime = NOW, quick: str = "delay = 0\ntimeout = 0.6\n") -> Scan:
        toml = tmp_path / "kb.toml"
        text = entry.replace("{url}", site.url)
        toml.write_text(f"[[source]]\nname = '源'\n{text}\n{quick}{ALLOW}\n", "utf-8")
        (config,) = load_sources(toml)
        with Library.open(tmp_path / "data") as library:
            row = library.put_source(config.name, config.type, config.root, "")
            seen = look(config, library, tmp_path / "data", Quiet(), 1, now)
            for file in seen.files:
                library.record_item(row, file.path, size=1, mtime_ns=1, sha256="")
        return seen

    return go


def states(tmp_path: Path) -> dict[str, Fetch]:
    with Library.open(tmp_path / "data") as library:
        return library.fetches("源")


def paths(seen: Scan) -> list[str]:
    return ["/" + f.path.split("/", 3)[3] for f in seen.files]


def faults(seen: Scan) -> dict[str, str]:
    return {"/" + f.path.split("/", 3)[3]: f.reason for f in seen.faults}


def listing(*rows: str, more: str = "") -> sites.Route:
    items = "".join(f"<li>{row}</li>" for row in rows)
    return html(f'<html><body><ul class="list">{items}</ul>{more}</body></html>')


def row(name: str, day: str = "") -> str:
    return f'<a href="{name}">关于{name}的通知</a><span>{day}</span>'


def articles(site: Site, *names: str) -> None:
    for name in names:
        site.page(name, f"关于{name}的通知", "正文。")


# Lists


def test_links_of_a_list_by_pattern(site: Site, see: Look) -> None:
    articles(site, "/list/t1.html", "/t2.html", "/about.html")
    site.routes["/list/"] = listing(row("t1.html"), row("../t2.html"), row("/about.html"))
    assert paths(see(LIST)) == ["/list/t1.html", "/t2.html"]
    by_css = "type = 'list'\nurl = '{url}/list/'\narticle_css = 'ul.list li:nth-child(2) a'\n"
    assert paths(see(by_css)) == ["/t2.html", "/list/t1.html"]  # the one known before is kept


def test_the_same_page_under_several_addresses_is_one(site: Site, see: Look) -> None:
    articles(site, "/t1.html", "/t2/", "/t3.html?id=5")
    there = site.url.partition("//")[2]
    site.routes["/list/"] = listing(
        row("/t1.html"),
        row("/t1.html#top"),
        row("/t1.html?utm_source=wx&from=singlemessage"),
        row(f"https://{there}/t1.html"),
        row("/x/../t1.html"),
        row("/t1.html;jsessionid=A1B2"),
        row("/t2/"),
        row("/t2"),
        row("/t3.html?id=5&spm=1.2"),
        row("javascript:void(0)"),
        row("mailto:a@b.cn"),
    )
    entry = LIST.replace("/t\\d+\\.html$", "/t\\d")
    assert paths(see(entry)) == ["/t1.html", "/t2/", "/t3.html?id=5"]


def test_further_pages_by_words_and_by_number(site: Site, see: Look) -> None:
    articles(site, *(f"/t{n}.html" for n in range(6)))
    after = '<a href="{}">下一页</a>'
    site.routes["/list/"] = listing(row("/t0.html"), row("/t1.html"), more=after.format("p2.html"))
    site.routes["/list/p2.html"] = listing(row("/t2.html"), more=after.format("p3.html"))
    site.routes["/list/p3.html"] = listing(row("/t3.html"))
    assert len(paths(see(LIST))) == 2
    assert paths(see(LIST + "next = '下一页'"))[:4] == [f"/t{n}.html" for n in range(4)]
    site.routes["/list/index_1.html"] = listing(row("/t4.html"))
    site.routes["/list/index_2.html"] = listing(row("/t5.html"))
    seen = see(LIST + "numbered = 'index_{n}.html'")
    assert paths(seen)[:4] == ["/t0.html", "/t1.html", "/t4.html", "/t5.html"]
    assert not seen.faults
    assert not seen.warnings
    assert len(site.asked("/list/index_3.html")) == 1


def test_endless_next_pages_are_cut_and_said_so(site: Site, see: Look) -> None:
    def endless(h: sites.Handler) -> None:
        number = int(h.path.partition("p=")[2] or 0)
        articles(site, f"/t{number}.html")
        listing(row(f"/t{number}.html"), more=f'<a href="?p={number + 1}">下一页</a>')(h)

    site.routes["/list/"] = endless
    seen = see(LIST + "next = '下一页'\nmax_pages = 7")
    assert len(seen.files) == 7
    assert len(site.asked("/list/")) == 7
    assert "max_pages" in seen.warnings[0]

    # Pages that only repeat themselves end by themselves.
    def repeating(h: sites.Handler) -> None:
        listing(row("/t0.html"), more=f'<a href="?p={len(site.requests)}">下一页</a>')(h)

    site.routes["/list/"] = repeating
    before = len(site.asked("/list/"))
    assert not see(LIST + "next = '下一页'").warnings
    assert len(site.asked("/list/")) - before == 2


def test_an_endless_calendar_is_cut_and_said_so(site: Site, see: Look) -> None:
    def calendar(h: sites.Handler) -> None:
        day = int(h.path.partition("d=")[2] or 0)
        articles(site, *(f"/t{n}.html" for n in range(day, day + 30)))
        rows = [row(f"/t{n}.html") for n in range(day, day + 30)]
        listing(*rows, more=f'<a href="?d={day + 30}">下月</a>')(h)

    site.routes["/list/"] = calendar
    seen = see(LIST + "next = '下月'\nmax_items = 50\nmax_pages = 10000")
    assert len(seen.files) == 50
    assert len(site.asked("/list/")) == 2
    assert "max_items" in seen.warnings[0]


def test_what_is_left_out_takes_no_room(site: Site, see: Look) -> None:
    articles(site, "/t5.html", "/t6.html")
    after = '<a href="p2.html">下一页</a>'
    site.routes["/list/"] = listing(*(row(f"/en/t{n}.html") for n in range(5)), more=after)
    site.routes["/list/p2.html"] = listing(row("/t5.html"), row("/t6.html"))
    seen = see(LIST + "next = '下一页'\nmax_items = 3\nexclude = '*/en/*'")
    assert (paths(seen), seen.warnings) == (["/t5.html", "/t6.html"], ())


def test_the_window_of_dates(site: Site, see: Look) -> None:
    old = "/2024/01/t3.html"
    articles(site, "/t1.html", "/t2.html", old, "/t4.html")
    site.routes["/list/"] = listing(
        row("/t1.html", "2026-05-19"), row("/t2.html", "2026年3月1日"), row(old), row("/t4.html")
    )
    assert paths(see(LIST + "days = 30")) == ["/t1.html", "/t4.html"]
    assert paths(see(LIST + "since = 2026-01-01"))[:3] == ["/t1.html", "/t2.html", "/t4.html"]
    assert not site.asked(old)


def test_what_scrolls_off_a_list_is_not_gone(site: Site, see: Look, tmp_path: Path) -> None:
    articles(site, "/t1.html", "/t2.html")
    site.routes["/list/"] = listing(row("/t1.html"), row("/t2.html"))
    see(LIST)
    site.routes["/list/"] = listing(row("/t2.html"))
    assert sorted(paths(see(LIST, NOW + DAY))) == ["/t1.html", "/t2.html"]
    assert len(site.asked("/t1.html")) == 1  # and it isn't asked for every night
    see(LIST, NOW + 30 * DAY)
    assert len(site.asked("/t1.html")) == 2
    site.routes["/t1.html"] = sites.status(404)
    seen = see(LIST, NOW + 61 * DAY)
    assert (paths(seen), seen.faults, seen.unseen) == (["/t2.html"], (), ())


def test_what_the_settings_no_longer_mean_goes(site: Site, see: Look) -> None:
    articles(site, "/t1.html", "/t2.html", "/t30.html")
    site.routes["/list/"] = listing(row("/t1.html"), row("/t2.html"), row("/t30.html"))
    assert len(see(LIST).files) == 3
    site.routes["/list/"] = listing(row("/t1.html"))
    assert paths(see(LIST + "exclude = '*t2*'", NOW + DAY)) == ["/t1.html", "/t30.html"]
    assert paths(see(LIST.replace("\\d+", "\\d"), NOW + DAY)) == ["/t1.html", "/t2.html"]


def test_a_list_without_articles_is_a_fault(site: Site, see: Look) -> None:
    """DIVERGENCES.md, 14"""
    site.routes["/list/"] = html("<html><body><script>render()</script></body></html>")
    assert faults(see(LIST)) == {"/list/": "no-links"}
    for route, reason in (
        (sites.body(b"\0\1\2" * 99, content_type="text/html"), "bad-page"),
        (sites.status(500), "http-500"),
        (sites.hang, "timeout"),
    ):
        site.routes["/list/"] = route
        assert faults(see(LIST)) == {"/list/": reason}


# Sitemaps and feeds


def urlset(*entries: tuple[str, str]) -> bytes:
    urls = "".join(
        f"<url><loc>{place}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>"
        for place, day in entries
    )
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><urlset xmlns="{space}">{urls}</urlset>'.encode()


MAP = "type = 'sitemap'\nurl = '{url}/sitemap.xml'\n"


def test_a_sitemap_and_its_dates(site: Site, see: Look) -> None:
    articles(site, "/a.html", "/b.html", "/c.html")
    one, two, three = (site.url + p for p in ("/a.html", "/b.html", "/c.html"))
    site.routes["/sitemap.xml"] = sites.body(urlset((one, "2026-05-01"), (two, ""), (three, "")))
    assert paths(see(MAP)) == ["/a.html", "/b.html", "/c.html"]
    site.routes["/sitemap.xml"] = sites.body(urlset((one, "2026-05-01"), (two, "")))
    seen = see(MAP, NOW + DAY)
    assert paths(seen) == ["/a.html", "/b.html"]  # the third is gone: a sitemap is complete
    assert not seen.unseen
    assert [len(site.asked(p)) for p in ("/a.html", "/b.html")] == [1, 2]
    site.routes["/sitemap.xml"] = sites.body(urlset((one, "2026-05-21T09:00:00+08:00"), (two, "")))
    see(MAP, NOW + 2 * DAY)
    assert len(site.asked("/a.html")) == 2


def test_a_sitemap_speaks_for_its_own_site(site: Site, see: Look) -> None:
    articles(site, "/a.html")
    elsewhere = "http://localhost/b.html"
    site.routes["/sitemap.xml"] = sites.body(urlset((elsewhere, ""), (site.url + "/a.html", "")))
    seen = see(MAP)
    assert (paths(seen), seen.faults) == (["/a.html"], ())
    seen = see(MAP + "include = ['http://*']")
    assert "内部地址" in seen.faults[0].message


def test_a_sitemap_of_sitemaps_packed(site: Site, see: Look) -> None:
    articles(site, "/a.html", "/b.html")
    site.routes["/sitemap.xml"] = sites.body(
        f"<sitemapindex><sitemap><loc>{site.url}/1.xml.gz</loc></sitemap>"
        f"<sitemap><loc>{site.url}/sitemap.xml</loc></sitemap>"
        f"<sitemap><loc>{site.url}/2.xml</loc></sitemap></sitemapindex>".encode()
    )
    packed = gzip.compress(urlset((site.url + "/a.html", "")))
    site.routes["/1.xml.gz"] = sites.body(packed, content_type="application/gzip")
    site.routes["/2.xml"] = sites.body(urlset((site.url + "/b.html", "")))
    assert paths(see(MAP)) == ["/a.html", "/b.html"]
    cut = see(MAP + "max_pages = 2")
    assert "max_pages" in cut.warnings[0]
    assert paths(cut) == ["/a.html", "/b.html"]  # the second is known, and not gone


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE u [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">
<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&b;&x;</loc></url></urlset>"""


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (sites.body(b"<urlset><url><loc>http://"), "bad-xml"),
        (sites.body(ENTITIES), "bad-xml"),
        (sites.html("<html><body>not a map</body></html>"), "bad-xml"),
        (sites.body(b""), "bad-xml"),
        (sites.body(b"\x1f\x8b\x08 broken"), "bad-encoding"),
        (sites.body(gzip.compress(b"<urlset>" + b" " * 60_000_000)), "too-large"),
        (sites.status(503), "http-503"),
        (sites.truncated, "truncated"),
    ],
)
def test_a_broken_sitemap_loses_nothing(
    site: Site, see: Look, route: sites.Route, reason: str
) -> None:
    articles(site, "/a.html", "/b.html")
    site.routes["/sitemap.xml"] = sites.body(
        urlset((site.url + "/a.html", ""), (site.url + "/b.html", ""))
    )
    see(MAP)
    site.routes["/sitemap.xml"] = route
    seen = see(MAP, NOW + DAY)
    assert faults(seen) == {"/sitemap.xml": reason}
    assert sorted(paths(seen)) == ["/a.html", "/b.html"]


def test_a_sitemap_cut_short_gives_what_it_has(site: Site, see: Look) -> None:
    articles(site, "/a.html", "/b.html", "/c.html")
    whole = urlset(*((f"{site.url}/{n}.html", "") for n in "abc"))
    for end, left in ((-9, ["/a.html", "/b.html"]), (-30, ["/a.html", "/b.html"])):
        site.routes["/sitemap.xml"] = sites.body(whole[:end])
        seen = see(MAP)
        # The last one may be half an address.
        assert (paths(seen), faults(seen)) == (left, {"/sitemap.xml": "bad-xml"})


def test_feeds(site: Site, see: Look) -> None:
    articles(site, "/a.html", "/b.html", "/c.html", "/d.html")
    site.routes["/rss"] = sites.body(
        b"<rss><channel><link>/</link><item><title>x</title><link>/a.html</link>"
        b"<pubDate>Mon, 18 May 2026 08:00:00 +0800</pubDate></item>"
        b"<item><guid>" + site.url.encode() + b"/b.html</guid></item>"
        b"<item><link>/old.html</link><pubDate>Mon, 06 May 2024 08:00:00 GMT</pubDate></item>"
        b"</channel></rss>"
    )
    site.routes["/atom"] = sites.body(
        b'<feed xmlns="http://www.w3.org/2005/Atom"><link href="/"/><entry>'
        b'<link rel="self" href="/x"/><link href="c.html"/><updated>2026-05-18T08:00:00Z</updated>'
        b'</entry><entry><link rel="alternate" href="/d.html"/></entry></feed>'
    )
    entry = "type = 'feed'\nurl = ['{url}/rss', '{url}/atom', '{url}/none']\ndays = 90"
    seen = see(entry)
    assert paths(seen) == ["/a.html", "/b.html", "/c.html", "/d.html"]
    assert faults(seen) == {"/none": "http-404"}
    site.routes["/rss"] = site.routes["/atom"] = sites.body(b"<rss><channel/></rss>")
    seen = see(entry, NOW + DAY)
    assert len(seen.files) == 4


# Files linked in pages


def test_files_linked_in_the_text_are_fetched_with_the_page(
    site: Site, see: Look, tmp_path: Path
) -> None:
    links = '<p>附件：<a href="files/1.docx">方案</a><a href="2.pdf?id=1">名单</a></p>'
    away = '<a href="http://files.elsewhere.com/3.doc">别处</a><a href="x.exe">程序</a>'
    page = article("通知", "正文" * 30, more=links + away)
    outside = page.replace("</body>", '<a href="/menu.doc">办事指南</a></body>')
    site.routes["/t/a.html"] = sites.validated(outside, etag='"1"')
    site.routes["/t/files/1.docx"] = sites.body(b"PK one")
    site.routes["/t/2.pdf"] = sites.body(b"%PDF two")
    entry = "type = 'pages'\nurl = '{url}/t/a.html'"
    everything = ["/t/a.html", "/t/files/1.docx", "/t/2.pdf?id=1"]
    assert paths(see(entry)) == everything
    assert paths(see(entry, NOW + DAY)) == everything  # the page itself answers 304
    assert states(tmp_path)[site.url + "/t/2.pdf?id=1"].parent == site.url + "/t/a.html"
    assert paths(see(entry + "\nexclude = ['*.pdf*']", NOW + DAY)) == everything[:2]
    assert paths(see(entry + "\nattachments = false", NOW + DAY)) == everything[:1]
    assert not any(site.asked(p) for p in ("/menu.doc", "/t/x.exe"))
    # No longer linked, it goes, even where the page is in no complete listing.
    site.routes["/t/a.html"] = html(
        article("通知", "正文" * 30, more='<a href="2.pdf?id=1">名单</a>')
    )
    assert paths(see(entry, NOW + DAY)) == ["/t/a.html", "/t/2.pdf?id=1"]
    site.routes["/t/a.html"] = sites.status(410)
    assert paths(see(entry, NOW + DAY)) == []


def test_files_are_known_by_the_words_of_a_link_too(site: Site, see: Look) -> None:
    more = '<a href="/down.jsp?id=7">附件1：方案.docx</a><a href="/down.jsp?id=8">更多</a>'
    site.page("/a.html", "通知", "正文", more=more)
    site.routes["/down.jsp"] = sites.body(b"PK")
    assert paths(see("type = 'pages'\nurl = '{url}/a.html'")) == ["/a.html", "/down.jsp?id=7"]


def test_a_file_of_another_site_only_if_include_names_it(site: Site, see: Look) -> None:
    elsewhere = site.url.replace(
        sites.HOST, "localhost"
    )  # refused as an inner address: it was tried
    site.page("/a.html", "通知", "正文", more=f'<a href="{elsewhere}/1.doc">附件</a>')
    entry = "type = 'pages'\nurl = '{url}/a.html'"
    assert not see(entry).faults
    named = entry + "\ninclude = ['*/a.html', 'http://localhost:*.doc']"
    seen = see(named, NOW + DAY)
    assert "内部地址" in seen.faults[0].message
    assert paths(seen) == ["/a.html"]


# Encodings


@pytest.mark.parametrize(
    ("codec", "header"),
    [
        ("gb18030", "text/html"),
        ("gb18030", "text/html; charset=gbk"),
        ("gb18030", "text/html; charset=utf-8"),
        ("utf-8", "text/html; charset=gb2312"),
        ("utf-8", "text/html; charset=iso-8859-1"),
        ("big5", 'text/html; charset="Big5"'),
        ("utf-8", "no type at all"),
    ],
)
def test_pages_are_read_whatever_the_header_says(
    site: Site, see: Look, codec: str, header: str
) -> None:
    text = (
        "社區矯正工作堅持教育"
        if codec == "big5"
        else "社区矫正工作坚持教育与监督相结合，帮助回归社会"
    )
    page = article("关于开展工作的通知" if codec != "big5" else "關於工作的通知", text)
    page = page.replace("首页", "首頁") if codec == "big5" else page
    site.routes["/a.html"] = sites.body(page.encode(codec), content_type=header)
    (file,) = see("type = 'pages'\nurl = '{url}/a.html'").files
    (outcome,) = read_units([Unit(file.path, (file,))], SourceConfig("源", Path("/x"), "pages"), 1)
    assert outcome.document is not None
    assert text in outcome.document.passages[-1].text


def test_the_header_decides_where_a_page_is_too_short_to_tell(site: Site, see: Look) -> None:
    page = "<html><body><h1>Notice No. 5</h1><p>踞审</p></body></html>".encode("gb18030")
    for header, text in (("text/html", "擔机"), ("text/html; charset=gbk", "踞审")):
        site.routes["/a.html"] = sites.body(page, content_type=header)
        (file,) = see("type = 'pages'\nurl = '{url}/a.html'").files
        (outcome,) = read_units(
            [Unit(file.path, (file,))], SourceConfig("源", Path("/x"), "pages"), 1
        )
        assert outcome.document is not None
        assert outcome.document.passages[0].text == text


# Manners


def test_robots_are_heeded(site: Site, see: Look) -> None:
    articles(site, "/a.html", "/private/b.html")
    entry = "type = 'pages'\nurl = ['{url}/a.html', '{url}/private/b.html']"
    site.routes["/robots.txt"] = sites.body(b"User-agent: *\nDisallow: /private/\n")
    seen = see(entry)
    assert (paths(seen), faults(seen)) == (["/a.html"], {"/private/b.html": "robots"})
    assert len(site.asked("/robots.txt")) == 1
    assert not site.asked("/private/b.html")
    # Rules for a robot of our name go before those for all.
    site.routes["/robots.txt"] = sites.body(
        b"User-agent: *\nDisallow: /\n\nUser-agent: office-kb\nAllow: /\n"
    )
    seen = see(entry + "\nagent = 'office-kb/1.0 (+https://sfj.example.gov.cn/)'", NOW + DAY)
    assert paths(seen) == ["/a.html", "/private/b.html"]
    assert site.requests[-1].header("user-agent").startswith("office-kb/1.0")


@pytest.mark.parametrize(
    ("route", "free"),
    [
        (sites.status(404), True),
        (sites.status(403), True),
        (sites.body(bytes(range(256)) * 99), True),
        (sites.body(b"User agent: *\nNothing: /\nCrawl-delay: soon\n" + b"#" * 900_000), True),
        (sites.redirect("/robots.txt"), True),
        (sites.status(500), False),
        (sites.status(503), False),
        (sites.hang, False),
        (sites.body(b"User-agent: *\nDisallow: /", content_encoding="br"), False),
    ],
)
def test_robots_that_cannot_be_had(site: Site, see: Look, route: sites.Route, free: bool) -> None:
    articles(site, "/a.html")
    entry = "type = 'pages'\nurl = '{url}/a.html'"
    site.routes["/robots.txt"] = route
    seen = see(entry)
    assert bool(seen.files) is free
    if not free:
        # Nothing is asked for, nothing counts as failed or gone but the site itself.
        assert not site.asked("/a.html")
        assert [f.reason for f in seen.faults] == ["unreachable"]
        assert "robots.txt" in seen.faults[0].message
        assert seen.unseen == (site.url + "/a.html",)


def test_one_request_at_a_time_with_pauses_between(site: Site, see: Look) -> None:
    busy = threading.Lock()
    starts: list[float] = []
    together: list[str] = []

    def page(h: sites.Handler) -> None:
        starts.append(time.monotonic())
        if not busy.acquire(blocking=False):
            together.append(h.path)
            return
        time.sleep(0.02)
        html(article("通知", "正文"), set_cookie="id=1; Path=/")(h)
        busy.release()

    for n in range(4):
        site.routes[f"/{n}.html"] = page
    urls = ", ".join(f"'{{url}}/{n}.html'" for n in range(4))
    seen = see(f"type = 'pages'\nurl = [{urls}]", quick="delay = 0.15\n")
    assert len(seen.files) == 4
    assert not together
    assert min(b - a for a, b in pairwise(starts)) >= 0.15
    assert not any(r.header("cookie") for r in site.requests)
    assert site.requests[-1].header("user-agent").startswith("pufa-kb/")


def test_two_sources_on_one_host_share_its_patience(site: Site, see: Look) -> None:
    articles(site, "/a.html")
    entry = "type = 'pages'\nurl = '{url}/a.html'"
    see(entry)
    ended = time.monotonic()
    see(entry, NOW + DAY, quick="delay = 0.3\n")
    assert time.monotonic() - ended >= 0.5  # robots.txt and the page, each after a pause


def test_the_delay_a_site_asks_for(site: Site, see: Look) -> None:
    articles(site, "/a.html", "/b.html")
    site.routes["/robots.txt"] = sites.body(b"User-agent: *\nCrawl-delay: 0.3\n")
    started = time.monotonic()
    see("type = 'pages'\nurl = ['{url}/a.html', '{url}/b.html']")
    assert time.monotonic() - started >= 0.6


def test_a_silent_host_is_left_alone(site: Site, see: Look) -> None:
    names = [f"/{n}.html" for n in range(10)]
    articles(site, *names)
    entry = "type = 'pages'\nurl = [" + ", ".join(f"'{{url}}{n}'" for n in names) + "]"
    quick = "delay = 0\ntimeout = 0.3\n"
    see(entry, quick=quick)
    for name in names[1:]:
        site.routes[name] = sites.hang
    seen = see(entry, NOW + DAY, quick=quick)
    assert paths(seen) == ["/0.html", *names[5:]]  # what wasn't asked for is as it was
    assert [f.reason for f in seen.faults] == ["timeout"] * 4 + ["unreachable"]
    assert seen.unseen == ()
    assert not any(len(site.asked(name)) > 1 for name in names[5:])


def test_a_short_fault_is_tried_again_at_once(site: Site, see: Look) -> None:
    answers = [sites.status(503, retry_after="0"), sites.truncated, html(article("通知", "正文"))]

    def next_answer(h: sites.Handler) -> None:
        answers.pop(0)(h)

    site.routes["/a.html"] = next_answer
    seen = see("type = 'pages'\nurl = '{url}/a.html'")
    assert (paths(seen), seen.faults) == (["/a.html"], ())
    assert len(site.asked("/a.html")) == 3


def test_what_keeps_failing_is_tried_less_and_less(site: Site, see: Look, tmp_path: Path) -> None:
    site.routes["/a.html"] = sites.status(500)
    entry = "type = 'pages'\nurl = '{url}/a.html'"
    asked = []
    for day in (*range(5), 6, 7, 8, 14, 15, 16, 30, 31, 32, 60, 61, 62, 90, 91):
        before = len(site.asked("/a.html"))
        seen = see(entry, NOW + day * DAY)
        if len(site.asked("/a.html")) > before:
            asked.append(day)
            assert faults(seen) == {"/a.html": "http-500"}
        else:
            assert (seen.faults, seen.unseen) == ((), (site.url + "/a.html",))
    assert asked == [0, 1, 3, 7, 15, 31, 61, 91]
    state = states(tmp_path)[site.url + "/a.html"]
    assert (state.failures, state.reason) == (8, "http-500")


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_heeded(site: Site, see: Look, as_date: bool, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    later = format_datetime(now + 3 * DAY, usegmt=True) if as_date else str(3 * 86_400)
    site.routes["/a.html"] = sites.status(503, retry_after=later)
    entry = "type = 'pages'\nurl = '{url}/a.html'"
    see(entry, now)
    assert len(site.asked("/a.html")) == 1  # three days are not waited for in the run
    see(entry, now + 2 * DAY)
    assert len(site.asked("/a.html")) == 1
    see(entry, now + 3 * DAY + timedelta(minutes=1))
    assert len(site.asked("/a.html")) == 2


def test_recheck_saves_requests(site: Site, see: Look) -> None:
    articles(site, "/a.html")
    entry = "type = 'pages'\nurl = '{url}/a.html'\nrecheck = 7"
    for day in range(15):
        assert paths(see(entry, NOW + day * DAY)) == ["/a.html"]
    assert len(site.asked("/a.html")) == 3


def test_redirects_within_the_site_are_followed(site: Site, see: Look, tmp_path: Path) -> None:
    articles(site, "/new/a.html")
    site.routes["/a.html"] = sites.redirect("/b.html", 301)
    site.routes["/b.html"] = sites.redirect("new/a.html", 307)
    assert paths(see("type = 'pages'\nurl = '{url}/a.html'")) == ["/a.html"]
    assert states(tmp_path)[site.url + "/a.html"].final == site.url + "/new/a.html"


def test_what_is_gone_from_site_and_library_is_forgotten(
    site: Site, see: Look, tmp_path: Path
) -> None:
    articles(site, "/a.html", "/b.html")
    see("type = 'pages'\nurl = ['{url}/a.html', '{url}/b.html']")
    only = "type = 'pages'\nurl = '{url}/b.html'"
    assert paths(see(only)) == ["/b.html"]
    assert len(states(tmp_path)) == 2  # the ledger still has its document
    with Library.open(tmp_path / "data") as library:
        library.mark_gone(library.sources()["源"], [site.url + "/a.html"])
    see(only)
    assert list(states(tmp_path)) == [site.url + "/b.html"]
    assert replace(states(tmp_path)[site.url + "/b.html"], checked="").failures == 0
