"""The list of laws in force that comes with the program."""

from datetime import date

import pytest

from kb.amendments import key_of
from kb.errors import ConfigError
from kb.lists import read, shipped


def test_the_shipped_list_is_complete() -> None:
    listed = shipped()
    assert len(listed.years) == 311
    assert listed.day == date(2026, 6, 26)
    assert listed.years["民法典"] == 2020
    assert key_of("中华人民共和国网络安全法") in listed.years
    for gone in ("乡镇企业法", "全民所有制工业企业法", "婚姻法"):
        assert listed.covers(gone)
        assert key_of(gone) not in listed.years


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = [", "TOML"),
        ('day = 2026-01-01\nsource = "x"', "laws"),
        ('day = "昨天"\nsource = "x"\n[laws]', "日期"),
        ('day = 2026-01-01\nsource = "x"\n[laws]\n"甲法" = 2027', "年份"),
        ('day = 2026-01-01\nsource = "x"\n[laws]\n"甲法" = "2020"', "年份"),
        ('day = 2026-01-01\nsource = "x"\n[laws]\n"中华人民共和国甲法" = 2020', "规范简称"),
    ],
)
def test_a_wrong_list_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(text)
