"""The catalogue as an audience has it: entries, links among them, main versions."""

from dataclasses import replace
from datetime import date

from kb.documents import Audience, Kind, Status
from kb.index import catalog
from kb.index.document_info import DocumentInfo

PUBLIC, STAFF = Audience.PUBLIC, Audience.STAFF
TODAY = date(2026, 11, 20)


def info(id: str, audience: Audience = PUBLIC, **rest: object) -> DocumentInfo:
    return DocumentInfo(id, f"v-{id}", f"题目{id}", Kind.LAW, audience, **rest)  # type: ignore[arg-type]


def test_links_are_among_what_may_be_seen() -> None:
    every = [
        info("a", alike=("s", "b"), copies=("c", "t")),
        info("b", alike=("a",)),
        info("c", copy_of="a"),
        info("d", copy_of="t"),
        info("s", STAFF, alike=("a",)),
        info("t", STAFF, copies=("d",)),
    ]
    assert catalog.seen_by(STAFF, every) == tuple(every)
    seen = {e.id: e for e in catalog.seen_by(PUBLIC, every)}
    assert list(seen) == ["a", "b", "c", "d"]
    assert (seen["a"].alike, seen["a"].copies) == (("b",), ("c",))
    # What it would be shown by can't be seen: it stands for itself.
    assert (seen["c"].copy_of, seen["d"].copy_of) == ("a", "")


def test_equal_entries_have_equal_digests() -> None:
    a, b = info("a"), info("b", published=date(2020, 1, 2))
    assert catalog.digest([a, b]) == catalog.digest([b, replace(a, law_version="")])
    others = [catalog.digest(e) for e in ([a], [a, replace(b, title="改")], [a, b, info("c")])]
    assert len({catalog.digest([a, b]), catalog.digest([a, b], "1.0"), *others}) == 5


def test_the_main_version_is_of_what_may_be_seen() -> None:
    old = info("old", work="某法", published=date(2010, 1, 1), status=Status.IN_FORCE)
    new = info("new", STAFF, work="某法", published=date(2020, 1, 1), status=Status.IN_FORCE)
    for audience, main, status in (
        (PUBLIC, "old", Status.IN_FORCE),
        (STAFF, "new", Status.AMENDED),
    ):
        entries = catalog.shown(catalog.seen_by(audience, [old, new]), TODAY)
        entries = catalog.with_addresses(entries, ())
        assert [e.id for e in entries if e.law_version == ""] == [main]
        assert catalog.works(entries)["某法"][0].id == main
        assert next(e for e in entries if e.id == "old").status is status


def test_a_law_filed_under_two_names_has_its_address_under_its_own() -> None:
    shown = info("a", work="某法", copies=("b",))
    copy = info("b", work="某法规", copy_of="a")
    (entry,) = catalog.with_addresses([shown], [copy])
    assert entry.law_version == ""
    assert {w: [e.id for e in v] for w, v in catalog.works([entry], [copy]).items()} == {
        "某法": ["a"],
        "某法规": ["a"],
    }


def test_of_two_documents_of_one_day_one_has_the_address_by_date() -> None:
    day = date(2010, 1, 1)
    new = info("new", work="某法", published=date(2020, 1, 1), status=Status.IN_FORCE)
    old = info("old", work="某法", published=day, status=Status.AMENDED)
    own = info("own", STAFF, work="某法", published=day, status=Status.AMENDED)
    slash = info("slash", work="甲/乙办法", published=day)
    found = {e.id: e.law_version for e in catalog.with_addresses([own, old, new, slash], [])}
    assert found == {"new": "", "old": "2010-01-01", "own": None, "slash": None}


def test_a_copy_from_a_more_current_source_confirms_the_one_shown() -> None:
    shown = replace(info("a"), as_of=date(2025, 4, 30))
    copy = replace(info("b"), as_of=date(2026, 10, 1), copy_of="a")
    older = replace(info("c"), as_of=date(2024, 10, 1), copy_of="a")
    assert [e.as_of for e in catalog.with_newest_word([shown], [copy, older])] == [copy.as_of]
    assert catalog.with_newest_word([shown], [older]) == [shown]
