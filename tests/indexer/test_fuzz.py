"""Some damaged files a format: nothing but a reason comes of them. More: bench/fuzz.py."""

import random
import threading
from pathlib import Path

import pytest

from bench.fuzz import formats, fuzz
from kb.progress import Bar
from tests.support.mutation import mutated
from tests.support.seeds import seeds

QUICK = {
    "pdf": 25, "ofd": 40, "zip": 30, "eml": 40, "html": 40, "md": 40, "txt": 40,
    "docx": 40, "xlsx": 40, "pptx": 40, "csv": 40,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(QUICK))
def test_damaged_files_are_listed_and_nothing_more(name: str, data: Path) -> None:
    assert name in formats()
    sources = seeds(name, data)
    if not sources:
        pytest.skip(f"LibreOffice, which makes {name} files, is not installed")
    tally = fuzz(name, sources, QUICK[name], seed=1)
    assert tally.defects == []
    assert tally.usage.restarts == 0
    assert tally.files == QUICK[name]
    # The damage is neither without effect nor all that is seen.
    assert 0 < tally.read < tally.files


def test_the_same_damage_for_the_same_seed() -> None:
    data = bytes(range(256)) * 20
    one, two = ([mutated(data, random.Random(s)) for s in range(30)] for _ in range(2))
    assert one == two
    assert len(set(one)) > 25


def test_a_progress_bar_starts_no_thread() -> None:
    """Readers are forked, which is for programs of one thread."""
    before = threading.active_count()
    bar = Bar()
    bar.start("读取", 100)
    bar.advance(50)
    assert threading.active_count() == before
    bar.close()
