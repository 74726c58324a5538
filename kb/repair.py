"""Rebuilds a damaged or lost library from what remains.

Nothing is overwritten: the damaged file is only read, and is renamed when the new one replaces it.
A run killed before that has changed nothing, and the next one starts again; a run after that
continues from the state of the files. Lost texts are taken from the serving generation, for their
published audience; files whose entry is lost are read again by the next run.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.audiences import Memory
from kb.errors import DamagedError, LibraryError, StorageError
from kb.index import catalog, recovered
from kb.index.document_info import DocumentInfo
from kb.index.generation import Generations
from kb.library import Library
from kb.library.database import FILE
from kb.library.salvage import intact, salvage, settle
from kb.lock import Lock
from kb.users import Users

_WORK = "repair"
_READY = "library.repaired"
_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Repaired:
    """Result of a repair. aside: path of the damaged file; empty if there was none. accounts, sources:
    names. texts: documents whose text was saved; of_index: those taken from the index this time.
    entries: files still in the ledger. lost: titles of documents whose text is gone."""

    aside: str
    accounts: tuple[str, ...]
    sources: tuple[str, ...]
    texts: int
    of_index: int
    entries: int
    lost: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Lines for the terminal."""
        yield f"已修复。账号 {len(self.accounts)} 个：{'、'.join(self.accounts) or '无'}"
        yield f"来源 {len(self.sources)} 个：{'、'.join(self.sources) or '无'}"
        yield f"文档 {self.texts} 份（其中从索引找回 {self.of_index} 份），文件登记 {self.entries} 条"
        if self.lost:
            yield f"正文丢失 {len(self.lost)} 份，来源文件还在的，下次更新重新读取："
            yield from (f"  《{title}》" for title in self.lost[:20])
        if self.aside:
            yield f"损坏的文件保留在 {self.aside}，确认无误后可自行删除。"
        yield "请重新运行 kb refresh（或 kb index），并重新启动网站；工作人员须重新登录，账号请核对。"


def repair(data_dir: Path) -> Repaired | None:
    """Repairs a data directory's library; returns None if it is intact. Raises StorageError,
    LockedError, or LibraryError if nothing of a library is left or it isn't ours."""
    if not data_dir.is_dir():
        raise LibraryError(f"{data_dir} 不存在：没有可修复的资料库。")
    with Lock(data_dir, "repair"):
        try:
            return _repair(data_dir)
        except OSError as error:
            raise StorageError(
                f"修复没有完成：{error.strerror}（{error.filename}）。请检查磁盘、腾出空间后重新运行。"
            ) from error


def _repair(data_dir: Path) -> Repaired | None:
    path, ready = data_dir / FILE, data_dir / _READY
    of_index = 0
    if not ready.is_file():
        if path.is_file() and _sound(data_dir):
            return None
        work = data_dir / _WORK
        shutil.rmtree(work, ignore_errors=True)
        if path.is_file():
            salvage(path, work)
        else:
            work.mkdir()
            Library.open(work).close()
        of_index = _complete(data_dir, work)
        _sync(work / FILE)
        (work / FILE).replace(ready)
        shutil.rmtree(work)
        _sync(data_dir)
    aside = _set_aside(path)
    ready.replace(path)
    _sync(data_dir)
    return _told(data_dir, aside, of_index)


def _sound(data_dir: Path) -> bool:
    """Whether the library is intact. An empty one that replaced a lost one is not: a sign-in creates
    one if it is missing."""
    if not intact(data_dir / FILE):
        return False
    try:
        with Library.open(data_dir, readonly=True) as library:
            memory = Memory.load(data_dir) or Memory()
            return not library.check() and bool(library.sources() or not memory.sources)
    except DamagedError:
        return False


def _complete(data_dir: Path, work: Path) -> int:
    """Adds data from elsewhere: remembered sources, texts of the serving generation. Returns the
    number of texts."""
    memory = Memory.load(data_dir) or Memory()
    with Library.open(work) as library:
        known = library.sources()
        for name, source in memory.sources.items():
            if name not in known:
                library.put_source(name, source.type, source.root, "", source.as_of, source.config)
    settle(work)
    with Library.open(work) as library:
        present = {e.id for e in library.entries()}
        generations = Generations(data_dir)
        name, infos = _catalogue(generations)
        missing = [i for i in infos if i.id not in present]
        if not (present or missing or library.sources()) and not _accounts(work):
            raise LibraryError(f"{data_dir / FILE} 中没有找到资料库的内容，无法修复；文件未动。")
        count = 0
        with library.transaction():
            for document in recovered.documents(generations, name, missing):
                library.put_document(document)
                count += 1
    settle(work)
    return count


def _catalogue(generations: Generations) -> tuple[str, tuple[DocumentInfo, ...]]:
    """The serving generation, or the newest readable one."""
    names = generations.names()[::-1]
    with suppress(OSError, ValueError):
        serving = generations.current_name()
        names.sort(key=lambda n: n != serving)
    for name in names:
        try:
            return name, catalog.load(generations.directory(name) / "catalog.jsonl")
        except catalog.DAMAGED:
            continue
    return "", ()


def _set_aside(path: Path) -> str:
    """Renames the damaged file and its auxiliary files."""
    there = [path.with_name(path.name + end) for end in _BESIDE]
    there = [p for p in there if p.exists()]
    if not there:
        return ""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    base, number = path.with_name(f"library-damaged-{stamp}.sqlite3"), 2
    while any(base.with_name(base.name + end).exists() for end in _BESIDE):
        base = path.with_name(f"library-damaged-{stamp}-{number}.sqlite3")
        number += 1
    for old in there:
        new = base.with_name(base.name + old.name.removeprefix(path.name))
        if old == path:
            # Hard-linked until the new file replaces it, so that no process finds it missing and creates one.
            os.link(old, new)
        else:
            old.rename(new)
    return str(base)


def _told(data_dir: Path, aside: str, of_index: int) -> Repaired:
    with Library.open(data_dir, readonly=True) as library:
        return Repaired(
            aside,
            _accounts(data_dir),
            tuple(library.sources()),
            sum(1 for _ in library.entries()),
            of_index,
            sum(s.ok for s in library.source_states()),
            tuple(library.without_text()),
        )


def _accounts(data_dir: Path) -> tuple[str, ...]:
    with Users.open(data_dir) as users:
        return tuple(u.name for u in users.list())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
