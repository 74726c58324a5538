"""Vertical text: upright characters one below the other, lines from right to left."""

from collections.abc import Sequence
from typing import Final

from indexer.extract.paged.directions import Placed, turned
from indexer.extract.paged.page import Glyph, Sheet

_FEWEST: Final = 12  # characters on a page, fewer are a label beside a picture
_LONGEST: Final = 6  # characters of the longest line at least
_STEPS: Final = (0.8, 1.35)  # of the size, from one character down to the next
_LEVEL: Final = 0.15  # of the size, sideways
_RUN: Final = 2


def take_vertical(
    glyphs: Sequence[Glyph], width: float, height: float
) -> tuple[list[Glyph], Sheet | None]:
    """The other characters, and a sheet on which the vertical text stands in level lines; None if there
    is none. Characters of one column of a list are drawn line by line and so not one after the other."""
    found: list[list[Glyph]] = []
    part: list[Glyph] = []
    for glyph in (g for g in glyphs if not g.char.isspace()):
        if part and not _is_below(part[-1], glyph):
            found.append(part)
            part = []
        part.append(glyph)
    found.append(part)
    lines = [line for line in found if len(line) >= _RUN]
    if sum(map(len, lines)) < _FEWEST or max(map(len, lines)) < _LONGEST:
        return list(glyphs), None
    taken = {id(glyph) for line in lines for glyph in line}
    placed = [
        Placed(g.char, (g.x0 + g.x1) / 2, g.y - g.size, g.size, g.size)
        for line in lines
        for g in line
    ]
    rest = [glyph for glyph in glyphs if id(glyph) not in taken]
    return rest, turned(width, height, placed, (), 1)


def _is_below(last: Glyph, glyph: Glyph) -> bool:
    size = last.size
    return (
        abs(glyph.size - size) <= 0.05 * size
        and not glyph.char.isascii()
        and abs(glyph.x0 - last.x0) <= _LEVEL * size
        and _STEPS[0] * size <= glyph.y - last.y <= _STEPS[1] * size
    )
