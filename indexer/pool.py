"""Worker processes that end with the run, however it ends."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes (spawned: nothing of the parent's locks or threads is inherited).

    An exception inside, Ctrl-C and SIGTERM too, ends them at once and their work with them.
    """
    before = set(active_children())
    processes = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_follow_parent
    )
    try:
        yield processes
    except BaseException:
        for child in set(active_children()) - before:
            child.terminate()
        processes.shutdown(cancel_futures=True)
        raise
    processes.shutdown()


def _follow_parent() -> None:
    # A killed parent leaves its workers waiting for work for ever, or writing into a directory
    # that the next run has removed. Ctrl-C reaches them too: what to do then the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
