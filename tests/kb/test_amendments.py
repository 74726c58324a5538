"""The table of known changes: its format, and how names are matched."""

import time
from datetime import date

import pytest

from kb import amendments
from kb.amendments import Amendment, key_of, read
from kb.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = [", "TOML"),
        ("x = 1", "amendment"),
        ('[[amendment]]\nwork = "a"', "不认识的键"),
        ('[[amendment]]\nworks = []\nwhat = "废止"', "works"),
        ('[[amendment]]\nworks = ["a"]\nwhat = "改"', "what"),
        ('[[amendment]]\nworks = ["a"]\nwhat = "修订"\nadopted = 2025-01-01', "effective"),
        (
            '[[amendment]]\nworks = ["a"]\nwhat = "修订"\nadopted = 2025-02-01\n'
            "effective = 2025-01-01",
            "不晚于",
        ),
        ('[[amendment]]\nworks = ["a"]\nwhat = "待核实"\nadopted = 2025-01-01', "不写日期"),
        ('[[amendment]]\nworks = ["a"]\nwhat = "待核实"', "reason"),
        (
            '[[amendment]]\nworks = ["a"]\nwhat = "待核实"\nreason = "x"\nchecked = "昨天"',
            "checked",
        ),
        (
            '[[amendment]]\nworks = ["a"]\nwhat = "废止"\nadopted = 2025-01-01\n'
            'effective = 2025-01-01\nreason = "x"',
            "只用于待核实",
        ),
        (
            '[[amendment]]\nworks = ["a"]\nwhat = "新法替代"\nadopted = 2025-01-01\n'
            "effective = 2025-01-01",
            "replaced_by",
        ),
        (
            '[[amendment]]\nworks = ["中华人民共和国某法"]\nwhat = "废止"\n'
            "adopted = 2025-01-01\neffective = 2025-01-01",
            "规范简称",
        ),
    ],
)
def test_a_wrong_entry_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("最高人民法院关于审理偷税抗税案件的解释", "最高人民法院关于审理偷税、抗税案件的解释"),
        ("最高人民法院、最高人民检察院关于办理甲案的解释", "关于办理甲案的解释"),
        ("最高人民法院 最高人民检察院关于办理甲案的解释", "《关于办理甲案的解释》"),
        ("最高人民法院关于适用《中华人民共和国甲法》的解释", "关于适用〈甲法〉的解释"),
        ("最高人民法院印发《关于甲的意见（试行）》的通知", "最高人民法院关于甲的意见(试行)"),
    ],
)
def test_ways_to_write_one_name_are_equal(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


def test_names_that_differ_stay_apart() -> None:
    names = [
        *("国务院组织法", "全国人民代表大会组织法", "组织法", "甲规定（一）", "甲规定（二）"),
        *("甲条例", "甲条例实施细则", "上海市甲条例"),
    ]
    assert len({key_of(name) for name in names}) == len(names)


@pytest.mark.parametrize("hostile", ["最高人民法院、" * 9999, "印发《" * 9999, "公安部" * 9999])
def test_a_hostile_name_costs_little(hostile: str) -> None:
    began = time.process_time()
    key_of(hostile)
    assert time.process_time() - began < 1


def test_a_text_dated_by_the_day_its_decision_was_passed_is_its_outcome() -> None:
    change = Amendment("甲规定", "修正", date(2020, 12, 29), date(2021, 1, 1))
    assert not change.touches(date(2020, 12, 23), date(2004, 5, 1))
    assert change.touches(date(2020, 6, 1), date(2004, 5, 1))
    repeal = Amendment("甲规定", "废止", date(2020, 12, 29), date(2021, 1, 1))
    assert repeal.touches(date(2020, 12, 23), None)


def test_the_shipped_tables_say_what_decisions_did() -> None:
    def said(work: str) -> set[tuple[str, str]]:
        return {(a.what, a.source) for a in amendments.of(work)}

    assert ("废止", "国务院令第758号") in said("国务院关于股份有限公司境外募集股份及上市的特别规定")
    assert ("修正", "法释〔2020〕18号") in said(
        "最高人民法院关于适用《公司法》若干问题的规定（二）"
    )
    assert ("修正", "国务院令第797号") in said("医疗器械监督管理条例")
    waiting = [a for those in amendments.listed().values() for a in those if a.what == "待核实"]
    assert waiting
    assert all(a.reason and a.checked for a in waiting)
