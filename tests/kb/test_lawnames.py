"""Names of laws: short names from titles, older laws, regions, and the table's schema."""

from datetime import date
from pathlib import Path

import pytest

from kb.errors import ConfigError
from kb.lawnames import Alias, LawNames, Standing, aliases, read, work_of

SUPREME = "最高人民法院关于"
MARRIAGE_1 = f"{SUPREME}适用《民法典》婚姻家庭编的解释（一）"
MARRIAGE_2 = f"{SUPREME}适用《民法典》婚姻家庭编的解释（二）"
CRIMINAL = f"{SUPREME}适用《刑事诉讼法》的解释"
LENDING = f"{SUPREME}审理民间借贷案件适用法律若干问题的规定"
LABOUR = f"{SUPREME}审理劳动争议案件适用法律若干问题的解释"
LABOUR_1 = f"{SUPREME}审理劳动争议案件适用法律问题的解释（一）"
COMPANY_3 = f"{SUPREME}适用《公司法》若干问题的规定（三）"
THEFT = "最高人民法院、最高人民检察院关于办理盗窃刑事案件适用法律若干问题的解释"
GUARANTEE = f"{SUPREME}适用《民法典》有关担保制度的解释"
GIFTS = f"{SUPREME}审理涉彩礼纠纷案件适用法律若干问题的规定"
INJURY = f"{SUPREME}审理工伤保险行政案件若干问题的规定"
AMENDED = "刑法修正案（十一）"
CONSTITUTION = ["宪法修正案（1999年）", "宪法修正案（2018年）"]
WORKS = [
    *("民法典", "刑法", "公司法", "刑事诉讼法", "外商投资法", "物业管理条例"),
    *(MARRIAGE_1, MARRIAGE_2, CRIMINAL, LENDING, LABOUR_1, COMPANY_3, THEFT, GUARANTEE, GIFTS),
    *(INJURY, AMENDED, *CONSTITUTION, "上海市绿化条例"),
]
NAMES = LawNames(WORKS)


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("婚姻家庭编解释一", MARRIAGE_1),
        ("民法典婚姻家庭编解释（二）", MARRIAGE_2),
        ("民法典婚姻家庭编的解释(一)", MARRIAGE_1),
        ("关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）", MARRIAGE_1),
        ("最高人民法院关于适用民法典婚姻家庭编的解释（一）", MARRIAGE_1),
        ("刑诉解释", CRIMINAL),
        ("刑诉法司法解释", CRIMINAL),
        ("关于适用刑事诉讼法的解释", CRIMINAL),
        ("民间借贷规定", LENDING),
        ("民间借贷司法解释", LENDING),
        ("劳动争议解释一", LABOUR_1),
        # The only one of its kind needs no number.
        ("劳动争议司法解释", LABOUR_1),
        ("公司法解释三", COMPANY_3),
        ("公司法司法解释（三）", COMPANY_3),
        ("公司法规定（三）", COMPANY_3),
        ("盗窃罪司法解释", THEFT),
        ("担保制度解释", GUARANTEE),
        ("彩礼司法解释", GIFTS),
        ("修正案十一", AMENDED),
        ("刑法修正案(十一)", AMENDED),
        ("刑修十一", AMENDED),
    ],
)
def test_short_names_are_made_from_titles(name: str, work: str) -> None:
    found = NAMES.resolve(name)
    assert found is not None
    assert found.work == work


@pytest.mark.parametrize(
    "name", ["婚姻家庭编解释", "民法典解释", "公司法规定", "解释", "解释（一）"]
)
def test_what_may_mean_several_means_none(name: str) -> None:
    assert NAMES.resolve(name) is None


def test_of_works_with_one_short_name_the_one_in_force_then_the_newest_is_meant() -> None:
    old, new = f"{SUPREME}适用《公司法》若干问题的解释", f"{SUPREME}适用《公司法》的解释"
    works = ["公司法", old, new]
    assert LawNames(works).resolve("公司法解释") is None

    def meant(**standing: Standing) -> str:
        found = LawNames(works, {old: standing["old"], new: standing["new"]}).resolve("公司法解释")
        assert found is not None
        return found.work

    day = date(2018, 1, 1)
    assert meant(old=Standing(published=date.min), new=Standing(published=day)) == new
    assert meant(old=Standing(published=day), new=Standing(False, date(2020, 1, 1))) == old
    gone = {LABOUR: Standing(False, date(2001, 4, 16)), LABOUR_1: Standing(True, day)}
    found = LawNames([LABOUR, LABOUR_1], gone).resolve("劳动争议解释")
    assert found is not None
    assert found.work == LABOUR_1


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("工伤保险规定怎么报销", []),
        ("工伤保险规定第3条", [INJURY]),
        ("《工伤保险规定》", [INJURY]),
        ("工伤保险规定", [INJURY]),
        ("公司法解释三个问题", ["公司法"]),
        ("公司法解释三 股东出资", [COMPANY_3]),
        ("江苏省物业管理条例", []),
        ("江苏物业管理条例", []),
        ("上海市绿化条例 上海绿化条例", ["上海市绿化条例", "上海市绿化条例"]),
        ("《物业管理条例》", ["物业管理条例"]),
        ("《民法典婚姻家庭编》", ["民法典"]),
        ("《民法典》《刑法》", ["民法典", "刑法"]),
        ("《民法典", ["民法典"]),
    ],
)
def test_names_are_found_in_texts(text: str, works: list[str]) -> None:
    assert [m.work for m in NAMES.find(text)] == works


def test_works_of_one_name_stand_beside_each_other() -> None:
    found = NAMES.resolve("宪法修正案")
    assert found is not None
    assert {found.work, *found.others} == set(CONSTITUTION)


def test_older_laws_are_told_by_what_took_their_place() -> None:
    old = Alias("外资企业法", "外商投资法", "《外资企业法》已废止", date(2020, 1, 1))
    names = LawNames(WORKS, replaced=[old])
    assert names.resolve("外资企业法") == old
    # In the base itself it keeps its name, and the table's own word comes first.
    assert LawNames([*WORKS, "外资企业法"], replaced=[old]).resolve("外资企业法") != old
    other = Alias("合同法", "民法典", "另一说明")
    found = LawNames(WORKS, replaced=[other]).resolve("合同法")
    assert found is not None
    assert found.note == aliases()["合同法"].note


def test_the_table_says_since_when_and_where_to_look() -> None:
    for name in (
        "合同法",
        "婚姻法",
        "收养法",
        "继承法",
        "物权法",
        "担保法",
        "侵权责任法",
        "民法通则",
    ):
        alias = aliases()[name]
        assert (alias.work, alias.since) == ("民法典", date(2021, 1, 1))
        assert alias.parts
        assert f"《{name}》" in alias.note


@pytest.mark.parametrize(
    "entry",
    [
        'names = ["甲法"]',
        'work = "乙法"',
        'names = ["甲法"]\nwork = "乙法"\nother = 1',
        'names = ["甲法"]\nwork = "乙法"\nparts = ["总则"]',
        'names = ["甲法"]\nwork = "乙法"\nsince = "2020"\nnote = "废止"',
        'names = ["甲法"]\nwork = "乙法"\nsince = 2020-01-01T00:00:00\nnote = "废止"',
        'names = ["甲法", "甲法"]\nwork = "乙法"',
    ],
)
def test_a_wrong_entry_is_refused(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"law_aliases\.toml"):
        read(f"[[alias]]\n{entry}")


def test_aliases_point_to_works_of_the_real_statutes(data: Path) -> None:
    stems = {p.stem.partition("(2")[0].partition("(1")[0] for p in (data / "laws").rglob("*.md")}
    works = {work_of(s) for s in stems} | {"民法典"}
    for alias in aliases().values():
        assert alias.work in works, alias.name
