"""How pages look by the visitor's choice: kept in a cookie, set by forms, everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import display
from web.display import Display


def _press(client, change, onward="/about"):
    return client.post("/display", data={"set": change, "next": onward})


def test_the_senior_mode_stays_on(client, parse, pages):
    soup = parse(client.get("/search?q=押金&kind=法律"))
    form = soup.select_one("form.mode")
    onward = form.select_one("[name=next]")["value"]
    answer = _press(client, form.button["value"], onward)
    assert answer.status_code == 303
    assert parse(client.get(answer.headers["location"])).select("li.hit")
    for page in pages:
        assert "senior" in parse(client.get(page)).html["class"], page
    back = parse(client.get("/")).select_one('form.mode button[value="normal"]')
    assert _press(client, back["value"]).status_code == 303
    assert not parse(client.get("/")).html.get("class")


def test_the_senior_mode_has_fewer_things(client, parse):
    links = len(parse(client.get("/")).select("main a"))
    hits = len(parse(client.get("/search?q=城市照明")).select(".passage"))
    _press(client, "senior")
    home, found = parse(client.get("/")), parse(client.get("/search?q=城市照明"))
    assert len(home.select("main a")) < links
    assert home.select_one(".phones") and home.select_one(".cards")
    assert len(found.select(".passage")) == 1 < hits


def test_type_and_lines(client, parse):
    for change, classes in (
        ("larger", ["large"]),
        ("larger", ["huge"]),
        ("larger", ["huge"]),
        ("wide", ["huge", "wide"]),
        ("smaller", ["large", "wide"]),
        ("nonsense", ["large", "wide"]),
        ("close", ["large"]),
        ("smaller", None),
    ):
        _press(client, change)
        assert parse(client.get("/law/示范民法")).html.get("class") == classes, change
    buttons = parse(client.get("/law/示范民法")).select(".toolbar button")
    assert [b["value"] for b in buttons] == ["larger", "smaller", "wide"]


def test_a_choice_makes_another_page_of_it(client):
    usual = client.get("/about").headers
    _press(client, "senior")
    other = client.get("/about", headers={"If-None-Match": usual["etag"]})
    assert other.status_code == 200
    assert other.headers["etag"] != usual["etag"]
    assert "Cookie" in other.headers["vary"]


@pytest.mark.parametrize(
    "onward", ["https://example.com/", "//example.com", "/\\x", "", "x" * 5_000]
)
def test_onward_addresses_stay_here(client, onward):
    assert _press(client, "senior", onward).headers["location"] == "/"


def test_large_and_odd_forms(client):
    assert client.post("/display", content=b"a" * 100_000).status_code == 413
    assert client.post("/display", content=b"\xff&set=senior").status_code == 303
    assert client.get("/display").status_code == 405


@given(st.text(max_size=80))
def test_any_cookie_is_read(cookie):
    assert isinstance(display.read(cookie), Display)


@given(st.builds(Display, st.booleans(), st.sampled_from(display.SIZES), st.booleans()))
def test_the_cookie_keeps_everything(chosen):
    assert display.read(".".join(chosen.words)) == chosen
