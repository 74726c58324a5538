"""Scanned pages to text, if the optional extra `ocr` is installed (rapidocr, onnxruntime).

Its package contains the models; nothing is downloaded at run time.
"""

import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium

from indexer.extract.paged import Glyph, Sheet, read
from kb.documents import Block
from kb.errors import UnreadableError

MAX_PAGES: Final = 30
"""Maximum number of scanned pages recognised per file: a page takes some seconds."""

_SCALE: Final = 150 / 72  # pixels per point
_MAX_PIXELS: Final = 2_600  # of the longer side
_SURE: Final = 0.5  # minimum confidence of a line
_NEAR: Final = 0.25


def is_available() -> bool:
    """Whether the extra is installed."""
    names = ("rapidocr", "onnxruntime")
    return all(importlib.util.find_spec(name) is not None for name in names)


def recognise(
    document: pdfium.PdfDocument, scans: Sequence[int], sheets: Sequence[Sheet]
) -> tuple[list[Block], tuple[str, ...]]:
    """The text of a document with some scanned pages, and the rows at the top of its pages.

    Raises UnreadableError: "scanned" without the extra, "too-large" for too many pages.
    """
    if not is_available():
        message = (
            "扫描件，没有可读取的文字：请提供文字版，"
            "或安装文字识别组件（pip install 'pufa-kb[ocr]'）后重新读取"
        )
        raise UnreadableError("scanned", message)
    if len(scans) > MAX_PAGES:
        message = f"扫描件有 {len(scans)} 页，超过文字识别的上限 {MAX_PAGES} 页，请拆分后再添加"
        raise UnreadableError("too-large", message)
    read_sheets = list(sheets)
    for number in scans:
        read_sheets[number] = _sheet(document, number, sheets[number])
    blocks, heads = read(read_sheets)
    if not blocks:
        raise UnreadableError("scanned", "扫描件，文字识别没有认出文字：请提供文字版")
    return blocks, heads


def _sheet(document: pdfium.PdfDocument, number: int, before: Sheet) -> Sheet:
    page = document[number]
    try:
        longest = max(before.width, before.height, 1.0)
        scale = min(_SCALE, _MAX_PIXELS / longest)
        image = page.render(scale=scale).to_numpy()
    except (pdfium.PdfiumError, ValueError) as error:
        raise UnreadableError("malformed", "PDF 的页面已损坏，无法读取") from error
    finally:
        page.close()
    try:
        result = _engine()(np.ascontiguousarray(image[:, :, :3]))
    except (ValueError, RuntimeError, IndexError) as error:
        raise UnreadableError("scanned", "扫描件，文字识别失败：请提供文字版") from error
    lines: list[list[Glyph]] = []
    if result.boxes is not None and result.txts is not None and result.scores is not None:
        for box, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            if score >= _SURE and str(text).strip():
                lines.append(_glyphs(np.asarray(box) / scale, str(text)))
    return Sheet(before.width, before.height, tuple(_of_one_size(lines)))


def _of_one_size(lines: list[list[Glyph]]) -> list[Glyph]:
    """Measured sizes of one font vary from line to line: those near the usual size are set to it."""
    if not lines:
        return []
    usual = median(line[0].size for line in lines)
    return [
        replace(glyph, size=usual) if abs(glyph.size - usual) <= _NEAR * usual else glyph
        for line in lines
        for glyph in line
    ]


def _glyphs(box: "np.ndarray[Any, Any]", text: str) -> list[Glyph]:
    """The characters of a recognised line, distributed over its box."""
    x0, x1 = float(box[:, 0].min()), float(box[:, 0].max())
    y0, y1 = float(box[:, 1].min()), float(box[:, 1].max())
    widths = [0.5 if char.isascii() else 1.0 for char in text]
    step = (x1 - x0) / max(0.5, sum(widths))
    # Boxes are somewhat taller than the characters, and vary: the width gives a better size.
    size = min((y1 - y0), step * 1.05) if len(text) > 3 else (y1 - y0) * 0.8
    baseline = (y0 + y1) / 2 + 0.35 * size
    glyphs = []
    x = x0
    for char, width in zip(text, widths, strict=True):
        glyphs.append(Glyph(char, x, x + width * step, baseline, size))
        x += width * step
    return glyphs


@cache
def _engine() -> Any:
    logging.getLogger("RapidOCR").setLevel(logging.WARNING)
    from rapidocr import RapidOCR  # noqa: PLC0415 - an extra, and slow to import

    return RapidOCR(params={"Global.log_level": "warning"})
