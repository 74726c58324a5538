"""Documents of nearly the same text are found by their sketches and folded under the first hit."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from kb.documents import Audience, Document, Kind
from kb.search.alike import SIZE, groups, similarity, sketch
from kb.search.catalog import describe
from kb.search.knowledge import KnowledgeBase
from kb.search.results import Request
from tests.conftest import paragraph


def notice(id: str, text: str, **more: object) -> Document:
    """A paper of one paragraph."""
    document = Document(id, f"关于宣传月的通知{id}", Kind.NORMATIVE_DOCUMENT, Audience.PUBLIC, ())
    return replace(document, passages=(paragraph(1, text),), **more)  # type: ignore[arg-type]


def letters(seed: int, count: int) -> str:
    rng = random.Random(seed)
    return "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(count))


TEXT = letters(1, 2000)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_the_estimate_is_near_the_true_share(share: float) -> None:
    kept = int(2000 * share)
    one = sketch(notice("a", TEXT))
    other = sketch(notice("b", TEXT[:kept] + letters(2, 2000 - kept)))
    assert len(one) == SIZE
    assert similarity(one, other) == pytest.approx(share / (2 - share), abs=0.2)


def test_a_copy_with_another_head_and_masks_is_like_the_first() -> None:
    masked = letters(3, 60) + TEXT.replace(TEXT[500:504], "XX").replace(TEXT[1200:1203], "XX")
    entries = [
        describe(d, "v", "")
        for d in (notice("a", TEXT), notice("b", masked), notice("c", letters(4, 2000)))
    ]
    found = groups(entries)
    assert set(found) == {"a", "b"}
    assert found["a"] == found["b"]


def test_short_texts_are_like_nothing() -> None:
    assert sketch(notice("a", "宣传月。")) == ()
    assert groups([describe(notice(i, "宣传月。"), "v", "") for i in "ab"]) == {}


def test_they_are_folded_where_it_is_asked_for(
    make_base: Callable[[Sequence[Document]], KnowledgeBase],
) -> None:
    text = "社区矫正宣传月。" + TEXT
    papers = [
        notice("a", text),
        notice("b", letters(5, 30) + text),
        notice("c", "社区矫正。" + letters(6, 2000)),
    ]
    secret = notice("d", text, audience=Audience.STAFF)
    base = make_base([*papers, secret])
    assert len(base.search(Request("社区矫正")).hits) == 3
    hits = base.search(Request("社区矫正", fold=True)).hits
    assert sorted((h.document.id, *(a.document.id for a in h.alike)) for h in hits) in (
        [("a", "b"), ("c",)],
        [("b", "a"), ("c",)],
    )
