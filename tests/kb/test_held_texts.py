"""Texts of a base of April 2025, each by itself: what is said of it in November 2026."""

from datetime import date
from pathlib import Path

import pytest

from kb.documents import Kind, Status
from kb.validity import VersionFacts, resolve_all, words

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("held_texts.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(("work", "kind", "published", "effective", "expected"), ROWS)
def test_what_is_said_of_a_text_held(
    work: str, kind: str, published: str, effective: str, expected: str
) -> None:
    issuer = "全国人民代表大会常务委员会" if kind == "法律" else ""
    held = VersionFacts(
        *("x", work, day(published), day(effective), Status.IN_FORCE, None, date(2025, 4, 30)),
        kind=Kind(kind),
        issuer=issuer,
    )
    shown = resolve_all([held], date(2026, 11, 28))["x"]
    assert words(shown.status, shown.as_of, confirmed=shown.confirmed) == expected
    assert shown.evidence
