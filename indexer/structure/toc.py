"""Removes a printed table of contents from plain text: its lines are headings, not sections."""

import re

from indexer.structure import marks
from indexer.structure.articles import Label
from indexer.structure.lines import Line, squash

_WORD = {"目录", "目次"}
_SEARCHED = 80
"""A table of contents must start within this many lines."""

_FEWEST = 3
_LONGEST_ENTRY = 100
_LEADER = re.compile(r"(?:[.…·．\s]|－|—)*[0-9０-９]{0,4}$")
_PAGE = re.compile(r"(?:[.…·．]{2,}|\s)\s*[0-9０-９]{1,4}$")


def without_contents(rows: list[Line], articles: dict[int, Label]) -> list[Line]:
    """The lines without the table of contents, if there is one before the first article.

    It is one if its first entry recurs as a heading, or if the word 目录 precedes at least three
    entries and the text below has no such headings at all.
    """
    first_article = min(articles, default=len(rows))
    named = next(
        (i for i in range(min(len(rows), _SEARCHED)) if squash(rows[i].text) in _WORD), None
    )
    if named is not None and named < first_article:
        end = _run(rows, named + 1, any_mark=True)
        stop = _repeat(rows, named + 1, end)
        if stop is None:
            stop = end if end - named > _FEWEST and not _chapters(rows, end) else named + 1
        return rows[:named] + rows[stop:]
    start = next(
        (i for i in range(min(first_article, _SEARCHED)) if _is_chapter(rows[i])), first_article
    )
    end = _run(rows, start, any_mark=False)
    if end - start >= _FEWEST:
        stop = _repeat(rows, start, end)
        if stop is not None and stop - start >= 2:
            return rows[:start] + rows[stop:]
    return rows


def _is_chapter(row: Line) -> bool:
    return len(row.text) <= _LONGEST_ENTRY and marks.chapter(_LEADER.sub("", row.text)) > 0


def _run(rows: list[Line], start: int, any_mark: bool) -> int:
    """The end of the unbroken run of entries that starts at `start`."""
    for at in range(start, len(rows)):
        text = rows[at].text
        if _is_chapter(rows[at]) or marks.supplement(text):
            continue
        numbered = marks.mark(text) if any_mark and text[-1] not in "。；;：:" else None
        short = len(text) <= _LONGEST_ENTRY
        if not (short and any_mark and (numbered or _PAGE.search(text))):
            return at
    return len(rows)


def _key(row: Line) -> str:
    return squash(_LEADER.sub("", row.text)) if len(row.text) <= _LONGEST_ENTRY else row.text


def _repeat(rows: list[Line], start: int, end: int) -> int | None:
    """Start of the text: where the first entry recurs, in the run itself or after it."""
    if start >= end:
        return None
    first = _key(rows[start])
    again = next((at for at in range(start + 1, end) if _key(rows[at]) == first), None)
    if again is None and any(_key(rows[at]) == first for at in range(end, len(rows))):
        return end
    return again


def _chapters(rows: list[Line], start: int) -> bool:
    return any(_is_chapter(row) for row in rows[start:])
