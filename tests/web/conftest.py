"""The site over the invented base, as the public and as staff see it."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from kb.search.knowledge import KnowledgeBase
from kb.settings import Settings
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


@pytest.fixture
def pages() -> tuple[str, ...]:
    return PAGES


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
def browse(tmp_path: Path) -> Callable[[KnowledgeBase], TestClient]:
    """Opens the public site over another base."""

    def start(base: KnowledgeBase) -> TestClient:
        return TestClient(create_app(base, Settings(data_dir=tmp_path)), follow_redirects=False)

    return start
