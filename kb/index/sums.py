"""What the files of a generation must be: size, time and SHA-256, noted when they are sealed.

Each part has its own list, sums.json, which goes with it into other generations. The sentinel has the
sum of that list and of every other file of the generation, and its own: so one file vouches for all.

A check in full reads everything. A cheap one, for opening, takes a large file of the noted size and time
of change as unchanged: what overwrites a file changes its time; what a disk loses by itself doesn't, and
is found in full by `kb doctor` and by the next publication. Nothing is read through a mapping before its
size was checked: behind the end of a file that was cut short a mapping kills the process.
"""

import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import DamageError

FILE = "sums.json"

_SMALL = 1 << 18
"""Bytes up to which a file is read in full by a cheap check too."""

_bad: set[tuple[int, int, int, int]] = set()
"""Files that a check in full found wrong, by device, inode, size and time: no later cheap check of this
process takes them for right."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A file as it was sealed. size: bytes; mtime_ns: its time of change; sha256: in hexadecimal."""

    size: int
    mtime_ns: int
    sha256: str


Sums = Mapping[str, Sum]
"""By path below a directory, with / between."""


def measure(directory: Path, without: Collection[str] = ()) -> dict[str, Sum]:
    """The sums of all files below a directory; without: names of folders in it that are left out."""
    found = {}
    for folder, folders, names in os.walk(directory):
        if Path(folder) == directory:
            folders[:] = [f for f in folders if f not in without]
        for name in names:
            path = Path(folder) / name
            found[path.relative_to(directory).as_posix()] = of(path)
    return dict(sorted(found.items()))


def of(path: Path) -> Sum:
    """The sum of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        info = os.fstat(file.fileno())
    return Sum(info.st_size, info.st_mtime_ns, digest)


def seal(directory: Path) -> None:
    """Writes a part's list, over all that is in its directory."""
    sums = as_data(measure(directory))
    (directory / FILE).write_text(json.dumps(sums, indent=0), "utf-8")


def load(directory: Path) -> dict[str, Sum]:
    """A part's list. Raises DamageError."""
    path = directory / FILE
    try:
        return from_data(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise DamageError(path, error.strerror or "读不出") from error
    except (ValueError, TypeError, RecursionError, AttributeError) as error:
        raise DamageError(path, "内容不对") from error


def faults(
    directory: Path, sums: Sums, *, full: bool, only: Collection[str] | None = None
) -> Iterator[DamageError]:
    """What is wrong with the files listed. full: all bytes are read. only: the files to look at."""
    for name, wanted in sums.items():
        if only is not None and name not in only:
            continue
        path = directory / name
        try:
            _check(path, wanted, full)
        except DamageError as error:
            yield error
        except OSError as error:
            yield DamageError(path, error.strerror or "读不出")


def require(path: Path, wanted: Sum | None) -> None:
    """Reads a file in full; raises DamageError if it isn't what was sealed."""
    if wanted is None:
        raise DamageError(path, "没有校验值")
    for error in faults(path.parent, {path.name: wanted}, full=True):
        raise error


def _check(path: Path, wanted: Sum, full: bool) -> None:
    info = path.lstat()
    key = info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns
    if not stat.S_ISREG(info.st_mode):
        raise DamageError(path, "不是文件")
    if info.st_size != wanted.size:
        raise DamageError(path, f"应为 {wanted.size} 字节，现为 {info.st_size} 字节")
    if key in _bad:
        raise DamageError(path, "内容与校验值不符")
    if not os.access(path, os.R_OK):
        raise DamageError(path, "没有读取的权限")
    full = full or info.st_size <= _SMALL or info.st_mtime_ns != wanted.mtime_ns
    if full and of(path).sha256 != wanted.sha256:
        _bad.add(key)
        raise DamageError(path, "内容与校验值不符")


def as_data(sums: Sums) -> dict[str, list[Any]]:
    """For JSON."""
    return {name: [s.size, s.mtime_ns, s.sha256] for name, s in sums.items()}


def from_data(data: Mapping[str, Any]) -> dict[str, Sum]:
    """The inverse of `as_data`. Raises TypeError, ValueError or AttributeError. Names lead nowhere but
    below their directory."""
    found = {}
    for name, (size, mtime_ns, sha256) in data.items():
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError(name)
        found[name] = Sum(int(size), int(mtime_ns), str(sha256))
    return found
