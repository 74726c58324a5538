"""Level watermarks: what is drawn over the text, recognised by what it covers, and taken out everywhere."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from indexer.extract.paged.page import Glyph
from indexer.extract.paged.runs import Run, runs

_ASCENT: Final = 0.85  # of the size, above the baseline
_DEPTH: Final = 0.4  # of the smaller size: the height that lines lying over one another share
_SHARE: Final = 0.3  # of a watermark's width that lies over text
_LARGER: Final = 1.3  # times the text's size
_OFTEN: Final = 3
_TALLEST: Final = 150.0
_MAX_RUNS: Final = 4_000
"""Runs of a page that are compared: more are single characters placed one by one."""

Key = tuple[str, int]


def without_watermarks(pages: Sequence[Sequence[Glyph]]) -> list[list[Glyph]]:
    """The characters of each page without those of watermarks.

    Of two lines that lie over one another the watermark is the one that the file repeats, else the one
    in the rarer and much larger size. If neither can be said, both are text.
    """
    found = [[run for run in runs(page) if _has_text(run)] for page in pages]
    repeated = Counter(_key(run) for page in found for run in page)
    sizes: Counter[int] = Counter()
    for page in found:
        for run in page:
            sizes[round(2 * run.size)] += len(run.text)
    marks: set[Key] = set()
    for page in found:
        if len(page) <= _MAX_RUNS:
            marks |= _marks(page, repeated, sizes)
    if not marks:
        return [list(page) for page in pages]
    out = []
    for glyphs, own in zip(pages, found, strict=True):
        taken = {id(glyph) for run in own if _key(run) in marks for glyph in run.glyphs}
        out.append([glyph for glyph in glyphs if id(glyph) not in taken])
    return out


def _has_text(run: Run) -> bool:
    """A line of underscores or dots is drawn under what fills it in."""
    return any(char.isalnum() for char in run.text)


def _key(run: Run) -> Key:
    return run.text, round(2 * run.size)


def _marks(page: Sequence[Run], repeated: Counter[Key], sizes: Counter[int]) -> set[Key]:
    """The watermarks among the runs of a page."""
    covered: dict[int, float] = defaultdict(float)
    suspects: set[int] = set()
    order = sorted(page, key=lambda run: run.y)
    largest = min(max((run.size for run in order), default=0.0), _TALLEST)
    for at, run in enumerate(order):
        for other in order[at + 1 :]:
            if other.y - run.y > largest:
                break
            width = min(run.x1, other.x1) - max(run.x0, other.x0)
            top = max(run.y - _ASCENT * run.size, other.y - _ASCENT * other.size)
            height = min(run.y, other.y) + 0.1 * min(run.size, other.size) - top
            less = min(run.size, other.size)
            if width < 0.8 * less or height < _DEPTH * less:
                continue
            mark = _of_two(run, other, repeated, sizes)
            if mark is not None:
                suspects.add(id(mark))
                covered[id(mark)] += width
    by_key: dict[Key, list[float]] = defaultdict(list)
    for run in order:
        if id(run) in suspects:
            by_key[_key(run)].append(covered[id(run)] / max(run.x1 - run.x0, 1.0))
    return {key for key, shares in by_key.items() if max(shares) >= _SHARE}


def _of_two(one: Run, other: Run, repeated: Counter[Key], sizes: Counter[int]) -> Run | None:
    """Which of two runs that lie over one another is the watermark."""
    less, more = sorted((one, other), key=lambda run: repeated[_key(run)])
    if repeated[_key(more)] >= _OFTEN and repeated[_key(more)] > 2 * repeated[_key(less)]:
        return more
    small, large = sorted((one, other), key=lambda run: run.size)
    rarer = sizes[round(2 * large.size)] < sizes[round(2 * small.size)]
    return large if large.size >= _LARGER * small.size and rarer else None
