"""One run with the data directory's lock held, and how it is stopped."""

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import Source
from kb.audiences import with_remembered
from kb.errors import StorageError
from kb.library import Library
from kb.library import Source as Known
from kb.lock import Lock
from kb.progress import Progress

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The errors the system raises when a disk, a quota or a process limit is exhausted."""


def held(
    data_dir: Path,
    sources: Callable[[Mapping[str, Known]], list[Source]],
    options: Options,
    command: str,
    bar: Progress,
) -> Report:
    """Runs with the lock held, and reports. Raises LockedError, StorageError."""
    with Lock(data_dir, command):
        try:
            with Library.open(data_dir) as library:
                known = with_remembered(library.sources(), data_dir)
            return run(data_dir, sources(known), options, bar, command)
        except OSError as error:
            if error.errno not in FULL:
                raise StorageError(
                    f"读写出错（{error}），本次更新没有发布，网站仍用原来的索引。"
                    "请检查磁盘和权限（kb doctor）后重新运行。"
                ) from error
            raise StorageError(
                f"磁盘空间不足（{data_dir}：{error.strerror}），本次更新没有发布，网站仍用原来的索引。"
                "请腾出空间后重新运行。"
            ) from error
        finally:
            bar.close()


def stop(_number: int, _frame: FrameType | None) -> None:
    """Ends this process, as a signal handler."""
    # A run may be killed at any moment, so exiting at once is the safest way to stop: unwinding through
    # pools and locks can wait for a worker that waits for us. The workers end by themselves.
    os.write(2, "\n已中断。\n".encode())
    os._exit(130)


def stop_watching(_number: int, _frame: FrameType | None) -> None:
    """The same for watching."""
    # Stopping on request is success: the next start finds the work left undone.
    os.write(2, "\n已停止监视。\n".encode())
    os._exit(0)
