"""The audience each document is published for: the narrowest of what was read and its sources today.

One rule covers silence, loss and damage: what was once for staff stays so until its source says
`public`. A source without a setting is closed if it or a parent folder was for staff, or if half of its
documents were; a document of such a source is closed if one with the same id or the same text was.
Laws of LawRefBook checkouts are identified by work and date, not by source, and are published texts:
the public keeps its own copy even if staff have the same law.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.resemblance import digests
from indexer.sources import Source, apart
from indexer.sources.checkouts import LAYOUTS
from kb import websource
from kb.audiences import Internal, Memory, mark_of_file, marks_of_text
from kb.documents import INTERNAL_KINDS, Audience, document_id
from kb.index import catalog, recovered
from kb.index.document_info import DocumentInfo
from kb.index.generation import Generations
from kb.library import Entry, Held, Library
from kb.library import Source as Known
from kb.sourceconfig import SourceConfig

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """The version of a document that is published, and its audience."""

    version: str
    audience: Audience


@dataclass(slots=True)
class Decided:
    """The decision for each document, by id. notes: what was kept closed, for the report."""

    standings: dict[str, Standing] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# Before a run


def close(
    sources: Sequence[Source], there: Mapping[str, Known], memory: Memory
) -> tuple[list[Source], list[str]]:
    """The sources to run, where those without a setting are closed if they were for staff before; with
    the notes to report. there: the library's sources. Staff folders within them that the library has
    lost become sources again."""
    known = {**memory.sources, **there}
    was = [SourceConfig.from_json(k.config, Path(k.root)) for k in known.values()]
    now = [s.config for s in sources]
    around = [c for c in was if c.name not in {n.name for n in now}] + now
    chosen, notes = [], []
    for source in sources:
        config = source.config
        before = [c for c in was if c.root == config.root or c.name == config.name]
        was_staff = any(c.audience is Audience.STAFF for c in before)
        if config.audience is Audience.PUBLIC and was_staff:
            notes.append(f"来源 {config.name} 原来只给工作人员看，现按 audience = public 公开。")
        if config.audience is None and (was_staff or _within_staff(config, around)):
            notes.append(
                f"来源 {config.name} 没有写 audience，这些资料以前只给工作人员看，仍不公开；"
                '确要公开，请写明 audience = "public"。'
            )
            config = replace(config, audience=Audience.STAFF)
        chosen.append(replace(source, config=config))
    lost = [
        Source(config)
        for config in was
        if config.name not in there
        and config.web is None
        and config.audience is Audience.STAFF
        and config.path.is_dir()
        and config.root not in {n.root for n in now}
        and any(_inside(config.path, s) for s in sources)
    ]
    if lost:
        names = "、".join(s.config.name for s in lost)
        notes.append(f"资料库里没有了的内部来源 {names} 按原来的设置重新收录，只给工作人员看。")
        return apart([*lost, *chosen], there), notes
    return chosen, notes


def _inside(path: Path, source: Source) -> bool:
    here = source.config
    return here.web is None and path != here.path and path.is_relative_to(here.path / source.only)


def _within_staff(config: SourceConfig, others: Iterable[SourceConfig]) -> bool:
    """Whether the innermost parent folder of a source that has a setting is for staff."""
    if config.web is not None:
        return False
    around = [
        o
        for o in others
        if o.web is None and o.audience is not None and config.path.is_relative_to(o.path)
    ]
    deepest = max((len(o.path.parts) for o in around), default=0)
    return any(o.audience is Audience.STAFF for o in around if len(o.path.parts) == deepest)


# At a publication


def decide(
    library: Library,
    entries: Sequence[Entry],
    memory: Memory,
    serving: Sequence[DocumentInfo],
) -> Decided:
    """The standing of every present document. serving: the current catalogue; a text it contains in
    the same version isn't checked again. Sources that turn out to be internal are also closed in the
    library."""
    return _Decision(library, entries, memory, serving).made()


class _Decision:
    def __init__(
        self,
        library: Library,
        entries: Sequence[Entry],
        memory: Memory,
        serving: Sequence[DocumentInfo],
    ) -> None:
        self._library, self._entries, self._memory = library, entries, memory
        self._serving = {i.id: i for i in serving}
        self._known = library.sources()
        self._configs = {
            name: SourceConfig.from_json(k.config, Path(k.root))
            for name, k in self._known.items()
            if k.config != "{}"
        }
        self._items: dict[str, list[Held]] = defaultdict(list)
        for item in library.held():
            self._items[item.document_id].append(item)
        configs = self._configs.values()
        self._staff = {
            name
            for name, c in self._configs.items()
            if c.audience is Audience.STAFF
            or (c.audience is None and _within_staff(c, [o for o in configs if o is not c]))
        }
        self._inner = {name: self._staff_folders(c) for name, c in self._configs.items()}

    def made(self) -> Decided:
        made = Decided()
        kept: dict[str, list[str]] = defaultdict(list)
        matched = self._matched()
        for name in self._moved(matched):
            self._staff.add(name)
            config = replace(self._configs[name], audience=Audience.STAFF)
            self._library.close_source(name, config.to_json())
            made.notes.append(
                f"来源 {name} 的内容以前只给工作人员看（可能换了位置或名称），整个来源仍不公开；"
                '确要公开，请写明 audience = "public"。'
            )
        for entry in self._entries:
            standing = self._standing(entry, entry.id in matched)
            made.standings[entry.id] = standing
            if entry.id in matched and not self._closed_by_source(entry.id):
                kept[self._source_of(entry.id)].append(entry.title)
        for name, titles in sorted(kept.items()):
            shown = "、".join(f"《{t}》" for t in sorted(titles)[:_SHOWN])
            more = f"等 {len(titles)} 份" if len(titles) > _SHOWN else ""
            made.notes.append(
                f"来源 {name} 没有写 audience，其中以前只给工作人员看的{shown}{more}仍不公开；"
                '确要公开，请写明 audience = "public"。'
            )
        return made

    def _standing(self, entry: Entry, matched: bool) -> Standing:
        items = self._items[entry.id]
        open_items = [i for i in items if not self._closed(i)]
        staff = Standing(entry.hash, Audience.STAFF)
        by_kind = entry.kind in INTERNAL_KINDS and self._silent(entry.id)
        if matched or by_kind:
            return staff
        if len(open_items) == len(items) or any(i.version == entry.hash for i in open_items):
            return Standing(entry.hash, Audience(entry.audience))
        # The version read last is the staff source's text: the public keeps that of its own source.
        for version, document in self._library.load(i.version for i in open_items if i.version):
            if document.audience is Audience.PUBLIC:
                return Standing(version, Audience.PUBLIC)
        return staff

    def _closed(self, item: Held) -> bool:
        return item.source in self._staff or any(
            item.path == folder or item.path.startswith(f"{folder}/")
            for folder in self._inner.get(item.source, ())
        )

    def _closed_by_source(self, id: str) -> bool:
        return bool(self._items[id]) and all(map(self._closed, self._items[id]))

    def _staff_folders(self, config: SourceConfig) -> list[str]:
        """Folders within a source that are staff sources, and were so when last known."""
        if config.web is not None:
            return []
        last = [
            SourceConfig.from_json(s.config, Path(s.root)) for s in self._memory.sources.values()
        ]
        roots = {c.path: c for c in last if c.web is None}
        roots |= {c.path: c for c in self._configs.values() if c.web is None}
        return [
            path.relative_to(config.path).as_posix()
            for path, other in roots.items()
            if other.audience is Audience.STAFF
            and path != config.path
            and path.is_relative_to(config.path)
        ]

    def _source_of(self, id: str) -> str:
        return next((i.source for i in self._items[id]), "")

    def _silent(self, id: str) -> bool:
        """Whether none of its sources says `public` today. Unknown settings count as none."""
        configs = [self._configs.get(i.source) for i in self._items[id]]
        return all(c is not None and c.audience is not Audience.PUBLIC for c in configs)

    # What was for staff, by id or text

    def _matched(self) -> set[str]:
        """Documents read as public that were for staff, from sources that don't say `public`."""
        internal = self._memory.internal
        asked = [e for e in self._entries if e.audience == Audience.PUBLIC and self._silent(e.id)]
        found = {e.id for e in asked if e.id in internal and not self._own(e, internal[e.id])}
        every = {m for d in internal.values() for m in d.marks}
        moved = {m for d in internal.values() if not self._stands(d) for m in d.marks}
        if not every:
            return found
        fresh = [
            e
            for e in asked
            if e.id not in found
            and not ((before := self._serving.get(e.id)) and before.version == e.hash)
        ]
        candidates: dict[str, tuple[str, set[str]]] = {}
        for entry in fresh:
            marks = every
            if any(self._on_web(i.source) for i in self._items[entry.id]):
                continue
            if entry.work and self._is_checkout(entry.id):
                marks = moved
            if not marks:
                continue
            if any(mark_of_file(i.sha256) in marks for i in self._items[entry.id] if i.sha256):
                found.add(entry.id)
            else:
                candidates[entry.hash] = entry.id, marks
        for version, document in self._library.load(candidates):
            id, marks = candidates[version]
            if not marks.isdisjoint(marks_of_text(digests(document))):
                found.add(id)
        return found

    def _own(self, entry: Entry, other: Internal) -> bool:
        """Whether it is a law of a checkout, beside a staff copy that is still in its place."""
        return bool(entry.work) and self._is_checkout(entry.id) and self._stands(other)

    def _stands(self, document: Internal) -> bool:
        """Whether one of its former sources is still in its place."""
        there = [self._memory.sources.get(name) for name in document.sources]
        return any(s is not None and Path(s.root).exists() for s in there)

    def _on_web(self, source: str) -> bool:
        return source in self._known and self._known[source].type in websource.TYPES

    def _is_checkout(self, id: str) -> bool:
        of = (self._known.get(i.source) for i in self._items[id])
        return any(s is not None and s.type in LAYOUTS for s in of)

    def _moved(self, matched: Collection[str]) -> Iterator[str]:
        """New sources of which half of the public documents or more were for staff."""
        public: dict[str, int] = defaultdict(int)
        were: dict[str, int] = defaultdict(int)
        for entry in self._entries:
            for name in {i.source for i in self._items[entry.id]}:
                public[name] += entry.audience == Audience.PUBLIC
                were[name] += entry.id in matched
        for name, config in sorted(self._configs.items()):
            new = name not in self._memory.sources and config.audience is None
            if new and name not in self._staff and were[name] and 2 * were[name] >= public[name]:
                yield name


# What is remembered


def remember(
    library: Library,
    final: Iterable[DocumentInfo],
    texts: Mapping[str, Iterable[str]],
    memory: Memory,
) -> Memory:
    """What the next run has to remember. texts: the marks of each document's text, by id."""
    items: dict[str, list[Held]] = defaultdict(list)
    for item in library.held():
        items[item.document_id].append(item)
    every = list(final)
    known = library.sources()
    roots = {s.root for s in known.values()}
    sources = {n: s for n, s in memory.sources.items() if s.root not in roots} | known

    def marks(id: str) -> set[str]:
        return {*texts.get(id, ()), *(mark_of_file(i.sha256) for i in items[id] if i.sha256)}

    shown = {e.id for e in every if e.audience is Audience.PUBLIC}
    seen = {m for id in shown for m in marks(id)}
    internal = {id: d for id, d in memory.internal.items() if id not in shown}
    for entry in every:
        if entry.audience is Audience.STAFF:
            names = tuple(sorted({i.source for i in items[entry.id]}))
            internal[entry.id] = Internal(tuple(sorted(marks(entry.id))), names)
    return Memory(
        sources,
        {
            id: replace(d, marks=tuple(m for m in d.marks if m not in seen))
            for id, d in internal.items()
        },
    )


def recall(data_dir: Path, library: Library) -> Memory:
    """Staff documents in the generations, used if no record exists: it was lost, or an earlier version
    of the program wrote none. Texts come from the library, else from the index."""
    known, lost = library.sources(), not library.sources()
    kept = library.fingerprints()
    public, internal = set(), dict[str, Internal]()
    generations = Generations(data_dir)
    for name in reversed(generations.names()):
        directory = generations.directory(name)
        try:
            infos = catalog.load(directory / "catalog.jsonl")
        except catalog.DAMAGED:
            continue
        public |= {i.id for i in infos if i.audience is Audience.PUBLIC and i.id not in internal}
        fresh = [
            i
            for i in infos
            if i.audience is Audience.STAFF
            and i.id not in internal
            and i.id not in public
            # For a law in both a public and a staff source, the library knows which source owns it.
            and (lost or i.id != _law(i))
        ]
        of_index = {
            d.id: digests(d)
            for d in recovered.documents(generations, name, [i for i in fresh if i.id not in kept])
        }
        for info in fresh:
            f = kept.get(info.id)
            texts = (f.body, f.titled) if f else of_index.get(info.id, ())
            internal[info.id] = Internal(tuple(marks_of_text(texts)))
    return Memory(known, internal)


def _law(info: DocumentInfo) -> str:
    version = info.published.isoformat() if info.published else ""
    return document_id("statute", info.work, version)
