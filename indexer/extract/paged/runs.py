"""Runs: characters drawn one after the other on one baseline, in one size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from indexer.extract.paged.page import Glyph

_BACK: Final = 0.3  # of the size: how far a character may start before the last one ends
_AHEAD: Final = 0.95  # … and after it
_LEVEL: Final = 0.1  # of the size, between baselines
_SAME_SIZE: Final = 0.05
_TWICE: Final = 0.5  # of its width: nearer to its like, a character is drawn twice


@dataclass(frozen=True, slots=True)
class Run:
    """text: without white space, empty if there is nothing else."""

    glyphs: tuple[Glyph, ...]
    text: str
    x0: float
    x1: float
    y: float
    size: float


def runs(glyphs: Iterable[Glyph]) -> list[Run]:
    """The runs in the order they are drawn, without characters drawn twice."""
    found: list[Run] = []
    part: list[Glyph] = []
    for glyph in _distinct(glyphs):
        if part and not _goes_on(part[-1], glyph):
            found.append(_run(part))
            part = []
        part.append(glyph)
    return [*found, _run(part)] if part else found


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    size = last.size
    return (
        abs(glyph.size - size) <= _SAME_SIZE * size
        and abs(glyph.y - last.y) <= _LEVEL * size
        and last.x0 < glyph.x0
        and -_BACK * size <= glyph.x0 - last.x1 <= _AHEAD * size
    )


def _run(glyphs: Sequence[Glyph]) -> Run:
    inked = [g for g in glyphs if not g.char.isspace()] or glyphs
    return Run(
        tuple(glyphs),
        "".join("".join(g.char for g in glyphs).split()),
        inked[0].x0,
        max(g.x1 for g in inked),
        inked[0].y,
        inked[0].size,
    )


def _distinct(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Without characters drawn twice, as some programs do for bold: at the same size, nearer than half
    the character's own width. Two narrow letters side by side (II) are a whole width apart."""
    seen: dict[tuple[str, int, int], list[Glyph]] = {}
    out = []
    for glyph in glyphs:
        step = max(1.0, glyph.size)
        x, y = int(glyph.x0 // step), int(glyph.y // step)
        if not glyph.char.isspace():
            near = (
                other
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
                for other in seen.get((glyph.char, x + i, y + j), ())
            )
            if any(_is_again(glyph, other) for other in near):
                continue
            seen.setdefault((glyph.char, x, y), []).append(glyph)
        out.append(glyph)
    return out


def _is_again(glyph: Glyph, other: Glyph) -> bool:
    width = max(min(glyph.x1 - glyph.x0, other.x1 - other.x0), 0.1 * glyph.size)
    return (
        abs(glyph.size - other.size) <= _SAME_SIZE * other.size
        and abs(glyph.x0 - other.x0) < _TWICE * width
        and abs(glyph.y - other.y) < 0.15 * glyph.size
    )
