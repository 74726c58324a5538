"""What a run would do, without doing it: nothing is written, not even beside the library."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from indexer.audience import close
from indexer.inventory import database_faults, look_at_folder
from indexer.members import Members
from indexer.plan import Ledger, Plan, plan
from indexer.run import Options
from indexer.sources import Fault, Source
from kb import lock
from kb.audiences import Memory, with_remembered
from kb.library import Item, ItemState, Library
from kb.library import Source as Known
from kb.library.database import FILE

_SHOWN = 20

_HEADINGS = {
    "new": "新增",
    "changed": "更新",
    "again": "内容未变、重新读取",
    "removed": "移除",
    "missing": "没有找到、暂时保留",
    "waiting": "以前失败、这次不重试",
}


@dataclass(frozen=True, slots=True)
class SourcePreview:
    """The planned changes of a source, by path. again: to be read though the bytes are the same,
    because of the source's settings or of another part of the same document. unchanged: a count.
    warning: why none of the missing items would be removed, or empty."""

    name: str
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    unchanged: int = 0
    failures: tuple[Fault, ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A dry run. full: the whole index would be rewritten. notes: about audiences."""

    sources: tuple[SourcePreview, ...]
    full: bool = False
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 if something in a source can't be read."""
        return 1 if any(s.failures for s in self.sources) else 0

    def as_json(self) -> dict[str, Any]:
        return {"dry_run": True, **asdict(self)}

    def lines(self) -> list[str]:
        """For the terminal."""
        out = ["试运行，不写入任何内容。", *(f"提醒：{n}" for n in self.notes)]
        for source in self.sources:
            counts = [f"{word} {len(getattr(source, key))}" for key, word in _HEADINGS.items()]
            out.append(f"来源 {source.name}：{'，'.join(counts)}，未变 {source.unchanged}")
            for key, word in _HEADINGS.items():
                paths = getattr(source, key)
                out += [f"  {word}：{path}" for path in paths[:_SHOWN]]
                if len(paths) > _SHOWN:
                    out.append(f"  {word}：……共 {len(paths)} 个")
            out += [f"  无法读取：{f.path}：{f.message}（{f.reason}）" for f in source.failures]
            out += [f"  提醒：{source.warning}"] if source.warning else []
        return out + (["将重建全部索引。"] if self.full else [])


def preview(
    data_dir: Path, sources: Callable[[Mapping[str, Known]], Sequence[Source]], options: Options
) -> Preview:
    """Compares as a run would. sources: returns the sources to run, given those of the library."""
    with library_as_is(data_dir) as library:
        known = library.sources() if library else {}
        memory = Memory.load(data_dir) or Memory()
        chosen, notes = close(sources(with_remembered(known, data_dir)), known, memory)
        names = {s.config.name for s in chosen}
        items = {name: library.items(name) for name in names} if library else {}
    shown = []
    for source in chosen:
        name = source.config.name
        held = items.get(name, {})
        same = name in known and known[name].config_hash == source.digest
        shown.append(_source(source, Ledger(held, same, Members(held)), options))
    return Preview(tuple(shown), options.full, tuple(notes))


@contextmanager
def library_as_is(data_dir: Path) -> Iterator[Library | None]:
    """The library, read only; None if there is none. Opening it normally creates files beside it,
    unless a writer or a site has created them already."""
    file = data_dir / FILE
    if not file.is_file():
        yield None
        return
    busy = lock.holder(data_dir) is not None or file.with_name(f"{FILE}-wal").exists()
    with Library.open(data_dir, readonly=True, immutable=not busy) as library:
        yield library


def _source(source: Source, ledger: Ledger, options: Options) -> SourcePreview:
    name = source.config.name
    if source.config.web is not None:
        there = sum(i.state is ItemState.OK for i in ledger.items.values())
        return SourcePreview(
            name, unchanged=there, warning="网络来源须访问网站才知变化，试运行不访问。"
        )
    found = look_at_folder(source)
    if isinstance(found, Fault):
        return SourcePreview(name, failures=(found,))
    faults = (*found.faults, *database_faults(source))
    made = plan(
        source,
        found,
        faults,
        ledger,
        options.rules,
        patient=options.patient,
        today=date.today(),
    )
    new, changed, again = _sorted(made, ledger.items)
    return SourcePreview(
        name,
        new,
        changed,
        again,
        removed=tuple(sorted(made.vanished.remove)),
        missing=tuple(sorted(made.vanished.missing | made.vanished.held)),
        waiting=tuple(i.path for i in made.waiting),
        unchanged=len(made.same),
        failures=tuple(faults),
        warning=made.vanished.warning(name),
    )


def _sorted(
    made: Plan, known: Mapping[str, Item]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Keys of the units to read: new, changed, and read again."""
    new, changed, again = [], [], []
    for unit in made.read:
        items = [known.get(f.path) for f in unit.files]
        there = [i for i in items if i is not None and i.state is not ItemState.GONE]
        if not there:
            new.append(unit.key)
        elif len(there) == len(items) and all(
            (i.size, i.mtime_ns) == (f.size, f.mtime_ns)
            for i, f in zip(there, unit.files, strict=True)
        ):
            again.append(unit.key)
        else:
            changed.append(unit.key)
    return tuple(new), tuple(changed), tuple(again)
