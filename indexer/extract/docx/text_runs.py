"""The content of one paragraph: its text as Word shows it, its text boxes and its notes."""

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from indexer.extract.docx.fields import Fields, equation, left_out
from indexer.extract.docx.names import ALTERNATIVES, chosen, value, w
from indexer.extract.docx.styles import Properties, Styles

_MATH: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_GONE: Final = frozenset(map(w, (
    "del", "moveFrom", "delText", "delInstrText", "pPr", "rPr", "rt", "sdtPr", "sdtEndPr", "tblPr",
    "annotationRef", "footnoteRef", "endnoteRef", "pgNum",
)))  # fmt: skip
_BOX: Final = w("txbxContent")
_TEXT: Final = frozenset({w("t"), f"{_MATH}t"})
_BREAKS: Final = {w("br"): "\n", w("cr"): "\n", w("tab"): "\t", w("ptab"): "\t",
                  w("noBreakHyphen"): "-"}  # fmt: skip
_PRESERVE: Final = "{http://www.w3.org/XML/1998/namespace}space"
# Boxes and ticks of the symbol fonts, as used in forms; other symbols are ornaments.
_SYMBOLS: Final = {
    ("wingdings", 0x6F): "□", ("wingdings", 0xA8): "□", ("wingdings", 0xFE): "☑",
    ("wingdings", 0xFC): "✓", ("wingdings", 0xFD): "☒", ("wingdings 2", 0x52): "☑",
    ("wingdings 2", 0x50): "✓", ("wingdings 2", 0xA3): "□", ("wingdings", 0xFB): "✗",
    ("wingdings 2", 0x2A): "□", ("wingdings 2", 0x51): "☒",
}  # fmt: skip
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")


@dataclass(slots=True)
class Content:
    """The text of a paragraph, white space and breaks unchanged; boxes and note ids in order."""

    parts: list[str] = field(default_factory=list)
    boxes: list[etree._Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)


class Runs:
    """Reads the paragraphs of a story in order: fields may span several of them."""

    def __init__(self, styles: Styles, fields: Fields | None) -> None:
        self._styles = styles
        self._fields = fields

    def read(self, paragraph: etree._Element, properties: Properties, into: Content) -> None:
        """Adds the content of the paragraph to `into`."""
        self._walk(paragraph, properties, into)

    def _walk(self, parent: etree._Element, properties: Properties, into: Content) -> None:
        for element in parent:
            tag = element.tag
            if tag == w("r"):
                self._run(element, properties, into)
            elif tag == ALTERNATIVES:
                for branch in chosen(element):
                    self._one(branch, properties, into)
            elif tag == w("fldSimple"):
                if not left_out(value(element, "instr")):
                    into.parts.append(equation(value(element, "instr")))
                    self._walk(element, properties, into)
            elif tag not in _GONE:
                self._one(element, properties, into)

    def _run(self, run: etree._Element, properties: Properties, into: Content) -> None:
        hidden = self._styles.hidden(run.find(w("rPr")), properties)
        for element in run:
            tag = element.tag
            if tag == w("fldChar"):
                if self._fields is not None:
                    text = self._fields.mark(value(element, "fldCharType"))
                    if not hidden and self._fields.shown:
                        into.parts.append(text)
            elif tag == w("instrText"):
                if self._fields is not None:
                    self._fields.instruct(element.text or "")
            elif hidden or tag in _GONE or not self._shown:
                continue
            elif tag == ALTERNATIVES:
                for branch in chosen(element):
                    self._one(branch, properties, into)
            else:
                self._one(element, properties, into)

    @property
    def _shown(self) -> bool:
        return self._fields is None or self._fields.shown

    def _one(self, element: etree._Element, properties: Properties, into: Content) -> None:
        """An element inside a run, or one that wraps runs (links, insertions, controls, drawings)."""
        tag = element.tag
        if tag in _TEXT:
            text = element.text or ""
            kept = element.get(_PRESERVE) == "preserve" or tag != w("t")
            into.parts.append(_PRIVATE.sub("", text if kept else text.strip(" \t\r\n")))
        elif tag in _BREAKS:
            into.parts.append(_BREAKS[tag])
        elif tag == w("sym"):
            code = int(value(element, "char") or "0", 16) if _is_hex(element) else 0
            font = value(element, "font").lower()
            into.parts.append(_SYMBOLS.get((font, code & 0xFF), ""))
        elif tag == _BOX:
            into.boxes.append(element)
        elif tag in {w("footnoteReference"), w("endnoteReference")}:
            kind = "footnotes" if tag == w("footnoteReference") else "endnotes"
            into.notes.append((kind, value(element, "id")))
        elif tag == w("r"):
            self._run(element, properties, into)
        elif tag not in _GONE:
            self._walk(element, properties, into)


def _is_hex(symbol: etree._Element) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{1,4}", value(symbol, "char")) is not None


def balanced(story: etree._Element) -> bool:
    """Whether every complex field of a story is closed; otherwise all its text might look like a field."""
    depth = 0
    for mark in story.iter(w("fldChar")):
        kind = value(mark, "fldCharType")
        depth += {"begin": 1, "end": -1}.get(kind, 0)
        if depth < 0:
            return False
    return depth == 0
