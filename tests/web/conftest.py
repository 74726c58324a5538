"""The site over the invented base, as the public and as staff see it."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from kb.documents import Audience
from kb.knowledge.base import KnowledgeBase
from kb.settings import Settings
from tests.support.serving import ARGUMENTS, CHROMIUM, serving
from web.app import create_app

with warnings.catch_warnings():
    # Starlette's client prefers the successor of httpx, which isn't needed for anything else.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PAGES = (
    "/",
    "/search",
    "/search?q=押金",
    "/search?q=社区矫正&kind=规范性文件&sort=date",
    "/search?q=没有这样的词语组合呀&kind=法律",
    "/topics",
    "/topic/房屋租赁",
    "/guides",
    "/guides/租房买房",
    "/about",
    "/statistics",
    "/search/passages?doc={law}&q=押金",
    "/doc/{guide}",
    "/login",
    "/law/示范民法",
    "/law/示范民法?q=押金",
    "/law/示范民法/8",
    "/law/示范民法/60-1",
    "/law/示范民法/999",
    "/law/示范体育法?version=2010-03-01",
    "/law/示范体育法/2?version=2010-03-01",
    "/law/示范收费办法",
    "/api/v1/docs",
    "/nothing/here",
)
"""One of every kind of page."""


def every_page(knowledge: KnowledgeBase) -> tuple[str, ...]:
    """PAGES with the ids of documents filled in."""
    law = knowledge.law("示范民法", Audience.PUBLIC)
    (guide,) = knowledge.documents(Audience.PUBLIC, kind="普法指南")
    return tuple(page.format(law=law.info.id, guide=guide.id) for page in PAGES)


@pytest.fixture(scope="session")
def pages(knowledge: KnowledgeBase) -> tuple[str, ...]:
    return every_page(knowledge)


@pytest.fixture
def parse() -> Callable[[Any], BeautifulSoup]:
    """The parsed page of a response."""
    return lambda response: BeautifulSoup(response.text, "lxml")


@pytest.fixture
def client(knowledge: KnowledgeBase, tmp_path: Path) -> Iterator[TestClient]:
    """The public's browser. Accounts live in the test's own directory."""
    settings = Settings(data_dir=tmp_path, office="示范区司法局")
    with TestClient(create_app(knowledge, settings), follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def staff(knowledge: KnowledgeBase, tmp_path: Path) -> Iterator[TestClient]:
    """A browser on a network where everybody is staff."""
    settings = Settings(data_dir=tmp_path, visitors="staff")
    with TestClient(create_app(knowledge, settings), follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., TestClient]:
    """Opens the site over another base, for the public unless settings say otherwise."""

    def start(base: KnowledgeBase, **given: Any) -> TestClient:
        settings = Settings(data_dir=tmp_path, **given)
        return TestClient(create_app(base, settings), follow_redirects=False)

    return start


@pytest.fixture(scope="session")
def serve() -> Callable[..., Any]:
    """`serving`, for tests with a base of their own."""
    return serving


@pytest.fixture(scope="session")
def site(knowledge: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the invented base."""
    with serving(knowledge, Settings(data_dir=tmp_path_factory.mktemp("accounts"))) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real browser; skips the test where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is not installed at {CHROMIUM}")
    with api.sync_playwright() as running:
        started = running.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Opens a path in a window of its own; whatever the console complains of fails the test."""
    contexts, complaints = [], []

    def start(path: str, base: str = site, **options: object) -> Any:
        context = browser.new_context(base_url=base, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "404" not in message.text
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                complaints.append(request.url) if not request.url.startswith(base) else None
            ),
        )
        page.goto(path)
        return page

    yield start
    for context in contexts:
        context.close()
    assert not complaints
