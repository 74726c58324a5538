"""Word's automatic numbers: 第一条, （一）, 1.1 from numbering.xml, counted paragraph by paragraph."""

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from indexer.extract.docx import counting
from indexer.extract.docx.names import (
    ALTERNATIVES,
    child,
    child_value,
    chosen,
    number,
    switched,
    value,
    w,
)
from indexer.extract.docx.styles import Properties, Styles

_LEVELS: Final = 9
_MAX_LINKS: Final = 8
_PLACE = re.compile(r"%([1-9])")
_LETTERED = re.compile(r"[0-9A-Za-z第零〇一二三四五六七八九十百千编章节条款项篇部分件]$")


@dataclass(slots=True)
class _Level:
    """One level of a list. restart: 1-based level above that restarts it, 0 never, None any."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False
    hidden: bool = False
    style: str = ""


@dataclass(slots=True)
class _List:
    """A w:num: the w:abstractNum whose counter it uses, its levels, and its start overrides."""

    abstract: str
    levels: dict[int, _Level]
    starts: dict[int, int]


@dataclass(slots=True)
class _Count:
    """The state of an abstract list: numbers by level, and the lists that have started in it."""

    at: dict[int, int] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)


class Numbering:
    """Counts the numbered paragraphs of a document in reading order."""

    def __init__(self, root: etree._Element | None, styles: Styles) -> None:
        self._abstract: dict[str, etree._Element] = {}
        self._nums: dict[str, etree._Element] = {}
        for element in root if root is not None else ():
            if element.tag == w("abstractNum"):
                self._abstract.setdefault(value(element, "abstractNumId"), element)
            elif element.tag == w("num"):
                self._nums.setdefault(value(element, "numId"), element)
        self._styles = styles
        self._lists: dict[str, _List | None] = {}
        self._counts: dict[str, _Count] = {}

    def label(self, paragraph: Properties) -> str:
        """The number before a paragraph, incremented; "" for bullets and unnumbered paragraphs."""
        num_id = paragraph.num_id
        if not num_id or num_id == "0":
            return ""
        if num_id not in self._lists:
            self._lists[num_id] = self._list(num_id)
        list_ = self._lists[num_id]
        if list_ is None:
            return ""
        at = self._level(paragraph, list_)
        level = list_.levels.get(at)
        if level is None:
            return ""
        count = self._counts.setdefault(list_.abstract, _Count())
        self._advance(count, num_id, list_, at)
        if level.form == "bullet" or level.hidden:
            return ""
        return self._written(count, list_, level)

    def _level(self, paragraph: Properties, list_: _List) -> int:
        """The level of a paragraph: as stated, else the one linked to its style."""
        if paragraph.level is None:
            linked = (n for n, lv in list_.levels.items() if lv.style == paragraph.style)
            return next(linked, 0)
        return min(max(paragraph.level, 0), _LEVELS - 1)

    def _advance(self, count: _Count, num_id: str, list_: _List, at: int) -> None:
        level = list_.levels[at]
        anew = at in list_.starts and (num_id, at) not in count.begun
        count.begun.add((num_id, at))
        if anew:
            count.at[at] = list_.starts[at]
        elif at in count.at:
            count.at[at] += 1
        else:
            count.at[at] = list_.starts.get(at, level.start)
        for deeper in [n for n in count.at if n > at]:
            restart = list_.levels[deeper].restart if deeper in list_.levels else None
            if restart is None or (restart and at < restart):
                del count.at[deeper]

    @staticmethod
    def _written(count: _Count, list_: _List, level: _Level) -> str:
        def place(m: re.Match[str]) -> str:
            at = int(m[1]) - 1
            other = list_.levels.get(at)
            if other is None:
                return ""
            form = "decimal" if level.legal else other.form
            if form in {"none", "bullet"}:
                return ""
            return counting.write(count.at.get(at, other.start), form)

        return _PLACE.sub(place, level.text)

    def _list(self, num_id: str) -> _List | None:
        num = self._nums.get(num_id)
        for _ in range(_MAX_LINKS):
            id = child_value(num, "abstractNumId")
            abstract = self._abstract.get(id)
            if num is None or abstract is None:
                return None
            link = child_value(abstract, "numStyleLink")
            if not link:
                break
            num = self._nums.get(self._styles.numbering(link))
        else:
            return None
        levels = {}
        for element in abstract.findall(w("lvl")):
            levels[number(value(element, "ilvl")) or 0] = _read(element)
        starts: dict[int, int] = {}
        for own in dict.fromkeys((self._nums[num_id], num)):
            for override in own.findall(w("lvlOverride")):
                at = number(value(override, "ilvl")) or 0
                replaced = child(override, "lvl")
                if replaced is not None:
                    levels[at] = _read(replaced)
                start = number(child_value(override, "startOverride"))
                if start is not None:
                    starts.setdefault(at, start)
        return _List(id, levels, starts)


def _read(element: etree._Element) -> _Level:
    start = number(child_value(element, "start"))
    format_ = child(element, "numFmt")
    if format_ is None and (alternatives := element.find(ALTERNATIVES)) is not None:
        format_ = next((e for e in chosen(alternatives) if e.tag == w("numFmt")), None)
    return _Level(
        start=0 if start is None else start,
        form=value(format_) or "decimal",
        text=child_value(element, "lvlText")[:100],
        restart=number(child_value(element, "lvlRestart")),
        legal=bool(switched(element, "isLgl")),
        hidden=bool(switched(child(element, "rPr"), "vanish")),
        style=child_value(element, "pStyle"),
    )


def joined(label: str, text: str) -> str:
    """Label and text as an author would have typed them, whatever tab or indent separates them.

    第一条 and 1.1 keep a space, 一、 and （一） do not; 1. only before letters and figures.
    """
    label = " ".join(label.split())
    if not label or not text:
        return text
    latin = text[0].isascii() and text[0].isalnum() and label[-1] in ".):"
    return f"{label} {text}" if latin or _LETTERED.search(label) else label + text
