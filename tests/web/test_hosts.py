"""By which names the site answers, and what addresses it writes."""

import re
from typing import Any

import pytest

from kb.settings import Settings
from web.hosts import Hosts

FOREIGN = "rebound.example.net"
DOORS = (
    *(
        "/",
        "/search?q=玄武",
        "/search.csv?q=玄武",
        "/feed",
        "/sitemap.xml",
        "/robots.txt",
        "/healthz",
    ),
    *(
        "/opensearch.xml",
        "/api/v1/search?q=玄武",
        "/suggest?q=示范",
        "/static/site.css",
        "/nothing",
    ),
)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8000", "10.1.2.3", "[fe80::1]:80", "kb", ""]
)
def test_an_intranet_needs_no_setting(host: Any) -> None:
    assert Hosts(Settings()).status(host) == 0


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (FOREIGN, 421),
        (f"{FOREIGN}:8000", 421),
        (f"{FOREIGN}.", 421),
        ("localhost.example.net", 421),
        ("127.0.0.1.example.net", 421),
        ("0x7f.1", 421),
        ("a b", 400),
        ("<kb>", 400),
        ("kb@evil", 400),
    ],
)
def test_names_that_an_outsider_may_own_are_refused(host: Any, status: Any) -> None:
    assert Hosts(Settings()).status(host) == status


def test_the_settings_say_which_names() -> None:
    hosts = Hosts(Settings(base_url="https://KB.example.cn:8443", allowed_hosts="*.intra 10.1.2.3"))
    for good in (
        "kb.example.cn",
        "kb.EXAMPLE.cn.:8443",
        "a.intra",
        "10.1.2.3:80",
        "localhost",
        "[::1]",
    ):
        assert hosts.status(good) == 0, good
    for bad in (FOREIGN, "10.1.2.4", "kb", "intra", "a.intra.example.net"):
        assert hosts.status(bad) == 421, bad
    assert Hosts(Settings(base_url="https://kb.example.cn")).status("10.1.2.3") == 0


@pytest.mark.parametrize("door", DOORS)
def test_a_foreign_name_reads_nothing_even_where_everybody_is_staff(staff: Any, door: Any) -> None:
    answer = staff.get(door, headers={"Host": FOREIGN})
    assert answer.status_code == 421
    assert FOREIGN not in answer.text
    assert "玄武" not in answer.text
    assert "etag" not in answer.headers


def test_a_refusal_says_the_way_out(client: Any, parse: Any) -> None:
    page = parse(client.get("/", headers={"Host": FOREIGN}))
    assert "allowed_hosts" in page.select_one("main").text
    problem = client.get("/api/v1/search", headers={"Host": FOREIGN}).json()["error"]
    assert problem["code"] == "misdirected"


def _absolute(text: str) -> set[str]:
    """Hosts of the addresses in a text that are not names of vocabularies."""
    found = set(re.findall(r"(https?://[^/\"'<>\s,]+)", text))
    return {f for f in found if not re.search(r"w3\.org|sitemaps\.org|a9\.com|schema\.org", f)}


def test_addresses_are_those_of_the_setting(browse: Any, knowledge: Any, pages: Any) -> None:
    site = browse(knowledge, base_url="https://kb.example.cn")
    law = next(p for p in pages if p.startswith("/search/passages")).split("doc=")[1].split("&")[0]
    for door in (*DOORS, *pages, "/feed?q=押金", "/search.csv?q=押金", f"/doc/{law}/text.txt"):
        assert _absolute(site.get(door).text) <= {"https://kb.example.cn"}, door
    assert "https://kb.example.cn/law/" in site.get("/search.csv?q=押金").text
    assert "https://kb.example.cn/sitemap.xml" in site.get("/robots.txt").text


def test_without_it_only_what_needs_whole_addresses_has_them(client: Any, pages: Any) -> None:
    for door in (*pages, "/feed", "/feed?q=押金"):
        assert not _absolute(client.get(door).text), door
    assert _absolute(client.get("/sitemap.xml").text) == {"http://testserver"}


def test_copies_for_one_host_are_not_taken_for_anothers(client: Any) -> None:
    tag = client.get("/sitemap.xml", headers={"Host": "kb"}).headers["etag"]
    for host, status in (("kb", 304), ("10.1.2.3", 200)):
        answer = client.get("/sitemap.xml", headers={"Host": host, "If-None-Match": tag})
        assert answer.status_code == status
        assert "host" in answer.headers["vary"].lower()
