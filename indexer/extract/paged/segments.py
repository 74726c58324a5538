"""Positioned characters → segments: text on one line without a wide gap."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from indexer.extract.paged.page import Glyph, Segment
from indexer.extract.tidy import tidy

_SAME_LINE: Final = 0.4  # of the size: baselines closer than this are one line
_RAISED: Final = 0.65  # … and this for smaller characters such as note numbers
_WIDE: Final = 0.95  # of the size: a gap that separates columns and cells
_HANGING: Final = 0.4  # of the size: what a hanging mark leaves of the gap between columns
_WORD_GAP: Final = 0.18  # of the size: between Latin words
_BROAD_GAP: Final = 0.85  # between Chinese characters set apart on purpose
_SPACED_OUT: Final = 0.3  # share of spaced Chinese pairs above which the spaces are artefacts

_CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff5e\u3001-\u301f]"
_HAN_PAIR = re.compile(r"(?<=[\u4e00-\u9fff]) ?(?=[\u4e00-\u9fff])")
_HAN_SPACE = re.compile(rf"(?<={_CJK}) (?={_CJK})")
# Some fonts map a character to its radical: ⼀ for 一. Likewise compatibility ideographs.
_LOOKALIKES: Final = {
    code: folded
    for code in (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFAFF), *range(0xFB00, 0xFB07))
    if (folded := unicodedata.normalize("NFKC", chr(code))) != chr(code)
}


def segments(glyphs: Sequence[Glyph]) -> list[Segment]:
    """The segments of these characters, from top to bottom and left to right."""
    out: list[Segment] = []
    for line in _lines(_distinct(glyphs)):
        part: list[Glyph] = []
        for glyph in line:
            if part and glyph.x0 - part[-1].x1 > _WIDE * max(glyph.size, part[-1].size):
                out += _segment(part)
                part = []
            part.append(glyph)
        out += _segment(part)
    return out


def _distinct(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """Without characters drawn twice, as some programs do for bold."""
    seen: set[tuple[str, int, int]] = set()
    out = []
    for glyph in glyphs:
        step = max(1.0, glyph.size * 0.15)
        x, y = round(glyph.x0 / step), round(glyph.y / step)
        near = ((glyph.char, x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
        if not glyph.char.isspace() and any(place in seen for place in near):
            continue
        seen.add((glyph.char, x, y))
        out.append(glyph)
    return out


def _lines(glyphs: list[Glyph]) -> list[list[Glyph]]:
    """Characters by line, each from left to right."""
    inked = sorted((g for g in glyphs if not g.char.isspace()), key=lambda g: (g.y, g.x0))
    lines: list[list[Glyph]] = []
    base = size = 0.0
    for glyph in inked:
        if lines:
            apart = abs(glyph.y - base)
            if apart <= _SAME_LINE * min(size, glyph.size) or (
                min(size, glyph.size) < 0.8 * max(size, glyph.size)
                and apart <= _RAISED * max(size, glyph.size)
                and _beside(lines[-1], glyph)
            ):
                lines[-1].append(glyph)
                if glyph.size > size:
                    base, size = glyph.y, glyph.size
                continue
        lines.append([glyph])
        base, size = glyph.y, glyph.size
    _give_spaces(lines, glyphs)
    return [sorted(line, key=lambda g: g.x0) for line in lines]


def _beside(line: list[Glyph], glyph: Glyph) -> bool:
    left, right = min(g.x0 for g in line), max(g.x1 for g in line)
    return glyph.x1 > left - 2 * glyph.size and glyph.x0 < right + 2 * glyph.size


def _give_spaces(lines: list[list[Glyph]], glyphs: list[Glyph]) -> None:
    """Adds the drawn spaces to the lines they are on."""
    by_base: dict[int, list[Glyph]] = {}
    for line in lines:
        by_base.setdefault(round(line[0].y), line)
    for glyph in glyphs:
        if glyph.char.isspace():
            at = round(glyph.y)
            line = by_base.get(at) or by_base.get(at - 1) or by_base.get(at + 1) or []
            if line and line[0].x0 < glyph.x0:
                line.append(glyph)


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
    text = tidy("".join(out).translate(_LOOKALIKES))
    pairs = _HAN_PAIR.findall(text)
    spaced = sum(1 for pair in pairs if pair)
    if spaced >= 3 and spaced >= _SPACED_OUT * len(pairs):
        text = _HAN_SPACE.sub("", text)
    return text


def _is_latin(char: str) -> bool:
    return char.isascii() or "\u00c0" <= char <= "\u024f"
