"""A run: scan the sources, read what changed, store it in the library, publish.

Results are committed to the library batch by batch, so a run killed at any moment loses at most one
batch; the index changes only at the publication at the end.
"""

import os
import time
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from copy import copy
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from indexer.audience import close, recall
from indexer.inventory import database_faults, look
from indexer.members import Members
from indexer.metadata.marks import CLASSIFIED
from indexer.outcome import Outcome, member_path
from indexer.plan import Ledger, Plan, plan
from indexer.publish import publish
from indexer.readers import read
from indexer.report import Report, SourceReport, Tally, Waiting
from indexer.retry import retry_on
from indexer.sources import Fault, Scan, Source, Unit
from indexer.vanish import Rules, Vanished
from kb import office
from kb.audiences import Memory
from kb.documents import Document
from kb.errors import KbError
from kb.index.generation import Generations
from kb.library import Item, ItemState, Library
from kb.library import Source as Row
from kb.progress import Progress

_BATCH = 24


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a run. workers: processes, 0 for one per core. full: rewrite the whole index.
    allow_removal: remove missing items at once, however many there are. gone_after, max_gone_share:
    as in `vanish.Rules`. patient: failed items are retried only after growing intervals."""

    workers: int = 0
    max_file_mb: int = 50
    full: bool = False
    allow_removal: bool = False
    gone_after: int = 1
    max_gone_share: float = 0.5
    patient: bool = False

    @property
    def rules(self) -> Rules:
        return Rules(1, 1) if self.allow_removal else Rules(self.gone_after, self.max_gone_share)

    @property
    def processes(self) -> int:
        return self.workers or os.cpu_count() or 1


def run(
    data_dir: Path, sources: Sequence[Source], options: Options, progress: Progress, command: str
) -> Report:
    """Runs the sources and publishes. The caller holds the data directory's lock."""
    started = time.monotonic()
    Generations(data_dir).clear()
    with Library.open(data_dir) as library:
        number = library.start_run(command)
        report = Report()
        try:
            sources, report.warnings = close(sources, library.sources(), _memory(data_dir, library))
            for source in sources:
                _SourceRun(library, data_dir, source, options, report, number).run(progress)
            report.documents.removed += len(library.drop_orphans())
            published = publish(
                data_dir, library, full=options.full, workers=options.processes, progress=progress
            )
        except Exception as error:
            # An aborted publication must not fill the disk until the next one.
            Generations(data_dir).clear()
            report.error = str(error) or type(error).__name__
            with suppress(KbError):
                library.finish_run(number, "failed", report.as_json())
            raise
        report.warnings += published.notes
        report.count_passages(published.before, published.versions)
        if published.mended:
            report.warnings.append(_mended(published.mended))
        report.generation = published.name
        report.total_documents, report.total_passages = published.documents, published.passages
        report.seconds = round(time.monotonic() - started, 2)
        state = "failed-items" if report.exit_code else "done"
        library.finish_run(number, state, report.as_json())
    return report


def _mended(faults: Sequence[str]) -> str:
    more = f"等 {len(faults)} 处" if len(faults) > 1 else ""
    return f"{faults[0]}{more}；已从资料库重建。请检查磁盘，并查明是谁改动了数据目录。"


def _memory(data_dir: Path, library: Library) -> Memory:
    """What was for staff: as recorded, else as in the generations, which is then recorded at once."""
    memory = Memory.load(data_dir)
    if memory is None:
        memory = recall(data_dir, library)
        memory.save(data_dir)
    return memory


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
        self._converted = False
        self._read_from: dict[str, str] = {}
        """The location each document was read from in this run, by its id."""
        self._hashes: set[str] = set()
        self._today = date.today()
        # Until the end the source counts as read with other settings, so an interrupted run is repeated.
        self._row = self._put(before.config_hash if before else "")

    def run(self, progress: Progress) -> None:
        """Reads what changed, notes what failed and what was removed."""
        started, before = time.monotonic(), copy(self._report.documents)
        limit = self._options.max_file_mb
        found = look(self._source, self._library, self._data_dir, progress, limit)
        if isinstance(found, Fault):
            self._fail(found)
            self._summarise(started, before, 0, 0)
            return
        self._report.warnings += found.warnings
        faults = (*found.faults, *database_faults(self._source))
        made = self.plan(found, faults)
        self._report.files += len(found.files)
        self._read(made.read, progress)
        self._count_unchanged(made.same)
        gone = made.vanished.without_moved(lambda path: self._known[path].sha256 in self._hashes)
        with self._library.transaction():
            seen = [f.path for u in made.same for f in u.files] + [i.path for i in made.waiting]
            seen += [member for path in seen for member in self._members.of(path)]
            self._library.touch_items(self._row, seen, self._number)
            self._library.set_times(self._row, [(f.path, f.mtime_ns) for f in made.touched])
            for fault in faults:
                self._fail(fault)
            self._let_go(gone)
            if not self._source.only:
                self._put(self._source.digest)
                self._library.source_succeeded(self._row)
        if self._converted and not office.can_isolate():
            self._report.warnings.append(office.ISOLATION[0])
        self._wait(made.waiting)
        self._summarise(started, before, len(found.files), len(gone.missing | gone.held))

    def plan(self, found: Scan, faults: Sequence[Fault]) -> Plan:
        return plan(
            self._source,
            found,
            faults,
            Ledger(self._known, self._same, self._members),
            self._options.rules,
            patient=self._options.patient,
            today=self._today,
        )

    def _wait(self, waiting: Sequence[Item]) -> None:
        name = self._source.config.name
        self._report.waiting += [
            Waiting(name, i.path, i.reason, i.message, i.failures, i.retry_on) for i in waiting
        ]

    def _let_go(self, gone: Vanished) -> None:
        name = self._source.config.name
        self._library.mark_missing(self._row, sorted(gone.missing))
        self._report.missing += [(name, path) for path in sorted(gone.missing)]
        remove = gone.remove | self._members.left()
        removed = self._library.mark_gone(self._row, sorted(remove), self._number)
        self._report.documents.removed += len(removed)
        if warning := gone.warning(name):
            self._report.warnings.append(warning)

    def _summarise(self, started: float, before: Tally, files: int, missing: int) -> None:
        now, name = self._report.documents, self._source.config.name
        self._report.sources.append(
            SourceReport(
                name,
                files,
                read=now.added + now.changed - before.added - before.changed,
                failed=now.failed - before.failed,
                waiting=sum(w.source == name for w in self._report.waiting),
                missing=missing,
                removed=now.removed - before.removed,
                seconds=round(time.monotonic() - started, 2),
            )
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

    def _read(self, changed: Sequence[Unit], progress: Progress) -> None:
        progress.start(f"读取 {self._source.config.name}", len(changed))
        done = 0
        # Closed at once if a batch fails, with its processes.
        with closing(self._outcomes(changed)) as outcomes:
            while batch := list(islice(outcomes, _BATCH)):
                with self._library.transaction():
                    for outcome in batch:
                        self._hashes.update(outcome.hashes)
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
                if outcome.reason == CLASSIFIED and file.local is not None:
                    file.local.unlink(missing_ok=True)
                path = member_path(file.path, outcome.member)
                self._record_failure(
                    path, outcome.reason, outcome.message, file.size, file.mtime_ns
                )
            self._report.fail(Fault(outcome.path, outcome.reason, outcome.message))
            return
        if document is not None:
            self._converted = self._converted or document.format in office.FORMATS
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
        before = self._known.get(path)
        failures = 1 + (before.failures if before is not None else 0)
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
            retry_on=retry_on(failures, self._today, reason),
            forget=reason == CLASSIFIED,
        )
