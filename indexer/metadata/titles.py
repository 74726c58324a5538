"""The title of a document: stated, found in its first lines, or put together from its text."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from indexer.metadata import dates, issuers, kinds, marks, numbers
from indexer.metadata.text import Lines, clean
from kb.documents import Block, Extracted

INFERRED = "（题名系推定）"
LONGEST = 200
_LONGEST_LINE = 80
_LINES = 20

_JUNK = re.compile(
    r"(?i)untitled.*|无标题.*|未命名.*|新建.{0,20}|文档\s?\d*|document\s?\d*|microsoft word.*|powerpoint.*|"
    r"首页|附件\s?\d*|正文|目录|[\W\d_]*|[0-9a-f-]{16,}|.*\.(?:docx?|wps|pdf|txt|html?|ofd|rtf)"
)
_NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.、．]|第[一二三四五六七八九十百\d]{1,5}[编章节条]|[-—•●■◆]"
)
_LETTER = re.compile(
    r"(?:尊敬的|各位|各市|各区|各县|各省|同志们|有关|附件|抄送|主送|目 ?录|"
    r"来源|作者|发布|时间|日期|浏览|字号|阅读|编者按)"
)
_MASTHEAD = re.compile(
    r".{2,40}(?:文件|公报)|签发人.*|(?:特急|加急|平急)|\d{6}|.{0,20}(?:普通商密|公开发布)"
)
_SENTENCE_END = ("。", "；", ";", "，", ",", "：", ":", "、", "！", "!")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_FILE_MARKS = re.compile(r"[(（]\d{4}-\d{2}-\d{2}[)）]|^\d+[._\-、 ]+|[_ ]+")


def find(
    extracted: Extracted, blocks: Sequence[Block], lines: Lines, relpath: str
) -> tuple[str, str]:
    """The title and where it stands; ("", "") where the text states none."""
    stated = clean(extracted.title)[:LONGEST]
    if stated and not _JUNK.fullmatch(stated):
        return stated, "文件所载题名"
    for block in blocks[:_LINES]:
        heading = clean(block.text)
        if block.heading == 1 and heading and not _JUNK.fullmatch(heading):
            return heading[:LONGEST], "一级标题"
    line = _in_lines(lines.top[:_LINES])
    if line:
        return line, "首行"
    stem = _FILE_MARKS.sub("", PurePosixPath(relpath).stem)
    if kinds.is_title_like(stem) and len(_CHINESE.findall(stem)) >= 6:
        return clean(stem)[:LONGEST], "文件名"
    return "", ""


def infer(lines: Lines, issuer: str, year: int) -> str:
    """A title for a text without one, marked as inferred. Never empty."""
    done, planned = kinds.summary_heading(lines.head)
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


def _in_lines(top: Sequence[str]) -> str:
    """A line with a title's ending before all others, else the first that can be one."""
    candidates = [i for i, line in enumerate(top) if _can_be(line)]
    for i in candidates:
        joined = top[i]
        # A long title is set in several lines: only the last has the ending.
        for j in range(i, min(i + 3, len(top))):
            if j > i:
                if not _can_be(top[j]) or issuers.of_title(top[j]):
                    break
                joined += top[j]
            if kinds.is_title_like(joined) and len(joined) <= LONGEST:
                return joined
    return top[candidates[0]] if candidates and candidates[0] <= 2 else ""


def _can_be(line: str) -> bool:
    return (
        2 <= len(line) <= _LONGEST_LINE
        and len(_CHINESE.findall(line)) >= 2
        and not line.endswith(_SENTENCE_END)
        and "。" not in line
        and not _NUMBERED.match(line)
        and not _LETTER.match(line)
        and not _MASTHEAD.fullmatch(line)
        and not _JUNK.fullmatch(line)
        and not marks.internal((line,))
        and dates.only(line) is None
        and not (numbers.find((line,)) and not kinds.is_title_like(line))
    )
