"""Collects passages and tracks the open headings above them."""

import re
from dataclasses import dataclass

from indexer.structure.lines import pieces
from indexer.structure.marks import heading_text
from kb.documents import ArticleNumber, Passage, PassageKind

_ANNEX = re.compile(r"附(?:件|表|录|图|注)?(?:[0-9０-９一二三四五六七八九十]|[:：\s]|$)")
_PREAMBLE = re.compile(r"(?:序言|序|前言|题注)$")
_LAST_CHAPTER_LEVEL = 4


@dataclass(slots=True)
class _Open:
    """An open heading. level: from its own words or number, rank: from the format; 0 if none.

    used: something follows below it.
    """

    title: str
    level: int
    rank: int
    used: bool = False


class Builder:
    """Passages so far and the headings currently open.

    `prefix` is above them all. A heading with nothing below it is text in its own right
    (附件：印章式样（略）); only empty chapters say nothing, and are dropped unless `keep_chapters`.
    """

    def __init__(self, prefix: tuple[str, ...] = (), keep_chapters: bool = True) -> None:
        self._prefix = prefix
        self._keep_chapters = keep_chapters
        self._open: list[_Open] = []
        self._passages: list[Passage] = []
        self._articles: dict[str, int] = {}
        self._others = 0

    @property
    def path(self) -> tuple[str, ...]:
        return (*self._prefix, *(heading.title for heading in self._open))

    def open(self, title: str, level: int = 0, rank: int = 0) -> None:
        """Opens a heading and closes those it ends.

        A level (编 章 节 一、（一）) ends its own and deeper levels however the format ranks them;
        without one the format's rank decides; without both, it ends the last such heading.
        """
        cut = len(self._open)
        for at, other in enumerate(self._open):
            if level and other.level:
                ends = other.level >= level
            elif level:
                plain = other.rank == 0 and level <= _LAST_CHAPTER_LEVEL
                ends = plain or 0 < rank <= other.rank
            elif rank:
                ends = other.rank == 0 or other.rank >= rank
            else:
                ends = other.level == 0 and other.rank == 0
            if ends:
                cut = at
                break
        self._close_to(cut)
        self._open.append(_Open(heading_text(title), level, rank))

    def open_annex(self, title: str) -> None:
        """Opens the heading of an annex, which ends all others."""
        self._close_to(0)
        self._open.append(_Open(heading_text(title), 0, 1))

    def close(self, level: int) -> None:
        """Closes the headings of this level and deeper ones."""
        for at, other in enumerate(self._open):
            if other.level >= level:
                self._close_to(at)
                return

    @property
    def depth(self) -> int:
        return len(self._open)

    def close_to(self, depth: int) -> None:
        """Closes the headings opened since `depth` was the number of open ones."""
        self._close_to(min(depth, len(self._open)))

    def add(
        self,
        text: str,
        label: str = "",
        kind: PassageKind = PassageKind.PARAGRAPH,
        under: tuple[str, ...] = (),
    ) -> None:
        """Adds text outside articles, split into several passages if long. `under`: more path."""
        path = (*self.path, *under)
        if kind is PassageKind.PARAGRAPH:
            kind = self.kind_here()
        for piece in pieces(text):
            self._append(label, path, piece, kind)
            label = ""

    def add_question(self, question: str, path: tuple[str, ...], answer: str) -> None:
        """Adds a question with its whole answer."""
        self._append(question, path, answer, PassageKind.QUESTION)

    def add_article(self, number: ArticleNumber, label: str, text: str) -> None:
        """Adds an article; a repeated number gets its own anchor, a5.2."""
        count = self._articles[number.key] = self._articles.get(number.key, 0) + 1
        anchor = f"a{number.key}" if count == 1 else f"a{number.key}.{count}"
        article = Passage(anchor, label, self.path, text, PassageKind.ARTICLE, number.key)
        self._keep(article)

    def finish(self) -> tuple[Passage, ...]:
        self._close_to(0)
        return tuple(self._passages)

    def _append(self, label: str, path: tuple[str, ...], text: str, kind: PassageKind) -> None:
        self._others += 1
        self._keep(Passage(f"p{self._others}", label, path, text, kind))

    def _keep(self, passage: Passage) -> None:
        self._passages.append(passage)
        for heading in self._open:
            heading.used = True

    def kind_here(self) -> PassageKind:
        if any(_ANNEX.match(heading.title) for heading in self._open):
            return PassageKind.SCHEDULE
        if self._open and _PREAMBLE.match(self._open[-1].title):
            return PassageKind.PREAMBLE
        return PassageKind.PARAGRAPH

    def _close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            kind = self.kind_here()
            last = self._open.pop()
            empty_chapter = 0 < last.level <= _LAST_CHAPTER_LEVEL and not self._keep_chapters
            if not last.used and not empty_chapter:
                self._append("", self.path, last.title, kind)
