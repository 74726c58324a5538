"""Scans a folder: the files to read, and those that can't be read, with the reason.

Symbolic links out of the tree are refused (a link in a shared folder must not publish /etc), links
within it are skipped, as their targets are read themselves. Hidden files and folders are skipped.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

MAX_DEPTH = 32
IGNORED = frozenset({"_index.md", "kb.toml", "thumbs.db", "desktop.ini", "db.sqlite3"})
"""Names, in lower case, of files that describe the folder and are not documents."""

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp")
"""Extensions, in lower case, of files that a browser or a program is still writing."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. path: relative to the source's root, with /; for a page its address. size in
    bytes. local: where its bytes are, if not at the path. charset: from its transport. facts: metadata
    from its listing, by label. device, inode: the scanned file's identity, 0 if unknown."""

    path: str
    size: int
    mtime_ns: int
    local: Path | None = None
    charset: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    device: int = 0
    inode: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that can't be read. reason: short code; message: for people, in Chinese."""

    path: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that form one document, in order; nearly always a single one. key: stable name."""

    key: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """The current contents of a source. unseen: prefixes of paths that couldn't be read: ledger items
    below them don't count as gone. warnings: for the report."""

    files: tuple[File, ...]
    faults: tuple[Fault, ...]
    unseen: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def scan(
    root: Path,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    only: str = "",
    without: tuple[str, ...] = (),
) -> Scan:
    """Walks the tree under root in name order.

    only: a path within it to restrict to. without: folders within it that are skipped entirely.
    """
    files: list[File] = []
    faults: list[Fault] = []
    unseen: list[str] = []
    real_root = root.resolve()
    start = root / only if only else root
    walk = _Walk(root, without, faults, unseen)
    entries = (
        walk.entries(start, only or ".", len(Path(only).parts))
        if start.is_dir()
        else _one(start, only)
    )
    for entry, path in entries:
        if _skipped(path, include, exclude):
            continue
        fault, found = _look(entry, path, root, real_root)
        if fault:
            faults.append(fault)
        elif found:
            files.append(found)
    return Scan(tuple(files), tuple(faults), tuple(unseen))


Found = tuple["os.DirEntry[str]", str]
"""An entry while its folder is open, and its path from the root."""


def _one(place: Path, path: str) -> Iterator[Found]:
    with os.scandir(place.parent) as found:
        yield from ((e, path) for e in found if e.name == place.name)


@dataclass(frozen=True, slots=True)
class _Walk:
    """The contents of a tree, folder by folder; unreadable folders go to faults and unseen."""

    root: Path
    without: tuple[str, ...]
    faults: list[Fault]
    unseen: list[str]

    def entries(
        self, directory: Path | str, path: str, depth: int, above: int | None = None
    ) -> Iterator[Found]:
        """All entries except folders under `directory`, in name order.

        above: the open parent folder of `directory`, so that a link put there in the meantime isn't
        followed.
        """
        if path in self.without:
            return
        if depth > MAX_DEPTH:
            self._unseen(path, "too-deep", f"文件夹超过 {MAX_DEPTH} 层，未再深入。")
            return
        follow = 0 if above is None else os.O_NOFOLLOW
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow
        try:
            here = os.open(directory, flags, dir_fd=above)
        except OSError as error:
            self._closed(path, error)
            return
        try:
            try:
                with os.scandir(here) as found:
                    entries = sorted(found, key=lambda e: e.name)
            except OSError as error:
                self._closed(path, error)
                return
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                inside = entry.name if path == "." else f"{path}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    yield from self.entries(entry.name, inside, depth + 1, here)
                else:
                    yield entry, inside
        finally:
            os.close(here)

    def _closed(self, path: str, error: OSError) -> None:
        reason = "permission" if isinstance(error, PermissionError) else "io"
        self._unseen(path, reason, f"文件夹无法打开：{error.strerror}。请检查权限。")

    def _unseen(self, path: str, reason: str, message: str) -> None:
        self.faults.append(Fault(_readable(path), reason, message))
        self.unseen.append("" if path == "." else f"{path}/")


def _readable(path: str) -> str:
    """The path without surrogates for non-UTF-8 bytes, which can't be stored or displayed."""
    return path.encode("utf-8", "replace").decode()


def is_passing(name: str) -> bool:
    """Whether a file of this name is not a document: hidden, about its folder, or incomplete."""
    low = name.lower()
    return low in IGNORED or low.startswith((".", "~$")) or low.endswith(UNFINISHED)


def _skipped(path: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> bool:
    name = path.rpartition("/")[2]
    if is_passing(name):
        return True
    if include and not any(_matches(path, g) for g in include):
        return True
    return any(_matches(path, g) for g in exclude)


def _matches(path: str, glob: str) -> bool:
    # **/ may match no folder at all; a pattern without / also matches a name in any folder.
    name = path.rpartition("/")[2]
    return fnmatch(path, glob) or fnmatch(name, glob) or fnmatch(path, glob.removeprefix("**/"))


def _look(
    entry: "os.DirEntry[str]", path: str, root: Path, real_root: Path
) -> tuple[Fault | None, File | None]:
    if "\ufffd" in path or any("\ud800" <= c <= "\udfff" for c in path):
        return Fault(_readable(path), "bad-name", "文件名不是有效的 UTF-8，请重命名。"), None
    try:
        if entry.is_symlink():
            target = (root / path).resolve()
            if not target.is_relative_to(real_root):
                return Fault(path, "link-outside", "符号链接指向文件夹之外，未读取。"), None
            return None, None
        info = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Fault(path, "io", f"无法读取：{error.strerror}。"), None
    except RuntimeError:  # raised by Path.resolve for a loop before Python 3.13
        return Fault(path, "io", "符号链接循环指向自身，未读取。"), None
    if not stat.S_ISREG(info.st_mode):
        return Fault(path, "not-a-file", "不是普通文件，未读取。"), None
    return None, File(path, info.st_size, info.st_mtime_ns, device=info.st_dev, inode=info.st_ino)
