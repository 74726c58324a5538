"""What holds for every page: structure, addresses, escaping, headers, bad input."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from kb.documents import Audience

OWN = re.compile(r"^(?:/(?!/)|#|\?|tel:\d+$)")


def test_every_page_is_whole(client, parse, pages):
    for page in pages:
        response = client.get(page)
        soup = parse(response)
        assert response.headers["content-type"] == "text/html; charset=utf-8", page
        assert soup.html["lang"] == "zh-CN", page
        assert soup.title.text.strip().endswith("普法知识库"), page
        assert len(soup.find_all("h1")) == 1, page
        for landmark in ("header", "main", "footer", "nav"):
            assert soup.body.find(landmark), (page, landmark)
        assert soup.select_one("a.skip")["href"] == "#main", page
        assert soup.select_one("main#main"), page
        assert soup.find("meta", attrs={"name": "viewport"}), page
        assert soup.find("form", role="search"), page


def test_no_address_outside(client, parse, pages):
    for page in pages:
        soup = parse(client.get(page))
        for element in soup.find_all(True):
            for attribute in ("href", "src", "action", "srcset", "poster", "data"):
                if element.has_attr(attribute):
                    assert OWN.match(element[attribute]), (page, str(element)[:120])


def test_stylesheet_and_script_stay_here():
    folder = Path(__file__).parents[2] / "web" / "static"
    sheet = (folder / "site.css").read_text("utf-8")
    assert len(sheet.encode()) <= 28_672
    scripts = [folder / "site.js", folder / "reader.js"]
    assert sum(len(file.read_bytes()) for file in scripts) <= 12_288
    assert "url(" not in sheet
    assert "@import" not in sheet
    for file in (folder / "site.css", *scripts):
        assert "//" not in file.read_text("utf-8").replace("// ", ""), file.name


def test_names_of_controls(client, parse, pages):
    for page in pages:
        soup = parse(client.get(page))
        ids = [e["id"] for e in soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), page
        for field in soup.find_all(["input", "select", "textarea"]):
            if field.get("type") != "hidden":
                assert soup.find("label", attrs={"for": field["id"]}), (page, str(field))
        for control in soup.find_all(["a", "button"]):
            assert control.get_text(strip=True) or control.get("aria-label"), (page, str(control))
        for nav in soup.find_all("nav"):
            assert nav.get("aria-label") or nav.get("aria-labelledby"), page
        # Nothing that the policy of the header would block.
        assert not soup.find_all(style=True), page
        assert not soup.find_all("style"), page
        for script in soup.find_all("script"):
            assert script.get("src") or script["type"] == "application/ld+json", page


def test_every_link_leads_somewhere(client, parse, pages):
    seen: set[str] = set()
    for page in pages:
        for link in parse(client.get(page)).find_all("a", href=True):
            target = link["href"].partition("#")[0]
            if target.startswith("/") and target not in seen:
                seen.add(target)
                assert client.get(target).status_code in (200, 303), (page, target)
    assert len(seen) > 60


def test_fragments_lead_somewhere(client, parse, pages):
    for page in pages:
        soup = parse(client.get(page))
        for link in soup.find_all("a", href=re.compile("^#.")):
            assert soup.find(id=link["href"][1:]), (page, link["href"])


def test_texts_of_documents_are_escaped(client, staff, parse):
    for browser in (client, staff):
        for page in (
            "/search?q=宣传月",
            "/search?q=" + quote("<script>alert(1)</script>"),
            "/search?kind=" + quote('"><script>alert(1)</script>'),
            "/law/" + quote("<script>alert(1)<"),
            "/law/示范民法/" + quote("<script>alert(1)<"),
            "/",
        ):
            text = browser.get(page).text
            assert "<script>alert" not in text, page
            assert "<img" not in text, page
            assert "49" not in re.findall(r"\b49\b", text), page
    url = parse(client.get("/search?q=宣传月")).select_one(".hit h2 a")["href"]
    response = client.get(url)
    soup = parse(response)
    assert soup.h1.text == '关于开展<script>alert("x")</script>宣传月的通知'
    assert "{{ 7*7 }}" in soup.main.text
    assert '<b>"一"</b>' in soup.main.text
    assert {s.get("src", "").partition("?")[0] for s in soup.find_all("script")} <= {
        *("/static/site.js", "/static/reader.js")
    }
    assert soup.find(onerror=True) is None


@pytest.mark.parametrize("path", ["/", "/search?q=a", "/nope", "/api/v1/x", "/static/site.css"])
def test_headers(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_pages_are_compressed_and_static_files_kept(client, parse):
    home = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert home.headers["content-encoding"] == "gzip"
    sheet = parse(home).find("link", rel="stylesheet")["href"]
    assert re.fullmatch(r"/static/site\.css\?v=[0-9a-f]{12}", sheet)
    assert "immutable" in client.get(sheet).headers["cache-control"]
    assert client.get("/static/site.css?v=0").headers["cache-control"] == "no-cache"


def test_unchanged_pages_are_not_sent_again(client, staff):
    first = client.get("/law/示范民法")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"
    again = client.get("/law/示范民法", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    for_staff = staff.get("/law/示范民法", headers={"If-None-Match": tag})
    assert for_staff.status_code == 200
    assert for_staff.headers["cache-control"] == "private, no-store"
    assert "etag" not in for_staff.headers
    assert "etag" not in client.get("/nope").headers


ODD = [
    "%00",
    "%FF%FE",
    "%ED%A0%80",
    "..%2f..%2fetc%2fpasswd",
    "a" * 10_000,
    "%E6%B3%95" * 700,
    quote("(" * 1_000),
    quote('"' * 99),
    quote("NOT OR foo AND ("),
    quote("\u202e\u200b\ufeff"),
    "-",
    "",
    quote("第九百九十九万条"),
    quote("第" + "一" * 500 + "条"),
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_input_is_answered(client, odd):
    for page in (
        f"/search?q={odd}",
        f"/search?q=法&kind={odd}&topic={odd}&year={odd}",
        f"/search?q=法&from={odd}&to={odd}&page={odd}&sort={odd}&size={odd}&drop={odd}",
        f"/law/示范民法?version={odd}",
        f"/law/示范民法?article={odd}",
        f"/law/示范民法?part={odd}&at={odd}&q={odd}",
        f"/law/示范民法/8?version={odd}&q={odd}",
        f"/law/示范民法/{odd}",
        f"/law/{odd}",
        f"/doc/{odd}",
        f"/topic/{odd}",
        f"/guides/{odd}",
        f"/static/{odd}",
        f"/login?next={odd}",
        f"/api/v1/search?q={odd}",
        f"/api/v1/search?from={odd}&kind={odd}&page={odd}",
        f"/api/v1/documents/{odd}",
        f"/api/v1/suggest?q={odd}",
        f"/suggest?q={odd}",
        f"/feed?q={odd}&year={odd}",
        f"/topic/{odd}/feed",
        f"/search.csv?q={odd}&from={odd}",
        f"/search/passages?q={odd}&doc={odd}",
        f"/doc/{odd}/text.docx",
        f"/sitemap-{odd}.xml",
        f"/{odd}",
    ):
        assert client.get(page).status_code < 500, page[:80]


@pytest.mark.parametrize("page", ["-1", "0", "1e9", "999999999999", "x"])
def test_page_numbers_are_clamped(client, parse, page):
    response = client.get(f"/search?q=城市照明&page={page}&size=1000000000")
    assert response.status_code == 200
    assert parse(response).select(".hit, .notice")


def test_what_cannot_be_used_is_said(client, parse):
    soup = parse(client.get("/search?q=押金&from=2024-13-99"))
    assert "2024-13-99" in soup.select_one(".notice").text
    long = parse(client.get("/search?q=" + "押金" * 400))
    assert any("500" in n.text for n in long.select(".notice"))
    assert len(long.find(id="q")["value"]) == 500


def test_malformed_requests_are_refused(client):
    assert client.get("/", headers={"Host": "evil host/<>"}).status_code == 400
    assert client.get("/search?q=" + "a" * 40_000).status_code == 414
    assert client.post("/search").status_code == 405
    assert client.get("http://testserver//example.com/").status_code == 404


def test_log_has_no_queries(client, caplog):
    caplog.set_level("INFO", "web")
    client.get("/search?q=秘密问题&topic=婚姻")
    client.get("/a%0Ab")
    lines = [r.getMessage() for r in caplog.records if r.name == "web.access"]
    assert lines[0].startswith("GET /search 200 ")
    assert not any("秘密" in line or "%E7%A7%98" in line or "\n" in line for line in lines)


def test_failures_get_a_page_and_no_details(client, parse, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("".join(("sec", "ret")))

    monkeypatch.setattr(client.app.state.site.knowledge.__class__, "newest", fail)
    response = client.get("/?q=private")
    assert response.status_code == 500
    assert parse(response).h1.text == "暂时出错了"
    assert "secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    logged = "".join(r.getMessage() for r in caplog.records if r.name == "web.errors")
    assert "RuntimeError" in logged
    assert "secret" not in logged
    assert "private" not in logged


def test_health_and_robots(client, staff, knowledge):
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["generation"] == knowledge.edition(Audience.PUBLIC).stamp
    seen = staff.get("/healthz").json()
    assert seen["generation"] == knowledge.edition(Audience.STAFF).stamp != health["generation"]
    assert seen["documents"] == health["documents"] + 1 == len(knowledge.documents(Audience.STAFF))
    assert "Disallow: /search" in client.get("/robots.txt").text
    assert staff.get("/robots.txt").text.endswith("Disallow: /\n")
    assert client.head("/healthz").status_code == 200
