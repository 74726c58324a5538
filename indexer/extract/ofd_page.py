"""One page of an OFD: its text objects as positioned characters, its straight lines."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lxml import etree

from indexer.extract.paged import Glyph, Rule, Sheet

POINTS: Final = 72 / 25.4
"""Points per millimetre, the unit of OFD."""

_MAX_OBJECTS: Final = 100_000
_MAX_STEPS: Final = 100_000
_MAX_PATH: Final = 200  # tokens of a shape searched for straight lines
_UPRIGHT: Final = 0.06  # maximum tilt of a line, in radians
_THIN: Final = 1.0  # millimetres
_LIMIT: Final = 1e5
_TOKEN = re.compile(r"[A-Za-z]|[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class OfdPage:
    """sheet: its content; pictures and paths: number of images and shapes."""

    sheet: Sheet
    pictures: int
    paths: int


def local(element: "etree._Element") -> str:
    """The name of an element without its namespace; "" for non-elements."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def read_page(root: "etree._Element", area: tuple[float, float]) -> OfdPage:
    """A page. area: width and height in millimetres if it states none."""
    glyphs: list[Glyph] = []
    rules: list[Rule] = []
    pictures = paths = 0
    for count, element in enumerate(_objects(root)):
        if count > _MAX_OBJECTS:
            break
        name = local(element)
        if name == "TextObject":
            glyphs += _glyphs(element)
        elif name == "PathObject":
            paths += 1
            rules += _rules(element)
        else:
            pictures += 1
    for element in root:
        if local(element) == "Area":
            for box in element:
                values = _numbers(box.text or "")
                if local(box) == "PhysicalBox" and len(values) == 4 and min(values[2:]) > 0:
                    area = values[2], values[3]
    sheet = Sheet(area[0] * POINTS, area[1] * POINTS, tuple(glyphs), tuple(rules))
    return OfdPage(sheet, pictures, paths)


def _objects(root: "etree._Element") -> Iterator["etree._Element"]:
    """The objects drawn in the layers of the body, in order."""
    for content in root:
        if local(content) != "Content":
            continue
        for layer in content:
            if local(layer) != "Layer" or layer.get("Type") == "Background":
                continue
            for element in layer.iter():
                drawn = local(element) in ("TextObject", "PathObject", "ImageObject")
                if drawn and element.get("Visible") != "false":
                    yield element


def _glyphs(element: "etree._Element") -> Iterator[Glyph]:
    box = _numbers(element.get("Boundary", ""))
    size = next(iter(_numbers(element.get("Size", ""))), 0.0)
    a, b, c, d, e, f = _matrix(element)
    scale = math.hypot(c, d)
    if len(box) != 4 or not 0 < size * scale < 1000 or abs(math.atan2(b, a)) > _UPRIGHT:
        return
    # The matrix scales widths, HScale (1 where absent) the characters.
    stretch = next(iter(_numbers(element.get("HScale", ""))), 1.0) or 1.0
    for code in element:
        if local(code) != "TextCode" or not code.text:
            continue
        text = code.text
        x = next(iter(_numbers(code.get("X", ""))), 0.0)
        y = next(iter(_numbers(code.get("Y", ""))), 0.0)
        steps_x, steps_y = _steps(code.get("DeltaX", "")), _steps(code.get("DeltaY", ""))
        for index, char in enumerate(text):
            width = size * stretch * (0.5 if char.isascii() else 1.0)
            left, base = a * x + c * y + e + box[0], b * x + d * y + f + box[1]
            if char >= " " and abs(left) < _LIMIT and abs(base) < _LIMIT:
                right = left + width * math.hypot(a, b)
                yield Glyph(
                    char, left * POINTS, right * POINTS, base * POINTS, size * scale * POINTS
                )
            x += steps_x[index] if index < len(steps_x) else (0.0 if steps_y else width)
            y += steps_y[index] if index < len(steps_y) else 0.0


def _rules(element: "etree._Element") -> list[Rule]:
    box = _numbers(element.get("Boundary", ""))
    if len(box) != 4:
        return []
    x, y, width, height = box
    if min(width, height) <= _THIN:
        return [_rule(x, y, x + width, y + height)]
    found: list[Rule] = []
    a, b, c, d, e, f = _matrix(element)
    for child in element:
        if local(child) == "AbbreviatedData":
            points = [
                (a * u + c * v + e + x, b * u + d * v + f + y)
                for u, v in _corners(child.text or "")
            ]
            for (x0, y0), (x1, y1) in pairwise(points):
                if min(abs(x1 - x0), abs(y1 - y0)) <= 0.2:
                    found.append(_rule(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return found


def _rule(x0: float, y0: float, x1: float, y1: float) -> Rule:
    if x1 - x0 >= y1 - y0:
        y0 = y1 = (y0 + y1) / 2
    else:
        x0 = x1 = (x0 + x1) / 2
    return Rule(x0 * POINTS, y0 * POINTS, x1 * POINTS, y1 * POINTS)


def _corners(data: str) -> list[tuple[float, float]]:
    """The points of a shape of straight lines (M, S, L, C); none if it has curves."""
    tokens = _TOKEN.findall(data[: _MAX_PATH * 16])[:_MAX_PATH]
    points: list[tuple[float, float]] = []
    at = 0
    while at < len(tokens):
        if tokens[at] in "MSL":
            values = _numbers(" ".join(tokens[at + 1 : at + 3]))
            if len(values) != 2:
                return []
            points.append((values[0], values[1]))
            at += 3
        elif tokens[at] == "C" and points:
            points.append(points[0])
            at += 1
        else:
            return []
    return points


def _matrix(element: "etree._Element") -> Matrix:
    values = _numbers(element.get("CTM", ""))
    if len(values) != 6:
        return _IDENTITY
    return (values[0], values[1], values[2], values[3], values[4], values[5])


def _steps(text: str) -> list[float]:
    """The steps of a DeltaX or DeltaY; "g 3 5.6" stands for three of 5.6 (GB/T 33190, 11.3)."""
    tokens = text.split()
    steps: list[float] = []
    at = 0
    while at < len(tokens) and len(steps) < _MAX_STEPS:
        if tokens[at] == "g":
            values = _numbers(" ".join(tokens[at + 1 : at + 3]))
            if len(values) != 2:
                break
            steps += [values[1]] * min(max(int(values[0]), 0), _MAX_STEPS)
            at += 3
        else:
            value = _numbers(tokens[at])
            if not value:
                break
            steps += value
            at += 1
    return steps


def _numbers(text: str) -> list[float]:
    """The numbers of an attribute; none if one is not a finite number."""
    try:
        values = [float(part) for part in text.split()]
    except ValueError:
        return []
    return values if all(abs(v) < _LIMIT for v in values) else []
