"""What the program writes is for its own user alone; what is wider is named with the way out."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from kb import access
from kb.health import Finding, examine
from kb.settings import Settings

KB = [sys.executable, "-c", "from kb.cli import main; main()"]


def kb(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    quiet = ("CI", "PYTEST_CURRENT_TEST")
    kept = {k: v for k, v in os.environ.items() if k not in quiet}
    return subprocess.run(
        [*KB, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**kept, **environment},
        timeout=120,
        check=False,
        preexec_fn=lambda: os.umask(0o022) and None,
    )


def findings(data_dir: Path) -> list[Finding]:
    return [f for f in examine(Settings(data_dir=data_dir)) if f.subject == "文件权限"]


def test_nothing_is_written_for_others(tmp_path: Path) -> None:
    """By any process of a run: readers, writers of parts, SQLite."""
    (tmp_path / "资料").mkdir()
    for n in range(3):
        (tmp_path / "资料" / f"{n}.txt").write_text(f"第{n}号通知\n\n正文之{n}。\n", "utf-8")
    data_dir = tmp_path / "data"
    done = kb("index", tmp_path / "资料", "--data-dir", data_dir, "--workers", "2")
    assert done.returncode == 0, done.stderr
    modes = {p: stat.S_IMODE(p.lstat().st_mode) for p in (data_dir, *data_dir.rglob("*"))}
    assert len(modes) > 20
    assert [p for p, mode in modes.items() if mode & 0o077] == []
    assert [f.level for f in findings(data_dir)] == ["ok"]
    # One line where it was run as root, none for anybody else, and the hint is no part of the report.
    assert ("root" in done.stderr) == (os.geteuid() == 0)
    assert "root" not in done.stdout
    assert "root" not in kb("status", "--data-dir", data_dir).stderr
    assert "root" not in kb("index", tmp_path / "资料", "--data-dir", data_dir, CI="1").stderr


@pytest.mark.parametrize(
    ("folder", "file", "level", "count"),
    [
        (0o755, 0o644, "fault", 2),
        (0o755, 0o600, "fault", 1),
        (0o750, 0o640, "note", 2),
        (0o700, 0o644, "ok", 0),
        (0o711, 0o644, "fault", 2),
    ],
)
def test_wide_modes_are_named(
    tmp_path: Path, folder: int, file: int, level: str, count: int
) -> None:
    data_dir = tmp_path / "da ta"
    data_dir.mkdir()
    (data_dir / "notes.txt").write_text("x", "utf-8")
    (data_dir / "notes.txt").chmod(file)
    data_dir.chmod(folder)
    (found,) = findings(data_dir)
    assert found.level == level
    if count:
        assert f" {count} 个" in found.text
        assert found.remedy == f"chmod -R go-rwx '{data_dir}'"
        subprocess.run(["sh", "-c", found.remedy], check=True)
        assert [f.level for f in findings(data_dir)] == ["ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="files of two users need root")
def test_files_of_another_user(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(0o700)
    (data_dir / "x").write_text("x", "utf-8")
    os.chown(data_dir, 65534, 65534)
    (found,) = findings(data_dir)
    assert (found.level, "chown -R" in found.remedy) == ("fault", True)
    assert access.user_name(65534) in found.remedy
    said = access.as_root(data_dir)
    assert "sudo -u" in said
    assert access.as_root(tmp_path / "nowhere") != said
