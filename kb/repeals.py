"""What a statute says of others: 《…》同时废止 in its closing articles, and lists of decisions that repeal
or amend.

Everything runs in time linear in the text: sentences are visited once, and each title once per sentence.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kb.amendments import Amendment, key_of
from kb.documents import Document
from kb.lawnames import quoted, work_of

_LONGEST_TITLE, _LONGEST_NOTE, _LONGEST_GAP = 120, 60, 120
_MAX_ENDED = 1_000
"""Texts that one document ends or amends."""

_SENTENCE = re.compile(r"[。；\n]")
_END = re.compile(
    r"(?:同时|即行|相应|予以|随之|自行|一律|一并|[日]起)(?:废止|失效|停止执行|停止施行)|不再适用|停止执行|废止"
)
_BEFORE_END = re.compile(
    r"[，、]?(?:[自从][^《》，。]{0,24}之?日起)?[，]?(?:也|都|均|一并|即|同时|应当|，)*$"
)
_NOTE = re.compile(r"[(（][^()（）《》]{0,60}[)）]")
_JOINED = re.compile(r"[、，和及与以]*")
_MADE = re.compile(
    r"(?:发布|公布|通过|批准|颁布|印发|下发|施行|制定|发出|修订|修正|所发|转发)(?:施行|实施)?的$"
)
_MAKER = re.compile(
    r"[、和及以与，]*(?:(?:最高人民法院|最高人民检察院|国务院|[\u4e00-\u9fff]{1,8}[部委局署会院])[、和]?){1,6}"
)

_DECISION = re.compile(r"(?:废止.*(?:决定|通知|目录)|修改.*决定)(?:[（(][^（）()]{1,10}[）)])?$")
_LABEL = re.compile(
    r"^\s*(?:[（(]?[一二三四五六七八九十百零〇]{1,6}[)）、.．]|[0-9]{1,4}[.．、])\s*"
)
_LAST_NUMBER = re.compile(
    r"[\u4e00-\u9fff（(〔\[）)〕\]]{1,14}[〔\[（(](?:19|20)[0-9]{2}[〕\]）)][^，。；（）()《》]{0,8}?号"
)
_AMENDED = re.compile(
    r"^(?:将|对|删去|在)?《(?P<title>[^\n]{2,130}?)》(?P<rest>(?:第|中的|中|名称|修改|作|做|序言|条文|的|引言|增加|[(（]).*)$"
    r"|^修改《(?P<title2>[^\n]{2,130}?)》(?P<rest2>[(（].*)?$",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Ended:
    """A text named by another. work: canonical; number: its 文号 where given beside it."""

    work: str
    number: str = ""


def repealed(document: Document) -> tuple[Ended, ...]:
    """Texts that a statute replaces in its own words. A sentence that repeals a part (《…》第五条) does
    not repeal the whole."""
    if document.published is None or not document.is_statute or is_decision(document):
        return ()
    return _others(document, (e for p in document.passages for e in _in_text(p.text)))


def ended(document: Document) -> tuple[Ended, ...]:
    """Texts that a decision repeals: those it lists, names in its title or says 废止 of."""
    if not is_decision(document) or "废止" not in document.title:
        return ()
    return _others(document, (e for e, repeal in _listed(document) if repeal))


def amended(document: Document) -> tuple[Ended, ...]:
    """Texts that a decision amends."""
    if not is_decision(document) or "修改" not in document.title:
        return ()
    return _others(document, (e for e, repeal in _listed(document) if not repeal))


def is_decision(document: Document) -> bool:
    """Whether the document is a decision to repeal or amend others, by its title."""
    return (
        document.published is not None
        and document.is_statute
        and _DECISION.search(document.title[:300]) is not None
    )


def change(what: str, one: Ended, work: str, published: date, effective: date | None) -> Amendment:
    """The amendment that follows from what `work` says of another text. what: 新法替代, 废止 or 修正.

    An amended text keeps the day when its first version took effect, and that version repealed: then the
    change is not younger than that day.
    """
    since = effective or published
    by = work if what == "新法替代" else ""
    return Amendment(
        one.work, what, min(published, since), since, by, one.number, quoted(work) if work else ""
    )


def _others(document: Document, found: Iterator[Ended]) -> tuple[Ended, ...]:
    own = key_of(document.work or document.title)
    unique: dict[str, Ended] = {}
    for one in found:
        key = key_of(one.work)
        if key != own and len(unique) < _MAX_ENDED:
            unique.setdefault(key, one)
    return tuple(unique.values())


def _in_text(text: str) -> Iterator[Ended]:
    """Titles that a sentence of the text says have ended, in order."""
    if not any(word in text for word in ("废止", "失效", "停止", "不再适用")):
        return
    for sentence in _SENTENCE.split(text):
        if "《" not in sentence:
            continue
        titles = _titles(sentence)
        floor = 0
        for end in _END.finditer(sentence):
            yield from reversed(list(_before(sentence, titles, end.start(), floor)))
            floor = end.end()


def _before(sentence: str, titles: list[tuple[int, int]], end: int, floor: int) -> Iterator[Ended]:
    """The titles directly before a word that ends them, backwards, down to `floor`."""
    near = sentence[max(floor, end - _LONGEST_GAP) : end]
    found = _BEFORE_END.search(near)
    end -= len(found[0]) if found else 0
    # Straight to the last title that ends before: a sentence may have thousands, and as many ends.
    last = bisect_right(titles, end, key=lambda title: title[1])
    for at in range(last - 1, -1, -1):
        start, stop = titles[at]
        if start < floor:
            return
        between = sentence[stop:end]
        if len(between) > _LONGEST_NOTE + _LONGEST_GAP:
            return
        note = _NOTE.match(between)
        number = _number(note[0]) if note else ""
        between = between[note.end() :] if note else between
        if not _continues(between):
            return
        yield Ended(work_of(sentence[start + 1 : stop - 1]), number)
        end = start


def _continues(between: str) -> bool:
    """Whether words between a title and the next (or the ending word) only join them: 、 or
    和1993年国务院发布的."""
    joint = _JOINED.match(between)
    rest = between[joint.end() :] if joint else between
    if not rest:
        return True
    if joint is None or not joint[0] or len(rest) > _LONGEST_GAP:
        return False
    return _MADE.search(rest) is not None or _MAKER.fullmatch(rest) is not None


def _number(note: str) -> str:
    found = _LAST_NUMBER.search(note)
    return found[0].lstrip("（(") if found else ""


def _titles(sentence: str) -> list[tuple[int, int]]:
    """Outermost 《…》 of the sentence; one that isn't closed loses its opening bracket."""
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    for at, c in enumerate(sentence):
        if c == "《":
            opened.append(at)
        elif c == "》" and opened:
            start = opened.pop()
            if not 3 < at + 1 - start <= _LONGEST_TITLE:
                continue
            while found and found[-1][0] > start:
                found.pop()
            found.append((start, at + 1))
    return found


def _listed(document: Document) -> Iterator[tuple[Ended, bool]]:
    """What a decision names, each with whether it is repealed (or amended)."""
    title = document.title
    repeals, amends = "废止" in title, "修改" in title
    mode = repeals and not amends
    if repeals:
        for start, stop in _titles(title):
            if title[:start].endswith("废止"):
                yield Ended(work_of(title[start + 1 : stop - 1])), True
    column = 0
    for passage in document.passages:
        lines = (*passage.path[-1:], *passage.text.split("\n"))
        for line in (_LABEL.sub("", one.strip(), count=1) for one in lines):
            if repeals and amends and len(line) < 40:
                mode = "废止" in line if ("废止" in line) != ("修改" in line) else mode
            if repeals and " | " in line:
                cells = [c.strip() for c in line.split("|")]
                heads = [i for i, c in enumerate(cells) if c in _HEADS or c.endswith("名称")]
                column = heads[0] if heads else column
                if not heads and (one := _row(cells, column)):
                    yield one, True
            elif repeals and mode and line not in title and (one := _item(line)):
                yield one, True
            elif repeals and "废止" in line and line.count("《"):
                for one in _in_text(line):
                    yield one, True
                yield from ((e, True) for e in _after(line))
            elif amends and not mode and (found := _AMENDED.match(line)):
                yield Ended(work_of(found["title"] or found["title2"])), False
    if amends and not repeals:
        for start, stop in _titles(title):
            if title[:start].endswith(("修改", "、")):
                yield Ended(work_of(title[start + 1 : stop - 1])), False


_HEADS = frozenset({"标题", "名称", "文件名称", "司法解释名称", "司法解释和司法解释性质文件名称"})
_GENRES = (
    "条例", "规定", "办法", "决定", "解释", "批复", "通知", "意见", "细则", "规则", "决议", "复函",
    "答复", "纪要", "法", "制度", "规范", "函", "补充规定", "方案", "标准", "座谈会纪要", "问题",
)  # fmt: skip


def _row(cells: list[str], column: int) -> Ended | None:
    """The text that a row of a table names: in the title column, or else the first cell like a title."""
    likely = cells[column : column + 1] if column else []
    for cell in (*likely, *cells):
        name = re.split(r"  |附[：:一1]|\n", cell)[0].strip()
        if 5 < len(name) <= _LONGEST_TITLE and _looks_like_title(name):
            number = next((n for c in cells if c is not cell and (n := _number(c))), "")
            return Ended(work_of(name.strip()), number)
    return None


def _looks_like_title(name: str) -> bool:
    bare = _NOTE.sub("", name).rstrip("》")
    return bare.endswith(_GENRES) or bare.startswith(("最高人民", "关于"))


def _item(line: str) -> Ended | None:
    """The text that a line of a list of repealed texts names: 计划生育技术服务管理条例（2001年…公布）."""
    name = line
    if line.startswith("《"):
        titles = _titles(line)
        if not titles or titles[0][0]:
            return None
        name, rest = line[1 : titles[0][1] - 1], line[titles[0][1] :]
    else:
        cut = re.search(r"[（(](?=[^（）()]*(?:[0-9]{4}|[〔\[]))", line)
        name, rest = (line[: cut.start()], line[cut.start() :]) if cut else (line, "")
    name = name.strip().rstrip("。；，")
    if rest.lstrip("）)").startswith("第") or not 3 < len(name) <= _LONGEST_TITLE:
        return None
    if not _NOTE.sub("", name).endswith(_GENRES) or name.startswith(("本决定", "附件", "废止")):
        return None
    if any(mark in name for mark in "，。：“"):
        return None
    return Ended(work_of(name), _number(rest))


def _after(line: str) -> Iterator[Ended]:
    """Titles directly after 废止: 决定废止《…》、《…》."""
    titles = _titles(line)
    for found in re.finditer("废止", line):
        at = found.end()
        for number in range(bisect_left(titles, (at, 0)), len(titles)):
            start, stop = titles[number]
            joint = _JOINED.match(line, at)
            if joint is None or joint.end() != start or line[stop : stop + 1] == "第":
                break
            yield Ended(work_of(line[start + 1 : stop - 1]))
            at = stop
