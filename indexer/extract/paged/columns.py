"""Segments of a page → lines in reading order: columns one after the other."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from indexer.extract.paged.page import Line, Segment
from indexer.extract.paged.segments import split
from indexer.extract.tidy import join

_FEWEST: Final = 4  # lines in each of two columns
_FILLED: Final = 0.55  # of a column's width that its median line fills
_NARROWEST: Final = 7  # characters a column holds
_ACROSS: Final = 0.5  # of the segments may run over both columns
_STEPS: Final = 60
_MAX_COLUMNS: Final = 3

Column = tuple[int, int]


def in_order(found: Sequence[Segment], page: int, column: Column = (0, 1)) -> list[Line]:
    """The lines of a page in reading order."""
    gutter = _gutter(found) if column[1] < _MAX_COLUMNS else None
    if gutter is None:
        return _one_column(found, page, column)
    lines: list[Line] = []
    band: list[Segment] = []
    parted = [part for s in found for part in (split(s, gutter) if _crosses(s, gutter) else [s])]
    for segment in sorted(parted, key=lambda s: (s.y, s.x0)):
        if _crosses(segment, gutter):
            lines += _band(band, gutter, page, column)
            band = []
            lines += _one_column([segment], page, column)
        else:
            band.append(segment)
    return lines + _band(band, gutter, page, column)


def _band(band: list[Segment], gutter: float, page: int, column: Column) -> list[Line]:
    left = [s for s in band if s.x1 <= gutter + 1]
    right = [s for s in band if s.x1 > gutter + 1]
    if min(len(left), len(right)) == 0:
        # A lone line beside an empty column: a line spanning both columns may be short too.
        return _one_column(band, page, (0 if left else 1, column[1] + 1))
    parts = column[1] + 1
    return in_order(left, page, (0, parts)) + in_order(right, page, (parts - 1, parts))


def _crosses(segment: Segment, x: float) -> bool:
    return segment.x0 < x - 2 and segment.x1 > x + 2


def _gutter(found: Sequence[Segment]) -> float | None:
    """Position of the gap between two columns; None for a single column."""
    plain = [s for s in found if not s.rows]
    if len(plain) < 2 * _FEWEST:
        return None
    start, end = min(s.x0 for s in plain), max(s.x1 for s in plain)
    size = median(s.size for s in plain)
    best: tuple[int, float] | None = None
    for step in range(_STEPS // 5, _STEPS - _STEPS // 5):
        x = start + (end - start) * step / _STEPS
        across = sum(_crosses(s, x) for s in plain)
        if across > _ACROSS * len(plain) or (best is not None and across >= best[0]):
            continue
        left = [s for s in plain if s.x1 <= x + 1]
        right = [s for s in plain if s.x0 >= x - 1]
        if _are_columns(left, right, x, start, end, size):
            best = across, x
    return best[1] if best else None


def _are_columns(
    left: list[Segment], right: list[Segment], x: float, start: float, end: float, size: float
) -> bool:
    if min(len(left), len(right)) < _FEWEST:
        return False
    inner_left, inner_right = max(s.x1 for s in left), min(s.x0 for s in right)
    widths = inner_left - start, end - inner_right
    if min(widths) < _NARROWEST * size or inner_right - inner_left < 0.8 * size:
        return False
    if median(s.x1 - s.x0 for s in left) < _FILLED * widths[0]:
        return False
    if median(s.x1 - s.x0 for s in right) < _FILLED * widths[1]:
        return False
    top, bottom = max(left[0].y, right[0].y), min(left[-1].y, right[-1].y)
    beside = min(sum(top - size <= s.y <= bottom + size for s in side) for side in (left, right))
    return beside >= _FEWEST - 1


def _one_column(found: Sequence[Segment], page: int, column: Column) -> list[Line]:
    """The segments of one line joined, with a space between."""
    lines: list[Line] = []
    for s in sorted(found, key=lambda s: (s.y, s.x0)):
        last = lines[-1] if lines else None
        if last and not s.rows and not last.rows and abs(s.y - last.y) <= 0.4 * s.size:
            if s.x0 >= last.x1:
                last.text = f"{last.text} {s.text}"
            else:
                last.text = join(s.text, last.text) if s.x0 < last.x0 else join(last.text, s.text)
            last.x0, last.x1 = min(last.x0, s.x0), max(last.x1, s.x1)
            continue
        lines.append(Line(s.text, s.x0, s.x1, s.y, s.size, page, column, rows=s.rows))
    return lines
