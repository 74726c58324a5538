"""Checksums of a generation's files: size, mtime and SHA-256, recorded when they are sealed.

Each part has its own list, sums.json, which is reused with it in other generations. The sentinel holds
the sum of that list, of every other file of the generation, and of itself, so it covers all files.

A full check reads everything. A cheap check, for opening, treats a large file with the recorded size and
mtime as unchanged: overwriting a file changes its mtime; silent disk corruption doesn't, and is found by
the full check of `kb doctor` and of the next publication. File sizes are checked before mapping: access
beyond the end of a truncated mapped file kills the process.
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
"""Maximum size in bytes of files that even a cheap check reads in full."""

_bad: set[tuple[int, int, int, int]] = set()
"""Files that failed a full check, by device, inode, size and mtime: later cheap checks in this
process reject them too."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A file when sealed. size: bytes; mtime_ns: modification time; sha256: hexadecimal."""

    size: int
    mtime_ns: int
    sha256: str


Sums = Mapping[str, Sum]
"""Sums by relative path, with / as separator."""


def measure(directory: Path, without: Collection[str] = ()) -> dict[str, Sum]:
    """Sums of all files below a directory; without: names of its folders to skip."""
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
    """Writes a part's list of sums for all files in its directory."""
    sums = as_data(measure(directory))
    (directory / FILE).write_text(json.dumps(sums, indent=0), "utf-8")


def load(directory: Path) -> dict[str, Sum]:
    """Reads a part's list. Raises DamageError."""
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
    """Faults in the listed files. full: read all bytes. only: restrict the check to these files."""
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
    """Reads a file in full; raises DamageError if it differs from its sum."""
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
    """Converts sums to JSON data."""
    return {name: [s.size, s.mtime_ns, s.sha256] for name, s in sums.items()}


def from_data(data: Mapping[str, Any]) -> dict[str, Sum]:
    """The inverse of `as_data`. Raises TypeError, ValueError or AttributeError. Rejects names that leave
    their directory."""
    found = {}
    for name, (size, mtime_ns, sha256) in data.items():
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError(name)
        found[name] = Sum(int(size), int(mtime_ns), str(sha256))
    return found
