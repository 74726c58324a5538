"""What the public may see at most, whatever generation is held: narrowing binds older ones too.

index/public, written before a generation serves: the ids of all documents that are public in it, and
versions that were public before and whose document was withdrawn. A reader looks at it before each
answer; a generation that is older, still held or rolled back to, shows the public no more than that.
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
"""Changes when the file does."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """ids: of public documents. withdrawn: versions not to be shown though their document is public
    again, each with the publications after which no generation has it any more."""

    ids: frozenset[str]
    withdrawn: Mapping[str, int] = field(default_factory=dict)

    def hides(self, info: DocumentInfo) -> bool:
        """Whether the public could see the document in its generation and may not any more."""
        return Audience.PUBLIC.may_see(info.audience) and (
            info.id not in self.ids or info.version in self.withdrawn
        )


def stamp(root: Path) -> Stamp:
    """Of the file in the index's directory `root`; None where there is none."""
    try:
        info = (root / FILE).stat()
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns


def load(root: Path) -> Allowed | None:
    """What may be shown. Where the file is missing or damaged, what the newest generation shows; None
    where there is none to be read."""
    data = sealed.read(root / FILE)
    try:
        return Allowed(frozenset(data["ids"]), dict(data["withdrawn"]))
    except (TypeError, KeyError, ValueError):
        pass
    folder = root / "generations"
    for directory in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        try:
            return Allowed(_public(catalog.load(directory / "catalog.jsonl")))
        except catalog.DAMAGED:
            continue
    return None


def save(
    root: Path, before: Sequence[DocumentInfo] | None, final: Iterable[DocumentInfo], kept: int
) -> None:
    """Allows what is public in `final`. before: what served until now; None where that goes on
    serving. kept: generations that stay. Raises OSError."""
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
    """The entries, those that the public may not see any more for staff. Where such a one was shown in
    place of others that the public may see, the first of these is shown."""
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
