"""kb watch as a real process over real folders, and its small parts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.sources import Source
from indexer.watch import QUIET, Pending, is_remote, narrowed
from kb.documents import Audience
from kb.index.generation import Generations
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.lock import Lock
from kb.search.results import Request
from kb.settings import SourceConfig
from tests.support import dictionary

KB = [sys.executable, "-c", "from kb.cli import main; main()"]
LONG = 60
"""Seconds to wait for what takes two on a machine that does nothing else."""


class Watching:
    """A running kb watch and what it says."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log

    def said(self, words: str, times: int = 1) -> None:
        wait(lambda: self.log.read_text("utf-8").count(words) >= times, self)


def wait(condition: Callable[[], bool], watching: Watching) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert watching.process.poll() is None, watching.log.read_text("utf-8")
        assert time.monotonic() < end, watching.log.read_text("utf-8")
        time.sleep(0.05)


@contextmanager
def watching(tmp_path: Path, *arguments: object) -> Iterator[Watching]:
    log = tmp_path / "log"
    dictionary.put(tmp_path / "data")
    with log.open("wb") as out:
        command = [*KB, "watch", *map(str, arguments), "--data-dir", str(tmp_path / "data")]
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    running = Watching(process, log)
    try:
        running.said("正在监视")
        yield running
    finally:
        process.kill()
        process.wait()


def write(path: Path, title: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{title}\n\n{title}的做法。\n", "utf-8")


def found(data_dir: Path, query: str) -> int:
    if not Generations(data_dir).usable_name():
        return 0
    base = KnowledgeBase.open(data_dir)
    try:
        return base.search(Request(query, audience=Audience.STAFF, verbatim=True)).total
    finally:
        base.close()


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    root = tmp_path / "收件"
    write(root / "旧.txt", "原有的材料")
    return root


def test_what_is_dropped_is_found(drop: Path, tmp_path: Path) -> None:
    """A new file, a file moved in with its folder, a change, a removal - each by itself."""
    with watching(tmp_path, drop) as running:
        data = tmp_path / "data"
        assert found(data, '"原有的材料"') == 1
        write(drop / "新.txt", "白虎计划")
        wait(lambda: found(data, '"白虎计划"') == 1, running)
        write(tmp_path / "别处" / "下级" / "甲.txt", "玄武计划")
        (tmp_path / "别处").rename(drop / "别处")
        wait(lambda: found(data, '"玄武计划"') == 1, running)
        write(drop / "新.txt", "朱雀计划")
        wait(lambda: found(data, '"朱雀计划"') == 1, running)
        assert found(data, '"白虎计划"') == 0
        (drop / "新.txt").unlink()
        wait(lambda: found(data, '"朱雀计划"') == 0, running)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(LONG) == 0
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert {r.command for r in library.last_runs(9)} == {"watch"}


def test_a_file_is_read_when_it_is_whole(drop: Path, tmp_path: Path) -> None:
    with watching(tmp_path, drop) as running:
        write(drop / "下载.txt.part", "青龙计划")
        write(drop / "~$打开.txt", "青龙计划")
        with (drop / "慢.txt").open("w", encoding="utf-8") as file:
            for number in range(12):
                file.write(f"青龙计划第{number}段。\n\n")
                file.flush()
                time.sleep(QUIET / 4)
        wait(lambda: found(tmp_path / "data", '"青龙计划第11段"') == 1, running)
        (drop / "下载.txt.part").rename(drop / "下载.txt")
        running.said("新增 1", 3)  # the old file, the slow one, and this
    with Library.open(tmp_path / "data", readonly=True) as library:
        items = library.items("收件")
    assert set(items) == {"旧.txt", "慢.txt", "下载.txt"}
    # The slow file was read once, not piece by piece.
    assert running.log.read_text("utf-8").count("更新 1") == 0


def test_it_waits_while_another_writes(drop: Path, tmp_path: Path) -> None:
    with watching(tmp_path, drop) as running:
        with Lock(tmp_path / "data", "refresh"):
            write(drop / "新.txt", "白虎计划")
            running.said("refresh")
            time.sleep(3 * QUIET)
            assert running.log.read_text("utf-8").count("正由") == 1  # told once
            assert found(tmp_path / "data", '"白虎计划"') == 0
        wait(lambda: found(tmp_path / "data", '"白虎计划"') == 1, running)


def test_a_folder_that_goes_and_comes_back(drop: Path, tmp_path: Path) -> None:
    with watching(tmp_path, drop) as running:
        drop.rename(tmp_path / "别处")
        running.said("无（文件夹不存在）")
        assert found(tmp_path / "data", '"原有的材料"') == 1
        write(tmp_path / "别处" / "新.txt", "白虎计划")
        (tmp_path / "别处").rename(drop)
        wait(lambda: found(tmp_path / "data", '"白虎计划"') == 1, running)
        write(drop / "又.txt", "朱雀计划")
        wait(lambda: found(tmp_path / "data", '"朱雀计划"') == 1, running)
        assert found(tmp_path / "data", '"原有的材料"') == 1


def test_by_looking_through_and_without_a_busy_loop(drop: Path, tmp_path: Path) -> None:
    toml = tmp_path / "kb.toml"
    toml.write_text('[[source]]\nname="收件"\npath="收件"\n', "utf-8")
    with watching(tmp_path, "--config", toml, "--poll") as running:
        before = spent(running.process.pid)
        time.sleep(3)
        assert spent(running.process.pid) - before < 1.0
        write(drop / "新.txt", "白虎计划")
        wait(lambda: found(tmp_path / "data", '"白虎计划"') == 1, running)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(LONG) == 130


def spent(pid: int) -> float:
    """Seconds of processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_nothing_to_watch_is_wrong_usage(tmp_path: Path) -> None:
    for arguments in ((), ("nowhere",)):
        done = subprocess.run(
            [*KB, "watch", *arguments, "--data-dir", str(tmp_path / "data")],
            capture_output=True,
            timeout=LONG,
            check=False,
        )
        assert done.returncode == 2
    assert not (tmp_path / "data").exists()


def test_pending_files_wait_until_they_stand_still(tmp_path: Path) -> None:
    pending, file, other = Pending(), tmp_path / "a", tmp_path / "b"
    file.write_text("1", "utf-8")
    pending.note(file, 0.0)
    assert pending.settled(0.9) == ([], True)
    assert pending.settled(1.0) == ([file], False)
    file.write_text("12", "utf-8")
    assert pending.settled(1.1) == ([], True)
    assert pending.settled(2.1) == ([file], False)
    # One that is whole waits a while for one that isn't, not for ever.
    other.write_text("1", "utf-8")
    pending.note(other, 2.2)
    assert pending.settled(2.3) == ([], True)
    for moment in range(10):
        other.write_text("1" * (moment + 2), "utf-8")
        ready, writing = pending.settled(2.4 + moment / 2)
        assert writing
        assert ready == ([file] if 2.4 + moment / 2 - 1.1 >= 3 else [])
    pending.drop([file])
    assert pending.settled(99.0) == ([other], False)


def test_changes_are_kept_to_their_place(tmp_path: Path) -> None:
    outer = Source(SourceConfig("外", tmp_path), without=("内",))
    inner = Source(SourceConfig("内", tmp_path / "内"))
    laws = Source(SourceConfig("法", tmp_path / "法", "lawrefbook"))
    for name in ("内", "法/民法典", "甲/乙"):
        (tmp_path / name).mkdir(parents=True)
    every = [outer, inner, laws]
    one = [tmp_path / "甲" / "乙" / "a.txt"]
    assert narrowed(every, one, together=True) == [replace(outer, only="甲/乙/a.txt")]
    two = [*one, tmp_path / "甲" / "b.txt"]
    assert narrowed(every, two, together=True) == [replace(outer, only="甲")]
    assert [s.only for s in narrowed(every, two, together=False)] == ["甲/乙/a.txt", "甲/b.txt"]
    assert narrowed(every, [tmp_path / "内" / "x"], together=True) == [replace(inner, only="x")]
    assert narrowed(every, [tmp_path / "法" / "民法典" / "总则.md"], together=False) == [laws]
    assert narrowed(every, [tmp_path.parent / "z"], together=True) == []
    # What went with its folder is looked for where something still stands.
    lost = tmp_path / "没了" / "更深" / "a.txt"
    assert narrowed(every, [lost], together=True) == [replace(outer, only="没了")]


def test_local_folders_are_told_of(tmp_path: Path) -> None:
    assert not is_remote(Path("/proc"))
    assert not is_remote(tmp_path)
