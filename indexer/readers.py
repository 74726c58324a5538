"""Processes that read units and can be killed: no file hangs, crashes or bloats the run.

Each reader works through the tasks it was given and sends what it makes of them piece by piece. One
that exceeds its time, crashes or outgrows its memory costs the piece in hand alone: a new reader
goes on with the rest.
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
"""Wall time for one unit with everything in it, however many members a container has."""

_START_SECONDS = 60.0
_GRACE_SECONDS = 30  # after which a reader whose parent is gone ends by itself
_AHEAD = 8  # tasks a reader has at hand, so that it never waits
_WINDOW = 64  # tasks begun and not yet handed on, for each process: memory stays bounded
_UNITS_FOR_READER = 8  # from so many more a further reader is worth its start
_STARTS = 3


@dataclass(frozen=True, slots=True)
class _Order:
    """What the parent asks for. done: members it has already; lost: those not to touch again."""

    unit: Unit
    done: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Begun:
    """Work on a member starts, "" for the unit itself; it may take so many seconds."""

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
    """What the readers of a call took. peak_mb: resident, of the largest; slowest: seconds of one
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
    """The outcomes of `read_units` over the units, in their order, from processes of their own.

    What hangs, crashes or needs too much memory is an Outcome with reason "timeout", "crashed" or
    "memory". Readers end when the generator is closed. Raises KbError where none can be started.
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
    """A fork takes milliseconds, a fresh interpreter with its imports most of a second; but a fork
    copies locks that other threads hold, so it is for programs of one thread."""
    return sys.platform == "linux" and threading.active_count() == 1


def _advance(readers: "Sequence[_Reader]", finished: dict[int, list[Outcome]]) -> None:
    """Waits until some reader has something to say or has run out of time, and notes it."""
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
    """The parent's side of one process. tasks: given and unfinished, the first one in work."""

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
        # Several share the rules that are loaded here; one loads them itself.
        if forked and self._several:
            from indexer.read import prepare  # noqa: PLC0415 - see _serve

            prepare()
        context = get_context("fork") if forked else get_context("spawn")
        self.connection, theirs = context.Pipe()
        with warnings.catch_warnings():
            # Python 3.12 counts the threads of NumPy's library, which has its own care for forks.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process = context.Process(
                target=_serve, args=(theirs, *self._arguments, forked), daemon=True
            )
            self._process.start()
        theirs.close()
        self._ready = False
        self.deadline = time.monotonic() + _START_SECONDS

    def give(self, task: _Task) -> None:
        """Adds a task. The pipe holds a few of them: this doesn't wait for the reader."""
        self.tasks.append(task)
        self._send(task)
        if self._ready and len(self.tasks) == 1:
            self._expect(limits.SECONDS)

    def receive(self) -> _Task | None:
        """Takes in one message, or notes that the process died; the task that ended by it."""
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
        """Gives up the piece in hand and starts anew for the rest; the task that ended by it."""
        self._usage.restarts += 1
        if not self._ready:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise KbError("读取文件的进程无法启动，请检查内存和系统的进程数限制。")
            self._restart()
            return None
        task = self.tasks[0]
        # The time for everything in it is up, or the process fails at what it has failed at before.
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
        """Ends the process and what it has started."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, signal.SIGSTOP)  # so that it starts nothing meanwhile
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
        except OSError:  # it died: the next receive tells
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
    """The reader's side: works through its orders until the parent is gone."""
    # What reading needs takes its time to load: a run that finds nothing new does without.
    from indexer.read import read_unit  # noqa: PLC0415

    _settle(connection, forked)
    try:
        connection.send(None)
    except BrokenPipeError:
        return

    def begin(member: str, seconds: float) -> None:
        connection.send(_Begun(member, seconds))
        signal.alarm(int(seconds) + _GRACE_SECONDS)

    # A send that finds no parent ends the process without a word: the run is over.
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
    """Makes a process out of a copy of the parent: nothing of the parent's is held or answered."""
    # Ctrl-C reaches the readers too: what to do then the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None
    if forked:
        gc.freeze()  # no object of the parent's may be finalised here
        _close_all_but(0, 1, 2, connection.fileno(), parent.sentinel)
    limits.limit_memory(limits.MEMORY_MB)

    def follow() -> None:
        parent.join()
        limits.kill_tree(os.getpid())
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _close_all_but(*kept: int) -> None:
    # The library, the lock and the pipes of the other readers came along with the fork.
    try:
        there = [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]
    except OSError:
        there = list(range(3, 1024))
    for descriptor in sorted(set(there) - set(kept)):
        try:
            os.close(descriptor)
        except OSError:
            continue
