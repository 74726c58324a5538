"""Table rows as readable and searchable text: 姓名：张三；职务：科长."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kb.documents import Block

Row = Sequence[str]

CELL: Final = 500
"""Characters: a row of a text document or web page with a longer cell is layout, not data."""

REPEATED: Final = 100
"""Characters: a longer cell merged downwards stands in its first row only."""

_LONGEST_NAME: Final = 30
_LONGEST_TITLE: Final = 80
_SEARCHED: Final = 15
"""Rows within which the column headings must occur, or there are none."""
_FORM: Final = 0.3
"""Share of rows with horizontally merged cells above which a table is a form, not a list."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A range of merged cells; all bounds 0-based and inclusive."""

    top: int
    left: int
    bottom: int
    right: int


def blocks(
    rows: Sequence[Row], merges: Sequence[Merge] = (), name: str = "", title: bool = False
) -> Iterator[Block]:
    """One block per row. Rows above the column headings, and rows of one cell, are kept unchanged.

    Without headings, or if the table is a form, cells are separated by " | ". name: of the sheet,
    used as a heading above; title: a lone first cell is the title of the document.
    """
    filled = [list(row) for row in rows]
    heads_at = _heads(filled)
    wide = {row for m in merges if m.right > m.left for row in range(m.top, m.bottom + 1)}
    data = [at for at, row in enumerate(filled) if at > heads_at and _count(row) > 1]
    if heads_at >= 0 and sum(at in wide for at in data) > len(data) * _FORM:
        heads_at = -1
    depth = _depth(heads_at, merges, filled)
    heads: list[str] = []
    if heads_at >= 0:
        _spread(filled, merges, heads_at, depth)
        heads = _names(filled[heads_at : heads_at + depth])
    body = heads_at + depth if heads_at >= 0 else 0
    headed = not name
    for at, row in enumerate(filled):
        cells = [cell for cell in row if cell]
        if not cells or heads_at <= at < body or (heads and list(row) == filled[heads_at]):
            continue
        lone = len(cells) == 1
        if title and lone and at < heads_at and len(cells[0]) <= _LONGEST_TITLE:
            yield Block(cells[0], 0, 1)
            title = False
            continue
        if not headed:
            yield Block(name, 0, 2)
            headed = True
        if heads and at >= body and not lone:
            yield Block(_sentence(heads, row))
        else:
            yield Block(" | ".join(row).strip(" |"))


def _count(row: Row) -> int:
    return sum(1 for cell in row if cell)


def _heads(rows: Sequence[Row]) -> int:
    """The row with the column headings, -1 if there is none."""
    width = max((_count(row) for row in rows), default=0)
    if width < 2:
        return -1
    for at, row in enumerate(rows[:_SEARCHED]):
        names = [cell for cell in row if cell]
        if len(names) < 2:
            continue
        fit = (
            len(names) * 2 > width
            and len(set(names)) * 2 > len(names)
            and all(len(n) <= _LONGEST_NAME and not _is_figure(n) for n in names)
        )
        # A note above the headings: 填报单位：…, 2024年3月.
        stated = sum("：" in n or ":" in n for n in names) * 2 > len(names)
        if stated or (not fit and len(names) * 2 <= width):
            continue
        return at if fit and any(_count(r) > 1 for r in rows[at + 1 :]) else -1
    return -1


def _is_figure(text: str) -> bool:
    """Whether a cell contains a number or a date: only a year among these can be a column heading."""
    bare = text.strip("%-+.年月日 ")
    return any(c.isdigit() for c in bare) and not any(
        c.isalpha() and c not in "年月日" for c in bare
    ) and not text.endswith("年")  # fmt: skip


def _depth(heads_at: int, merges: Sequence[Merge], rows: Sequence[Row]) -> int:
    """Number of heading rows: two or three if a heading spans several columns."""
    spanning = any(m.top == heads_at and m.right > m.left for m in merges)
    if heads_at < 0 or not spanning:
        return 1
    tall = max((m.bottom - m.top + 1 for m in merges if m.top == heads_at), default=1)
    depth = min(max(tall, 2), 3)
    return depth if any(_count(row) > 1 for row in rows[heads_at + depth :]) else 1


def _spread(rows: list[list[str]], merges: Sequence[Merge], heads_at: int, depth: int) -> None:
    """Copies a merged cell's text into every cell it covers: headings in both directions, data downwards."""
    for merge in merges:
        if merge.top < heads_at or merge.top >= len(rows):
            continue
        is_head = merge.top < heads_at + depth
        text = rows[merge.top][merge.left] if merge.left < len(rows[merge.top]) else ""
        for row in rows[merge.top : merge.bottom + 1]:
            for column in range(merge.left, (merge.right if is_head else merge.left) + 1):
                if column < len(row):
                    row[column] = text


def _names(heads: Sequence[Row]) -> list[str]:
    width = max(map(len, heads))
    names = []
    for column in range(width):
        parts = [row[column] for row in heads if column < len(row) and row[column]]
        names.append("".join("".join(part.split()) for part in dict.fromkeys(parts)))
    return names


def _sentence(heads: Sequence[str], row: Row) -> str:
    parts = []
    for at, cell in enumerate(row):
        if cell:
            head = heads[at].rstrip("：:") if at < len(heads) else ""
            parts.append(f"{head}：{cell}" if head else cell)
    return "；".join([*(part.rstrip("；;。") for part in parts[:-1]), *parts[-1:]])
