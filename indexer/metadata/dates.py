"""Dates as official documents write them. Masks (xxxx年xx月) and impossible dates are not dates."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from kb import numerals

_ZEROS = str.maketrans("OＯОо", "〇〇〇〇")
"""Latin and Cyrillic letters typed in place of 〇."""

_FIRST_YEAR, _LAST_YEAR = 1949, 2100
_DIGIT = "零〇○OＯОо一二三四五六七八九"
DATE = (
    r"(?:(?<!\d)(?:19|20)\d{2} ?年 ?\d{1,2} ?月 ?\d{1,2} ?[日号]"
    rf"|[一二][{_DIGIT}]{{3}} ?年 ?[元一二三四五六七八九十]{{1,2}} ?月 ?[一二三四五六七八九十]{{1,3}} ?日"
    r"|(?<![\d./-])(?:19|20)\d{2}(?:-\d{1,2}-\d{1,2}|\.\d{1,2}\.\d{1,2}|/\d{1,2}/\d{1,2})(?![\d./-]))"
)
"""Pattern of one date, without groups."""

_DATE = re.compile(DATE)
_PARTS = re.compile(r"[年月日号\s./-]+")
_ONLY = re.compile(rf"(?:[(（]?)({DATE})(?:[)）]?)(?: ?(?:印发|发布|公布|施行|印))?")
_EFFECTIVE = re.compile(
    rf"(?:自|从|于)? ?({DATE}) ?(?:起|开始)?(?:正式)?(?:施行|实施|执行|生效|试行)"
)
_EFFECTIVE_LABEL = re.compile(rf"(?:施行|实施|生效|执行)(?:日期|时间) ?[:：]? ?({DATE})")
_ON_PUBLICATION = re.compile(
    r"自(?:公布|发布|印发|颁布|通过|下发|发文)之?日?起(?:正式)?(?:施行|实施|执行|生效|试行)"
)
_EXPIRES = re.compile(
    rf"有效期限?(?:自|从)?[^。；;]{{0,40}}?(?:至|到|截止到?|截至|为) ?({DATE})"
    rf"|(?:失效|废止)日期 ?[:：]? ?({DATE})"
)
# Of the text itself, not of a permit that it regulates: 许可证有效期为3年.
_VALID_FOR = re.compile(
    r"(?:(?:施行|实施|执行|生效|试行)[，,。；; ]{1,2}|^"
    r"|本(?:办法|规定|细则|意见|通知|方案|规范|决定|条例)的?)"
    r"有效期限?(?:为|是|:|：)? ?([0-9一二两三四五六七八九十]{1,3}) ?年"
)
_LABEL = re.compile(
    rf"(?:印发|成文|发文|发布|公布|颁布|生成|公开)(?:日期|时间|日) ?[:：]? ?({DATE})"
)
_PRINTED = re.compile(rf"({DATE}) ?(?:印发|发布|公布)[)）]?$")
_ADOPTED = re.compile(rf"({DATE})[^。]{{0,60}}?(?:通过|公布|修订|修正|发布|颁布|印发|修改|批准)")
_LONGEST_LABELLED = 120
_LONGEST_RECORD = 400
_BEGINS_WITH_DATE = re.compile(rf"[（(]? ?{DATE}")
_ARTICLE_ONE = re.compile(r"第一条|第1条")


def parse(text: object) -> date | None:
    """The date that `text` is or starts with, else None."""
    if isinstance(text, date):
        return text if _FIRST_YEAR <= text.year <= _LAST_YEAR else None
    if not isinstance(text, str):
        return None
    found = _DATE.match(text[:60].strip())
    return _value(found[0]) if found else None


def only(line: str) -> date | None:
    """The date of a line that contains nothing else, as below a signature."""
    found = _ONLY.fullmatch(line.strip()) if len(line) < 40 else None
    return _value(found[1]) if found else None


def effective(lines: Iterable[str], published: date | None) -> tuple[date | None, str]:
    """When the text takes effect, by the last statement of it, and the words of that statement."""
    for line in reversed(list(lines)):
        for pattern in (_EFFECTIVE, _EFFECTIVE_LABEL):
            for m in reversed(list(pattern.finditer(line))):
                value = _value(m[1])
                if value is not None:
                    return value, m[0]
        on_publication = _ON_PUBLICATION.search(line)
        if on_publication is not None and published is not None:
            return published, on_publication[0]
    return None, ""


def expires(lines: Iterable[str], start: date | None) -> tuple[date | None, str]:
    """Until when the text is valid, and the words that say so. `start`: 有效期五年 counts from it."""
    for line in reversed(list(lines)):
        for m in _EXPIRES.finditer(line):
            value = _value(m[1] or m[2])
            if value is not None:
                return value, m[0]
        years = _VALID_FOR.search(line)
        count = numerals.parse(years[1]) if years else None
        if years is not None and count and count <= 30 and start is not None:
            return _later(start, count), years[0]
    return None, ""


def published(head: Sequence[str], foot: Sequence[str]) -> tuple[date | None, str]:
    """When a text was issued and the evidence: a label, the record of adoption, the signature."""
    printed = _labelled(_LABEL, (*head[:20], *foot))
    if printed is not None:
        return printed, "印发（发布）日期"
    adopted = []
    for line in head[:40]:
        if _ARTICLE_ONE.match(line):
            break
        if len(line) < _LONGEST_RECORD and _BEGINS_WITH_DATE.match(line):
            adopted += [_value(m[1]) for m in _ADOPTED.finditer(line)]
    known = [d for d in adopted if d is not None]
    if known:
        return max(known), "题注"
    printed = _labelled(_PRINTED, foot)
    if printed is not None:
        return printed, "印发（发布）日期"
    for line in reversed(foot):
        value = only(line)
        if value is not None:
            return value, "落款"
    for line in head[:8]:
        value = only(line)
        if value is not None:
            return value, "题下日期"
    return None, ""


def _labelled(pattern: re.Pattern[str], lines: Iterable[str]) -> date | None:
    for line in lines:
        m = pattern.search(line) if len(line) < _LONGEST_LABELLED else None
        value = _value(m[1]) if m else None
        if value is not None:
            return value
    return None


def _value(text: str | None) -> date | None:
    if not text:
        return None
    parts = [p for p in _PARTS.split(text.replace("元", "一")) if p]
    numbers = [numerals.parse(p.translate(_ZEROS)) for p in parts[:3]]
    if len(numbers) != 3 or None in numbers:
        return None
    year, month, day = (n or 0 for n in numbers)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _later(start: date, years: int) -> date | None:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return date(start.year + years, 2, 28)
