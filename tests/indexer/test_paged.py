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
