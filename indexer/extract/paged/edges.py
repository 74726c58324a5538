"""The edges that lines are set between: by page and column, and of passages that are set in further."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from indexer.extract.paged.page import Line
from indexer.extract.tidy import END_MARKS, starts_item

_SUPPORT: Final = 0.04  # share of the lines that make an edge of a column
_NEAR: Final = 0.6  # of the size: values as near are one edge
_FIRM: Final = 0.25  # of a page's lines that end at an edge make it the page's own
_FEWEST: Final = 3
_HANGING: Final = "，。、；：！？"
_HANGS: Final = 1.3  # of the size: a hanging mark beyond the edge
_INSET: Final = 0.8  # of the size: how far a passage is set in
_INDENT: Final = 2.5  # … and its first line at most
_SHORTEST: Final = 12  # characters of a line of such a passage


def set_edges(lines: Sequence[Line]) -> None:
    """Sets `left` and `right` of each line."""
    columns: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        if not line.rows:
            columns.setdefault((line.column, round(line.width)), []).append(line)
    for found in columns.values():
        size = median(line.size for line in found)
        pages: dict[int, list[Line]] = {}
        for line in found:
            pages.setdefault(line.page, []).append(line)
        usual = _edges(found, size)
        for own in pages.values():
            left, right = _of_page(own, usual, size)
            for line in own:
                line.left, line.right = left, max(right, left)
            _set_in(own)


def _of_page(own: Sequence[Line], usual: tuple[float, float], size: float) -> tuple[float, float]:
    """The edges of a page: those of the file, moved (odd and even pages differ) or its own where enough
    of its lines end there."""
    ends = [line.x1 for line in own if line.text[-1:] not in _HANGING] or [line.x1 for line in own]
    right, count = _mode(ends, [line.x1 for line in own], size)
    if count < max(_FEWEST, _FIRM * len(own)):
        return usual
    moved = usual[0] + right - usual[1]
    starts = [line.x0 for line in own]
    if sum(abs(start - moved) <= _NEAR * size for start in starts) >= 2:
        return moved, right
    return _edge(starts, size), right


def _edges(found: Sequence[Line], size: float) -> tuple[float, float]:
    """The left and right edge of a column over all pages."""
    left = _edge([line.x0 for line in found], size)
    # Punctuation may hang over the edge by its own width: the other lines give it.
    firm = [line.x1 for line in found if line.text[-1:] not in _HANGING]
    right, count = _mode(firm, [line.x1 for line in found], size)
    if count >= max(_FEWEST, _FIRM * len(firm)):
        return left, right
    right = -_edge([-line.x1 for line in found], size)
    if firm and 0 < right + _edge([-x for x in firm], size) <= _HANGS * size:
        right = -_edge([-x for x in firm], size)
    return left, right


def _set_in(own: Sequence[Line]) -> None:
    """Gives lines that follow one another between narrower edges those edges."""
    at = 0
    while at < len(own):
        end = at + 1
        while end < len(own) and _is_beside(own[at], own[end]):
            end += 1
        block = own[at:end]
        left, right = min(line.x0 for line in block), max(line.x1 for line in block)
        size = block[0].size
        full = sum(line.x1 >= right - 0.3 * size for line in block)
        if (
            any(
                line.x1 >= right - 0.3 * size and line.text[-1] not in END_MARKS
                for line in block[:-1]
            )
            and full >= len(block) / 2
            and left >= block[0].left + _INSET * size
            and right <= block[0].right - _INSET * size
            and right - left >= _SHORTEST * size
            and sum(line.x0 <= left + 0.3 * size for line in block) >= len(block) / 2
        ):
            for line in block:
                line.left, line.right = left, right
        at = end


def _is_beside(first: Line, line: Line) -> bool:
    """Whether a line may belong to a passage set in that begins with `first`."""
    size = first.size
    return (
        min(first.x0 - first.left, line.x0 - line.left) >= _INSET * size
        and min(first.right - first.x1, line.right - line.x1) >= _INSET * size
        and abs(line.size - size) <= 0.1 * size
        and not starts_item(line.text)
        and -_INDENT * size <= line.x0 - first.x0 <= _INDENT * size
    )


def _mode(values: Sequence[float], every: Sequence[float], size: float) -> tuple[float, int]:
    """The greatest value of the span of _NEAR characters that most values are in, and how many are. A
    value that more than half as many of `every` line exceed, by more than a hanging mark, is where short
    lines happen to end."""
    values = sorted(values)
    best, most, start = 0.0, 0, 0
    for end, value in enumerate(values):
        while value - values[start] > _NEAR * size:
            start += 1
        count = end - start + 1
        if count < max(most, 2):
            continue
        if 2 * sum(x > value + _HANGS * size for x in every) <= count:
            best, most = value, count
    return best, most


def _edge(values: Sequence[float], size: float) -> float:
    """The least value that a share of the others is near to: a single overhanging line is no edge, nor
    is a value that many lines exceed (a page of short lines has no edge)."""
    values = sorted(values)
    enough = max(2, round(_SUPPORT * len(values)))
    for at, value in enumerate(values[: enough + 1]):
        if at + enough <= len(values) and values[at + enough - 1] - value <= _NEAR * size:
            return value
    return values[0]
