"""What the ledger has of the members of containers, and which of them are still there."""

from collections.abc import Iterable, Iterator, Mapping

from indexer.outcome import INSIDE, Outcome
from kb.library import Item, ItemState


class Members:
    """The members a source's ledger knows, by the container they are in."""

    def __init__(self, known: Mapping[str, Item]) -> None:
        self._known = known
        self._of: dict[str, list[str]] = {}
        for path, item in known.items():
            if INSIDE in path and item.state is not ItemState.GONE:
                container = next((c for c in _containers(path) if c in known), None)
                if container is not None:
                    self._of.setdefault(container, []).append(path)
        self._read: set[str] = set()
        self._present: set[str] = set()

    def of(self, container: str) -> list[str]:
        """Paths in the ledger of what was in a container."""
        return self._of.get(container, [])

    def are_read(self, container: str) -> bool:
        """Whether all of them could be read: else they are tried again, with the container."""
        return all(self._known[path].state is ItemState.OK for path in self.of(container))

    def keep(self, containers: Iterable[str]) -> list[str]:
        """Notes that these weren't read anew and what is in them stays; the paths of that."""
        kept = [path for container in containers for path in self.of(container)]
        self._present.update(kept)
        return kept

    def note(self, outcome: Outcome) -> None:
        """Notes what was found in a container. One that can't be read keeps what was in it."""
        container = outcome.unit.key
        self._present.add(outcome.path)
        if outcome.reason:
            inside = f"{outcome.path}{INSIDE}"
            self._present.update(p for p in self.of(container) if p.startswith(inside))
        elif not outcome.member:
            self._read.add(container)

    @property
    def present(self) -> set[str]:
        """Paths of members that are there, as far as this run has looked."""
        return self._present

    def left(self) -> set[str]:
        """Members gone from containers that this run has read: that is no dead mount."""
        return {p for c in self._read for p in self.of(c) if p not in self._present}


def _containers(path: str) -> Iterator[str]:
    at = path.find(INSIDE)
    while at >= 0:
        yield path[:at]
        at = path.find(INSIDE, at + 1)
