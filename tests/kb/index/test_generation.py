"""Generations: built aside, verified, swapped in by one rename, kept for a while, rolled back."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.documents import Audience, Document, Kind, Passage
from kb.errors import IndexMissingError, KbError
from kb.index import sums
from kb.index.fields import FIELDS
from kb.index.generation import FORMAT, KEPT, Generations, Sentinel, verify
from kb.index.part_writer import measure, seal, write_part
from kb.index.snapshot import open_snapshot
from kb.index.whoosh_part import ENGINE
from kb.text import analysis

NOW = "2026-01-01T00:00:00+08:00"


def sentinel(*parts: str, passages: int = 0) -> Sentinel:
    return Sentinel(
        FORMAT, ENGINE, analysis.fingerprint(), FIELDS, NOW, NOW, len(parts), passages, parts
    )


def write(building: Path, *texts: str, part: str = "public-00000") -> None:
    passages = tuple(Passage(f"p{n}", "", (), t) for n, t in enumerate(texts, 1))
    document = Document("d", "题目", Kind.OTHER, Audience.PUBLIC, passages)
    directory = building / "parts" / part
    write_part(directory, [("v1", document)], building.parents[1] / "cache")
    seal(directory, measure(directory).pivots)


def folder(generations: Generations, name: str, part: str = "public-00000") -> Path:
    return generations.directory(name) / "parts" / part


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path)


def publish(generations: Generations) -> str:
    building = generations.start()
    (building / "catalog.jsonl").write_text("", "utf-8")
    return generations.finish(building, sentinel())


def test_nothing_published(generations: Generations) -> None:
    assert (generations.current_name(), generations.usable_name(), generations.names()) == (
        "",
        "",
        [],
    )
    assert open_snapshot(generations.root.parent, date(2026, 1, 1)) is None
    with pytest.raises(IndexMissingError):
        generations.rollback()


def test_a_generation_serves_once_it_is_finished(generations: Generations) -> None:
    building = generations.start()
    write(building, "第一段话", "第二段话")
    assert generations.current_name() == ""
    name = generations.finish(building, sentinel("public-00000", passages=2))
    assert name == generations.current_name() == generations.usable_name() == "g000001"
    assert not building.exists()
    found = generations.sentinel(name)
    assert found is not None
    assert replace(found, files={}) == sentinel("public-00000", passages=2)
    path = folder(generations, name, "public-00000") / sums.FILE
    assert found.files == {"parts/public-00000/sums.json": sums.of(path)}
    assert sorted(p.name for p in generations.root.iterdir()) == ["current", "generations"]


def test_old_generations_go(generations: Generations) -> None:
    names = [publish(generations) for _ in range(KEPT + 3)]
    assert generations.names() == names[-KEPT:]
    assert names == sorted(set(names))


def test_leftovers_of_a_crash_go(generations: Generations) -> None:
    left = generations.root / "building-99999" / "parts" / "public-00000"
    left.mkdir(parents=True)
    (left / "ids.npy").write_bytes(b"x")
    (generations.root / "current.99999").write_text("g000009\n", "utf-8")
    own = generations.root / f"building-{os.getpid()}"
    own.mkdir()
    (own / "old").write_text("x", "utf-8")
    building = generations.start()
    assert [p.name for p in generations.root.iterdir()] == [building.name]
    assert [p.name for p in building.iterdir()] == ["parts"]


def test_a_generation_that_was_never_pointed_to_is_passed_over(generations: Generations) -> None:
    """A crash between the two renames."""
    publish(generations)
    orphan = generations.directory("g000002")
    shutil.copytree(generations.directory("g000001"), orphan)
    assert generations.usable_name() == "g000001"
    assert publish(generations) == "g000003"
    assert generations.usable_name() == "g000003"


def test_rollback(generations: Generations) -> None:
    first, second, third = (publish(generations) for _ in range(3))
    assert generations.rollback() == second == generations.current_name()
    assert generations.rollback() == first == generations.usable_name()
    with pytest.raises(IndexMissingError):
        generations.rollback()
    assert generations.current_name() == first
    assert publish(generations) > third


def test_rollback_skips_what_this_program_cannot_search(generations: Generations) -> None:
    first, second, third = (publish(generations) for _ in range(3))
    other = replace(sentinel(), analysis="other").to_json()
    (generations.directory(second) / "sentinel.json").write_text(other, "utf-8")
    assert generations.rollback() == first
    (generations.directory(first) / "sentinel.json").unlink()
    generations._point(third)
    with pytest.raises(IndexMissingError):
        generations.rollback()
    assert generations.current_name() == third


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"fields": 1, "parts": []}', '{"fields": [], "parts": []}'],
)
def test_a_sentinel_that_cannot_be_read(generations: Generations, text: str) -> None:
    name = publish(generations)
    (generations.directory(name) / "sentinel.json").write_text(text, "utf-8")
    assert generations.sentinel(name) is None
    assert generations.usable_name() == ""


@pytest.mark.parametrize("field", ["format", "engine", "analysis", "fields"])
def test_usable_means_made_by_this_program(field: str) -> None:
    good = sentinel()
    assert good.usable
    other: dict[str, Any] = {
        "format": FORMAT + 1,
        "engine": "x",
        "analysis": "x",
        "fields": ("words",),
    }
    assert not replace(good, **{field: other[field]}).usable


def test_linked_parts_share_their_files(generations: Generations) -> None:
    building = generations.start()
    write(building, "第一段话")
    first = generations.finish(building, sentinel("public-00000", passages=1))
    building = generations.start()
    generations.link_part(first, "public-00000", building)
    second = generations.finish(building, sentinel("public-00000", passages=1))
    old, new = (generations.directory(n) / "parts" / "public-00000" for n in (first, second))
    files = sorted(p.relative_to(old) for p in old.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(new) for p in new.rglob("*") if p.is_file())
    assert all((old / f).samefile(new / f) for f in files)


def damage_counts(part: Path) -> None:
    facts = json.loads((part / "part.json").read_text("utf-8"))
    facts["documents"][0][3] += 1
    (part / "part.json").write_text(json.dumps(facts), "utf-8")


def damage_ids(part: Path) -> None:
    ids = np.load(part / "ids.npy")
    np.save(part / "ids.npy", np.full_like(ids, 1000))


def damage_terms(part: Path) -> None:
    terms = np.load(part / "terms.npy")
    np.save(part / "terms.npy", terms + np.uint64(1))


@pytest.mark.parametrize("damage", [damage_counts, damage_ids, damage_terms])
def test_what_is_wrong_is_never_published(generations: Generations, damage: object) -> None:
    assert callable(damage)
    before = publish(generations)
    building = generations.start()
    write(building, "第一段话", "第二段话")
    verify(building, sentinel("public-00000", passages=2))
    damage(building / "parts" / "public-00000")
    with pytest.raises(KbError, match="public-00000"):
        generations.finish(building, sentinel("public-00000", passages=2))
    assert generations.usable_name() == before
    assert generations.names() == [before]


def test_missing_passages_are_noticed(generations: Generations) -> None:
    building = generations.start()
    write(building, "第一段话", "第二段话")
    with pytest.raises(KbError, match="不足"):
        verify(building, sentinel("public-00000", passages=3))
    with pytest.raises(OSError, match="public-00001"):
        verify(building, sentinel("public-00000", "public-00001", passages=2))


_SWAP = """
import sys
from pathlib import Path
from kb.index.generation import Generations
generations = Generations(Path(sys.argv[1]))
while True:
    for name in ("g000001", "g000002"):
        generations._point(name)
"""


def test_the_pointer_is_never_half_written(generations: Generations) -> None:
    """A reader beside a writer that swaps all the time sees one name or the other, whole."""
    publish(generations)
    publish(generations)
    writer = subprocess.Popen([sys.executable, "-c", _SWAP, str(generations.root.parent)])
    try:
        seen = {generations.current_name() for _ in range(3000)}
        while len(seen) < 2 and writer.poll() is None:
            seen.add(generations.current_name())
    finally:
        writer.kill()
        writer.wait()
    assert seen == {"g000001", "g000002"}
