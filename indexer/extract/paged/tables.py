"""Tables drawn with lines → rows of text, cells separated by " | " as on web pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indexer.extract.paged.page import Glyph, Rule, Segment
from indexer.extract.paged.segments import segments
from indexer.extract.tidy import join

MAX_RULES: Final = 1_500
"""Maximum number of lines per page: more are a drawing."""

_NEAR: Final = 3.0  # points within which lines meet
_SHORTEST: Final = 8.0
_MAX_CELL: Final = 800  # characters: longer cells are page layout
_MAX_CELLS: Final = 4_000


@dataclass(slots=True)
class _Grid:
    rules: list[Rule]
    ys: list[float]
    xs: list[float]

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        row = _interval(self.ys, y)
        column = _interval(self.xs, x)
        return None if row is None or column is None else (row, column)


def take_tables(
    glyphs: Sequence[Glyph], rules: Sequence[Rule]
) -> tuple[list[Segment], list[Glyph]]:
    """The tables of a page, and the characters outside tables."""
    grids = _grids(rules)
    tables: list[Segment] = []
    rest = list(glyphs)
    for grid in grids:
        roots = _merged(grid)
        cells: dict[tuple[int, int], list[Glyph]] = {}
        outside: list[Glyph] = []
        for glyph in rest:
            at = grid.cell((glyph.x0 + glyph.x1) / 2, glyph.y - 0.35 * glyph.size)
            if at is None:
                outside.append(glyph)
            else:
                cells.setdefault(roots[at], []).append(glyph)
        texts = {at: _cell_text(inside) for at, inside in cells.items()}
        if len(texts) < 2 or any(len(t) > _MAX_CELL for t in texts.values()):
            continue
        rows = _rows(grid, roots, texts)
        if rows:
            size = next(iter(cells.values()))[0].size
            tables.append(Segment("", grid.xs[0], grid.xs[-1], grid.ys[0], size, rows, grid.ys[-1]))
            rest = outside
    return tables, rest


def _rows(
    grid: _Grid, roots: dict[tuple[int, int], tuple[int, int]], texts: dict[tuple[int, int], str]
) -> tuple[str, ...]:
    rows = []
    for row in range(len(grid.ys) - 1):
        own = dict.fromkeys(
            root for column in range(len(grid.xs) - 1) if (root := roots[row, column])[0] == row
        )
        cells = [texts.get(root, "") for root in own]
        if any(cells):
            rows.append(" | ".join(cells).strip(" |"))
    return tuple(rows)


def _cell_text(glyphs: list[Glyph]) -> str:
    text = ""
    for segment in segments(glyphs):
        text = join(text, segment.text)
    return text


def _merged(grid: _Grid) -> dict[tuple[int, int], tuple[int, int]]:
    """For each grid position the first position of its cell."""
    root = {(r, c): (r, c) for r in range(len(grid.ys) - 1) for c in range(len(grid.xs) - 1)}
    level = [r for r in grid.rules if r.is_level]
    upright = [r for r in grid.rules if not r.is_level]
    for (row, column), _ in sorted(root.items()):
        x = (grid.xs[column] + grid.xs[column + 1]) / 2
        y = (grid.ys[row] + grid.ys[row + 1]) / 2
        if column and not any(
            abs(r.x0 - grid.xs[column]) <= _NEAR and r.y0 - _NEAR <= y <= r.y1 + _NEAR
            for r in upright
        ):
            root[row, column] = root[row, column - 1]
        elif row and not any(
            abs(r.y0 - grid.ys[row]) <= _NEAR and r.x0 - _NEAR <= x <= r.x1 + _NEAR for r in level
        ):
            root[row, column] = root[row - 1, column]
    return root


def _grids(rules: Sequence[Rule]) -> list[_Grid]:
    """Groups of lines that meet and form at least two cells."""
    long = [r for r in rules if max(r.x1 - r.x0, r.y1 - r.y0) >= _SHORTEST][:MAX_RULES]
    waiting = set(range(len(long)))
    found = []
    while waiting:
        group, edge = [], [waiting.pop()]
        while edge:
            one = long[edge.pop()]
            group.append(one)
            met = [i for i in waiting if _meet(one, long[i])]
            waiting.difference_update(met)
            edge += met
        ys = _places(r.y0 for r in group if r.is_level)
        xs = _places(r.x0 for r in group if not r.is_level)
        cells = (len(ys) - 1) * (len(xs) - 1)
        if len(ys) >= 2 and len(xs) >= 2 and 2 <= cells <= _MAX_CELLS:
            found.append(_Grid(group, ys, xs))
    return sorted(found, key=lambda g: g.ys[0])


def _meet(one: Rule, other: Rule) -> bool:
    return (
        one.x0 - _NEAR <= other.x1
        and other.x0 - _NEAR <= one.x1
        and one.y0 - _NEAR <= other.y1
        and other.y0 - _NEAR <= one.y1
    )


def _places(values: object) -> list[float]:
    places: list[float] = []
    for value in sorted(values):  # type: ignore[call-overload]
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _interval(places: list[float], value: float) -> int | None:
    if not places[0] <= value <= places[-1]:
        return None
    return next((i for i in range(len(places) - 1) if value <= places[i + 1]), None)
