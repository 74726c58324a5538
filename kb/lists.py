"""Lists of the laws in force that the National People's Congress publishes: kb/data/in_force.toml.

A complete list is evidence both ways: a law on it was in force that day, in the version of the year it
names; a law that isn't on it was not.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from kb.amendments import key_of
from kb.errors import ConfigError
from kb.lawnames import work_of

_FILE = "kb/data/in_force.toml"


@dataclass(frozen=True, slots=True)
class LawList:
    """A complete list of laws in force on a day. years: by `key_of` the work, the year of its last
    amendment, or of adoption if it was never amended; 0 if unknown."""

    day: date
    source: str
    years: Mapping[str, int]

    def names(self, work: str) -> bool:
        return key_of(work) in self.years

    def covers(self, work: str) -> bool:
        """Whether the list would name the work if it were in force: laws in the narrow sense. Decisions,
        interpretations and amendments (修正案) are laws too, but only some of them are listed."""
        return work.endswith(("法", "法典", "条例", "通则", "总则")) and "关于" not in work


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
