"""What stands before a text: titles over several lines, announcements, records."""

import time

import pytest

from indexer.metadata import front

PASSED = "（2001年3月2日最高人民法院审判委员会第1100次会议通过）"


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (
            ["最高人民法院", "关于审理示例案件", "有关问题的规定", "法释〔2001〕9号", PASSED],
            "最高人民法院关于审理示例案件有关问题的规定",
        ),
        (
            ["最高人民法院 最高人民检察院", "关于办理示例刑事案件", "若干问题的解释（二）", PASSED],
            "最高人民法院、最高人民检察院关于办理示例刑事案件若干问题的解释（二）",
        ),
        (
            ["最高人民法院", "关于适用《中华人民共和国示例法》", "时间效力的若干规定"],
            "最高人民法院关于适用《中华人民共和国示例法》时间效力的若干规定",
        ),
        (
            ["最高人民法院关于审理甲事适用示例制度", "若干问题的规定", PASSED],
            "最高人民法院关于审理甲事适用示例制度若干问题的规定",
        ),
        (
            ["全国人民代表大会常务委员会关于", "《中华人民共和国示例法》", "第三条第二款的解释"],
            "全国人民代表大会常务委员会关于《中华人民共和国示例法》第三条第二款的解释",
        ),
        (
            ["国务院关于修改", "《甲条例》、", "《乙条例》", "的决定"],
            "国务院关于修改《甲条例》、《乙条例》的决定",
        ),
        (
            ["中华人民共和国示例法", "实施条例", "（2001年3月2日公布）"],
            "中华人民共和国示例法实施条例",
        ),
        (["某省公共服务工程", "项目建设任务书", "（某市）"], "某省公共服务工程项目建设任务书"),
        (
            ["甲供水公司", "2023年第一季度经营报告", "2023年4月"],
            "甲供水公司2023年第一季度经营报告",
        ),
        (["附件2：某市普法责任清单", "教育局负责宪法宣传。"], "某市普法责任清单"),
        (["关于加强示例工作的通知", "各区县："], "关于加强示例工作的通知"),
    ],
)
def test_titles_over_several_lines(rows: list[str], title: str) -> None:
    found = front.read([*rows, "第一条 为了示例，制定本规定。"])
    assert (found.title, found.complete) == (title, True)


@pytest.mark.parametrize(
    "announcement",
    [
        ["中华人民共和国最高人民法院", "公 告", "《规定》已于2001年3月2日通过，现予公布。"],
        ["最高人民法院公告", "《规定》已经通过，现予公布，自2001年4月1日起施行。", "最高人民法院"],
        ["中华人民共和国主席令", "第八十八号", "《规定》已通过，现予公布。", "主席 张三"],
    ],
)
def test_an_announcement_is_not_the_title_and_not_lost(announcement: list[str]) -> None:
    rows = [*announcement, "2001年3月9日", "最高人民法院", "关于审理示例案件", "若干问题的规定"]
    found = front.read([*rows, "法释〔2001〕9号", PASSED, "第一条 为了示例。"])
    assert found.title.endswith("关于审理示例案件若干问题的规定")
    assert found.title.startswith("最高人民法院")
    assert found.announced[: len(announcement)] == tuple(announcement)
    assert found.record == ("法释〔2001〕9号", PASSED)


def test_a_title_without_its_court_takes_that_of_the_announcement() -> None:
    rows = ["中华人民共和国最高人民检察院", "公 告", "《解释》已通过，现予公布。", "2001年3月9日"]
    assert front.read([*rows, "关于示例要件的解释"]).title == "最高人民检察院关于示例要件的解释"


def test_a_record_broken_over_lines_is_one() -> None:
    rows = [
        "某规定",
        "（2001年3月2日某委员会",
        "第九次会议通过，根据2010年",
        "决定修正）",
        "第一条 甲。",
    ]
    assert front.read(rows).record == tuple(rows[1:4])


def test_rows_of_tables_are_no_titles() -> None:
    assert front.read(["收文机关 | 办公室 | 登记人", "公文标题 | 关于甲的通知"]).title == ""
    assert front.read(["序号：1；姓名：周某某；住址：甲街1号"]).title == ""


def test_bodies() -> None:
    assert front.is_bodies("最高人民法院、最高人民检察院 公安部")
    assert not front.is_bodies("关于内地与某地法院")
    started = time.process_time()
    front.read(["局部委" * 26, "公告", "院" * 79] * 10)
    assert time.process_time() - started < 2  # linear: milliseconds
