"""From the library to a new generation: what changed is written, what did not is linked.

Merge policy: every publication adds a part. Once there are `_MAX_PARTS`, the smallest are
written together with what changed as one (`_to_merge`). When dead passages (of replaced or removed
documents) outgrow `_MAX_DEAD` of all, everything is written anew. Of documents that are one text
(`indexer.dedupe`) all are written and one is shown: when it goes, another has its place already.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from indexer import dedupe
from indexer.pool import pool
from indexer.report import Versions
from indexer.resemblance import fingerprint
from kb.documents import Document
from kb.library import Fingerprint, Library
from kb.progress import Progress
from kb.search import analysis, catalog
from kb.search.generation import FORMAT, Generations, Sentinel
from kb.search.part import Lengths, Part, analyzer_of, measure, seal, write_part
from kb.search.results import DocumentInfo
from kb.search.whoosh_part import ENGINE, FIELDS

_MAX_PARTS = 8
_MAX_DEAD = 0.25
_SHARE = 40
"""Documents for each process below which several processes are not worth their start."""

_FEW = 20
"""Documents that are cut faster than the whole dictionary is unpacked."""

Described = tuple[DocumentInfo, Fingerprint]


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did. name: the serving generation; fresh: whether it is a new one.

    documents, passages: those shown. written: passages. copies: documents that are not shown, as
    another is the same text. versions, before: version and passages of each document, copies too, by
    id, now and in the generation that served.
    """

    name: str
    fresh: bool
    documents: int
    passages: int
    written: int
    copies: int
    versions: Versions = field(repr=False)
    before: Versions = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Base:
    """The parts and entries that can be taken over from the serving generation."""

    name: str
    parts: dict[str, Part]
    entries: dict[str, DocumentInfo]


def publish(
    data_dir: Path, library: Library, *, full: bool, workers: int, progress: Progress
) -> Published:
    """Brings the index in line with the library. The caller holds the data directory's lock."""
    generations = Generations(data_dir)
    present = list(library.entries())
    wanted = {e.id: e.hash for e in present}
    serving = _serving(generations)
    before = _versions(serving or ())
    base = None if full else _base(generations, serving, wanted)
    entries = base.entries if base else {}
    kept = {e.id for e in entries.values() if wanted.get(e.id) == e.version}
    changed = sorted(id for id in wanted if id not in kept)
    if base and not changed and len(kept) == len(entries):
        return _published(base.name, entries.values(), before, fresh=False, written=0)

    building = generations.start()
    linked: list[str] = []
    if base:
        linked, again = _take_over(base, wanted, len(changed))
        changed = sorted({*changed, *again})
        for part in linked:
            generations.link_part(base.name, part, building)
    now = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    number = 1 + max((int(p[1:]) for p in linked), default=-1)
    jobs = _split([wanted[id] for id in changed], workers)
    names = [f"p{number + i:05d}" for i in range(len(jobs))]
    directories = [building / "parts" / n for n in names]
    described = _write(data_dir, directories, jobs, workers, progress)
    pivots = base.parts[linked[0]].pivots if base and linked else _pivots(directories)
    _each(seal, [(d, pivots) for d in directories], workers)

    parts = (*linked, *names)
    # The library knows since when; the index may have been lost and built again.
    since = {e.id: e.first_seen for e in present}
    fresh = {e.id: replace(e, added=since[e.id]) for e, _ in described}
    every = [fresh[id] if id in fresh else entries[id] for id in wanted]
    known = dedupe.fingerprints(library, every, {e.id: f for e, f in described})
    final = dedupe.resolve(library, every, known).values()
    catalog.save(building / "catalog.jsonl", final)
    written = sum(e.passages for e in fresh.values())
    done = _published("", final, before, fresh=True, written=written)
    made_with = (FORMAT, ENGINE, analysis.fingerprint(), FIELDS)
    name = generations.finish(
        building, Sentinel(*made_with, now, done.documents, done.passages, parts)
    )
    return replace(done, name=name)


def _published(
    name: str, entries: Collection[DocumentInfo], before: Versions, *, fresh: bool, written: int
) -> Published:
    shown = [e for e in entries if not e.copy_of]
    passages = sum(e.passages for e in shown)
    copies = len(entries) - len(shown)
    return Published(name, fresh, len(shown), passages, written, copies, _versions(entries), before)


def _versions(entries: Iterable[DocumentInfo]) -> Versions:
    return {e.id: (e.version, e.passages) for e in entries}


def _serving(generations: Generations) -> tuple[DocumentInfo, ...] | None:
    """The catalogue of the serving generation; None where none can be read."""
    name = generations.usable_name()
    try:
        return catalog.load(generations.directory(name) / "catalog.jsonl") if name else None
    except catalog.DAMAGED:
        return None


def _base(
    generations: Generations, serving: Sequence[DocumentInfo] | None, wanted: dict[str, str]
) -> _Base | None:
    """What the serving generation offers, or None where all must be written anew: it is of another
    program, damaged, or mostly dead."""
    name = generations.usable_name()
    sentinel = generations.sentinel(name) if name else None
    if sentinel is None or serving is None:
        return None
    directory = generations.directory(name)
    entries = {e.id: e for e in serving}
    try:
        parts = {p: Part(directory / "parts" / p) for p in sentinel.parts}
    except catalog.DAMAGED:
        return None
    total = sum(p.passages for p in parts.values())
    live = sum(
        s.count for p in parts.values() for s in p.slots if wanted.get(s.document) == s.version
    )
    if live < (1 - _MAX_DEAD) * total:
        return None
    return _Base(name, parts, entries)


def _take_over(base: _Base, wanted: dict[str, str], changes: int) -> tuple[list[str], list[str]]:
    """Parts to link, and documents to write again because their small parts are merged."""
    merged: list[str] = []
    if changes > 0 and len(base.parts) >= _MAX_PARTS:
        merged = _to_merge({name: part.passages for name, part in base.parts.items()})
    again = [
        slot.document
        for name in merged
        for slot in base.parts[name].slots
        if wanted.get(slot.document) == slot.version
    ]
    return [name for name in base.parts if name not in merged], again


def _to_merge(sizes: Mapping[str, int]) -> list[str]:
    """The smallest parts, two at least, and each next one that is no larger than those together: so a
    passage is written again a few times, not with every merge."""
    taken: list[str] = []
    total = 0
    for size, name in sorted((size, name) for name, size in sizes.items()):
        if len(taken) >= 2 and size > total:
            break
        taken.append(name)
        total += size
    return taken


def _pivots(directories: Sequence[Path]) -> tuple[float, ...]:
    total = Lengths(0, tuple(0 for _ in FIELDS))
    for directory in directories:
        total += measure(directory)
    return total.pivots


def _split(versions: Sequence[str], workers: int) -> list[list[str]]:
    """Versions for each new part: one part, or one for each worker where there is enough to do."""
    if not versions:
        return []
    count = workers if len(versions) >= _SHARE * workers else 1
    return [list(versions[i::count]) for i in range(count)]


def _write(
    data_dir: Path,
    directories: Sequence[Path],
    jobs: Sequence[Sequence[str]],
    workers: int,
    progress: Progress,
) -> list[Described]:
    progress.start("建立索引", sum(len(j) for j in jobs))
    described: list[Described] = []
    if len(jobs) <= 1:
        for directory, job in zip(directories, jobs, strict=True):
            described += write_job(data_dir, directory, job, progress.advance)
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


def _note(path: Path, done: int) -> None:
    """Tells the parent how many documents are done: a file of a fixed width, written in place."""
    path.write_text(f"{done:012d}", "utf-8")


def write_job(
    data_dir: Path, directory: Path, versions: Sequence[str], report: Callable[[int], None]
) -> list[Described]:
    """Writes one part with the documents of `versions`, in a process of its own where there are
    several. Returns their entries for the catalogue, and what their texts are known by; report
    takes how many are done so far."""
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


def _each(function: Callable[..., None], calls: Sequence[tuple[Any, ...]], workers: int) -> None:
    if len(calls) <= 1:
        for call in calls:
            function(*call)
        return
    with pool(workers) as processes:
        for future in [processes.submit(function, *call) for call in calls]:
            future.result()
