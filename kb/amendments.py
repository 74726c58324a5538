"""Changes of statutes known beside the texts: kb/data/amendments.toml and kb/data/decisions.toml.

A change is matched to a work by `key_of` its name, because decisions, closing articles and titles write
one name with other punctuation, with or without its issuer.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any

from kb.errors import ConfigError
from kb.lawnames import work_of

CHANGES = ("修订", "修正", "废止", "新法替代", "待核实")
"""Types of amendments; see kb/data/amendments.toml."""

FILES = ("amendments.toml", "decisions.toml")

_BODY = (
    r"(?:全国人民代表大会(?:常务委员会)?|国务院(?:办公厅)?|最高人民法院|最高人民检察院|公安部|国家安全部"
    r"|司法部|民政部|财政部)"
)
_ISSUER = re.compile(
    rf"^(?:{_BODY}(?:[、和]?{_BODY}){{0,8}}等?(?:印发|发布)?(?=关于|《))?《?(?:关于(?=.))?"
)
_ISSUED = re.compile(r"^[^《》]{0,40}(?:印发|发布)[^《》]{0,4}《(?P<title>.+)》的通知$")
_PUNCTUATION = re.compile(r"[\W_]+")

_BRACKETS = str.maketrans("[]()（）", "〔〕〔〕〔〕")
_LONGEST = 400
"""Characters of a name that are compared."""

_PASSED = timedelta(days=31)
"""A text dated this long before a decision was promulgated may be the decision's own outcome, dated by the
day it was passed: 2020-12-23 and 2020-12-29 for 法释〔2020〕17号."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change to a work. what: one of CHANGES. Dates are None for 待核实 only.

    number: the 文号 of the text changed, where the decision gives it. source: who says so. For 待核实,
    reason: what is suspected; checked: the day it was last looked into.
    """

    work: str
    what: str
    adopted: date | None = None
    effective: date | None = None
    replaced_by: str = ""
    number: str = ""
    source: str = ""
    reason: str = ""
    checked: date | None = None

    @property
    def repeals(self) -> bool:
        return self.what in ("废止", "新法替代")

    def may_mean(self, number: str) -> bool:
        """Whether a decision may mean a text with this 文号: the one that it gives is of the same series, or
        either is unknown. A text of 法发〔2010〕 is not the later one of its name, 法释〔2016〕."""
        one, other = (plain_number(n).partition("〔")[0] for n in (self.number, number))
        return not one or not other or one == other

    def touches(self, published: date | None, effective: date | None) -> bool:
        """Whether a text with these dates predates the change; undated ones do."""
        if self.adopted is None or self.effective is None:
            return False
        if published is not None:
            latest = self.adopted if self.repeals else self.adopted - _PASSED
            if published >= latest:
                return False
        return effective is None or effective < self.effective


@lru_cache(maxsize=16384)
def key_of(work: str) -> str:
    """What equals for all ways to write one name: without punctuation, the state's name, the issuers
    before it and 关于. 最高人民法院关于审理偷税、抗税案件的解释 → 审理偷税抗税案件的解释."""
    work = work_of(work[:_LONGEST])
    if issued := _ISSUED.match(work):
        work = work_of(issued["title"])
    return _PUNCTUATION.sub("", _ISSUER.sub("", work)) or work


def plain_number(number: str) -> str:
    """A 文号 without what its writers vary: white space, 第, and the form of brackets."""
    return re.sub(r"[\s第]", "", number).translate(_BRACKETS)


def by_key(amendments: Iterable[Amendment]) -> dict[str, tuple[Amendment, ...]]:
    """Amendments by the key of their work."""
    found: dict[str, list[Amendment]] = {}
    for amendment in amendments:
        found.setdefault(key_of(amendment.work), []).append(amendment)
    return {key: tuple(those) for key, those in found.items()}


def earliest(amendments: Iterable[Amendment]) -> tuple[Amendment, ...]:
    """Of several statements that one work replaced another, the earliest: later versions of it repeat
    the sentence."""
    found: dict[str, Amendment] = {}
    others: list[Amendment] = []
    for a in amendments:
        if a.what != "新法替代" or a.effective is None:
            others.append(a)
            continue
        same = found.setdefault(key_of(a.replaced_by), a)
        if a.effective < (same.effective or date.max):
            found[key_of(a.replaced_by)] = a
    return (*others, *found.values())


def by_number(
    numbers: Iterable[tuple[str, str]], amendments: Iterable[Amendment]
) -> dict[str, list[Amendment]]:
    """Amendments of a 文号 that only one work has, by that work: its name may be written otherwise.
    numbers: (work, its 文号)."""
    works: dict[str, set[str]] = {}
    for work, number in numbers:
        if work and number:
            works.setdefault(plain_number(number), set()).add(work)
    found: dict[str, list[Amendment]] = {}
    for a in amendments:
        named = works.get(plain_number(a.number), set()) if a.number else set()
        if len(named) == 1:
            found.setdefault(next(iter(named)), []).append(a)
    return found


@lru_cache(maxsize=1)
def listed() -> Mapping[str, tuple[Amendment, ...]]:
    """All changes of the shipped tables, by key. Raises ConfigError for an invalid entry."""
    folder = resources.files("kb").joinpath("data")
    texts = [(name, folder.joinpath(name).read_text("utf-8")) for name in FILES]
    return by_key(a for name, text in texts for a in read(text, f"kb/data/{name}"))


def of(work: str) -> tuple[Amendment, ...]:
    """The listed changes of a work."""
    return listed().get(key_of(work), ())


def read(text: str, file: str = "kb/data/amendments.toml") -> list[Amendment]:
    """Parses changes from TOML in the format of kb/data/amendments.toml. Raises ConfigError."""
    try:
        entries = tomllib.loads(text)["amendment"]
    except (tomllib.TOMLDecodeError, KeyError) as e:
        raise ConfigError(f"{file}：应为含 [[amendment]] 的 TOML：{e}") from e
    return [a for number, entry in enumerate(entries, 1) for a in _entry(file, number, entry)]


_KEYS = {"works", "what", "adopted", "effective", "replaced_by", "source", "reason", "checked"}


def _entry(file: str, number: int, entry: Mapping[str, Any]) -> list[Amendment]:
    def fail(message: str) -> ConfigError:
        return ConfigError(f"{file}：第 {number} 个 [[amendment]]：{message}")

    unknown = set(entry) - _KEYS
    if unknown:
        raise fail(f"不认识的键 {sorted(unknown)}")
    works, what = entry.get("works"), entry.get("what")
    if not isinstance(works, list) or not works or not all(isinstance(w, str) for w in works):
        raise fail("works 应为非空的名称列表")
    if what not in CHANGES:
        raise fail(f"what 应为 {'、'.join(CHANGES)} 之一")
    adopted, effective = entry.get("adopted"), entry.get("effective")
    reason, checked = entry.get("reason", ""), entry.get("checked")
    # type(), because a TOML datetime is also a date to isinstance.
    if what == "待核实":
        if adopted is not None or effective is not None:
            raise fail("待核实的条目不写日期")
        if not reason or not isinstance(reason, str) or type(checked) is not date:
            raise fail("待核实的条目须写明 reason（缘由）和 checked（何日查过）")
    elif type(adopted) is not date or type(effective) is not date or adopted > effective:
        raise fail("adopted、effective 应为日期，且 adopted 不晚于 effective")
    elif reason or checked is not None:
        raise fail("reason、checked 只用于待核实的条目")
    by, source = entry.get("replaced_by", ""), entry.get("source", "")
    if not isinstance(by, str) or (what == "新法替代") != bool(by):
        raise fail("新法替代须写明 replaced_by，其他不写")
    if not isinstance(source, str):
        raise fail("source 应为文字")
    for work in works:
        if work_of(work) != work:
            raise fail(f"{work} 应写规范简称 {work_of(work)}")
    return [Amendment(w, what, adopted, effective, by, "", source, reason, checked) for w in works]
