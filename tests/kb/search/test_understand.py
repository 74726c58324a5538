"""What a query asks for by number, and what is only said of it: quantities, gaps, older laws."""

from datetime import date

import pytest

from kb.documentnumbers import Number
from kb.documents import ArticleNumber, Audience, Kind
from kb.index.document_info import DocumentInfo
from kb.lawnames import Alias, LawNames
from kb.search.compose import compose
from kb.search.query import parse
from kb.search.results import Request
from kb.search.understand import Lexicon, Understanding, understand
from kb.text.analysis import Analyzer
from kb.text.folding import fold
from kb.text.words import cut

SUPREME = "最高人民法院关于"
CIVIL = f"{SUPREME}适用《民事诉讼法》的解释"
MARRIAGE_2 = f"{SUPREME}适用《婚姻法》若干问题的解释（二）"
CONSTITUTION = ["宪法修正案（1999年）", "宪法修正案（2018年）"]
NAMES = LawNames(
    ["民法典", "刑法", "公司法", "民事诉讼法", "宪法", CIVIL, MARRIAGE_2, *CONSTITUTION],
    replaced=[Alias("旧法", "公司法", "《旧法》已废止", date(2000, 1, 1))],
)
RULE = DocumentInfo("rule", "v", "示范条例", Kind.ADMINISTRATIVE_REGULATION, Audience.PUBLIC)
ANALYZER = Analyzer()


def article(work: str, number: ArticleNumber, year: int = 0) -> tuple[str, int] | None:
    """Every law has 1,260 articles in its versions of 2020 and 2021; 宪法修正案 share out theirs."""
    if work in CONSTITUTION and (number.number > 17) == (work == CONSTITUTION[0]):
        return None
    return None if number.number > 1260 or number.sub else (f"{work}{year or ''}", number.number)


def numbered(number: Number) -> tuple[DocumentInfo, ...]:
    return (RULE,) if number.serial == 535 else ()


LEXICON = Lexicon(
    NAMES,
    article,
    has_version=lambda work, year: year in (2020, 2021),
    last=lambda work: ArticleNumber(1260) if work == "民法典" else None,
    ceased=lambda work: f"{work}已废止" if "婚姻法" in work else "",
    numbered=numbered,
    words=lambda text: cut(fold(text), ANALYZER),
)


def read(query: str) -> Understanding:
    return understand(parse(query), LEXICON)


def targets(query: str) -> list[tuple[str, int]]:
    return [(t.document, t.place) for t in read(query).targets]


def told(query: str) -> list[str]:
    return [n.code for n in read(query).notices]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("民法典1043-1045条", [("民法典", 1043), ("民法典", 1044), ("民法典", 1045)]),
        ("刑法第264、266条", [("刑法", 264), ("刑法", 266)]),
        ("刑法264条 民法典1079条", [("刑法", 264), ("民法典", 1079)]),
        ("民诉法解释90", [(CIVIL, 90)]),
        ('"宪法第33条"', [("宪法", 33)]),
        ("「刑法第264条」", [("刑法", 264)]),
        ("民事诉讼法(2021)第64条", [("民事诉讼法2021", 64)]),
        ("宪法修正案第12条", [(CONSTITUTION[0], 12)]),
        ("宪法修正案第33条", [(CONSTITUTION[1], 33)]),
        ("国令第535号", [("rule", 0)]),
        ("民法典第10条第一款、第二款", [("民法典", 10)]),
    ],
)
def test_what_is_asked_for_by_number(query: str, found: list[tuple[str, int]]) -> None:
    assert targets(query) == found


@pytest.mark.parametrize("query", ["刑法14岁", "民法典 30天", "公司法 5000元", "民法典9999 离婚"])
def test_a_quantity_is_neither_found_nor_missed(query: str) -> None:
    assert (targets(query), told(query)) == ([], [])


def test_a_bare_number_is_never_all_that_is_found() -> None:
    def strict(query: str) -> bool:
        parsed = parse(query)
        plan = compose(parsed, read(query), Request(query), ANALYZER).plan
        assert plan is not None
        return plan.strict

    assert read("民法典1043").unsure
    assert not strict("民法典1043")
    assert not read("民法典1043条").unsure
    assert strict("民法典1043条")


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("民法典第1261条", "no-article", "《民法典》到第一千二百六十条为止"),
        ("民法典第5条之一", "no-article", "本库未收录《民法典》第五条之一"),
        ("刑法第9999条", "no-article", "本库未收录《刑法》第九千九百九十九条"),
        ("公司法（2013修正）第5条", "no-version", "本库未收录《公司法》2013年的版本"),
        ("法释〔2020〕22号", "no-number", "法释〔2020〕22号"),
        ("婚姻法32", "old-law", "民法典》婚姻家庭编"),
        ("旧法第3条", "old-law", "《旧法》已废止"),
        ("婚姻法解释二第5条", "repealed", "已废止"),
        ("第一千零四十三条", "law-missing", "请写明法律名称"),
    ],
)
def test_what_the_reader_is_told(query: str, code: str, words: str) -> None:
    (notice,) = read(query).notices
    assert notice.code == code
    assert words in notice.text
    assert "不存在" not in notice.text


def test_an_older_laws_number_leads_to_no_article_and_its_heading_is_looked_for() -> None:
    found = read("婚姻法第32条 离婚")
    assert found.targets == ()
    assert found.text.split() == ["民法典", "婚姻家庭", "离婚"]


def test_a_repealed_text_that_is_held_shows_its_own_article() -> None:
    assert targets("婚姻法解释二第5条") == [(MARRIAGE_2, 5)]


@pytest.mark.parametrize(
    "query",
    [
        "人民法院公告",
        "村民法律意识",
        "农民法律援助",
        "公司法人代表",
        "公民诉讼权利",
        "合同法律风险",
    ],
)
def test_no_law_is_found_inside_another_word(query: str) -> None:
    assert [i for i in read(query).items if i.type == "law"] == []


@pytest.mark.parametrize("query", ["民法典 继承", "公司法股东知情权", "刑法中的盗窃罪", "民法"])
def test_a_law_between_words_is_found(query: str) -> None:
    assert next(i.type for i in read(query).items) == "law"


def test_a_number_says_no_year_and_a_name_no_kind() -> None:
    types = {i.type for i in read("法释〔2020〕22号").items}
    assert "year" not in types
    assert {i.type for i in read("民事诉讼法2021年第64条").items} & {"year"} == set()


def test_phrases_that_cite_nothing_stay_phrases() -> None:
    found = read('"民法典" "宪法第33条" 家风')
    assert found.cited == ("宪法第33条",)
    assert read('"宪法第33条规定"').cited == ()
