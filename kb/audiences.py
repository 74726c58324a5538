"""Audience data kept outside the library, so that losing the library publishes nothing.

<data_dir>/audiences.json, written with every publication: the sources with their settings, and the
staff-only documents, each with digests of its text and its file. Texts that the public can see too
are not included: they need no protection.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from kb import sealed
from kb.library.records import Source

FILE = "audiences.json"

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Internal:
    """A staff-only document. marks: digests of its text and file; sources: their names."""

    marks: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """State at the last publication. sources: by name; internal: by document id."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    internal: Mapping[str, Internal] = field(default_factory=dict)

    @classmethod
    def load(cls, data_dir: Path) -> "Memory | None":
        """Loads the file; None if it is missing or damaged."""
        data = sealed.read(data_dir / FILE)
        try:
            if data["format"] != _FORMAT:
                return None
            sources = [_source(s) for s in data["sources"]]
            internal = {
                id: Internal(tuple(d["marks"]), tuple(d["sources"]))
                for id, d in data["internal"].items()
            }
        except (TypeError, KeyError, ValueError, AttributeError):
            return None
        return cls({s.name: s for s in sources}, internal)

    def save(self, data_dir: Path) -> None:
        """Raises OSError."""
        data = {
            "format": _FORMAT,
            "sources": [_plain(s) for _, s in sorted(self.sources.items())],
            "internal": {id: asdict(d) for id, d in self.internal.items()},
        }
        sealed.write(data_dir / FILE, data)


def with_remembered(known: Mapping[str, Source], data_dir: Path) -> dict[str, Source]:
    """The library's sources, plus remembered ones that it has lost."""
    memory = Memory.load(data_dir) or Memory()
    roots = {s.root for s in known.values()}
    return {**{n: s for n, s in memory.sources.items() if s.root not in roots}, **known}


def mark_of_file(sha256: str) -> str:
    """A file's mark, from the SHA-256 of its bytes."""
    return f"f{sha256[:32]}"


def marks_of_text(digests: Iterable[str]) -> list[str]:
    """A text's marks, from its digests (`kb.library.Fingerprint`: body, titled)."""
    return [f"t{d}" for d in digests if d]


def _plain(source: Source) -> dict[str, str]:
    as_of = source.as_of.isoformat() if source.as_of else ""
    return {"as_of": as_of} | {n: getattr(source, n) for n in ("name", "type", "root", "config")}


def _source(data: Mapping[str, str]) -> Source:
    as_of = date.fromisoformat(data["as_of"]) if data["as_of"] else None
    return Source(0, data["name"], data["type"], data["root"], "", data["config"], as_of)
