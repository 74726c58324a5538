"""The front of a document: the order or announcement that publishes it, its title, its record.

An official document starts with a few kinds of lines, each possibly broken: who issues it, 公告 or 令
with a paragraph and a signature of its own, the title, the number, and in brackets who passed and
published it and when (题注).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.metadata import dates, issuers, kinds, marks, numbers
from indexer.metadata.text import PARAGRAPH

LONGEST = 200
_LINES = 20
_TITLE_LINES = 9
_LONGEST_LINE = 80
_LONGEST_OFFICIAL = 150

_BODY = re.compile(
    r"(?:中华人民共和国)?(?:最高人民法院|最高人民检察院|国务院|全国人民代表大会(?:常务委员会)?|"
    r"国家监察委员会|中央军事委员会|中央军委|中共中央|主席|(?!关于|对|印发|转发)[\u4e00-\u9fff]{1,30}"
    r"(?:部|计委|委员会|局|总署|署|厅|人民政府|人民代表大会|办公室|研究室|审判庭|银行|法院|检察院))"
)
_MOST_BODIES = 12
_HEADING = re.compile(
    r"(?:公 ?告|命? ?令)(?:[(（]?(?:第|[(（]?\d{4}年?[)）]?第)? ?[\d〇零一二三四五六七八九十百]+ ?号[)）]?)?$"
)
_ORDER_NUMBER = re.compile(r"[(（]?(?:\d{4}年?)?第? ?[\d〇零一二三四五六七八九十百]+ ?号[)）]?")
_SIGNATURE = re.compile(
    r"(?:委员长|总 ?理|主 ?席|[部局署院省市行] ?长|主 ?任|检察长)\s*[\u4e00-\u9fff ]{2,6}"
)
_DATE = re.compile(dates.DATE)
_RECORD = re.compile(
    rf"[(（【\[]? ?(?:于|根据)? ?(?:{dates.DATE}|\d{{4}}年)|[(（][^）)]{{0,30}}(?:批准|通过|公布|发布)"
)
_RECORDED = re.compile(r"通过|公布|发布|颁布|批准|修订|修正|施行|印发|决定|〔|会议")
_OFFICIAL = re.compile(
    r"(?:.{2,60}?(?:[局院厅部署委会府室庭]|会议))?(?:关于|印发|转发|批转)|.{2,40}院(?:.{1,3}庭)?对"
)
_OFFICIAL_END = re.compile(
    r"(?:法|条例|规定|办法|细则|规则|决定|准则|章程|解释|批复|解答|安排|答复|复函|函|意见|通知|通告|公告|通报|纪要|"
    r"决议|修正案|方案|报告|说明|名单|目录|命令|令|制度|纲要|规划|措施|标准|规范|清单|公报|预案|指示|请示|机制|要点|"
    r"计划|要求|总结|情况|倡议书?|指南|指引|汇报)$"
)
_GOES_ON = re.compile(
    r"[的和及与或等、，》〉）)”·]|第[（(]|[（(]? ?(?:试行|暂行|[（(][一二三四五六七八九十]{1,3}) ?[）)]"
    r"|(?:实施|暂行|补充)?(?:条例|细则|规定|办法|规则|解释|决定)$"
    r"|[（(]第?[一二三四五六七八九十]{1,3}[批号]?[）)](?:$|的)|[（(]\d{4}(?:年|-|—|－)[^）)月]{0,12}[）)]$"
)
_CLOSED = re.compile(r"(?:通知|函|批复|答复|决议|请示|通告|公告|决定|总结|要点|计划)$")
_UNFINISHED = re.compile(r"(?:[、，及和与或的至]|关于(?:修改|废止|批准|印发|适用|执行)?)$")
_WHOLLY_QUOTED = re.compile(r"^(最高人民[^《》关]{2,30})[《](关于.*)[》]$")
_JOINS = re.compile(r"(?P<bodies>.{2,60}?)(?:关于|印发|$)")
_TAIL = re.compile(r"[(（][^()（）]{1,12}[)）]$")
_PAIRS = (("《", "》"), ("（", "）"), ("(", ")"), ("“", "”"), ("〈", "〉"))
_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff》）”〉、，]) +(?=[\u4e00-\u9fff《（“〈])")
_JOINT = re.compile(
    r"(?<=[院部会局署厅室]) +(?=(?:最高人民|国务院|中国|国家|中央|"
    r"[\u4e00-\u9fff]{1,9}(?:部|委员会|局|署)(?:关于|印发|[ 、]|$)))"
)

_NUMBERED = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.、．](?!\d)|"
    r"第[一二三四五六七八九十百零\d]{1,5}(?:[编章节]|部分|条)|[-—•●■◆□√]"
)
_LETTER = re.compile(
    r"(?:尊敬的|各位|各市|各区|各县|各省|同志们|有关(?:单位|部门)|附件(?:[:：\s\d]|[一二三四五六七八九十]?(?:[:：\s]|$))|"
    r"抄送|主送|目 ?录|"
    r"(?:来源|作者|发布|时间|日期|浏览|字号|阅读|编者按)(?:[:：日时人单次\s]|$))"
)
_MASTHEAD = re.compile(
    r"(?!.*关于).{2,40}(?:文件|公报)|签发人.*|(?:特急|加急|平急)|\d{6}|.{0,20}(?:普通商密|公开发布)"
)
JUNK = re.compile(
    r"(?i)untitled.*|无标题.*|未命名.*|新建.{0,20}|文档\s?\d*|document\s?\d*|microsoft word.*|powerpoint.*|"
    r"首页|附件\s?\d*|正文|目录|[\W\d_]*|[0-9a-f-]{16,}|.*\.(?:docx?|wps|pdf|txt|html?|ofd|rtf)"
)
_ANNEX = re.compile(r"附件 ?\d{0,2} ?[:：] ?(?=.*[\u4e00-\u9fff]{4})")
_CELLS = re.compile(r"[:：][^；;：:]{1,60}[；;]")
_SENTENCE_END = ("。", "；", ";", "：", ":", "！", "!")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Front:
    """title: on one line, empty if no line qualifies; complete: it ends as titles do.
    announced: the lines of the preceding order or announcement; record: those between title and
    text; neither includes the title's own lines."""

    title: str = ""
    complete: bool = False
    announced: tuple[str, ...] = ()
    record: tuple[str, ...] = ()


def read(rows: Sequence[str]) -> Front:
    """The parts of a front. rows: the first lines of a text with single white space."""
    begin = _after_announcement(rows)
    announced = tuple(rows[:begin])
    rows = rows[begin:]
    first = ""
    for at in range(min(_until(rows), _LINES)):
        if not can_start(rows[at]):
            continue
        title, end, complete = _title(rows, at)
        if complete:
            title = _issued(title, announced)
            return Front(title, True, announced, tuple(_record(rows[:at], rows[end:])))
        if not first and at <= 2:
            first = title
            record = tuple(_record(rows[:at], rows[end:]))
    return Front(first, False, announced, record if first else ())


def _issued(title: str, announced: Sequence[str]) -> str:
    """Prefixed with the announcing courts, if the title's own lines omit them."""
    if not title.startswith("关于") or not announced:
        return title
    found = re.findall(r"最高人民法院|最高人民检察院", "".join(announced[:3]))
    return "、".join(dict.fromkeys(found)) + title


def can_start(line: str) -> bool:
    """Whether a title can start with this line."""
    limit = _LONGEST_OFFICIAL if _OFFICIAL.match(line) else _LONGEST_LINE
    line = _ANNEX.sub("", line)
    return (
        2 <= len(line) <= limit
        and len(_CHINESE.findall(line)) >= 2
        and not _ends_sentence(line)
        and not is_row(line)
        and not _NUMBERED.match(line)
        and not _LETTER.match(line)
        and not _MASTHEAD.fullmatch(line)
        and not JUNK.fullmatch(line)
        and not marks.internal((line,))
        and not _is_record(line)
        and not (numbers.find((line,)) and not kinds.is_title_like(line))
    )


def is_bodies(text: str) -> bool:
    """Whether a text consists only of names of bodies."""
    names = re.split(r"[、 ]+", text.strip("、 "))
    return len(names) <= _MOST_BODIES and all(_BODY.fullmatch(name) for name in names)


def is_row(line: str) -> bool:
    """Whether a line is a table row: cells separated by |, or with their headings (甲：1；乙：2)."""
    return " | " in line or _CELLS.search(line) is not None


def tidy(title: str) -> str:
    """Normalised: 、 between joint bodies, no white space between Chinese characters."""
    title = _WHOLLY_QUOTED.sub(r"\1\2", " ".join(title.split()))
    if is_bodies(title):
        return title.replace(" ", "、")
    return _BETWEEN.sub("", _JOINT.sub("、", title))


def _title(rows: Sequence[str], at: int) -> tuple[str, int, bool]:
    """The title that starts at a line, where it ends, and whether it is complete."""
    title = tidy(_ANNEX.sub("", rows[at]))
    whole = ("", at)
    for end in range(at + 1, min(at + _TITLE_LINES, len(rows)) + 1):
        following = rows[end] if end < len(rows) else ""
        more = bool(following) and _can_follow(following, title)
        if is_whole(title):
            whole = title, end
            if not more or not (_GOES_ON.match(following) or _may_go_on(title, following)):
                break
        if not more or len(title) + len(following) > LONGEST:
            break
        title = _joined(title, tidy(following))
    if whole[0]:
        return tidy(whole[0]), whole[1], True
    return tidy(_ANNEX.sub("", rows[at])), at + 1, False


def _may_go_on(title: str, following: str) -> bool:
    """关于审理民事案件适用诉讼时效制度 could be complete, but 若干问题的规定 belongs to it."""
    official = _OFFICIAL.match("".join(title.split())) is not None
    return official and not _CLOSED.search(title) and not is_bodies(following)


def _joined(title: str, following: str) -> str:
    # The bodies of a joint document are listed one below the other.
    joins = _JOINS.match(following) if is_bodies(title) else None
    joint = joins is not None and is_bodies(joins["bodies"])
    spaced = title[-1].isascii() and following[0].isascii()
    return title + ("、" if joint else " " if spaced and title[-1] != " " else "") + following


def is_whole(title: str) -> bool:
    """Whether a title has its ending: a genre, with all brackets closed."""
    plain = "".join(title.split())
    if _UNFINISHED.search(plain) or any(plain.count(a) != plain.count(b) for a, b in _PAIRS):
        return False
    if _OFFICIAL.match(plain):
        return _OFFICIAL_END.search(_TAIL.sub("", plain)) is not None
    return kinds.is_title_like(plain)


def _can_follow(line: str, title: str) -> bool:
    if _GOES_ON.match(line) and len(line) <= _LONGEST_OFFICIAL and not _ends_sentence(line):
        return not _is_record(line) or _GOES_ON.fullmatch(line) is not None
    if _UNFINISHED.search(title) and not _ends_sentence(line) and line[0] not in "（(":
        return True
    open_end = not is_whole(title) and _OFFICIAL.match("".join(title.split())) is not None
    if open_end and _NUMBERED.match(line) and "条" in line[:10]:
        return not _ends_sentence(line)  # 关于《…法》 第二十二条第四款的解释
    own = issuers.of_title(line) and not (open_end or is_bodies(title))
    return not own and can_start(line)


def _ends_sentence(line: str) -> bool:
    return line.endswith(_SENTENCE_END) or "。" in line


def _until(rows: Sequence[str]) -> int:
    """The latest possible start of the text: a paragraph, an article, a chapter heading."""
    seen = False
    for at, line in enumerate(rows):
        if seen and _NUMBERED.match(line):
            return at
        if len(line) >= PARAGRAPH and not _is_record(line) and not can_start(line):
            return at
        seen = seen or can_start(line)
    return len(rows)


def _is_record(line: str) -> bool:
    """Whether a line belongs to the record: it starts with a date, or is bracketed and names acts."""
    if dates.only(line) is not None:
        return True
    if line[0] in "（([【":
        dated = _DATE.match(line, 1 + (line[1:2] == " "))
        return dated is not None or (_RECORD.match(line) and _RECORDED.search(line)) is not None
    if _DATE.match(line) is None:
        return False
    names_act = _RECORDED.search(line) is not None or (len(line) <= 40 and "大会" in line)
    return names_act and not _ends_sentence(line)


def _record(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The lines of the record: a number above the title, and what follows it up to the text."""
    out = [line for line in before if numbers.find((line,))]
    open_bracket = False
    for line in after[:12]:
        if open_bracket or _is_record(line) or numbers.find((line,)):
            out.append(line)
            open_bracket = line.count("（") + line.count("(") > line.count("）") + line.count(
                ")"
            ) or (open_bracket and not line.endswith(("）", ")")))
        elif not (is_bodies(line) or _GOES_ON.match(line)):
            break
    return out


def _after_announcement(rows: Sequence[str]) -> int:
    """Start of the text that an order or announcement publishes; 0 if there is none."""
    heading = ""
    for at in range(min(len(rows), 8)):
        line = rows[at]
        if len(line) > _LONGEST_LINE or _ends_sentence(line):
            return 0
        heading = f"{heading} {line}".strip()
        found = _HEADING.search(heading)
        if found is not None and (found.start() == 0 or is_bodies(heading[: found.start()])):
            return _after_signature(rows, at + 1)
    return 0


def _after_signature(rows: Sequence[str], at: int) -> int:
    text = False
    for end in range(at, min(len(rows), at + 30)):
        line = rows[end]
        signed = (
            dates.only(line) is not None
            or is_bodies(line)
            or _SIGNATURE.fullmatch(line) is not None
            or _ORDER_NUMBER.fullmatch(line) is not None
        )
        if not text or not signed:
            if text and can_start(line) and _whole_from(rows, end):
                return _with_bodies(rows, end, at)
            text = text or _ends_sentence(line) or len(line) >= PARAGRAPH
    return 0


def _whole_from(rows: Sequence[str], at: int) -> bool:
    return _title(rows, at)[2]


def _with_bodies(rows: Sequence[str], at: int, least: int) -> int:
    """Start of the title including its own bodies above it, unlike those of a signature before a date."""
    while at > least and is_bodies(rows[at - 1]):
        at -= 1
    return at
