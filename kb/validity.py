"""时效性: which version of a statute applies on a day, what says so and as of when, and what to tell the
reader.

Considers the source's statement on a version, the other versions of the work, the day, changes known
beside the texts (kb/amendments.py, kb/repeals.py) and the list of laws in force (kb/lists.py). In doubt a
text is shown as no longer in force: showing a repealed law as valid is the one error that must never
happen. What is in force as of a day long past is said to be so, and no more.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from kb import amendments as table
from kb import lists, parents
from kb.amendments import Amendment, key_of
from kb.documents import Kind, Status
from kb.lawnames import quoted
from kb.lists import LawList

HORIZON = 6
"""Months after which nothing is taken to be still so: the default of the setting status_months."""

_DATABASE = "国家法律法规数据库"
_WEEK = timedelta(days=7)
_CONGRESS = "全国人民代表大会"
"""Whose laws the list names: what isn't said to be theirs may be filed as a law by mistake."""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """Facts about one version. status: as stated by the source, as of `as_of`. text: equal for equal
    articles, empty if unknown; kind: None if unknown."""

    id: str
    work: str
    published: date | None = None
    effective: date | None = None
    status: Status | None = None
    expires: date | None = None
    as_of: date | None = None
    kind: Kind | None = None
    number: str = ""
    text: str = ""
    issuer: str = ""

    @property
    def dated(self) -> date:
        """The version's date, which orders a work's versions; the earliest if unknown."""
        return self.published or self.effective or date.min

    @property
    def starts(self) -> date:
        """The date from which it applies. An amended text keeps the date when its first version took
        effect, so a date before its publication is ignored."""
        return max(self.effective or date.min, self.dated)

    def copies(self, other: "VersionFacts") -> bool:
        """Whether the two are one text, dated differently by two files: neither supersedes the other.
        Nothing is amended twice in a week."""
        near = abs(self.dated - other.dated) <= _WEEK and self.published and other.published
        return bool(near) or (bool(self.text) and self.text == other.text)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a status rests on. kind: source (the source's statement), version (a later one), change (an
    amendment or repeal), list, expiry or text (its own dates). as_of: the day it speaks of."""

    kind: str
    text: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The displayed 时效性 and an accompanying sentence, possibly empty.

    as_of: the last day for which the status is known, None if no source says. confirmed: whether that is
    within the horizon; a text no longer in force stays so. old: the base has only this text of a work
    that has a newer one.
    """

    status: Status
    note: str = ""
    as_of: date | None = None
    confirmed: bool = True
    evidence: tuple[Evidence, ...] = ()
    old: bool = False


def words(status: Status | None, as_of: date | None, *, confirmed: bool) -> str:
    """The status in words: 现行有效 only where that is confirmed."""
    if status is not Status.IN_FORCE or confirmed:
        return status.value if status else ""
    return f"截至{as_of.year}年{as_of.month}月有效" if as_of else "时效未核实"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside the versions of one work."""

    today: date
    amendments: Sequence[Amendment]
    in_force: LawList | None
    since: date


def resolve(
    versions: Sequence[VersionFacts],
    today: date,
    amendments: Sequence[Amendment] | None = None,
    in_force: LawList | None = None,
    months: int = HORIZON,
) -> dict[str, Shown]:
    """The 时效性 of every version of one work, by id.

    amendments: of this work; by default those listed. in_force: by default the shipped list. months: the
    horizon. Raises ValueError if the works differ.
    """
    works = {v.work for v in versions}
    if len(works) > 1:
        raise ValueError(f"versions of different works: {sorted(works)}")
    if amendments is None:
        amendments = [a for w in works if w for a in table.of(w)]
    listed = in_force or lists.shipped()
    known = _Known(
        today, amendments, listed if listed.day <= today else None, before(today, months)
    )
    shown = {v.id: _resolve(v, versions, known) for v in versions}
    return shown | _held(versions, shown)


def before(day: date, months: int) -> date:
    """The day so many months earlier."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def resolve_all(
    versions: Iterable[VersionFacts],
    today: date,
    extra: Iterable[Amendment] = (),
    months: int = HORIZON,
    in_force: LawList | None = None,
) -> dict[str, Shown]:
    """`resolve` for versions of any works; versions without a work are independent.

    extra: amendments in addition to the listed ones, such as those that texts of the base state.
    in_force: by default the shipped list.
    """
    every = list(versions)
    beside = list(extra)
    known = table.by_key(beside)
    numbered = table.by_number(((v.work, v.number) for v in every), beside)
    shown: dict[str, Shown] = {}
    for work, group in groupby(sorted(every, key=lambda v: v.work), key=lambda v: v.work):
        members = list(group)
        if not work:
            for member in members:
                shown.update(resolve([member], today, (), in_force, months))
            continue
        key = key_of(work)
        found = (*table.of(work), *known.get(key, ()), *numbered.get(work, ()))
        shown.update(resolve(members, today, table.earliest(found), in_force, months))
    return _with_parents(every, shown, _changed_laws(every, today, known), today)


def _resolve(version: VersionFacts, versions: Sequence[VersionFacts], known: _Known) -> Shown:
    today = known.today
    later = [v for v in versions if v.dated > version.dated and not v.copies(version)]
    replaced = [v for v in later if v.starts <= today]
    pending = [v.starts for v in later if v.starts > today]
    applying = [
        a
        for a in known.amendments
        if a.touches(version.published, version.effective) and a.may_mean(version.number)
    ]
    done = [a for a in applying if a.effective is not None and a.effective <= today]

    if version.starts > today:
        said = Evidence("text", f"自{_day(version.starts)}起施行", version.published)
        return Shown(Status.PENDING, f"将于{_day(version.starts)}施行", evidence=(said,))
    if version.status is Status.PENDING and version.effective is None and not replaced and not done:
        said = Evidence("source", "来源注明尚未生效", version.as_of)
        return Shown(Status.PENDING, "施行日期以公布机关公告为准", evidence=(said,))
    if replaced:
        newest = max(v.dated for v in replaced)
        note = f"已有{_day(newest)}的新版本"
        return Shown(Status.AMENDED, note, evidence=(Evidence("version", note, newest),))
    if done:
        return _changed(done)
    same = [v for v in versions if v.dated == version.dated or v.copies(version)]
    stated = _ended(version, same)
    if stated is not None and stated.status is not None:
        status = Status.AMENDED if later else stated.status
        said = Evidence("source", f"来源注明{stated.status}", stated.as_of)
        return Shown(status, _revision(min(pending)) if pending else "", evidence=(said,))
    if version.expires is not None and version.expires < today:
        note = f"有效期至{_day(version.expires)}，已届满"
        said = Evidence("expiry", note, version.expires)
        return Shown(Status.REPEALED, note, evidence=(said,))
    if ended := _unlisted(version, later, known):
        return ended
    return _standing(version, same, pending, applying, known)


def _ended(version: VersionFacts, same: Sequence[VersionFacts]) -> VersionFacts | None:
    """The version, or one of the same day from a source that is current for longer, if it is said to have
    ended."""
    ended = (Status.REPEALED, Status.AMENDED)
    if version.status in ended:
        return version
    since = version.as_of or date.min
    newer = (v for v in same if v.dated == version.dated and v.as_of and v.as_of > since)
    return next((v for v in newer if v.status in ended), None)


def _unlisted(version: VersionFacts, later: Sequence[VersionFacts], known: _Known) -> Shown | None:
    """What the list of laws in force proves against a version, or None."""
    listed = known.in_force
    if listed is None or version.kind is not Kind.LAW or version.dated >= listed.day:
        return None
    year = listed.years.get(key_of(version.work))
    if year is None:
        if _CONGRESS not in version.issuer or not listed.covers(version.work):
            return None
        note = f"未列入{listed.source}"
        said = Evidence("list", note, listed.day)
        return Shown(Status.REPEALED, note, listed.day, evidence=(said,))
    # A change of the list's own year may not be in effect yet.
    expected = any(v.dated.year >= year for v in later) or any(
        a.adopted and a.adopted.year >= year for a in known.amendments
    )
    if version.dated.year >= year or year >= known.today.year or expected:
        return None
    if version.dated == date.min:
        return None
    note = f"{year}年已有修改，本库所载为旧文本"
    said = Evidence("list", f"{listed.source}所载为{year}年的文本", listed.day)
    return Shown(Status.AMENDED, note, listed.day, evidence=(said,))


def _standing(
    version: VersionFacts,
    same: Sequence[VersionFacts],
    pending: list[date],
    applying: Sequence[Amendment],
    known: _Known,
) -> Shown:
    """Still in force: upcoming changes, and how reliable this is."""
    notes: list[str] = []
    coming = [a for a in applying if a.effective is not None and a.effective > known.today]
    for amendment in sorted(coming, key=lambda a: a.effective or date.max):
        assert amendment.effective is not None
        if amendment.repeals:
            notes.append(f"将于{_day(amendment.effective)}起废止{_successor(amendment)}")
        else:
            pending.append(amendment.effective)
    if pending:
        notes.append(_revision(min(pending)))
    suspected = [a for a in known.amendments if a.what == "待核实"]
    if suspected:
        notes.append(f"可能已有修改或被替代，引用前请查{_DATABASE}")
    evidence = tuple(_for(version, same, known))
    as_of = max((e.as_of for e in evidence if e.as_of), default=None)
    # Without a day of its own a text cannot be told from an older or newer one.
    # A suspicion younger than the evidence outweighs it.
    confirmed = as_of is not None and as_of >= known.since and version.dated > date.min
    confirmed = confirmed and not any(
        a.checked and a.checked > (as_of or a.checked) for a in suspected
    )
    if as_of is None:
        notes.append("来源没有注明截至何日，此后有无变动未经核实")
    elif not confirmed:
        notes.append(f"数据截至{as_of.year}年{as_of.month}月，此后有无变动未经核实")
    elif said := [e.as_of for e in evidence if e.as_of and e.kind != "text"]:
        notes.append(f"数据截至{max(said).year}年{max(said).month}月")
    return Shown(Status.IN_FORCE, "；".join(notes), as_of, confirmed, evidence)


def _for(version: VersionFacts, same: Sequence[VersionFacts], known: _Known) -> Iterable[Evidence]:
    """What says that a version is in force: the sources that have it, the list, and its own day if that
    is recent."""
    newest = max((v for v in same if v.as_of), key=lambda v: v.as_of or date.min, default=None)
    if newest is not None:
        stated = "来源注明有效" if newest.status is Status.IN_FORCE else "来源未注明失效"
        yield Evidence("source", stated, newest.as_of)
    listed = known.in_force
    if listed is not None and version.kind in (Kind.LAW, Kind.CONSTITUTION):
        year = listed.years.get(key_of(version.work))
        if year is not None and version.dated.year >= year and version.dated < listed.day:
            yield Evidence("list", f"列入{listed.source}", listed.day)
    if version.dated >= known.since:
        yield Evidence("text", "新近公布", version.dated)
    elif version.starts >= known.since:
        yield Evidence("text", "新近施行", version.starts)


def _held(versions: Sequence[VersionFacts], shown: Mapping[str, Shown]) -> dict[str, Shown]:
    """Marks the newest text of a work of which the base has only old ones."""
    if not versions or any(s.status is not Status.AMENDED for s in shown.values()):
        return {}
    newest = max(v.dated for v in versions)
    found = {}
    for v in versions:
        if v.dated == newest and versions[0].work:
            one = shown[v.id]
            found[v.id] = replace(one, old=True, note=one.note or "本库所载为旧文本，未收录新文本")
    return found


def _changed(done: Sequence[Amendment]) -> Shown:
    last = max(done, key=lambda a: (a.repeals, a.effective or date.min))
    assert last.adopted is not None and last.effective is not None
    if not last.repeals:
        note = (
            f"已于{_day(last.adopted)}{last.what}，新文本自{_day(last.effective)}起施行；"
            f"本库所载为{last.what}前文本"
        )
        status = Status.AMENDED
    else:
        by = _successor(last) or (f"（{last.source}）" if last.source else "")
        note, status = f"自{_day(last.effective)}起废止{by}", Status.REPEALED
    said = Evidence("change", last.source or note, last.effective)
    return Shown(status, note, evidence=(said,))


def _changed_laws(
    versions: Sequence[VersionFacts],
    today: date,
    known: Mapping[str, Sequence[Amendment]],
) -> dict[str, list[tuple[date, str]]]:
    """Days since which laws have applied in another wording or not at all, by key; each with 修改 or 废止."""
    named = {p for v in versions if v.kind in parents.SUBORDINATE for p in parents.of(v.work)}
    keys = {key_of(law) for law in named}
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for v in versions:
        applies = v.kind is Kind.LAW and v.dated > date.min and v.starts <= today
        if applies and (key := key_of(v.work)) in keys:
            found[key].append((v.dated, "修改"))
    for law in named:
        key = key_of(law)
        for a in (*table.of(law), *known.get(key, ())):
            if a.adopted and a.effective and a.effective <= today:
                found[key].append((a.adopted, "废止" if a.repeals else "修改"))
    return found


def _with_parents(
    versions: Iterable[VersionFacts],
    shown: dict[str, Shown],
    changed: Mapping[str, Sequence[tuple[date, str]]],
    today: date,
) -> dict[str, Shown]:
    """Adds a word of caution to what carries out a law that has since changed."""
    for v in versions:
        one = shown[v.id]
        if (
            one.status is not Status.IN_FORCE
            or v.kind not in parents.SUBORDINATE
            or v.dated == date.min
        ):
            continue
        for law in parents.of(v.work):
            since = [c for c in changed.get(key_of(law), ()) if c[0] > v.dated]
            if not since:
                continue
            how = "废止" if any(what == "废止" for _, what in since) else "修改"
            does = "解释" if v.kind is Kind.INTERPRETATION else "依据"
            caution = f"所{does}的{quoted(law)}已{how}，引用前请核对"
            shown[v.id] = replace(one, note="；".join(n for n in (caution, one.note) if n))
            break
    return shown


def _successor(amendment: Amendment) -> str:
    return f"，由{quoted(amendment.replaced_by)}替代" if amendment.replaced_by else ""


def _revision(starts: date) -> str:
    return f"修订版将于{_day(starts)}施行"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
