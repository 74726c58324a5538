"""A citation is read in the text that applied when it was written, or in none."""

from datetime import date

import pytest

from kb import asof
from kb.amendments import Amendment
from kb.asof import Meant, meant
from kb.errors import ConfigError
from kb.validity import VersionFacts


def version(id: str, published: date, effective: date, work: str = "甲法") -> VersionFacts:
    return VersionFacts(id, work, published, effective)


OLD = version("old", date(2007, 8, 30), date(2008, 8, 1))
NEW = version("new", date(2022, 6, 24), date(2022, 8, 1))
LATER = Amendment("甲法", "修订", date(2025, 6, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2023, 1, 1), Meant("new")),
        (date(2022, 8, 1), Meant("new")),
        # Published and not yet in force: the old text applies.
        (date(2022, 7, 1), Meant("old", old=True)),
        (date(2015, 1, 1), Meant("old", old=True)),
        (date(2001, 1, 1), Meant(old=True)),
        # The text that applied in 2026 isn't here.
        (date(2026, 6, 1), Meant()),
        (date(2025, 12, 1), Meant("new")),
    ],
)
def test_the_text_that_applied(day: date, found: Meant) -> None:
    assert meant([NEW, OLD], day, [LATER]) == found


def test_a_law_that_kept_its_numbers_is_read_in_todays_text() -> None:
    (work, since), *_ = asof.kept().items()
    now = version("now", date(2023, 12, 29), date(2024, 3, 1), work)
    assert meant([now], date(2010, 1, 1), []) == Meant("now")
    assert meant([now], date(since.year - 1, 1, 1), []) == Meant(old=True)


def test_without_dates_nothing_is_said() -> None:
    assert meant([VersionFacts("x", "甲法")], date(2020, 1, 1), []) == Meant()
    assert meant([], date(2020, 1, 1), []) == Meant()


@pytest.mark.parametrize("text", ["", "[kept]\n甲 =", '[kept]\n"刑法" = "1997"', "[other]\na = 1"])
def test_a_wrong_table_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"numbering\.toml"):
        asof.read(text)
