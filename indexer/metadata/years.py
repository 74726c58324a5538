"""The year a summary or plan is about. Masks (XX年, xxxx年) are not years."""

import re
from collections import Counter
from collections.abc import Sequence

_YEAR = r"(?<!\d)(?P<year>(?:19[5-9]\d|20\d{2}))"
_IN_TITLE = re.compile(rf"{_YEAR}(?=年|[—–－~～至-]|\s?年度)")
_DONE = re.compile(
    rf"{_YEAR}年度?(?:的)?(?:全年)?(?:主要|重点|亮点)?工作(?:总结|情况|回顾|亮点|开展)"
    rf"|{_YEAR.replace('year', 'also')}年亮点工作"
)
_PLANNED = re.compile(
    rf"{_YEAR}年度?(?:的)?(?:主要|重点|下步)?工作(?:思路|计划|打算|安排|要点|任务|谋划)"
)
_NEXT = re.compile(
    rf"^(?:[一二三四五六七八九十]+、)?{_YEAR}年(?:，|,)?(?:我局|我们|全局|将|区司法局|县司法局|市司法局)"
)
_NEXT_HEADING = re.compile(r"(?:明年|下一?年度?|下一步|下步)(?:的)?(?:主要|重点)?工作")
_OPENING = re.compile(rf"^{_YEAR}年(?:以来|度|，|,|是)")
_ANY = re.compile(rf"{_YEAR}(?=年)")
_OPENING_LINES = 4
_ANNIVERSARIES = (
    (re.compile(r"(?:建党|中国共产党成立)(?:一百|100)周年|建党百年"), 2021),
    (re.compile(r"(?:新中国|中华人民共和国)成立(?:七十|70)周年"), 2019),
    (re.compile(r"(?:新中国|中华人民共和国)成立(?:七十五|75)周年"), 2024),
    (re.compile(r"改革开放(?:四十|40)周年"), 2018),
    (re.compile(r"枫桥经验.{0,4}(?:六十|60)周年"), 2023),
)


def of_title(title: str) -> int:
    """The first year in a title: 2023 for 2023年工作总结及2024年工作思路. 0 if none."""
    found = _IN_TITLE.search("".join(title.split()))
    return int(found["year"]) if found else 0


def of_summary(lines: Sequence[str]) -> tuple[int, str]:
    """The year a summary reports on by its text, and the evidence; (0, "") if it doesn't say."""
    short = [line for line in lines if len(line) <= 40]
    for line in short:
        done = _DONE.search(line)
        if done is not None:
            return int(done["year"] or done["also"]), f"小标题“{done[0]}”"
    for line in lines[:_OPENING_LINES]:
        if len(line) <= 30 and _NEXT_HEADING.search(line):
            break
        opening = _OPENING.match(line)
        if opening is not None and not _PLANNED.search(line[:40]):
            return int(opening["year"]), "正文首句"
    next_year = _planned(lines)
    if next_year:
        return next_year - 1, f"下一年计划为{next_year}年"
    for pattern, year in _ANNIVERSARIES:
        if any(pattern.search(line) for line in lines):
            return year, f"正文提到{year}年的周年纪念"
    years = Counter(int(m["year"]) for line in lines for m in _ANY.finditer(line))
    if years:
        year, count = max(years.items(), key=lambda item: (item[1], item[0]))
        if count > 1:
            return year, f"正文最常提到的年份（{count}次）"
    return 0, ""


def _planned(lines: Sequence[str]) -> int:
    """The year of the plan at a summary's end; 0 if none is named."""
    after_heading = False
    for line in lines:
        found = _PLANNED.search(line[:60])
        if found is None and after_heading:
            found = _ANY.match(line)
        if found is None and line is not lines[0]:
            found = _NEXT.match(line)
        if found is not None:
            return int(found["year"])
        after_heading = len(line) <= 30 and _NEXT_HEADING.search(line) is not None
    return 0
