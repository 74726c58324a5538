"""The record of a text: its last act, its publication, from when it holds."""

from datetime import date
from pathlib import Path

import pytest

from indexer.metadata import record
from indexer.metadata.record import Record
from kb.errors import ConfigError

D = date


@pytest.mark.parametrize(
    ("lines", "announced", "found"),
    [
        (
            ["（2001年3月2日甲会议通过 2001年3月9日公布 自2001年4月1日起施行）"],
            [],
            Record(D(2001, 3, 9), True, D(2001, 4, 1)),
        ),
        (
            ["（2001年3月2日甲会议通过，自2001年4月1日起施行）"],
            ["《规定》已于2001年3月2日通过，现予公布，自2001年4月1日起施行。", "2001年3月20日"],
            Record(D(2001, 3, 20), True, D(2001, 4, 1)),
        ),
        (
            ["（2001年3月2日甲会议通过，现予公布，自2001年4月1日起施行）"],
            [],
            Record(D(2001, 3, 2), False, D(2001, 4, 1)),
        ),
        (
            [
                "（2001年3月9日公布 自2001年4月1日起施行",
                " 根据2010年5月6日《关于修改〈乙〉（2009年1月1日）的决定》修正）",
            ],
            [],
            Record(D(2010, 5, 6), False, None, False, True),
        ),
        (
            ["（1987年4月15日国务院发布 自发布之日起施行）"],
            [],
            Record(D(1987, 4, 15), True, None, True),
        ),
        ([], [], Record()),
    ],
)
def test_read(lines: list[str], announced: list[str], found: Record) -> None:
    assert record.read(lines, announced, "某规定") == found


def test_a_decision_of_the_table_tells_when_what_it_amends_holds() -> None:
    lines = ["（2003年1月1日国务院令第9号公布 根据2022年3月29日《国务院关于甲的决定》修订）"]
    found = record.read(lines, (), "某条例")
    assert (found.published, found.effective) == (D(2022, 3, 29), D(2022, 5, 1))
    lines = ["（1990年1月1日第七届全国人民代表大会第三次会议通过 根据2021年12月24日《决定》修正）"]
    assert record.read(lines, (), "中华人民共和国工会法").effective == D(2022, 1, 1)
    assert record.read(lines, (), "中华人民共和国示例法").effective is None


def test_closing_words_are_those_of_such_a_text() -> None:
    lines = ["本决定自2022年3月1日起施行。", "第九条 本法自2016年1月1日起施行。"]
    assert record.closing(lines, "关于修改甲法的决定", None)[0] == D(2022, 3, 1)
    assert record.closing(lines, "甲法", None)[0] == D(2016, 1, 1)
    assert record.closing(["本办法自公布之日起施行。"], "某办法", D(2020, 1, 2))[0] == D(2020, 1, 2)
    assert record.closing(["新法自2020年1月1日起施行。"], "某办法", None) == (None, "")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("国务院\t2022-03-29\t2022-03-29\t2022-05-01", "5 列"),
        ("\t2022-03-29\t2022-03-29\t2022-05-01\t", "第一列"),
        ("国务院\t2022-3-29\t2022-03-29\t2022-05-01\t", "日期"),
        ("国务院\t2022-03-29\t2022-03-28\t2022-05-01\t", "先后"),
    ],
)
def test_a_wrong_line_of_the_table_is_named(tmp_path: Path, line: str, word: str) -> None:
    path = tmp_path / "d.tsv"
    path.write_text(f"# x\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match=word) as raised:
        record.load(path)
    assert "第2行" in str(raised.value)
    with pytest.raises(ConfigError):
        record.load(tmp_path / "none.tsv")


def test_the_bundled_table_is_whole() -> None:
    assert len(record.decisions()) > 50
