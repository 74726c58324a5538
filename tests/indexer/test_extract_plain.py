"""Plain text: lines, line numbers, and paragraphs wrapped to a width."""

import textwrap

from indexer.extract.formats import extract
from kb.documents import Block


def _blocks(text: str) -> tuple[Block, ...]:
    found = extract("a.txt", text.encode())
    assert found.format == "txt"
    return found.blocks


def test_one_block_a_line_with_its_number() -> None:
    text = "标题\r\n\r\n\u3000\u3000第一段。 \t\r\n\u200b\r\n第二段。\u3000\n\n"
    assert _blocks(text) == (Block("标题", 1), Block("第一段。", 3), Block("第二段。", 5))


def test_old_mac_lines_and_page_breaks() -> None:
    assert _blocks("甲\r乙\f丙\r\f丁") == (
        Block("甲", 1),
        Block("乙", 2),
        Block("丙", 2),
        Block("丁", 3),
    )


def test_invisible_characters_go_and_full_width_stays() -> None:
    assert _blocks("\ufeff第\u200b１２条\x07　ＡＢ") == (Block("第１２条　ＡＢ", 1),)


PARAGRAPHS = (
    "今年以来我局紧紧围绕中心工作扎实推进法治宣传教育深入开展民法典宣传月活动组织普法志愿者走进社区走进学校走进"
    "企业累计举办讲座三百余场发放宣传资料两万余份受到群众普遍欢迎取得了良好的社会效果。",
    "下一步我们将继续落实普法责任制抓好领导干部青少年等重点对象的学法用法工作不断提升公民法治素养为经济社会发展"
    "营造良好的法治环境同时做好公共法律服务体系建设让群众在家门口就能得到法律帮助。",
)


def _wrapped(paragraph: str, indent: str) -> str:
    return "\n".join(textwrap.wrap(indent + paragraph, 30, drop_whitespace=False))


def test_wrapped_paragraphs_are_joined() -> None:
    text = "\n\n".join(_wrapped(p, "") for p in PARAGRAPHS)
    assert [b.text for b in _blocks(text)] == list(PARAGRAPHS)
    assert [b.line for b in _blocks(text)] == [1, 2 + _wrapped(PARAGRAPHS[0], "").count("\n") + 1]


def test_wrapped_paragraphs_with_indents_and_no_blank_lines() -> None:
    text = "\n".join(_wrapped(p, "\u3000\u3000") for p in PARAGRAPHS)
    assert [b.text for b in _blocks(text)] == list(PARAGRAPHS)


def test_wrapped_items_stay_apart() -> None:
    text = "\n".join(_wrapped(f"（{n}）{p}", "") for n, p in zip("一二", PARAGRAPHS, strict=True))
    assert [b.text[:3] for b in _blocks(text)] == ["（一）", "（二）"]


def test_lists_of_equal_length_are_not_joined() -> None:
    entries = [
        f"{name}街道司法所地址幸福路{n}号院内二楼办事大厅联系电话八七六五四三"
        for n, name in enumerate("东南西北中上下左右")
    ]
    assert [b.text for b in _blocks("\n".join(entries))] == entries


def test_long_paragraphs_on_one_line_are_not_joined() -> None:
    text = "\n".join(PARAGRAPHS * 4)
    assert len(_blocks(text)) == 8
