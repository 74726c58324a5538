"""Text outside articles: numbered paragraphs, headings among them, lists, signatures."""

import re
from dataclasses import dataclass

from indexer.structure import enumeration, marks
from indexer.structure.builder import Builder
from indexer.structure.lines import LONGEST_PARAGRAPH, Line
from indexer.structure.marks import Mark
from kb.documents import PassageKind

_RUN_ON = re.compile(r"(?P<heading>[^。：:；;！!？?\n]{2,30})[。：:](?P<rest>.{20,})", re.DOTALL)
_FINAL = "。；;，,！!：:、"
_LONGEST_HEADING = 40
_LONGEST_SENTENCE = 30
_LONGEST_PLAIN_HEADING = 25
_LONGEST_ITEM = 80
_SHORT_LINE = 40
_JOINED = 400
_LONE_SECTIONS = 3
_CLOSING = re.compile(
    r"本(?:决定|修正案|解释|规定|批复|通知|意见|办法).{0,12}自.{0,30}施行|.{2,30}根据本(?:决定|修正案)作"
)
_DATE = re.compile(
    r"(?:[0-9０-９]{4}|[一二〇○零九八]{1}[0-9〇○零一二三四五六七八九]{3})\s*年\s*"
    r"[0-9０-９一二三四五六七八九十]{1,3}\s*月\s*[0-9０-９一二三四五六七八九十]{1,3}\s*日"
)
_ISSUER = re.compile(
    r"(?:局|院|厅|部|委|会|府|办|处|所|室|站|署|组|队|校|区|科|司|行|团|联|中心|公司|街道|[×xXＸ]+)"
    r"(?:\s*[（(]?(?:盖?章|公章|印)[）)]?)?$"
)


@dataclass(frozen=True, slots=True)
class Style:
    """The writing conventions of a kind of document.

    run_on: a numbered paragraph's first sentence can be its heading. counted: 一是 … 二是 … are
    passages. plain_headings: a short line without number or punctuation is a heading.
    continued: text after a numbered paragraph belongs to it. joined: short lines are merged.
    """

    run_on: bool = False
    counted: bool = False
    plain_headings: bool = False
    continued: bool = False
    joined: bool = False


STATUTE = Style(continued=True)
ANNEX = Style(continued=True, joined=True)
PROSE = Style(run_on=True, counted=True, plain_headings=True, joined=True)


def signature(rows: list[Line]) -> int:
    """The index of the signature at the end: date, and the issuers above it."""
    at = len(rows)
    if not rows or not _DATE.fullmatch(rows[-1].text):
        return at
    at -= 1
    for _ in range(4):
        above = rows[at - 1] if at else None
        if above is None or above.heading or len(above.text) > 30 or above.text[-1] in _FINAL:
            break
        if not _ISSUER.search(above.text) or marks.mark(above.text) or above.text[0] in "第附":
            break
        at -= 1
    return at


def write(
    rows: list[Line], builder: Builder, style: Style, kind: PassageKind = PassageKind.PARAGRAPH
) -> None:
    """Adds the passages and headings of `rows` to `builder`."""
    end = signature(rows)
    _Writer(rows[:end], builder, style, kind).write()
    if end < len(rows):
        builder.close_to(0)
        builder.add("\n".join(row.text for row in rows[end:]))


class _Writer:
    def __init__(self, rows: list[Line], builder: Builder, style: Style, kind: PassageKind) -> None:
        self._rows, self._builder, self._style, self._kind = rows, builder, style, kind
        self._marks = [
            # A row of a table that starts with a number heads nothing.
            None if row.heading or " | " in row.text else marks.mark(row.text)
            for row in rows
        ]
        self._last_of_level = {m.level: at for at, m in enumerate(self._marks) if m}
        self._counted = enumeration.across(rows) if style.counted else {}
        self._lone: dict[int, int] = {}  # level → run-on sections of one paragraph each so far
        self._section = 0  # level of the current run-on section, 0 if none
        self._text: list[str] = []
        self._label = ""
        self._level = 0  # of the buffered numbered paragraph, 0 if unnumbered
        self._short = False  # the buffer is a group of short lines
        self._headed = False  # the buffer's number is already in the path

    def write(self) -> None:
        for at, row in enumerate(self._rows):
            annex = None if row.heading else marks.supplement(row.text)
            chapter = 0 if row.heading else marks.chapter(row.text)
            mark = self._marks[at]
            if row.heading:
                self._open(row.text, marks.heading_level(row.text), row.heading)
            elif annex:
                self._flush()
                self._builder.open_annex(annex[0])
                self._section = 0
                if self._style.continued:
                    self._style = ANNEX
                if annex[1]:
                    self._start(annex[1])
            elif chapter:
                self._open(row.text, chapter)
            elif at in self._counted:
                self._count(at)
            elif mark and mark.rest:
                self._numbered(at, mark)
            else:
                self._unnumbered(at)
        self._flush()

    def _open(self, title: str, level: int = 0, rank: int = 0) -> None:
        self._flush()
        self._section = 0
        self._builder.open(title, level, rank)

    def _start(self, text: str, label: str = "", level: int = 0, short: bool = False) -> None:
        self._flush()
        self._text, self._label, self._level, self._short = [text], label, level, short

    def _flush(self) -> None:
        if not self._text:
            return
        text, label, headed = "\n".join(self._text), self._label, self._headed
        self._text, self._label, self._level = [], "", 0
        self._short = self._headed = False
        counts: tuple[enumeration.Enumeration, ...] = ()
        if self._style.counted and len(text) > enumeration.SHORTEST:
            counts = enumeration.split(text)
        if not counts:
            self._builder.add(text, label, self._kind)
        for count in counts:
            under: tuple[str, ...] = ()
            if len(count.lead) <= _LONGEST_SENTENCE:
                title = count.lead.rstrip(_FINAL)
                title = title if headed else label + title
                under = (title,) if title else ()
            else:
                self._builder.add(count.lead, label, self._kind)
            label = ""
            for name, item in count.items:
                self._builder.add(item, name, self._kind, under)

    def _size(self) -> int:
        return sum(len(part) + 1 for part in self._text)

    def _follower(self, at: int) -> tuple[Line | None, int]:
        """The next line and the level of its mark."""
        if at + 1 >= len(self._rows):
            return None, 0
        mark = self._marks[at + 1]
        return self._rows[at + 1], mark.level if mark else 0

    def _numbered(self, at: int, mark: Mark) -> None:
        text = self._rows[at].text
        heading = self._heads(at, mark)
        if heading:
            self._open(f"{mark.label}{mark.rest.rstrip(_FINAL)}", mark.level)
            return
        if self._belongs(mark, text):
            self._text.append(text)
            return
        short = self._style.joined and mark.level >= marks.ITEM and len(text) <= _SHORT_LINE
        if short and self._joins(text):
            return
        self._flush()
        self._builder.close(mark.level)
        run_on = _RUN_ON.fullmatch(mark.rest) if self._style.run_on else None
        if run_on:
            self._lone[mark.level] = self._lone.get(mark.level, 0) + 1
            self._open(mark.label + run_on["heading"], mark.level)
            self._section = mark.level
            self._start(run_on["rest"].strip(), mark.label, mark.level)
            self._headed = True
        else:
            self._section = 0
            self._start(mark.rest, mark.label, mark.level, short)

    def _heads(self, at: int, mark: Mark) -> bool:
        """Whether the line is a heading: short, and followed by content of its own."""
        following, level = self._follower(at)
        if following is None or following.heading or 0 < level <= mark.level:
            return False
        rest = mark.rest
        if rest[-1] in _FINAL:
            return (
                self._style.run_on
                and len(rest) <= _LONGEST_SENTENCE
                and rest[-1] in "。：:"
                and (level > 0 or len(following.text) > len(rest))
                and not marks.is_list_mark(mark.level)
            )
        if len(rest) > _LONGEST_HEADING or any(c in rest for c in "。；："):
            return False
        if marks.is_list_mark(mark.level) and not level and len(following.text) <= _SHORT_LINE:
            return False
        return not (rest[-1] in "”》" and self._style.continued)

    def _belongs(self, mark: Mark, text: str) -> bool:
        """Whether a numbered line is an item of the buffered paragraph."""
        if not self._text or mark.level < marks.ITEM or mark.level <= self._level:
            return False
        opened = self._text[0][-1] in "：:" or len(self._text) > 1
        if self._style.continued:
            return (opened or self._level > 0) and self._size() < LONGEST_PARAGRAPH
        return opened and len(text) <= _LONGEST_ITEM and self._size() < _JOINED

    def _unnumbered(self, at: int) -> None:
        text = self._rows[at].text
        if self._style.continued and self._text and self._level and not _CLOSING.match(text):
            self._text.append(text)
            return
        if self._style.plain_headings and self._is_plain_heading(at):
            self._open(text)
            return
        self._leave_section(at)
        short = self._style.joined and len(text) <= _SHORT_LINE
        if not (short and self._joins(text)):
            self._start(text, short=short)

    def _joins(self, text: str) -> bool:
        """Adds a short line to the buffered group of short lines, if there is one."""
        if not self._short or self._size() + len(text) > _JOINED:
            return False
        self._text[0] = self._label + self._text[0]
        self._label, self._level = "", 0
        self._text.append(text)
        return True

    def _is_plain_heading(self, at: int) -> bool:
        text = self._rows[at].text
        following, level = self._follower(at)
        if following is None or following.heading or len(text) > _LONGEST_PLAIN_HEADING:
            return False
        if len(text) < 2 or any(c in text for c in _FINAL + "|") or _DATE.match(text):
            return False
        if not any("\u4e00" <= c <= "\u9fff" for c in text):
            return False
        return level > 0 or len(following.text) > max(_SHORT_LINE, 2 * len(text))

    def _leave_section(self, at: int) -> None:
        """Ends a run-on section before a paragraph that doesn't belong to it.

        If every earlier section was one paragraph and no further one follows, the paragraph after the
        last refers to the whole again.
        """
        level = self._section
        if not level:
            return
        last = self._last_of_level.get(level, 0) < at
        if last and self._lone.get(level, 0) > _LONE_SECTIONS:
            self._flush()
            self._builder.close(level)
        self._lone[level] = 0
        self._section = 0

    def _count(self, at: int) -> None:
        item = self._counted[at]
        text = self._rows[at].text
        if item.count == 1:
            self._leave_section(at)
        self._start(
            text[item.end :].strip() or text, item.label if text[item.end :].strip() else ""
        )
