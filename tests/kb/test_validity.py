"""The 时效性 shown: the rules, the listed changes, and every version group of the real data."""

import re
import sqlite3
from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.documents import Audience, Document, Kind, Passage, PassageKind, Status
from kb.errors import ConfigError
from kb.lawnames import work_of
from kb.validity import (
    Amendment,
    VersionFacts,
    listed,
    read,
    repeals,
    resolve,
    resolve_all,
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
    before = resolve(versions, date(2022, 12, 31))
    assert before["old"].status is Status.IN_FORCE
    assert before["old"].note == "修订版将于2023年1月1日施行"
    assert before["new"].status is Status.PENDING
    assert before["new"].note == "将于2023年1月1日施行"
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
    assert shown["a"].note == "数据截至2025年4月"


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
    assert pending.note == "修订版将于2026年1月1日施行"


def test_a_listed_revision_leaves_the_new_text_alone() -> None:
    old = facts("old", date(2012, 10, 26), work="治安管理处罚法")
    new = facts("new", date(2025, 6, 27), work="治安管理处罚法", effective=date(2026, 1, 1))
    shown = resolve([old, new], TODAY)
    assert shown["new"].status is Status.IN_FORCE
    assert shown["new"].note == ""
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
    assert shown.note == "将于2027年5月1日起废止，由《新法》替代"


def test_an_unconfirmed_change_warns_and_turns_nothing() -> None:
    """DIVERGENCES.md, 3"""
    shown = resolve([facts("a", OLD, work="监狱法", as_of=date(2025, 4, 1))], TODAY)["a"]
    assert shown.status is Status.IN_FORCE
    assert "国家法律法规数据库" in shown.note
    assert shown.note.endswith("数据截至2025年4月")


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
    assert len({v.dated for v in valid}) <= 1
    for version in valid:
        assert version.starts <= today
        assert version.status not in (Status.REPEALED, Status.AMENDED)
        assert not [v for v in versions if v.dated > version.dated and v.starts <= today]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = [", "TOML"),
        ("x = 1", "amendment"),
        ('[[amendment]]\nwork = "a"', "不认识的键"),
        ('[[amendment]]\nworks = []\nwhat = "废止"', "works"),
        ('[[amendment]]\nworks = ["a"]\nwhat = "改"', "what"),
        ('[[amendment]]\nworks = ["a"]\nwhat = "修订"\nadopted = 2025-01-01', "effective"),
        (
            '[[amendment]]\nworks = ["a"]\nwhat = "修订"\nadopted = 2025-02-01\n'
            "effective = 2025-01-01",
            "不晚于",
        ),
        ('[[amendment]]\nworks = ["a"]\nwhat = "待核实"\nadopted = 2025-01-01', "不写日期"),
        (
            '[[amendment]]\nworks = ["a"]\nwhat = "新法替代"\nadopted = 2025-01-01\n'
            "effective = 2025-01-01",
            "replaced_by",
        ),
        (
            '[[amendment]]\nworks = ["中华人民共和国某法"]\nwhat = "废止"\n'
            "adopted = 2025-01-01\neffective = 2025-01-01",
            "规范简称",
        ),
    ],
)
def test_a_wrong_entry_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(text)


def statute(text: str, work: str = "新法") -> Document:
    passage = Passage("a9", "第九条", (), text, PassageKind.ARTICLE, "9")
    return Document(
        "x", work, Kind.LAW, Audience.PUBLIC, (passage,), work=work, published=OLD, effective=NEW
    )


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("《中华人民共和国甲法》同时废止。", ["甲法"]),
        ("本法自2022年起施行。《甲条例》和《乙办法》同时废止。", ["甲条例", "乙办法"]),
        ("《甲解释》（法释〔2015〕16号）、《乙解释》同时废止。", ["甲解释", "乙解释"]),
        ("《关于适用〈甲法〉的解释》同时废止。", ["关于适用《甲法》的解释"]),
        ("《关于适用《甲法》的解释》同时废止。", ["关于适用《甲法》的解释"]),
        ("《甲法》第五条同时废止。", []),
        ("依照《甲法》处理。《乙法》同时废止。", ["乙法"]),
        ("1993年通过的《新法》同时废止。", []),
        ("本法自公布之日起施行。", []),
    ],
)
def test_repeals_are_read_from_the_closing_article(text: str, works: list[str]) -> None:
    found = repeals(statute(text))
    assert [a.work for a in found] == works
    assert all((a.adopted, a.effective, a.replaced_by) == (OLD, NEW, "新法") for a in found)


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
            a.touches(newest) and a.effective and a.effective <= TODAY
            for a in listed().get(work, ())
        )
        if len(valid) != (0 if reason else 1) or (valid and valid != {newest.dated}):
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
