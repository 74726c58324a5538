"""Which text of a law a citation means, by the day on which it was written.

An article's number moves when a law is revised: 反垄断法 第十七条 of 2008 is 第二十二条 today. So a
citation is read in the text that applied then, and in no other unless the numbers are known to have
stayed.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from kb import validity
from kb.errors import ConfigError
from kb.validity import Amendment, VersionFacts

_FILE = "kb/data/numbering.toml"


@lru_cache(maxsize=1)
def kept() -> Mapping[str, date]:
    """From when on the numbers of a work's articles stayed. Raises ConfigError where it is wrong."""
    return read(resources.files("kb").joinpath("data/numbering.toml").read_text("utf-8"))


def read(text: str) -> dict[str, date]:
    """The table of kb/data/numbering.toml. Raises ConfigError."""
    try:
        entries = tomllib.loads(text)["kept"]
    except (tomllib.TOMLDecodeError, KeyError) as e:
        raise ConfigError(f"{_FILE}：应为含 [kept] 的 TOML：{e}") from e
    for work, since in entries.items():
        # type(), as a TOML date with a time of day is a date to isinstance.
        if type(since) is not date:
            raise ConfigError(f"{_FILE}：{work} 应为日期")
    return dict(entries)


@dataclass(frozen=True, slots=True)
class Meant:
    """The version to read a citation in, by its id; empty where the base has not the text that
    applied. old: it is not the newest, so the number may be another today."""

    id: str = ""
    old: bool = False


def meant(
    versions: Sequence[VersionFacts],
    day: date,
    amendments: Sequence[Amendment] | None = None,
) -> Meant:
    """The version of one work that applied on a day. amendments: of the work; by default those
    listed. Versions without any date apply on no day."""
    dated = [v for v in versions if v.dated > date.min]
    if not dated:
        return Meant()
    if amendments is None:
        amendments = validity.listed().get(dated[0].work, ())
    newest = max(dated, key=lambda v: (v.dated, v.starts))
    applied = [v for v in dated if v.starts <= day]
    text = max(applied, key=lambda v: (v.dated, v.starts)) if applied else None
    later = [a for a in amendments if a.effective and a.effective <= day]
    if text is not None and not any(a.touches(text) for a in later):
        return Meant(text.id, old=text.dated < newest.dated)
    since = kept().get(newest.work)
    if since is not None and since <= day:
        return Meant(newest.id)
    return Meant(old=text is None)
