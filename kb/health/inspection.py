"""Collects the state: index, runs, sources, disk, versions, tools."""

import importlib.util
import os
import platform
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kb import __version__, lock, office
from kb.health.run_states import Next, next_run
from kb.index.generation import Generations, Sentinel
from kb.library import Item, Library, Run, SourceState
from kb.library.database import FILE
from kb.lock import Holder

_PACKAGES = ("whoosh", "jieba", "numpy", "sqlalchemy")

_RUNS = 10


@dataclass(frozen=True, slots=True)
class Disk:
    """Sizes in bytes. free: of the file system; used: by part of the data directory (library, index,
    raw, cache, other), counting hard-linked files once; generations: their number."""

    free: int
    used: Mapping[str, int]
    generations: int

    @property
    def total(self) -> int:
        return sum(self.used.values())


@dataclass(frozen=True, slots=True)
class Tool:
    """An optional program. serves: its purpose; remedy: how to install it."""

    name: str
    present: bool
    serves: str
    remedy: str


@dataclass(frozen=True, slots=True)
class State:
    """Current state of a data directory. runs: newest first, of all commands; refreshes: of kb refresh.
    writer: the current writer; killed: a writer killed while writing, still named in the lock."""

    generation: tuple[str, Sentinel] | None
    runs: tuple[Run, ...]
    refreshes: tuple[Run, ...]
    next: Next
    sources: tuple[SourceState, ...]
    failures: tuple[Item, ...]
    writer: Holder | None
    killed: Holder | None
    disk: Disk


def gather(data_dir: Path) -> State:
    """Collects the state of a data directory, which may not exist. Raises LibraryError."""
    generations = Generations(data_dir)
    name = generations.current_name()
    sentinel = generations.sentinel(name) if name else None
    if not name and (whole := generations.whole()):
        name, sentinel = whole
    runs: list[Run] = []
    refreshes: list[Run] = []
    sources: list[SourceState] = []
    failures: list[Item] = []
    if (data_dir / FILE).is_file():
        with library(data_dir) as opened:
            runs, refreshes = opened.last_runs(_RUNS), opened.last_runs(_RUNS, "refresh")
            sources, failures = opened.source_states(), opened.failures()
    return State(
        generation=(name, sentinel) if sentinel else None,
        runs=tuple(runs),
        refreshes=tuple(refreshes),
        next=next_run(refreshes),
        sources=tuple(sources),
        failures=tuple(failures),
        writer=lock.holder(data_dir),
        killed=lock.left_behind(data_dir),
        disk=disk(data_dir),
    )


def writable(directory: Path) -> bool:
    """Whether this user may write to the directory."""
    return os.access(directory, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def library(data_dir: Path) -> Library:
    """Opens the library for reading. If SQLite's auxiliary files neither exist nor can be created, it
    is opened as immutable. Raises LibraryError."""
    log = data_dir / f"{FILE}-wal"
    alone = not writable(data_dir) and not (log.is_file() and log.stat().st_size)
    return Library.open(data_dir, readonly=True, immutable=alone)


def disk(data_dir: Path) -> Disk:
    """Free and used disk space."""
    used = dict.fromkeys(("library", "index", "raw", "cache", "other"), 0)
    seen: set[tuple[int, int]] = set()
    for folder, _, names in os.walk(data_dir):
        for name in names:
            path = Path(folder) / name
            try:
                info = path.lstat()
            except OSError:
                continue
            if (info.st_dev, info.st_ino) in seen:
                continue
            seen.add((info.st_dev, info.st_ino))
            top = path.relative_to(data_dir).parts[0]
            part = "library" if top.startswith(FILE) else top if top in used else "other"
            used[part] += info.st_size
    place = data_dir.absolute()
    while not place.exists():
        place = place.parent
    return Disk(shutil.disk_usage(place).free, used, len(Generations(data_dir).names()))


def versions() -> dict[str, str]:
    """Versions of the program and its dependencies."""
    found = {
        "pufa-kb": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found


def tools() -> tuple[Tool, ...]:
    """Programs that some formats need."""
    return (
        Tool(
            "LibreOffice",
            office.find() is not None,
            "读取 .doc、.wps、.rtf、.odt、.ppt",
            "安装 LibreOffice；下次更新自动补读",
        ),
        Tool(
            "OCR",
            importlib.util.find_spec("rapidocr") is not None,
            "识别扫描件",
            "安装可选组件：pip install 'pufa-kb[ocr]'",
        ),
    )
