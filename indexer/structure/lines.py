"""Lines of a document between blocks and passages, and their initial cleaning."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.documents import Block

LONGEST_PARAGRAPH = 1500
"""Characters after which a paragraph outside articles is split at the end of a sentence."""

_TITLE_LINES = 6
_TITLE_NOISE = re.compile(r"[\s、，《》〈〉]")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_BLANKS = re.compile(r"[\t\xa0\u2002-\u200a ]{2,}|[\t\xa0\u2002-\u200a]")
_SENTENCE = re.compile(r"[^。！？；\n]*(?:[。！？；]+[”’」』）)]*|\n|$)")


@dataclass(frozen=True, slots=True)
class Line:
    """One trimmed line, never empty. heading: as in `Block`."""

    text: str
    heading: int = 0


def lines(blocks: Iterable[Block]) -> list[Line]:
    """The lines of all blocks. A heading block is one line whatever it contains.

    Any run of blanks becomes one: their number depends on the source format of the text.
    """
    out: list[Line] = []
    for block in blocks:
        if block.heading > 0:
            text = " ".join(block.text.split())
            if _strip(text):
                out.append(Line(text, min(block.heading, 6)))
        else:
            out.extend(Line(text) for part in block.text.split("\n") if (text := _strip(part)))
    return out


def _strip(text: str) -> str:
    """Trimmed; empty if only zero-width characters are left."""
    text = _BLANKS.sub(" ", text.strip())
    return text if text.strip(_INVISIBLE) else ""


def squash(text: str) -> str:
    """The text without any white space: what two spellings of the same heading share."""
    return "".join(text.split())


def _title_key(text: str) -> str:
    """A title without what differs between two spellings of it: white space, 、 and 《》."""
    return _TITLE_NOISE.sub("", text)


def without_title(rows: list[Line], title: str) -> list[Line]:
    """The lines after the document's own title.

    The title is the first lines that together equal `title` (often broken in two), one line near
    the start that equals it, or a single top-level heading at the start of the document.
    """
    wanted = _title_key(title)
    changed = True
    while rows and changed:
        changed = False
        joined = ""
        for count, row in enumerate(rows[:_TITLE_LINES] if wanted else (), start=1):
            joined += _title_key(row.text)
            if joined == wanted:
                rows, changed = rows[count:], True
                break
            if not wanted.startswith(joined):
                break
    again = (i for i, row in enumerate(rows[:_TITLE_LINES]) if _title_key(row.text) == wanted)
    at = next(again, None) if wanted else None
    if at is not None:
        rows = rows[:at] + rows[at + 1 :]
    if rows and rows[0].heading == 1 and not any(row.heading == 1 for row in rows[1:]):
        rows = rows[1:]
    return rows


def pieces(text: str, limit: int = LONGEST_PARAGRAPH) -> Iterator[str]:
    """`text` in pieces of at most `limit` characters, split at ends of sentences if possible."""
    if len(text) <= limit:
        yield text
        return
    piece = ""
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        if piece and len(piece) + len(sentence) > limit:
            yield piece.strip()
            piece = ""
        piece += sentence
        while len(piece) > limit:
            yield piece[:limit].strip()
            piece = piece[limit:]
    if piece.strip():
        yield piece.strip()
