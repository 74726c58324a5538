"""Fields of WordprocessingML: which contain document text, and which a page number."""

import re
from dataclasses import dataclass, field
from typing import Final

_LEFT_OUT: Final = frozenset(
    {"PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION", "TOC", "INDEX", "TC", "XE"}
)
_EQUATION = re.compile(r"\s*EQ\b", re.IGNORECASE)
# \o\ac(○,12): characters overlaid on each other. Word makes circled numbers this way.
_CIRCLED = re.compile(r"\\o\s*\\a[lcr]\s*\(\s*[○◯〇]\s*[,，;；]\s*(\d{1,2})\s*\)", re.IGNORECASE)
_LONGEST: Final = 2_000


@dataclass(slots=True)
class _Open:
    """A field between begin and end: instructions until `separate`, then the result."""

    instruction: str = ""
    result: bool = False
    left_out: bool = False


@dataclass(slots=True)
class Fields:
    """The complex fields open at the current position of a story."""

    _open: list[_Open] = field(default_factory=list)

    def mark(self, kind: str) -> str:
        """Handles a w:fldChar of this kind. Returns the text shown by a field without result."""
        if kind == "begin":
            self._open.append(_Open())
        elif self._open and kind == "separate":
            self._open[-1].result = True
            self._open[-1].left_out = left_out(self._open[-1].instruction)
        elif self._open and kind == "end":
            last = self._open.pop()
            if not last.result:
                return equation(last.instruction)
        return ""

    def instruct(self, text: str) -> None:
        """Handles instruction text."""
        if self._open and len(self._open[-1].instruction) < _LONGEST:
            self._open[-1].instruction += text

    @property
    def shown(self) -> bool:
        """Whether text at this position is document text."""
        return all(f.result and not f.left_out for f in self._open)


def left_out(instruction: str) -> bool:
    """Whether a field's result is a page number, a table of contents or an index."""
    words = instruction.split(None, 1)
    return bool(words) and words[0].upper() in _LEFT_OUT


def equation(instruction: str) -> str:
    """The circled number that an EQ field draws, or ""."""
    found = _CIRCLED.search(instruction) if _EQUATION.match(instruction) else None
    value = int(found[1]) if found else 0
    return chr(0x245F + value) if 0 < value <= 20 else ""
