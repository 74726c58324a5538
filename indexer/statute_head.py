"""The head of a statute's text: adopted, published, in force, by whom, under which number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from indexer.metadata import dates, issuers

_TAKES_EFFECT = re.compile(rf"自 ?({dates.DATE}) ?起(?:正式)?(?:施行|实施|生效)")
_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_ADOPTION = re.compile(r"通过|公布|发布|修订|修正|批准|印发|制定|颁布|令")
_EFFECT = re.compile(r"(?:起)?(?:施行|实施|生效)")
_STARTS = re.compile(rf"{_DATE.pattern}\s*起?(?:施行|实施|生效)")
_NUMBER = re.compile(
    # 国务院、中央军事委员会令第413号: two bodies, one order.
    r"(?:(?:中华人民共和国)?(?:国务院|主席|[\u4e00-\u9fff]{2,20}?(?:部|委员会|总局|局|署|办公室|银行))、?){1,3}"
    r"令第?\s*\d{1,4}\s*号"
    r"|(?:法释|高检发释字|高检发[\u4e00-\u9fff]{0,4}字?|国发|国办发|国函)\s*[〔\[（(]\s*(?:19|20)\d\d\s*[〕\]）)]\s*第?\s*\d{1,4}\s*号"
)
_HEAD = 2_000
"""Characters of a head that are searched; the longest of 3,500 has 1,153."""

_FORM = str.maketrans("[]()（）０１２３４５６７８９", "〔〕〔〕〔〕0123456789")
_BODIES = (
    (re.compile(r"全国人民代表大会常务委员会"), "全国人民代表大会常务委员会"),
    (re.compile(r"全国人民代表大会"), "全国人民代表大会"),
    (re.compile(r"国务院"), "国务院"),
    (
        re.compile(r"最高人民法院.{0,40}最高人民检察院|最高人民检察院.{0,40}最高人民法院"),
        "最高人民法院、最高人民检察院",
    ),
    (re.compile(r"最高人民法院"), "最高人民法院"),
    (re.compile(r"最高人民检察院"), "最高人民检察院"),
    (re.compile(r"国家监察委员会"), "国家监察委员会"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The contents of a head; dates None, texts empty if absent."""

    published: date | None = None
    effective: date | None = None
    issuer: str = ""
    number: str = ""
    text: str = field(default="", compare=False, repr=False)


def read_head(lines: Sequence[str], title: str) -> Head:
    """Parses the lines between the title and the text."""
    lines = "\n".join(lines)[:_HEAD].split("\n")
    published: list[date] = []
    effective: date | None = None
    for line in lines:
        found = _dates(line)
        if not found:
            continue
        started = [d for m in _STARTS.finditer(line) for d in _dates(m[0])]
        if started or _EFFECT.search(line):
            effective = (started or found)[-1]
        if _ADOPTION.search(line):
            # 2010年6月5日公布，自2010年9月1日起施行: the second isn't a publication date.
            published += [d for d in found if d not in started] or found
    text = "\n".join(lines)
    m = _NUMBER.search(text)
    number = re.sub(r"\s+", "", m[0]).translate(_FORM) if m else ""
    # The last one: a text is republished with each amendment.
    newest = max((d for d in published if effective is None or d <= effective), default=None)
    return Head(
        newest or max(published, default=None), effective, _issuer(lines, title), number, text
    )


def effective_in(texts: Sequence[str], published: date | None) -> date | None:
    """When a version takes effect according to its closing articles (本法自2023年5月1日起施行).

    An amended text keeps the day its first version took effect: a day before the publication isn't
    this version's.
    """
    if published is None:
        return None
    found = (dates.parse(m[1]) for text in texts for m in _TAKES_EFFECT.finditer(text))
    return min((d for d in found if d is not None and d >= published), default=None)


def _issuer(lines: Sequence[str], title: str) -> str:
    """Who made it: from the title if it says so, else from the first line that names a body."""
    # The approving body is not the maker; the title is the best evidence.
    made = [line for line in lines if "批准" not in line]
    local = issuers.local_maker("".join(made) or "".join(lines), title)
    if local and local.startswith(title[:2]):
        return local
    for text in (title.partition("关于")[0] if "关于" in title else "", *made, *lines):
        for pattern, name in _BODIES:
            if pattern.search(text):
                standing = name.startswith("全国人民代表大会") and "常务委员会" in text
                return "全国人民代表大会常务委员会" if standing else name
        local = issuers.local_maker(text, title)
        if local:
            return local
    return ""


def _dates(line: str) -> list[date]:
    found = []
    for m in _DATE.finditer(line):
        try:
            found.append(date(int(m[1]), int(m[2]), int(m[3])))
        except ValueError:
            continue
    return found
