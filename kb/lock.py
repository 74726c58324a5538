"""One writer at a time in a data directory: an advisory lock (flock) on <data_dir>/lock.

The operating system releases it when its holder ends for any reason; the holder's details in the
file are informational. If the file names a holder but nobody holds the lock, the holder was
killed.
"""

import contextlib
import errno
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kb.errors import LibraryError, LockedError

FILE = "lock"

_TRIES, _PAUSE = 5, 0.05  # `holder` takes the lock for an instant; that must not look like a writer

_held: set[int] = set()


def _forget_in_child() -> None:
    # Otherwise a forked worker that outlives its killed parent would keep the lock.
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process holding the lock. started: local time, ISO 8601 to the second."""

    pid: int
    started: str
    command: str

    @property
    def alive(self) -> bool:
        """Whether a process with that pid exists."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
        return True


class Lock:
    """A lock held inside `with`. Raises LockedError if another process writes, LibraryError without
    permission. previous: the last holder, if it was killed before releasing the lock."""

    def __init__(self, data_dir: Path, command: str) -> None:
        self._path = data_dir / FILE
        self._command = command
        self._descriptor = -1
        self.previous: Holder | None = None

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as e:
            raise LibraryError(f"{self._path} 无法写入：{e.strerror}。请检查权限。") from e
        for attempt in range(_TRIES):
            if _try(descriptor, fcntl.LOCK_EX):
                break
            if attempt == _TRIES - 1:
                there = _read(descriptor)
                os.close(descriptor)
                raise LockedError(_describe(self._path.parent, there))
            time.sleep(_PAUSE)
        self._descriptor = descriptor
        _held.add(descriptor)
        self.previous = _read(descriptor)
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        holder = Holder(os.getpid(), now, self._command)
        with contextlib.suppress(OSError):  # a full disk: it is held all the same, without a name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(holder), ensure_ascii=False).encode(), 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file is kept: removing it would let two processes lock two files of the same name.
        if self._descriptor in _held:
            os.ftruncate(self._descriptor, 0)
            _held.discard(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = -1


def holder(data_dir: Path) -> Holder | None:
    """The current writer in this data directory, or None. A holder without details has pid 0."""
    try:
        descriptor = os.open(data_dir / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _try(descriptor, fcntl.LOCK_SH):
            return None
        return _read(descriptor) or Holder(0, "", "")
    finally:
        os.close(descriptor)


def left_behind(data_dir: Path) -> Holder | None:
    """The last writer if it was killed while writing, or None."""
    try:
        descriptor = os.open(data_dir / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read(descriptor) if _try(descriptor, fcntl.LOCK_SH) else None
    finally:
        os.close(descriptor)


def _try(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except OSError as e:
        if e.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise LibraryError(f"数据目录所在的文件系统不支持加锁：{e.strerror}。") from e
    return True


def _read(descriptor: int) -> Holder | None:
    try:
        data = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(int(data["pid"]), str(data["started"]), str(data["command"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _describe(data_dir: Path, there: Holder | None) -> str:
    if there is None:
        return f"数据目录 {data_dir} 正由另一进程写入，请稍后再试。"
    who = f"{there.command}（进程 {there.pid}，{_local(there.started)} 开始）"
    if not there.alive:
        return f"数据目录 {data_dir} 仍被锁定：{who} 已不在，但它的子进程还在运行，请稍后再试。"
    return f"数据目录 {data_dir} 正由 {who} 写入，请等它结束后再试。"


def _local(started: str) -> str:
    return started[:19].replace("T", " ")
