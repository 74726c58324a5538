"""The head of a statute: adopted, published, in force, by whom, under which number."""

from datetime import date

import pytest

from indexer.statute_head import Head, effective_in, read_head

STANDING = "全国人民代表大会常务委员会"


def test_an_empty_head() -> None:
    assert read_head([], "甲法") == Head()
    assert read_head(["没有日期的一行"], "甲法") == Head()


def test_the_newest_amendment_is_the_publication() -> None:
    lines = [
        "1995年8月29日 第八届全国人民代表大会常务委员会第十五次会议通过",
        "2016年12月25日 第十二届全国人民代表大会常务委员会第二十五次会议修订",
        "2018年10月26日 第十三届全国人民代表大会常务委员会第六次会议修正",
    ]
    assert read_head(lines, "示范法") == Head(date(2018, 10, 26), None, STANDING, "")


def test_day_of_effect() -> None:
    lines = ["2003年8月18日 某部令公布", "2004年1月1日 施行"]
    head = read_head(lines, "示范办法")
    assert (head.published, head.effective) == (date(2003, 8, 18), date(2004, 1, 1))
    one = read_head(["2010年6月5日公布 自2010年9月1日起施行"], "示范办法")
    assert one.effective == date(2010, 9, 1)
    assert one.published == date(2010, 6, 5)


def test_impossible_dates_are_none() -> None:
    assert read_head(["2010年13月45日 通过", "9999年99月99日施行"], "甲") == Head()


@pytest.mark.parametrize(
    ("title", "line", "issuer"),
    [
        ("甲法", "1982年12月4日 第五届全国人民代表大会第五次会议通过", "全国人民代表大会"),
        ("甲法", "2000年1月1日 全国人民代表大会常务委员会通过", STANDING),
        ("甲条例", "2009年10月13日 中华人民共和国国务院令第564号公布", "国务院"),
        ("最高人民法院关于甲的解释", "2020年1月1日 通过", "最高人民法院"),
        (
            "最高人民法院、最高人民检察院关于甲的解释",
            "2020年1月1日 最高人民法院通过",
            "最高人民法院、最高人民检察院",
        ),
        ("最高人民检察院关于甲的规定", "2020年1月1日 最高人民法院同意", "最高人民检察院"),
        # Who approved a text is not who made it.
        (
            "甲市条例",
            "2019年3月1日 示范省人民代表大会常务委员会批准",
            "示范省人民代表大会常务委员会",
        ),
        ("甲市条例", "2019年1月1日 示范市第三届人民代表大会通过", "示范市人民代表大会"),
        ("甲规定", "2019年1月1日 印发", ""),
    ],
)
def test_issuer(title: str, line: str, issuer: str) -> None:
    assert read_head([line], title).issuer == issuer


def test_who_approved_is_not_who_made() -> None:
    lines = [
        "2019年1月1日 示范市第三届人民代表大会常务委员会第五次会议通过",
        "2019年3月1日 示范省人民代表大会常务委员会批准",
    ]
    for order in (lines, lines[::-1]):
        assert read_head(order, "甲市养犬条例").issuer == "示范市人民代表大会常务委员会"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("2009年10月13日 中华人民共和国国务院令第564号公布", "中华人民共和国国务院令第564号"),
        ("2012年1月1日 公安部令第１２５号公布", "公安部令第125号"),
        ("（法释[2020] 17号）", "法释〔2020〕17号"),
        ("高检发释字（2019）1号 印发", "高检发释字〔2019〕1号"),
        ("1997年8月21日 中国人民银行令第2号发布", "中国人民银行令第2号"),
        (
            "2004年8月1日 中华人民共和国国务院、中华人民共和国中央军事委员会令第413号公布",
            "中华人民共和国国务院、中华人民共和国中央军事委员会令第413号",
        ),
        ("第5次会议通过", ""),
    ],
)
def test_number(line: str, number: str) -> None:
    assert read_head([line], "甲规定").number == number


PUBLISHED = date(2022, 12, 30)


@pytest.mark.parametrize(
    ("texts", "day"),
    [
        (["本法自2023年5月1日起施行。"], date(2023, 5, 1)),
        (["本规定自二○二三年五月一日起施行。"], date(2023, 5, 1)),
        (["甲。", "本法自 2023年5月1日 起正式实施。", "乙。"], date(2023, 5, 1)),
        (["本法自2022年12月30日起施行。"], PUBLISHED),
        # The day of the first version, kept in an amended text.
        (["本法自2010年1月1日起施行。"], None),
        (["本办法自2023年1月1日起施行。1999年5月1日起实施的旧办法同时废止。"], date(2023, 1, 1)),
        (["本条例自发布之日起施行。"], None),
        (["自2023年2月30日起施行"], None),
        ([], None),
    ],
)
def test_day_of_effect_in_the_closing_articles(texts: list[str], day: date | None) -> None:
    assert effective_in(texts, PUBLISHED) == day
    assert effective_in(texts, None) is None
