"""Articles cited in queries and in running text: one grammar, and what each reference means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.citations import NOWHERE, Place, abbreviations, cite, find, references
from kb.citations.grammar import MAX_BETWEEN, units
from kb.documents import ArticleNumber
from kb.lawnames import LawNames

LONG = "最高人民法院关于适用《民法典》婚姻家庭编的解释（一）"
RULE = "示范市物业办法"
NAMES = LawNames(
    ["民法典", "刑法", "劳动合同法", "劳动法", "公司法", "民事诉讼法", "物业管理条例", "宪法", LONG]
)
OWN = Place("示范市物业办法", ArticleNumber(10), ArticleNumber(8))

Short = tuple[str, str, int, int]


def short(text: str, place: Place = NOWHERE) -> list[Short]:
    return [(c.work, c.article.key, c.paragraph, c.item) for c in find(text, NAMES, place)]


def asked(query: str) -> list[tuple[str, str]]:
    """(work, articles with those inside ranges) of each law in a query; ? for a bare number."""
    found = []
    for r in references(query, NAMES):
        keys = [n.key + "?" * u.bare for u in r.units for n in (u.article, *u.between)]
        found.append((r.mention.work, " ".join(keys)))
    return found


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
        ("民法典1043是条文", []),
        ("民法典实施以来，第三条规定", []),
        ("《民法典》和《刑法》第五条", [("刑法", "5", 0, 0)]),
        ("《合同法》第五十二条，该法第五十三条", []),
        # Brackets, parts and fillers between the name and the number.
        ("《劳动法》（主席令第28号）第四条", [("劳动法", "4", 0, 0)]),
        ("《劳动法》（以下简称《劳动法》）第四条", [("劳动法", "4", 0, 0)]),
        ("《民法典》人格权编第997条", [("民法典", "997", 0, 0)]),
        ("刑法分则第五章第二百六十四条", [("刑法", "264", 0, 0)]),
        ("《民法典》的第十条", [("民法典", "10", 0, 0)]),
        # Lists and ranges.
        (
            "刑法第二百六十四条或者第二百六十六条及其第三条",
            [("刑法", "264", 0, 0), ("刑法", "266", 0, 0), ("刑法", "3", 0, 0)],
        ),
        (
            "民法典第十条第一款、第二款和第三款",
            [("民法典", "10", 1, 0), ("民法典", "10", 2, 0), ("民法典", "10", 3, 0)],
        ),
        (
            "民法典第十条第二款第（一）、（二）项或者第（三）项",
            [("民法典", "10", 2, 1), ("民法典", "10", 2, 2), ("民法典", "10", 2, 3)],
        ),
        ("民法典第十、十二条", [("民法典", "10", 0, 0), ("民法典", "12", 0, 0)]),
        ("民法典第十条至第十五条", [("民法典", "10", 0, 0), ("民法典", "15", 0, 0)]),
        ("民法典第一条，第三人无权", [("民法典", "1", 0, 0)]),
        ("民法典第三条款", []),
        # 该法, and a number without a law.
        ("《劳动法》第四条，该法第五条", [("劳动法", "4", 0, 0), ("劳动法", "5", 0, 0)]),
        ("《某条例》第一条，该条例第八条", []),
        ("民法典第七条规定甲。第八条规定乙", [("民法典", "7", 0, 0), ("民法典", "8", 0, 0)]),
        # Of another place, or only part of a longer title.
        ("《江苏省物业管理条例》第十条", []),
        ("江苏省物业管理条例第十条", []),
        ("物业管理条例第十条", [("物业管理条例", "10", 0, 0)]),
        ("《民法典释义》第五条", []),
        ("刑法第五条。某某条例第三条，第四条；合同第六条", [("刑法", "5", 0, 0)]),
        ("本法第三条和前条、前款", []),
    ],
)
def test_citations(text: str, found: list[Short]) -> None:
    assert short(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("违反本办法第三条第一款", [(RULE, "3", 1, 0)]),
        ("违反本办法规定，有第四十一条规定行为之一的", [(RULE, "41", 0, 0)]),
        (
            "依照刑法第五条处理，第六条也一样；有第九条行为的",
            [("刑法", "5", 0, 0), ("刑法", "6", 0, 0), (RULE, "9", 0, 0)],
        ),
        ("前条第二款规定的", [(RULE, "8", 2, 0)]),
        ("以前条件较差", []),
        ("甲。\n（一）乙；\n（二）丙。\n有前款第（二）项行为", [(RULE, "10", 1, 2)]),
        ("甲。\n乙。\n违反前两款规定", [(RULE, "10", 1, 0)]),
        ("违反前款规定", []),
        ("甲。\n本条第一款规定", [(RULE, "10", 1, 0)]),
        ("违反第一款或者第二款规定的", [(RULE, "10", 1, 0), (RULE, "10", 2, 0)]),
        ("基本法第二十三条", []),
    ],
)
def test_what_a_text_says_of_itself(text: str, found: list[Short]) -> None:
    assert short(text, OWN) == found


def test_names_that_a_document_gives() -> None:
    texts = ["根据《民法典》（以下简称《法典》）和《某市条例》（以下简称《条例》）", "无"]
    local = abbreviations(texts, NAMES)
    assert local == {"法典": "民法典", "条例": ""}
    place = Place(local=local)
    assert short("《法典》第三条、《条例》第四条，该条例第五条", place) == [("民法典", "3", 0, 0)]
    # What is in no document's brackets is no name.
    assert short("《法典》第三条") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("第1043条 民法典", "1043"),
        ("第一千零四十三条民法典", "1043"),
        ("民法典，第1043条", "1043"),
        ("民法典里1043条", "1043"),
        ("民法典§1043", "1043"),
        ("民法典 第1043", "1043"),
        ("民法典离婚第1043条", "1043"),
        ("民法典 1043-1045条", "1043 1044 1045"),
        ("民法典1043-45", "1043? 1044? 1045?"),
        ("民法典1043—1045", "1043? 1044? 1045?"),
        ("民法典第10到12条", "10 11 12"),
        ("1043-1045条 民法典", "1043 1044 1045"),
        ("民法典120-1条", "120-1"),
        ("民法典120-1", "120-1?"),
        ("民法典1043、1045", "1043? 1045?"),
        ("民法典1043", "1043?"),
        ("民法典1043规定了什么", "1043?"),
        ("民法典 1043 离婚", "1043?"),
        ("民法典第1条 民法典第3条", "1"),
    ],
)
def test_articles_in_queries(query: str, found: str) -> None:
    assert asked(query)[0] == ("民法典", found)


@pytest.mark.parametrize(
    "rest",
    [
        *("14岁", " 30天冷静期", " 2倍工资", " 5000元", " 14 岁", " 30 天", "2021", "2021年施行"),
        *("1979", "3个月试用期", " 3 个 月", "第5条例", "第5部分", "100克毒品", "20%", "14款"),
        "三年以上十年以下",
    ],
)
def test_a_quantity_is_no_article(rest: str) -> None:
    assert asked("民法典" + rest) == [("民法典", "")]


def test_every_unit_makes_a_quantity() -> None:
    assert {"岁", "天", "倍", "元"} <= set(units())
    for unit in units():
        assert asked(f"刑法 14 {unit}") == [("刑法", "")], unit


def test_a_long_range_is_its_two_ends() -> None:
    (reference,) = references(f"民法典第1条至第{MAX_BETWEEN + 5}条", NAMES)
    assert [u.between for u in reference.units] == [(), ()]


@pytest.mark.parametrize(
    ("query", "year"),
    [
        ("公司法（2018修正）第51条", 2018),
        ("公司法(2018)第51条", 2018),
        ("公司法2018年第51条", 2018),
        ("2018年修正的《公司法》第51条", 2018),
        ("公司法（2018年10月26日修正）第51条", 2018),
        ("公司法（法释〔2020〕1号）第51条", 0),
        ("公司法第51条", 0),
    ],
)
def test_the_version_named(query: str, year: int) -> None:
    (reference,) = references(query, NAMES)
    assert (reference.year, reference.units[0].article.key) == (year, "51")


def test_an_interpretation_of_another_number_is_another() -> None:
    assert asked("婚姻家庭编解释（二）第5条") == []
    assert asked("婚姻家庭编解释（一）第5条") == [(LONG, "5")]


PIECES = "民法典 《 》 第 一 千 条 之 3 、 款 至 - （ ） 前款 本法 该法 。 简称 2021 年 项 婚姻法".split()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "\n"]), max_size=24))
def test_spans_lie_in_the_text_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    at = 0
    for c in find(text, NAMES, Place("刑法", ArticleNumber(2), ArticleNumber(1))):
        assert at <= c.start < c.end <= len(text)
        at = c.end
    for r in references(text, NAMES):
        assert 0 <= r.start < r.end <= len(text)


def test_the_copied_form() -> None:
    assert cite("中华人民共和国民法典", "第一条") == "《中华人民共和国民法典》第一条"
