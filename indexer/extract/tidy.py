"""What every extractor does to a line: invisible characters out, white space at the ends off."""

import re
from typing import Final

# Zero-width and soft characters are layout leftovers that break phrase search; control characters
# mean nothing in text. The tab and line breaks stay for the callers.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufdd0-\ufdef\ufeff]"
)
BREAKS: Final = re.compile(r"\r\n|[\n\r]")
"""Line breaks as editors count them."""
PAGE_BREAKS: Final = re.compile(r"[\f\x85\u2028\u2029]")
"""Breaks inside what editors count as one line."""

END_MARKS: Final = "。！？；：…”’」』）】》!?;:."
_STARTER = re.compile(
    r"第[0-9零〇一二三四五六七八九十百千]{1,8}[编章节条款]|[（(][0-9一二三四五六七八九十]{1,4}[)）]"
    r"|[0-9]{1,3}(?:[.．、)）]|[ \t])|[一二三四五六七八九十]{1,4}(?:、|是)|[①-⑳⒈-⒛]|[-*+•·●■◆▪] ?|#"
)
_WORD = re.compile(r"[0-9A-Za-z,.;:!?)%'\"]")


def tidy(text: str) -> str:
    """`text` without invisible characters and without white space (　 too) at its ends."""
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return text.strip()


def label(text: str) -> str:
    """`text` as a name or title: on one line, without controls that would steer a terminal or turn
    the direction of writing round."""
    return " ".join(tidy(text).split())


def starts_item(line: str) -> bool:
    """Whether a line opens a unit of its own: 第三条, （一）, 1., 一是, a bullet."""
    return _STARTER.match(line) is not None


def join(first: str, second: str) -> str:
    """Two halves of a wrapped line; a space only between words of Latin letters or figures."""
    if not first or not second:
        return first + second
    latin = second[0].isascii() and second[0].isalnum() and _WORD.match(first[-1]) is not None
    return f"{first} {second}" if latin else first + second
