"""The upper bound of what the public may see in any generation: restrictions apply to older ones too.

index/public, written before a generation serves, lists the ids of all public documents in it, and
versions that were public before and whose document was withdrawn. Readers check it before each
answer; an older generation, still open or rolled back to, shows the public no more than that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kb import sealed
from kb.documents import Audience
from kb.index import catalog
from kb.index.document_info import DocumentInfo

FILE = "public"

Stamp = tuple[int, int, int] | None
"""Identifies the file's content state: changes when the file does."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """ids: public documents. withdrawn: versions to hide even if their document is public again, each
    with the publications after which no generation contains it."""

    ids: frozenset[str]
    withdrawn: Mapping[str, int] = field(default_factory=dict)

    def hides(self, info: DocumentInfo) -> bool:
        """Whether the document was public in its generation but is no longer allowed."""
        return Audience.PUBLIC.may_see(info.audience) and (
            info.id not in self.ids or info.version in self.withdrawn
        )


def stamp(root: Path) -> Stamp:
    """Stamp of the file in the index directory `root`; None if it is missing."""
    try:
        info = (root / FILE).stat()
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns


def readable(root: Path) -> bool:
    """Whether the file is there and whole."""
    return _parsed(root) is not None


def load(root: Path) -> Allowed | None:
    """What may be shown. If the file is missing or damaged, what the newest generation shows; None
    if no generation is readable."""
    if (allowed := _parsed(root)) is not None:
        return allowed
    folder = root / "generations"
    for directory in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        try:
            return Allowed(_public(catalog.load(directory / "catalog.jsonl")))
        except catalog.DAMAGED:
            continue
    return None


def _parsed(root: Path) -> Allowed | None:
    data = sealed.read(root / FILE)
    try:
        return Allowed(frozenset(data["ids"]), dict(data["withdrawn"]))
    except (TypeError, KeyError, ValueError):
        return None


def save(
    root: Path, before: Sequence[DocumentInfo] | None, final: Iterable[DocumentInfo], kept: int
) -> None:
    """Allows what is public in `final`. before: what served until now; None if it continues to
    serve. kept: generations that remain. Raises OSError."""
    final = tuple(final)
    ids, versions = (
        _public(final),
        {i.version for i in final if Audience.PUBLIC.may_see(i.audience)},
    )
    old = load(root) if (root / FILE).is_file() else None
    withdrawn = dict(old.withdrawn) if old else {}
    if before is not None:
        withdrawn = {v: n - 1 for v, n in withdrawn.items() if n > 1}
    for info in before or ():
        if Audience.PUBLIC.may_see(info.audience) and info.id not in ids:
            withdrawn[info.version] = kept
    withdrawn = {v: n for v, n in withdrawn.items() if v not in versions}
    sealed.write(root / FILE, {"ids": sorted(ids), "withdrawn": withdrawn})


def narrowed(entries: Sequence[DocumentInfo], allowed: Allowed | None) -> list[DocumentInfo]:
    """The entries, with those no longer public marked as staff-only. If such an entry was shown in
    place of others that the public may see, the first of these is shown instead."""
    hidden = {e.id for e in entries if allowed and allowed.hides(e)}
    if not hidden:
        return list(entries)
    found = {e.id: e for e in entries}
    for id in hidden:
        info = found[id]
        found[id] = replace(info, audience=Audience.STAFF, copies=(), former=(), copy_of="")
        left = [c for c in info.copies if c in found and c not in hidden]
        for copy in left:
            found[copy] = replace(
                found[copy],
                copy_of=left[0] if copy != left[0] else "",
                copies=tuple(left[1:]) if copy == left[0] else (),
                former=info.former if copy == left[0] else (),
            )
    for id, info in found.items():
        if hidden.intersection(info.copies):
            found[id] = replace(info, copies=tuple(c for c in info.copies if c not in hidden))
    return list(found.values())


def _public(entries: Iterable[DocumentInfo]) -> frozenset[str]:
    return frozenset(e.id for e in entries if Audience.PUBLIC.may_see(e.audience))
