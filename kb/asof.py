"""Determines which version of a law a citation means, by the day on which it was written.

Article numbers change when a law is revised: 反垄断法 第十七条 of 2008 is 第二十二条 today. So a
citation is resolved in the version that applied then, and in another only if the numbers are known
to be unchanged.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from kb import amendments as table
from kb.amendments import Amendment
from kb.errors import ConfigError
from kb.validity import VersionFacts

_FILE = "kb/data/numbering.toml"


@lru_cache(maxsize=1)
def kept() -> Mapping[str, date]:
    """Date since which each work's article numbers are unchanged. Raises ConfigError for an invalid table."""
    return read(resources.files("kb").joinpath("data/numbering.toml").read_text("utf-8"))


def read(text: str) -> dict[str, date]:
    """The table of kb/data/numbering.toml. Raises ConfigError."""
    try:
        entries = tomllib.loads(text)["kept"]
    except (tomllib.TOMLDecodeError, KeyError) as e:
        raise ConfigError(f"{_FILE}：应为含 [kept] 的 TOML：{e}") from e
    for work, since in entries.items():
        # type(), because a TOML datetime is also a date to isinstance.
        if type(since) is not date:
            raise ConfigError(f"{_FILE}：{work} 应为日期")
    return dict(entries)


@dataclass(frozen=True, slots=True)
class Meant:
    """The version in which to resolve a citation, by id; empty if the base lacks the version that
    applied. old: it is not the newest, so the number may differ today."""

    id: str = ""
    old: bool = False


def meant(
    versions: Sequence[VersionFacts],
    day: date,
    amendments: Sequence[Amendment] | None = None,
) -> Meant:
    """The version of one work that applied on a day. amendments: of the work; by default those listed.
    Undated versions never apply."""
    dated = [v for v in versions if v.dated > date.min]
    if not dated:
        return Meant()
    if amendments is None:
        amendments = table.of(dated[0].work)
    newest = max(dated, key=lambda v: (v.dated, v.starts))
    applied = [v for v in dated if v.starts <= day]
    text = max(applied, key=lambda v: (v.dated, v.starts)) if applied else None
    later = [a for a in amendments if a.effective and a.effective <= day]
    if text is not None and not any(a.touches(text.published, text.effective) for a in later):
        return Meant(text.id, old=text.dated < newest.dated)
    since = kept().get(newest.work)
    if since is not None and since <= day:
        return Meant(newest.id)
    return Meant(old=text is None)
