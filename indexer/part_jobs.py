"""Writes parts from the library: distributes the versions over processes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from indexer.pool import pool
from indexer.resemblance import fingerprint
from kb.documents import Audience, Document
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.index.fields import FIELDS
from kb.index.part import Lengths
from kb.index.part_writer import analyzer_of, measure, write_part
from kb.library import Fingerprint, Library
from kb.progress import Progress

SHARE = 40
"""Minimum documents per process for which another process is worth starting."""

_FEW = 20
"""Maximum number of documents that are segmented faster than the whole dictionary is unpacked."""

Described = tuple[DocumentInfo, Fingerprint]


Wanted = tuple[str, Audience]
"""The version of a document that is to be published, and its audience."""


@dataclass(frozen=True, slots=True)
class Job:
    """Versions that are written as one part."""

    audience: Audience
    versions: tuple[str, ...]


def pivots(directories: Sequence[Path]) -> tuple[float, ...]:
    """The average lengths of fields over parts that have been written."""
    total = Lengths(0, tuple(0 for _ in FIELDS))
    for directory in directories:
        total += measure(directory)
    return total.pivots


def split(wanted: Sequence[Wanted], workers: int) -> list[Job]:
    """The contents of each new part: one part per audience, or one per worker if there is enough
    work."""
    jobs = []
    for whose in Audience:
        versions = tuple(version for version, of in wanted if of is whose)
        count = workers if len(versions) >= SHARE * workers else min(1, len(versions))
        jobs += [Job(whose, versions[i::count]) for i in range(count)]
    return jobs


def write(
    data_dir: Path,
    directories: Sequence[Path],
    jobs: Sequence[Sequence[str]],
    workers: int,
    progress: Progress,
) -> list[Described]:
    """Writes the parts, each with the documents of its versions; in parallel if that pays."""
    progress.start("建立索引", sum(len(j) for j in jobs))
    described: list[Described] = []
    if len(jobs) <= 1 or workers == 1:
        for directory, job in zip(directories, jobs, strict=True):
            report = partial(_further, progress, len(described))
            described += write_job(data_dir, directory, job, report)
        return described
    notes = [d.with_suffix(".done") for d in directories]
    with pool(workers) as processes:
        futures = [
            processes.submit(write_job, data_dir, d, j, partial(_note, n))
            for d, j, n in zip(directories, jobs, notes, strict=True)
        ]
        waiting = set(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=0.3)
            progress.advance(sum(int(n.read_text("utf-8") or 0) for n in notes if n.exists()))
        described = [entry for future in futures for entry in future.result()]
    for note in notes:
        note.unlink(missing_ok=True)
    return described


def _further(progress: Progress, before: int, done: int) -> None:
    progress.advance(before + done)


def _note(path: Path, done: int) -> None:
    """Reports the number of finished documents to the parent: a file of fixed width, written in place."""
    path.write_text(f"{done:012d}", "utf-8")


def write_job(
    data_dir: Path, directory: Path, versions: Sequence[str], report: Callable[[int], None]
) -> list[Described]:
    """Writes one part with the documents of `versions`, in a separate process if there are several
    parts. Returns their catalogue entries and the fingerprints of their texts; `report` receives
    the number of documents done so far."""
    described: list[Described] = []

    def documents() -> Iterator[tuple[str, Document]]:
        with Library.open(data_dir, readonly=True) as library:
            for version, document in library.load(versions):
                yield version, document
                entry = catalog.describe(document, version, "")
                described.append((entry, fingerprint(document, version)))
                if len(described) % 10 == 0 or len(described) == len(versions):
                    report(len(described))

    cache = data_dir / "cache"
    if len(versions) > _FEW:
        analyzer_of(cache).segmenter.unpack()
    write_part(directory, documents(), cache)
    return described


def each(function: Callable[..., None], calls: Sequence[tuple[Any, ...]], workers: int) -> None:
    """Calls the function with each of the arguments, several in parallel."""
    if len(calls) <= 1 or workers == 1:
        for call in calls:
            function(*call)
        return
    with pool(workers) as processes:
        for future in [processes.submit(function, *call) for call in calls]:
            future.result()
