"""The title of a document: stated, found in its first lines or its file name, or inferred."""

import re
from collections.abc import Sequence

from indexer.metadata import kinds
from indexer.metadata.filename import Named
from indexer.metadata.front import JUNK, LONGEST, Front, is_bodies, is_row, is_whole, tidy
from indexer.metadata.text import Lines, clean
from kb.documents import Block, Extracted

INFERRED = "（题名系推定）"
_LINES = 20
_FEWEST = 6
_PAGES = frozenset({"html", "htm", "mhtml"})
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ADDED = re.compile(r"[(（][^()（）]{1,40}[)）]")
_FORMS = str.maketrans("〈〉()＜＞<>", "《》（）《》《》")


def find(
    extracted: Extracted, blocks: Sequence[Block], lines: Lines, front: Front, named: Named
) -> tuple[str, str]:
    """The title and its source; ("", "") if neither text nor file name has one."""
    heading = _heading(blocks)
    stated = clean(extracted.title)[:LONGEST]
    if stated and not JUNK.fullmatch(stated):
        # A page's title is often that of its column; its only heading is its own.
        if extracted.format in _PAGES and heading and is_whole(heading) and stated != heading:
            return heading, "一级标题"
        return stated, "文件所载题名"
    if heading:
        return heading, "一级标题"
    title, where = front.title[:LONGEST], "首行"
    if named.title and (not title or not front.complete) and _is_title(named, lines):
        return named.title[:LONGEST], "文件名"
    if title and named.title:
        return _weighed(title, front, named)
    return (title, where) if title else ("", "")


def _heading(blocks: Sequence[Block]) -> str:
    for block in blocks[:_LINES]:
        heading = clean(block.text)
        if block.heading == 1 and heading and not JUNK.fullmatch(heading):
            return tidy(heading)[:LONGEST]
    return ""


def _is_title(named: Named, lines: Lines) -> bool:
    """Whether a file name can serve as the title of a text without one."""
    count = len(_CHINESE.findall(named.title))
    if JUNK.fullmatch(named.title):
        return False
    if lines.head and is_row(lines.head[0]):
        return count >= 4  # a table has no title of its own
    return count >= 6 and (named.catalogued or kinds.is_title_like(named.title))


def _weighed(title: str, front: Front, named: Named) -> tuple[str, str]:
    """The title of the text, completed from the file name: 《…修正案》 is named …修正案（1988年）."""
    one, other = _key(title), _key(named.title)
    if other.startswith(one) and _ADDED.fullmatch(other[len(one) :]):
        return named.title[:LONGEST], "首行，文件名补全"
    if not named.catalogued or len(_CHINESE.findall(other)) < _FEWEST:
        return title, "首行"
    if not front.complete and one in other:
        return named.title[:LONGEST], "文件名"
    # An amending decision or a transmitting notice is followed by the text itself: the file name
    # shows which of the two is meant.
    inside = re.search(r"(?:修改|修订|印发|发布)《(.+)》的(?:决定|通知)$", one)
    if inside and (inside[1] == other or other.endswith(inside[1])):
        return named.title[:LONGEST], "文件名（文中另有修改、印发它的文件）"
    if other.endswith(one) and is_bodies(other[: -len(one)]):
        return named.title[:LONGEST], "首行，文件名补全制定机关"
    return title, "首行"


def _key(title: str) -> str:
    return "".join(title.split()).translate(_FORMS)


def infer(lines: Lines, issuer: str, year: int) -> str:
    """A title for an untitled text, marked as inferred. Never empty."""
    done, planned = kinds.summary_heading((*lines.head, *lines.foot))
    if done or planned:
        when = f"{year}年" if year else ""
        title = f"{issuer}{when}工作总结" if done else f"{issuer}{when}工作计划"
        if done and planned:
            next_when = f"{year + 1}年" if year else ""
            words = next(
                (w for w in ("思路", "计划", "打算", "安排", "要点") if w in planned), "思路"
            )
            title += f"和{next_when}工作{words}"
        return title + INFERRED
    first = next((line for line in lines.head if _CHINESE.search(line)), "")
    sentence = re.split(r"[。；，：！？,;:!?]", first)[0][:30]
    return (sentence or (lines.head[0][:30] if lines.head else "无题名")) + INFERRED
