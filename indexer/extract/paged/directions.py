"""Characters as drawn, in whatever direction → upright sheets: the page's own direction first.

A page may hold text in several directions: a sideways table under an upright title. Each direction
with enough text becomes a sheet, turned upright. Text at other angles is a watermark or a seal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indexer.extract.paged.page import Glyph, Rule, Sheet

_UPRIGHT: Final = 0.06  # maximum tilt of a line, in radians
_FEWEST: Final = 8  # letters and digits of a direction beside the main one: fewer are marginalia
_QUARTER: Final = math.pi / 2


@dataclass(frozen=True, slots=True)
class Placed:
    """A character as drawn: its baseline starts at (x, y), y downwards, and runs at `angle`
    (radians, clockwise) for `advance`."""

    char: str
    x: float
    y: float
    advance: float
    size: float
    angle: float = 0.0


def sheets(
    width: float,
    height: float,
    placed: Sequence[Placed],
    rules: Sequence[Rule] = (),
    upright: int = 0,
) -> list[Sheet]:
    """The page as one upright sheet for each direction that has text.

    upright: quarter turns (clockwise) of text that a viewer shows upright; it comes first.
    """
    found: dict[int, list[Placed]] = {}
    for one in placed:
        turn = round(one.angle / _QUARTER)
        if abs(one.angle - turn * _QUARTER) <= _UPRIGHT:
            found.setdefault(turn % 4, []).append(one)
    letters = {turn: sum(p.char.isalnum() for p in own) for turn, own in found.items()}
    main = max(letters, key=lambda turn: (letters[turn], turn == upright), default=upright)
    kept = [turn for turn in found if turn == main or letters[turn] >= _FEWEST]
    order = sorted(kept, key=lambda turn: (turn != upright, -letters[turn], turn)) or [upright]
    return [
        turned(width, height, found.get(turn, ()), rules if turn == main else (), turn)
        for turn in order
    ]


def turned(
    width: float, height: float, placed: Sequence[Placed], rules: Sequence[Rule], turn: int
) -> Sheet:
    """A sheet on which text that runs at `turn` clockwise quarter turns stands upright."""

    def moved(x: float, y: float) -> tuple[float, float]:
        return [(x, y), (y, width - x), (width - x, height - y), (height - y, x)][turn]

    glyphs = []
    for one in placed:
        x, y = moved(one.x, one.y)
        glyphs.append(Glyph(one.char, x, x + one.advance, y, one.size))
    lines = []
    for rule in rules:
        (xa, ya), (xb, yb) = moved(rule.x0, rule.y0), moved(rule.x1, rule.y1)
        lines.append(Rule(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)))
    size = (width, height) if turn % 2 == 0 else (height, width)
    return Sheet(*size, tuple(glyphs), tuple(lines))
