"""One page of a PDF by pdfium: characters, straight lines, and how much of it is images."""

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from indexer.extract.paged import Glyph, Rule, Sheet

MAX_CHARS: Final = 60_000
"""Maximum number of characters per page."""
MAX_OBJECTS: Final = 30_000

_INVISIBLE: Final = 3  # text rendering mode: the OCR layer under a scan
_SMALLEST: Final = 2.0  # points
_UPRIGHT: Final = 0.06  # maximum tilt of a line, in radians
_THIN: Final = 3.0  # points: a narrower filled rectangle is a line
_LEAST_VISIBLE: Final = 20
_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class PdfPage:
    """sheet: its content; pictures: share of its area under images; paths: number of drawn shapes."""

    sheet: Sheet
    pictures: float
    paths: int
    odd: int
    """Characters without a Unicode mapping in the file."""


def read_page(page: "pdfium.PdfPage") -> PdfPage:
    """A page rotated to reading orientation. Raises pdfium.PdfiumError."""
    width, height = page.get_size()
    text = page.get_textpage()
    try:
        objects = list(_objects(page))
        hidden = any(
            kind == raw.FPDF_PAGEOBJ_TEXT
            and raw.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE
            for handle, kind in objects
        )
        found = list(_characters(text, hidden))
    finally:
        text.close()
    left, bottom, right, top = page.get_mediabox()
    turn = _turn(found)
    glyphs = []
    odd = 0
    shown = [c for c in found if not c.hidden]
    # Invisible text repeats visible text, unless it is the text of a scan.
    kept = found if sum(not c.char.isspace() for c in shown) < _LEAST_VISIBLE else shown
    for c in kept:
        if c.size < _SMALLEST or abs(_lean(c.angle, turn)) > _UPRIGHT:
            continue
        if c.char == "\ufffd" or "\ue000" <= c.char <= "\uf8ff" or c.char < " ":
            odd += 1
            continue
        x0, y = _rotated(c.x, c.y, turn, (left, bottom, right, top))
        glyphs.append(Glyph(c.char, x0, x0 + c.advance, y, c.size))
    rules: list[Rule] = []
    pictures = 0.0
    paths = 0
    for handle, kind in objects:
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            box = _bounds(handle)
            pictures += max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]) if box else 0.0
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            paths += 1
            if turn == 0:
                rules += _rules(handle, left, top)
    if turn in (1, 3):
        width, height = max(right - left, 1.0), max(top - bottom, 1.0)
        width, height = height, width
    area = max(1.0, (right - left) * (top - bottom))
    sheet = Sheet(width, height, tuple(glyphs), tuple(rules))
    return PdfPage(sheet, min(1.0, pictures / area), paths, odd)


@dataclass(frozen=True, slots=True)
class _Character:
    char: str
    x: float
    y: float
    advance: float
    size: float
    angle: float
    hidden: bool


def _characters(text: Any, hidden: bool) -> Iterator[_Character]:
    count = min(text.count_chars(), MAX_CHARS)
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text, index)
        # pdfium inserts its own spaces and line breaks: we measure the gaps ourselves.
        if not code or raw.FPDFText_IsGenerated(text, index) == 1:
            continue
        if 0xD800 <= code < 0xE000:
            code = 0xFFFD
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        raw.FPDFText_GetLooseCharBox(text, index, box)
        raw.FPDFText_GetMatrix(text, index, matrix)
        scale = math.hypot(matrix.c, matrix.d)
        size = raw.FPDFText_GetFontSize(text, index) * scale
        angle = math.atan2(matrix.b, matrix.a)
        upright = abs(math.sin(angle)) < 0.5
        advance = (box.right - box.left) if upright else (box.top - box.bottom)
        if not all(map(math.isfinite, (x.value, y.value, advance, size))):
            continue
        below = False
        if hidden:
            handle = raw.FPDFText_GetTextObject(text, index)
            below = bool(handle) and raw.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE
        yield _Character(chr(code), x.value, y.value, max(0.0, advance), size, angle, below)


def _turn(found: list[_Character]) -> int:
    """Number of anticlockwise quarter turns of most of the text."""
    turns = Counter(round(c.angle / (math.pi / 2)) % 4 for c in found if not c.char.isspace())
    return turns.most_common(1)[0][0] if turns else 0


def _lean(angle: float, turn: int) -> float:
    apart = angle - turn * math.pi / 2
    return math.atan2(math.sin(apart), math.cos(apart))


def _rotated(
    x: float, y: float, turn: int, box: tuple[float, float, float, float]
) -> tuple[float, float]:
    """A position on the rotated page: from its upper left corner, y downwards."""
    left, bottom, right, top = box
    if turn == 1:
        return y - bottom, x - left
    if turn == 2:
        return right - x, y - bottom
    if turn == 3:
        return top - y, right - x
    return x - left, top - y


def _objects(page: "pdfium.PdfPage") -> Iterator[tuple[Any, int]]:
    """Handles and types of the page objects, including those inside forms."""
    waiting: list[tuple[Any, int]] = []
    count = raw.FPDFPage_CountObjects(page)
    for index in range(min(max(count, 0), MAX_OBJECTS)):
        waiting.append((raw.FPDFPage_GetObject(page, index), 0))
    seen = 0
    while waiting and seen < MAX_OBJECTS:
        handle, depth = waiting.pop()
        seen += 1
        if not handle:
            continue
        kind = raw.FPDFPageObj_GetType(handle)
        yield handle, kind
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
            inner = min(max(raw.FPDFFormObj_CountObjects(handle), 0), MAX_OBJECTS)
            waiting += [(raw.FPDFFormObj_GetObject(handle, i), depth + 1) for i in range(inner)]


def _bounds(handle: Any) -> tuple[float, float, float, float] | None:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
        return None
    values = (left.value, bottom.value, right.value, top.value)
    return values if all(map(math.isfinite, values)) else None


def _rules(handle: Any, left: float, top: float) -> list[Rule]:
    """The straight lines of a shape: the shape itself if thin, else the sides of a frame."""
    box = _bounds(handle)
    if box is None:
        return []
    x0, y0, x1, y1 = box[0] - left, top - box[3], box[2] - left, top - box[1]
    if x1 - x0 <= _THIN:
        middle = (x0 + x1) / 2
        return [Rule(middle, y0, middle, y1)]
    if y1 - y0 <= _THIN:
        middle = (y0 + y1) / 2
        return [Rule(x0, middle, x1, middle)]
    stroke, fill = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(handle, fill, stroke)
    if not stroke.value or raw.FPDFPath_CountSegments(handle) > 6:
        return []
    return [Rule(x0, y, x1, y) for y in (y0, y1)] + [Rule(x, y0, x, y1) for x in (x0, x1)]
