"""Positioned characters → segments: text on one line without a wide gap."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from indexer.extract.paged.page import Glyph, Segment
from indexer.extract.paged.runs import Run, runs
from indexer.extract.tidy import is_label, tidy

_SAME_LINE: Final = 0.4  # of the size: baselines closer than this are one line
_RAISED: Final = 0.65  # … and this for smaller characters such as note numbers
_WIDE: Final = 0.95  # of the size: a gap that separates columns and cells
_LABEL_GAP: Final = 2.6  # of the size: a wider gap separates a label too
_OPEN: Final = 6  # lines that the next characters, downwards, may still belong to
_HANGING: Final = 0.4  # of the size: what a hanging mark leaves of the gap between columns
_WORD_GAP: Final = 0.18  # of the size: between Latin words
_BROAD_GAP: Final = 0.85  # between Chinese characters set apart on purpose
_SPACED_OUT: Final = 0.3  # share of spaced Chinese pairs above which the spaces are artefacts

_CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff5e\u3001-\u301f]"
_HAN_PAIR = re.compile(r"(?<=[\u4e00-\u9fff]) ?(?=[\u4e00-\u9fff])")
_HAN_SPACE = re.compile(rf"(?<={_CJK}) (?={_CJK})")


def segments(glyphs: Sequence[Glyph]) -> list[Segment]:
    """The segments of these characters, from top to bottom and left to right."""
    out: list[Segment] = []
    for line in _lines(glyphs):
        part: list[Glyph] = []
        for glyph in line:
            if part and _parts(part, glyph):
                out += _segment(part)
                part = []
            part.append(glyph)
        out += _segment(part)
    return out


def _parts(part: list[Glyph], glyph: Glyph) -> bool:
    """Whether the gap before `glyph` separates it from `part`: a label stays with its line."""
    size = max(glyph.size, part[-1].size)
    gap = glyph.x0 - part[-1].x1
    if gap <= _WIDE * size:
        return False
    return gap > _LABEL_GAP * size or not is_label("".join(g.char for g in part))


def _lines(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Characters by line, each from left to right. What is drawn over a line is a line of its own."""
    found = runs(glyphs)
    lines: list[_Line] = []
    for run in sorted((r for r in found if r.text), key=lambda r: (r.y, r.x0)):
        line = next((one for one in reversed(lines[-_OPEN:]) if one.takes(run)), None)
        if line is None:
            lines.append(_Line([run], run.y, run.size))
        else:
            line.add(run)
    by_base: dict[int, _Line] = {}
    for line in lines:
        by_base.setdefault(round(line.base), line)
    for run in found:
        if run.text:
            continue
        # Spaces drawn on their own.
        at = round(run.y)
        own = by_base.get(at) or by_base.get(at - 1) or by_base.get(at + 1)
        if own is not None and min(r.x0 for r in own.runs) < run.x0:
            own.runs.append(run)
    return [
        sorted((g for run in line.runs for g in run.glyphs), key=lambda g: g.x0) for line in lines
    ]


@dataclass(slots=True)
class _Line:
    """Runs on one line. base, size: of the largest."""

    runs: list[Run]
    base: float
    size: float

    def takes(self, run: Run) -> bool:
        apart = abs(run.y - self.base)
        less, more = sorted((self.size, run.size))
        if apart > _SAME_LINE * less and (
            less >= 0.8 * more or apart > _RAISED * more or not self._is_beside(run)
        ):
            return False
        over = sum(max(0.0, min(run.x1, r.x1) - max(run.x0, r.x0)) for r in self.runs)
        return over <= max(0.5 * less, 0.3 * (run.x1 - run.x0))

    def add(self, run: Run) -> None:
        self.runs.append(run)
        if run.size > self.size:
            self.base, self.size = run.y, run.size

    def _is_beside(self, run: Run) -> bool:
        left, right = min(r.x0 for r in self.runs), max(r.x1 for r in self.runs)
        return run.x1 > left - 2 * run.size and run.x0 < right + 2 * run.size


def _segment(glyphs: Sequence[Glyph]) -> list[Segment]:
    inked = [g for g in glyphs if not g.char.isspace()]
    text = line_text(glyphs) if inked else ""
    if not text:
        return []
    sizes = sorted(g.size for g in inked)
    base = sorted(g.y for g in inked)[len(inked) // 2]
    right = max(g.x1 for g in inked)
    size = sizes[len(sizes) // 2]
    return [Segment(text, inked[0].x0, right, base, size, glyphs=tuple(glyphs))]


def split(segment: Segment, x: float) -> list[Segment]:
    """A segment split at a gap at x, where a mark hangs into the space between two columns; unsplit if it
    continues across x."""
    left = [g for g in segment.glyphs if (g.x0 + g.x1) / 2 <= x and g.x0 < x - 1]
    right = [g for g in segment.glyphs[len(left) :] if not g.char.isspace()]
    inked = [g for g in left if not g.char.isspace()]
    if not inked or not right or len(left) + len(right) < len(segment.glyphs) - 2:
        return [segment]
    if right[0].x0 - inked[-1].x1 < _HANGING * segment.size:
        return [segment]
    return [*_segment(left), *_segment(right)]


def line_text(glyphs: Sequence[Glyph]) -> str:
    """The text of one line, with spaces at words or wide gaps, none for typesetting alone."""
    out: list[str] = []
    previous: Glyph | None = None
    for glyph in glyphs:
        if previous is not None and not glyph.char.isspace() and not previous.char.isspace():
            gap = glyph.x0 - previous.x1
            size = min(glyph.size, previous.size)
            latin = _is_latin(previous.char) and _is_latin(glyph.char)
            if gap > (_WORD_GAP if latin else _BROAD_GAP) * size:
                out.append(" ")
        out.append(glyph.char)
        previous = glyph
    text = tidy("".join(out))
    pairs = _HAN_PAIR.findall(text)
    spaced = sum(1 for pair in pairs if pair)
    if spaced >= 3 and spaced >= _SPACED_OUT * len(pairs):
        text = _HAN_SPACE.sub("", text)
    return text


def _is_latin(char: str) -> bool:
    return char.isascii() or "\u00c0" <= char <= "\u024f"
