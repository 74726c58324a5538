"""Names of laws: full titles, short titles, old names and what people say."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from kb.errors import ConfigError

_STATE = "中华人民共和国"
# Amendments (修正案) are told apart by their year alone: it stays in their names.
_EDITION = re.compile(
    r"(?<!修正案)[(（]\s*(?:\d{4}|[一二〇○零九]{4})\s*年?(?:修[正订]|修订版|版)?(?:本|稿)?\s*[)）]$"
)
_SPACE = re.compile(r"\s+")
_FORMS = str.maketrans("〈〉﹤﹥<>（）", "《》《》《》()")
_MARKS = str.maketrans("〈〉﹤﹥<>", "《》《》《》")


def work_of(title: str) -> str:
    """The canonical short title that all versions of a law share.

    中华人民共和国体育法（2022年修订） → 体育法. Titles inside a title lose the state's name too.
    """
    work = _SPACE.sub("", title).translate(_MARKS).strip("《》" if title.count("《") == 1 else "")
    work = _EDITION.sub("", work)
    short = work.replace(_STATE, "")
    return short or work


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a work. note: what the reader should know; part: the heading meant."""

    name: str
    work: str
    note: str = ""
    part: str = ""


@lru_cache(maxsize=1)
def aliases() -> dict[str, Alias]:
    """The table kb/data/law_aliases.toml by name. Raises ConfigError where an entry is wrong."""
    source = "kb/data/law_aliases.toml"
    data = tomllib.loads(resources.files("kb").joinpath("data/law_aliases.toml").read_text("utf-8"))
    found: dict[str, Alias] = {}
    for entry in data.get("alias", []):
        if not set(entry) <= {"names", "work", "note", "part"} or not entry.get("work"):
            raise ConfigError(f"{source}：条目 {entry!r} 的键应为 names、work、note、part。")
        for name in entry["names"]:
            if name in found:
                raise ConfigError(f"{source}：别名“{name}”重复。")
            found[name] = Alias(name, entry["work"], entry.get("note", ""), entry.get("part", ""))
    return found


@dataclass(frozen=True, slots=True)
class Mention:
    """A law named in a text: characters start to end, brackets included."""

    start: int
    end: int
    work: str
    name: str
    note: str = ""
    part: str = ""


class LawNames:
    """Finds laws by any of their names among the works that are in the base."""

    def __init__(self, works: Iterable[str]) -> None:
        self._names: dict[str, Alias] = {}
        known = set(works)
        for work in known:
            for name in (
                work,
                _STATE + work,
                work.replace("《", "").replace("》", ""),
                work.replace("《", f"《{_STATE}"),
            ):
                self._names.setdefault(name.translate(_FORMS), Alias(name, work))
        for alias in aliases().values():
            # An old law that is itself in the base keeps its name for itself.
            if alias.work in known:
                self._names.setdefault(alias.name.translate(_FORMS), alias)
        self._longest = max(map(len, self._names), default=0)
        self._starts = {name[:2] for name in self._names}

    def resolve(self, name: str) -> Alias | None:
        """The work a name means, or None."""
        plain = _SPACE.sub("", name).translate(_MARKS)
        for form in (plain, plain.strip("《》"), work_of(plain)):
            if found := self._names.get(form.translate(_FORMS)):
                return found
        return None

    def find(self, text: str) -> list[Mention]:
        """Laws named in the text, from left to right, the longest name at each place."""
        found: list[Mention] = []
        at = 0
        text = text.translate(_FORMS)
        while at < len(text):
            if text[at : at + 2] in self._starts:
                for size in range(min(self._longest, len(text) - at), 1, -1):
                    alias = self._names.get(text[at : at + size])
                    if alias:
                        start, end = _with_brackets(text, at, at + size)
                        found.append(
                            Mention(start, end, alias.work, alias.name, alias.note, alias.part)
                        )
                        at = end
                        break
                else:
                    at += 1
            else:
                at += 1
        return found


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    if start and text[start - 1] == "《" and text[end : end + 1] == "》":
        return start - 1, end + 1
    return start, end
