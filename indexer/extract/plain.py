"""Plain text: a line is a block, unless the text was wrapped to a fixed width."""

from dataclasses import dataclass
from typing import Final

from indexer.extract.tidy import BREAKS, END_MARKS, PAGE_BREAKS, join, starts_item, tidy
from kb.documents import Block, Extracted

_SLACK: Final = 3  # columns a wrapped line may fall short of the width (moved punctuation)
_WIDTHS: Final = range(36, 141)  # columns; a Chinese character takes two
_ENOUGH: Final = 4  # full lines needed to establish a width
_MAX_JOINED: Final = 20_000  # characters of one joined paragraph


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    number: int
    width: int
    indented: bool
    after_blank: bool


def extract(text: str, encoding: str) -> Extracted:
    """One block per non-blank line, numbered from 1 as in editors; wrapped paragraphs are one."""
    lines = _lines(text)
    width = _wrap_width(lines)
    if not width:
        blocks = tuple(Block(line.text, line.number) for line in lines)
    else:
        blocks = tuple(_unwrapped(lines, width))
    return Extracted(blocks=blocks, format="txt", encoding=encoding)


def _lines(text: str) -> list[_Line]:
    lines = []
    after_blank = True
    for number, raw in enumerate(BREAKS.split(text), 1):
        for piece in PAGE_BREAKS.split(raw):
            line = tidy(piece)
            if line:
                width = _columns(piece.rstrip())
                indented = piece.startswith(("\u3000", "  ", "\t"))
                lines.append(_Line(line, number, width, indented, after_blank))
            after_blank = not line
    return lines


def _columns(line: str) -> int:
    return len(line) if line.isascii() else len(line) + sum(1 for c in line if c >= "\u2e80")


def _wrap_width(lines: list[_Line]) -> int:
    """The width in columns the text was wrapped to, 0 if it wasn't.

    Wrapped text has many lines of the full width, most of which break mid-sentence, none longer,
    and the shorter lines after them end sentences. A list of equally long entries fails this last test.
    """
    if len(lines) <= _ENOUGH:
        return 0
    width = max(line.width for line in lines)
    if width not in _WIDTHS:
        return 0
    full = [line.width >= width - _SLACK for line in lines]
    count = sum(full)
    if count < _ENOUGH or count < len(lines) * 0.4:
        return 0
    stopped = sum(f and line.text[-1] in END_MARKS for f, line in zip(full, lines, strict=True))
    tails = [
        line.text[-1] in END_MARKS
        for before, now, line in zip(full, full[1:], lines[1:], strict=False)
        if before and not now and not line.after_blank and not line.indented
    ]
    if stopped > count * 0.3 or not tails or sum(tails) < len(tails) * 0.7:
        return 0
    return width


def _unwrapped(lines: list[_Line], width: int) -> list[Block]:
    blocks: list[Block] = []
    parts: list[str] = []
    start, size = 0, 0
    indents = any(line.indented for line in lines)
    previous: _Line | None = None
    for line in lines:
        goes_on = (
            previous is not None
            and previous.width >= width - _SLACK
            and not line.after_blank
            and not line.indented
            and not starts_item(line.text)
            # A full line may end a paragraph: only indents show it, if the text uses them.
            and (indents or previous.text[-1] not in END_MARKS)
            and size < _MAX_JOINED
        )
        if not goes_on:
            if parts:
                blocks.append(Block(_joined(parts), start))
            parts, start, size = [], line.number, 0
        parts.append(line.text)
        size += len(line.text)
        previous = line
    blocks.append(Block(_joined(parts), start))
    return blocks


def _joined(parts: list[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text = join(text, part)
    return text
