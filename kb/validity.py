"""时效性: which version of a statute applies on a day, and what to tell the reader.

Considers the source's statement on a version, the other versions of the work, the day, and
kb/data/amendments.toml, which lists changes missing from the texts at hand. In doubt a text is shown as
no longer in force: showing a repealed law as valid is the one error that must never happen.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from itertools import groupby
from typing import Any

from kb.documents import Document, Status
from kb.errors import ConfigError
from kb.lawnames import work_of

CHANGES = ("修订", "修正", "废止", "新法替代", "待核实")
"""Types of amendments; see kb/data/amendments.toml."""

_FILE = "kb/data/amendments.toml"
_DATABASE = "国家法律法规数据库"


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """Facts about one version. status: as stated by the source, as of `as_of`."""

    id: str
    work: str
    published: date | None = None
    effective: date | None = None
    status: Status | None = None
    expires: date | None = None
    as_of: date | None = None

    @classmethod
    def of(cls, document: Document) -> "VersionFacts":
        return cls(
            document.id,
            document.work,
            document.published,
            document.effective,
            document.status,
            document.expires,
            document.as_of,
        )

    @property
    def dated(self) -> date:
        """The version's date, which orders a work's versions; the earliest if unknown."""
        return self.published or self.effective or date.min

    @property
    def starts(self) -> date:
        """The date from which it applies. An amended text keeps the date when its first version took
        effect, so a date before its publication is ignored."""
        return max(self.effective or date.min, self.dated)


@dataclass(frozen=True, slots=True)
class Shown:
    """The displayed 时效性 and an accompanying sentence, possibly empty."""

    status: Status
    note: str = ""


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change to a work. what: one of CHANGES. Dates are None for 待核实 only."""

    work: str
    what: str
    adopted: date | None = None
    effective: date | None = None
    replaced_by: str = ""

    @property
    def repeals(self) -> bool:
        return self.what in ("废止", "新法替代")

    def touches(self, version: VersionFacts) -> bool:
        """Whether the version predates the change; undated ones do."""
        if self.adopted is None or self.effective is None:
            return False
        if version.published is not None and version.published >= self.adopted:
            return False
        return version.effective is None or version.effective < self.effective


def resolve(
    versions: Sequence[VersionFacts], today: date, amendments: Sequence[Amendment] | None = None
) -> dict[str, Shown]:
    """The 时效性 of every version of one work, by id.

    amendments: of this work; by default those listed. Versions with the same date are copies and
    don't supersede each other. Raises ValueError if the works differ.
    """
    works = {v.work for v in versions}
    if len(works) > 1:
        raise ValueError(f"versions of different works: {sorted(works)}")
    if amendments is None:
        amendments = [a for w in works if w for a in listed().get(w, ())]
    return {v.id: _resolve(v, versions, today, amendments) for v in versions}


def resolve_all(
    versions: Iterable[VersionFacts], today: date, extra: Iterable[Amendment] = ()
) -> dict[str, Shown]:
    """`resolve` for versions of any works; versions without a work are independent.

    extra: amendments in addition to the listed ones, such as those of `repeals`.
    """
    known: dict[str, list[Amendment]] = {w: list(a) for w, a in listed().items()}
    for amendment in extra:
        known.setdefault(amendment.work, []).append(amendment)
    shown: dict[str, Shown] = {}
    for work, group in groupby(sorted(versions, key=lambda v: v.work), key=lambda v: v.work):
        members = list(group)
        for together in [members] if work else [[v] for v in members]:
            shown.update(resolve(together, today, known.get(work, ()) if work else ()))
    return shown


def _resolve(
    version: VersionFacts,
    versions: Sequence[VersionFacts],
    today: date,
    amendments: Sequence[Amendment],
) -> Shown:
    later = [v for v in versions if v.dated > version.dated]
    replaced = [v for v in later if v.starts <= today]
    pending = [v.starts for v in later if v.starts > today]
    applying = [a for a in amendments if a.touches(version)]
    done = [a for a in applying if a.effective is not None and a.effective <= today]
    notes: list[str] = []

    if version.starts > today:
        return Shown(Status.PENDING, f"将于{_day(version.starts)}施行")
    if version.status is Status.PENDING and version.effective is None and not replaced and not done:
        return Shown(Status.PENDING, "施行日期以公布机关公告为准")
    if replaced:
        return Shown(Status.AMENDED, f"已有{_day(max(v.dated for v in replaced))}的新版本")
    if done:
        return _changed(done)
    if version.status is Status.REPEALED or version.status is Status.AMENDED:
        status = Status.AMENDED if later else version.status
        return Shown(status, _revision(min(pending)) if pending else "")
    if version.expires is not None and version.expires < today:
        return Shown(Status.REPEALED, f"有效期至{_day(version.expires)}，已届满")

    # Still in force: upcoming changes, and how reliable this is.
    coming = [a for a in applying if a.effective is not None and a.effective > today]
    for amendment in sorted(coming, key=lambda a: a.effective or date.max):
        assert amendment.effective is not None
        if amendment.repeals:
            notes.append(f"将于{_day(amendment.effective)}起废止{_successor(amendment)}")
        else:
            pending.append(amendment.effective)
    if pending:
        notes.append(_revision(min(pending)))
    if any(a.what == "待核实" for a in amendments):
        notes.append(f"可能已有修改或被替代，引用前请查{_DATABASE}")
    if version.as_of is not None:
        notes.append(f"数据截至{version.as_of.year}年{version.as_of.month}月")
    return Shown(Status.IN_FORCE, "；".join(notes))


def _changed(done: Sequence[Amendment]) -> Shown:
    last = max(done, key=lambda a: (a.repeals, a.effective or date.min))
    assert last.adopted is not None and last.effective is not None
    if not last.repeals:
        return Shown(
            Status.AMENDED,
            f"已于{_day(last.adopted)}{last.what}，新文本自{_day(last.effective)}起施行；"
            f"本库所载为{last.what}前文本",
        )
    return Shown(Status.REPEALED, f"自{_day(last.effective)}起废止{_successor(last)}")


def _successor(amendment: Amendment) -> str:
    return f"，由{_quoted(amendment.replaced_by)}替代" if amendment.replaced_by else ""


def _quoted(work: str) -> str:
    # Titles inside a title are in single brackets: GB/T 15834-2011, 4.15.3.4.
    return "《" + work.replace("《", "〈").replace("》", "〉") + "》"


def _revision(starts: date) -> str:
    return f"修订版将于{_day(starts)}施行"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


_REPEALED = "同时废止"
_BETWEEN = "、，和及与以"
_LONGEST_TITLE, _LONGEST_NOTE = 120, 40


def repeals(document: Document) -> tuple[Amendment, ...]:
    """Repeals stated by a statute itself: 《…》、《…》同时废止 in its closing articles.

    A sentence that repeals a part (《…》第五条) is not treated as repealing the whole.
    """
    if document.published is None or not document.is_statute:
        return ()
    starts = max(document.effective or date.min, document.published)
    found: dict[str, Amendment] = {}
    for passage in document.passages:
        for title in _repealed(passage.text):
            work = work_of(title)
            if work != document.work:
                found[work] = Amendment(work, "新法替代", document.published, starts, document.work)
    return tuple(found.values())


def _repealed(text: str) -> list[str]:
    """The titles directly before 同时废止, in order. Scans backwards from these words, so that each
    character is visited a bounded number of times for any text."""
    titles: list[str] = []
    start = text.find(_REPEALED)
    while start >= 0:
        before: list[str] = []
        end = start
        while (found := _title_before(text, end)) is not None:
            title, end = found
            before.append(title)
        titles += reversed(before)
        start = text.find(_REPEALED, start + len(_REPEALED))
    return titles


def _title_before(text: str, end: int) -> tuple[str, int] | None:
    """The title that ends at `end`, ignoring a note （…） and joining words after it, and its start."""
    while end and text[end - 1] in _BETWEEN:
        end -= 1
    if end and text[end - 1] in "）)":
        at = max(text.rfind(mark, max(0, end - 2 - _LONGEST_NOTE), end - 1) for mark in "（(")
        if at < 0 or at + 2 > end - 1 or any(c in "）)" for c in text[at + 1 : end - 1]):
            return None
        end = at
    if not end or text[end - 1] != "》":
        return None
    depth = 0
    for at in range(end - 1, max(-1, end - 3 - _LONGEST_TITLE), -1):
        depth += (text[at] == "》") - (text[at] == "《")
        if depth > 2:  # a title in a title is quoted, one more isn't
            return None
        if depth == 0:
            title = text[at + 1 : end - 1]
            return (title, at) if len(title.strip("《》")) > 1 else None
    return None


@lru_cache(maxsize=1)
def listed() -> Mapping[str, tuple[Amendment, ...]]:
    """kb/data/amendments.toml by work. Raises ConfigError for an invalid entry."""
    text = resources.files("kb").joinpath("data/amendments.toml").read_text("utf-8")
    return read(text)


def read(text: str) -> dict[str, tuple[Amendment, ...]]:
    """Parses amendments by work from TOML in the format of kb/data/amendments.toml. Raises ConfigError."""
    try:
        entries = tomllib.loads(text)["amendment"]
    except (tomllib.TOMLDecodeError, KeyError) as e:
        raise ConfigError(f"{_FILE}：应为含 [[amendment]] 的 TOML：{e}") from e
    found: dict[str, list[Amendment]] = {}
    for number, entry in enumerate(entries, 1):
        for amendment in _entry(number, entry):
            found.setdefault(amendment.work, []).append(amendment)
    return {work: tuple(amendments) for work, amendments in found.items()}


def _entry(number: int, entry: Mapping[str, Any]) -> list[Amendment]:
    def fail(message: str) -> ConfigError:
        return ConfigError(f"{_FILE}：第 {number} 个 [[amendment]]：{message}")

    unknown = set(entry) - {"works", "what", "adopted", "effective", "replaced_by"}
    if unknown:
        raise fail(f"不认识的键 {sorted(unknown)}")
    works, what = entry.get("works"), entry.get("what")
    if not isinstance(works, list) or not works or not all(isinstance(w, str) for w in works):
        raise fail("works 应为非空的名称列表")
    if what not in CHANGES:
        raise fail(f"what 应为 {'、'.join(CHANGES)} 之一")
    adopted, effective = entry.get("adopted"), entry.get("effective")
    if what == "待核实":
        if adopted is not None or effective is not None:
            raise fail("待核实的条目不写日期")
    # type(), because a TOML datetime is also a date to isinstance.
    elif type(adopted) is not date or type(effective) is not date or adopted > effective:
        raise fail("adopted、effective 应为日期，且 adopted 不晚于 effective")
    by = entry.get("replaced_by", "")
    if not isinstance(by, str) or (what == "新法替代") != bool(by):
        raise fail("新法替代须写明 replaced_by，其他不写")
    for work in works:
        if work_of(work) != work:
            raise fail(f"{work} 应写规范简称 {work_of(work)}")
    return [Amendment(work, what, adopted, effective, by) for work in works]
