"""A nightly refresh: what vanished, what failed, what was only touched; over invented folders."""

import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from indexer import retry
from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import apart, configured, select
from kb import office
from kb.library import Item, ItemState, Library
from kb.progress import Quiet
from kb.settings import load_sources
from tests.indexer.test_lawrefbook import code

Refresh = Callable[..., Report]


class Stages(Quiet):
    """A progress that keeps how many units each stage had to read."""

    def __init__(self) -> None:
        self.read: dict[str, int] = {}

    def start(self, stage: str, total: int) -> None:
        self.read[stage] = total


@pytest.fixture
def refresh(tmp_path: Path) -> Refresh:
    """kb refresh over the folders 甲 and 乙, as the command does it."""
    toml = tmp_path / "kb.toml"
    toml.write_text('[[source]]\nname="甲"\npath="甲"\n[[source]]\nname="乙"\npath="乙"\n', "utf-8")

    def go(progress: Quiet | None = None, **options: object) -> Report:
        with Library.open(tmp_path / "data") as library:
            known = library.sources()
        sources = apart([s for c in load_sources(toml) for s in configured(c)], known)
        given = {"workers": 1, "max_file_mb": 5, "gone_after": 3, "patient": True, **options}
        chosen = Options(**given)  # type: ignore[arg-type]
        return run(tmp_path / "data", sources, chosen, progress or Quiet(), "refresh")

    return go


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name, count in (("甲", 6), ("乙", 30)):
        (tmp_path / name).mkdir()
        for number in range(count):
            write(tmp_path / name / f"{number}.txt", f"{name}第{number}号材料")
    return tmp_path / "甲", tmp_path / "乙"


def write(path: Path, title: str) -> None:
    path.write_text(f"{title}\n\n{title}的做法。\n", "utf-8")


def items(tmp_path: Path, source: str) -> dict[str, Item]:
    with Library.open(tmp_path / "data", readonly=True) as library:
        return library.items(source)


def back(tmp_path: Path, days: int) -> None:
    """Makes the failures as many days older."""
    with Library.open(tmp_path / "data") as library:
        for item in library.failures():
            if item.retry_on:
                on = date.fromisoformat(item.retry_on) - timedelta(days=days)
                with library._writing() as connection:
                    connection.exec_driver_sql(
                        "UPDATE items SET retry_on = ? WHERE path = ?", (on.isoformat(), item.path)
                    )


def test_what_vanished_goes_in_the_third_run(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    refresh()
    (folders[0] / "0.txt").unlink()
    for count in (1, 2):
        report = refresh()
        assert (report.documents.removed, report.total_documents) == (0, 36)
        assert report.missing == [("甲", "0.txt")]
        assert report.exit_code == 0
        assert items(tmp_path, "甲")["0.txt"].missing == count
    report = refresh()
    assert (report.documents.removed, report.total_documents, report.missing) == (1, 35, [])
    assert items(tmp_path, "甲")["0.txt"].state is ItemState.GONE
    assert refresh().documents.removed == 0


def test_coming_back_resets_the_count(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    refresh()
    file = folders[0] / "0.txt"
    aside = tmp_path / "aside"
    for _ in range(2):
        file.rename(aside)
        refresh()
        refresh()
        aside.rename(file)
        report = refresh()
        assert (report.documents.unchanged, report.missing) == (36, [])
        assert items(tmp_path, "甲")["0.txt"].missing == 0


def test_gone_after_and_the_share_are_settings(
    refresh: Refresh, folders: tuple[Path, Path]
) -> None:
    refresh()
    (folders[0] / "0.txt").unlink()
    assert refresh(gone_after=1).documents.removed == 1
    for number in range(4):
        (folders[1] / f"{number}.txt").unlink()
    report = refresh(gone_after=1, max_gone_share=0.1)
    assert report.documents.removed == 0
    assert "30 个文件中有 4 个不见了" in report.warnings[0]
    for number in range(4, 6):
        (folders[1] / f"{number}.txt").unlink()
    # Just the share is not yet more than the share.
    assert refresh(gone_after=1, max_gone_share=0.2).documents.removed == 6


def test_a_dead_mount_empties_nothing_however_long(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """The folder gone, or an empty mount point in its place; a small source as well as a large."""
    refresh()
    for folder in folders:
        folder.rename(tmp_path / f"{folder.name}-aside")
    for _ in range(4):
        report = refresh()
        assert {f.reason for f in report.failures} == {"missing"}
        assert (report.total_documents, report.exit_code) == (36, 1)
    for folder in folders:
        folder.mkdir()
    for _ in range(4):
        report = refresh()
        assert (report.total_documents, len(report.warnings)) == (36, 2)
    for folder in folders:
        folder.rmdir()
        (tmp_path / f"{folder.name}-aside").rename(folder)
    report = refresh()
    assert (report.documents.unchanged, report.warnings, report.exit_code) == (36, [], 0)
    # Nights without a disk don't count towards the removal of what goes later.
    (folders[0] / "0.txt").unlink()
    assert refresh().documents.removed == 0


def test_removal_can_be_forced(refresh: Refresh, folders: tuple[Path, Path]) -> None:
    refresh()
    for file in folders[1].iterdir():
        file.unlink()
    assert refresh().documents.removed == 0
    assert refresh(allow_removal=True).documents.removed == 30


def test_what_was_moved_is_replaced_at_once(refresh: Refresh, folders: tuple[Path, Path]) -> None:
    refresh()
    (folders[1] / "下级").mkdir()
    for number in range(20):
        (folders[1] / f"{number}.txt").rename(folders[1] / "下级" / f"{number}.txt")
    report = refresh()
    assert (report.documents.added, report.documents.removed) == (20, 20)
    assert (report.warnings, report.missing, report.total_documents) == ([], [], 36)


def test_what_is_excluded_goes_at_once(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    refresh()
    with (tmp_path / "kb.toml").open("a", encoding="utf-8") as toml:
        toml.write('exclude=["1*.txt"]\n')
    report = refresh()
    assert (report.documents.removed, report.warnings, report.missing) == (11, [], [])


def test_a_part_of_a_law_that_is_missing_stays_in_it(tmp_path: Path) -> None:
    """As long as the file isn't removed, the law isn't read without it."""
    root = tmp_path / "库"
    code(root)
    sources = select(root, {}, None)
    options = Options(workers=1, gone_after=2, patient=True)
    tallies = []
    for _ in range(3):
        report = run(tmp_path / "data", sources, options, Quiet(), "refresh")
        tallies.append((report.documents.changed, len(report.missing)))
        (root / "示范典" / "合同编.md").unlink(missing_ok=True)
    assert tallies == [(0, 0), (0, 1), (1, 0)]


def test_touched_files_are_not_read_again(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    first = refresh()
    for file in folders[0].iterdir():
        os.utime(file, ns=(1, 1))
    stages = Stages()
    report = refresh(stages)
    assert (report.documents.unchanged, report.generation) == (36, first.generation)
    assert stages.read["读取 甲"] == 0
    assert {i.mtime_ns for i in items(tmp_path, "甲").values()} == {1}
    # The same size with other bytes is a change.
    write(folders[0] / "0.txt", "甲第9号材料")
    stages = Stages()
    assert refresh(stages).documents.changed == 1
    assert stages.read["读取 甲"] == 1


def test_other_settings_read_touched_files_again(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    refresh()
    os.utime(folders[1] / "0.txt", ns=(1, 1))
    with (tmp_path / "kb.toml").open("a", encoding="utf-8") as toml:
        toml.write('region="浙江省"\n')
    assert refresh().documents.changed == 30


def test_failures_are_tried_after_growing_intervals(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    (folders[0] / "坏.txt").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 9)
    report = refresh()
    assert [f.path for f in report.failures] == ["坏.txt"]
    since = items(tmp_path, "甲")["坏.txt"].failing_since
    for days, count in ((1, 1), (2, 2), (4, 3), (8, 4)):
        report = refresh()
        assert (report.failures, report.exit_code, report.documents.failed) == ([], 1, 0)
        (waiting,) = report.waiting
        assert (waiting.source, waiting.path, waiting.failures) == ("甲", "坏.txt", count)
        assert waiting.next == (date.today() + timedelta(days=days)).isoformat()
        assert any("1 项" in line and waiting.next in line for line in report.lines())
        back(tmp_path, days - 1)
        assert len(refresh().waiting) == 1  # the day before
        back(tmp_path, 1)
        assert [f.path for f in refresh().failures] == ["坏.txt"]
    failed = items(tmp_path, "甲")["坏.txt"]
    assert (failed.failures, failed.failing_since) == (5, since)


def test_a_failure_is_tried_at_once_when_something_changed(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    bad = folders[0] / "坏.txt"
    bad.write_bytes(b"")
    refresh()
    assert len(refresh().waiting) == 1
    assert len(refresh(patient=False).failures) == 1  # an explicit kb index
    os.utime(bad, ns=(1, 1))
    assert len(refresh().failures) == 1
    assert len(refresh().waiting) == 1
    write(bad, "修好的材料")
    report = refresh()
    assert (report.documents.added, report.exit_code) == (1, 0)
    again = items(tmp_path, "甲")["坏.txt"]
    assert (again.failures, again.failing_since, again.retry_on) == (0, "", "")
    # And other settings of the source.
    (folders[1] / "坏.txt").write_bytes(b"")
    refresh()
    with (tmp_path / "kb.toml").open("a", encoding="utf-8") as toml:
        toml.write('region="浙江省"\n')
    assert len(refresh().failures) == 1


def test_a_failing_file_that_was_deleted_is_forgotten_at_once(
    refresh: Refresh, folders: tuple[Path, Path]
) -> None:
    (folders[0] / "坏.txt").write_bytes(b"")
    refresh()
    (folders[0] / "坏.txt").unlink()
    report = refresh()
    assert (report.exit_code, report.missing) == (0, [])


@pytest.mark.parametrize(
    ("failures", "days"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (400, 30)]
)
def test_intervals(failures: int, days: int) -> None:
    today = date(2026, 11, 20)
    assert retry.retry_on(failures, today, "damaged") == (today + timedelta(days=days)).isoformat()


def failed(reason: str, **given: object) -> Item:
    values = {"size": 5, "mtime_ns": 7, "sha256": "", "document_id": None, "failures": 3}
    values |= {"state": ItemState.FAILED, "first_seen": "", "last_seen": "", "run_id": None}
    values |= {"retry_on": "2026-11-24", **given}
    return Item(source="s", path="p", reason=reason, message="m", **values)  # type: ignore[arg-type]


def test_reasons_that_something_else_cures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    today = date(2026, 11, 20)
    assert retry.waits(failed("damaged"), 5, 7, today)
    assert not retry.waits(failed("damaged"), 5, 8, today)
    assert not retry.waits(failed("damaged"), 6, 7, today)
    assert not retry.waits(failed("damaged"), 5, 7, date(2026, 11, 24))
    for reason in ("permission", "io", "too-large"):
        assert not retry.waits(failed(reason), 5, 7, today)
        assert retry.retry_on(1, today, reason) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(office, "PLACES", ())
    assert retry.waits(failed("missing-tool"), 5, 7, today)
    (tmp_path / "soffice").write_text("#!/bin/sh\n", "utf-8")
    (tmp_path / "soffice").chmod(0o755)
    assert not retry.waits(failed("missing-tool"), 5, 7, today)


def test_a_source_that_fails_stops_no_other(
    refresh: Refresh, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    refresh()
    shutil.rmtree(folders[0])
    folders[0].write_text("no folder any more", "utf-8")
    write(folders[1] / "新.txt", "新的材料")
    report = refresh()
    assert report.documents.added == 1
    assert report.total_documents == 37
    tallies = {s.name: (s.files, s.read, s.missing) for s in report.sources}
    assert tallies["乙"] == (31, 1, 0)
    with Library.open(tmp_path / "data", readonly=True) as library:
        states = {s.name: s for s in library.source_states()}
    assert (states["乙"].ok, states["乙"].failed, states["乙"].troubled) == (31, 0, False)
    assert states["甲"].troubled
