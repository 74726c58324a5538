"""Articles cited in running text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.citations import cite, find
from kb.lawnames import LawNames, aliases

LONG = "最高人民法院关于适用《民法典》婚姻家庭编的解释（一）"
NAMES = LawNames(["民法典", "刑法", "劳动合同法", "劳动法", LONG])


def short(text: str) -> list[tuple[str, str, int, int]]:
    return [(c.work, c.article.key, c.paragraph, c.item) for c in find(text, NAMES)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "依据：《劳动合同法》第四十七条、第八十七条；《民法典》第一千零四十三条",
            [("劳动合同法", "47", 0, 0), ("劳动合同法", "87", 0, 0), ("民法典", "1043", 0, 0)],
        ),
        ("民法典第1条第2款第（三）项", [("民法典", "1", 2, 3)]),
        ("刑法第二百七十六条之一第一款", [("刑法", "276-1", 1, 0)]),
        (f"《{LONG}》第八条", [(LONG, "8", 0, 0)]),
        ("《某条例》第八条", []),
        ("民法典2021年施行", []),
        ("民法典实施以来，第三条规定", []),
        ("《民法典》和《刑法》第五条", [("刑法", "5", 0, 0)]),
        ("《合同法》第五十二条", []),
    ],
)
def test_citations(text: str, found: list[tuple[str, str, int, int]]) -> None:
    assert short(text) == found


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["民法典", "《", "》", "第", "一", "千", "条", "之", "3", "、", "款"]),
        max_size=20,
    )
)
def test_spans_lie_in_the_text_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    at = 0
    for c in find(text, NAMES):
        assert at <= c.start < c.end <= len(text)
        at = c.end


def test_the_copied_form() -> None:
    assert cite("中华人民共和国民法典", "第一条") == "《中华人民共和国民法典》第一条"


def test_aliases_point_to_works_of_the_real_statutes(data: Path) -> None:
    works = {p.stem.partition("(")[0] for p in (data / "laws").rglob("*.md")} | {"民法典"}
    for alias in aliases().values():
        assert alias.work in works, alias.name
