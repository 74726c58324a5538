"""From the library to a new generation: what changed is written, the rest is linked.

A part holds documents of one audience, and the handling of public parts depends on public documents
alone: with and without staff documents they come out the same, and so do scores.

Merge policy, for each audience: every publication adds a part. Once there are `_MAX_PARTS`, the smallest
are merged with the changed documents into one (`_to_merge`). When dead passages (of replaced, removed or
narrowed documents) exceed the share `_MAX_DEAD`, the audience's parts are rewritten; for the public, all
parts are, as average lengths are the public's. All copies of a text (`indexer.dedupe`) are written and
one is shown: when it is removed, another takes its place without writing.

Nothing damaged is linked: the files of all parts are read in full and compared with their checksums, in
parallel with writing the changes, so that nobody waits for it. A damaged part is left out, and its
documents are rewritten from the library.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from indexer import audience, dedupe, part_jobs
from indexer.part_jobs import Wanted
from indexer.report import Versions
from kb import articlenotes
from kb.audiences import Memory, marks_of_text
from kb.documents import Audience
from kb.errors import DamageError
from kb.index import catalog, withdrawal
from kb.index.document_info import DocumentInfo
from kb.index.fields import FIELDS
from kb.index.generation import (
    CATALOG,
    FORMAT,
    KEPT,
    Generations,
    Sentinel,
    audience_of,
    part_name,
)
from kb.index.part import Part, Slot
from kb.index.part_writer import seal
from kb.index.whoosh_part import ENGINE
from kb.library import Fingerprint, Library
from kb.progress import Progress
from kb.text import analysis

_MAX_PARTS = 8
_MAX_DEAD = 0.25


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a publication. name: the serving generation; fresh: whether it is new.

    documents, passages: those shown. written: passages. copies: documents not shown because another
    has the same text. versions, before: version and passages of each document including copies, by
    id, now and in the previous generation. mended: damaged things of the index that have been
    rebuilt. notes: what was kept from the public, for the report.
    """

    name: str
    fresh: bool
    documents: int
    passages: int
    written: int
    copies: int
    versions: Versions = field(repr=False)
    before: Versions = field(repr=False)
    mended: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Base:
    """The parts and entries that can be reused from the serving generation.

    placed: (id, version, audience) of each document in one of the parts. lost: damaged parts, and the
    damage.
    """

    name: str
    sentinel: Sentinel
    parts: dict[str, Part]
    entries: dict[str, DocumentInfo]
    placed: frozenset[tuple[str, str, Audience]]
    lost: Mapping[str, DamageError]


def publish(
    data_dir: Path, library: Library, *, full: bool, workers: int, progress: Progress
) -> Published:
    """Brings the index in line with the library. The caller holds the data directory's lock."""
    lost: dict[str, DamageError] = {}
    while True:
        with ThreadPoolExecutor(1) as beside:
            try:
                return _publish(data_dir, library, lost, beside, full, workers, progress)
            except _Lost as found:
                # Discovered too late to leave it out: retry without it. A part is lost only once.
                lost.update(found.parts)


class _Lost(Exception):  # noqa: N818 - a message to the caller
    """Parts that were reused turned out to be damaged."""

    def __init__(self, parts: Mapping[str, DamageError]) -> None:
        super().__init__()
        self.parts = parts


def _publish(
    data_dir: Path,
    library: Library,
    lost: Mapping[str, DamageError],
    beside: ThreadPoolExecutor,
    full: bool,
    workers: int,
    progress: Progress,
) -> Published:
    """One attempt. lost: parts of the serving generation known to be damaged. Raises _Lost."""
    generations = Generations(data_dir)
    present = list(library.entries())
    serving, unread = _serving(generations)
    before = _versions(serving or ())
    memory = Memory.load(data_dir) or Memory()
    decided = audience.decide(library, present, memory, serving or ())
    wanted: dict[str, Wanted] = {id: (s.version, s.audience) for id, s in decided.standings.items()}
    base = None if full else _base(generations, serving, wanted, lost)
    checked = beside.submit(_damaged, generations, base) if base else None
    mended = (*unread, *(str(e) for e in base.lost.values())) if base else unread
    entries = base.entries if base else {}
    kept = {
        e.id
        for e in entries.values()
        if wanted.get(e.id) == (e.version, e.audience)
        and base
        and (e.id, e.version, e.audience) in base.placed
    }
    changed = sorted(id for id in wanted if id not in kept)
    if base and not changed and len(kept) == len(entries) and not mended:
        _require(checked)
        known = dedupe.fingerprints(library, entries.values(), {})
        _remember(data_dir, library, entries.values(), known, memory, None)
        done = _published(base.name, entries.values(), before, fresh=False, written=0)
        return replace(done, notes=tuple(decided.notes))

    building = generations.start()
    linked: list[str] = []
    if base:
        linked, again = _take_over(base, wanted, changed)
        changed = sorted({*changed, *again})
        for part in linked:
            generations.link_part(base.name, part, building)
    now = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    number = 1 + max((int(p.rpartition("-")[2]) for p in linked), default=-1)
    jobs = part_jobs.split([wanted[id] for id in changed], workers)
    if len(changed) < part_jobs.SHARE * workers:
        workers = 1
    names = [part_name(job.audience, number + i) for i, job in enumerate(jobs)]
    directories = [building / "parts" / n for n in names]
    described = part_jobs.write(
        data_dir, directories, [j.versions for j in jobs], workers, progress
    )
    public = [d for d, job in zip(directories, jobs, strict=True) if _is_public(job.audience)]
    pivots = part_jobs.pivots(public or directories)
    if base and base.parts:
        # Merged or not: merging depends on the public documents alone, and so must these.
        pivots = next(iter(base.parts.values())).pivots
    part_jobs.each(seal, [(d, pivots) for d in directories], workers)

    parts = (*linked, *names)
    # The library knows the date; the index may have been lost and rebuilt.
    since = {e.id: e.first_seen for e in present}
    fresh = {e.id: replace(e, added=since[e.id], audience=wanted[e.id][1]) for e, _ in described}
    every = [fresh[id] if id in fresh else entries[id] for id in wanted]
    known = dedupe.fingerprints(library, every, {e.id: f for e, f in described})
    final = tuple(dedupe.resolve(library, every, known, memory.internal.keys()).values())
    catalog.save(building / CATALOG, final)
    written = sum(e.passages for e in fresh.values())
    done = _published("", final, before, fresh=True, written=written)
    done = replace(done, notes=tuple(decided.notes))
    made_with = (FORMAT, ENGINE, analysis.fingerprint(), FIELDS)
    public_since = _public_since(generations, serving, final) or now
    _require(checked)
    # On disk before the generation serves: from then on no older one shows what it withdraws.
    _remember(data_dir, library, final, known, memory, serving or ())
    counts = (done.documents, done.passages)
    sentinel = Sentinel(*made_with, now, public_since, *counts, parts, notes=articlenotes.digest())
    name = generations.finish(building, sentinel)
    return replace(done, name=name, mended=mended)


def _damaged(generations: Generations, base: _Base) -> dict[str, DamageError]:
    """The parts of a base that differ from their seals, each with its first difference."""
    found = {}
    for part in base.parts:
        for fault in generations.part_faults(base.name, base.sentinel, part, full=True):
            found[part] = fault
            break
    return found


def _require(checked: "Future[dict[str, DamageError]] | None") -> None:
    if checked is not None and (found := checked.result()):
        raise _Lost(found)


def _published(
    name: str, entries: Collection[DocumentInfo], before: Versions, *, fresh: bool, written: int
) -> Published:
    shown = [e for e in entries if not e.copy_of]
    passages = sum(e.passages for e in shown)
    copies = len(entries) - len(shown)
    return Published(name, fresh, len(shown), passages, written, copies, _versions(entries), before)


def _remember(
    data_dir: Path,
    library: Library,
    final: Collection[DocumentInfo],
    known: Mapping[str, Fingerprint],
    memory: Memory,
    before: Sequence[DocumentInfo] | None,
) -> None:
    """Records what is for staff, and what the public may see. before: see `withdrawal.save`."""
    texts = {id: marks_of_text((f.body, f.titled)) for id, f in known.items()}
    audience.remember(library, final, texts, memory).save(data_dir)
    withdrawal.save(data_dir / "index", before, final, KEPT)


def _versions(entries: Iterable[DocumentInfo]) -> Versions:
    return {e.id: (e.version, e.passages) for e in entries}


def _serving(
    generations: Generations,
) -> tuple[tuple[DocumentInfo, ...] | None, tuple[str, ...]]:
    """The catalogue of the readable generation, None if there is none; and the damaged files that
    should have led to it."""
    whole = generations.whole()
    current = generations.current_name()
    unread: tuple[str, ...] = ()
    if generations.names() and not current:
        unread = ("索引指针 current 已损坏",)
    elif current and not (whole and whole[0] == current) and not _foreign(generations, current):
        unread = (f"索引版本 {current} 的目录或说明文件已损坏",)
    try:
        found = catalog.load(generations.directory(whole[0]) / CATALOG) if whole else None
    except catalog.DAMAGED:
        found = None
    return found, unread


def _foreign(generations: Generations, name: str) -> bool:
    """Whether a generation was made by a different program version."""
    sentinel = generations.sentinel(name)
    return sentinel is not None and not sentinel.usable


def _public_since(
    generations: Generations, serving: Sequence[DocumentInfo] | None, final: Sequence[DocumentInfo]
) -> str:
    """Since when the public has had its current contents; empty if they are new."""
    sentinel = generations.sentinel(generations.usable_name())
    if sentinel is None or serving is None:
        return ""
    was, now = ({e.id: e for e in catalog.seen_by(Audience.PUBLIC, s)} for s in (serving, final))
    return sentinel.public_since if was == now else ""


def _is_public(audience: Audience) -> bool:
    return Audience.PUBLIC.may_see(audience)


def _base(
    generations: Generations,
    serving: Sequence[DocumentInfo] | None,
    wanted: Mapping[str, Wanted],
    lost: Mapping[str, DamageError],
) -> _Base | None:
    """The reusable content of the readable generation, or None if everything must be rewritten: it is
    of a different program version, damaged, holds other headings and questions of articles than the
    program's, or its public passages are mostly dead."""
    whole = generations.whole()
    if whole is None or serving is None or whole[1].notes != articlenotes.digest():
        return None
    name, sentinel = whole
    entries = {e.id: e for e in serving}
    parts, lost = {}, dict(lost)
    for part in sentinel.parts:
        if part in lost:
            continue
        try:
            parts[part] = generations.open_part(name, sentinel, part)
        except DamageError as error:
            lost[part] = error
    public = {n: p for n, p in parts.items() if _is_public(audience_of(n))}
    if _is_mostly_dead(public, wanted):
        return None
    if not public and any(_is_public(audience) for _, audience in wanted.values()):
        # From now on average lengths are the public's.
        return None
    placed = frozenset(
        (s.document, s.version, audience_of(n)) for n, p in parts.items() for s in p.slots
    )
    return _Base(name, sentinel, parts, entries, placed, lost)


def _living(name: str, part: Part, wanted: Mapping[str, Wanted]) -> list[Slot]:
    audience = audience_of(name)
    return [s for s in part.slots if wanted.get(s.document) == (s.version, audience)]


def _is_mostly_dead(parts: Mapping[str, Part], wanted: Mapping[str, Wanted]) -> bool:
    live = sum(s.count for name, part in parts.items() for s in _living(name, part, wanted))
    return live < (1 - _MAX_DEAD) * sum(p.passages for p in parts.values())


def _take_over(
    base: _Base, wanted: Mapping[str, Wanted], changed: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Parts to link, and documents to rewrite because their parts are merged."""
    merged: list[str] = []
    for whose in Audience:
        own = {n: p for n, p in base.parts.items() if audience_of(n) is whose}
        if _is_mostly_dead(own, wanted):
            merged += own
        elif len(own) >= _MAX_PARTS and any(wanted[id][1] is whose for id in changed):
            merged += _to_merge({name: part.passages for name, part in own.items()})
    again = [slot.document for name in merged for slot in _living(name, base.parts[name], wanted)]
    return [name for name in base.parts if name not in merged], again


def _to_merge(sizes: Mapping[str, int]) -> list[str]:
    """The smallest parts, at least two, and each next one no larger than those together: so a passage
    is rewritten a few times, not with every merge."""
    taken: list[str] = []
    total = 0
    for size, name in sorted((size, name) for name, size in sizes.items()):
        if len(taken) >= 2 and size > total:
            break
        taken.append(name)
        total += size
    return taken
