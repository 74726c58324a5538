"""Sitemap, robots, OpenSearch and JSON-LD: parsed, complete, and nothing internal in them."""

import json
import re
from dataclasses import replace
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from kb import addresses
from kb.documents import Audience, Document, Kind, Passage, PassageKind
from web import linked, machines

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def _paths(content: bytes) -> list[str]:
    found = (urlsplit(e.text) for e in ET.fromstring(content).iter(f"{MAP}loc"))
    return [url.path + (f"?{url.query}" if url.query else "") for url in found]


def test_the_sitemap_has_every_public_document(client, knowledge):
    response = client.get("/sitemap.xml")
    paths = _paths(response.content)
    assert len(paths) == len(set(paths)) > 10
    for path in paths:
        assert client.get(path).status_code == 200, path
    for info in knowledge.documents(Audience.PUBLIC):
        assert addresses.document(info) in paths
    for info in knowledge.documents(Audience.STAFF):
        if info.audience is Audience.STAFF:
            assert info.id not in response.text
    assert not any("八五" in path or "%E5%85%AB%E4%BA%94" in path for path in paths)


def test_a_large_sitemap_is_an_index(client, monkeypatch):
    whole = _paths(client.get("/sitemap.xml").content)
    monkeypatch.setattr(machines, "MAX_ADDRESSES", 4)
    index = client.get("/sitemap.xml")
    assert ET.fromstring(index.content).tag == f"{MAP}sitemapindex"
    parts = [_paths(client.get(path).content) for path in _paths(index.content)]
    assert all(1 <= len(part) <= 4 for part in parts)
    assert [path for part in parts for path in part] == whole
    for wrong in ("0", "999", "x", "9" * 5_000, "-1"):
        assert client.get(f"/sitemap-{wrong}.xml").status_code == 404


def test_robots_names_the_sitemap(client, staff):
    text = client.get("/robots.txt").text
    address = re.search(r"^Sitemap: (\S+)$", text, re.MULTILINE)[1]
    assert client.get(urlsplit(address).path).status_code == 200
    assert "Sitemap" not in staff.get("/robots.txt").text


def test_the_site_can_be_a_browsers_search_engine(client, parse):
    link = parse(client.get("/")).find("link", rel="search")
    response = client.get(link["href"])
    assert response.headers["content-type"].startswith(link["type"])
    root = ET.fromstring(response.content)
    assert root.tag == f"{SEARCH}OpenSearchDescription"
    assert 0 < len(root.find(f"{SEARCH}ShortName").text) <= 16
    found = {u.get("type"): u.get("template") for u in root.iter(f"{SEARCH}Url")}
    assert set(found) == {"text/html", "application/x-suggestions+json", "application/atom+xml"}
    for kind, template in found.items():
        address = template.replace("{searchTerms}", "%E7%A4%BA%E8%8C%83")
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
    query, texts, kinds, urls = client.get("/suggest?q=示范").json()
    assert query == "示范"
    assert "示范民法" in texts
    assert len(texts) == len(kinds) == len(urls)
    assert client.get("/suggest").json() == ["", [], [], []]


def _data(soup) -> dict:
    (script,) = soup.find_all("script", type="application/ld+json")
    return json.loads(script.string)


def test_laws_and_guides_describe_themselves(client, parse, pages):
    law = _data(parse(client.get("/law/示范民法")))
    assert law["@type"] == "Legislation"
    assert law["legislationDate"] == "2021-05-01"
    assert law["legislationLegalForce"] == "InForce"
    old = _data(parse(client.get("/law/示范体育法?version=2010-03-01")))
    assert old["legislationLegalForce"] == "NotInForce"
    article = _data(parse(client.get("/law/示范民法/8")))
    assert "返还押金" in article["text"]
    assert article["isPartOf"]["name"] == "中华人民共和国示范民法"
    assert client.get(urlsplit(article["url"]).path).status_code == 200
    guide = next(p for p in pages if p.startswith("/doc/"))
    faq = _data(parse(client.get(guide)))
    assert faq["@type"] == "FAQPage"
    assert faq["mainEntity"][0]["name"].startswith("房东不退押金怎么办")


@pytest.mark.parametrize(
    "wicked", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028&amp;"]
)
def test_no_text_ends_the_data(wicked):
    passage = Passage("p1", wicked, (), wicked, PassageKind.QUESTION)
    document = Document("x", "t", Kind.GUIDE, Audience.PUBLIC, (passage,))
    markup = str(linked.questions(document))
    inner = markup.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not re.search("[<>&\u2028]", inner)
    assert json.loads(inner)["mainEntity"][0]["name"] == wicked
    assert linked.questions(replace(document, passages=())) == ""


def test_every_page_says_its_address(client, parse, pages):
    for page in pages:
        response = client.get(page)
        soup = parse(response)
        link, meta = soup.find("link", rel="canonical"), soup.find("meta", attrs={"name": "robots"})
        assert link or response.status_code == 404 or page.startswith(("/login", "/api")) or meta, (
            page
        )
        if link:
            assert client.get(link["href"]).status_code == 200
