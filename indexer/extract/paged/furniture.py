"""Running headers, footers and page numbers: what repeats at page edges is not text."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from indexer.extract.paged.page import Segment

_ZONE: Final = 0.16  # of the height, at the top and at the bottom
_ROWS: Final = 3  # rows from the edge
_MAX_LENGTH: Final = 80
_HEAD_ROWS: Final = 4
_MAX_COUNTING: Final = 25  # characters of a header that contains the page number
_TITLE: Final = 1.3  # times the size of the text below
_SHARE: Final = 0.3  # of the pages that have a header (odd and even pages differ)
_PLACE: Final = 6.0  # points between its positions

_DIGITS = re.compile(r"[0-9０-９]+")
_DASH = r"[-—–─－·•~～\s]*"
_NUMBER = re.compile(
    rf"{_DASH}(?:第\s?)?(?P<n>[0-9０-９]{{1,4}}|[ivxlc]{{1,7}})(?:\s?页)?"
    rf"(?:\s?[/／,，、]?\s?(?:共|of)?\s?[0-9]{{1,4}}\s?页?)?{_DASH}",
    re.IGNORECASE,
)
Row = list[Segment]

_MARKED = re.compile(r"[-—–─－页/／]")


def without_furniture(
    pages: Sequence[Sequence[Segment]], heights: Sequence[float]
) -> list[list[Segment]]:
    """The segments of each page without headers, footers and page numbers."""
    rows = [_rows(page) for page in pages]
    edges = [_edges(own, height) for own, height in zip(rows, heights, strict=True)]
    seen = Counter(
        key
        for (top, bottom), height in zip(edges, heights, strict=True)
        for key in {_key(s, height) for row in (*top, *bottom) for s in row}
    )
    enough = max(2, round(_SHARE * len(pages)))

    def repeated(segment: Segment, height: float) -> bool:
        text, place = _key(segment, height)
        near = sum(seen[text, place + step] for step in (-1, 0, 1))
        return near >= enough and len(segment.text) <= _MAX_LENGTH

    out = []
    for number, (own, (top, bottom), height) in enumerate(zip(rows, edges, heights, strict=True)):
        left = list(own)
        for zone in (bottom, top):
            for row in zone:
                left.remove(row)
                beside = (left[0] if zone is top else left[-1]) if left else None
                head = all(repeated(s, height) for s in row) and _stands_apart(row, beside, own)
                # A title that every page repeats is text once.
                head = head and (number > 0 or zone is bottom or not _is_title(row, beside))
                if not head and not _is_number(row, left):
                    left.insert(0 if zone is top else len(left), row)
                    break
        out.append([s for row in left for s in row])
    return out


def heads(pages: Sequence[Sequence[Segment]]) -> tuple[str, ...]:
    """The first rows of every page, without duplicates."""
    first = (row for page in pages for row in _rows(page)[:_HEAD_ROWS])
    return tuple(dict.fromkeys(" ".join(s.text for s in row)[:_MAX_LENGTH] for row in first))


def _stands_apart(row: Row, beside: Row | None, rows: Sequence[Row]) -> bool:
    """Whether a row is set off from the text by size or space."""
    if beside is None:
        return False
    if beside[0].rows or abs(row[0].size - beside[0].size) > 0.08 * beside[0].size:
        return True
    steps = [b[0].y - a[0].y for a, b in pairwise(rows)]
    return abs(row[0].y - beside[0].y) > 1.25 * median(steps)


def _is_title(row: Row, beside: Row | None) -> bool:
    return beside is not None and row[0].size > _TITLE * beside[0].size


def _rows(page: Sequence[Segment]) -> list[Row]:
    rows: list[Row] = []
    for segment in sorted(page, key=lambda s: (s.y, s.x0)):
        if rows and not segment.rows and abs(segment.y - rows[-1][0].y) <= 0.4 * segment.size:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return rows


def _edges(rows: list[Row], height: float) -> tuple[list[Row], list[Row]]:
    """The rows in the upper zone from the top, and in the lower zone from the bottom."""
    top = [r for r in rows[:_ROWS] if r[0].y < _ZONE * height and not r[0].rows]
    bottom = [r for r in rows[-_ROWS:] if r[0].y > (1 - _ZONE) * height and not r[0].rows]
    return top, [r for r in reversed(bottom) if not any(r is t for t in top)]


def _key(segment: Segment, height: float) -> tuple[str, int]:
    from_top = segment.y < height / 2
    place = segment.y if from_top else segment.y - height
    text = "".join(segment.text.split())
    if len(text) <= _MAX_COUNTING:  # digits there are page numbers, unlike in a line of text
        text = _DIGITS.sub("#", text)
    return text, round(place / _PLACE)


def _is_number(row: Row, others: Sequence[Row]) -> bool:
    """Whether a row is a standalone page number."""
    text = " ".join(s.text for s in row)
    found = _NUMBER.fullmatch(text)
    if found is None:
        return False
    if _MARKED.search(text):
        return True
    apart = [abs(other[0].y - row[0].y) for other in others]
    return len(found["n"]) <= 3 and (not apart or min(apart) > 1.5 * row[0].size)
