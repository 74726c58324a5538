"""Numbers that Word makes: formats, levels, restarts, lists that share a count, links to styles."""

import pytest

from indexer.extract.docx import counting
from indexer.extract.docx.numbering import joined
from tests.support.office import p, texts


def level(at: int, form: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        f"{more}</w:lvl>"
    )


def abstract(id: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{id}">{"".join(levels)}</w:abstractNum>'


def num(id: int, abstract_id: int, more: str = "") -> str:
    return f'<w:num w:numId="{id}"><w:abstractNumId w:val="{abstract_id}"/>{more}</w:num>'


def item(text: str, num_id: int, at: int = 0, more: str = "") -> str:
    return p(text, f'{more}<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{num_id}"/></w:numPr>')


OFFICIAL = abstract(
    0,
    level(0, "japaneseCounting", "%1、"),
    level(1, "chineseCounting", "（%2）"),
    level(2, "decimal", "%3."),
    level(3, "decimal", "（%4）"),
    level(4, "decimalEnclosedCircleChinese", "%5"),
)


@pytest.mark.parametrize(
    ("form", "value", "written"),
    [
        ("chineseCounting", 1, "一"), ("chineseCounting", 10, "十"), ("chineseCounting", 21, "二十一"),
        ("chineseCountingThousand", 101, "一百零一"), ("japaneseCounting", 110, "一百一十"),
        ("taiwaneseCountingThousand", 1043, "一千零四十三"), ("ideographDigital", 203, "二〇三"),
        ("chineseLegalSimplified", 12, "拾贰"), ("ideographTraditional", 3, "丙"),
        ("ideographTraditional", 11, "甲"), ("ideographZodiac", 12, "亥"),
        ("ideographZodiacTraditional", 60, "癸亥"), ("decimalEnclosedCircle", 1, "①"),
        ("decimalEnclosedCircleChinese", 20, "⑳"), ("decimalEnclosedCircle", 21, "㉑"),
        ("decimalEnclosedCircle", 51, "51"), ("decimalEnclosedParen", 2, "⑵"),
        ("decimalEnclosedFullstop", 3, "⒊"), ("ideographEnclosedCircle", 4, "㈣"), ("decimalZero", 7, "07"),
        ("decimalFullWidth", 12, "１２"), ("upperRoman", 1994, "MCMXCIV"), ("lowerRoman", 4, "iv"),
        ("upperLetter", 26, "Z"), ("lowerLetter", 28, "bb"), ("decimal", 5, "5"), ("unknown", 6, "6"),
        ("chineseCounting", 0, "零"), ("upperLetter", 0, "0"), ("decimalEnclosedCircle", 0, "0"),
        ("chineseCounting", 10_000, "10000"), ("ideographTraditional", -1, "-1"),
    ],
)  # fmt: skip
def test_formats(form: str, value: int, written: str) -> None:
    assert counting.write(value, form) == written


@pytest.mark.parametrize(
    ("label", "text", "whole"),
    [
        ("第一条", "为了", "第一条 为了"), ("第一章　", "总则", "第一章 总则"), ("一、", "情况", "一、情况"),
        ("（一）", "宣传", "（一）宣传"), ("1.", "组织", "1.组织"), ("1.", "2023年", "1. 2023年"),
        ("1.1", "范围", "1.1 范围"), ("①", "张三", "①张三"), ("", "文", "文"), ("一、", "", ""),
    ],
)  # fmt: skip
def test_a_label_joins_its_text_as_typed(label: str, text: str, whole: str) -> None:
    assert joined(label, text) == whole


def test_levels_restart_below_a_higher_one() -> None:
    body = (
        item("总体", 1) + item("学习", 1, 1) + item("宣传", 1, 1) + item("平台", 1, 2) + item("队伍", 1, 2)
        + item("甲", 1, 3) + item("乙", 1, 4) + item("问题", 1) + p("中间的话。") + item("原因", 1, 1)
        + item("打算", 1)
    )  # fmt: skip
    assert texts(body, numbering=OFFICIAL + num(1, 0)) == [
        "一、总体", "（一）学习", "（二）宣传", "1.平台", "2.队伍", "（1）甲", "①乙", "二、问题",
        "中间的话。", "（一）原因", "三、打算",
    ]  # fmt: skip


def test_articles_run_on_through_chapters() -> None:
    numbering = abstract(
        3,
        level(0, "chineseCountingThousand", "第%1章"),
        level(1, "chineseCountingThousand", "第%2条", '<w:lvlRestart w:val="0"/>'),
        level(2, "chineseCounting", "（%3）", '<w:lvlRestart w:val="2"/>'),
    )
    body = (
        item("总则", 7) + item("为了", 7, 1) + item("本法", 7, 1) + item("公民", 7, 2)
        + item("权利", 7) + item("国家", 7, 1) + item("机关", 7, 2)
    )  # fmt: skip
    assert texts(body, numbering=numbering + num(7, 3)) == [
        "第一章 总则", "第一条 为了", "第二条 本法", "（一）公民", "第二章 权利", "第三条 国家", "（一）机关",
    ]  # fmt: skip


def test_a_level_that_restarts_only_below_another() -> None:
    numbering = abstract(
        0,
        level(0, "decimal", "%1"),
        level(1, "decimal", "%1.%2"),
        level(2, "lowerLetter", "%3)", '<w:lvlRestart w:val="1"/>'),
    )
    body = item("甲", 1) + item("乙", 1, 1) + item("丙", 1, 2) + item("丁", 1, 1) + item("戊", 1, 2)
    body += item("己", 1) + item("庚", 1, 2)
    found = texts(body, numbering=numbering + num(1, 0))
    assert found == ["1 甲", "1.1 乙", "a)丙", "1.2 丁", "b)戊", "2 己", "a)庚"]


def test_lists_share_the_count_of_their_definition_until_one_sets_it_anew() -> None:
    anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    numbering = OFFICIAL + num(1, 0) + num(2, 0) + num(3, 0, anew)
    body = item("甲", 1) + item("乙", 2) + item("丙", 3) + item("丁", 3) + item("戊", 1)
    assert texts(body, numbering=numbering) == ["一、甲", "二、乙", "五、丙", "六、丁", "七、戊"]


def test_a_list_with_a_level_of_its_own() -> None:
    own = f'<w:lvlOverride w:ilvl="0">{level(0, "upperLetter", "%1．")}</w:lvlOverride>'
    assert texts(item("甲", 1), numbering=OFFICIAL + num(1, 0, own)) == ["A．甲"]


def test_legal_numbering_and_levels_not_counted_yet() -> None:
    numbering = abstract(
        0, level(0, "chineseCounting", "第%1部分"), level(1, "decimal", "%1.%2", "<w:isLgl/>")
    )
    body = item("甲", 1, 1) + item("乙", 1) + item("丙", 1, 1)
    assert texts(body, numbering=numbering + num(1, 0)) == ["1.1 甲", "第一部分 乙", "1.1 丙"]


def test_numbers_of_styles_and_their_levels() -> None:
    numbering = abstract(
        0,
        level(0, "chineseCounting", "%1、", '<w:pStyle w:val="t1"/>'),
        level(1, "chineseCounting", "（%2）", '<w:pStyle w:val="t2"/>'),
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="t{n}"><w:name w:val="标题 {n}"/>'
        '<w:pPr><w:numPr><w:numId w:val="4"/></w:numPr></w:pPr></w:style>'
        for n in (1, 2)
    )
    styles += '<w:style w:type="paragraph" w:styleId="t3"><w:basedOn w:val="t1"/></w:style>'
    own = '<w:pStyle w:val="{}"/>'.format
    body = (
        p("甲", own("t1")) + p("乙", own("t2")) + p("丙", own("t2")) + p("丁", own("t1"))
        + p("不编号", own("t1") + '<w:numPr><w:numId w:val="0"/></w:numPr>')
        + p("戊", own("t3") + '<w:numPr><w:ilvl w:val="0"/></w:numPr>')
    )  # fmt: skip
    assert texts(body, styles=styles, numbering=numbering + num(4, 0) + num(0, 0)) == [
        "一、甲", "（一）乙", "（二）丙", "二、丁", "不编号", "三、戊",
    ]  # fmt: skip


def test_numbering_styles() -> None:
    styles = (
        '<w:style w:type="numbering" w:styleId="公文"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "</w:style>"
    )
    link = '<w:abstractNum w:abstractNumId="9"><w:numStyleLink w:val="{}"/></w:abstractNum>'
    numbering = OFFICIAL + link.format("公文") + num(1, 0) + num(2, 9)
    assert texts(item("甲", 2), styles=styles, numbering=numbering) == ["一、甲"]
    circle = link.format("公文") + num(1, 9)
    assert texts(item("甲", 1), styles=styles, numbering=circle) == ["甲"]


def test_bullets_hidden_numbers_and_unknown_lists_say_nothing() -> None:
    numbering = (
        abstract(0, level(0, "bullet", "●"))
        + abstract(1, level(0, "decimal", "%1.", "<w:rPr><w:vanish/></w:rPr>"))
        + abstract(2, level(0, "none", "注："))
        + num(1, 0) + num(2, 1) + num(3, 2) + num(4, 77)
    )  # fmt: skip
    body = "".join(item(text, n) for n, text in enumerate("甲乙丙丁戊", 1))
    assert texts(body, numbering=numbering) == ["甲", "乙", "注：丙", "丁", "戊"]
    assert texts(item("甲", 1)) == ["甲"]


def test_an_empty_numbered_paragraph_counts_a_deleted_one_does_not() -> None:
    body = item("甲", 1) + item("", 1) + item("乙", 1) + item("", 1, more="<w:rPr><w:del/></w:rPr>")
    body += item("丙", 1)
    assert texts(body, numbering=OFFICIAL + num(1, 0)) == ["一、甲", "三、乙", "四、丙"]


def test_numbers_in_tables() -> None:
    row = f"<w:tr><w:tc>{item('', 1, 2)}</w:tc><w:tc>{p('张三')}</w:tc></w:tr>"
    numbered = f"<w:tr><w:tc>{item('科长', 1, 2)}</w:tc><w:tc>{p('李四')}</w:tc></w:tr>"
    found = texts(f"<w:tbl>{row}{numbered}</w:tbl>", numbering=OFFICIAL + num(1, 0))
    assert found == ["张三", "2.科长 | 李四"]
