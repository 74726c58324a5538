"""A full disk: a clear error, the site goes on with what it has, the next run completes.

Once on a small file system of its own (needs root and Linux), once with a limit on the size of files,
which every system has.
"""

import json
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from kb.health import examine
from kb.index.generation import Generations
from kb.library import Library
from kb.settings import Settings
from tests.support import dictionary

KB = [sys.executable, "-c", "from kb.cli import main; main()"]


def kb(data_dir: Path, *arguments: object, limit: int = 0) -> "subprocess.CompletedProcess[str]":
    """limit: bytes that a file may have, 0 for any."""

    def lessen() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [*KB, *map(str, arguments), "--data-dir", str(data_dir), "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=lessen if limit else None,
    )


class Visits:
    """What the site answered, all the time."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/search?q={quote('公共法律服务')}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self.wrong: list[str] = []
        self.right = 0

    def _visit(self) -> None:
        while not self._stop.wait(0.1):
            try:
                with urllib.request.urlopen(self._url, timeout=30) as answer:
                    good = answer.status == 200 and "第1号情况" in answer.read().decode()
            except OSError as error:
                self.wrong.append(str(error))
                continue
            self.right += good
            if not good:
                self.wrong.append("nothing found")

    def __enter__(self) -> "Visits":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def visited(data_dir: Path) -> Iterator[Visits]:
    """A real server over the data directory, asked ten times a second."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*KB, "serve", "--data-dir", str(data_dir), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30).close()
                break
            except OSError:
                assert server.poll() is None
                time.sleep(0.2)
        with Visits(port) as visits:
            yield visits
    finally:
        server.terminate()
        server.wait(30)


def corpus(root: Path, first: int, last: int) -> None:
    root.mkdir(exist_ok=True)
    for number in range(first, last):
        lines = [
            f"第{number}号的第{n}项公共法律服务稳步推进，编号{number * n}。" for n in range(40)
        ]
        text = "\n\n".join([f"第{number}号情况", *lines])
        (root / f"{number:04}.txt").write_text(text, "utf-8")


def survives(data_dir: Path, root: Path, stages: list[Callable[[], int]]) -> None:
    """Publishes, runs out of room at each stage (which gives the limit of files), recovers."""
    corpus(root, 0, 20)
    dictionary.put(data_dir)
    assert kb(data_dir, "index", root, "--workers", "1").returncode == 0
    generations = Generations(data_dir)
    before = generations.usable_name()
    corpus(root, 20, 140)
    with visited(data_dir) as visits:
        for stage in stages:
            limit = stage()
            done = kb(data_dir, "index", root, "--workers", "2", limit=limit)
            assert done.returncode == 70, (limit, done.stderr[-2000:])
            assert "腾出空间" in done.stderr
            assert "Traceback" not in done.stderr, done.stderr
            assert generations.usable_name() == before
            assert not list((data_dir / "index").glob("building-*"))
        told = {f.subject: f for f in examine(Settings(data_dir=data_dir))}
        assert told["上次运行"].level != "ok"
        shutil.rmtree(data_dir / "ballast", ignore_errors=True)
        done = kb(data_dir, "index", root, "--workers", "2")
        assert done.returncode == 0, done.stderr
        time.sleep(1.2)
    assert json.loads(done.stdout)["total_documents"] == 140
    assert visits.wrong == []
    assert visits.right > 5
    with Library.open(data_dir) as library:
        assert library.check() == []


def test_files_may_not_grow(tmp_path: Path) -> None:
    """The library meets the limit, at two moments of its growth."""
    data_dir = tmp_path / "data"

    def beyond(more: int) -> Callable[[], int]:
        return lambda: (data_dir / "library.sqlite3").stat().st_size + more

    survives(data_dir, tmp_path / "资料", [beyond(1_000), beyond(20_000)])


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("mount is not there")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("a small file system can't be mounted without root")
    try:
        data_dir = place / "data"

        def leave(size: int) -> Callable[[], int]:
            def fill() -> int:
                ballast = data_dir / "ballast"
                ballast.mkdir(exist_ok=True)
                for old in ballast.iterdir():
                    old.unlink()
                room = shutil.disk_usage(place).free - size
                (ballast / "x").write_bytes(bytes(room))
                return 0

            return fill

        stages = [leave(size) for size in (0, 300_000, 900_000)]
        survives(data_dir, tmp_path / "资料", stages)
    finally:
        subprocess.run([umount, "-l", str(place)], check=False)
