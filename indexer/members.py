"""The members of containers in the ledger, and which of them still exist."""

from collections.abc import Iterable, Iterator, Mapping

from indexer.outcome import INSIDE, Outcome
from kb.library import Item, ItemState


class Members:
    """The members in a source's ledger, by container."""

    def __init__(self, known: Mapping[str, Item]) -> None:
        self._of: dict[str, list[str]] = {}
        for path, item in known.items():
            if INSIDE in path and item.state is not ItemState.GONE:
                container = next((c for c in _containers(path) if c in known), None)
                if container is not None:
                    self._of.setdefault(container, []).append(path)
        self._read: set[str] = set()
        self._present: set[str] = set()

    def of(self, container: str) -> list[str]:
        """Ledger paths of a container's members."""
        return self._of.get(container, [])

    def keep(self, containers: Iterable[str]) -> list[str]:
        """Notes that these weren't reread and keep their members; returns the members' paths."""
        kept = [path for container in containers for path in self.of(container)]
        self._present.update(kept)
        return kept

    def note(self, outcome: Outcome) -> None:
        """Notes the members found in a container. A container that can't be read keeps its members."""
        container = outcome.unit.key
        self._present.add(outcome.path)
        if outcome.reason:
            inside = f"{outcome.path}{INSIDE}"
            self._present.update(p for p in self.of(container) if p.startswith(inside))
        elif not outcome.member:
            self._read.add(container)

    @property
    def present(self) -> set[str]:
        """Paths of members known to exist, as far as this run has checked."""
        return self._present

    def left(self) -> set[str]:
        """Members missing from containers that this run has read: no sign of a dead mount."""
        return {p for c in self._read for p in self.of(c) if p not in self._present}


def _containers(path: str) -> Iterator[str]:
    at = path.find(INSIDE)
    while at >= 0:
        yield path[:at]
        at = path.find(INSIDE, at + 1)
