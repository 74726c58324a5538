"""What bad input does to a run: it is listed with its reason, the rest is indexed, nothing is lost."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import select
from kb.index.generation import Generations
from kb.library import Library
from kb.progress import Quiet

Index = Callable[[], Report]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "资料"
    root.mkdir()
    for number in range(3):
        (root / f"{number}.txt").write_text(f"第{number}号材料\n\n做法之{number}。\n", "utf-8")
    return root


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Index:
    def go() -> Report:
        with Library.open(tmp_path / "data") as library:
            sources = select(folder, library.sources(), None)
        return run(tmp_path / "data", sources, Options(workers=1, max_file_mb=50), Quiet(), "index")

    return go


def texts(tmp_path: Path) -> dict[str, str]:
    with Library.open(tmp_path / "data", readonly=True) as library:
        found = library.documents_by_ids(e.id for e in library.entries())
    return {d.title: "\n".join(p.text for p in d.passages) for d in found.values()}


def test_every_sort_of_bad_file(index: Index, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("秘密\n\n不得公开。\n", "utf-8")
    (folder / "a-empty.txt").write_bytes(b"")
    (folder / "b-binary.txt").write_bytes(b"\x7fELF\x02\x01\x01" + os.urandom(3000))
    (folder / "c-undecodable.txt").write_bytes(bytes(range(0x80, 0x100)) * 50)
    with (folder / "d-huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    (folder / "e-out.txt").symlink_to(outside)
    os.mkfifo(folder / "f-pipe.txt")
    Path(os.fsdecode(os.fsencode(folder) + b"/g\xff.txt")).write_text("x", "utf-8")
    expected = {
        "a-empty.txt": {"empty"},
        "b-binary.txt": {"binary", "unsupported", "undecodable"},
        "c-undecodable.txt": {"undecodable", "binary"},
        "d-huge.txt": {"too-large"},
        "e-out.txt": {"link-outside"},
        "f-pipe.txt": {"not-a-file"},
        "g?.txt": {"bad-name"},
    }
    for _ in range(2):  # listed each time, as long as they are there
        report = index()
        assert report.exit_code == 1
        failed = {f.path: f.reason for f in report.failures}
        assert set(failed) == set(expected)
        for path, reasons in expected.items():
            assert failed[path] in reasons, path
        assert all(f.message for f in report.failures)
        assert report.total_documents == 3
    assert "秘密" not in texts(tmp_path)
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert {i.path for i in library.failures()} == set(expected)
        assert {i.failures for i in library.failures()} == {2}


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + bytes(99)], ids=["empty", "binary"])
def test_a_file_that_fails_keeps_its_last_document(
    index: Index, folder: Path, tmp_path: Path, data: bytes
) -> None:
    first = index()
    before = texts(tmp_path)
    (folder / "1.txt").write_bytes(data)
    report = index()
    assert (report.exit_code, report.total_documents) == (1, 3)
    assert report.generation == first.generation
    assert texts(tmp_path) == before
    (folder / "1.txt").write_text("第1号材料\n\n修好了。\n", "utf-8")
    report = index()
    assert (report.exit_code, report.documents.changed) == (0, 1)
    assert texts(tmp_path)["第1号材料"].endswith("修好了。")
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert library.failures() == []


def test_a_file_that_failed_and_then_went(index: Index, folder: Path, tmp_path: Path) -> None:
    index()
    (folder / "1.txt").write_bytes(b"")
    index()
    (folder / "1.txt").unlink()
    report = index()
    assert (report.exit_code, report.documents.removed) == (0, 1)
    assert "第1号材料" not in texts(tmp_path)


def test_a_file_replaced_by_a_link_out_of_the_tree(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    index()
    (tmp_path / "secret.txt").write_text("秘密\n\n不得公开。\n", "utf-8")
    (folder / "1.txt").unlink()
    (folder / "1.txt").symlink_to(tmp_path / "secret.txt")
    report = index()
    assert [f.reason for f in report.failures] == ["link-outside"]
    assert "秘密" not in texts(tmp_path)


def test_a_damaged_index_is_built_anew(index: Index, folder: Path, tmp_path: Path) -> None:
    """Losing the index loses nothing, whichever of its files it is."""
    index()
    generations = Generations(tmp_path / "data")
    for name in (
        "catalog.jsonl",
        "sentinel.json",
        "parts/public-00000/part.json",
        "parts/public-00000/ids.npy",
    ):
        damaged = generations.directory(generations.current_name()) / name
        damaged.write_bytes(b"{")
        (folder / "2.txt").write_text(f"第2号材料\n\n此后{len(name)}。\n", "utf-8")
        report = index()
        assert (report.exit_code, report.total_documents) == (0, 3), name
        assert generations.usable_name() == report.generation


def test_a_pointer_to_nowhere(index: Index, tmp_path: Path) -> None:
    index()
    (tmp_path / "data" / "index" / "current").write_text("g999999\n", "utf-8")
    report = index()
    assert Generations(tmp_path / "data").usable_name() == report.generation
    assert report.total_documents == 3
