"""Opens files of a source without following links: the only way to their bytes.

Between scan and reading somebody may replace a file or a parent folder with a link. So each path
component below the source's root is opened separately without following links, and the opened file
must be the regular file that was scanned.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from indexer.sources.scan import File
from kb.errors import UnreadableError

# O_NONBLOCK: a pipe in place of a file is detected by its type instead of blocking.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def opened(root: Path, file: File) -> Iterator[BinaryIO]:
    """The file of a folder source, or the stored body of a page (`file.local`), open for reading.

    Raises OSError, and UnreadableError: link-outside, not-a-file, or changed if a different file is
    in its place.
    """
    descriptor = _descriptor(root, file.path) if file.local is None else os.open(file.local, _FILE)
    try:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            raise UnreadableError("not-a-file", "不是普通文件，未读取。")
        if file.inode and (info.st_dev, info.st_ino) != (file.device, file.inode):
            raise UnreadableError("changed", "读取之前文件被换成了另一个，未读取，下次更新再读。")
        with os.fdopen(descriptor, "rb", closefd=False) as found:
            yield found
    finally:
        os.close(descriptor)


def read(root: Path, path: str, limit: int) -> bytes:
    """The bytes of a file below root, at most `limit`. Raises like `opened`, and "too-large"."""
    with opened(root, File(path, 0, 0)) as file:
        return bounded(file, limit)


def bounded(file: BinaryIO, limit: int) -> bytes:
    """The rest of a file. Raises UnreadableError "too-large" above `limit` bytes."""
    data = file.read(limit + 1)
    if len(data) > limit:
        raise UnreadableError("too-large", f"文件超过上限 {limit // 1_000_000} MB。")
    return data


def _descriptor(root: Path, path: str) -> int:
    *folders, name = path.split("/")
    # The root is as its administrator names it, even a link.
    held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            below = _step(folder, _FOLDER, held)
            os.close(held)
            held = below
        return _step(name, _FILE, held)
    finally:
        os.close(held)


def _step(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        # ELOOP or ENOTDIR, depending on the system and the request.
        with suppress(OSError):
            if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                message = "读取之前路径上出现了符号链接，未读取。"
                raise UnreadableError("link-outside", message) from error
        raise
