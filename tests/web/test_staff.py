"""What is internal stays internal; signing in and out."""

import re

import pytest
import uvicorn

from kb.settings import Settings
from kb.users import Login, Users
from tests.support import asynchronous
from web import commands
from web.tries import Tries

TITLE = "某区司法局2023年工作总结"
WORD = "玄武"


@pytest.fixture
def account(tmp_path):
    with Users.open(tmp_path) as users:
        users.add("王敏", "correct horse")
    return "王敏", "correct horse"


@pytest.fixture
def hidden(staff, parse) -> str:
    """The id of the document that only staff may see."""
    url = parse(staff.get(f"/search?q={WORD}")).select_one(".hit h2 a")["href"]
    return re.match(r"/doc/(\w+)", url)[1]


def _sign_in(client, parse, name, password, onward="/"):
    soup = parse(client.get("/login", params={"next": onward}))
    fields = {i["name"]: i.get("value", "") for i in soup.select("main form input")}
    return client.post("/login", data=fields | {"name": name, "password": password})


def test_staff_find_internal_papers(staff, parse, hidden):
    page = staff.get(f"/doc/{hidden}")
    assert parse(page).h1.text == TITLE
    assert page.headers["cache-control"] == "private, no-store"
    assert "内部" in parse(page).select_one(".banner").text
    assert any(
        "工作总结" in a.text for a in parse(staff.get("/search?q=社区矫正")).select(".facet a")
    )


def test_the_public_meets_no_trace_of_them(client, parse, hidden, pages):
    probes = [
        *pages,
        f"/search?q={WORD}",
        "/search?kind=工作总结",
        "/search?q=社区矫正",
        "/search?region=浙江省杭州市",
        "/search?issuer=某区司法局",
        "/topic/八五普法",
        "/topic/社区矫正",
        f"/api/v1/search?q={WORD}",
        "/api/v1/search?q=社区矫正&group=none&size=100",
        "/api/v1/suggest?q=某区",
        "/api/v1/suggest?q=八五",
        "/api/v1/suggest?q=玄",
        "/robots.txt",
        "/healthz",
        "/feed",
        f"/feed?q={WORD}",
        "/topic/八五普法/feed",
        "/topic/社区矫正/feed",
        "/sitemap.xml",
        f"/search.csv?q={WORD}",
        "/search.csv?q=社区矫正",
        "/suggest?q=八五",
        "/statistics",
    ]
    for page in probes:
        text = client.get(page).text
        assert TITLE not in text, page
        assert hidden not in text, page
        assert "代号" not in text, page
    facets = client.get("/api/v1/search?q=社区矫正").json()["facets"]
    assert all(v["value"] != "工作总结" for v in facets["kind"])
    assert all(v["value"] != "浙江省杭州市" for v in facets["region"])
    assert client.get("/api/v1/suggest?q=八五").json()["suggestions"] == []
    assert "八五普法" not in client.get("/topics").text


def test_hidden_is_like_missing(client, hidden):
    there, missing = client.get(f"/doc/{hidden}"), client.get("/doc/aaaaaaaaaaaa")
    assert there.status_code == missing.status_code == 404
    # The address itself stands in the link to sign in.
    assert there.text.replace(hidden, "aaaaaaaaaaaa") == missing.text
    api = [client.get(f"/api/v1/documents/{id}") for id in (hidden, "aaaaaaaaaaaa")]
    assert api[0].status_code == api[1].status_code == 404
    assert api[0].content == api[1].content


def test_signing_in_and_out(client, parse, account, hidden):
    answer = _sign_in(client, parse, *account, onward=f"/doc/{hidden}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/doc/{hidden}")
    cookie = next(
        c for c in answer.headers.get_list("set-cookie") if c.startswith("session=")
    ).lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    page = client.get(f"/doc/{hidden}")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "private, no-store"
    soup = parse(page)
    assert "王敏" in soup.select_one(".staff").text
    assert client.get("/login").status_code == 303
    out = soup.select_one('form[action="/logout"]')
    assert client.post("/logout", data={"form": "wrong"}).status_code == 400
    assert client.get(f"/doc/{hidden}").status_code == 200
    token = client.cookies["session"]
    left = client.post("/logout", data={"form": out.input["value"]})
    assert left.headers["location"] == "/"
    assert client.get(f"/doc/{hidden}").status_code == 404
    # The session has ended, not only its cookie.
    client.cookies.set("session", token)
    assert client.get(f"/doc/{hidden}").status_code == 404


def test_wrong_passwords_and_names_look_alike(client, parse, account):
    answers = [
        _sign_in(client, parse, "王敏", "wrong"),
        _sign_in(client, parse, "nobody", "correct horse"),
        _sign_in(client, parse, "x" * 5_000, "y" * 2_000),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert parse(answer).select_one('[role="alert"]').text == "用户名或密码不正确。"
        assert "session=" not in str(answer.headers.get_list("set-cookie"))


def test_forms_of_other_sites_do_nothing(client, parse, account):
    name, password = account
    client.get("/login")
    for data in ({}, {"form": ""}, {"form": "x" * 32}):
        answer = client.post("/login", data=data | {"name": name, "password": password})
        assert answer.status_code == 400
        assert "session=" not in str(answer.headers.get_list("set-cookie"))


def test_onward_addresses_stay_here(client, parse, account):
    for onward in ("https://example.com/", "//example.com", "/\\example.com", "javascript:1"):
        soup = parse(client.get("/login", params={"next": onward}))
        assert soup.select_one("main input[name=next]")["value"] == "/"


def test_large_and_odd_forms(client, parse):
    assert client.post("/login", content=b"a" * 100_000).status_code == 413
    odd = client.post(
        "/login", content=b"\xff=%ff&a=1&a=2" + b"&x=1" * 50, headers={"Cookie": b"form=\x80"}
    )
    assert odd.status_code == 400
    assert client.post("/logout", content=b"\xff").status_code == 303


@pytest.mark.parametrize("token", ["x", "x" * 5_000, "\x00", "a b"])
def test_forged_sessions_are_nobody(client, token, hidden):
    response = client.get(f"/doc/{hidden}", headers={"Cookie": f"session={token!r}"})
    assert response.status_code == 404


def test_four_loops_keep_nobody_out(client, parse, account, browse, knowledge):
    assert _sign_in(client, parse, *account).status_code == 303
    client.cookies.delete("session")
    stranger = browse(knowledge)
    stranger.app.state.accounts.tries = Tries(lambda: 0.0)
    answers = [_sign_in(stranger, parse, "王敏", "wrong").status_code for _ in range(25)]
    assert answers == [403] * 20 + [429] * 5
    # The same address, the same name: but a browser that was here before.
    loops = [_sign_in(client, parse, "王敏", "wrong").status_code for _ in range(3)]
    assert loops == [403] * 3
    assert _sign_in(client, parse, *account).status_code == 303


def test_a_known_browser_is_known_by_its_own_name_only(client, parse, account, tmp_path):
    with Users.open(tmp_path) as users:
        users.add("李雷", "correct horse")
        assert _sign_in(client, parse, *account).status_code == 303
        cookie = next(c for c in client.cookies.jar if c.name == "known")
        assert (cookie.path, "王敏" in cookie.value) == ("/login", False)
        assert users.recognises("王敏", cookie.value)
        assert not users.recognises("李雷", cookie.value)


def test_refusals_before_the_check_don_t_hang_on_the_name(client, parse, account, monkeypatch):
    derived = []
    monkeypatch.setattr(
        Users, "verify", lambda self, name, *_, **__: derived.append(name) or Login(False)
    )
    client.app.state.accounts.tries = Tries(lambda: 0.0)
    names = ["王敏", "nobody"] * 15
    answers = [_sign_in(client, parse, name, "wrong") for name in names]
    assert len(derived) == 20
    refused = {a.text for a in answers if a.status_code == 429}
    assert len({re.sub(r'value="[^"]*"', "", text) for text in refused}) == 1


def test_the_address_is_the_proxys_word_only_where_it_is_trusted(knowledge, tmp_path):
    for trusted, seen in (("", "10.9.9.9"), ("10.9.9.9", "192.0.2.7"), ("10.8.0.0/16", "10.9.9.9")):
        settings = Settings(data_dir=tmp_path, proxies=trusted)
        given = []

        async def app(scope, receive, send, given=given):
            given.append((scope["client"][0], scope["scheme"]))

        config = uvicorn.Config(app, **commands._options(settings) | {"log_config": None})
        config.load()
        headers = [(b"x-forwarded-for", b"6.6.6.6, 192.0.2.7"), (b"x-forwarded-proto", b"https")]
        scope = {"type": "http", "client": ("10.9.9.9", 1), "scheme": "http", "headers": headers}
        asynchronous.run(config.loaded_app(scope, None, None))
        assert given == [(seen, "https" if seen == "192.0.2.7" else "http")]
