"""Hits of nearly one text are folded under the fullest; nothing is told of what a reader may not see."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from kb.documents import Audience, Document, Kind
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.knowledge.alike import Alike, like
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Request
from tests.conftest import paragraph

MakeBase = Callable[[Sequence[Document]], KnowledgeBase]


def letters(seed: int, count: int) -> str:
    """Sentences of 20 random characters."""
    rng = random.Random(seed)
    return "".join(
        "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(20)) + "。" for _ in range(count)
    )


TEXT = "社区矫正宣传月。" + letters(1, 60)
HEAD = "现予转发。" + letters(5, 4)


def notice(id: str, text: str, **more: object) -> Document:
    document = Document(id, f"关于宣传月的通知{id}", Kind.NORMATIVE_DOCUMENT, Audience.PUBLIC, ())
    return replace(document, passages=(paragraph(1, text),), **more)  # type: ignore[arg-type]


def folded(base: KnowledgeBase, query: str, **more: object) -> list[tuple[str, ...]]:
    hits = base.search(Request(query, fold=True, **more)).hits  # type: ignore[arg-type]
    return [(h.document.id, *(a.document.id for a in h.alike)) for h in hits]


def info(id: str, length: int, *alike: str, audience: Audience = Audience.PUBLIC) -> DocumentInfo:
    return DocumentInfo(id, "v", id, Kind.OTHER, audience, length=length, alike=alike)


def test_those_that_may_be_seen_with_how_full_they_are() -> None:
    every = [
        info("a", 1000, "b", "s", "c", "d", "gone"),
        info("b", 1021),
        info("s", 1010, audience=Audience.STAFF),
        info("c", 1000),
        info("d", 980),
    ]
    staff, public = (
        {i.id: i for i in catalog.seen_by(audience, every)}
        for audience in (Audience.STAFF, Audience.PUBLIC)
    )
    _, b, s, c, d = every
    assert like(staff["a"], staff) == (Alike(b, 1), Alike(s, 0), Alike(c, 0), Alike(d, -1))
    assert like(public["a"], public) == (Alike(b, 1), Alike(c, 0), Alike(d, -1))
    assert public["a"].alike == ("b", "c", "d")
    assert like(b, staff) == ()


def test_they_are_folded_where_it_is_asked_for(make_base: MakeBase) -> None:
    base = make_base(
        [
            notice("a", TEXT),
            notice("b", HEAD + TEXT),
            notice("c", "社区矫正。" + letters(6, 60)),
            notice("s", TEXT + letters(7, 4), audience=Audience.STAFF),
        ]
    )
    assert len(base.search(Request("社区矫正")).hits) == 3
    assert sorted(folded(base, "社区矫正")) == [("b", "a"), ("c",)]
    staff = sorted(folded(base, "社区矫正", audience=Audience.STAFF))
    assert [(s[0], set(s[1:])) for s in staff] == [("b", {"a", "s"}), ("c", set())]


def test_the_fullest_is_first_unless_only_another_has_what_is_asked(make_base: MakeBase) -> None:
    base = make_base(
        [
            notice("short", TEXT[: len(TEXT) // 2] + "联系人住照明街。"),
            notice("full", TEXT),
        ]
    )
    assert folded(base, "社区矫正") == [("full", "short")]
    assert folded(base, "社区矫正 照明街") == [("short",)]
    assert folded(base, "社区矫正在照明街怎么办理") == [("short", "full")]


def test_by_date_the_newest_stays_first(make_base: MakeBase) -> None:
    base = make_base(
        [
            notice("new", TEXT[: len(TEXT) // 2], published=date(2024, 1, 1)),
            notice("old", TEXT, published=date(2023, 1, 1)),
        ]
    )
    assert folded(base, "社区矫正", sort="date") == [("new", "old")]
    assert folded(base, "社区矫正") == [("old", "new")]


@pytest.mark.parametrize("audience", list(Audience))
def test_none_is_folded_because_of_what_is_not_seen(
    make_base: MakeBase, audience: Audience
) -> None:
    """a and b have different halves of s: they are like s, not like one another."""
    half = len(TEXT) // 2
    base = make_base(
        [
            notice("a", TEXT[:half]),
            notice("b", "社区矫正。" + TEXT[half:]),
            notice("s", TEXT, audience=Audience.STAFF),
        ]
    )
    found = folded(base, "社区矫正", audience=audience)
    if audience is Audience.PUBLIC:
        assert sorted(found) == [("a",), ("b",)]
    else:
        assert [set(f) for f in found if f[0] == "s"] == [{"a", "b", "s"}]
