"""Markdown as people write it, and the laws, which must come through whole."""

import re
from datetime import date

import pytest

from indexer.extract import inline
from indexer.extract.formats import extract
from kb.documents import Block
from kb.errors import UnreadableError
from tests.support import real


def _texts(text: str) -> list[str]:
    return [b.text for b in extract("a.md", text.encode()).blocks]


def test_headings() -> None:
    text = "# 一 #\n\n###### 六\n####### 七\n二\n\n三\n---\n#无空格\n## C#\n"
    found = extract("a.md", text.encode())
    assert found.title == "一"
    assert found.blocks == (
        Block("一", 1, 1),
        Block("六", 3, 6),
        Block("####### 七二", 4),
        Block("三", 7, 2),
        Block("#无空格", 9),
        Block("C#", 10, 2),
    )


def test_toml_front_matter() -> None:
    text = (
        '+++\ntitle = "租房"\nDate = 2024-05-01\nat = 2024-05-01T08:00:00Z\ntopics = ["a", "b"]\n'
    )
    text += 'n = 3\nok = true\n[source]\nurl = "http://x"\n+++\n正文\n'
    found = extract("a.md", text.encode())
    assert found.title == "租房"
    assert found.blocks == (Block("正文", 11),)
    assert found.meta == {
        "title": "租房",
        "date": date(2024, 5, 1),
        "at": date(2024, 5, 1),
        "topics": ["a", "b"],
        "n": "3",
        "ok": "true",
        "source.url": "http://x",
    }


def test_simple_front_matter() -> None:
    text = "---\ntitle: '题'\ndate: 2024-05-01\ntags: [a, \"b\"]\nlist:\n  - x\n  - y\n"
    text += "bad: 2024-13-01\n---\n正文"
    found = extract("a.md", text.encode())
    assert found.blocks == (Block("正文", 10),)
    assert found.meta == {
        "title": "题",
        "date": date(2024, 5, 1),
        "tags": ["a", "b"],
        "list": ["x", "y"],
        "bad": "2024-13-01",
    }


@pytest.mark.parametrize("body", ["title = ", "a = " + "[" * 5000, "= 1"])
def test_broken_front_matter_is_reported(body: str) -> None:
    with pytest.raises(UnreadableError, match="TOML") as caught:
        extract("a.md", f"+++\n{body}\n+++\n正文".encode())
    assert caught.value.reason == "malformed"


def test_rules_are_no_front_matter() -> None:
    assert _texts("---\n这是正文，不是键值。\n---\n") == ["这是正文，不是键值。"]
    assert _texts("+++\n没有结束") == ["+++没有结束"]
    assert _texts("题目\n===\n正文") == ["题目", "正文"]


def test_comments_go_and_info_end_is_noted() -> None:
    found = extract(
        "a.md",
        "# 题\n\n日期<!-- 注 -->一\n<!-- 多\n行 -->\n\n<!-- INFO END -->\n正文\n<!-- 未完".encode(),
    )
    assert [(b.text, b.line) for b in found.blocks][:2] == [("题", 1), ("日期一", 3)]
    assert found.meta["info-end"] == "7"
    assert found.blocks[-1].text.endswith("<!-- 未完")


def test_paragraphs_join_unless_broken() -> None:
    assert _texts("第一行\n第二行\n\nend\nof") == ["第一行第二行", "end of"]
    assert _texts("甲  \n乙\n丙\\\n丁") == ["甲\n乙丙\n丁"]
    assert _texts("根据规定：\n（一）甲\n（二）乙\n第二条 丙") == [
        "根据规定：",
        "（一）甲",
        "（二）乙",
        "第二条 丙",
    ]
    long = "这是一个没有折行的长段落，" * 6
    assert _texts(f"{long}\n{long}") == [long, long]


def test_lists_quotes_rules_and_code() -> None:
    text = "- 一\n- 二\n* 三\n\n> 引\n> 用\n\n***\n\n```python\nx = 1\n# 不是标题\n```\n\n~~~\n没有结束"
    assert _texts(text) == ["- 一", "- 二", "* 三", "引用", "x = 1\n# 不是标题", "~~~没有结束"]
    assert _texts(">" * 10_000 + " 深")


def test_tables() -> None:
    text = "| 刑法条文 |罪名 |\n|:----|---:|\n| 第一条 | 甲\\|乙 |\n| | 丙 |\n\n后"
    assert _texts(text) == ["刑法条文 | 罪名", "第一条 | 甲|乙", "| 丙", "后"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("这是**重点**内容", "这是重点内容"),
        ("***都要***", "都要"),
        ("~~删~~ `a*b*`", "删 a*b*"),
        ("*斜体* 和 _强调_", "斜体 和 强调"),
        ('[文字](http://a.b/c_(d) "题")和![图](x.png)和[引][1]', "文字和图和引"),
        ("<https://a.b/c_d_e>", "https://a.b/c_d_e"),
        (r"\*不是\* \# 5\.", "*不是* # 5."),
        ("&lt;b&gt;&amp;&nbsp;&bogus;", "<b>& &bogus;"),
        ("甲<br/>乙<b>粗</b><span style='x'>字</span>", "甲\n乙粗字"),
        # what must stay
        ("<中华人民共和国建筑法>等", "<中华人民共和国建筑法>等"),
        ("王**和李**，138****1234", "王**和李**，138****1234"),
        ("张*和李*", "张*和李*"),
        ("为40*4=160h，即2*（N+1/N+0.5）", "为40*4=160h，即2*（N+1/N+0.5）"),
        ("____年__月__日（__年）", "____年__月__日（__年）"),
        ("X件，xx.x%，XX区", "X件，xx.x%，XX区"),
        ("a_b_c 和 if a < b", "a_b_c 和 if a < b"),
        ("麻黄素*、麦角酸*。", "麻黄素*、麦角酸*。"),
    ],
)
def test_inline(source: str, text: str) -> None:
    assert inline.to_text(source) == text


def test_no_character_of_any_law_is_lost() -> None:
    """What extraction keeps is the file without comments, heading marks, rules and table lines."""
    drop = re.compile(r"<!--.*?-->|^#{1,6}(?=\s)|\s|\u200b|[|]", re.MULTILINE | re.DOTALL)
    differing = []
    for path in real.laws():
        source = path.read_text("utf-8")
        found = extract(path.name, source.encode())
        assert found.format == "md"
        expected = drop.sub("", re.sub(r"^\|[-| ]+$", "", source, flags=re.MULTILINE))
        if drop.sub("", "".join(b.text for b in found.blocks)) != expected:
            differing.append(path.name)
        if len(found.blocks) > 2:
            lines = source.split("\n")
            block = found.blocks[len(found.blocks) // 2]
            start = block.text.split("\n")[0].split(" | ")[0][:10]
            assert start in lines[block.line - 1].replace("\u200b", "")
    assert differing == ["劳动仲裁和劳动诉讼的攻略.md"]  # has links, of which the text is kept
