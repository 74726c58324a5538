"""Kinds: which have a 时效性, which hold in the whole country, whatever their order."""

from kb.documents import INTERNAL_KINDS, NATIONAL_KINDS, STATUTE_KINDS, Kind


def test_kinds_with_articles_in_force_or_not() -> None:
    assert {k.value for k in STATUTE_KINDS} == {
        "宪法",
        "法律",
        "行政法规",
        "监察法规",
        "司法解释",
        "地方性法规",
        "部门规章",
        "地方政府规章",
    }


def test_kinds_of_the_whole_country() -> None:
    local = {Kind.LOCAL_REGULATION, Kind.LOCAL_RULE}
    assert STATUTE_KINDS - local == NATIONAL_KINDS


def test_kinds_for_staff() -> None:
    assert {k.value for k in INTERNAL_KINDS} == {"工作总结", "工作计划"}
