"""Atom feeds, read as feed readers read them; what the public may not see is in none."""

from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

feedparser = pytest.importorskip("feedparser")


def _read(client, url):
    response = client.get(url)
    assert response.headers["content-type"].startswith("application/atom+xml")
    # Addresses are relative to the feed's own, unless a setting says more.
    headers = {**response.headers, "content-location": "http://testserver/feed"}
    parsed = feedparser.parse(response.content, response_headers=headers)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    return parsed


@pytest.mark.parametrize(
    "url",
    [
        "/feed",
        "/feed?q=押金",
        "/feed?kind=法律&kind=普法指南",
        "/topic/房屋租赁/feed",
        "/feed?q=没有呀",
    ],
)
def test_feeds_are_whole(client, url):
    parsed = _read(client, url)
    feed = parsed.feed
    assert feed.title and feed.id.startswith("urn:uuid:") and feed.author
    assert feed.updated_parsed
    ids = [e.id for e in parsed.entries]
    assert len(ids) == len(set(ids))
    for entry in parsed.entries:
        assert entry.title
        assert datetime.fromisoformat(entry.updated).tzinfo
        link = urlsplit(entry.link)
        assert link.scheme == "http"
        assert client.get(link.path).status_code == 200
    moments = [e.updated for e in parsed.entries]
    assert moments == sorted(moments, reverse=True)


def test_a_feed_has_what_the_search_finds(client, parse):
    titles = {h.text for h in parse(client.get("/search?q=押金")).select(".hit h2")}
    assert {e.title for e in _read(client, "/feed?q=押金").entries} == titles
    assert len(_read(client, "/feed").entries) == client.get("/healthz").json()["documents"]


def test_pages_name_their_feeds(client, parse):
    for page in ("/topic/房屋租赁", "/search?q=押金&kind=法律"):
        soup = parse(client.get(page))
        link = soup.find("link", type="application/atom+xml")
        assert link["title"]
        assert _read(client, link["href"]).entries
    narrowed = parse(client.get("/search?q=押金&kind=法律")).find(
        "link", type="application/atom+xml"
    )
    assert [e.tags[0].term for e in _read(client, narrowed["href"]).entries] == ["法律"]


def test_identity_is_stable(client):
    first, again = _read(client, "/feed?q=押金&page=2&sort=date"), _read(client, "/feed?q=押金")
    assert first.feed.id == again.feed.id
    assert [e.id for e in first.entries] == [e.id for e in again.entries]


def test_feeds_are_the_publics_even_for_staff(staff, client):
    assert {e.title for e in _read(staff, "/feed").entries} == {
        e.title for e in _read(client, "/feed").entries
    }
    assert not _read(staff, "/feed?q=玄武").entries
    assert not _read(staff, "/topic/八五普法/feed").entries


def test_titles_are_text(client):
    raw = client.get("/feed")
    assert "<script" not in raw.text
    titles = [e.text for e in ET.fromstring(raw.content).iter("{http://www.w3.org/2005/Atom}title")]
    assert '关于开展<script>alert("x")</script>宣传月的通知' in titles


@pytest.mark.parametrize("odd", ["%00", "%0b", "%EF%BF%BE", "%3Ctitle%3E", "a" * 2_000])
def test_odd_questions(client, odd):
    for url in (f"/feed?q={odd}", f"/feed?kind={odd}", f"/topic/{odd}/feed"):
        _read(client, url)
