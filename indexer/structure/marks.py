"""The marks a line can start with: 第三章, 一、, （一）, 1., （1）, ①, 附件2, and their levels.

Levels run from 1 (outermost) to 10. The terms of a statute come from 立法技术规范（试行）（一）, the
numbers of all other documents from GB/T 9704-2012, 7.3.3: 一、 then （一） then 1. then （1）.
"""

import re
from dataclasses import dataclass

from kb import numerals

_N = rf"[0-9０-９{numerals.NUMERAL}]"
_CN = "一二三四五六七八九十百"

_WORDS = {"部分": 1, "篇": 1, "卷": 1, "编": 1, "分编": 2, "章": 3, "节": 4}
CHAPTER = _WORDS["章"]
ITEM = 6
"""（一）: marks from here inwards can be list items."""
_LIST = 7

_WORD = re.compile(rf"第\s*{_N}{{1,6}}\s*(?P<word>部分|分编|[篇卷编章节])(?P<rest>.*)", re.DOTALL)
# What follows the term in a sentence about a chapter, never in the chapter's own heading.
_NO_TITLE = re.compile(r"[的规所中、，,；。：:至到和与及或第是相有应条款（(]")
_SENTENCE = re.compile(r"[。；;！!]")
_LONGEST_HEADING = 40

_MARK = re.compile(
    rf"(?P<l5>[{_CN}]{{1,4}}\s*[、．.](?![二三四五六七八九十](?:审|级|类|等|季|楼|层|线|是)))"
    rf"|(?P<l6>[（(]\s*[{_CN}]{{1,4}}\s*[）)])"
    r"|(?P<l7>[0-9０-９]{1,3}\s*(?:[、．]|\.(?![0-9]))|[⒈-⒛])"
    r"|(?P<l8>[（(]\s*[0-9０-９]{1,3}\s*[）)]|[0-9]{1,2}[）)]|[a-zA-Z][）)]|[⑴-⒇])"
    r"|(?P<l9>[①-⑳])"
)
_FIRST = frozenset(f"{_CN}（(①②③④⑤⑥⑦⑧⑨⑩0123456789０１２３４５６７８９") | frozenset(
    map(chr, [*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0x2460, 0x249C)])
)
_SUPPLEMENT = re.compile(
    rf"(?P<name>附\s*(?:件|表|录|图|注)?\s*(?:[0-9０-９]{{1,2}}|[{_CN}]{{1,3}})?)"
    r"(?:\s*(?P<colon>[:：])\s*(?P<title>.*)|\s+(?P<spaced>\S.*))?",
    re.DOTALL,
)
_BARE_HEADINGS = {
    "分则": _WORDS["编"],
    "附则": _WORDS["编"],
    "序言": CHAPTER,
    "序": CHAPTER,
    "前言": CHAPTER,
    "题注": CHAPTER,
}
_SINGLE = re.compile(r"(?<!\S)([\u4e00-\u9fff]) (?=[\u4e00-\u9fff](?:\s|$))")


@dataclass(frozen=True, slots=True)
class Mark:
    """A number at the start of a line: `label` without white space, `rest` what follows it."""

    level: int
    label: str
    rest: str


def mark(text: str) -> Mark | None:
    """The number `text` starts with, 一、 to ①, or None."""
    if text[:1] not in _FIRST:
        return None
    found = _MARK.match(text)
    if found is None or found.lastgroup is None:
        return None
    return Mark(int(found.lastgroup[1:]), "".join(found[0].split()), text[found.end() :].strip())


def chapter(text: str) -> int:
    """The level of a line that is entirely the heading of a 编 分编 章 节, else 0."""
    if not text or text[0] not in "第附序前题分" or len(text) > _LONGEST_HEADING:
        return 0
    if text[0] != "第":
        return _BARE_HEADINGS.get("".join(text.split()), 0)
    found = _WORD.fullmatch(text)
    if found is None or _SENTENCE.search(found["rest"]):
        return 0
    rest = found["rest"]
    if rest and not rest[0].isspace() and _NO_TITLE.match(rest):
        return 0
    return _WORDS[found["word"]]


def heading_level(text: str) -> int:
    """The level implied by a heading's own words, 0 if none."""
    found = _WORD.match(text)
    if found:
        return _WORDS[found["word"]]
    numbered = mark(text)
    return numbered.level if numbered else 0


def supplement(text: str) -> tuple[str, str] | None:
    """Heading and remaining text of a line that opens an annex (附件 附表 附录 附：), else None."""
    if not text.startswith("附"):
        return None
    found = _SUPPLEMENT.fullmatch(text)
    if found is None:
        return None
    name, title = "".join(found["name"].split()), (found["title"] or found["spaced"] or "").strip()
    if name == "附" and found["colon"] is None:
        return None
    if not title:
        return name, ""
    short = len(title) <= _LONGEST_HEADING and not _SENTENCE.search(title) and mark(title) is None
    if short:
        return " ".join(text.split()), ""
    # A sentence that merely starts with the word has no colon: 附件1 规定的…
    return (name, title) if found["colon"] else None


def is_list_mark(level: int) -> bool:
    """True for marks whose short lines are list items rather than headings (1. （1） ①)."""
    return level >= _LIST


def heading_text(text: str) -> str:
    """A heading for display: 第三章　总 则 → 第三章 总则, any white space one space."""
    text = " ".join(text.split())
    found = _WORD.fullmatch(text)
    if found:
        rest = _SINGLE.sub(r"\1", found["rest"].strip())
        return "".join(text[: found.start("rest")].split()) + (f" {rest}" if rest else "")
    return _SINGLE.sub(r"\1", text)
