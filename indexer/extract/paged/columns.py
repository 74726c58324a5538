"""Segments of a page → lines in reading order: columns one after the other."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

from indexer.extract.paged.page import Line, Segment
from indexer.extract.paged.segments import split
from indexer.extract.paged.unruled import cells_of

_FEWEST: Final = 4  # lines in each of two columns
_FEWEST_MORE: Final = 2  # … and in each beside another
_FILLED: Final = 0.55  # of a column's width that its median line fills
_FULL: Final = 0.3  # of a column's lines end at its edge, as running text does and cells don't
_NARROWEST: Final = 9  # characters a column holds
_MOST: Final = 0.9  # of a column's lines end at its edge or before it
_SINGLE: Final = 0.7  # of the lines left of a gap are without a gap of their own
_GAP: Final = 0.8  # of the size: the least distance between columns
_LARGE: Final = 1.12  # of the usual size: a title's line
_MAX_DEPTH: Final = 5

Column = tuple[int, ...]
Row = list[Segment]


def in_order(found: Sequence[Segment], page: int, column: Column = ()) -> list[Line]:
    """The lines of a page in reading order."""
    # Beside a column that is known the last one may be short.
    fewest = _FEWEST_MORE if column[-1:] == (1,) else _FEWEST
    gutter = _gutter(found, fewest) if len(column) < _MAX_DEPTH else None
    if gutter is None:
        return lines(found, page, column)
    out: list[Line] = []
    for band in _bands(found, gutter):
        if not _has_columns(band, gutter, fewest):
            out += lines(band, page, column)
            continue
        # A title in the middle of a page stands above one of three columns.
        rows = grouped(band)
        start = 0
        while start < len(rows) and _is_title(rows[start], band):
            start += 1
        out += lines([s for row in rows[:start] for s in row], page, column)
        rest = [s for row in rows[start:] for s in row]
        out += in_order([s for s in rest if s.x1 <= gutter + 1], page, (*column, 0))
        out += in_order([s for s in rest if s.x1 > gutter + 1], page, (*column, 1))
    return out


def _is_title(row: Row, band: Sequence[Segment]) -> bool:
    return row[0].size > _LARGE * median(s.size for s in band)


def _crosses(segment: Segment, x: float) -> bool:
    return segment.x0 < x - 2 and segment.x1 > x + 2


def _bands(found: Sequence[Segment], x: float) -> list[list[Segment]]:
    """The segments from top to bottom; those that cross x are bands of their own."""
    parted = [part for s in found for part in (split(s, x) if _crosses(s, x) else [s])]
    bands: list[list[Segment]] = []
    before: bool | None = None
    for segment in sorted(parted, key=lambda s: (s.y, s.x0)):
        crossing = _crosses(segment, x)
        if crossing != before:
            bands.append([])
        bands[-1].append(segment)
        before = crossing
    return bands


def _gutter(found: Sequence[Segment], fewest: int) -> float | None:
    """Where the gap between two columns ends, the first of several; None for a single column. Only the
    bands without a line across count, so a few lines may cross."""
    plain = [s for s in found if not s.rows]
    if len(plain) < 2 * fewest:
        return None
    starts = Counter(round(s.x0 / 2) for s in plain)
    best: tuple[int, float] | None = None
    for place, count in sorted(starts.items()):
        if count + starts[place + 1] < fewest or place == min(starts):
            continue
        x = min(s.x0 for s in plain if round(s.x0 / 2) == place) - 1
        inside = sum(len(b) for b in _bands(plain, x) if _has_columns(b, x, fewest))
        if inside and (best is None or inside > best[0]):
            best = inside, x
    return best[1] if best else None


def _has_columns(band: Sequence[Segment], x: float, fewest: int) -> bool:
    """Whether there is running text on both sides of x."""
    plain = [s for s in band if not s.rows]
    left, right = [s for s in plain if s.x1 <= x + 1], [s for s in plain if s.x0 >= x - 1]
    if min(len(left), len(right)) < fewest or len(left) + len(right) < len(plain):
        return False
    size = median(s.size for s in plain)
    starts = min(s.x0 for s in left), min(s.x0 for s in right)
    if starts[1] - max(s.x1 for s in left) < _GAP * size:
        return False
    # Cells, not running text; of several columns the first gap comes first.
    if median(s.x1 - s.x0 for s in plain) < _FILLED * _NARROWEST * size:
        return False
    if sum(len(row) == 1 for row in grouped(left)) < _SINGLE * len(grouped(left)):
        return False
    for side, start in zip((left, right), starts, strict=True):
        # The column next to the gap: to its right there may be more, filled less.
        nearest = [row[0] for row in grouped(side)]
        end = sorted(s.x1 for s in nearest)[round(_MOST * (len(nearest) - 1))]
        if end - start < _NARROWEST * size:
            return False
        if median(s.x1 - s.x0 for s in nearest) < _FILLED * (end - start):
            return False
        if sum(s.x1 >= end - 1.6 * size for s in nearest) < _FULL * len(nearest):
            return False
    top, bottom = max(left[0].y, right[0].y), min(left[-1].y, right[-1].y)
    beside = min(sum(top - size <= s.y <= bottom + size for s in side) for side in (left, right))
    return beside >= fewest - 1


def grouped(found: Sequence[Segment]) -> list[Row]:
    """The segments by line, each from left to right; what overlaps another isn't on its line."""
    rows: list[Row] = []
    for s in sorted(found, key=lambda s: (s.y, s.x0)):
        row = rows[-1] if rows else None
        if (
            row is not None
            and not s.rows
            and not row[0].rows
            and abs(s.y - row[0].y) <= 0.4 * s.size
            and all(s.x0 >= r.x1 - 0.5 * s.size or s.x1 <= r.x0 + 0.5 * s.size for r in row)
        ):
            row.append(s)
        else:
            rows.append([s])
    return [sorted(row, key=lambda s: s.x0) for row in rows]


def lines(found: Sequence[Segment], page: int, column: Column) -> list[Line]:
    """The lines of one column; the rows of a table without ruled lines are each a table's row."""
    rows = grouped(found)
    cells = cells_of(rows)
    out: list[Line] = []
    for at, row in enumerate(rows):
        x0, x1, first = row[0].x0, row[-1].x1, row[0]
        text, own = " ".join(s.text for s in row), first.rows
        if at in cells:
            if not any(cells[at]):
                continue  # it continues the cells of the row above
            text, own = "", (" | ".join(cells[at]).replace("： | ", "："),)
        out.append(Line(text, x0, x1, first.y, first.size, page, column, rows=own))
    return out
