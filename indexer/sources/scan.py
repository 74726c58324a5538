"""Looks through a folder: the files to read, and what is there that can't be read, with the reason.

Symbolic links out of the tree are refused (a link in a shared folder must not publish /etc), links
within it are left out, as their targets are read themselves. Hidden files and folders are skipped.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

MAX_DEPTH = 32
IGNORED = frozenset({"_index.md", "kb.toml", "thumbs.db", "desktop.ini", "db.sqlite3"})
"""Names, in lower case, of files that are about the folder and are no documents."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. path: relative to the source's root, with /. size in bytes."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that can't be read. reason: short code; message: for people, in Chinese."""

    path: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that make one document, in order; nearly always a single one. key: stable name."""

    key: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a source holds now. unseen: prefixes of paths that couldn't be looked into: what the
    ledger has under them isn't gone."""

    files: tuple[File, ...]
    faults: tuple[Fault, ...]
    unseen: tuple[str, ...] = ()


def scan(
    root: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = (), only: str = ""
) -> Scan:
    """Walks the tree under root in the order of names. only: a path within it to keep to."""
    files: list[File] = []
    faults: list[Fault] = []
    unseen: list[str] = []
    real_root = root.resolve()
    start = root / only if only else root
    entries = _walk(start, 0, root, faults, unseen) if start.is_dir() else _one(start)
    for entry in entries:
        path = Path(entry.path).relative_to(root).as_posix()
        if _skipped(path, include, exclude):
            continue
        fault, found = _look(entry, path, real_root)
        if fault:
            faults.append(fault)
        elif found:
            files.append(found)
    return Scan(tuple(files), tuple(faults), tuple(unseen))


def _one(path: Path) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(path.parent) as found:
        yield from (e for e in found if e.name == path.name)


def _walk(
    directory: Path, depth: int, root: Path, faults: list[Fault], unseen: list[str]
) -> Iterator["os.DirEntry[str]"]:
    path = directory.relative_to(root).as_posix()
    try:
        with os.scandir(directory) as found:
            entries = sorted(found, key=lambda e: e.name)
    except OSError as error:
        message = f"文件夹无法打开：{error.strerror}。请检查权限。"
        faults.append(Fault(path, "permission" if error.errno == 13 else "io", message))
        unseen.append("" if path == "." else f"{path}/")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth >= MAX_DEPTH:
                message = f"文件夹超过 {MAX_DEPTH} 层，未再深入。"
                faults.append(
                    Fault(Path(entry.path).relative_to(root).as_posix(), "too-deep", message)
                )
            else:
                yield from _walk(Path(entry.path), depth + 1, root, faults, unseen)
        else:
            yield entry


def _skipped(path: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    name = path.rpartition("/")[2]
    if name.lower() in IGNORED or name.startswith((".", "~$")):
        return True
    if include and not any(fnmatch(path, g) or fnmatch(name, g) for g in include):
        return True
    return any(fnmatch(path, g) or fnmatch(name, g) for g in exclude)


def _look(
    entry: "os.DirEntry[str]", path: str, real_root: Path
) -> tuple[Fault | None, File | None]:
    if "\ufffd" in path or any("\ud800" <= c <= "\udfff" for c in path):
        shown = path.encode("utf-8", "replace").decode()
        return Fault(shown, "bad-name", "文件名不是有效的 UTF-8，请重命名。"), None
    try:
        if entry.is_symlink():
            target = Path(entry.path).resolve()
            if not target.is_relative_to(real_root):
                return Fault(path, "link-outside", "符号链接指向文件夹之外，未读取。"), None
            return None, None
        info = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Fault(path, "io", f"无法读取：{error.strerror}。"), None
    if not stat.S_ISREG(info.st_mode):
        return Fault(path, "not-a-file", "不是普通文件，未读取。"), None
    return None, File(path, info.st_size, info.st_mtime_ns)
