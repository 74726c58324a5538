"""Lists of the laws in force on a day (现行有效法律目录), which the National People's Congress publishes.

A complete list is evidence both ways: a law on it was in force that day, in the version of the year it
names; a law that isn't on it was not. One comes with the program, kb/data/in_force.toml; others are
documents, seen by those who may see them, whose works are in their entries of the catalogue
(`DocumentInfo.in_force`).
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from kb.amendments import key_of
from kb.documents import Document
from kb.errors import ConfigError
from kb.lawnames import work_of

_FILE = "kb/data/in_force.toml"
_TITLE = re.compile(r"(?:中华人民共和国)?现行有效法律目录(?:[（(][^（）()]{1,40}[）)])*")
_NUMBER = re.compile(r"^\s*(?:[(（]?\d{1,4}[)）.．、]?\s*)?")


@dataclass(frozen=True, slots=True)
class LawList:
    """A complete list of laws in force on a day. years: by `key_of` the work, the year of its last
    amendment, or of adoption if it was never amended; 0 if unknown."""

    day: date
    source: str
    years: Mapping[str, int]

    def covers(self, work: str) -> bool:
        """Whether the list would name the work if it were in force: laws in the narrow sense. Decisions,
        interpretations and amendments (修正案) are laws too, but only some of them are listed."""
        return work.endswith(("法", "法典", "条例", "通则", "总则")) and "关于" not in work


def title(count: int, day: date) -> str:
    """The title such a list has: 现行有效法律目录（311件）（截至2026年6月26日）."""
    return f"现行有效法律目录（{count}件）（截至{day.year}年{day.month}月{day.day}日）"


def works_of(document: Document) -> tuple[str, ...]:
    """The works on a document that is a list with a day; else none."""
    if _TITLE.fullmatch("".join(document.title.split())) is None or document.published is None:
        return ()
    lines = (line for p in document.passages for line in p.text.splitlines())
    return tuple(dict.fromkeys(work_of(_NUMBER.sub("", line)) for line in lines if line.strip()))


def of_works(day: date, works: Iterable[str]) -> LawList:
    """The list that a document is: it names no years."""
    years = {key_of(work): 0 for work in works}
    return LawList(day, title(len(years), day), years)


@lru_cache(maxsize=1)
def shipped() -> LawList:
    """The list that comes with the program. Raises ConfigError for an invalid file."""
    return read(resources.files("kb").joinpath("data/in_force.toml").read_text("utf-8"))


def read(text: str) -> LawList:
    """Parses a list in the format of kb/data/in_force.toml. Raises ConfigError."""
    try:
        data = tomllib.loads(text)
        day, source, laws = data["day"], data["source"], data["laws"]
    except (tomllib.TOMLDecodeError, KeyError) as e:
        raise ConfigError(f"{_FILE}：应为含 day、source、[laws] 的 TOML：{e}") from e
    # type(), because a TOML datetime is also a date to isinstance.
    if type(day) is not date or not isinstance(source, str) or not isinstance(laws, dict):
        raise ConfigError(f"{_FILE}：day 应为日期，source 应为文字，[laws] 应为“名称 = 年份”")
    for work, year in laws.items():
        if type(year) is not int or not 1949 <= year <= day.year:
            raise ConfigError(f"{_FILE}：{work} 应为 1949 到 {day.year} 的年份")
        if work_of(work) != work:
            raise ConfigError(f"{_FILE}：{work} 应写规范简称 {work_of(work)}")
    return LawList(day, source, {key_of(work): year for work, year in laws.items()})
