"""When something fails inside: no door tells what, and where."""

from typing import Any

import pytest

from kb.errors import IndexMissingError, LibraryError
from kb.knowledge.base import KnowledgeBase
from web import errors

SECRET = "/srv/secret/library.sqlite3 口令"
DOORS = (
    *(
        "/",
        "/search?q=押金",
        '/search?q="押金"',
        "/search.csv?q=押金",
        "/search/passages?doc=x&q=a",
    ),
    *("/topics", "/topic/婚姻", "/guides", "/about", "/statistics", "/doc/x", "/law/示范民法"),
    *("/law/示范民法/8", "/doc/x/text.docx", "/feed", "/feed?q=a", "/sitemap.xml", "/healthz"),
    *("/suggest?q=a", "/api/v1/search?q=a", "/api/v1/suggest?q=a", "/api/v1/documents/x"),
)


@pytest.fixture
def broken(client: Any, monkeypatch: Any) -> Any:
    """A site over a knowledge base of which every method fails."""

    def start(error: Exception) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise error

        for name in vars(KnowledgeBase):
            if not name.startswith("_") and name not in ("generation", "open", "close", "warm"):
                monkeypatch.setattr(KnowledgeBase, name, fail)
        return client

    return start


@pytest.mark.parametrize(
    "error", [RuntimeError(SECRET), LibraryError(SECRET), IndexMissingError(SECRET)]
)
def test_no_door_tells_what_is_wrong_inside(broken: Any, caplog: Any, error: Any) -> None:
    site = broken(error)
    for door in DOORS:
        answer = site.get(door)
        assert answer.status_code in (500, 503), door
        for word in ("secret", "sqlite", "口令", "Traceback", type(error).__name__, ".py"):
            assert word not in answer.text, door
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in caplog.text


def test_an_error_page_that_fails_is_a_bare_line(client: Any, monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(errors, "page", fail)
    answer = client.get("/search?q=" + "a" * 40_000)
    assert (answer.status_code, answer.text) == (414, "414\n")
