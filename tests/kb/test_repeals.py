"""What statutes and decisions say of other texts."""

from datetime import date

import pytest

from kb import repeals
from kb.documents import Audience, Document, Kind, Passage, PassageKind
from kb.repeals import Ended

OLD, NEW = date(2016, 11, 7), date(2022, 6, 24)


def statute(text: str, work: str = "新法") -> Document:
    passage = Passage("a9", "第九条", (), text, PassageKind.ARTICLE, "9")
    return Document(
        "x", work, Kind.LAW, Audience.PUBLIC, (passage,), work=work, published=OLD, effective=NEW
    )


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("《中华人民共和国甲法》同时废止。", ["甲法"]),
        ("本法自2022年起施行。《甲条例》和《乙办法》同时废止。", ["甲条例", "乙办法"]),
        ("《甲解释》（法释〔2015〕16号）、《乙解释》同时废止。", ["甲解释", "乙解释"]),
        ("《关于适用〈甲法〉的解释》同时废止。", ["关于适用《甲法》的解释"]),
        ("《关于适用《甲法》的解释》同时废止。", ["关于适用《甲法》的解释"]),
        ("《甲法》第五条同时废止。", []),
        ("依照《甲法》处理。《乙法》同时废止。", ["乙法"]),
        ("1993年通过的《新法》同时废止。", []),
        ("本法自公布之日起施行。", []),
        (
            "1993年国务院发布的《甲条例》和1995年乙部发布的《乙办法》，同时废止。",
            ["甲条例", "乙办法"],
        ),
        ("《甲规定》自本法施行之日起即行废止。", ["甲规定"]),
        ("本解释施行后，《甲解释》（法释〔2002〕3号）不再适用。", ["甲解释"]),
        ("自本法施行之日起，《甲规定》停止执行。", ["甲规定"]),
        ("《甲法》规定的看守所同时废止。", []),
        ("违反《甲条例》的，责令停止执行。", []),
        ("《甲法》中有关看守所的规定即行废止。", []),
    ],
)
def test_repeals_are_read_from_the_closing_article(text: str, works: list[str]) -> None:
    assert [e.work for e in repeals.repealed(statute(text))] == works


def test_the_number_beside_a_title_is_kept() -> None:
    text = "《甲解释》（法释〔2015〕16号）、《乙解释》同时废止。"
    assert repeals.repealed(statute(text)) == (Ended("甲解释", "法释〔2015〕16号"), Ended("乙解释"))


def decision(title: str, *lines: str) -> Document:
    passages = tuple(Passage(f"p{i}", "", (), line) for i, line in enumerate(lines, 1))
    return Document(
        *("x", title, Kind.ADMINISTRATIVE_REGULATION, Audience.PUBLIC, passages),
        work=title,
        published=OLD,
        effective=NEW,
    )


def test_a_decision_that_repeals_lists_its_texts() -> None:
    found = decision(
        "国务院关于废止部分行政法规的决定",
        "为了优化环境，国务院决定废止以下行政法规：",
        "一、甲管理条例（2001年6月13日国务院令第309号公布）",
        "二、《乙征收办法》（2002年8月2日公布）",
        "本决定自公布之日起施行。",
    )
    assert [e.work for e in repeals.ended(found)] == ["甲管理条例", "乙征收办法"]
    assert repeals.amended(found) == repeals.repealed(found) == ()


def test_a_decision_with_two_annexes_tells_them_apart() -> None:
    found = decision(
        "国务院关于修改和废止部分行政法规的决定",
        "一、对2部行政法规的部分条款予以修改。（附件1）",
        "国务院决定修改的行政法规",
        "一、将《甲条例》第五条中的“工商”修改为“市场监管”。",
        "第九条修改为：“依照《丙条例》的规定执行。”",
        "二、删去《乙条例》第三条。",
        "国务院决定废止的行政法规",
        "一、丁管理办法（1990年1月1日国务院发布）",
    )
    assert [e.work for e in repeals.amended(found)] == ["甲条例", "乙条例"]
    assert [e.work for e in repeals.ended(found)] == ["丁管理办法"]


def test_a_decision_with_a_table_is_read_by_its_title_column() -> None:
    found = decision(
        "最高人民法院关于废止部分司法解释的决定",
        "序号 | 类别 | 标题 | 发文日期 文号 | 理由",
        "1 | 民事 | 最高人民法院关于甲问题的批复 | 1991年4月12日 法（研）发〔1991〕11号 | 已被《乙解释》代替",
        "2 | | 最高人民法院关于丙问题的通知 | 1993年9月24日 | 不再适用",
    )
    assert repeals.ended(found) == (
        Ended("最高人民法院关于甲问题的批复", "法（研）发〔1991〕11号"),
        Ended("最高人民法院关于丙问题的通知"),
    )


def test_a_decision_names_what_it_ends_in_its_title_or_text() -> None:
    by_title = decision("关于废止《甲条例》的决定", "决定：废止《甲条例》，自2006年1月1日起施行。")
    assert [e.work for e in repeals.ended(by_title)] == ["甲条例"]
    part = decision("关于废止有关规定的决定", "废止《甲条例》第三条的规定。")
    assert repeals.ended(part) == ()


def test_a_text_about_a_decision_is_no_decision() -> None:
    about = decision("关于甲法修改决定施行后案件管辖的解释", "《乙解释》同时废止。")
    assert not repeals.is_decision(about)
    assert [e.work for e in repeals.repealed(about)] == ["乙解释"]


def test_a_later_version_repeats_the_repeal_of_the_first() -> None:
    one = Ended("甲办法")
    change = repeals.change("新法替代", one, "甲条例", date(2024, 9, 27), date(2023, 1, 1))
    assert (change.adopted, change.effective) == (date(2023, 1, 1), date(2023, 1, 1))
    assert change.replaced_by == "甲条例"
