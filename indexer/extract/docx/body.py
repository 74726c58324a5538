"""The stories of a document (body, notes, text boxes) as blocks in reading order."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from indexer.extract.docx.fields import Fields
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
from indexer.extract.docx.numbering import Numbering, joined
from indexer.extract.docx.styles import Properties, Styles
from indexer.extract.docx.text_runs import Content, Runs, balanced
from indexer.extract.rows import CELL, REPEATED
from indexer.extract.tidy import PAGE_BREAKS, tidy

_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LONGEST_HEADING: Final = 80
_BODY_LEVEL: Final = 9
_SPACE = re.compile(r"[ \t\r\xa0\u2002-\u200a]+")
_WRAPPERS: Final = frozenset(map(w, (
    "sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "body", "footnote", "endnote",
)))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or a table row. level: 0-8 if it is a heading, else -1; title: by its style."""

    text: str
    level: int = -1
    title: bool = False
    nested: bool = False


@dataclass(slots=True)
class _Carried:
    """Content before a deleted paragraph mark: it belongs to the next paragraph."""

    content: Content | None = None


@dataclass(slots=True)
class Reader:
    """Reads the stories of one document with shared styles, numbering and order of notes."""

    styles: Styles
    numbering: Numbering
    notes: list[tuple[str, str]] = field(default_factory=list)
    inserted: Callable[[str], list[str]] = lambda relation: []
    """The lines of a file inserted as a whole (altChunk), by the id of its relationship."""

    def story(self, root: etree._Element) -> list[Paragraph]:
        """The paragraphs below `root`; ids of the notes they refer to are added to `notes`."""
        return list(self._whole(root, Runs(self.styles, Fields() if balanced(root) else None)))

    def _whole(self, root: etree._Element, runs: Runs) -> Iterator[Paragraph]:
        carried = _Carried()
        yield from self._blocks(root, runs, carried)
        if carried.content is not None:
            yield from self._written(carried.content, "", Properties())

    def _blocks(self, parent: etree._Element, runs: Runs, carried: _Carried) -> Iterator[Paragraph]:
        for element in parent:
            tag = element.tag
            if tag == w("p"):
                yield from self._paragraph(element, runs, carried)
            elif tag == w("tbl"):
                yield from self._table(element, runs)
            elif tag == w("altChunk"):
                yield from map(Paragraph, self.inserted(element.get(_RELATION, "")))
            elif tag == w("sdt") and _is_contents(element):
                continue
            elif tag == ALTERNATIVES:
                for branch in chosen(element):
                    if branch.tag == w("p"):
                        yield from self._paragraph(branch, runs, carried)
                    else:
                        yield from self._blocks(branch, runs, carried)
            elif tag in _WRAPPERS:
                yield from self._blocks(element, runs, carried)

    def _paragraph(
        self, element: etree._Element, runs: Runs, carried: _Carried
    ) -> Iterator[Paragraph]:
        own = element.find(w("pPr"))
        properties = self.styles.paragraph(own)
        content = carried.content or Content()
        carried.content = None
        runs.read(element, properties, content)
        mark = child(own, "rPr")
        if child(mark, "del") is not None or child(mark, "moveFrom") is not None:
            carried.content = content
            return
        if properties.contents:
            return
        hidden = bool(switched(mark, "vanish")) and not content.text.strip()
        label = "" if hidden else self.numbering.label(properties)
        yield from self._written(content, label, properties)

    def _written(self, content: Content, label: str, properties: Properties) -> Iterator[Paragraph]:
        self.notes.extend(content.notes)
        lines = _lines(content.text)
        if lines:
            lines[0] = joined(label, lines[0])
            level = properties.outline if properties.outline is not None else _BODY_LEVEL
            heading = "".join(_glued(lines))
            is_heading = len(heading) <= _LONGEST_HEADING and heading[-1] not in "。；;，,、"
            if is_heading and (level < _BODY_LEVEL or properties.title):
                level = level if level < _BODY_LEVEL else -1
                yield Paragraph(heading, level, properties.title)
            else:
                yield Paragraph("\n".join(lines))
        for box in content.boxes:
            yield from self.story(box)

    def _table(self, table: etree._Element, runs: Runs) -> Iterator[Paragraph]:
        """Rows as one block each, cells separated by " | "; a layout row as its blocks.

        A cell merged downwards stands in each of its rows, so that a row alone says what it is about.
        """
        merged: dict[int, str] = {}
        for row in _inside(table, w("tr")):
            if child(row, "trPr", "del") is not None:
                continue
            cells: list[list[Paragraph]] = []
            column = 0
            texts: list[str] = []
            for cell in _inside(row, w("tc")):
                merge = child(cell, "tcPr", "vMerge")
                continued = merge is not None and value(merge) in {"", "continue"}
                deleted = child(cell, "tcPr", "cellDel") is not None
                blocks = list(self._whole(cell, runs))
                text = " ".join(b.text.replace("\n", " ") for b in blocks)
                if merge is None or not continued:
                    merged[column] = text if merge is not None and len(text) <= REPEATED else ""
                if not deleted and (not continued or merged.get(column)):
                    cells.append([] if continued else blocks)
                    texts.append(merged.get(column, "") if continued else text)
                column += max(1, number(child_value(cell, "tcPr", "gridSpan")) or 1)
            layout = (
                len(cells) < 2
                or max(map(len, texts)) > CELL
                or any(b.level >= 0 or b.nested for cell in cells for b in cell)
            )
            if layout:
                for block in (b for cell in cells for b in cell):
                    yield Paragraph(block.text, block.level, block.title, nested=True)
            elif any(texts):
                yield Paragraph(" | ".join(texts).strip(" |"), nested=True)


def _inside(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The rows of a table as lists of cells, including those inside content controls and insertions."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag == ALTERNATIVES:
            for branch in chosen(element):
                if branch.tag == tag:
                    yield branch
        elif element.tag in _WRAPPERS:
            yield from _inside(element, tag)


def _lines(text: str) -> list[str]:
    text = _SPACE.sub(" ", text)
    parts = (tidy(part) for line in text.split("\n") for part in PAGE_BREAKS.split(line))
    return [part for part in parts if part]


def _glued(lines: list[str]) -> Iterator[str]:
    """The lines of a manually broken heading, joined: a space only between Latin letters."""
    for at, line in enumerate(lines):
        if at and line[0].isascii() and lines[at - 1][-1].isascii():
            yield " "
        yield line


def _is_contents(control: etree._Element) -> bool:
    """Whether a content control holds the document's table of contents."""
    gallery = child_value(control, "sdtPr", "docPartObj", "docPartGallery")
    return gallery in {"Table of Contents", "目录"}
