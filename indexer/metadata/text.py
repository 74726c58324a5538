"""The lines of a document as the rules see them: head and foot, all of bounded length."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.documents import Block

_WIDTH = str.maketrans("０１２３４５６７８９　\u00a0", "0123456789  ")

_HEAD_LINES = 60
_FOOT_LINES = 25
_MOST_CLOSING = 12
_TAKES_EFFECT = re.compile(r"(?:施行|实施|生效|执行|试行)")
_SPEAKS_OF_ITSELF = re.compile(r"(?:本|该|此|以上)[^。；，]{1,40}(?:自|从|于)")
_LONGEST_LINE = 1_500
PARAGRAPH = 80
"""From this many characters a line is a paragraph, which ends the head with title and number."""


@dataclass(frozen=True, slots=True)
class Lines:
    """head: the first lines, cut to a bounded length; foot: the last ones; top: those of the head
    before its first paragraph; closing: the last lines anywhere that state since when the text
    applies. Digits are half width in all of them.
    """

    head: tuple[str, ...]
    top: tuple[str, ...]
    foot: tuple[str, ...]
    count: int
    closing: tuple[str, ...] = ()


def lines_of(blocks: Sequence[Block]) -> Lines:
    """Lines of blocks without blank ones."""
    rows = [line for block in blocks for line in block.text.splitlines() if line.strip()]
    head = tuple(clean(line) for line in rows[:_HEAD_LINES])
    foot = tuple(clean(line) for line in rows[-_FOOT_LINES:])
    until = next((i for i, line in enumerate(head) if len(line) >= PARAGRAPH), len(head))
    closing = [row for row in rows if _TAKES_EFFECT.search(row) and _SPEAKS_OF_ITSELF.search(row)]
    return Lines(
        head, head[:until], foot, len(rows), tuple(clean(row) for row in closing[-_MOST_CLOSING:])
    )


def clean(line: str) -> str:
    """Half-width digits, single spaces, bounded length."""
    return " ".join(line[:_LONGEST_LINE].translate(_WIDTH).split())
