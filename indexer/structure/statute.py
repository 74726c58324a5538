"""Statutes: 编 分编 章 节 as headings, 条 as passages, 款 项 目 as lines of their article."""

from collections.abc import Iterable

from indexer.structure import articles, marks, paragraphs
from indexer.structure.builder import Builder
from indexer.structure.lines import Line, lines, without_title
from indexer.structure.paragraphs import Style
from indexer.structure.toc import without_contents
from kb.documents import Block, Passage, PassageKind

_BARE_CHAPTER = 6  # characters of 第二十一章 and white space: no title on the same line
_LONGEST_HALF = 20


def statute(
    blocks: Iterable[Block], title: str = "", prefix: tuple[str, ...] = ()
) -> tuple[Passage, ...]:
    """The passages of a statute, a decision without articles or an interpretation.

    `prefix` precedes every path: the 编 that a file of the 民法典 contains. `title` is left out if
    the text starts with it. Accepts any text and loses nothing but printed tables of contents,
    empty chapters and the title.
    """
    return divide(blocks, title, prefix, paragraphs.STATUTE, PassageKind.PREAMBLE)


def divide(
    blocks: Iterable[Block],
    title: str,
    prefix: tuple[str, ...],
    style: Style,
    before_articles: PassageKind,
) -> tuple[Passage, ...]:
    """Articles if there are some; the text outside them in `style`."""
    rows = without_title(lines(blocks), title)
    rows = without_contents(rows, articles.labels(rows))
    rows = _with_whole_headings(rows)
    found = articles.labels(rows)
    builder = Builder(prefix, keep_chapters=style.run_on)
    if not found:
        paragraphs.write(rows, builder, style)
        return builder.finish()
    end = _signature(rows, found)
    first = min(found)
    outside: list[Line] = []
    at = 0
    while at < end:
        label = found.get(at)
        if label:
            _write_outside(outside, builder, style, before_articles if at == first else None)
            outside = []
            texts = [label.rest] if label.rest else []
            at += 1
            while at < end and at not in found and not _ends_article(rows, at, found):
                texts.append(rows[at].text)
                at += 1
            builder.add_article(label.number, label.label, "\n".join(texts))
            continue
        row = rows[at]
        level = marks.heading_level(row.text) if row.heading else _plain_level(rows, at, found)
        if row.heading or level:
            kind = before_articles if at < first else None
            _write_outside(outside, builder, style, kind)
            outside = []
            builder.open(row.text, level, row.heading)
        elif at > first and (annex := marks.supplement(row.text)):
            _write_outside(outside, builder, style, None)
            outside = [Line(annex[1])] if annex[1] else []
            builder.open_annex(annex[0])
        else:
            outside.append(row)
        at += 1
    _write_outside(outside, builder, style, None)
    if end < len(rows):
        builder.close_to(0)
        builder.add("\n".join(row.text for row in rows[end:]))
    return builder.finish()


def _with_whole_headings(rows: list[Line]) -> list[Line]:
    """The lines, with chapter headings rejoined that a source breaks over two lines.

    第一章 alone, or a first half, with one short line between it and the first article below.
    """
    found = articles.labels(rows)
    out: list[Line] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        level = marks.chapter(row.text)
        if level and at + 2 < len(rows) and _is_half_heading(rows[at + 1]):
            after = at + 2
            while after < len(rows) and marks.chapter(rows[after].text) > level:
                after += 1
            if after in found:
                separator = "" if len(row.text) > _BARE_CHAPTER else " "
                row = Line(f"{row.text}{separator}{rows[at + 1].text}", row.heading)
                at += 1
        out.append(row)
        at += 1
    return out


def _is_half_heading(row: Line) -> bool:
    text = row.text
    return (
        not row.heading
        and len(text) <= _LONGEST_HALF
        and not any(c in text for c in "。；：，;:,（）()")
        and marks.mark(text) is None
        and marks.chapter(text) == 0
        and marks.supplement(text) is None
        and not text.startswith("第")
    )


def _write_outside(
    rows: list[Line], builder: Builder, style: Style, kind: PassageKind | None
) -> None:
    """Adds the text outside articles; headings it opens do not extend to the next article."""
    if not rows:
        return
    annex = builder.kind_here() is PassageKind.SCHEDULE
    depth = builder.depth
    paragraphs.write(
        rows, builder, paragraphs.ANNEX if annex else style, kind or PassageKind.PARAGRAPH
    )
    builder.close_to(depth)


def _signature(rows: list[Line], found: dict[int, articles.Label]) -> int:
    """Start of the signature after the last article, or the end."""
    last = max(found)
    return max(paragraphs.signature(rows), last + 1)


def _ends_article(rows: list[Line], at: int, found: dict[int, articles.Label]) -> bool:
    row = rows[at]
    if row.heading or marks.supplement(row.text):
        return True
    return _plain_level(rows, at, found) > 0


def _plain_level(rows: list[Line], at: int, found: dict[int, articles.Label]) -> int:
    """The level of an unmarked heading line among articles, else 0."""
    text = rows[at].text
    # 增加一节，作为第七节：text after a colon is quoted.
    if at and rows[at - 1].text[-1] in "：:" and not rows[at - 1].heading:
        return 0
    level = marks.chapter(text)
    if level:
        return level
    # 一、管辖 directly above an article divides like a chapter.
    if at + 1 in found and text[-1] not in "。；;：:，,！!":
        mark = marks.mark(text)
        if mark and mark.level < marks.ITEM and mark.rest and len(text) <= 30:
            return mark.level
    return 0
