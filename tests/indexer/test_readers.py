"""Readers that are killed: what hangs, crashes or bloats costs its own file alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer import limits, readers
from indexer.extract import formats
from indexer.extract.formats import BinaryFormat
from indexer.outcome import Outcome
from indexer.read import read_units
from indexer.readers import Usage, read
from indexer.sources import File, Unit
from kb.documents import Block, Extracted
from kb.lock import Lock
from kb.settings import SourceConfig
from tests.indexer.test_containers import archive
from tests.indexer.test_kills import left_behind

MARK = b"BOOM"


def write(folder: Path, name: str, data: bytes | str) -> Unit:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    info = path.stat()
    return Unit(name, (File(name, info.st_size, info.st_mtime_ns),))


def notices(folder: Path, count: int) -> list[Unit]:
    return [write(folder, f"{n:03}.txt", f"第{n}号通知\n\n开展宣传之{n}。\n") for n in range(count)]


def outcomes(folder: Path, units: list[Unit], usage: Usage | None = None) -> list[Outcome]:
    return list(read(units, SourceConfig("源", folder, "folder"), 5, 2, usage))


@pytest.fixture
def boom(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Registers a format whose reading does what the test says: the readers are forked with it."""
    if not readers.may_fork():
        pytest.skip("readers are fresh processes here, without the test's format")

    def register(action: Callable[[], object]) -> None:
        def explode(_data: bytes) -> Extracted:
            action()
            return Extracted((Block("醒来了。"),), "boom")

        form = BinaryFormat("boom", lambda d: d.startswith(MARK), explode, seconds=limits.SECONDS)
        monkeypatch.setattr(formats, "BINARY", [form, *formats.BINARY])

    return register


def test_the_same_outcomes_in_the_same_order(tmp_path: Path) -> None:
    units = notices(tmp_path, 150)
    units.insert(70, write(tmp_path, "空.txt", ""))
    units.insert(20, Unit("没了.txt", (File("没了.txt", 5, 0),)))
    config = SourceConfig("源", tmp_path, "folder")
    assert outcomes(tmp_path, units) == read_units(units, config, 5)


def test_nothing_to_read(tmp_path: Path) -> None:
    assert outcomes(tmp_path, []) == []


def test_what_hangs_is_given_up(
    tmp_path: Path,
    boom: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "SECONDS", 1.0)
    boom(lambda: time.sleep(600))
    units = notices(tmp_path, 40)
    units.insert(3, write(tmp_path, "停.bin", MARK))
    usage = Usage()
    found = outcomes(tmp_path, units, usage)
    assert [o.unit.key for o in found] == [u.key for u in units]
    assert [(o.unit.key, o.reason) for o in found if o.reason] == [("停.bin", "timeout")]
    assert "超时" in found[3].message
    assert usage.restarts == 1


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_what_crashes_the_process(
    tmp_path: Path, boom: Callable[[Callable[[], object]], None], number: signal.Signals
) -> None:
    boom(lambda: os.kill(os.getpid(), number))
    units = notices(tmp_path, 30)
    for place in (0, 7, 8, 32):
        units.insert(place, write(tmp_path, f"坏{place}.bin", MARK))
    found = outcomes(tmp_path, units)
    assert [o.unit.key for o in found] == [u.key for u in units]
    assert [o.unit.key for o in found if o.reason] == ["坏0.bin", "坏7.bin", "坏8.bin", "坏32.bin"]
    assert {o.reason for o in found if o.reason} == {"crashed"}
    assert str(int(number)) in found[0].message


def test_nothing_the_parent_holds_open_is_held(
    tmp_path: Path, boom: Callable[[Callable[[], object]], None]
) -> None:
    def look() -> None:
        held = [
            str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.exists()
        ]
        assert str(tmp_path / "held") not in held, held

    boom(look)
    with (tmp_path / "held").open("w"):
        assert [o.reason for o in outcomes(tmp_path, [write(tmp_path, "x.bin", MARK)])] == [""]


def test_what_needs_too_much_memory(
    tmp_path: Path, boom: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MEMORY_MB", 200)
    boom(lambda: bytearray(400_000_000))
    units = [*notices(tmp_path, 3), write(tmp_path, "大.bin", MARK)]
    assert [o.reason for o in outcomes(tmp_path, units)] == ["", "", "", "memory"]


def test_a_reader_that_has_grown_makes_room(
    tmp_path: Path, boom: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bytearray] = []
    monkeypatch.setattr(limits, "MEMORY_MB", 300)
    boom(lambda: kept.append(bytearray(b"x") * 200_000_000))
    units = [write(tmp_path, f"{n}.bin", MARK) for n in range(4)]
    usage = Usage()
    assert [o.reason for o in outcomes(tmp_path, units, usage)] == [""] * 4
    assert usage.peak_mb >= 200


def test_a_member_that_crashes_costs_only_itself(
    tmp_path: Path, boom: Callable[[Callable[[], object]], None]
) -> None:
    boom(lambda: os.kill(os.getpid(), signal.SIGSEGV))
    text = "通知\n\n开展宣传。\n".encode()
    data = archive(
        {"一.txt": text, "坏.bin": MARK, "二.txt": text, "又坏.bin": MARK, "三.txt": text}
    )
    units = [write(tmp_path, "材料.zip", data), *notices(tmp_path, 2)]
    found = outcomes(tmp_path, units)
    assert [(o.path, o.reason) for o in found] == [
        ("材料.zip", ""),
        ("材料.zip!/一.txt", ""),
        ("材料.zip!/坏.bin", "crashed"),
        ("材料.zip!/二.txt", ""),
        ("材料.zip!/又坏.bin", "crashed"),
        ("材料.zip!/三.txt", ""),
        ("000.txt", ""),
        ("001.txt", ""),
    ]


def test_the_time_for_a_whole_unit(
    tmp_path: Path, boom: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    boom(lambda: time.sleep(0.4))
    monkeypatch.setattr(readers, "UNIT_SECONDS", 1.0)
    data = archive({f"{n}.bin": MARK for n in range(50)})
    found = outcomes(tmp_path, [write(tmp_path, "材料.zip", data), *notices(tmp_path, 1)])
    assert found[-1].reason == ""
    assert (found[-2].path, found[-2].reason) == ("材料.zip", "timeout")
    assert 2 <= len(found) < 10


def test_closing_ends_the_readers(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管道.txt")
    units = [*notices(tmp_path, 1), Unit("管道.txt", (File("管道.txt", 5, 0),))]
    running = read(units, SourceConfig("源", tmp_path, "folder"), 5, 1)
    next(running)
    before = children()
    assert before
    running.close()
    assert not children() & before


def children() -> set[int]:
    """Of this process, but for the one by which multiprocessing keeps track of what it shares."""
    tasks = Path("/proc/self/task").iterdir()
    pids = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
    return {pid for pid in pids if "resource_tracker" not in command_of(pid)}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
    except OSError:  # it has ended
        return ""


_HOLD = """
import os, sys
from pathlib import Path
from indexer.readers import read
from indexer.sources import File, Unit
from kb.lock import Lock
from kb.settings import SourceConfig
folder = Path(sys.argv[1])
if sys.argv[2] == "threads":
    import threading, time
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
unit = Unit("p.txt", (File("p.txt", 5, 0),))
with Lock(folder, "index"):
    print("ready", flush=True)
    list(read([unit] * 20, SourceConfig("s", folder, "folder"), 5, 2))
"""


@pytest.mark.parametrize("how", ["alone", "threads"])
def test_readers_follow_a_killed_parent_and_hold_no_lock(tmp_path: Path, how: str) -> None:
    os.mkfifo(tmp_path / "p.txt")
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path), how],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(1.0)
    process.kill()
    process.wait()
    process.stdout.close()
    with Lock(tmp_path, "refresh"):  # at once, whether or not they are gone yet
        assert left_behind(process.pid) == []


def test_readers_beside_threads(tmp_path: Path) -> None:
    """With other threads about a fork isn't safe: fresh processes do the same."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert [o.reason for o in outcomes(tmp_path, notices(tmp_path, 3))] == ["", "", ""]
    finally:
        stop.set()
        thread.join()


def test_a_started_program_dies_with_its_reader() -> None:
    process = subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60"], start_new_session=True)
    time.sleep(0.3)
    limits.kill_tree(process.pid)
    process.kill()
    process.wait()
    assert left_behind(process.pid) == []
