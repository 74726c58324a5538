"""Cleaning that every extractor applies to a line: removes invisible characters, trims white space."""

import re
from typing import Final

from kb.text import folding

# Control characters mean nothing in text. Tabs and line breaks are left to the callers.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
BREAKS: Final = re.compile(r"\r\n|[\n\r]")
"""Line breaks as editors count them."""
PAGE_BREAKS: Final = re.compile(r"[\f\x85\u2028\u2029]")
"""Breaks within what editors count as one line."""

END_MARKS: Final = "。！？；：…”’」』）】》!?;:."
_NUMBER = (
    r"第[0-9零〇一二三四五六七八九十百千]{1,8}[编章节条款]|[（(][0-9一二三四五六七八九十]{1,4}[)）]"
    r"|[0-9]{1,3}(?:[.．、)）]|[ \t])|[一二三四五六七八九十]{1,4}(?:、|是)|[①-⑳⒈-⒛]"
)
_STARTER = re.compile(rf"{_NUMBER}|[-*+•·●■◆▪] ?|#")
_BULLETED_NUMBER = re.compile(rf"\A[-*+]\s+(?=第\s|{_NUMBER})")
_LABEL = re.compile(
    r"第[0-9零〇一二三四五六七八九十百千]{1,8}[编章节条款项](?:之[一二三四五六七八九十]{1,3})?"
    r"|[（(][0-9一二三四五六七八九十]{1,4}[)）]|[0-9]{1,3}[.．、)）]|[0-9]{1,2}(?:[.．][0-9]{1,2}){1,3}"
    r"|[一二三四五六七八九十]{1,4}[、是]|[①-⑳⒈-⒛]|[-*•·●■◆▪□]|附件[0-9一二三四五六七八九十]{0,3}[:：]?"
)
_LONGEST_LABEL: Final = 14
_WORD = re.compile(r"[0-9A-Za-z,.;:!?)%'\"]")


def tidy(text: str) -> str:
    """`text` as it is kept: without invisible characters, radicals as ideographs, trimmed of white
    space (　 too)."""
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return folding.clean(text).strip()


def label(text: str) -> str:
    """`text` as a name or title: on one line, without control characters that affect a terminal or
    reverse the writing direction."""
    return " ".join(tidy(text).split())


def starts_item(line: str) -> bool:
    """Whether a line opens a new unit: 第三条, （一）, 1., 一是, a bullet."""
    return _STARTER.match(line) is not None


def without_bullet(line: str) -> str:
    """A line without a bullet before its own number: - 第三条 is an item numbered 第三条."""
    return _BULLETED_NUMBER.sub("", line)


def is_label(text: str) -> bool:
    """Whether `text`, white space apart, is nothing but what opens a unit: 第三条, （一）, 1.2, 附件1."""
    text = "".join(text.split())
    return len(text) <= _LONGEST_LABEL and _LABEL.fullmatch(text) is not None


def join(first: str, second: str) -> str:
    """Joins two halves of a wrapped line; a space only between Latin words or digits."""
    if not first or not second:
        return first + second
    latin = second[0].isascii() and second[0].isalnum() and _WORD.match(first[-1]) is not None
    return f"{first} {second}" if latin else first + second
