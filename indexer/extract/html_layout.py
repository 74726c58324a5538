"""The body of a parsed page: the element that contains the article, and its blocks in reading order.

Everything walks the tree iteratively and a fixed number of times, so depth and number of siblings
are unlimited.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from indexer.extract import selectors
from indexer.extract.rows import CELL, REPEATED
from indexer.extract.tidy import PAGE_BREAKS, starts_item, tidy
from kb.documents import Block

_INLINE: Final = frozenset({
    "a", "abbr", "acronym", "b", "bdo", "big", "cite", "code", "data",
    "dfn", "em", "font", "i", "img", "ins", "kbd", "label", "mark", "nobr",
    "o:p", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
_CONTAINERS: Final = frozenset({"div", "td", "article", "section", "main", "center", "form"})
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = frozenset({"ul", "ol"})
_NOT_IN_CELLS: Final = frozenset({"table", "div", "ul", "h1", "h2", "h3"})

_ENOUGH: Final = 20  # minimum characters of the main element
_SHARE: Final = 0.8  # of the good text: an element with less is not chosen over its parent
_MOST_SPANNED: Final = 1_000
_MENU: Final = 0.6  # share of link text above which a list is a menu
_LONGEST_LABEL: Final = 20
_SENTENCE_MARKS: Final = "，。；、"

_SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")
_N: Final = "零〇一二三四五六七八九十百千0-9"
_LABEL = re.compile(rf"\s*第[{_N}]{{1,9}}(?:[编章节]|条(?:之[{_N}]{{1,3}})?)")
_LINE: Final = "\u2028"  # a real line break, as in <pre>


_Spans = dict[int, tuple[int, int, str]]
"""By column: the rows a cell still reaches into, its columns, and its text."""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page and its measurements, keyed by the ids of its (living) elements.

    dropped: elements without document text; good: characters of running text outside links; menus:
    lists that are nearly all links.
    """

    soup: BeautifulSoup
    known: selectors.Selectors
    dropped: frozenset[int]
    good: dict[int, int] = field(default_factory=dict)
    menus: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        _measure(self)


def main_element(page: Page, tags: list[Tag]) -> Tag:
    """The element with the article: by the known selectors, else the smallest with 80 % of the text.

    tags: all elements of the page.
    """
    found: dict[int, list[Tag]] = {}
    for tag in tags:
        rank = page.known.rank(*names_of(tag)) if tag.attrs else None
        if rank is not None:
            found.setdefault(rank, []).append(tag)
    total = page.good.get(id(page.soup), 0)
    for rank in sorted(found):
        best = max(found[rank], key=lambda tag: page.good.get(id(tag), 0))
        if page.good.get(id(best), 0) >= max(_ENOUGH, total // 10):
            return best
    chosen: Tag = page.soup.body or page.soup
    if total < _ENOUGH:
        return chosen
    floor = max(1, page.good.get(id(chosen), 0) * _SHARE)
    element = chosen
    while True:
        children = (child for child in element.children if isinstance(child, Tag))
        heaviest = max(children, key=lambda child: page.good.get(id(child), 0), default=None)
        if heaviest is None or page.good.get(id(heaviest), 0) < floor:
            return chosen
        element = heaviest
        if element.name in _CONTAINERS:
            chosen = element


def names_of(tag: Tag) -> tuple[str, list[str]]:
    """The id and the classes of an element."""
    value = tag.get("class")
    classes = value.split() if isinstance(value, str) else list(value or ())
    return str(tag.get("id") or ""), classes


def is_text(node: PageElement) -> bool:
    """Whether a node is readable text, not a comment or a doctype."""
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def walk(root: Tag, dropped: frozenset[int] = frozenset()) -> Iterator[tuple[bool, PageElement]]:
    """(True, node) on entering a node, (False, tag) on leaving an element, in document order."""
    stack: list[tuple[bool, PageElement]] = [(True, root)]
    while stack:
        entering, node = stack.pop()
        yield entering, node
        if entering and isinstance(node, Tag):
            stack.append((False, node))
            stack.extend((True, c) for c in reversed(node.contents) if id(c) not in dropped)


def _measure(page: Page) -> None:
    sums: list[list[int]] = []  # good, all and link characters of the open elements
    links = 0
    for entering, node in walk(page.soup, page.dropped):
        if isinstance(node, Tag):
            links += (1 if entering else -1) if node.name == "a" else 0
            if entering:
                sums.append([0, 0, 0])
                continue
            good, size, linked = sums.pop()
            if good:
                page.good[id(node)] = good
            if node.name in _LISTS and linked > size * _MENU:
                page.menus.add(id(node))
            if sums:
                sums[-1] = [a + b for a, b in zip(sums[-1], (good, size, linked), strict=True)]
        elif is_text(node):
            text = str(node).strip()
            running = len(text) >= 25 or any(mark in text for mark in _SENTENCE_MARKS)
            sums[-1][0] += len(text) if running and not links else 0
            sums[-1][1] += len(text)
            sums[-1][2] += len(text) if links else 0


def blocks(page: Page, main: Tag) -> Iterator[Block]:
    """The text under `main`: a block at each block element and <br>; a table row is one block."""
    parts: list[str] = []
    heading = preformatted = 0
    label: list[str] = []
    items: dict[int, int] = {}
    tables: dict[int, _Spans] = {}
    skip: Tag | None = None
    for entering, node in walk(main, page.dropped):
        if skip is not None:
            skip = None if node is skip else skip
            continue
        if not isinstance(node, Tag):
            if is_text(node):
                parts.append(str(node).replace("\n", _LINE) if preformatted else str(node))
            continue
        name = node.name
        if name in _INLINE:
            continue
        yield from _flush(parts, heading, label)
        if name == "li":
            label[:] = [_number_of(node, items)] if entering else []
        if name in _HEADINGS:
            heading = _HEADINGS[name] if entering else 0
        elif name == "pre":
            preformatted += 1 if entering else -1
        elif not entering:
            continue
        elif name == "tr":
            row = _row(page, node, tables.setdefault(_table_of(node), {}))
            skip = node if row is not None else None
            if row:
                yield Block(row)
        elif id(node) in page.menus and node is not main:
            skip = node
    yield from _flush(parts, heading, label)


def _number_of(item: Tag, items: dict[int, int]) -> str:
    """The number that a browser shows before an item of an <ol>, or "". items: the last of each list."""
    parent = item.parent
    if parent is None or parent.name != "ol" or parent.get("type", "1") != "1":
        return ""
    if "none" in str(parent.get("style") or ""):
        return ""
    last = items.get(id(parent), _whole(parent.get("start"), 1) - 1)
    items[id(parent)] = number = _whole(item.get("value"), last + 1)
    return f"{number}. "


def _whole(value: object, default: int) -> int:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 7 else default


def _table_of(row: Tag) -> int:
    """The id of a row's table, or of its section if the markup is unusual."""
    parent = row.parent
    above = parent.parent if parent is not None and parent.name != "table" else parent
    return id(above)


def _flush(parts: list[str], heading: int, label: list[str]) -> Iterator[Block]:
    if not parts:
        return
    text = squeeze("".join(parts))
    parts.clear()
    for raw in PAGE_BREAKS.split(text):
        line = tidy(raw)
        if line:
            number = label.pop() if label else ""
            yield Block(line if starts_item(line) else number + line, 0, heading)


def squeeze(text: str) -> str:
    """White space as a browser renders it, but none for a line break between Chinese characters.

    A source line break after an initial 第一条 becomes the space after the label.
    """
    return _SPACE.sub(_space, text)


def _space(m: re.Match[str]) -> str:
    text, start, end = m.string, m.start(), m.end()
    if "\n" in m[0] and start and end < len(text) and min(text[start - 1], text[end]) >= "\u2e80":
        label = _LABEL.match(text) if start <= _LONGEST_LABEL else None
        return " " if label and label.end() == start else ""
    return " "


def _reach(column: int, spans: _Spans, reaching: _Spans, texts: list[str]) -> int:
    """Adds the cells that reach from above into this column and the next; returns the column after them."""
    while column in spans:
        rows, columns, text = spans[column]
        texts.append(text)
        if rows > 1:
            reaching[column] = (rows - 1, columns, text)
        column += columns
    return column


def _row(page: Page, tr: Tag, spans: _Spans) -> str | None:
    """The cells of a data row separated by " | "; None if the row is layout.

    spans: the cells that reach into this row from above; replaced by those that reach into the next.
    """
    cells = [c for c in tr.children if isinstance(c, Tag) and id(c) not in page.dropped]
    if len(cells) < 2 and not (cells and spans):
        return None
    texts: list[str] = []
    reaching: _Spans = {}
    column = 0
    for cell in cells:
        column = _reach(column, spans, reaching, texts)
        parts: list[str] = []
        size = 0
        for entering, node in walk(cell, page.dropped):
            if isinstance(node, Tag):
                if node.name in _NOT_IN_CELLS:
                    return None
                if entering and node.name not in _INLINE:
                    parts.append(" ")
            elif is_text(node):
                parts.append(str(node))
                size += len(parts[-1])
                if size > CELL:
                    return None
        text = tidy(squeeze("".join(parts)))
        rows = min(_whole(cell.get("rowspan"), 1), _MOST_SPANNED)
        columns = min(max(_whole(cell.get("colspan"), 1), 1), _MOST_SPANNED)
        if rows > 1 and text and len(text) <= REPEATED:
            reaching[column] = (rows - 1, columns, text)
        texts.append(text)
        column += columns
    _reach(column, spans, reaching, texts)
    spans.clear()
    spans.update(reaching)
    return " | ".join(texts).strip(" |") if any(texts) else ""
