"""Golden files, the rules one by one, properties, and speed on hostile input."""

import json
import re
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.structure import guide, outline, statute, structure
from indexer.structure.enumeration import split
from indexer.structure.lines import pieces, squash
from indexer.structure.marks import chapter, heading_level, heading_text, mark, supplement
from kb.documents import Block, Kind, Passage, PassageKind

GOLDEN = Path(__file__).parent.parent / "golden"
FORMS = {
    "statute": (Kind.LOCAL_REGULATION, "云溪市城市书房管理条例"),
    "plain_statute": (Kind.OTHER, "关于规范社区晾晒的规定"),
    "decision": (Kind.LOCAL_REGULATION, ""),
    "summary": (Kind.WORK_SUMMARY, "云溪区司法局2022年工作总结"),
    "publicity": (Kind.PUBLICITY_MATERIAL, "反诈宣传进万家"),
    "case": (Kind.CASE, "退押金纠纷案"),
    "guide": (Kind.GUIDE, "租房押金怎么要回来"),
    "faq": (Kind.QUESTION_ANSWER, "法律援助问答"),
}


def blocks_of(text: str) -> list[Block]:
    """Blocks as an extractor makes them: apart by empty lines, # marks a heading."""
    out = []
    line = 1
    for part in re.split(r"(\n\s*\n)", text):
        heading = re.match(r"(#{1,6}) +", part)
        body = part[heading.end() :] if heading else part
        if body.strip():
            out.append(Block(body.strip("\n"), line, len(heading[1]) if heading else 0))
        line += part.count("\n")
    return out


def plain(*texts: str) -> list[Block]:
    return [Block(text, number) for number, text in enumerate(texts, 1)]


def short(passages: tuple[Passage, ...]) -> list[tuple[str, str, str]]:
    return [(p.anchor, p.label, p.text) for p in passages]


@pytest.mark.parametrize("form", FORMS)
def test_golden(form: str) -> None:
    kind, title = FORMS[form]
    text = (GOLDEN / f"{form}.txt").read_text(encoding="utf-8")
    expected = json.loads((GOLDEN / f"{form}.json").read_text(encoding="utf-8"))
    got = [asdict(passage) for passage in structure(kind, blocks_of(text), title)]
    assert json.loads(json.dumps(got)) == expected


# Articles


@pytest.mark.parametrize(
    ("line", "label", "article", "text"),
    [
        ("第一千零四十三条 家庭应当树立优良家风。", "第一千零四十三条", "1043", None),
        ("第一百二十条之一　资助的，处罚金。", "第一百二十条之一", "120-1", "资助的，处罚金。"),
        ("第12条 甲。", "第12条", "12", "甲。"),
        ("第１２条 甲。", "第１２条", "12", "甲。"),
        ("第 五 条 甲。", "第五条", "5", "甲。"),
        ("第五条：甲。", "第五条", "5", "甲。"),
        ("第五条【目的】甲。", "第五条", "5", "【目的】甲。"),
        ("第五条", "第五条", "5", ""),
    ],
)
def test_labels(line: str, label: str, article: str, text: str | None) -> None:
    (passage,) = statute(plain(line))
    assert (passage.label, passage.article, passage.anchor) == (label, article, f"a{article}")
    assert passage.text == ("家庭应当树立优良家风。" if text is None else text)


@pytest.mark.parametrize(
    "line",
    [
        "第三条规定的行为，依照本条处理。",
        "第三条、第四条所称主管部门，是指司法局。",
        "第三条第二款所列情形除外。",
        "第八条 规定的行为，依照本条处理。",
        "第九条应当公告的事项，由街道公告。",
        "第三条的解释权属于司法局。",
        "第九千九百九十九万条 不是条文。",
    ],
)
def test_references_are_not_labels(line: str) -> None:
    passages = statute(plain("第一条 甲。", "第二条 乙。", line))
    assert short(passages)[-1] == ("a2", "第二条", f"乙。\n{line}")


def test_lost_white_space_is_decided_by_the_count() -> None:
    passages = statute(
        plain("第一条中华人民共和国公民。", "第二条甲。", "第四条乙。", "第三条规定的除外。")
    )
    assert [p.article for p in passages] == ["1", "2", "4"]
    assert passages[-1].text == "乙。\n第三条规定的除外。"


def test_label_alone_on_its_line_inside_a_sentence_is_none() -> None:
    passages = statute(plain("第一条 依照本规定\n第八条\n处理。"))
    assert short(passages) == [("a1", "第一条", "依照本规定\n第八条\n处理。")]


def test_number_seen_again_has_its_own_anchor() -> None:
    passages = statute(plain("第一条 甲。", "第二条 乙。", "第一条 丙。", "第一条 丁。"))
    assert [p.anchor for p in passages] == ["a1", "a2", "a1.2", "a1.3"]
    assert {p.label for p in passages[2:]} == {"第一条"}


def test_level_comes_from_the_word_not_from_the_format() -> None:
    blocks = [
        Block("第一编 总 则", heading=3),
        Block("第一章　一般规定", heading=2),
        Block("第一条 甲。"),
        Block("第一节 效力", heading=2),
        Block("第二条 乙。"),
        Block("第二章 期限", heading=4),
        Block("第三条 丙。"),
        Block("附件", heading=2),
        Block("第四条 丁。"),
    ]
    assert [p.path for p in statute(blocks, prefix=("示例法",))] == [
        ("示例法", "第一编 总则", "第一章 一般规定"),
        ("示例法", "第一编 总则", "第一章 一般规定", "第一节 效力"),
        ("示例法", "第一编 总则", "第二章 期限"),
        ("示例法", "附件"),
    ]


def test_quoted_chapter_after_a_colon_is_text() -> None:
    passages = statute(
        plain("第一条 增加一节，内容如下：", "第七节 监察委员会", "第一百二十三条 甲。")
    )
    assert passages[0].text == "增加一节，内容如下：\n第七节 监察委员会"
    assert passages[1].path == ()


def test_contents_without_the_word_and_sections_of_the_same_name() -> None:
    entries = ["第一章 总则", "第一节 一般规定", "第二章 分则", "第一节 一般规定"]
    text = [*entries, entries[0], entries[1], "第一条 甲。", entries[2], entries[3], "第二条 乙。"]
    passages = statute(plain(*text))
    assert [p.path for p in passages] == [tuple(entries[:2]), tuple(entries[2:])]


def test_headings_without_contents_stay() -> None:
    passages = statute(plain("第一编 总则", "第一章 甲", "第一节 乙", "第一条 丙。"))
    assert passages[0].path == ("第一编 总则", "第一章 甲", "第一节 乙")


def test_kinds_around_articles() -> None:
    passages = statute(
        plain(
            "为了甲，制定本规定。", "第一条 乙。", "附表：", "甲表", "乙表", "某局", "2020年1月2日"
        )
    )
    assert [(p.kind, p.text, p.path) for p in passages] == [
        (PassageKind.PREAMBLE, "为了甲，制定本规定。", ()),
        (PassageKind.ARTICLE, "乙。", ()),
        (PassageKind.SCHEDULE, "甲表\n乙表", ("附表",)),
        (PassageKind.PARAGRAPH, "某局\n2020年1月2日", ()),
    ]


# Outlines


def test_run_on_heading_goes_to_the_path() -> None:
    (passage,) = outline(plain("（一）加强领导。" + "各单位要高度重视，" * 4))
    assert passage.path == ("（一）加强领导",)
    assert (passage.label, passage.text) == ("（一）", "各单位要高度重视，" * 4)


def test_enumeration_needs_order_and_two_items() -> None:
    one = "一是抓学习。" + "组织全体干部深入学习。" * 20
    assert [p.label for p in outline(plain(one))] == [""]
    wrong = "一是甲。" + "深入学习。" * 20 + "三是乙。" + "深入学习。" * 20
    assert [p.text for p in outline(plain(wrong))] == [wrong]
    right = "主要做法：" + wrong.replace("三是", "二是")
    passages = outline(plain(right))
    assert [(p.label, p.path) for p in passages] == [
        ("一是", ("主要做法",)),
        ("二是", ("主要做法",)),
    ]
    assert passages[1].text.startswith("乙。")


def test_short_enumeration_stays_together() -> None:
    assert len(outline(plain("一是学。二是做。"))) == 1


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("一要学；二要做；三要讲。", ["一要", "二要", "三要"]),
        ("第一，学。第二，做。", ["第一", "第二"]),
        ("首先，学。其次，做。最后，讲。", ["首先", "其次", "最后"]),
        ("一是学。一要看。二要听。二是做。", ["一是", "二是"]),
        ("第一次做到了，这一是好事，二是新事。", None),
        ("最后，学。", None),
    ],
)
def test_families_of_enumerations(text: str, labels: list[str] | None) -> None:
    found = [label for count in split(text) for label, _ in count.items]
    assert (found or None) == labels


def test_two_counts_in_one_paragraph() -> None:
    first, second = split("问题有：一是甲。二是乙。下一步要：一是丙。二是丁。")
    assert (first.lead, first.items) == ("问题有：", (("一是", "甲。"), ("二是", "乙。")))
    assert (second.lead, second.items) == ("下一步要：", (("一是", "丙。"), ("二是", "丁。")))


def test_paragraph_after_a_row_of_single_sections_belongs_to_none() -> None:
    sections = [
        f"{n}、抓好工作{n}。" + "全面落实各项工作任务，取得明显成效。" * 2 for n in "一二三四"
    ]
    passages = outline(plain(*sections, "2021年，我局将继续努力，" * 5))
    assert [len(p.path) for p in passages] == [1, 1, 1, 1, 0]


def test_long_paragraph_is_split_at_sentence_ends() -> None:
    passages = outline(plain("这是一个完整的句子。" * 400))
    assert all(len(p.text) <= 1500 and p.text.endswith("。") for p in passages)
    assert "".join(p.text for p in passages) == "这是一个完整的句子。" * 400


def test_title_is_left_out_over_two_lines_too() -> None:
    for blocks in (
        plain("甲局、乙局\n工作总结", "正文甲。"),
        plain("甲局 乙局工作总结", "正文甲。"),
    ):
        assert short(outline(blocks, title="甲局、乙局工作总结")) == [("p1", "", "正文甲。")]


# Choice of the form


def test_other_kinds_are_chosen_by_content() -> None:
    articles = plain("第一条 甲。", "第二条 乙。", "第三条 丙。")
    assert structure(Kind.OTHER, articles)[0].kind is PassageKind.ARTICLE
    pairs = plain("问：甲？", "答：乙。", "问：丙？", "答：丁。")
    assert [p.label for p in structure(Kind.OTHER, pairs)] == ["甲？", "丙？"]
    assert structure(Kind.GUIDE, plain("没有问题的文字。"))[0].text == "没有问题的文字。"
    assert structure(Kind.OTHER, []) == ()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("第三章　劳动合同的解除", 3),
        ("第五章法律责任", 3),
        ("第二分编 所有权", 2),
        ("第七节相应改为第八节，甲。", 0),
        ("第三章规定的情形", 0),
        ("附 则", 1),
        ("附则由街道解释。", 0),
    ],
)
def test_chapter(text: str, level: int) -> None:
    assert chapter(text) == level


def test_heading_text() -> None:
    assert heading_text("第三分编 准 合 同") == "第三分编 准合同"
    assert heading_text("第 二 章  合同的  订立") == "第二章 合同的 订立"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("一、甲", (5, "一、")), ("(二) 甲", (6, "(二)")), ("1.甲", (7, "1.")), ("①甲", (9, "①"))],
)
def test_mark(text: str, expected: tuple[int, str]) -> None:
    found = mark(text)
    assert found is not None
    assert (found.level, found.label, found.rest) == (*expected, "甲")


@pytest.mark.parametrize(
    "text", ["1.5倍", "2023.5.1", "一、二审法院", "三、四季度", "甲", "（甲）"]
)
def test_no_mark(text: str) -> None:
    assert mark(text) is None


def test_supplement() -> None:
    assert supplement("附件2：印章样式(略)") == ("附件2：印章样式(略)", "")
    assert supplement("附：") == ("附", "")
    assert supplement("附图中除必需的词语外，不应当有注释。") is None
    assert supplement("附加刑 甲") is None


# Properties

_STARTS = """第一章 总则|第二章|第三条 |第三条|第四条规定的|第一百二十条之一　|一、|（一）|1.|①|一是|二是|附件
附：|目录|问：|答：|序言||第99999999条
第九九九九九九九九九条|\u200b|\x00|\x1c|\ufeff|　　|首先，|# |2020年1月1日"""
_LINE = st.sampled_from(re.split(r"[|\n]", _STARTS))
_TOKENS = st.lists(
    st.tuples(
        _LINE, st.text("甲乙。：，？ \n\u3000\t\x0b\x85第条一章", max_size=12), st.integers(0, 6)
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(_TOKENS, st.sampled_from([statute, outline, guide]))
def test_nothing_is_lost(lines: list[tuple[str, str, int]], build: object) -> None:
    """Every line carries a number of its own that must be found again, in order within texts."""
    assert callable(build)
    blocks = [
        Block(f"{start}⟦{number}⟧{end}", number, heading if heading > 4 else 0)
        for number, (start, end, heading) in enumerate(lines)
    ]
    passages = build(blocks)
    shown = "".join("\n".join((*p.path, p.label, p.text)) for p in passages)
    found = {int(number) for number in re.findall(r"⟦(\d+)⟧", shown)}
    for block in blocks:
        # In a statute, a chapter without text is a heading with nothing below.
        parts = [part.strip() for part in block.text.split("\n")]
        if build is statute and any(
            chapter(part) or heading_level(part) in range(1, 5) for part in parts
        ):
            continue
        assert block.line in found, block
    assert all(p.text.strip() or p.kind is PassageKind.ARTICLE for p in passages)
    anchors = [p.anchor for p in passages]
    assert len(set(anchors)) == len(anchors)
    texts = [int(n) for p in passages for n in re.findall(r"⟦(\d+)⟧", p.label + p.text)]
    assert texts == sorted(texts)


_COUNTED = st.lists(
    st.sampled_from(
        ["一是", "二是", "三是", "一要", "二要", "首先，", "其次，", "下一步：", "", "（一）", "\n"]
    ),
    min_size=8,
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(_COUNTED, st.sampled_from("。；：，"))
def test_counting_loses_nothing(starts: list[str], stop: str) -> None:
    text = "".join(f"{start}全面落实工作⟦{n}⟧{stop}" for n, start in enumerate(starts))
    passages = outline([Block(text)])
    shown = "".join("".join((*p.path, p.label, p.text)) for p in passages)
    for n, start in enumerate(starts):
        assert f"⟦{n}⟧" in shown
        assert start.strip("，：\n") in shown
    texts = [int(n) for p in passages for n in re.findall(r"⟦(\d+)⟧", p.text)]
    assert texts == sorted(set(texts))


_ARTICLES = st.lists(
    st.tuples(
        st.sampled_from(
            ["第{}条 ", "第{}条　", "第 {} 条 ", "第{}条之一 ", "“第{}条 ", "第{}条第一款"]
        ),
        st.integers(1, 1300),
        st.lists(
            st.text("甲乙丙丁，。（）“”；\u3000 ", min_size=1, max_size=40), min_size=1, max_size=4
        ),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=200, deadline=None)
@given(_ARTICLES)
def test_text_of_a_statute_is_the_input(articles: list[tuple[str, int, list[str]]]) -> None:
    text = "\n".join(
        label.format(number) + "\n".join(paragraphs) for label, number, paragraphs in articles
    )
    got = "".join(p.label + p.text for p in statute([Block(text)]))
    assert squash(got) == squash(text)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.builds(Block, st.text(max_size=60), st.integers(0, 9), st.integers(0, 9)), max_size=9
    ),
    st.sampled_from(list(Kind)),
    st.text(max_size=8),
)
def test_never_raises(blocks: list[Block], kind: Kind, title: str) -> None:
    for passage in structure(kind, blocks, title):
        assert passage.number is None or passage.number.label


@given(st.text("甲乙。\n！", max_size=200), st.integers(1, 30))
def test_pieces_keep_everything(text: str, limit: int) -> None:
    parts = list(pieces(text, limit))
    assert squash("".join(parts)) == squash(text)
    assert all(len(part) <= limit for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "第一章" + "." * 20_000 + "x",
        "第" + " " * 200_000 + "五条",
        "一是" * 100_000,
        "\n".join(["一是甲"] * 10_000),
        "甲：\n" + "（一）乙\n" * 20_000,
        "目录\n" + "".join(f"第{n}章 甲\n" for n in range(5_000)) * 2,
        "一、甲乙丙丁。\n" + "丁。\n" * 40_000,
        "问：甲\n答：乙\n" * 10_000,
        "字" * 500_000,
        "（" * 200_000,
    ],
    ids=range(10),
)
def test_time_grows_with_the_text_only(text: str) -> None:
    started = time.process_time()
    for build in (statute, outline, guide):
        build([Block(text)])
    assert time.process_time() - started < 5


def test_a_row_of_a_table_heads_nothing() -> None:
    blocks = plain(
        "一、总体安排",
        "1、甲年 | 建设 | 巡查",
        "2、乙年 | 提升 | 观摩",
        "各街道按上表派员参加。" * 9,
    )
    passages = structure(Kind.OTHER, blocks, "培训方案")
    assert {p.path for p in passages} == {("一、总体安排",)}
    assert any("2、乙年 | 提升 | 观摩" in p.text for p in passages)
