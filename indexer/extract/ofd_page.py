"""One page of an OFD: its text objects as positioned characters, its straight lines."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Final

from lxml import etree

from indexer.extract.paged import MISSING, Placed, Rule, Sheet, meaningful, sheets

POINTS: Final = 72 / 25.4
"""Points per millimetre, the unit of OFD."""

_MAX_OBJECTS: Final = 100_000
_MAX_STEPS: Final = 100_000
_MAX_PATH: Final = 200  # tokens of a shape searched for straight lines
_DEPTH: Final = 4  # of composite objects within others
_FEW: Final = 3
_THIN: Final = 1.0  # millimetres
_LIMIT: Final = 1e5
# A character by its code, as one producer writes spaces and &.
_ESCAPE = re.compile(r"\\0x([0-9A-Fa-f]{4})")
_TOKEN = re.compile(r"[A-Za-z]|[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class OfdPage:
    """sheets: its content, one for each direction of text; pictures and paths: number of images and
    shapes; odd: characters that the file doesn't say the meaning of."""

    sheets: tuple[Sheet, ...]
    pictures: int
    paths: int
    odd: int


def local(element: "etree._Element") -> str:
    """The name of an element without its namespace; "" for non-elements."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def units(root: "etree._Element") -> dict[str, "etree._Element"]:
    """The composite objects (GB/T 33190, 13) that a resource file defines, by ID."""
    return {
        str(element.get("ID")): element
        for element in root.iter()
        if local(element) == "CompositeGraphicUnit" and element.get("ID")
    }


def template_ids(root: "etree._Element") -> list[str]:
    """The templates that a page is drawn on."""
    return [
        str(t.get("TemplateID")) for t in root if local(t) == "Template" and t.get("TemplateID")
    ]


def read_page(
    root: "etree._Element",
    area: tuple[float, float],
    templates: Sequence["etree._Element"] = (),
    composites: Mapping[str, "etree._Element"] = MappingProxyType({}),
) -> OfdPage:
    """A page with its templates. area: width and height in millimetres if it states none."""
    placed: list[Placed] = []
    rules: list[Rule] = []
    pictures = paths = 0
    for count, (element, matrix) in enumerate(_objects([*templates, root], composites)):
        if count > _MAX_OBJECTS:
            break
        name = local(element)
        if name == "TextObject":
            placed += _characters(element, matrix)
        elif name == "PathObject":
            paths += 1
            rules += _rules(element, matrix)
        else:
            pictures += 1
    for element in root:
        if local(element) == "Area":
            for box in element:
                values = _numbers(box.text or "")
                if local(box) == "PhysicalBox" and len(values) == 4 and min(values[2:]) > 0:
                    area = values[2], values[3]
    known = [p for p in placed if p.char]
    read = sheets(area[0] * POINTS, area[1] * POINTS, known, rules)
    odd = sum(p.char in ("", MISSING) for p in placed)
    return OfdPage(tuple(read), pictures, paths, odd)


def _objects(
    roots: Sequence["etree._Element"], composites: Mapping[str, "etree._Element"]
) -> Iterator[tuple["etree._Element", Matrix]]:
    """The objects drawn in the layers of pages, in order, and what moves them to their place."""
    page = roots[-1]
    waiting = [
        (layer, _IDENTITY, 0)
        for root in reversed(roots)
        for content in root
        if local(content) == "Content"
        for layer in reversed(content)
        # What a page has in a layer of its own behind the text is decoration; a template is all behind it.
        if local(layer) == "Layer" and (root is not page or layer.get("Type") != "Background")
    ]
    seen = 0
    while waiting and seen < _MAX_OBJECTS:
        group, matrix, depth = waiting.pop()
        for element in group.iter():
            seen += 1
            if seen > _MAX_OBJECTS:
                break
            name = local(element)
            if element.get("Visible") == "false":
                continue
            if name in ("TextObject", "PathObject", "ImageObject"):
                yield element, matrix
            elif name == "CompositeObject" and depth < _DEPTH:
                unit = composites.get(element.get("ResourceID", ""))
                box = _numbers(element.get("Boundary", ""))
                if unit is not None and len(box) == 4:
                    moved = _times(matrix, _times((1, 0, 0, 1, box[0], box[1]), _matrix(element)))
                    waiting.append((unit, moved, depth + 1))


def _times(outer: Matrix, inner: Matrix) -> Matrix:
    """The matrix that applies `inner` first."""
    a, b, c, d, e, f = outer
    u, v, w, x, y, z = inner
    return (
        a * u + c * v, b * u + d * v, a * w + c * x, b * w + d * x,
        a * y + c * z + e, b * y + d * z + f,
    )  # fmt: skip


def _characters(element: "etree._Element", outer: Matrix) -> Iterator[Placed]:
    """The characters of a text object; "" for a symbol without a meaning."""
    box = _numbers(element.get("Boundary", ""))
    size = next(iter(_numbers(element.get("Size", ""))), 0.0)
    if len(box) != 4:
        return
    a, b, c, d, e, f = _times(outer, _times((1, 0, 0, 1, box[0], box[1]), _matrix(element)))
    scale = math.hypot(c, d)
    if not 0 < size * scale < 1000:
        return
    angle = math.atan2(b, a)
    # The matrix scales widths, HScale (1 where absent) the characters.
    stretch = next(iter(_numbers(element.get("HScale", ""))), 1.0) or 1.0
    for code in element:
        if local(code) != "TextCode" or not code.text:
            continue
        text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), code.text)
        x = next(iter(_numbers(code.get("X", ""))), 0.0)
        y = next(iter(_numbers(code.get("Y", ""))), 0.0)
        steps_x, steps_y = _steps(code.get("DeltaX", "")), _steps(code.get("DeltaY", ""))
        narrow = _narrow(text, steps_x, size) or 0.5 * size * stretch
        for index, char in enumerate(text):
            width = narrow if char.isascii() else size * stretch
            left, base = a * x + c * y + e, b * x + d * y + f
            if char >= " " and abs(left) < _LIMIT and abs(base) < _LIMIT:
                yield Placed(
                    meaningful(char),
                    left * POINTS,
                    base * POINTS,
                    width * math.hypot(a, b) * POINTS,
                    size * scale * POINTS,
                    angle,
                )
            x += steps_x[index] if index < len(steps_x) else (0.0 if steps_y else width)
            y += steps_y[index] if index < len(steps_y) else 0.0


def _narrow(text: str, steps: Sequence[float], size: float) -> float:
    """The usual step of the text's ASCII characters: their width, where the font isn't known; 0 if
    there are too few. Some producers set figures as wide as Chinese characters."""
    own = [step for char, step in zip(text, steps, strict=False) if char.isascii() and step > 0]
    return min(median(own), 1.1 * size) if len(own) >= _FEW else 0.0


def _rules(element: "etree._Element", outer: Matrix) -> list[Rule]:
    box = _numbers(element.get("Boundary", ""))
    if len(box) != 4:
        return []
    x, y, width, height = box
    if min(width, height) <= _THIN:
        return [_rule(*_apply(outer, x, y), *_apply(outer, x + width, y + height))]
    found: list[Rule] = []
    matrix = _times(outer, _times((1, 0, 0, 1, x, y), _matrix(element)))
    for child in element:
        if local(child) == "AbbreviatedData":
            points = [_apply(matrix, u, v) for u, v in _corners(child.text or "")]
            for (x0, y0), (x1, y1) in pairwise(points):
                if min(abs(x1 - x0), abs(y1 - y0)) <= 0.2:
                    found.append(_rule(x0, y0, x1, y1))
    return found


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _rule(x0: float, y0: float, x1: float, y1: float) -> Rule:
    x0, x1 = min(x0, x1), max(x0, x1)
    y0, y1 = min(y0, y1), max(y0, y1)
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
