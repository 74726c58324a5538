"""Reader processes that can be killed: no file hangs, crashes or bloats the run.

Each reader works through its tasks and sends results piece by piece. A reader that exceeds its time or
memory limit, or crashes, loses only the current piece: a new reader continues with the rest.
"""

import gc
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path

from indexer import limits
from indexer.outcome import Outcome, lost_outcome
from indexer.sources.scan import Unit
from kb.errors import KbError
from kb.settings import SourceConfig

UNIT_SECONDS = 600.0
"""Wall time for one unit including all members, however many a container has."""

_START_SECONDS = 60.0
_GRACE_SECONDS = 30  # after which a reader without parent ends by itself
_AHEAD = 8  # tasks queued per reader, so that it never waits
_WINDOW = 64  # tasks started and not yet passed on, per process: bounds memory
_UNITS_FOR_READER = 8  # additional units for which another reader is worth starting
_STARTS = 3


@dataclass(frozen=True, slots=True)
class _Order:
    """A task from the parent. done: members it has already; lost: those not to open again."""

    unit: Unit
    done: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Begun:
    """Work on a member starts, "" for the unit itself; seconds is its time limit."""

    member: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _End:
    """The unit is finished. peak_mb: of the process so far. retire: it has grown too large."""

    peak_mb: int
    retire: bool


@dataclass(slots=True)
class _Task:
    index: int
    unit: Unit
    outcomes: list[Outcome] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    member: str = ""
    started: float = 0.0

    def order(self) -> _Order:
        return _Order(self.unit, frozenset(o.member for o in self.outcomes), frozenset(self.lost))


@dataclass(slots=True)
class Usage:
    """Resource usage of a call's readers. peak_mb: resident, of the largest; slowest: seconds of one
    unit; restarts: readers that were lost."""

    peak_mb: int = 0
    slowest: float = 0.0
    restarts: int = 0


def read(
    units: Sequence[Unit],
    config: SourceConfig,
    max_file_mb: int,
    processes: int,
    usage: Usage | None = None,
) -> Generator[Outcome, None, None]:
    """The outcomes of `read_units` over the units, in their order, from separate processes.

    A unit that hangs, crashes or exceeds memory is an Outcome with reason "timeout", "crashed" or
    "memory". Readers end when the generator is closed. Raises KbError if none can be started.
    """
    usage = usage if usage is not None else Usage()
    count = max(1, min(processes, len(units) // _UNITS_FOR_READER))
    waiting = deque(_Task(index, unit) for index, unit in enumerate(units))
    finished: dict[int, list[Outcome]] = {}
    handed = 0
    readers: list[_Reader] = []
    try:
        while handed < len(units):
            if not readers:
                readers += [_Reader(config, max_file_mb, usage, count) for _ in range(count)]
            for reader in readers:
                while (
                    waiting
                    and len(reader.tasks) < _AHEAD
                    and waiting[0].index - handed < _WINDOW * count
                ):
                    reader.give(waiting.popleft())
            _advance(readers, finished)
            while handed in finished:
                yield from finished.pop(handed)
                handed += 1
    finally:
        for reader in readers:
            reader.kill()


def may_fork() -> bool:
    """Forking takes milliseconds, a fresh interpreter with its imports most of a second; but a fork
    copies locks held by other threads, so it requires a single-threaded program."""
    return sys.platform == "linux" and threading.active_count() == 1


def _advance(readers: "Sequence[_Reader]", finished: dict[int, list[Outcome]]) -> None:
    """Waits until a reader sends a message or exceeds its time, and notes it."""
    busy = [r for r in readers if r.tasks]
    timeout = max(0.0, min(r.deadline for r in busy) - time.monotonic())
    ready = wait([r.connection for r in busy], timeout)
    now = time.monotonic()
    for reader in busy:
        if reader.connection in ready:
            done = reader.receive()
        elif now >= reader.deadline:
            done = reader.lose("timeout")
        else:
            continue
        if done is not None:
            finished[done.index] = done.outcomes


class _Reader:
    """The parent's side of one process. tasks: assigned and unfinished, the first one in progress."""

    connection: "Connection[_Order | None, object]"

    def __init__(self, config: SourceConfig, max_file_mb: int, usage: Usage, count: int) -> None:
        self._arguments = (config, max_file_mb)
        self._several = count > 1
        self._usage = usage
        self._failed_starts = 0
        self.tasks: deque[_Task] = deque()
        self._start()

    def _start(self) -> None:
        forked = may_fork()
        # Several readers share the rules loaded here; a single one loads them itself.
        if forked and self._several:
            from indexer.read import prepare  # noqa: PLC0415 - see _serve

            prepare()
        context = get_context("fork") if forked else get_context("spawn")
        self.connection, theirs = context.Pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns about the threads of NumPy's library, which handles forks itself.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = context.Process(
                target=_serve, args=(theirs, *self._arguments, forked), daemon=True
            )
            self._process.start()
        theirs.close()
        self._ready = False
        self.deadline = time.monotonic() + _START_SECONDS

    def give(self, task: _Task) -> None:
        """Adds a task. The pipe buffers a few of them, so this doesn't wait for the reader."""
        self.tasks.append(task)
        self._send(task)
        if self._ready and len(self.tasks) == 1:
            self._expect(limits.SECONDS)

    def receive(self) -> _Task | None:
        """Receives one message, or notes that the process died; returns the task this ended."""
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            return self.lose("crashed")
        if message is None:
            self._ready, self._failed_starts = True, 0
            self._expect(limits.SECONDS)
            return None
        task = self.tasks[0]
        if isinstance(message, _Begun):
            task.member = message.member
            self._expect(message.seconds)
        elif isinstance(message, Outcome):
            task.outcomes.append(message)
            self._expect(limits.SECONDS)
        elif isinstance(message, _End):
            self._usage.peak_mb = max(self._usage.peak_mb, message.peak_mb)
            self._usage.slowest = max(self._usage.slowest, time.monotonic() - task.started)
            self.tasks.popleft()
            if message.retire:
                self._restart()
            self._expect(limits.SECONDS)
            return task
        return None

    def lose(self, reason: str) -> _Task | None:
        """Gives up the current piece and restarts for the rest; returns the task this ended."""
        self._usage.restarts += 1
        if not self._ready:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise KbError("读取文件的进程无法启动，请检查内存和系统的进程数限制。")
            self._restart()
            return None
        task = self.tasks[0]
        # The unit's total time is up, or the process fails again at the same piece.
        whole = time.monotonic() - task.started >= UNIT_SECONDS or task.member in task.lost
        member = "" if whole else task.member
        code = self._process.exitcode if reason == "crashed" else None
        task.outcomes.append(lost_outcome(task.unit, member, reason, code))
        task.lost.add(member)
        if not member:
            self.tasks.popleft()
        self._restart()
        return None if member else task

    def kill(self) -> None:
        """Kills the process and its descendants."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, signal.SIGSTOP)  # so that it starts nothing in the meantime
            limits.kill_tree(self._process.pid)
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()

    def _restart(self) -> None:
        self._several = True
        self.kill()
        self._start()
        for task in self.tasks:
            self._send(task)

    def _send(self, task: _Task) -> None:
        try:
            self.connection.send(task.order())
        except OSError:  # it died: the next receive will show
            return

    def _expect(self, seconds: float) -> None:
        if not self.tasks:
            return
        now = time.monotonic()
        task = self.tasks[0]
        task.started = task.started or now
        self.deadline = min(now + seconds, task.started + UNIT_SECONDS)


def _serve(
    connection: "Connection[object, _Order]", config: SourceConfig, max_file_mb: int, forked: bool
) -> None:
    """The reader's side: works through its tasks until the parent is gone."""
    # Loading the readers takes time: a run that finds nothing new skips it.
    from indexer.read import read_unit  # noqa: PLC0415

    _settle(connection, forked)
    try:
        connection.send(None)
    except BrokenPipeError:
        return

    def begin(member: str, seconds: float) -> None:
        connection.send(_Begun(member, seconds))
        signal.alarm(int(seconds) + _GRACE_SECONDS)

    # A send without parent ends the process silently: the run is over.
    with suppress(BrokenPipeError, ConnectionResetError):
        while True:
            try:
                order = connection.recv()
            except (EOFError, OSError):
                return
            signal.alarm(int(limits.SECONDS) + _GRACE_SECONDS)
            for outcome in read_unit(
                order.unit, config, max_file_mb, begin=begin, done=order.done, lost=order.lost
            ):
                connection.send(outcome)
                signal.alarm(int(limits.SECONDS) + _GRACE_SECONDS)
            signal.alarm(0)
            resident, peak = limits.memory_mb()
            connection.send(_End(peak, retire=resident > limits.MEMORY_MB // 2))


def _settle(connection: "Connection[object, _Order]", forked: bool) -> None:
    """Turns a copy of the parent into a reader: nothing of the parent's is held or answered."""
    # Readers receive Ctrl-C too: the parent decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None
    if forked:
        gc.freeze()  # objects of the parent must not be finalised here
        _close_all_but(0, 1, 2, connection.fileno(), parent.sentinel)
    limits.limit_memory(limits.MEMORY_MB)

    def follow() -> None:
        parent.join()
        limits.kill_tree(os.getpid())
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _close_all_but(*kept: int) -> None:
    # The fork inherited the library, the lock and the pipes of the other readers.
    try:
        there = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    except OSError:
        there = list(range(3, 1024))
    for descriptor in sorted(set(there) - set(kept)):
        try:
            os.close(descriptor)
        except OSError:
            continue
