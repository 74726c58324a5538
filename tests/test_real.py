"""The real texts beside the project are those that the tests were written with."""

from pathlib import Path

import pytest

from tests.support import real

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("collection", real.ALL, ids=lambda c: c.folder)
def test_a_collection_has_the_documents_that_tests_count_on(collection: real.Collection) -> None:
    assert len(collection.files()) == collection.count


def test_no_test_takes_whatever_begins_like_a_collection() -> None:
    for folder in ("tests", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            assert "laws" + "*" not in path.read_text("utf-8"), path.name
