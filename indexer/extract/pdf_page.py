"""One page of a PDF by pdfium: characters, straight lines, and how much of it is images."""

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from indexer.extract.encoding import plausibility
from indexer.extract.paged import MISSING, Placed, Rule, Sheet, meaningful, sheets

MAX_CHARS: Final = 60_000
"""Maximum number of characters per page."""
MAX_OBJECTS: Final = 30_000

_INVISIBLE: Final = 3  # text rendering mode: the OCR layer under a scan
_SMALLEST: Final = 2.0  # points
_PLAUSIBLE: Final = 0.3  # of Chinese text (encoding.plausibility)
_THIN: Final = 3.0  # points: a narrower filled rectangle is a line
_LEAST_VISIBLE: Final = 20
_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class PdfPage:
    """sheets: its content, one for each direction of text; pictures: share of its area under images;
    paths: number of drawn shapes."""

    sheets: tuple[Sheet, ...]
    pictures: float
    paths: int
    odd: int
    """Characters that the file doesn't say the meaning of."""


def read_page(page: "pdfium.PdfPage") -> PdfPage:
    """A page in reading orientation. Raises pdfium.PdfiumError."""
    text = page.get_textpage()
    try:
        objects = list(_objects(page))
        hidden = any(
            kind == raw.FPDF_PAGEOBJ_TEXT
            and raw.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE
            for handle, kind in objects
        )
        left, bottom, right, top = page.get_mediabox()
        found = _told(list(_characters(text, hidden, left, top)))
    finally:
        text.close()
    shown = [c.placed for c in found if not c.hidden]
    # Invisible text repeats visible text, unless it is the text of a scan.
    enough = sum(not c.char.isspace() for c in shown) >= _LEAST_VISIBLE
    kept = shown if enough else [c.placed for c in found]
    kept = [c for c in kept if c.size >= _SMALLEST]
    rules: list[Rule] = []
    pictures = 0.0
    paths = 0
    for handle, kind in objects:
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            box = _bounds(handle)
            pictures += max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1]) if box else 0.0
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            paths += 1
            rules += _rules(handle, left, top)
    width, height = max(right - left, 1.0), max(top - bottom, 1.0)
    # Text that a viewer shows upright runs upwards on a page that it turns by 90 degrees.
    upright = (4 - page.get_rotation() // 90) % 4
    read = sheets(width, height, [c for c in kept if c.char], rules, upright)
    odd = sum(c.char in ("", MISSING) for c in kept)
    return PdfPage(tuple(read), min(1.0, pictures / (width * height)), paths, odd)


@dataclass(frozen=True, slots=True)
class _Character:
    """hidden: it is not visible; guessed: no table of the file says which character it is."""

    placed: Placed
    hidden: bool
    guessed: bool


def _characters(text: Any, hidden: bool, left: float, top: float) -> Iterator[_Character]:
    """The characters drawn; "" for a symbol without a meaning."""
    count = min(text.count_chars(), MAX_CHARS)
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    waiting: tuple[_Character, int] | None = None
    high = 0
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text, index)
        # pdfium inserts its own spaces and line breaks: we measure the gaps ourselves.
        if raw.FPDFText_IsGenerated(text, index) == 1:
            continue
        if 0xD800 <= code < 0xDC00:  # pdfium gives a character beyond the BMP in two halves
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        raw.FPDFText_GetLooseCharBox(text, index, box)
        raw.FPDFText_GetMatrix(text, index, matrix)
        scale = math.hypot(matrix.c, matrix.d)
        size = raw.FPDFText_GetFontSize(text, index) * scale
        angle = math.atan2(-matrix.b, matrix.a)
        level = abs(math.sin(angle)) < 0.5
        advance = (box.right - box.left) if level else (box.top - box.bottom)
        if not all(map(math.isfinite, (x.value, y.value, advance, size))):
            continue
        below = False
        if hidden:
            handle = raw.FPDFText_GetTextObject(text, index)
            below = bool(handle) and raw.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE
        char = _char(text, index, code)
        one = Placed(char, x.value - left, top - y.value, max(0.0, advance), size, angle)
        if waiting is not None:
            yield _narrowed(text, *waiting, one, index)
        guessed = raw.FPDFText_HasUnicodeMapError(text, index) == 1
        waiting = _Character(one, below, guessed), index
    if waiting is not None:
        yield waiting[0]


def _narrowed(
    text: Any, character: _Character, at: int, following: Placed, index: int
) -> _Character:
    """The character, no wider than the step to the next one of its string: pdfium's boxes are those of
    a substitute where the font isn't embedded."""
    one = character.placed
    x, y = following.x - one.x, following.y - one.y
    along = x * math.cos(one.angle) + y * math.sin(one.angle)
    across = y * math.cos(one.angle) - x * math.sin(one.angle)
    if not 0 < along < one.advance or abs(across) > 0.1 * one.size:
        return character
    if _address(text, at) != _address(text, index):
        return character
    return replace(character, placed=replace(one, advance=along))


def _address(text: Any, index: int) -> int | None:
    return ctypes.cast(raw.FPDFText_GetTextObject(text, index), ctypes.c_void_p).value


def _char(text: Any, index: int, code: int) -> str:
    """A character; MISSING if the file doesn't say which it is, "" for a symbol font's."""
    if raw.FPDFText_IsHyphen(text, index) == 1:
        return "-"
    if code < 0x20:
        return MISSING if _is_inked(text, index) else " "
    return MISSING if 0xD800 <= code < 0xE000 else meaningful(chr(code))


def _told(found: list[_Character]) -> list[_Character]:
    """Characters that no table of the file names have their code in the font instead. That code is the
    character in fonts encoded as Unicode, which shows in common Chinese text; else it is unknown."""
    guessed = "".join(c.placed.char for c in found if c.guessed)
    if any(char > "\u2e7f" for char in guessed) and plausibility(guessed) >= _PLAUSIBLE:
        return found
    return [
        replace(c, placed=replace(c.placed, char=MISSING))
        if c.guessed and not c.placed.char.isspace()
        else c
        for c in found
    ]


def _is_inked(text: Any, index: int) -> bool:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    found = raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    return bool(found) and right.value - left.value > 0.01 and top.value - bottom.value > 0.01


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
