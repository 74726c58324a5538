"""Lists of the laws in force on a day (现行有效法律目录), which the National People's Congress publishes.

A list is a document like others, so it is seen by those who may see it. Its works are in its entry of the
catalogue (`DocumentInfo.in_force`): a law that such a list leaves out was not in force on its day.
"""

import re
from dataclasses import dataclass
from datetime import date

from kb.documents import Document
from kb.lawnames import work_of

_TITLE = re.compile(r"(?:中华人民共和国)?现行有效法律目录(?:[（(][^（）()]{1,40}[）)])*")
_NUMBER = re.compile(r"^\s*(?:[(（]?\d{1,4}[)）.．、]?\s*)?")


@dataclass(frozen=True, slots=True)
class InForce:
    """A list: its day, and the works on it. It lists the constitution and laws, no decisions on single
    questions, interpretations or amendments."""

    as_of: date
    works: frozenset[str]


def title(count: int, day: date) -> str:
    """The title such a list has: 现行有效法律目录（311件）（截至2026年6月26日）."""
    return f"现行有效法律目录（{count}件）（截至{day.year}年{day.month}月{day.day}日）"


def of(document: Document) -> tuple[str, ...]:
    """The works on a document that is a list with a day; else none."""
    if _TITLE.fullmatch("".join(document.title.split())) is None or document.published is None:
        return ()
    lines = (line for p in document.passages for line in p.text.splitlines())
    return tuple(dict.fromkeys(work_of(_NUMBER.sub("", line)) for line in lines if line.strip()))
