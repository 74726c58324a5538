"""Runs over archives: what the ledger keeps of members, what is read again, what is removed."""

import os
from pathlib import Path

import pytest

from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import select
from kb.library import ItemState, Library
from kb.progress import Quiet
from tests.indexer.test_containers import archive


def notice(number: int) -> bytes:
    return f"第{number}号通知\n\n开展宣传之{number}。\n".encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "资料"
    root.mkdir()
    (root / "单.txt").write_bytes(notice(0))
    pack(root, 1, 2, 3)
    return root


def pack(root: Path, *numbers: int, **more: bytes) -> None:
    members = {f"内/{n}.txt": notice(n) for n in numbers}
    (root / "材料.zip").write_bytes(archive({**members, **more}))


def index(tmp_path: Path, path: Path, removal: bool = False) -> Report:
    with Library.open(tmp_path / "data") as library:
        sources = select(path, library.sources(), None)
    options = Options(workers=1, max_file_mb=5, allow_removal=removal)
    return run(tmp_path / "data", sources, options, Quiet(), "index")


def tally(report: Report) -> tuple[int, int, int, int, int]:
    d = report.documents
    return d.added, d.changed, d.unchanged, d.removed, d.failed


def states(tmp_path: Path) -> dict[str, tuple[ItemState, int | None]]:
    with Library.open(tmp_path / "data", readonly=True) as library:
        return {path: (item.state, item.run_id) for path, item in library.items("资料").items()}


def titles(tmp_path: Path) -> list[str]:
    with Library.open(tmp_path / "data", readonly=True) as library:
        return sorted(e.title for e in library.entries())


def test_members_are_items_of_their_own(tmp_path: Path, folder: Path) -> None:
    report = index(tmp_path, folder)
    assert tally(report) == (4, 0, 0, 0, 0)
    assert (report.files, report.total_documents) == (2, 4)
    assert set(states(tmp_path)) == {
        "单.txt",
        "材料.zip",
        *(f"材料.zip!/内/{n}.txt" for n in (1, 2, 3)),
    }


def test_an_unchanged_archive_is_not_read_and_touches_its_members(
    tmp_path: Path, folder: Path
) -> None:
    first = index(tmp_path, folder)
    second = index(tmp_path, folder)
    assert tally(second) == (0, 0, 4, 0, 0)
    assert second.generation == first.generation
    assert {run for _, run in states(tmp_path).values()} == {2}


def test_a_file_that_failed_elsewhere_makes_no_archive_be_read(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "空.txt").write_bytes(b"")
    index(tmp_path, folder)
    path = folder / "材料.zip"
    info = path.stat()
    path.write_bytes(b"x" * info.st_size)  # nobody looks: its size and time are the same
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    report = index(tmp_path, folder)
    assert [f.path for f in report.failures] == ["空.txt"]
    assert tally(report) == (0, 0, 4, 0, 1)


def test_an_archive_with_other_members(tmp_path: Path, folder: Path) -> None:
    index(tmp_path, folder)
    (folder / "材料.zip").write_bytes(
        archive({"内/1.txt": notice(1), "内/2.txt": notice(22), "内/4.txt": notice(4)})
    )
    report = index(tmp_path, folder)
    assert tally(report) == (1, 1, 2, 1, 0)
    assert states(tmp_path)["材料.zip!/内/3.txt"][0] is ItemState.GONE
    assert titles(tmp_path) == ["第0号通知", "第1号通知", "第22号通知", "第4号通知"]
    pack(folder, 1, 2, 3)
    assert tally(index(tmp_path, folder)) == (1, 1, 2, 1, 0)


def test_most_members_gone_from_an_archive_is_no_dead_mount(tmp_path: Path, folder: Path) -> None:
    pack(folder, *range(1, 40))
    index(tmp_path, folder)
    pack(folder, 1)
    report = index(tmp_path, folder)
    assert (report.documents.removed, report.warnings) == (38, [])


def test_a_vanished_archive_takes_its_members(tmp_path: Path, folder: Path) -> None:
    index(tmp_path, folder)
    (folder / "材料.zip").unlink()
    report = index(tmp_path, folder)
    assert tally(report) == (0, 0, 1, 3, 0)
    assert titles(tmp_path) == ["第0号通知"]


def test_an_archive_in_a_dead_mount(tmp_path: Path, folder: Path) -> None:
    pack(folder, *range(1, 40))
    index(tmp_path, folder)
    (folder / "材料.zip").unlink()
    report = index(tmp_path, folder)
    assert (report.documents.removed, report.total_documents) == (0, 40)
    assert len(report.warnings) == 1
    assert index(tmp_path, folder, removal=True).documents.removed == 39


def test_a_failed_member_is_listed_and_tried_again(tmp_path: Path, folder: Path) -> None:
    pack(folder, 1, 2, **{"空.txt": b""})
    for _ in range(2):
        report = index(tmp_path, folder)
        assert [(f.path, f.reason) for f in report.failures] == [("材料.zip!/空.txt", "empty")]
        assert report.total_documents == 3
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert [i.failures for i in library.failures()] == [2]
    pack(folder, 1, 2, **{"空.txt": notice(9)})
    assert tally(index(tmp_path, folder)) == (1, 0, 3, 0, 0)


def test_an_archive_that_breaks_keeps_its_documents(tmp_path: Path, folder: Path) -> None:
    index(tmp_path, folder)
    whole = (folder / "材料.zip").read_bytes()
    (folder / "材料.zip").write_bytes(whole[:40])
    for _ in range(2):
        report = index(tmp_path, folder)
        assert [(f.path, f.reason) for f in report.failures] == [("材料.zip", "malformed")]
        assert (report.total_documents, report.documents.removed) == (4, 0)
    (folder / "材料.zip").write_bytes(whole)
    assert tally(index(tmp_path, folder)) == (0, 0, 4, 0, 0)


def test_an_inner_archive_that_breaks_keeps_its_documents(tmp_path: Path, folder: Path) -> None:
    inner = archive({"5.txt": notice(5)})
    pack(folder, 1, **{"内.zip": inner})
    assert tally(index(tmp_path, folder)) == (3, 0, 0, 0, 0)
    pack(folder, 1, **{"内.zip": inner[:30]})
    report = index(tmp_path, folder)
    assert [(f.path, f.reason) for f in report.failures] == [("材料.zip!/内.zip", "malformed")]
    assert (report.total_documents, report.documents.removed) == (3, 0)


def test_only_the_archive(tmp_path: Path, folder: Path) -> None:
    index(tmp_path, folder)
    pack(folder, 1)
    (folder / "单.txt").unlink()
    report = index(tmp_path, folder / "材料.zip")
    assert report.documents.removed == 2
    assert "第0号通知" in titles(tmp_path)


def test_a_file_that_becomes_an_archive_and_back(tmp_path: Path, folder: Path) -> None:
    (folder / "材料.zip").write_bytes(notice(7))
    assert tally(index(tmp_path, folder)) == (2, 0, 0, 0, 0)
    pack(folder, 1)
    index(tmp_path, folder)
    assert titles(tmp_path) == ["第0号通知", "第1号通知"]
    (folder / "材料.zip").write_bytes(notice(7))
    index(tmp_path, folder)
    assert titles(tmp_path) == ["第0号通知", "第7号通知"]


def test_a_folder_whose_name_looks_like_an_archive(tmp_path: Path, folder: Path) -> None:
    """重要!/a.txt is a file in a folder: no member of anything."""
    (folder / "重要!").mkdir()
    (folder / "重要!" / "a.txt").write_bytes(notice(8))
    index(tmp_path, folder)
    assert tally(index(tmp_path, folder)) == (0, 0, 5, 0, 0)
    (folder / "重要!" / "a.txt").unlink()
    assert index(tmp_path, folder).documents.removed == 1
