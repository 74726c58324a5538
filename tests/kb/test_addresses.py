"""Addresses: one for each document and passage, every name a single step of the path."""

from dataclasses import replace

import pytest

from kb import addresses
from kb.documents import Audience, Kind
from kb.index.document_info import DocumentInfo

PAPER = DocumentInfo("0a1b", "v", "通知", Kind.NORMATIVE_DOCUMENT, Audience.PUBLIC)
LAW = replace(PAPER, work="民法", kind=Kind.LAW, law_version="")
NAME = "%E6%B0%91%E6%B3%95"


@pytest.mark.parametrize(
    ("info", "anchor", "url"),
    [
        (PAPER, "", "/doc/0a1b"),
        (PAPER, "p3", "/doc/0a1b#p3"),
        (PAPER, "a8", "/doc/0a1b#a8"),
        (LAW, "", f"/law/{NAME}"),
        (LAW, "a120-1", f"/law/{NAME}/120-1"),
        # A number that comes again has no page of its own.
        (LAW, "a8.2", f"/law/{NAME}#a8.2"),
        (LAW, "p1", f"/law/{NAME}#p1"),
        (replace(LAW, law_version="2010-03-01"), "", f"/law/{NAME}?version=2010-03-01"),
        (replace(LAW, law_version="2010-03-01"), "a8", f"/law/{NAME}/8?version=2010-03-01"),
        (replace(LAW, law_version="2010-03-01"), "p1", f"/law/{NAME}?version=2010-03-01#p1"),
        (replace(LAW, law_version=None), "a8", "/doc/0a1b#a8"),
    ],
)
def test_a_document_and_its_passages(info: DocumentInfo, anchor: str, url: str) -> None:
    assert addresses.document(info, anchor) == url


def test_every_part_is_quoted() -> None:
    assert addresses.law("a/b?c#d%", "1&2") == "/law/a%2Fb%3Fc%23d%25?version=1%262"
    assert addresses.article("a b", "8/9") == "/law/a%20b/8%2F9"
    assert addresses.by_id("x/y", "p#1") == "/doc/x%2Fy#p%231"
    assert addresses.download("x", "docx") == "/doc/x/text.docx"
    assert addresses.search("a&b c") == "/search?q=a%26b+c"
    assert addresses.search("") == "/search"


def test_names_that_are_no_steps_have_other_addresses() -> None:
    assert addresses.topic("a b") == "/topic/a%20b"
    assert addresses.topic("a/b c") == "/search?topic=a%2Fb+c"
    assert addresses.topic_feed("a") == "/topic/a/feed"
    assert addresses.guides("租房") == "/guides/%E7%A7%9F%E6%88%BF"
    assert addresses.guides("a/b") == addresses.guides() == "/guides"
