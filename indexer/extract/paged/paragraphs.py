"""Lines in reading order → paragraphs: which line continues the previous one."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from indexer.extract.paged.edges import set_edges
from indexer.extract.paged.page import Line
from indexer.extract.tidy import END_MARKS, join, starts_item
from kb.documents import Block

MAX_PARAGRAPH: Final = 20_000

_INDENTED: Final = 0.8  # of the size: minimum indent of a first line
_GAP: Final = 1.45  # of the usual distance between lines: more separates paragraphs
_PITCH: Final = 2.7  # of the size: lines farther apart are not of one paragraph
_LARGE: Final = 1.12  # of the usual size: a title's line
_LARGEST: Final = 0.85  # of the page's largest: smaller lines on a cover aren't its title
_NARROWEST: Final = 8  # characters of a line: narrower ones are a list
_BROAD: Final = 0.25  # of the column: a title isn't broken after less
_LONGEST_TITLE: Final = 80
_CLOSING: Final = "。，、；：！？）》”’】」』〉…—"
_OPENING: Final = "（《“‘【「『〈"
_LATIN_UNIT = re.compile(r"[0-9A-Za-z.%,:/_-]+")
_FIGURES = re.compile(r"[0-9xX×*]$")
_FIGURES_ON = re.compile(r"[0-9xX×*]")
_HYPHEN = re.compile(r"(?<=[A-Za-z])-$")
_DATE = re.compile(r"[0-9〇○零一二三四]{4}\s?年")
_REFERENCE = re.compile(
    r"第[0-9零〇一二三四五六七八九十百千]{1,8}[编章节条款项目][的规所中、，至到和与及或第之款项]"
)


@dataclass(frozen=True, slots=True)
class _Habits:
    """The paragraph style of a document. size: of its text; pitch: between lines, by size; largest: the
    largest size on each page."""

    size: float
    pitch: float
    indents: bool
    long_paragraphs: bool
    largest: Mapping[int, float]


def paragraphs(lines: Sequence[Line]) -> list[Block]:
    """One block per paragraph, and one per table row."""
    set_edges(lines)
    habits = _habits(lines)
    blocks: list[Block] = []
    text = ""
    previous: Line | None = None
    header = ""
    for line in lines:
        if line.rows:
            if text:
                blocks.append(Block(text))
            text, previous = "", line
            # A table that continues on the next page repeats its header.
            rows = line.rows[1:] if line.rows[0] == header else line.rows
            header = line.rows[0] if len(line.rows) > 1 else header
            blocks += [Block(row) for row in rows]
            continue
        if (
            previous is not None
            and not previous.rows
            and len(text) < MAX_PARAGRAPH
            and _goes_on(previous, line, habits)
        ):
            text = _joined(text, line.text)
        else:
            if text:
                blocks.append(Block(text))
            text = line.text
        previous = line
    if text:
        blocks.append(Block(text))
    return blocks


def _joined(text: str, more: str) -> str:
    if _HYPHEN.search(text) and more[:1].islower():
        return text[:-1] + more
    # Digits and masks (xxxx) are split anywhere; Latin words hardly ever.
    if _FIGURES.search(text) and _FIGURES_ON.match(more):
        return text + more
    return join(text, more)


def _habits(lines: Sequence[Line]) -> _Habits:
    plain = [line for line in lines if not line.rows]
    if not plain:
        return _Habits(12, 1.5, indents=False, long_paragraphs=False, largest={})
    sizes = Counter(round(line.size * 2) / 2 for line in plain for _ in range(len(line.text)))
    size = sizes.most_common(1)[0][0] or 1.0
    body = [line for line in plain if abs(line.size - size) <= 0.1 * size]
    steps = [
        b.y - a.y
        for a, b in pairwise(body)
        if a.page == b.page and a.column == b.column and 0 < b.y - a.y < _PITCH * size
    ]
    largest: dict[int, float] = {}
    for line in plain:
        largest[line.page] = max(line.size, largest.get(line.page, 0.0))
    # First lines are indented: most lines after a short line are.
    after_short = [b for a, b in pairwise(body) if not _is_full(a, b) and not _is_centred(b)]
    indented = sum(_is_indented(line) for line in after_short)
    full = sum(_is_full(a, b) for a, b in pairwise(body))
    flush = sum(not _is_indented(b) for a, b in pairwise(body) if _is_full(a, b))
    return _Habits(
        size=size,
        pitch=(median(steps) if steps else 1.5 * size) / size,
        indents=indented >= 0.6 * len(after_short) and indented > 0 and flush >= 0.3 * full,
        long_paragraphs=full >= 2 * max(1, len(after_short)),
        largest=largest,
    )


def _is_indented(line: Line) -> bool:
    return line.x0 - line.left >= _INDENTED * line.size


def _is_centred(line: Line) -> bool:
    before, after = line.x0 - line.left, line.right - line.x1
    return before > 0.4 * line.size and abs(before - after) <= 1.2 * line.size


def _is_full(line: Line, following: Line) -> bool:
    """Whether the start of the next line had no room left on this one."""
    if line.right - line.left < _NARROWEST * line.size:
        return False
    unit = _LATIN_UNIT.match(following.text)
    width = min(0.55 * len(unit[0]), 12.0) if unit else 1.0
    first, rest = following.text[:1], following.text[1:]
    # Closing marks may not start a line and stay with the text before, opening marks with the text after.
    width += len(rest) - len(rest.lstrip(_CLOSING)) + (first in _OPENING)
    return line.x1 + (width + 0.45) * line.size >= line.right


def _goes_on(previous: Line, line: Line, habits: _Habits) -> bool:
    if abs(line.width - previous.width) > 1:
        return False
    if abs(line.size - previous.size) > 0.12 * max(line.size, previous.size):
        return False
    together = line.page == previous.page and line.column == previous.column
    step = line.y - previous.y
    if together and not 0 < step <= _GAP * max(habits.pitch * line.size, 1.1 * line.size):
        return False
    if line.size > _LARGE * habits.size and _is_centred(line) and together:
        return line.size >= _LARGEST * habits.largest[line.page] and _is_title_going_on(
            previous, line
        )
    # A passage set in further goes on as the text around it only in mid-sentence.
    moved = together and abs(line.left - previous.left) > 0.5 * line.size
    if moved and (previous.text[-1] in END_MARKS or starts_item(line.text)):
        return False
    if not _is_full(previous, line):
        return False
    if habits.indents:
        if not _is_indented(line):
            return True
        level = abs(line.x0 - previous.x0) <= 0.3 * line.size and _is_indented(previous)
        return level and previous.text[-1] not in END_MARKS and not starts_item(line.text)
    if previous.text[-1] in END_MARKS:
        tight = together or habits.long_paragraphs
        return habits.long_paragraphs and tight and not starts_item(line.text)
    return not starts_item(line.text) or _REFERENCE.match(line.text) is not None


def _is_title_going_on(previous: Line, line: Line) -> bool:
    middle = (previous.x0 + previous.x1) / 2 - (line.x0 + line.x1) / 2
    return (
        abs(middle) <= line.size
        and previous.x1 - previous.x0 >= _BROAD * (previous.right - previous.left)
        and _DATE.match(line.text) is None
        and len(previous.text) + len(line.text) <= _LONGEST_TITLE
        and previous.text[-1] not in END_MARKS
        and not starts_item(line.text)
        and line.text[0] not in "（("
    )
