"""Tables without ruled lines: rows of segments that stand below one another."""

from collections.abc import Sequence
from typing import Final

from indexer.extract.paged.page import Segment
from indexer.extract.tidy import END_MARKS, join

_FEWEST: Final = 3  # rows, or two of three cells and more
_BETWEEN: Final = 2  # rows of a single segment within a table
_PITCH: Final = 2.6  # of the size: a wider step between rows ends a cell

Interval = tuple[float, float]


def cells_of(rows: Sequence[Sequence[Segment]]) -> dict[int, list[str]]:
    """The cells of each row that belongs to a table, by its index. A row that only continues cells of
    the row above is empty; its text is in that row."""
    found: dict[int, list[str]] = {}
    at = 0
    while at < len(rows):
        members, columns = _table(rows, at)
        wide = all(len(rows[m]) > 2 for m in members)
        if len(members) >= _FEWEST or (len(members) == _FEWEST - 1 and wide):
            _fill(rows, members, columns, found)
            at = members[-1]
        at += 1
    return found


def _table(rows: Sequence[Sequence[Segment]], start: int) -> tuple[list[int], list[Interval]]:
    """The rows of several segments from `start` on that share columns, and those columns."""
    members: list[int] = []
    columns: list[Interval] = []
    for at in range(start, len(rows)):
        row = rows[at]
        if row[0].rows or (members and at - members[-1] > _BETWEEN + 1):
            break
        if len(row) < 2:
            if not members:
                break
            continue
        merged = _merged([*columns, *((s.x0, s.x1) for s in row)])
        fewer = columns and len(merged) < len(columns)
        if fewer or len(merged) < 2 or len({_place(merged, s) for s in row}) < len(row):
            break
        members.append(at)
        columns = merged
    return members, columns


def _fill(
    rows: Sequence[Sequence[Segment]],
    members: Sequence[int],
    columns: Sequence[Interval],
    found: dict[int, list[str]],
) -> None:
    for at in members:
        cells = [""] * len(columns)
        for segment in rows[at]:
            cells[_place(columns, segment)] = segment.text
        found[at] = cells
    last = members[0]
    for at in range(members[0], min(members[-1] + _BETWEEN + 1, len(rows))):
        row = rows[at]
        if at in found:
            last = at
            continue
        # A lone segment below a later column continues a cell.
        inside = len(row) == 1 and not row[0].rows and _within(columns, row[0])
        step = row[0].y - rows[at - 1][0].y
        ended = found[last][inside][-1:] in END_MARKS if inside and found[last][inside] else True
        if not inside or step > _PITCH * row[0].size or (at > members[-1] and ended):
            if at > members[-1]:
                break
            continue
        found[last][inside] = join(found[last][inside], row[0].text)
        found[at] = []


def _within(columns: Sequence[Interval], segment: Segment) -> int:
    """The column, from the second on, that a segment lies in; 0 if it doesn't."""
    for index, (start, end) in enumerate(columns):
        if index and start - 2 <= segment.x0 and segment.x1 <= end + 2:
            return index
    return 0


def _place(columns: Sequence[Interval], segment: Segment) -> int:
    middle = (segment.x0 + segment.x1) / 2
    return min(
        range(len(columns)), key=lambda i: max(columns[i][0] - middle, middle - columns[i][1])
    )


def _merged(intervals: Sequence[Interval]) -> list[Interval]:
    out: list[Interval] = []
    for start, end in sorted(intervals):
        if out and start < out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out
