"""Charts of counts, drawn on the server: geometry only, the template writes the SVG.

Each chart has its table beside it, so nothing is conveyed by colour or length alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kb.index.document_info import DocumentInfo
from web import result_view

LAYERS = 5
"""Kinds with a colour of their own; the others are combined."""

YEARS = 40
STEP, BAR, HEIGHT = 30, 22, 120
"""Units from year to year, of a column's width, and of the highest column."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a column. layer: from 1, as in the legend."""

    layer: int
    kind: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A year. x: of the left edge. cells: counts in the order of the legend."""

    year: int
    x: int
    total: int
    top: float
    segments: tuple[Segment, ...]
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Documents by year and kind. kinds: the legend, from the bottom of a column to its top."""

    width: int
    height: int
    kinds: tuple[str, ...]
    columns: tuple[Column, ...]


def timeline(infos: Iterable[DocumentInfo], other: str) -> Timeline | None:
    """Stacked columns of the last YEARS years that have documents; None for fewer than two years.
    other: the name of all kinds without a colour."""
    counts = Counter((i.year, i.kind.value) for i in infos if i.year)
    years = sorted({year for year, _ in counts})[-YEARS:]
    if len(years) < 2:
        return None
    years = list(range(max(years[0], years[-1] - YEARS + 1), years[-1] + 1))
    by_kind: Counter[str] = Counter()
    for (year, kind), n in counts.items():
        if year >= years[0]:
            by_kind[kind] += n
    named = [kind for kind, _ in by_kind.most_common(LAYERS if len(by_kind) > LAYERS + 1 else None)]
    kinds = sorted(named, key=result_view.kind_order)
    table = {year: [counts[year, kind] for kind in kinds] for year in years}
    if len(by_kind) > len(kinds):
        kinds.append(other)
        for year in years:
            rest = sum(n for (y, kind), n in counts.items() if y == year and kind not in named)
            table[year].append(rest)
    highest = max(map(sum, table.values()))
    return Timeline(
        width=STEP * len(years),
        height=HEIGHT,
        kinds=tuple(kinds),
        columns=tuple(
            _column(year, i * STEP + (STEP - BAR) // 2, kinds, table[year], HEIGHT / highest)
            for i, year in enumerate(years)
        ),
    )


def _column(year: int, x: int, kinds: list[str], cells: list[int], unit: float) -> Column:
    segments, top = [], float(HEIGHT)
    for layer, (kind, count) in enumerate(zip(kinds, cells, strict=True), 1):
        if count:
            height = round(count * unit, 1)
            top = round(top - height, 1)
            segments.append(Segment(layer, kind, count, top, height))
    return Column(year, x, sum(cells), top, tuple(segments), tuple(cells))
