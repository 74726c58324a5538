"""Watched folders: each file dropped there is indexed once it stops changing.

The system reports changes (inotify); where it can't, as on network mounts, the folders are polled
every two seconds. A file counts as complete when size and time were unchanged for a second.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import watchfiles

from indexer.read import prepare
from indexer.report import Report
from indexer.sources import Source
from indexer.sources.lawrefbook import DATABASE
from indexer.sources.scan import is_passing
from kb.errors import ConfigError, LockedError, StorageError
from kb.index.part_writer import analyzer_of

QUIET = 1.0
"""Seconds without a change after which a file is complete."""

_PATIENCE = 2.0
"""Seconds that complete files wait for others still being written, to share one run."""

_AT_ONCE = 20
"""Maximum files that are indexed one by one beside others still being written."""

_TICK_MS = 500
_POLL_MS = 2_000
_LOCKED_PAUSE, _FAULT_PAUSE = 1.0, 30.0

_REMOTE = frozenset(
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "vboxsf", "vmhgfs", "afs", "ceph", "lustre"]
)
"""File systems that don't report another machine's changes; also all of fuse."""

Index = Callable[[Sequence[Source], bool], Report]
"""Indexes sources; True: all of them, like a refresh; False: the observed changes."""


@dataclass(slots=True)
class Pending:
    """Changed paths, until they are stable."""

    _seen: dict[Path, tuple[tuple[int, int] | None, float]] = field(default_factory=dict)

    def note(self, path: Path, now: float) -> None:
        """Notes an event on this path."""
        self._seen[path] = (_look(path), now)

    def settled(self, now: float) -> tuple[list[Path], bool]:
        """Paths to index now, oldest first, and whether others are still being written."""
        for path, (before, _) in self._seen.items():
            if (found := _look(path)) != before:
                self._seen[path] = (found, now)
        still = {p: t for p, (_, t) in self._seen.items() if now - t >= QUIET}
        writing = len(still) < len(self._seen)
        if not still or (writing and now - min(still.values()) < QUIET + _PATIENCE):
            return [], writing
        return sorted(still, key=lambda p: (still[p], p)), writing

    def drop(self, paths: Sequence[Path]) -> None:
        for path in paths:
            self._seen.pop(path, None)


def watch(
    sources: Callable[[], Sequence[Source]],
    index: Index,
    say: Callable[[str], None],
    *,
    poll: bool = False,
) -> None:
    """Indexes the sources, then every change in them. Ends only by a signal.

    If a folder is removed, waits for it. Raises ConfigError like `sources`; a locked or full data
    directory is reported once and retried.
    """
    watched: list[Source] = []
    while True:
        try:
            watched = list(sources())
        except ConfigError:  # a folder named on the command line was removed
            if not watched:
                raise
        stamps = {s.config.path: _stamp(s.config.path) for s in watched}
        there = [path for path, stamp in stamps.items() if stamp is not None]
        events = _events(there, poll or any(map(is_remote, there)), say)
        round_ = _Round(watched, index, say)
        next(events)  # events are recorded from here on; the run finds earlier changes
        while not round_.whole():
            time.sleep(_TICK_MS / 1000)
        say(f"正在监视：{'，'.join(map(str, there)) or '无（文件夹不存在）'}")
        for paths in events:
            if {path: _stamp(path) for path in stamps} != stamps:
                say("文件夹有变动，重新查看。")
                break
            round_.changed(paths)
        events.close()


def warm(data_dir: Path) -> None:
    """Loads rules and dictionaries before the first file arrives, as that takes some seconds."""
    prepare()
    analyzer_of(data_dir / "cache").count_both("普法")


class _Round:
    """The sources indexed between two changes of the folders themselves."""

    def __init__(self, sources: list[Source], index: Index, say: Callable[[str], None]) -> None:
        self._sources = sources
        self._index = index
        self._say = say
        self._pending = Pending()
        self._not_before = 0.0
        self._told = ""

    def whole(self) -> bool:
        """Indexes all; False if that must be retried."""
        return time.monotonic() >= self._not_before and self._try(self._sources, True)

    def changed(self, paths: set[Path]) -> None:
        """Records changes and indexes stable files."""
        now = time.monotonic()
        for path in paths:
            self._pending.note(path, now)
        if now < self._not_before:
            return
        ready, writing = self._pending.settled(now)
        ready = ready[:_AT_ONCE] if writing else ready
        if ready and self._try(narrowed(self._sources, ready, together=not writing), False):
            self._pending.drop(ready)

    def _try(self, sources: Sequence[Source], whole: bool) -> bool:
        if not sources:
            return True
        try:
            report = self._index(sources, whole)
        except (LockedError, StorageError) as error:
            pause = _LOCKED_PAUSE if isinstance(error, LockedError) else _FAULT_PAUSE
            self._not_before = time.monotonic() + pause
            if str(error) != self._told:
                self._told = str(error)
                self._say(str(error))
            return False
        self._told = ""
        for line in _lines(report):
            self._say(line)
        return True


def narrowed(sources: Sequence[Source], paths: Sequence[Path], *, together: bool) -> list[Source]:
    """The sources restricted to the paths, each path assigned to the innermost source around it.
    together: one common folder for all of a source's paths, else one each."""
    places: dict[Path, list[Path]] = {}
    by_root = {s.config.path: s for s in sources}
    for path in paths:
        around = [r for r in by_root if path.is_relative_to(r)]
        if around:
            root = max(around, key=lambda r: len(r.parts))
            places.setdefault(root, []).append(_standing(path, root))
    found = []
    for root, inside in places.items():
        source = by_root[root]
        kept = [Path(os.path.commonpath(inside))] if together else inside
        if source.is_checkout:  # a law may be several files: never index part of a checkout
            kept = [root]
        for place in kept:
            only = "" if place == root else place.relative_to(root).as_posix()
            if not source.only or only.startswith(source.only):
                found.append(replace(source, only=only))
            else:
                found.append(source)
    return list(dict.fromkeys(found))


def is_remote(path: Path) -> bool:
    """Whether the path is on a file system that may not report its changes to this machine."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    best, kind = -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = Path(left.split(" ")[4].replace("\\040", " "))
        if path.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), right.split(" ")[0]
    return kind in _REMOTE or kind.startswith("fuse.")


def _events(
    roots: list[Path], poll: bool, say: Callable[[str], None]
) -> Generator[set[Path], None, None]:
    """Sets of changed paths, at least every half second, possibly empty. Never ends."""
    if not roots:
        while True:
            yield set()
            time.sleep(_TICK_MS / 1000)
    while True:
        try:
            for changes in watchfiles.watch(
                *roots,
                watch_filter=_concerns,
                debounce=400,
                rust_timeout=_TICK_MS,
                yield_on_timeout=True,
                force_polling=poll,
                poll_delay_ms=_POLL_MS,
                ignore_permission_denied=True,
            ):
                yield {Path(path) for _, path in changes}
        except OSError as error:
            if not poll:
                say(f"系统不能通知文件变化（{error}），改为每 2 秒查看一遍。")
            poll = True
            yield set()
            time.sleep(1)


def _concerns(_change: watchfiles.Change, path: str) -> bool:
    name = Path(path).name
    return name == DATABASE or not is_passing(name)


def _look(path: Path) -> tuple[int, int] | None:
    try:
        info = path.lstat()
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes when a different folder is at this path: it was replaced, or (un)mounted."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_dev, info.st_ino


def _standing(path: Path, root: Path) -> Path:
    """The path, or its nearest ancestor whose parent folder exists."""
    while path != root and not path.parent.is_dir():
        path = path.parent
    return path


def _lines(report: Report) -> Iterator[str]:
    d = report.documents
    now = datetime.now().strftime("%m-%d %H:%M:%S")
    if d.added or d.changed or d.removed or d.failed:
        yield (
            f"{now} 新增 {d.added}，更新 {d.changed}，移除 {d.removed}，失败 {d.failed}，"
            f"用时 {report.seconds:.1f} 秒"
        )
    yield from (f"  {f.path}：{f.message}（{f.reason}）" for f in report.failures)
    yield from (f"提醒：{w}" for w in report.warnings)
