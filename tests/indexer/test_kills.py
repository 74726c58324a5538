"""kill -9 at random moments: the last published generation serves on, the next run completes."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kb.documents import Audience
from kb.index.generation import Generations
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.search.results import Request
from tests.support import dictionary
from tests.support.texts import sentence

KB = [sys.executable, "-c", "from kb.cli import main; main()"]
Entries = dict[str, dict[str, object]]


def start(data_dir: Path, *arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*KB, *map(str, arguments), "--data-dir", str(data_dir), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def complete(data_dir: Path, *arguments: object, code: int = 0) -> dict[str, object]:
    done = subprocess.run(
        [*KB, *map(str, arguments), "--data-dir", str(data_dir), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def catalogue(data_dir: Path) -> Entries:
    """The published entries, but for the second at which each came."""
    generations = Generations(data_dir)
    path = generations.directory(generations.usable_name()) / "catalog.jsonl"
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {e["id"]: {k: v for k, v in e.items() if k != "added"} for e in entries}


def left_behind(leader: int) -> list[int]:
    """Processes of a killed run that are still there; a worker may need an instant to notice."""
    end = time.monotonic() + 10
    while True:
        found = []
        for place in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = place.read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(place.parent.name))
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.02)


@contextmanager
def opened(data_dir: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(data_dir)
    try:
        yield base
    finally:
        base.close()


def check(base: KnowledgeBase, query: str, expected: int, generation: str) -> None:
    """It answers from the generation, and every hit can be opened."""
    result = base.search(Request(query, audience=Audience.STAFF, verbatim=True, size=20))
    assert result.total == expected
    assert base.generation == generation
    assert result.hits
    for hit in result.hits:
        published = base.document(hit.document.id, Audience.STAFF)
        assert published is not None
        anchors = {p.anchor for p in published.document.passages}
        assert {p.anchor for p in hit.passages} <= anchors


def kill_at_random(
    data_dir: Path,
    arguments: tuple[object, ...],
    moments: int,
    seed: int,
    query: str,
    between: Callable[[int], None],
    code: int = 0,
) -> None:
    """Starts a run, kills it after a random part of a whole run's time, asks; as often as said.
    code: that of a run left alone."""
    chance = random.Random(seed)
    generations = Generations(dictionary.put(data_dir))
    began = time.monotonic()
    between(0)
    complete(data_dir, *arguments, code=code)
    whole = time.monotonic() - began
    with opened(data_dir) as kept:
        expected = kept.search(Request(query, audience=Audience.STAFF, verbatim=True)).total
        for moment in range(1, moments + 1):
            between(moment)
            before = generations.current_name()
            process = start(data_dir, *arguments)
            # A moment in each part of the run, so that no stage of it goes without a kill.
            delay = whole * (moment - 1 + chance.random()) / moments
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
            process.wait()
            assert left_behind(process.pid) == []
            serving = generations.usable_name()
            if process.returncode != code:
                # Killed after the swap: the new one is complete. Else the old one serves.
                assert serving >= before
            time.sleep(1.05)  # the open base looks for a new generation once a second
            check(kept, query, expected, serving)
            with opened(data_dir) as fresh:
                check(fresh, query, expected, serving)


def corpus(root: Path, count: int) -> None:
    """Files that stay documents of their own, and aren't compared: no two have a sentence in common."""
    root.mkdir()
    for number in range(count):
        lines = [f"公共法律服务：{sentence(f'{root.name} {number} {n}')}" for n in range(6)]
        text = "\n\n".join([f"第{number}号情况", *lines])
        (root / f"{number:04}.txt").write_text(text, "utf-8")


def test_kills(tmp_path: Path) -> None:
    """Each run changes a third of the files, so that library and index are both under way."""
    root, data_dir = tmp_path / "资料", tmp_path / "data"
    corpus(root, 150)

    def change(moment: int) -> None:
        for number in range(moment % 3, 150, 3):
            with (root / f"{number:04}.txt").open("a", encoding="utf-8") as file:
                file.write(f"\n\n第{moment}次补充。")

    arguments = ("index", root, "--workers", "2", "--full")
    kill_at_random(data_dir, arguments, 3, 20260101, '"公共法律服务"', change)
    report = complete(data_dir, "index", root)
    assert (report["total_documents"], report["failures"]) == (150, [])
    dictionary.put(tmp_path / "undisturbed")
    complete(tmp_path / "undisturbed", "index", root)
    assert catalogue(data_dir) == catalogue(tmp_path / "undisturbed")
    assert not list((data_dir / "index").glob("building-*"))
    with Library.open(data_dir) as library:
        assert library.check() == []


def sources(toml: Path, *lines: str) -> None:
    entries = [f"[[source]]\n{line}" for line in lines]
    toml.write_text("\n".join(["gone_after = 2", *entries]), "utf-8")


def test_kills_of_a_refresh(tmp_path: Path) -> None:
    """Three sources, one for staff: files change, vanish and come back, one never can be read."""
    data_dir, toml = tmp_path / "data", tmp_path / "kb.toml"
    for name, count in (("甲", 60), ("乙", 30), ("丙", 10)):
        corpus(tmp_path / name, count)
    (tmp_path / "丙" / "空.txt").write_bytes(b"")
    sources(
        toml,
        'name="甲"\npath="甲"',
        'name="乙"\npath="乙"\naudience="staff"',
        'name="丙"\npath="丙"',
    )

    def change(moment: int) -> None:
        for name, count in (("甲", 60), ("乙", 30)):
            for number in range(moment % 3, count, 3):
                with (tmp_path / name / f"{number:04}.txt").open("a", encoding="utf-8") as file:
                    file.write(f"\n\n第{moment}次补充。")
        # One file is away in every other run: never long enough to be removed.
        here, away = tmp_path / "丙" / "0000.txt", tmp_path / "away"
        if moment % 2:
            here.rename(away)
        elif away.exists():
            away.rename(here)

    arguments = ("refresh", "--config", toml, "--workers", "2")
    kill_at_random(data_dir, arguments, 4, 20260103, '"公共法律服务"', change, code=1)
    report = complete(data_dir, *arguments, code=1)
    assert report["total_documents"] == 100
    dictionary.put(tmp_path / "undisturbed")
    complete(tmp_path / "undisturbed", *arguments, code=1)
    assert catalogue(data_dir) == catalogue(tmp_path / "undisturbed")
    with Library.open(data_dir) as library:
        assert library.check() == []
        assert {r.state for r in library.last_runs(9)} <= {"interrupted", "failed-items"}
        assert library.items("丙")["0000.txt"].missing == 0


@pytest.mark.slow
def test_kills_on_the_real_statutes(data: Path, tmp_path: Path) -> None:
    """Fifty moments of a nightly run over laws, summaries and a folder that changes."""
    data_dir, toml = tmp_path / "data", tmp_path / "kb.toml"
    corpus(tmp_path / "通知", 200)
    sources(
        toml,
        f'name="laws"\npath="{data / "laws"}"',
        f'name="summaries"\npath="{data / "work-summaries"}"\naudience="staff"',
        'name="通知"\npath="通知"',
    )

    def change(moment: int) -> None:
        for number in range(moment % 3, 200, 3):
            with (tmp_path / "通知" / f"{number:04}.txt").open("a", encoding="utf-8") as file:
                file.write(f"\n\n第{moment}次补充。")
        # Settings that change make the run read everything anew, as on its first day.
        if moment:
            with Library.open(data_dir) as library:
                known = library.sources()["laws"]
                library.put_source(
                    known.name, known.type, known.root, "", known.as_of, known.config
                )

    arguments = ("refresh", "--config", toml)
    kill_at_random(data_dir, arguments, 50, 20260102, '"社区矫正"', change)
    complete(data_dir, *arguments)
    shutil.rmtree(data_dir / "index")
    complete(data_dir, *arguments)  # what the kills left of the library is whole
    complete(tmp_path / "undisturbed", *arguments)
    assert catalogue(data_dir) == catalogue(tmp_path / "undisturbed")
    with Library.open(data_dir) as library:
        assert library.check() == []
