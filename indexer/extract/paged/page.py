"""The content of a page, and the pieces it is split into. Points, y grows downwards."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character: x0 to x1 on the baseline y; size: of its font as drawn."""

    char: str
    x0: float
    x1: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, horizontal or vertical: x0 <= x1, y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_level(self) -> bool:
        return self.x1 - self.x0 >= self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its characters in the order they are drawn, and its straight lines."""

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Text on one line without a wide gap, or the rows of a table (text is empty then)."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    rows: tuple[str, ...] = ()
    bottom: float = 0.0
    glyphs: tuple[Glyph, ...] = ()


@dataclass(slots=True)
class Line:
    """A line of a column. column: the way to it, 0 left and 1 right of each gap; left, right: the edges
    of its paragraph; page, width: index and width of its sheet."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    page: int
    column: tuple[int, ...] = ()
    left: float = 0.0
    right: float = 0.0
    width: float = 0.0
    rows: tuple[str, ...] = field(default=())
