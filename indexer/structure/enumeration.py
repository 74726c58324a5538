"""Items enumerated in words: 一是 … 二是 …, 一要 … 二要 …, 第一， … 第二， …, 首先， … 其次， …."""

import re
from dataclasses import dataclass
from itertools import pairwise

from indexer.structure.lines import Line
from kb import numerals

_CN = "一二三四五六七八九十"
# At the start of a sentence: of the text, or after punctuation that ends or introduces one.
_ITEM = re.compile(
    r"(?:^|(?<=[。；;：:！!？?”）]))\s*(?P<label>"
    rf"(?P<count>[{_CN}]{{1,2}})(?P<verb>是|要)"
    rf"|第(?P<nth>[{_CN}]{{1,2}})(?=\s*[，,、])"
    r"|(?P<adverb>首先|其次|再次|最后)(?=\s*[，,])"
    r")[，,、]?"
)
_ADVERBS = {"首先": 1, "其次": 2, "再次": 3}
SHORTEST = 150
"""Minimum characters of a paragraph before its items become separate passages."""

_AHEAD = 30


@dataclass(frozen=True, slots=True)
class Item:
    """One item. family: 是, 要, 第 or 首先; count: its number, 0 for 最后; start, end of its label."""

    family: str
    count: int
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The text before the first item of one count, and (label, text) for each."""

    lead: str
    items: tuple[tuple[str, str], ...]


def leading(text: str) -> Item | None:
    """The item the text starts with, or None."""
    if text[:1] not in "一二三四五六七八九十第首其再最":
        return None
    found = _ITEM.match(text)
    return _item(found) if found else None


def split(text: str) -> tuple[Enumeration, ...]:
    """The items enumerated in one paragraph: in order from one, at least two of them; else nothing.

    A paragraph can have several enumerations; the sentence with a colon before 一是 leads the next one.
    """
    found = [_item(m) for m in _ITEM.finditer(text)]
    for family in dict.fromkeys(item.family for item in found):
        items = [item for item in found if item.family == family]
        if not _in_order(items):
            continue
        starts = [0]
        for before, item in pairwise(items):
            # A sentence that introduces an enumeration can't start before the previous item ends.
            lead = max(before.end, _lead_start(text, item))
            starts.append(lead if item.count == 1 else item.start)
        out: list[Enumeration] = []
        for at, item in enumerate(items):
            end = starts[at + 1] if at + 1 < len(items) else len(text)
            part = (item.label, text[item.end : end].strip())
            if item.count == 1:
                out.append(Enumeration(text[starts[at] : item.start].strip(), (part,)))
            else:
                out[-1] = Enumeration(out[-1].lead, (*out[-1].items, part))
        return tuple(out)
    return ()


def _lead_start(text: str, item: Item) -> int:
    """Start of the sentence that introduces an item; the item itself if none does."""
    before = text[: item.start].rstrip()
    if not before.endswith(("：", ":")):
        return item.start
    return max(before.rfind(mark) for mark in "。；;！？") + 1


def across(rows: list[Line]) -> dict[int, Item]:
    """Lines that are items of an enumeration with one item per paragraph, by index."""
    firsts = {at: item for at, row in enumerate(rows) if (item := leading(row.text))}
    out: dict[int, Item] = {}
    for at, item in firsts.items():
        if item.count != 1 or at in out:
            continue
        chain, wanted = [at], 2
        for later in range(at + 1, len(rows)):
            if rows[later].heading or later - chain[-1] > _AHEAD:
                break
            other = firsts.get(later)
            if other is None or other.family != item.family:
                continue
            if other.count not in {wanted, 0}:
                break
            chain.append(later)
            wanted += 1
            if other.count == 0:
                break
        if len(chain) > 1:
            out.update((row, firsts[row]) for row in chain)
    return out


def _item(found: re.Match[str]) -> Item:
    if found["adverb"]:
        family, count = "首先", _ADVERBS.get(found["adverb"], 0)
    elif found["nth"]:
        family, count = "第", numerals.parse(found["nth"]) or 0
    else:
        family, count = found["verb"], numerals.parse(found["count"]) or 0
    return Item(family, count, found["label"], found.start("label"), found.end())


def _in_order(items: list[Item]) -> bool:
    """True for runs 1, 2 … n with n > 1, possibly several in sequence, 最后 closing one."""
    wanted, length = 1, 0
    for item in items:
        if item.count == wanted or (item.count == 0 and length):
            length += 1
            wanted += 1
        elif item.count == 1 and length > 1:
            wanted, length = 2, 1
        else:
            return False
    return length > 1
