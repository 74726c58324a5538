"""The catalogue of topics, tagging and finding, and the distribution over the real data."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import topics
from kb.errors import ConfigError
from tests.support import real

NEWER_THAN_DATA = {"法治宣传教育法", "民营经济促进法"}

# fmt: off
REQUIRED = [
    "习近平法治思想", "宪法", "民法典", "六五普法", "七五普法", "八五普法", "九五普法",
    "法治宣传教育法", "谁执法谁普法", "法律明白人", "法治政府", "依法治区", "行政复议",
    "行政执法监督", "合法性审查", "人民调解", "枫桥经验", "社区矫正", "安置帮教",
    "法律援助", "公共法律服务", "律师", "公证", "司法鉴定", "仲裁", "营商环境", "涉企普法",
    "青少年法治教育", "未成年人保护", "养老诈骗", "妇女权益", "农民工与欠薪", "劳动",
    "婚姻家庭", "继承", "消费者", "反诈", "禁毒", "反有组织犯罪", "国家安全", "网络与数据",
    "个人信息", "生态环境", "安全生产", "道路交通", "物业与邻里", "房屋租赁", "征地拆迁",
    "农村土地", "民间借贷", "医疗", "食品药品", "知识产权", "税法", "信访", "政府信息公开",
    "党内法规", "刑法", "行政处罚", "行政诉讼", "民事诉讼", "社会保险", "工伤", "教育",
    "残疾人", "退役军人", "法治文化", "法治乡村", "民主法治村", "执法规范化", "法治督察",
    "宗教事务", "民族事务",
]
# fmt: on


def tags(
    title: str, text: str = "", *, headings: list[str] | None = None, work: str = ""
) -> dict[str, str]:
    found = topics.match(title, headings or [], text, work, bool(work))
    return {m.topic: m.where for m in found}


@pytest.mark.parametrize("name", REQUIRED)
def test_required_topics_are_found(name: str) -> None:
    topic = topics.find(name)
    assert topic is not None
    assert topic.description.endswith(("。", "）"))
    assert 15 <= len(topic.description) <= 120


def test_periods_follow_one_another() -> None:
    first = topics.find("六五普法")
    years = []
    while first is not None:
        assert first.period is not None
        years.append(first.period)
        first = topics.find(first.successor) if first.successor else None
    assert years == [(2011, 2015), (2016, 2020), (2021, 2025), (2026, 2030)]


def test_catalogue_is_large_and_every_group_is_used() -> None:
    whole = topics.catalogue()
    assert len(whole.topics) >= 70
    assert {t.group for t in whole.topics} == set(whole.groups)


@pytest.mark.parametrize(
    "words",
    [
        "“八五”普法",
        "八五普法",
        '"八五"普法规划',
        "‘八五’ 普法",
        "「八五」普法",
        "八五　普法",
        "第八个五年普法",
    ],
)
def test_quotes_and_spaces_do_not_matter(words: str) -> None:
    assert tags(f"关于{words}的报告") == {"八五普法": "标题"}
    [(topic, start, end)] = topics.mentions(f"问：{words}")
    assert topic.name == "八五普法"
    assert "五" in f"问：{words}"[start:end]


def test_mentions_have_spans_of_the_query_as_typed() -> None:
    query = "房东不退押金，社区 矫正怎么说"
    assert [(t.name, query[a:b]) for t, a, b in topics.mentions(query)] == [
        ("房屋租赁", "房东"),
        ("房屋租赁", "退押金"),
        ("社区矫正", "社区 矫正"),
    ]


def test_where_and_order() -> None:
    text = "法律援助。法律援助。法律援助。" + "其他文字。" * 20
    found = topics.match("社区矫正情况", ["一、人民调解"], text, "", False)
    assert [(m.topic, m.where, m.count) for m in found] == [
        ("社区矫正", "标题", 1),
        ("人民调解", "小标题", 1),
        ("法律援助", "正文", 3),
    ]


def test_text_counts_only_often_enough() -> None:
    assert tags("情况", "法律援助" * 2) == {}
    assert tags("情况", "法律援助" * 3) == {"法律援助": "正文"}
    assert tags("情况", "法律援助" * 3 + "文字" * 4_000) == {}
    assert tags("示例条例", "法律援助" * 7, work="示例条例") == {}


def test_statutes_are_tagged_by_their_name() -> None:
    assert tags("中华人民共和国社区矫正法", work="社区矫正法") == {"社区矫正": "标题"}
    assert tags("某市实施《中华人民共和国标准化法》办法", work="x") == {"产品质量与标准": "标题"}
    assert "税法" not in tags("某条例", "依法纳税，税收减免。" * 50, work="某条例")
    assert "国家安全" not in tags("中华人民共和国防洪法", work="防洪法")
    assert "青少年法治教育" not in tags("中华人民共和国国防教育法", work="国防教育法")


def test_who_issues_is_not_what_it_is_about() -> None:
    assert tags("某省人民代表大会常务委员会关于加强禁毒工作的决定", work="x") == {"禁毒": "标题"}
    assert tags("最高人民法院、最高人民检察院关于办理药品安全的解释", work="x") == {
        "食品药品": "标题"
    }


def test_everyday_words_tag_guides_but_not_statutes() -> None:
    assert tags("房东不退押金怎么办") == {"房屋租赁": "标题"}
    assert tags("房东条例", work="房东条例") == {}


def test_ignored_phrases_count_for_nothing() -> None:
    assert tags("情况", "由生态环境主管部门负责。" * 9) == {}
    assert tags("情况", "保护生态环境。" * 9) == {"生态环境": "正文"}


def test_at_most_eight() -> None:
    text = "".join(f"{t.name}。" * 5 for t in topics.catalogue().topics[:30])
    assert len(topics.match("", [], text, "", False)) == topics.MOST


@given(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=3), st.text(), st.booleans())
def test_never_raises(title: str, headings: list[str], text: str, is_statute: bool) -> None:
    assert len(topics.match(title, headings, text, title, is_statute)) <= topics.MOST
    for _, start, end in topics.mentions(title + text):
        assert 0 <= start < end <= len(title + text)
    topics.find(text)


BASE = 'groups = ["甲组"]\n[[topic]]\nname = "专题"\ngroup = "甲组"\ndescription = "说明。"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groups = [", "TOML"),
        ("groups = ['甲组']", "topic"),
        (BASE.replace('group = "甲组"', 'group = "乙组"'), "“专题” group"),
        (BASE.replace('description = "说明。"\n', ""), "description"),
        (BASE + 'alias = ["a"]\n', "alias"),
        (BASE + "aliases = [1]\n", "aliases"),
        (BASE + 'aliases = ["税"]\n', "太短"),
        (BASE + 'aliases = ["法治", "法治"]\n', "重复"),
        (BASE + "period = [2025, 2021]\n", "period"),
        (BASE + 'successor = "没有"\n', "successor"),
        (BASE + '[[topic]]\nname = "专题"\ngroup = "甲组"\ndescription = "又"\n', "重名"),
        (
            BASE
            + '[[topic]]\nname = "另一个"\ngroup = "甲组"\ndescription = "又"\naliases = ["专题"]\n',
            "只属于一个专题",
        ),
    ],
)
def test_loader_names_file_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "topics.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        topics.load(path)
    assert str(path) in str(caught.value)


def test_loader_of_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="无法读取"):
        topics.load(tmp_path / "none.toml")


# ------------------------------------------------------------------- real data


def _real() -> list[tuple[str, list[str], str, str]]:
    documents = []
    for path in real.laws():
        head, _, body = path.read_text("utf-8").partition("<!-- INFO END -->")
        work = re.sub(r"\(\d.*|\.md", "", path.name)
        if path.parent.name == "民法典":
            work = "民法典"
        title = "民法典" if work == "民法典" else head.partition("\n")[0].lstrip("# ")
        documents.append((title, re.findall(r"^#+ *(.*)$", body, re.MULTILINE), body or head, work))
    documents += [("", [], p.read_text("utf-8"), "") for p in real.SUMMARIES.files()]
    return documents


def test_distribution_over_the_real_data() -> None:
    documents = _real()
    topics.match("编译", [], "编译", "", False)
    begin = time.process_time()
    found = [
        topics.match(title, headings, text, work, bool(work))
        for title, headings, text, work in documents
    ]
    spent = time.process_time() - begin
    # 10 s for 26 MB on one core; other work on the machine must not make this fail.
    assert spent < 30
    counts = Counter(m.topic for matches in found for m in matches)
    assert max(counts.values()) <= 0.15 * len(documents)
    assert sum(1 for matches in found if matches) >= 0.9 * len(documents)
    given = {
        work: {m.topic for m in f} for (_, _, _, work), f in zip(documents, found, strict=True)
    }
    for topic in topics.catalogue().topics:
        for law in topic.statutes:
            assert law in given or law in NEWER_THAN_DATA, f"{topic.name}: {law}"
            assert topic.name in given.get(law, {topic.name}), f"{law}: {topic.name}"


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("a", {"行政复议", "社区矫正", "人民调解", "法律援助"}),
        ("b", {"行政复议", "合法性审查"}),
        ("c", {"行政复议", "社区矫正", "七五普法", "依法治区"}),
    ],
)
def test_real_summaries(name: str, least: set[str]) -> None:
    path = real.SUMMARIES.root / f"summary-{name}.txt"
    if not path.exists():
        pytest.skip("../shared/data/work-summaries is not there")
    found = topics.match("", [], path.read_text("utf-8"), "", False)
    assert least <= {m.topic for m in found}
