"""Paragraph and character styles: the properties inherited from a style and its bases."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from indexer.extract.docx.names import child, child_value, number, switched, value, w

_MAX_CHAIN: Final = 32
_HEADING = re.compile(r"(?:heading|标题|標題) ?([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目录|目錄) ?[1-9]", re.IGNORECASE)
_TITLES: Final = frozenset({"title", "标题", "文档标题", "公文标题"})
_BODY: Final = 9  # w:outlineLvl of body text


@dataclass(frozen=True, slots=True)
class Properties:
    """Properties of paragraphs. outline: 0-8, 9 for body text; num_id, level: of the numbering.

    None if not stated. title: the style of a document's title; contents: of a table of contents.
    """

    outline: int | None = None
    num_id: str | None = None
    level: int | None = None
    hidden: bool | None = None
    title: bool = False
    contents: bool = False
    style: str = ""


class Styles:
    """The styles of a package; without styles.xml only those implied by built-in style ids."""

    def __init__(self, root: etree._Element | None) -> None:
        self._styles: dict[str, etree._Element] = {}
        self._default = ""
        for style in root.findall(w("style")) if root is not None else ():
            id = value(style, "styleId")
            self._styles.setdefault(id, style)
            if value(style, "type") == "paragraph" and value(style, "default") in {"1", "true"}:
                self._default = id
        self._known: dict[str, Properties] = {}
        self._hidden: dict[str, bool | None] = {}

    def paragraph(self, properties: etree._Element | None) -> Properties:
        """The properties of a paragraph with this w:pPr: its own take precedence over its style's."""
        id = child_value(properties, "pStyle") or self._default
        from_style = self._known.get(id)
        if from_style is None:
            from_style = self._known[id] = self._resolve(id)
        own = _stated(properties)
        return Properties(
            outline=own.outline if own.outline is not None else from_style.outline,
            num_id=own.num_id if own.num_id is not None else from_style.num_id,
            level=own.level if own.level is not None else from_style.level,
            hidden=from_style.hidden,
            title=from_style.title,
            contents=from_style.contents,
            style=id,
        )

    def hidden(self, properties: etree._Element | None, paragraph: Properties) -> bool:
        """Whether a run with this w:rPr is hidden text."""
        own = switched(properties, "vanish")
        if own is None:
            id = child_value(properties, "rStyle")
            if id:
                if id not in self._hidden:
                    chain = (switched(child(s, "rPr"), "vanish") for s in self._chain(id))
                    self._hidden[id] = next((v for v in chain if v is not None), None)
                own = self._hidden[id]
        return bool(paragraph.hidden if own is None else own)

    def numbering(self, id: str) -> str:
        """The w:numId a numbering style refers to, or ""."""
        return child_value(self._styles.get(id), "pPr", "numPr", "numId")

    def _chain(self, id: str) -> Iterator[etree._Element]:
        for _ in range(_MAX_CHAIN):
            style = self._styles.get(id)
            if style is None:
                return
            yield style
            id = child_value(style, "basedOn")

    def _resolve(self, id: str) -> Properties:
        outline = level = None
        num_id: str | None = None
        hidden: bool | None = None
        names = [id]
        for depth, style in enumerate(self._chain(id)):
            name = child_value(style, "name")
            names = [name] if not depth else [*names, name]
            stated = _stated(child(style, "pPr"))
            if outline is None:
                outline = stated.outline if stated.outline is not None else _by_name(name)
            if num_id is None:
                num_id = stated.num_id
            if level is None:
                level = stated.level
            if hidden is None:
                hidden = switched(child(style, "rPr"), "vanish")
        first = names[0].strip().lower()
        return Properties(
            outline=outline if outline is not None else _by_name(first),
            num_id=num_id,
            level=level,
            hidden=hidden,
            title=first in _TITLES,
            contents=_CONTENTS.fullmatch(first) is not None,
            style=id,
        )


def _by_name(name: str) -> int | None:
    found = _HEADING.fullmatch(name.strip())
    return int(found[1]) - 1 if found else None


def _stated(properties: etree._Element | None) -> Properties:
    outline = number(child_value(properties, "outlineLvl"))
    num_id = child_value(properties, "numPr", "numId")
    return Properties(
        outline=outline if outline is not None and 0 <= outline <= _BODY else None,
        num_id=num_id or None,
        level=number(child_value(properties, "numPr", "ilvl")),
    )
