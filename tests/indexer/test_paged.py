"""Sheets of positioned characters made here: which characters, in which order, in which paragraphs."""

import math
from collections.abc import Iterable

from indexer.extract.paged import MISSING, Glyph, Placed, Sheet, meaningful, read, sheets

BODY = "调解员应当把每次走访的情况记入台账并在月底以前交给所在的司法所归档保存"


def typed(text: str, x: float, y: float, size: float = 12, step: float = 0) -> list[Glyph]:
    """Characters from left to right; ASCII at half width. step: between starts, of the size."""
    found = []
    for char in text:
        width = size * (0.5 if char.isascii() else 1)
        found.append(Glyph(char, x, x + width, y, size))
        x += step * size or width
    return found


def page(*lines: Iterable[Glyph]) -> Sheet:
    return Sheet(600, 840, tuple(g for line in lines for g in line))


def texts(*pages: Sheet) -> list[str]:
    return [block.text for block in read(pages)[0]]


def test_narrow_letters_side_by_side_stay() -> None:
    narrow = [Glyph("I", 100 + 3 * n, 103 + 3 * n, 100, 12) for n in range(3)]
    assert texts(page(narrow, typed("级", 109, 100))) == ["III级"]


def test_a_letter_drawn_twice_for_bold_counts_once() -> None:
    assert texts(page(typed("加粗", 100, 100), typed("加粗", 100.6, 100))) == ["加粗"]


def test_a_label_stays_with_its_line() -> None:
    """A gap of a whole character after each 第…条 is no gap between columns."""
    lines = []
    for n, number in enumerate("一二三四五六七八"):
        lines.append(typed(f"第{number}条", 84, 100 + 20 * n))
        lines.append(typed(BODY[:20], 84 + 4.2 * 12, 100 + 20 * n))
    assert texts(page(*lines)) == [f"第{n}条 {BODY[:20]}" for n in "一二三四五六七八"]


def test_a_small_line_within_a_large_title_is_a_line_of_its_own() -> None:
    title, small = typed("某某县普法读本", 150, 82, 36), typed("（试行版）", 220, 97, 16)
    found = texts(page(title, small, typed(BODY[:20], 80, 200, 16)))
    assert found[:2] == ["某某县普法读本", "（试行版）"]


def test_characters_without_a_meaning() -> None:
    assert [meaningful(c) for c in "李\ue123\uf0b7𠮷\ufffd"] == ["李", MISSING, "", "𠮷", MISSING]


def test_every_direction_with_enough_text_is_a_sheet() -> None:
    down = [Placed(c, 500, 100 + 12 * n, 12, 12, math.pi / 2) for n, c in enumerate(BODY)]
    level = [Placed(c, 80 + 12 * n, 60, 12, 12) for n, c in enumerate("关于印发走访计划的通知")]
    margin = [Placed(c, 20, 300 - 12 * n, 12, 12, -math.pi / 2) for n, c in enumerate("装订线")]
    tilted = [Placed(c, 200 + 9 * n, 300 + 9 * n, 12, 12, 0.7) for n, c in enumerate("内部资料")]
    found = sheets(600, 840, [*down, *margin, *tilted, *level])
    assert [(s.width, "".join(g.char for g in s.glyphs)) for s in found] == [
        (600, "关于印发走访计划的通知"),
        (840, BODY),
    ]
    assert texts(*found) == ["关于印发走访计划的通知", BODY]


def column(x: float, lines: int, first: int = 0) -> tuple[list[list[Glyph]], str]:
    """Lines of one paragraph of fourteen characters each, and its text."""
    said = [(BODY * 3)[first + n : first + n + 14] for n in range(lines - 1)]
    said.append((BODY * 3)[first : first + 5] + "。")
    return [typed(t, x, 120 + 18 * n, 10) for n, t in enumerate(said)], "".join(said)


def test_three_columns_are_read_one_after_the_other() -> None:
    made = [column(60 + 165 * n, 12, 5 * n) for n in range(3)]
    title = typed("某某县普法简报", 245, 80, 16)  # within the second column
    shown = page(title, *(line for own, _ in made for line in own))
    assert texts(shown) == ["某某县普法简报", *(text for _, text in made)]


def test_a_table_without_ruled_lines() -> None:
    rows = [("名称", "所在街道", "结果"), ("长廊", "桥东街道", "完好"), ("凉亭和长椅", "站前街道", "缺损两"),
            ("", "", "处"), ("步道", "南湖街道", "完好")]  # fmt: skip
    cells = [
        typed(text, x, 160 + 18 * n)
        for n, row in enumerate(rows)
        for text, x in zip(row, (80, 230, 450), strict=True)
        if text
    ]
    found = texts(
        page(typed("现将结果公示如下：", 104, 130), *cells, typed("特此公示。", 104, 260))
    )
    assert found == [
        "现将结果公示如下：",
        "名称 | 所在街道 | 结果",
        "长廊 | 桥东街道 | 完好",
        "凉亭和长椅 | 站前街道 | 缺损两处",
        "步道 | 南湖街道 | 完好",
        "特此公示。",
    ]


def paragraph(y: float, width: int, x: float = 80, first: int = 0) -> tuple[list[list[Glyph]], str]:
    """Three lines, the first set in by two characters, of `width` characters to the edge."""
    said = (BODY * 4)[first : first + 2 * width - 2 + 7] + "。"
    parts = said[: width - 2], said[width - 2 : 2 * width - 2], said[2 * width - 2 :]
    starts = x + 24, x, x
    return [
        typed(t, at, y + 20 * n) for n, (t, at) in enumerate(zip(parts, starts, strict=True))
    ], said


def test_a_few_wider_lines_do_not_move_the_edge() -> None:
    made = [paragraph(100 + 60 * n, 30, first=n) for n in range(8)]
    wide = typed((BODY * 2)[:38] + "。", 80, 600), typed((BODY * 2)[1:39] + "。", 80, 640)
    shown = page(*(line for own, _ in made for line in own), *wide)
    found = texts(shown)
    assert found[:8] == [text for _, text in made]
    assert len(found) == 10


def test_a_page_that_is_wider_has_edges_of_its_own() -> None:
    made = [paragraph(100 + 60 * n, 30, first=n) for n in range(8)]
    table = [typed(f"{n}{m}27.5", 40 + 60 * m, 60 + 12 * n, 9) for n in range(30) for m in range(9)]
    broad = Sheet(840, 600, tuple(g for cell in table for g in cell))
    found = texts(page(*(line for own, _ in made for line in own)), broad)
    assert found[:8] == [text for _, text in made]
    assert found[8] == " | ".join(f"0{m}27.5" for m in range(9))
    assert len(found) == 38


def test_a_quotation_set_narrower_is_one_paragraph() -> None:
    above, first = paragraph(100, 34)
    quoted, second = paragraph(160, 26, x=128, first=3)
    below, third = paragraph(220, 34, first=7)
    more = [paragraph(280 + 60 * n, 34, first=9 + n) for n in range(4)]
    shown = page(*above, *quoted, *below, *(line for own, _ in more for line in own))
    assert texts(shown) == [first, second, third, *(text for _, text in more)]


def test_lines_far_apart_are_not_one_paragraph() -> None:
    fields = ["某某县食品有限公司", "370000199001010000", "2023/11/05", "某某县行政审批局"]
    shown = page(*(typed(text, 200, 160 + 42 * n) for n, text in enumerate(fields)))
    assert texts(shown) == fields


def test_the_lines_of_a_cover_stay_apart() -> None:
    lines = [("某某县便民服务提升项目", 22, 100), ("任务书", 22, 160), ("某某县司法局", 16, 200),
             ("某某县财政局", 16, 223), ("2023年11月", 16, 246)]  # fmt: skip
    cover = [
        typed(t, 300 - sum(0.5 if c.isascii() else 1 for c in t) * size / 2, y, size)
        for t, size, y in lines
    ]
    made = [paragraph(300 + 60 * n, 30, first=n) for n in range(6)]
    found = texts(page(*cover), page(*(line for own, _ in made for line in own)))
    assert found == [*(t for t, _, _ in lines), *(text for _, text in made)]


def test_a_large_watermark_over_the_text() -> None:
    made = [paragraph(100 + 60 * n, 30, first=n) for n in range(6)]
    mark = typed("仅供内部传阅", 90, 248, 40)
    assert texts(page(*(line for own, _ in made for line in own), mark)) == [t for _, t in made]


def test_a_small_watermark_repeated_over_the_page() -> None:
    """Also where it lies on nothing, or on the very baseline of a line."""
    made = [paragraph(100 + 60 * n, 30, first=n) for n in range(3)]
    marks = [typed("某某局李某某", x, y, 11) for y in (105, 140, 182, 400, 460) for x in (70, 300)]
    assert texts(page(*(line for own, _ in made for line in own), *marks)) == [t for _, t in made]


def test_what_fills_in_a_blank_is_no_watermark() -> None:
    found = "".join(texts(page(typed("_" * 30, 100, 100, 14), typed("某某县司法局", 110, 98, 14))))
    assert "某某县司法局" in found


def test_a_title_that_every_page_repeats_is_text_once() -> None:
    title = typed("关于报送走访台账的通知", 150, 80, 22)
    made = [paragraph(140 + 60 * n, 30, first=n) for n in range(4)]
    pages = [page(title, *(line for own, _ in made[at : at + 2] for line in own)) for at in (0, 2)]
    assert texts(*pages) == ["关于报送走访台账的通知", *(text for _, text in made)]


def test_where_short_lines_happen_to_end_is_no_edge() -> None:
    lines = [
        *("某某县普法办法", "第一章　总　则", "第一条　为了做好走访登记和归档保存，制定本办法。"),
        *("第二条　走访登记应当如实。", "另有规定的，从其规定。", "第二章　附　则"),
        *("第三条　本办法自发布之日起施行。", "第四条　解释由县局负责"),
    ]
    found = texts(page(*(typed(text, 60, 80 + 26 * n) for n, text in enumerate(lines))))
    assert len(found) == len(lines)


def test_short_articles_of_one_length_are_no_quotation() -> None:
    made = [paragraph(100 + 60 * n, 30, first=n) for n in range(4)]
    short = [f"第{n}条　调解员应当如实登记走访情况。" for n in "五六七八"]
    lines = [typed(t, 104, 340 + 20 * n) for n, t in enumerate(short[:2])]
    following = [typed(t, 104, 100 + 20 * n) for n, t in enumerate(short[2:])]
    shown = page(*(line for own, _ in made for line in own), *lines), page(*following)
    assert texts(*shown) == [*(text for _, text in made), *short]


def test_vertical_text_from_right_to_left() -> None:
    said = BODY + "。"
    lines = [said[at : at + 12] for at in range(0, len(said), 12)]
    down = [
        Glyph(char, 500 - 30 * n, 516 - 30 * n, 140 + 18 * m, 16)
        for n, line in enumerate(lines)
        for m, char in enumerate(line)
    ]
    assert texts(page(typed("居民公约", 140, 82, 22), down)) == ["居民公约", said]


def test_the_numbers_of_a_list_are_not_vertical_text() -> None:
    rows = [typed(f"{n}某某街道", 100, 100 + 14 * i) for i, n in enumerate("一二三四五六七八九十")]
    assert len(texts(page(*rows))) == 10


def test_a_quotation_before_a_paragraph_indented_as_far() -> None:
    above, first = paragraph(100, 34)
    quoted, second = paragraph(160, 26, x=104, first=3)
    more = [paragraph(220 + 60 * n, 34, first=9 + n) for n in range(5)]
    shown = page(*above, *quoted, *(line for own, _ in more for line in own))
    assert texts(shown) == [first, second, *(text for _, text in more)]


def test_a_last_column_of_two_lines() -> None:
    made = [*(column(60 + 165 * n, 12, 5 * n) for n in range(2)), column(390, 2, 9)]
    shown = page(*(line for own, _ in made for line in own))
    assert texts(shown) == [text for _, text in made]
