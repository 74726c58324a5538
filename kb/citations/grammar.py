"""Parses the articles cited at a position in a text.

    cited    = { bracket | 编 or 章 | filler } articles
    articles = article { joint article }        joint: 、 和 及其 或者 …, or a range: 至 到 - ~
    article  = [第] number 条 [之 number] { paragraph }
        paragraph = [第] number (款 | 项 | 目), further ones after a joint

A number without 条, 款 or 项 takes the unit of the next in its list (第264、266条). In a query a bare
number may be an article, but only if no following text makes it a quantity.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from kb import numerals
from kb.documents import ArticleNumber

MAX_BETWEEN = 50
"""Maximum inner articles of a range that are listed individually; of a longer range only its ends."""

NUMBER = rf"[0-9{numerals.NUMERAL}]{{1,9}}"
"""An article, as part of a regular expression."""

_N = NUMBER
_ELEMENT = re.compile(
    rf"(?P<di>第\s{{0,2}})?(?:\((?P<b>{_N})\)|(?P<n>{_N}))\s{{0,2}}"
    r"(?:(?P<unit>条(?![例件款目约幅])|款(?!项)|项(?!目)|目(?![前的录标]))"
    rf"(?:\s?之\s?(?P<s>{_N})(?!分)|-(?P<d>[0-9]{{1,2}})(?![0-9条]))?)?"
)
_JOINT = re.compile(
    r"\s{0,2}(?:(?P<range>至|到|~)|(?P<dash>-{1,2})|(?P<list>、|及其|以及|或者|并|和|与|及|或)|(?P<comma>,))?\s{0,2}"
)
_BRACKET = re.compile(
    r"\((?P<in>[^()\n]{0,60}(?:\([^()\n]{0,30}\)[^()\n]{0,40})?)\)|\[(?P<sq>[0-9]{4})\]"
)
_SERIES = re.compile(_N)
_YEAR = re.compile(
    r"(?P<y>(?:19|20)[0-9]{2})\s?年?(?:[0-9]{1,2}月)?(?:[0-9]{1,2}日)?(?:修[订正改]|版|文?本|$)"
)
_BEHIND_YEAR = re.compile(
    r"\s?(?P<y>(?:19|20)[0-9]{2})\s?(?:年(?:修[订正改])?版?|版)?(?=\s?的?\s?第)"
)
_PATH = re.compile(
    rf"(?:第\s?{_N}\s?(?:分编|编|章|节)|[\u4e00-\u9fff]{{2,6}}?编|总则|分则|附则|通则)\s?"
)
_FILLER = re.compile(
    r"[\s》”’」』\"'§:]|的|里面|中的|里|中|内|(?:有关|关于)?规定的?(?=第)|之(?=第)"
)
_QUERY_FILLER = re.compile(r"[,、/·.。-](?=\s?第|\s?[0-9])|里边|当中|规定的?(?=\s?第)|原文|全文")
_NOTHING = re.compile(r"(?!)")
_MAX_FILLERS = 10
# May directly follow a bare number: 民法典1079规定了什么.
_ASKING = re.compile(
    r"的?(?:规定|内容|原文|全文|解读|释义|是什么|是啥|[说讲]的?是?什么|怎么规定|怎么说)"
)
_TAIL = re.compile(r"[\s?。!,;、》”’」』\"')~…]*$")
_EARLIEST_YEAR, _LATEST_YEAR = 1949, 2049


@dataclass(frozen=True, slots=True)
class Unit:
    """An article, or a further 款 or 项 of the previous one, at characters start to end.

    between: inner articles of a range, stored with the first. bare: a number without 第 and 条, which
    may not be an article.
    """

    article: ArticleNumber
    paragraph: int
    item: int
    start: int
    end: int
    between: tuple[ArticleNumber, ...] = ()
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Cited:
    """What was parsed at a position. end: after the last unit. year: of the version named, or 0."""

    units: tuple[Unit, ...]
    end: int
    year: int = 0


@lru_cache(maxsize=1)
def units() -> tuple[str, ...]:
    """Units of quantities, from kb/data/units.txt (one per line, # comments), longest first."""
    text = resources.files("kb").joinpath("data/units.txt").read_text("utf-8")
    lines = {line.strip() for line in text.splitlines() if not line.startswith("#")}
    return tuple(sorted(lines - {""}, key=lambda u: (-len(u), u)))


def read(text: str, at: int, stop: int, *, query: bool = False) -> Cited:
    """Parses the citation at `at`, directly after a law's name. text: as returned by `tokens.plain`."""
    begin, year = _skip(text, at, stop, query=query)
    units, end = articles(text, begin, stop, query=query, name_end=at)
    return Cited(units, end if units else at, year)


def _skip(text: str, at: int, stop: int, *, query: bool) -> tuple[int, int]:
    """Skips brackets, 编, 章 and other text between a name and its articles."""
    year = 0
    asked = _QUERY_FILLER.match if query else _NOTHING.match
    for _ in range(_MAX_FILLERS):
        if m := _BEHIND_YEAR.match(text, at, stop):
            year, at = int(m["y"]), m.end()
        elif m := _BRACKET.match(text, at, stop):
            inside = m["in"] if m["in"] is not None else m["sq"]
            # 保险法解释（五）, whose name is 保险法解释: another text.
            if _SERIES.fullmatch(inside) and not _year(inside):
                break
            year, at = year or _year(inside), m.end()
        elif (
            m := _PATH.match(text, at, stop)
            or _FILLER.match(text, at, stop)
            or asked(text, at, stop)
        ):
            at = m.end()
        else:
            break
    return at, year


def _year(inside: str) -> int:
    m = _YEAR.search(inside) if len(inside) < 20 else None
    return int(m["y"]) if m else 0


_Run = list[tuple[re.Match[str], str]]
"""Numbers in a list, each with its preceding joint, that still lack a unit."""


def articles(
    text: str, at: int, stop: int, *, query: bool = False, name_end: int = -1
) -> tuple[tuple[Unit, ...], int]:
    """The list of articles that starts at `at`, and its end; empty if there is none.

    name_end: end of the law's name, if one precedes.
    """
    out: list[Unit] = []
    run, end = _listed(text, at, stop, out, query=query)
    if not out and query and run:
        return _bare(text, run, stop, name_end)
    return tuple(out), end


def _listed(
    text: str, at: int, stop: int, out: list[Unit], *, query: bool = False
) -> tuple[_Run, int]:
    """Appends the list items from `at` on to `out`; returns numbers left without a unit, and the end."""
    run: _Run = []
    end, place, joint = at, at, ""
    while m := _ELEMENT.match(text, place, stop):
        unit = m["unit"]
        if not joint and run:
            break
        if joint == "comma" and not (m["di"] or m["b"] or query):
            break
        run.append((m, joint))
        if unit:
            made = _close(run, unit, out)
            if not made:
                break
            out += made
            end, run = m.end(), []
        nxt = _JOINT.match(text, m.end(), stop)
        assert nxt is not None
        joint = nxt.lastgroup or ""
        # 第十条的第一款
        place = nxt.end() + (not joint and text.startswith("的第", nxt.end()))
    return run, end


def _close(run: _Run, unit: str, before: list[Unit]) -> list[Unit]:
    """The units of a run of numbers, once its last number has a unit."""
    made: list[Unit] = []
    for m, joint in run:
        value = numerals.parse(m["n"] or m["b"])
        if value is None:
            return []
        # The joint before a further unit belongs to neither.
        start, stop = m.start(), m.end()
        if unit == "条":
            sub = numerals.parse(m["s"] or m["d"] or "") or 0
            number = ArticleNumber(value, sub)
            if joint in ("range", "dash") and (made or before):
                units = made or before
                first = units[-1].article
                number = _reach(first, number, m["n"] or "")
                # 120-1条 is 第一百二十条之一.
                if joint == "dash" and not m["di"] and number.number <= first.number < 10_000:
                    whole = ArticleNumber(first.number, value)
                    units[-1] = replace(units[-1], article=whole, end=stop)
                    continue
                _ranged(units, number)
            made.append(Unit(number, 0, 0, start, stop))
        elif not (made or before):
            return []
        else:
            last = (made or before)[-1]
            paragraph, item = (value, 0) if unit == "款" else (last.paragraph, value)
            if unit == "目":
                paragraph, item = last.paragraph, last.item
            # 第十条第二款 is one; 第十条第一款、第二款 are two.
            if not joint and not made and last.end <= start:
                before[-1] = replace(last, paragraph=paragraph, item=item, end=stop)
                if len(run) == 1:
                    return [before.pop()]
                made.append(before.pop())
            else:
                made.append(Unit(last.article, paragraph, item, start, stop))
    return made


def _reach(first: ArticleNumber, last: ArticleNumber, written: str) -> ArticleNumber:
    """The end of a range: 1043-45 ends with 1045."""
    digits = str(first.number)
    if written.isdigit() and 2 <= len(written) < len(digits) and last.number <= first.number:
        whole = int(digits[: -len(written)] + written)
        if whole > first.number:
            return ArticleNumber(whole, last.sub)
    return last


def _ranged(units: list[Unit], last: ArticleNumber) -> None:
    first = units[-1]
    low, high = first.article.number + 1, last.number
    if 0 <= high - low <= MAX_BETWEEN:
        between = tuple(ArticleNumber(n) for n in range(low, high))
        units[-1] = replace(first, between=between)


def _bare(text: str, run: _Run, stop: int, name_end: int) -> tuple[tuple[Unit, ...], int]:
    """Numbers without 条 in a query, if nothing makes them quantities."""
    first, last = run[0][0], run[-1][0]
    if any(m["b"] or m["unit"] for m, _ in run) or not _may_be_article(text, last.end(), stop):
        return (), first.start()
    values = [numerals.parse(m["n"]) for m, _ in run]
    sure = bool(first["di"]) or "§" in text[max(0, name_end) : first.start()]
    if not sure and any(v is None or _EARLIEST_YEAR <= v <= _LATEST_YEAR for v in values):
        return (), first.start()
    made = _close(run, "条", [])
    return tuple(u if sure else replace(u, bare=True) for u in made), last.end()


def _may_be_article(text: str, at: int, stop: int) -> bool:
    rest = text[at:stop]
    if _TAIL.fullmatch(rest) or _ASKING.match(rest):
        return True
    # The unit of a quantity may follow a space: 民法典 30 天.
    begins = rest.lstrip()
    spaced = begins != rest or text[at - 1 : at].isspace()
    if begins[:1] in "?。!,.;、" and not begins[1:2].isdecimal():
        return True
    return spaced and not begins.startswith(units())


def further(text: str, whole: Unit, stop: int) -> tuple[Unit, ...]:
    """An article named without a number (前条), with the 款 and 项 cited after it."""
    out = [whole]
    _listed(text, whole.end, stop, out)
    # 前条、第十条: the second is another article.
    return tuple(u for u in out if u.article == whole.article)
