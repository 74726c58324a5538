"""Markdown to blocks: the CommonMark that Chinese documents use, tolerant of their deviations.

Differences from CommonMark, all to preserve the structure of legal texts: a line that opens an item
(第三条, （一）, 1.) is a block of its own even without a blank line before it, and so is every line
of a paragraph whose lines are too long to have been wrapped. Indented code is text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from indexer.extract import frontmatter, inline
from indexer.extract.tidy import BREAKS, END_MARKS, join, starts_item, tidy, without_bullet
from kb.documents import Block, Extracted

_WRAPPED: Final = 60  # characters: lines of hand-wrapped Chinese are shorter
_MAX_JOINED: Final = 20_000  # characters of one joined paragraph
_QUOTES: Final = 20  # levels of block quotes removed

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t\u3000]+(.*))?$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]{0,3}){3,80}|(?:-[ \t]{0,3}){3,80}|(?:_[ \t]{0,3}){3,80})$")
_SETEXT = re.compile(r" {0,3}(=+|-{3,})[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)$")
_BULLET = re.compile(r"[ \t]*[-*+][ \t]+\S")
_QUOTE = re.compile(r" {0,3}> ?")
_CELLS = re.compile(r"(?<!\\)\|")
_INFO_END = re.compile(r"\s*INFO END\s*")

_SIGNS = re.compile(
    r"^(?:#{1,6} \S|```|> \S|\|.*\|[ \t]*$|[-*+] \S)|\]\(https?://|\*\*\S", re.MULTILINE
)
_FIRST_HEADING = re.compile(r"\s*#{1,6} \S")


def sniff(name: str, text: str) -> bool:
    """Whether `text` is Markdown: by its name, an initial heading or many other signs."""
    if name.lower().endswith((".md", ".markdown", ".mkd")):
        return True
    head = text[:20_000]
    if _FIRST_HEADING.match(head) or "<!-- INFO END -->" in head:
        return True
    if head.startswith(("+++\n", "+++\r\n", "---\n", "---\r\n")) and frontmatter.split(head)[0]:
        return True
    kinds = {m[0].strip()[:1] for m in _SIGNS.finditer(head)}
    return "#" in kinds and len(kinds) > 2


def extract(text: str, encoding: str) -> Extracted:
    """Blocks with their 1-based lines; `meta` is the front matter, with the first # as fallback title.

    meta["info-end"] is the line of an <!-- INFO END --> comment (the head of LawRefBook files ends
    there). Raises UnreadableError, reason "malformed", for front matter that isn't TOML.
    """
    text = text.removeprefix("\ufeff")
    meta, start = frontmatter.split(text)
    lines = [""] * len(BREAKS.findall(text, 0, start)) + BREAKS.split(text[start:])
    info_end = _drop_comments(lines)
    if info_end:
        meta.setdefault("info-end", str(info_end))
    parser = _Parser(lines)
    parser.run()
    blocks = tuple(parser.blocks)
    title = meta.get("title", "")
    if not isinstance(title, str) or not title:
        title = next((b.text for b in blocks[:3] if b.heading == 1), "")
    return Extracted(blocks=blocks, format="md", encoding=encoding, title=title, meta=meta)


def _drop_comments(lines: list[str]) -> int:
    """Blanks out <!-- … --> in place; an unclosed comment is text. Line of INFO END or 0."""
    info_end = 0
    last_close = next((i for i in range(len(lines) - 1, -1, -1) if "-->" in lines[i]), -1)
    opened, at = -1, 0
    for number, line in enumerate(lines):
        if number > last_close:
            break
        if opened < 0 and "<!--" not in line:
            continue
        kept, position = "", 0
        while True:
            if opened < 0:
                begin = line.find("<!--", position)
                if begin < 0 or (number == last_close and line.find("-->", begin + 4) < 0):
                    kept += line[position:]
                    break
                kept += line[position:begin]
                opened, at, position = number, begin + 4, begin + 4
            end = line.find("-->", position)
            if end < 0:
                break
            if opened == number and _INFO_END.fullmatch(line[at:end]):
                info_end = info_end or number + 1
            opened, position = -1, end + 3
        lines[number] = kept
    return info_end


@dataclass(slots=True)
class _Parser:
    lines: list[str]
    blocks: list[Block] = field(default_factory=list)
    buffer: list[str] = field(default_factory=list)
    start: int = 0
    size: int = 0
    quoted: bool = False

    def run(self) -> None:
        fences = _fences(self.lines)
        skip_to = 0
        for number, line in enumerate(self.lines, 1):
            if number <= skip_to:
                continue
            if not line or line.isspace():
                self.flush()
            elif number in fences:
                self.flush()
                skip_to = fences[number]
                self.code(number, skip_to)
            else:
                self.line(number, line)
        self.flush()

    def line(self, number: int, line: str) -> None:
        quotes = 0
        if line[0] in " >":
            while quotes < _QUOTES and (quote := _QUOTE.match(line)):
                line, quotes = line[quote.end() :], quotes + 1
        if quotes and not line.strip():
            self.flush()
            return
        if quotes and not self.quoted:
            self.flush()
        self.quoted = quotes > 0
        first = line.lstrip(" \t")[:1]
        if first == "#" and (heading := _HEADING.match(line)):
            self.flush()
            text = (heading[2] or "").rstrip()
            bare = text.rstrip("#")  # a closing run of # is not part of the heading, C# is
            self.add(bare if bare[-1:] in {"", " ", "\t"} else text, number, len(heading[1]))
            return
        if first in {"=", "-"} and (mark := _SETEXT.match(line)) and self.is_title():
            text, start = self.buffer[0], self.start
            self.buffer = []
            self.add(text, start, 1 if mark[1][0] == "=" else 2)
            return
        if first in {"*", "-", "_"} and _RULE.match(line):
            self.flush()
            return
        if first == "|" or (first in {"-", ":"} and _is_delimiter(line)):
            self.flush()
            if not _is_delimiter(line):
                self.row(number, line)
            return
        opens = starts_item(line.lstrip(" \t")) or line[0] == "\u3000" or _BULLET.match(line)
        if opens or self.size > _MAX_JOINED:
            self.flush()
        if not self.buffer:
            self.start = number
        self.buffer.append(line)
        self.size += len(line)

    def is_title(self) -> bool:
        """Whether the buffered line above === or --- can be a heading."""
        if len(self.buffer) != 1:
            return False
        text = self.buffer[0].strip()
        return len(text) <= 40 and text[-1] not in END_MARKS

    def add(self, text: str, line: int, heading: int = 0) -> None:
        text = without_bullet(inline.to_text(tidy(text)))
        if not heading and "\n" in text:
            text = "\n".join(filter(None, (tidy(part) for part in text.split("\n"))))
        else:
            text = tidy(text.replace("\n", " ")) if heading else tidy(text)
        if text:
            self.blocks.append(Block(text, line, heading))

    def flush(self) -> None:
        buffer, self.buffer, self.size = self.buffer, [], 0
        if len(buffer) == 1:
            self.add(buffer[0].rstrip("\\") if buffer[0].endswith("\\") else buffer[0], self.start)
        elif buffer and max(map(len, buffer)) > _WRAPPED:
            for number, line in enumerate(buffer, self.start):
                self.add(line, number)
        elif buffer:
            self.add("".join(_joined(buffer)), self.start)

    def row(self, number: int, line: str) -> None:
        """A table row as one block, cells separated by " | "."""
        cells = [
            cell.strip() for cell in _CELLS.split(line.strip().removeprefix("|").removesuffix("|"))
        ]
        if any(cells):
            self.add(" | ".join(cells), number)

    def code(self, first: int, last: int) -> None:
        """The lines between two fences, unchanged."""
        text = "\n".join(map(tidy, self.lines[first : last - 1])).strip("\n")
        if text:
            self.blocks.append(Block(text, first + 1))


def _joined(buffer: list[str]) -> Iterator[str]:
    """The pieces of one paragraph; two blanks or a backslash at the end of a line split it."""
    before = ""
    for raw in buffer:
        hard = raw.endswith(("  ", "\\"))
        piece = tidy(raw[:-1] if raw.endswith("\\") else raw)
        glue = join(before, piece)[len(before) : -len(piece) or None] if before and piece else ""
        yield glue + piece + ("\n" if hard else "")
        before = "" if hard else piece


def _is_delimiter(line: str) -> bool:
    """Whether a line is the rule below a table's header: |---|:-:|"""
    return "|" in line and "-" in line and not line.strip("|-: \t")


def _fences(lines: list[str]) -> dict[int, int]:
    """1-based opening line → closing line of fenced code. A fence never closed is text."""
    found: dict[int, int] = {}
    opened, mark = 0, ""
    for number, line in enumerate(lines, 1):
        if "```" not in line and "~~~" not in line:
            continue
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if not opened:
            opened, mark = number, fence[1]
        elif fence[1].startswith(mark) and not fence[2].strip():
            found[opened], opened = number, 0
    return found
