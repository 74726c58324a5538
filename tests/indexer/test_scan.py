"""Looking through folders: what is read, what is left out, and what is listed with its reason."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.sources import Scan, scan
from indexer.sources.scan import MAX_DEPTH


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path, "utf-8")


def paths(found: Scan) -> list[str]:
    return [f.path for f in found.files]


def faults(found: Scan) -> dict[str, str]:
    return {f.path: f.reason for f in found.faults}


def test_files_in_the_order_of_names(root: Path) -> None:
    put(root, "b.txt", "a/z.md", "a/b/甲.txt", "c.html")
    found = scan(root)
    assert paths(found) == ["a/b/甲.txt", "a/z.md", "b.txt", "c.html"]
    info = (root / "b.txt").stat()
    assert (found.files[2].size, found.files[2].mtime_ns) == (info.st_size, info.st_mtime_ns)
    assert not found.faults
    assert not found.unseen


def test_files_about_the_folder_are_no_documents(root: Path) -> None:
    put(root, ".hidden.txt", ".git/a.txt", "_index.md", "a/kb.toml", "Thumbs.db", "db.sqlite3")
    put(root, "~$报告.txt", "报告.txt")
    found = scan(root)
    assert paths(found) == ["报告.txt"]
    assert not found.faults


def test_links(root: Path) -> None:
    outside = root.parent / "secret"
    put(root.parent, "secret/a.txt")
    put(root, "a.txt", "sub/b.txt")
    (root / "in.txt").symlink_to(root / "a.txt")
    (root / "in").symlink_to(root / "sub")
    (root / "out.txt").symlink_to(outside / "a.txt")
    (root / "out").symlink_to(outside)
    (root / "up").symlink_to("..")
    (root / "sub" / "back").symlink_to(root)
    found = scan(root)
    assert paths(found) == ["a.txt", "sub/b.txt"]
    assert faults(found) == dict.fromkeys(["out", "out.txt", "up"], "link-outside")


def test_links_in_a_loop(root: Path) -> None:
    put(root, "a.txt")
    (root / "x").symlink_to(root / "y")
    (root / "y").symlink_to(root / "x")
    (root / "self").symlink_to("self")
    found = scan(root)
    assert paths(found) == ["a.txt"]
    assert set(faults(found)) <= {"self", "x", "y"}


def test_a_root_reached_by_a_link_is_read(root: Path) -> None:
    put(root, "a.txt")
    link = root.parent / "link"
    link.symlink_to(root)
    (root / "b.txt").symlink_to(root / "a.txt")
    found = scan(link)
    assert paths(found) == ["a.txt"]
    assert not found.faults


def test_what_is_no_plain_file(root: Path) -> None:
    put(root, "a.txt")
    os.mkfifo(root / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(root / "socket.txt"))
        found = scan(root)
    assert paths(found) == ["a.txt"]
    assert faults(found) == dict.fromkeys(["pipe.txt", "socket.txt"], "not-a-file")


def test_too_deep(root: Path) -> None:
    deep = "/".join(["d"] * MAX_DEPTH)
    put(root, f"{deep}/in.txt", f"{deep}/d/out.txt")
    found = scan(root)
    assert paths(found) == [f"{deep}/in.txt"]
    assert faults(found) == {f"{deep}/d": "too-deep"}
    assert found.unseen == (f"{deep}/d/",)
    # Depth counts from the root, whatever part of it is looked at.
    assert faults(scan(root, only="d/d/d")) == {f"{deep}/d": "too-deep"}


def test_include_and_exclude(root: Path) -> None:
    put(root, "a.md", "a.txt", "sub/b.md", "sub/b.txt", "drafts/c.md", "sub/[x]/d.md")
    assert paths(scan(root, ("*.md",))) == ["a.md", "drafts/c.md", "sub/[x]/d.md", "sub/b.md"]
    assert paths(scan(root, ("**/*.txt",))) == ["a.txt", "sub/b.txt"]
    assert paths(scan(root, ("sub/*",))) == ["sub/[x]/d.md", "sub/b.md", "sub/b.txt"]
    assert paths(scan(root, ("*.md",), ("drafts/*", "sub/*"))) == ["a.md"]
    assert paths(scan(root, (), ("b.*", "*.txt", "c.md", "d.md"))) == ["a.md"]


def test_a_part_of_the_tree(root: Path) -> None:
    put(root, "a.txt", "sub/b.txt", "sub/c/d.txt", "submarine.txt")
    assert paths(scan(root, only="sub")) == ["sub/b.txt", "sub/c/d.txt"]
    assert paths(scan(root, only="sub/b.txt")) == ["sub/b.txt"]
    assert paths(scan(root, ("*.md",), only="sub")) == []


def test_folders_that_are_other_sources(root: Path) -> None:
    put(root, "a.txt", "inner/b.txt", "inner/c/d.txt", "inner2/e.txt")
    assert paths(scan(root, without=("inner",))) == ["a.txt", "inner2/e.txt"]
    assert paths(scan(root, without=("inner/c",))) == ["a.txt", "inner/b.txt", "inner2/e.txt"]


def test_names_that_are_no_utf8(root: Path) -> None:
    put(root, "a.txt")
    raw = os.fsencode(root)
    Path(os.fsdecode(raw + b"/b\xe9.txt")).write_text("x", "utf-8")
    folder = Path(os.fsdecode(raw + b"/d\xff"))
    folder.mkdir()
    (folder / "c.txt").write_text("x", "utf-8")
    put(folder, f"{'d/' * MAX_DEPTH}deep.txt")
    found = scan(root)
    assert paths(found) == ["a.txt"]
    assert [f.reason for f in found.faults] == ["bad-name", "bad-name", "too-deep"]
    for fault in found.faults:
        fault.path.encode()  # can be stored and shown


_AS_NOBODY = """
import json, sys
from pathlib import Path
from indexer.sources import scan
found = scan(Path(sys.argv[1]))
print(json.dumps([[f.path for f in found.files], [(f.path, f.reason) for f in found.faults],
                  found.unseen]))
"""


def test_a_folder_without_permission(tmp_path: Path) -> None:
    """As a user without rights: the superuser may open everything."""
    import json
    import shutil
    import tempfile

    command = [sys.executable, "-c", _AS_NOBODY]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("running as root, and setpriv is not there to be somebody else")
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        root.chmod(0o755)
        put(root, "a.txt", "closed/b.txt", "open/c.txt")
        (root / "closed").chmod(0)
        try:
            done = subprocess.run(
                [*command, str(root)],
                capture_output=True,
                text=True,
                cwd=Path(__file__).resolve().parents[2],
                check=False,
            )
        finally:
            (root / "closed").chmod(0o755)
    if "Permission denied" in done.stderr and not done.stdout:
        pytest.skip("the other user may not read the project itself")
    assert json.loads(done.stdout) == [
        ["a.txt", "open/c.txt"],
        [["closed", "permission"]],
        ["closed/"],
    ], done.stderr
