"""Parsing never raises and says what was odd; understanding finds what is named and can be undone."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.documents import ArticleNumber
from kb.lawnames import LawNames, work_of
from kb.search.query import MAX_LENGTH, parse
from kb.search.understand import Lexicon, Understanding, understand

NAMES = LawNames(["民法典", "刑法", "劳动合同法", "社区矫正法", "治安管理处罚法", "未成年人保护法"])


def article(work: str, number: ArticleNumber, year: int = 0) -> tuple[str, int] | None:
    """A lexicon in which every law has 1,260 articles, and 刑法 第一百二十条之一."""
    if number.number > 1260 or (number.sub and (work, number.key) != ("刑法", "120-1")):
        return None
    return f"doc-{work}", number.number * 10 + number.sub


def read(query: str, *dropped: str) -> Understanding:
    return understand(parse(query), Lexicon(NAMES, article), dropped)


@pytest.mark.parametrize(
    ("query", "chunks", "phrases", "excluded"),
    [
        ("民法典 离婚", ("民法典", "离婚"), (), ()),
        ('"人民调解"', (), ("人民调解",), ()),
        ("“人民调解” 协议", ("协议",), ("人民调解",), ()),
        ("＂人民　调解＂", (), ("人民 调解",), ()),
        ("调解 -仲裁", ("调解",), (), ("仲裁",)),
        ("调解 －“劳动 仲裁”", ("调解",), (), ("劳动 仲裁",)),
        ("调解 NOT 仲裁", ("调解",), (), ("仲裁",)),
        ("调解 AND 仲裁 OR 诉讼", ("调解", "仲裁", "诉讼"), (), ()),
        ("NOT OR 调解", ("调解",), (), ()),
        ('未完的"引号', ("未完的", "引号"), (), ()),
        ("a-b 2023-05", ("a-b", "2023-05"), (), ()),
        ("ＡＢＣ　民法典", ("abc", "民法典"), (), ()),
        ("什么是“默示条款”？", ("什么是默示条款?",), (), ()),
        ("“八五”普法", ("八五普法",), (), ()),
        ("普法 “八五”", ("普法",), ("八五",), ()),
    ],
)
def test_a_query_is_taken_apart(
    query: str, chunks: tuple[str, ...], phrases: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    parsed = parse(query)
    assert (parsed.chunks, parsed.phrases, parsed.excluded) == (chunks, phrases, excluded)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("！？。，、", "no-words"),
        ("(" * 1000, "no-words"),
        ('""" - " "', "no-words"),
        ("-仲裁", "only-exclusions"),
        ("法" * 10_000, "too-long"),
        ("\x00\x01\ufeff", ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_odd_queries_get_a_clear_answer(query: str, code: str) -> None:
    parsed = parse(query)
    assert [n.code for n in parsed.notices] == ([code] if code else [])
    assert len(parsed.text) <= MAX_LENGTH


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    parsed = parse(text)
    found = understand(parsed, Lexicon(NAMES, article))
    assert len({i.id for i in found.items}) == len(found.items)
    assert len(found.targets) == sum(i.type == "article" for i in found.items)


def test_long_input_is_read_in_good_time() -> None:
    started = time.perf_counter()
    for query in ("民法典第" * 3000, '"-' * 5000, "1" * 10_000, "第一千条" * 2500, "a " * 5000):
        read(query)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("query", "work", "place"),
    [
        ("民法典1043条", "民法典", 10430),
        ("民法典1043", "民法典", 10430),
        ("民法典第一千零四十三条", "民法典", 10430),
        ("《民法典》第1043条", "民法典", 10430),
        ("中华人民共和国民法典 第１０４３条", "民法典", 10430),
        ("刑法120条之一", "刑法", 1201),
        ("刑法第一百二十条之一", "刑法", 1201),
        ("劳动合同法第39条第二款", "劳动合同法", 390),
        ("未保法第十七条", "未成年人保护法", 170),
        ("治安处罚法43条", "治安管理处罚法", 430),
    ],
)
def test_references_to_articles_go_straight_there(query: str, work: str, place: int) -> None:
    found = read(query)
    assert [(t.document, t.place) for t in found.targets] == [(f"doc-{work}", place)]
    assert found.items[0].type == "article"
    assert found.items[0].effect == "直达"
    assert not read(query, found.items[0].id).targets


@pytest.mark.parametrize("query", ["合同法第52条", "婚姻法第二十二条", "民法通则 135条"])
def test_numbers_of_an_old_law_are_not_looked_up_in_the_new_one(query: str) -> None:
    found = read(query)
    assert found.targets == ()
    assert [n.code for n in found.notices] == ["old-law"]
    assert [i.value for i in found.items if i.type == "law"] == ["民法典"]


def test_an_article_that_does_not_exist_is_said() -> None:
    assert [n.code for n in read("民法典第9999条").notices] == ["no-article"]
    assert [n.code for n in read("第一千零四十三条").notices] == ["law-missing"]


def test_what_is_understood_can_be_taken_back() -> None:
    found = read("民法典 2023年 工作总结 社区矫正")
    kinds = {i.type: i.value for i in found.items}
    assert kinds == {"law": "民法典", "topic": "社区矫正", "year": "2023", "kind": "工作总结"}
    assert {(b.facet, b.value) for b in found.boosts} == {
        ("work", "民法典"),
        ("topic", "社区矫正"),
        ("year", "2023"),
        ("kind", "工作总结"),
    }
    for item in found.items:
        left = read("民法典 2023年 工作总结 社区矫正", item.id)
        assert item.id not in {i.id for i in left.items}
        assert len(left.boosts) == len(found.boosts) - 1


def test_verbatim_understands_nothing() -> None:
    found = understand(parse("民法典1043条"), Lexicon(NAMES, article), verbatim=True)
    assert found == Understanding("民法典1043条")


@pytest.mark.parametrize(
    ("title", "work"),
    [
        ("中华人民共和国体育法（2022年修订）", "体育法"),
        ("中华人民共和国民法典", "民法典"),
        ("《保障农民工工资支付条例》", "保障农民工工资支付条例"),
        (
            "最高人民法院关于适用〈中华人民共和国民法典〉婚姻家庭编的解释（一）",
            "最高人民法院关于适用《民法典》婚姻家庭编的解释（一）",
        ),
        ("中华人民共和国宪法修正案（1988年）", "宪法修正案（1988年）"),
        ("中华人民共和国", "中华人民共和国"),
    ],
)
def test_the_canonical_title(title: str, work: str) -> None:
    assert work_of(title) == work
