"""A run: look at the sources, read what changed, put it into the library, publish.

Everything read is in the library batch by batch, so that a run killed at any moment loses at most
one batch; the index changes only by the publication at the end.
"""

import os
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from indexer.fetch import look
from indexer.members import Members
from indexer.publish import publish
from indexer.read import INSIDE, Outcome, member_path
from indexer.readers import read
from indexer.report import Report
from indexer.sources import Fault, Scan, Source, Unit, lawrefbook, scan
from indexer.sources.select import DATABASE
from kb.documents import Document
from kb.library import ItemState, Library
from kb.library import Source as Row
from kb.progress import Progress
from kb.search import catalog
from kb.search.generation import Generations

_BATCH = 24

_VANISHED_SHARE = 0.5
_VANISHED_FROM = 20
"""More than this share of a source's items gone at once, of at least so many, and none is removed:
an unmounted disk must not empty the base."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is done. workers: processes, 0 for one a core. full: write the whole index anew.
    allow_removal: remove vanished items however many they are."""

    workers: int = 0
    max_file_mb: int = 50
    full: bool = False
    allow_removal: bool = False

    @property
    def processes(self) -> int:
        return self.workers or os.cpu_count() or 1


def run(
    data_dir: Path, sources: Sequence[Source], options: Options, progress: Progress, command: str
) -> Report:
    """Runs the sources and publishes. The caller holds the data directory's lock."""
    started = time.monotonic()
    before = _catalogue(data_dir)
    with Library.open(data_dir) as library:
        number = library.start_run(command)
        report = Report()
        for source in sources:
            _SourceRun(library, data_dir, source, options, report, number).run(progress)
        published = publish(
            data_dir, library, full=options.full, workers=options.processes, progress=progress
        )
        _count_passages(report, before, _catalogue(data_dir))
        report.generation = published.name
        report.total_documents, report.total_passages = published.documents, published.passages
        report.seconds = round(time.monotonic() - started, 2)
        library.finish_run(number, "failed-items" if report.failures else "done", report.as_json())
    return report


class _SourceRun:
    """One source in one run."""

    def __init__(
        self,
        library: Library,
        data_dir: Path,
        source: Source,
        options: Options,
        report: Report,
        number: int,
    ) -> None:
        self._library = library
        self._data_dir = data_dir
        self._source = source
        self._options = options
        self._report = report
        self._number = number
        before = library.sources().get(source.config.name)
        self._known = library.items(source.config.name)
        self._same = before is not None and before.config_hash == source.digest
        self._members = Members(self._known)
        self._read_from: dict[str, str] = {}
        """Where each document was read from in this run, by its id."""
        # Until the end the source counts as read with other settings: a run cut short is done again.
        self._row = self._put(before.config_hash if before else "")

    def run(self, progress: Progress) -> None:
        """Reads what changed, notes what failed and what is gone."""
        found = self._look(progress)
        if found is None:
            return
        self._report.warnings += found.warnings
        units = self._units(found)
        changed = self._changed(units, found)
        self._report.files += len(found.files)
        self._read(changed, progress)
        waiting = {f.path for u in changed for f in u.files}
        self._count_unchanged([u for u in units if u.files[0].path not in waiting])
        with self._library.transaction():
            settled = [f.path for f in found.files if f.path not in waiting]
            settled += self._members.keep(settled)
            self._library.touch_items(self._row, settled, self._number)
            broken = self._database_faults()
            for fault in (*found.faults, *broken):
                self._fail(fault)
            self._remove_vanished(found, broken)
            if not self._source.only:
                self._put(self._source.digest)

    def _look(self, progress: Progress) -> Scan | None:
        """What the source says it has now; None, and noted, where it says nothing at all."""
        config = self._source.config
        if config.web is not None:
            return look(config, self._library, self._data_dir, progress, self._options.max_file_mb)
        try:
            config.path.stat()
        except OSError as error:
            message = f"来源的文件夹 {config.path} 不存在或无法打开：{error.strerror}。"
            self._fail(Fault(config.name, "missing", message))
            return None
        return scan(
            config.path, config.include, config.exclude, self._source.only, self._source.without
        )

    def _count_unchanged(self, units: Sequence[Unit]) -> None:
        for unit in units:
            for path in (unit.files[0].path, *self._members.of(unit.files[0].path)):
                id = self._known[path].document_id
                key = unit.key if path == unit.files[0].path else path
                if id is None:  # a container
                    continue
                if id in self._read_from:
                    self._report.duplicates.append((key, self._read_from[id]))
                else:
                    self._read_from[id] = key
                    self._report.documents.unchanged += 1

    def _put(self, digest: str) -> Row:
        config = self._source.config
        return self._library.put_source(
            config.name, config.type, config.root, digest, config.as_of, config.to_json()
        )

    def _units(self, found: Scan) -> list[Unit]:
        if self._source.is_lawrefbook:
            return lawrefbook.units(found.files)
        return [Unit(f.path, (f,)) for f in found.files]

    def _changed(self, units: Sequence[Unit], found: Scan) -> list[Unit]:
        """Units to read: those with a changed file, and those that share a document with a file that
        changed or vanished (parts of one law, copies of a law in two folders)."""
        if not self._same:
            return list(units)
        settled = {f.path for u in units if self._is_unchanged(u) for f in u.files}
        settled |= {member for path in settled for member in self._members.of(path)}
        stirred = {
            item.document_id
            for path, item in self._known.items()
            if item.state is not ItemState.GONE and path not in settled and self._seen(path, found)
        } - {None}
        return [
            u
            for u in units
            if any(
                f.path not in settled or self._known[f.path].document_id in stirred for f in u.files
            )
        ]

    def _seen(self, path: str, found: Scan) -> bool:
        """Whether this run looked at the place where the path lies or would lie."""
        only = self._source.only
        within = not only or path == only or path.startswith((f"{only}/", f"{only}{INSIDE}"))
        return within and not path.startswith(found.unseen)

    def _is_unchanged(self, unit: Unit) -> bool:
        for file in unit.files:
            item = self._known.get(file.path)
            if item is None or item.state is not ItemState.OK:
                return False
            if (item.size, item.mtime_ns) != (file.size, file.mtime_ns):
                return False
            if not self._members.are_read(file.path):
                return False
        return True

    def _read(self, changed: Sequence[Unit], progress: Progress) -> None:
        progress.start(f"读取 {self._source.config.name}", len(changed))
        done = 0
        # Closed at once when a batch fails, and its processes with it.
        with closing(self._outcomes(changed)) as outcomes:
            while batch := list(islice(outcomes, _BATCH)):
                with self._library.transaction():
                    for outcome in batch:
                        self._record(outcome)
                done += len(batch)
                progress.advance(done)

    def _outcomes(self, units: Sequence[Unit]) -> Generator[Outcome, None, None]:
        options = self._options
        return read(units, self._source.config, options.max_file_mb, options.processes)

    def _record(self, outcome: Outcome) -> None:
        self._members.note(outcome)
        document, files = outcome.document, outcome.unit.files
        if outcome.reason:
            for file in files:
                path = member_path(file.path, outcome.member)
                self._record_failure(
                    path, outcome.reason, outcome.message, file.size, file.mtime_ns
                )
            self._report.fail(Fault(outcome.path, outcome.reason, outcome.message))
            return
        if document is not None:
            self._put_document(document, outcome.path)
        for file, digest in zip(files, outcome.hashes, strict=True):
            self._library.record_item(
                self._row,
                member_path(file.path, outcome.member),
                size=file.size,
                mtime_ns=file.mtime_ns,
                sha256=digest,
                document_id=document.id if document else None,
                run=self._number,
            )

    def _put_document(self, document: Document, path: str) -> None:
        first = self._read_from.setdefault(document.id, path)
        if first != path:
            # The same version of a law in two folders: one document, read from the first.
            self._report.duplicates.append((path, first))
        else:
            self._report.documents.count(self._library.put_document(document))
        if not document.passages:
            self._report.empty.append(path)

    def _fail(self, fault: Fault) -> None:
        self._record_failure(fault.path, fault.reason, fault.message)
        self._report.fail(fault)

    def _record_failure(
        self, path: str, reason: str, message: str, size: int = 0, mtime_ns: int = 0
    ) -> None:
        self._library.record_item(
            self._row,
            path,
            size=size,
            mtime_ns=mtime_ns,
            sha256="",
            state=ItemState.FAILED,
            reason=reason,
            message=message,
            run=self._number,
        )

    def _database_faults(self) -> list[Fault]:
        if not self._source.is_lawrefbook:
            return []
        try:
            lawrefbook.read_database(self._source.config.path / DATABASE)
        except (sqlite3.Error, OSError) as error:
            message = f"数据库无法读取（{error}），时效性和日期只按正文判断。"
            return [Fault(DATABASE, "bad-database", message)]
        return []

    def _remove_vanished(self, found: Scan, broken: Sequence[Fault]) -> None:
        """Marks gone what the ledger has and the folder hasn't, unless it looks like a dead mount."""
        without = tuple(f"{folder}/" for folder in self._source.without)
        living = {p for p, item in self._known.items() if item.state is not ItemState.GONE}
        present = {f.path for f in found.files} | {f.path for f in (*found.faults, *broken)}
        self._members.keep(f.path for f in found.faults)
        present |= self._members.present
        gone = {p for p in living - present if self._seen(p, found)}
        # What another source has taken over is there to be seen: that is no dead mount.
        lost = {p for p in gone if not p.startswith(without)} - self._members.left()
        many = len(living) >= _VANISHED_FROM and len(lost) > _VANISHED_SHARE * len(living)
        if many and not self._options.allow_removal:
            gone -= lost
            self._report.warnings.append(
                f"来源 {self._row.name} 的 {len(living)} 个文件中有 {len(lost)} 个不见了，疑为磁盘未挂载，"
                "未作移除；确需移除请加 --allow-removal。"
            )
        removed = self._library.mark_gone(self._row, sorted(gone), self._number)
        self._report.documents.removed += len(removed)


def _catalogue(data_dir: Path) -> dict[str, tuple[str, int]]:
    """Version and passages of each document that is published now."""
    generations = Generations(data_dir)
    name = generations.usable_name()
    if not name:
        return {}
    try:
        entries = catalog.load(generations.directory(name) / "catalog.jsonl")
    except catalog.DAMAGED:
        return {}
    return {e.id: (e.version, e.passages) for e in entries}


def _count_passages(
    report: Report, before: dict[str, tuple[str, int]], after: dict[str, tuple[str, int]]
) -> None:
    for id, (version, count) in after.items():
        if id not in before:
            report.passages.added += count
        elif before[id][0] != version:
            report.passages.changed += count
        else:
            report.passages.unchanged += count
    report.passages.removed = sum(n for id, (_, n) in before.items() if id not in after)
