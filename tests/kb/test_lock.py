"""The lock between real processes, killed ones among them."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb import lock
from kb.errors import LibraryError, LockedError
from kb.lock import Lock

HOLDER = """
    import os, sys, time
    from pathlib import Path
    from kb.lock import Lock

    with Lock(Path(sys.argv[1]), "kb refresh"):
        if sys.argv[2] == "fork" and os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        print("held", flush=True)
        time.sleep(60)
"""


@contextmanager
def holding(data_dir: Path, mode: str = "") -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(data_dir), mode],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_second_writer_is_told_who_holds_it(tmp_path: Path) -> None:
    with holding(tmp_path) as process:
        with pytest.raises(LockedError) as refused, Lock(tmp_path, "kb index"):
            pass
        message = str(refused.value)
        assert "kb refresh" in message
        assert f"进程 {process.pid}" in message
        assert time.strftime("%Y-%m-%d") in message
        there = lock.holder(tmp_path)
        assert there is not None
        assert (there.pid, there.command, there.alive) == (process.pid, "kb refresh", True)


def test_a_killed_holder_leaves_it_free_and_is_known(tmp_path: Path) -> None:
    with holding(tmp_path) as process:
        pass
    assert process.returncode == -signal.SIGKILL
    assert lock.holder(tmp_path) is None
    with Lock(tmp_path, "kb index") as mine:
        assert mine.previous is not None
        assert (mine.previous.pid, mine.previous.command) == (process.pid, "kb refresh")
        assert not mine.previous.alive
    with Lock(tmp_path, "kb index") as mine:
        assert mine.previous is None, "it let go in good order"


def test_a_forked_worker_does_not_keep_it(tmp_path: Path) -> None:
    with holding(tmp_path, "fork") as process:
        process.kill()
        process.wait()
        with Lock(tmp_path, "kb index") as mine:
            assert mine.previous is not None


def test_it_is_free_after_use_and_after_a_fault(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Lock(tmp_path, "a"):
        raise RuntimeError
    assert lock.holder(tmp_path) is None
    with Lock(tmp_path, "b"), pytest.raises(LockedError), Lock(tmp_path, "c"):
        pass
    with Lock(tmp_path, "d"):
        there = lock.holder(tmp_path)
        assert there is not None
        assert there.command == "d"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{", b'{"pid": "x"}', b"[" * 4096])
def test_what_stands_in_the_file_never_matters(tmp_path: Path, content: bytes) -> None:
    (tmp_path / lock.FILE).write_bytes(content)
    assert lock.holder(tmp_path) is None
    with Lock(tmp_path, "a") as mine:
        assert mine.previous is None
        (tmp_path / lock.FILE).write_bytes(content)
        there = lock.holder(tmp_path)
        assert there is not None
        assert there.pid == 0
        with pytest.raises(LockedError, match="另一进程"), Lock(tmp_path, "b"):
            pass


def test_the_directory_is_made(tmp_path: Path) -> None:
    with Lock(tmp_path / "new" / "data", "a"):
        assert (tmp_path / "new" / "data" / lock.FILE).is_file()


def test_no_place_for_the_file_is_a_library_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="无法写入"), Lock(tmp_path / "file", "a"):
        pass
