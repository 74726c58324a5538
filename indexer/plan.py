"""The work of a run for one source: a comparison of its files with the ledger.

A file is unchanged if size and time are; if only the time differs, if its bytes are (SHA-256).
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from indexer import retry
from indexer.members import Members
from indexer.outcome import INSIDE
from indexer.sources import Fault, File, Scan, Source, Unit, checkouts, confined
from indexer.vanish import Rules, Vanished, vanished
from kb.errors import UnreadableError
from kb.library import Item, ItemState

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """read: units to read. same: units whose files didn't change, `touched` their files with a new
    time but the same bytes. waiting: the items of failed units that are not retried today."""

    read: tuple[Unit, ...]
    same: tuple[Unit, ...]
    touched: tuple[File, ...]
    waiting: tuple[Item, ...]
    vanished: Vanished


@dataclass(frozen=True, slots=True)
class Ledger:
    """The library's state of a source. same: it was read completely with these settings.
    members: the known contents of archives and mails."""

    items: Mapping[str, Item]
    same: bool
    members: Members


def plan(
    source: Source,
    found: Scan,
    faults: Sequence[Fault],
    ledger: Ledger,
    rules: Rules,
    *,
    patient: bool,
    today: date,
) -> Plan:
    """Compares. faults: items that exist but can't be read. patient: failures are retried only
    after some days."""
    units = checkouts.units(source.config.type, found.files)
    states = [_state(u, source, ledger, today if patient else None) for u in units]
    present = {f.path for f in found.files} | {f.path for f in faults}
    # Only reading shows the members of a container: until then they exist if the container does.
    present |= {member for path in present for member in ledger.members.of(path)}
    without = tuple(f"{folder}/" for folder in source.without)

    def seen(path: str) -> bool:
        only = source.only
        within = not only or path == only or path.startswith((f"{only}/", f"{only}{INSIDE}"))
        return within and not path.startswith(found.unseen)

    def left_out(path: str) -> bool:
        on_disk = source.config.web is None and os.path.lexists(source.config.path / path)
        return path.startswith(without) or on_disk

    gone = vanished(ledger.items, present, rules, seen, left_out)
    # Units that share a document with a changed or removed file are read again: parts of one
    # law, copies of a law in two folders.
    changed = {f.path for u, s in zip(units, states, strict=True) if s is None for f in u.files}
    stirred = {
        item.document_id
        for path, item in ledger.items.items()
        if item.state is not ItemState.GONE
        and item.document_id is not None
        and (path in changed or path in gone.remove)
    }
    read, same, touched, waiting = [], [], [], []
    for unit, state in zip(units, states, strict=True):
        items = [ledger.items.get(f.path) for f in unit.files]
        if state is None or any(i is not None and i.document_id in stirred for i in items):
            read.append(unit)
        elif any(i is not None and i.state is ItemState.FAILED for i in items):
            waiting += [i for i in items if i is not None]
        else:
            same.append(unit)
            touched += state
            inside = [m for f in unit.files for m in ledger.members.of(f.path)]
            waiting += [
                i for i in map(ledger.items.get, inside) if i and i.state is ItemState.FAILED
            ]
    # Pages of a site that failed and weren't requested again.
    unasked = [ledger.items.get(path) for path in found.unseen if source.config.web is not None]
    waiting += [i for i in unasked if i is not None and i.state is ItemState.FAILED]
    return Plan(tuple(read), tuple(same), tuple(touched), tuple(waiting), gone)


def _state(unit: Unit, source: Source, ledger: Ledger, today: date | None) -> list[File] | None:
    """None for a unit to read, else its files with only a new time. today: failures wait for their
    retry day; None: they are retried."""
    if not ledger.same:
        return None

    def due(item: Item, file: File) -> bool:
        failed = item.state is ItemState.FAILED
        return failed and not (today and retry.waits(item, file.size, file.mtime_ns, today))

    touched = []
    for file in unit.files:
        # Members fail with their container's size and time.
        if any(due(ledger.items[m], file) for m in ledger.members.of(file.path)):
            return None
        item = ledger.items.get(file.path)
        if item is None or item.state is ItemState.GONE:
            return None
        if item.state is ItemState.FAILED:
            if due(item, file):
                return None
        elif item.size != file.size:
            return None
        elif item.mtime_ns != file.mtime_ns:
            # A page may change in more than its bytes: its listing's metadata may, too.
            if file.local is not None or not item.sha256 or _sha256(source, file) != item.sha256:
                return None
            touched.append(file)
    return touched


def _sha256(source: Source, file: File) -> str:
    """Hash of the file's bytes up to its size; empty if it can't be read or its size differs."""
    digest, left = hashlib.sha256(), file.size
    try:
        with confined.opened(source.config.path, file) as opened:
            while piece := opened.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    return ""
                digest.update(piece)
    except (OSError, UnreadableError):
        return ""
    return digest.hexdigest() if not left else ""
