"""--dry-run: what it says is what a run then does, and nothing at all is written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kb.library import Library
from kb.lock import Lock

KB = [sys.executable, "-c", "from kb.cli import main; main()"]


def kb(cwd: Path, *arguments: object, code: int = 0) -> str:
    done = subprocess.run(
        [*KB, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def tree(root: Path) -> dict[str, tuple[int, int]]:
    """Everything below, folders too, with size and time."""
    return {
        str(p.relative_to(root)): (p.stat().st_size, p.stat().st_mtime_ns) for p in root.rglob("*")
    }


def sources(text: str) -> dict[str, dict[str, Any]]:
    data = json.loads(text)
    assert data["dry_run"] is True
    return {s["name"]: s for s in data["sources"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "资料"
    root.mkdir()
    for number in range(4):
        (root / f"{number}.txt").write_text(f"第{number}号材料\n\n做法{number}。\n", "utf-8")
    (tmp_path / "kb.toml").write_text(
        'data_dir="data"\n[[source]]\nname="资料"\npath="资料"\n', "utf-8"
    )
    return root


def test_before_anything_is_there(folder: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    for arguments in (
        ("refresh", "--config", tmp_path / "kb.toml"),
        ("index", folder, "--data-dir", tmp_path / "data"),
    ):
        (shown,) = sources(kb(tmp_path, *arguments, "--dry-run", "--json")).values()
        assert shown["new"] == [f"{n}.txt" for n in range(4)]
    assert tree(tmp_path) == before


def test_it_says_what_the_run_then_does(folder: Path, tmp_path: Path) -> None:
    refresh = ("refresh", "--config", tmp_path / "kb.toml")
    (folder / "坏.txt").write_bytes(b"")
    kb(tmp_path, *refresh, code=1)
    (folder / "0.txt").write_text("第0号材料\n\n又及。\n", "utf-8")
    os.utime(folder / "1.txt", ns=(1, 1))
    (folder / "2.txt").unlink()
    (folder / "新.txt").write_text("新的材料\n\n一段。\n", "utf-8")
    before = tree(tmp_path)
    shown = sources(kb(tmp_path, *refresh, "--dry-run", "--json"))["资料"]
    text = kb(tmp_path, *refresh, "--dry-run")
    assert tree(tmp_path) == before
    assert (shown["new"], shown["changed"], shown["again"]) == (["新.txt"], ["0.txt"], [])
    assert (shown["removed"], shown["missing"], shown["unchanged"]) == ([], ["2.txt"], 2)
    assert shown["waiting"] == ["坏.txt"]
    assert all(word in text for word in ("新增：新.txt", "更新：0.txt", "保留：2.txt"))
    report = json.loads(kb(tmp_path, *refresh, "--json", code=1))
    tally = report["documents"]
    assert (tally["added"], tally["changed"], tally["removed"]) == (1, 1, 0)
    assert report["missing"] == [["资料", "2.txt"]]
    # An explicit index removes at once, and so it says.
    index = ("index", folder, "--data-dir", tmp_path / "data")
    assert sources(kb(tmp_path, *index, "--dry-run", "--json"))["资料"]["removed"] == ["2.txt"]


def test_other_settings_and_a_missing_source(folder: Path, tmp_path: Path) -> None:
    refresh = ("refresh", "--config", tmp_path / "kb.toml")
    kb(tmp_path, *refresh)
    with (tmp_path / "kb.toml").open("a", encoding="utf-8") as toml:
        toml.write('region="浙江省"\n[[source]]\nname="没了"\npath="nowhere"\n')
    before = tree(tmp_path)
    shown = sources(kb(tmp_path, *refresh, "--dry-run", "--json", code=1))
    assert shown["资料"]["again"] == [f"{n}.txt" for n in range(4)]
    assert [f["reason"] for f in shown["没了"]["failures"]] == ["missing"]
    assert tree(tmp_path) == before


def test_while_another_writes(folder: Path, tmp_path: Path) -> None:
    """It neither waits nor fails, and sees what the writer has put there."""
    kb(tmp_path, "refresh", "--config", tmp_path / "kb.toml")
    with Lock(tmp_path / "data", "another"), Library.open(tmp_path / "data") as library:
        library.start_run("another")
        (folder / "新.txt").write_text("新的材料\n\n一段。\n", "utf-8")
        text = kb(tmp_path, "refresh", "--config", tmp_path / "kb.toml", "--dry-run", "--json")
        assert sources(text)["资料"]["new"] == ["新.txt"]
