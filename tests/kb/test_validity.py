"""The 时效性 shown: the rules, the listed changes, and every version group of the real data."""

import re
import sqlite3
from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import amendments
from kb.amendments import Amendment
from kb.documents import Kind, Status
from kb.lawnames import work_of
from kb.lists import LawList
from kb.validity import (
    Evidence,
    Shown,
    VersionFacts,
    before,
    resolve,
    resolve_all,
    words,
)
from tests.support import real

DATABASE = "db.sqlite3"
TODAY = date(2026, 11, 20)
needs_laws = pytest.mark.skipif(
    not (real.LAWS.root / DATABASE).is_file(), reason="../shared/data/laws is not there"
)


def facts(id: str, published: date | None = None, **more: object) -> VersionFacts:
    return VersionFacts(id, str(more.pop("work", "某法")), published, **more)  # type: ignore[arg-type]


OLD, NEW = date(2016, 11, 7), date(2022, 6, 24)


def test_the_later_version_in_effect_makes_the_earlier_amended() -> None:
    shown = resolve([facts("new", NEW, effective=date(2023, 1, 1)), facts("old", OLD)], TODAY)
    assert shown["new"].status is Status.IN_FORCE
    assert shown["old"].status is Status.AMENDED
    assert "2022年6月24日" in shown["old"].note


def test_until_the_revision_takes_effect_the_old_text_applies() -> None:
    versions = [facts("old", OLD), facts("new", NEW, effective=date(2023, 1, 1))]
    shown = resolve(versions, date(2022, 12, 31))
    assert shown["old"].status is Status.IN_FORCE
    assert shown["old"].note.startswith("修订版将于2023年1月1日施行")
    assert shown["new"].status is Status.PENDING
    assert shown["new"].note == "将于2023年1月1日施行"
    on_the_day = resolve(versions, date(2023, 1, 1))
    assert on_the_day["old"].status is Status.AMENDED
    assert on_the_day["new"].status is Status.IN_FORCE


def test_three_versions_leave_one_in_force() -> None:
    shown = resolve(
        [
            facts("b", date(2022, 3, 29)),
            facts("c", date(2023, 7, 20)),
            facts("a", date(2019, 3, 2)),
        ],
        TODAY,
    )
    assert {i for i, s in shown.items() if s.status is Status.IN_FORCE} == {"c"}
    assert shown["a"].status is shown["b"].status is Status.AMENDED


@pytest.mark.parametrize("stated", [Status.REPEALED, Status.AMENDED])
def test_what_the_source_says_has_ended_is_never_in_force(stated: Status) -> None:
    alone = resolve([facts("a", OLD, status=stated)], TODAY)
    assert alone["a"].status is stated
    with_later = resolve([facts("a", OLD, status=stated), facts("b", NEW)], TODAY)
    assert with_later["a"].status is Status.AMENDED
    with_pending = resolve(
        [facts("a", OLD, status=stated), facts("b", NEW, effective=date(2027, 1, 1))], TODAY
    )
    assert with_pending["a"].status is Status.AMENDED
    assert "2027年1月1日" in with_pending["a"].note


def test_an_old_date_of_effect_does_not_make_an_amended_text_older() -> None:
    # The amended text still says 自2009年10月1日起施行.
    shown = resolve(
        [facts("new", NEW, effective=date(2009, 10, 1)), facts("old", OLD, effective=OLD)], TODAY
    )
    assert shown["new"].status is Status.IN_FORCE
    assert shown["old"].status is Status.AMENDED


def test_copies_of_one_version_share_its_status() -> None:
    shown = resolve([facts("a", NEW), facts("b", NEW)], TODAY)
    assert [s.status for s in shown.values()] == [Status.IN_FORCE] * 2


def test_an_undated_version_beside_a_dated_one_is_the_older() -> None:
    shown = resolve([facts("undated"), facts("dated", NEW)], TODAY)
    assert shown["undated"].status is Status.AMENDED
    assert shown["dated"].status is Status.IN_FORCE


def test_a_period_of_validity_ends_after_its_last_day() -> None:
    version = facts("a", OLD, expires=date(2026, 11, 20))
    assert resolve([version], TODAY)["a"].status is Status.IN_FORCE
    after = resolve([version], date(2026, 11, 21))["a"]
    assert after.status is Status.REPEALED
    assert "2026年11月20日" in after.note


def test_pending_without_a_date_stays_pending() -> None:
    version = facts("a", NEW, status=Status.PENDING)
    assert resolve([version], TODAY)["a"].status is Status.PENDING
    dated = facts("a", NEW, status=Status.PENDING, effective=date(2023, 1, 1))
    assert resolve([dated], TODAY)["a"].status is Status.IN_FORCE


def test_the_state_of_the_data_is_said() -> None:
    shown = resolve([facts("a", NEW, as_of=date(2025, 4, 30))], TODAY)
    assert shown["a"].note == "数据截至2025年4月，此后有无变动未经核实"
    recent = resolve([facts("a", NEW, as_of=date(2026, 6, 1))], TODAY)
    assert recent["a"].note == "数据截至2026年6月"


def test_works_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="different works"):
        resolve([facts("a", work="甲法"), facts("b", work="乙法")], TODAY)
    shown = resolve_all(
        [facts("a", OLD, work=""), facts("b", NEW, work=""), facts("c", OLD, work="甲法")], TODAY
    )
    assert {s.status for s in shown.values()} == {Status.IN_FORCE}


def test_a_listed_revision_ends_the_text_from_before_it() -> None:
    old = facts("a", date(2012, 10, 26), work="治安管理处罚法", effective=date(2006, 3, 1))
    shown = resolve([old], TODAY)["a"]
    assert shown.status is Status.AMENDED
    assert shown.note == ("已于2025年6月27日修订，新文本自2026年1月1日起施行；本库所载为修订前文本")
    pending = resolve([old], date(2025, 12, 31))["a"]
    assert pending.status is Status.IN_FORCE
    assert pending.note.startswith("修订版将于2026年1月1日施行")


def test_a_listed_revision_leaves_the_new_text_alone() -> None:
    old = facts("old", date(2012, 10, 26), work="治安管理处罚法")
    new = facts("new", date(2025, 6, 27), work="治安管理处罚法", effective=date(2026, 1, 1))
    shown = resolve([old, new], TODAY)
    assert shown["new"].status is Status.IN_FORCE
    assert shown["old"].status is Status.AMENDED
    only_effect_known = facts("x", None, work="治安管理处罚法", effective=date(2026, 1, 1))
    assert resolve([only_effect_known], TODAY)["x"].status is Status.IN_FORCE


@pytest.mark.parametrize(
    "work",
    [
        "婚姻法",
        "继承法",
        "民法通则",
        "收养法",
        "担保法",
        "合同法",
        "物权法",
        "侵权责任法",
        "民法总则",
    ],
)
def test_what_the_civil_code_replaced_is_repealed(work: str) -> None:
    for published in (None, date(2009, 8, 27)):
        shown = resolve([facts("a", published, work=work)], TODAY)["a"]
        assert shown.status is Status.REPEALED
        assert "《民法典》" in shown.note
    assert resolve([facts("a", OLD, work=work)], date(2020, 12, 31))["a"].status is Status.IN_FORCE


def test_a_repeal_outweighs_a_later_revision() -> None:
    changes = [
        Amendment("某法", "修正", date(2024, 1, 1), date(2024, 2, 1)),
        Amendment("某法", "废止", date(2023, 1, 1), date(2023, 2, 1)),
    ]
    assert resolve([facts("a", OLD)], TODAY, changes)["a"].status is Status.REPEALED


def test_a_coming_repeal_is_announced() -> None:
    change = Amendment("某法", "新法替代", date(2026, 10, 1), date(2027, 5, 1), "新法")
    shown = resolve([facts("a", OLD)], TODAY, [change])["a"]
    assert shown.status is Status.IN_FORCE
    assert shown.note.startswith("将于2027年5月1日起废止，由《新法》替代")


def test_an_unconfirmed_change_warns_and_turns_nothing() -> None:
    """DIVERGENCES.md, 3"""
    shown = resolve([facts("a", OLD, work="铁路法", as_of=date(2025, 4, 1))], TODAY)["a"]
    assert shown.status is Status.IN_FORCE
    assert "国家法律法规数据库" in shown.note
    assert "数据截至2025年4月" in shown.note


LIST = LawList(date(2026, 6, 26), "目录", {"甲法": 2018, "乙法": 2026, "丙法": 2025})


def law(id: str, published: date | None, work: str, **more: object) -> VersionFacts:
    issuer = "全国人民代表大会常务委员会"
    return facts(id, published, work=work, kind=Kind.LAW, **({"issuer": issuer} | more))


def listed(*versions: VersionFacts, today: date = TODAY) -> dict[str, Shown]:
    return resolve(versions, today, (), LIST)


def test_a_status_beyond_the_horizon_is_never_plain() -> None:
    """Six months before 2026-11-20 is 2026-05-20."""
    for as_of, confirmed in ((date(2026, 5, 20), True), (date(2026, 5, 19), False), (None, False)):
        shown = resolve([facts("a", OLD, as_of=as_of)], TODAY)["a"]
        assert (shown.status, shown.confirmed) == (Status.IN_FORCE, confirmed)
        assert shown.as_of == as_of
    longer = resolve([facts("a", OLD, as_of=date(2025, 4, 30))], TODAY, months=24)["a"]
    assert longer.confirmed
    undated = resolve([facts("a", None, as_of=TODAY)], TODAY)["a"]
    assert not undated.confirmed


def test_a_status_in_words() -> None:
    in_force, day = Status.IN_FORCE, date(2025, 4, 30)
    assert words(in_force, day, confirmed=True) == "现行有效"
    assert words(in_force, day, confirmed=False) == "截至2025年4月有效"
    assert words(in_force, None, confirmed=False) == "时效未核实"
    assert words(Status.REPEALED, None, confirmed=True) == "已废止"
    assert words(None, None, confirmed=True) == ""


def test_months_before_a_day() -> None:
    assert before(date(2026, 8, 31), 6) == date(2026, 2, 28)
    assert before(date(2026, 3, 1), 15) == date(2024, 12, 1)


def test_a_new_text_needs_no_confirmation() -> None:
    shown = resolve([facts("a", date(2026, 10, 1))], TODAY)["a"]
    assert shown.confirmed
    assert shown.evidence == (Evidence("text", "新近公布", date(2026, 10, 1)),)


def test_the_list_confirms_the_version_it_names() -> None:
    shown = listed(law("a", date(2018, 10, 1), "甲法", as_of=date(2025, 4, 30)))["a"]
    assert (shown.status, shown.confirmed, shown.as_of) == (Status.IN_FORCE, True, LIST.day)
    assert [e.kind for e in shown.evidence] == ["source", "list"]
    before_the_list = listed(law("a", date(2018, 10, 1), "甲法"), today=date(2026, 6, 25))["a"]
    assert not before_the_list.confirmed


def test_a_law_not_on_the_list_is_not_in_force() -> None:
    shown = listed(law("a", OLD, "丁法", status=Status.IN_FORCE))["a"]
    assert shown.status is Status.REPEALED
    assert [e.kind for e in shown.evidence] == ["list"]
    assert listed(law("a", OLD, "关于丁的决定"))["a"].status is Status.IN_FORCE
    assert listed(law("a", OLD, "丁法修正案（一）"))["a"].status is Status.IN_FORCE
    assert listed(law("a", date(2026, 7, 1), "丁法"))["a"].status is Status.IN_FORCE
    assert listed(law("a", OLD, "丁法", issuer=""))["a"].status is Status.IN_FORCE
    regulation = facts("a", OLD, work="丁条例", kind=Kind.ADMINISTRATIVE_REGULATION)
    assert listed(regulation)["a"].status is Status.IN_FORCE


def test_a_text_older_than_the_list_names_is_an_old_one() -> None:
    shown = listed(law("a", date(2012, 1, 1), "丙法"))["a"]
    assert (shown.status, shown.old) == (Status.AMENDED, True)
    assert "2025年" in shown.note
    # Of a change in this year nobody knows yet when it takes effect.
    assert listed(law("a", date(2012, 1, 1), "乙法"))["a"].status is Status.IN_FORCE
    newer = law("b", date(2025, 12, 27), "丙法", effective=date(2027, 1, 1))
    assert listed(law("a", date(2012, 1, 1), "丙法"), newer)["a"].status is Status.IN_FORCE


def test_copies_of_one_text_do_not_supersede_each_other() -> None:
    one, other = facts("a", date(2022, 4, 4), text="t"), facts("b", date(2022, 4, 24), text="t")
    shown = resolve([one, other, facts("c", OLD, text="u")], TODAY)
    assert [shown[i].status for i in "abc"] == [*(Status.IN_FORCE, Status.IN_FORCE, Status.AMENDED)]


def test_the_most_current_source_of_a_version_speaks_for_its_copies() -> None:
    old = facts("a", NEW, as_of=date(2025, 4, 30), status=Status.IN_FORCE)
    new = facts("b", NEW, as_of=date(2026, 10, 1), status=Status.IN_FORCE)
    shown = resolve([old, new], TODAY)
    assert [(s.confirmed, s.as_of) for s in shown.values()] == [(True, date(2026, 10, 1))] * 2
    ended = facts("b", NEW, as_of=date(2026, 10, 1), status=Status.REPEALED)
    assert resolve([old, ended], TODAY)["a"].status is Status.REPEALED
    earlier = facts("b", NEW, as_of=date(2024, 10, 1), status=Status.REPEALED)
    assert resolve([old, earlier], TODAY)["a"].status is Status.IN_FORCE


def test_days_apart_there_are_copies_and_no_versions() -> None:
    shown = resolve([facts("a", date(1990, 6, 21)), facts("b", date(1990, 6, 22))], TODAY)
    assert {s.status for s in shown.values()} == {Status.IN_FORCE}
    shown = resolve([facts("a", date(1990, 6, 21)), facts("b", date(1990, 6, 29))], TODAY)
    assert shown["a"].status is Status.AMENDED


def test_a_repeal_by_number_spares_a_later_text_of_another_series() -> None:
    change = Amendment("某规定", "废止", NEW, NEW, number="法发〔2010〕48号")
    kept = facts("a", OLD, work="某规定", number="法释〔2016〕19号")
    assert resolve_all([kept], TODAY, [change])["a"].status is Status.IN_FORCE
    meant = facts("a", OLD, work="某规定", number="法发〔2010〕48号")
    assert resolve_all([meant], TODAY, [change])["a"].status is Status.REPEALED


def test_of_a_repeal_said_twice_the_earliest_counts() -> None:
    """Later versions of what replaced a text repeat the sentence."""
    said = [
        Amendment("旧办法", "新法替代", date(2024, 9, 27), date(2024, 9, 27), "新条例"),
        Amendment("旧办法", "新法替代", date(2022, 11, 23), date(2023, 1, 1), "新条例"),
    ]
    for extra in (said, said[::-1]):
        shown = resolve_all([facts("a", OLD, work="旧办法")], TODAY, extra)["a"]
        assert shown.note == "自2023年1月1日起废止，由《新条例》替代"


def test_a_change_finds_its_work_by_name_and_by_number() -> None:
    change = Amendment("审理偷税抗税案件的解释", "废止", NEW, NEW)
    old = facts("a", OLD, work="最高人民法院关于审理偷税、抗税案件的解释")
    assert resolve_all([old], TODAY, [change])["a"].status is Status.REPEALED
    numbered = Amendment("另一写法", "废止", NEW, NEW, number="法释〔2002〕33号")
    old = facts("a", OLD, work="某解释", number="法释[2002]33号")
    assert resolve_all([old], TODAY, [numbered])["a"].status is Status.REPEALED
    # A number that several works have names none of them.
    other = facts("b", OLD, work="别的解释", number="法释〔2002〕33号")
    shown = resolve_all([old, other], TODAY, [numbered])
    assert {s.status for s in shown.values()} == {Status.IN_FORCE}


def test_the_only_text_held_of_an_amended_work_says_so() -> None:
    change = Amendment("某法", "修订", date(2025, 6, 27), date(2026, 1, 1))
    shown = resolve([facts("a", OLD), facts("b", NEW)], TODAY, [change])
    assert [(shown[i].status, shown[i].old) for i in "ab"] == [
        (Status.AMENDED, False),
        (Status.AMENDED, True),
    ]
    held = resolve([facts("a", OLD, status=Status.AMENDED)], TODAY, ())["a"]
    assert (held.old, held.note) == (True, "本库所载为旧文本，未收录新文本")
    repealed = resolve([facts("a", OLD, status=Status.REPEALED)], TODAY, ())["a"]
    assert not repealed.old


def test_what_carries_out_a_changed_law_is_to_be_checked() -> None:
    child = facts("i", OLD, work="最高人民法院关于适用《甲法》的解释", kind=Kind.INTERPRETATION)
    rule = facts("r", OLD, work="甲法实施条例", kind=Kind.ADMINISTRATIVE_REGULATION)
    old = law("old", date(2010, 1, 1), "甲法")
    new = law("new", NEW, "甲法", effective=date(2023, 1, 1))
    shown = resolve_all([child, rule, old, new], TODAY)
    assert shown["i"].note.startswith("所解释的《甲法》已修改，引用前请核对")
    assert shown["r"].note.startswith("所依据的《甲法》已修改，引用前请核对")
    earlier = resolve_all([child, rule, old, new], date(2022, 12, 31))
    assert "核对" not in earlier["i"].note
    repeal = Amendment("甲法", "废止", NEW, NEW)
    assert "所解释的《甲法》已废止" in resolve_all([child, old], TODAY, [repeal])["i"].note
    later = facts("i", date(2023, 5, 1), work=child.work, kind=Kind.INTERPRETATION)
    assert "核对" not in resolve_all([later, old, new], TODAY)["i"].note


days = st.dates(date(1990, 1, 1), date(2030, 12, 31))
version_lists = st.lists(
    st.builds(
        VersionFacts,
        id=st.uuids().map(str),
        work=st.just("某法"),
        published=st.none() | days,
        effective=st.none() | days,
        status=st.none() | st.sampled_from(Status),
    ),
    max_size=6,
)


@given(version_lists, days)
def test_versions_in_force_are_one_text_that_has_begun_and_nobody_ended(
    versions: list[VersionFacts], today: date
) -> None:
    shown = resolve(versions, today)
    assert set(shown) == {v.id for v in versions}
    valid = [v for v in versions if shown[v.id].status is Status.IN_FORCE]
    assert all(v.dated == w.dated or v.copies(w) for v in valid for w in valid)
    for version in valid:
        assert version.starts <= today
        assert version.status not in (Status.REPEALED, Status.AMENDED)
        later = [v for v in versions if v.dated > version.dated and not v.copies(version)]
        assert not [v for v in later if v.starts <= today]


def _groups() -> dict[str, list[VersionFacts]]:
    """Every statute of the real databases, by place and work."""
    groups: dict[str, list[VersionFacts]] = defaultdict(list)
    for path in [real.LAWS.root / DATABASE, *sorted(real.LAWS_LOCAL.root.glob(f"*/{DATABASE}"))]:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as connection:
            rows = connection.execute(
                "SELECT id, name, publish, valid_from, expired FROM law"
                " WHERE level NOT IN ('案例', '其他')"
            ).fetchall()
        connection.close()
        for id, name, publish, effective, expired in rows:
            work = work_of(name.split(" ")[0] if name.startswith("民法典") else name)
            groups[work].append(
                VersionFacts(
                    id,
                    work,
                    date.fromisoformat(publish) if publish else None,
                    date.fromisoformat(effective) if effective else None,
                    Status.REPEALED if expired else None,
                    as_of=date(2025, 4, 30),
                )
            )
    return groups


@needs_laws
def test_every_real_work_has_one_version_in_force_or_none_for_a_reason() -> None:
    groups = _groups()
    assert len(groups) > 3000
    assert sum(len(v) > 1 for v in groups.values()) > 70
    exceptions = []
    for work, versions in groups.items():
        shown = resolve(versions, TODAY)
        valid = {v.dated for v in versions if shown[v.id].status is Status.IN_FORCE}
        newest = max(versions, key=lambda v: v.dated)
        reason = newest.status is Status.REPEALED or any(
            a.touches(newest.published, newest.effective) and a.effective and a.effective <= TODAY
            for a in amendments.of(work)
        )
        days = (max(valid) - min(valid)).days if valid else 0
        # Copies of one text are dated a few days apart.
        if bool(valid) == reason or days > 7 or (valid and max(valid) != newest.dated):
            exceptions.append((work, versions, shown))
    assert exceptions == []


@needs_laws
def test_every_repeal_that_a_real_text_states_is_listed() -> None:
    """Plain search for 废止 in the files, against what is shown by the listed changes alone."""
    groups = _groups()
    found = 0
    for path in real.laws():
        day = re.search(r"\((\d{4}-\d{2}-\d{2})\)\.md$", path.name)
        if day is None or "案例" in path.parts:
            continue
        adopted, by = date.fromisoformat(day[1]), work_of(path.name.split("(")[0])
        text = path.read_text("utf-8")
        for sentence in re.split(r"[。\n]", text) if "同时废止" in text else ():
            if not sentence.endswith("同时废止"):
                continue
            # Titles in titles stand in 〈〉, or wrongly in 《》 again.
            flat = re.sub(r"《([^《》]*)《([^《》]*)》([^《》]*)》", r"《\1〈\2〉\3》", sentence)
            for work in map(work_of, re.findall(r"《([^《》]+)》", flat)):
                shown = resolve(groups[work], TODAY) if work in groups and work != by else {}
                older = [v.id for v in groups.get(work, ()) if v.dated < adopted and shown]
                found += len(older)
                assert all(shown[i].status is not Status.IN_FORCE for i in older), (work, by)
    assert found > 40
