"""One table of forms: what readers keep, what is compared, what is indexed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.folding import clean, flat, fold, pattern, ungrouped

_MARKS = "〇○0oО二三年.．，,5０\u2009\ufe0f\u2ec5·•⼈人"


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(_MARKS)), max_size=60))
def test_folding_keeps_length_and_twice_is_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)
    assert clean(clean(text)) == clean(text)


def test_every_radical_is_read_as_its_ideograph() -> None:
    """U+2E9A is unassigned, and U+2E80 stands for no ideograph."""
    radicals = [chr(c) for c in (*range(0x2E81, 0x2EF4), *range(0x2F00, 0x2FD6)) if c != 0x2E9A]
    assert [r for r in radicals if clean(r) == r] == []
    assert (
        clean("⽤⼈单位、⻓期、⻔诊、⻝品、⻋辆、⺠政、意⻅")
        == "用人单位、长期、门诊、食品、车辆、民政、意见"
    )
    assert fold("⻑⻄") == fold("長西") == "长西"


@pytest.mark.parametrize(
    "code", [0xAD, 0x34F, 0x180E, 0x200B, 0x202E, 0x2063, 0x2069, 0xFE0F, 0xFEFF, 0xE0100, 0xE01EF]
)
def test_nothing_invisible_is_kept(code: int) -> None:
    assert clean(f"公{chr(code)}证") == "公证"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("二〇二四年", "二零二四年"),
        ("二○二○年", "二〇二〇年"),
        ("二О二四年", "二〇二四年"),
        ("二0二四", "二零二四"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提・吐尔逊"),
        ("5,000元", "5000元"),
        ("５，０００元", "5000元"),
        ("12\u2009345\u2009678.5", "12345678.5"),
    ],
)
def test_forms_that_are_one(one: str, other: str) -> None:
    assert flat(one) == flat(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.5", "15"), ("3，40", "340"), ("2021,2022", "20212022"), ("○○公司", "零零公司")],
)
def test_forms_that_differ(one: str, other: str) -> None:
    assert flat(one) != flat(other)


def test_a_list_of_short_figures_is_no_figure() -> None:
    assert ungrouped("第1,2,300项") == "第1,2,300项"


def test_a_figure_is_found_however_it_is_grouped() -> None:
    for text in ("罚款50,000元", "罚款50，000元", "罚款50000元", "罚款50\u2009000元"):
        assert re.search(pattern("50000元"), fold(text)), text
    assert not re.search(pattern("5000元"), fold("50元"))
