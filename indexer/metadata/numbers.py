"""Document numbers (发文字号): 国发〔2021〕5号, 司法部令第147号."""

import re
from collections.abc import Iterable

_OPEN, _CLOSE = "〔\\[［【(（﹝〈<", "〕\\]］】)）﹞〉>"
_DASHED = re.compile(
    rf"(?P<body>[\u4e00-\u9fffA-Za-z·]{{1,16}}?) ?[{_OPEN}] ?(?P<year>(?:19|20)\d{{2}}) ?[{_CLOSE}] ?"
    r"(?:第 ?)?(?P<number>\d{1,5}) ?号"
)
_ORDER = re.compile(
    r"(?P<body>[\u4e00-\u9fff]{2,30}令) ?(?:[(（])?第 ?"
    r"(?P<number>\d{1,5}|[零〇一二三四五六七八九十百]{1,7}) ?号"
)
_BEFORE = re.compile(r"^.*(?:根据|按照|依据|贯彻|关于|印发|转发|文号|字号|编号|的|和|及|与|文件)")
_AT_END = re.compile(
    r"[（(]([^（）()]{0,20}[〔\[［【(（]?\d{4}[〕\]］】)）]?[^（）()]{0,12}号)[)）]$"
)
_COUNTRY = "中华人民共和国"
_LONGEST_LINE = 60


def parse(text: str) -> str:
    """The first number in `text`, normalised with 〔〕 and no spaces; else empty."""
    m = _DASHED.search(text)
    if m is not None:
        body = _BEFORE.sub("", m["body"])
        return f"{body}〔{m['year']}〕{int(m['number'])}号" if body else ""
    m = _ORDER.search(text)
    if m is not None:
        body = _BEFORE.sub("", m["body"].replace(_COUNTRY, ""))
        return f"{body}第{m['number']}号" if len(body) > 1 else ""
    return ""


def of_title(title: str) -> str:
    """The number in brackets at the end of a title: numbers inside a title belong to its subject."""
    m = _AT_END.search(title)
    return parse(m[1]) if m else ""


def find(lines: Iterable[str]) -> str:
    """The number on a line of its own or beside the title, not one cited in a sentence."""
    for line in lines:
        if len(line) <= _LONGEST_LINE and not any(mark in line for mark in "。《，；"):
            number = parse(line)
            if number:
                return number
    return ""
