"""Disjoint sets of ids that grow together."""

from collections import defaultdict


class Unions:
    """Sets of ids, each led by its lowest."""

    def __init__(self) -> None:
        self._leader: dict[str, str] = {}

    def lead(self, id: str) -> str:
        """The lowest id of the set that `id` is in: itself if it was never joined."""
        leader = self._leader
        while leader.setdefault(id, id) != id:
            id = leader[id] = leader[leader[id]]
        return id

    def join(self, one: str, other: str) -> None:
        """Makes the sets of both one."""
        first, second = sorted((self.lead(one), self.lead(other)))
        self._leader[second] = first

    def leads(self) -> dict[str, str]:
        """For each id asked for or joined, who leads its set."""
        return {id: self.lead(id) for id in tuple(self._leader)}

    def sets(self) -> list[list[str]]:
        """The sets of more than one."""
        found: dict[str, list[str]] = defaultdict(list)
        for id, first in self.leads().items():
            found[first].append(id)
        return [sorted(ids) for ids in found.values() if len(ids) > 1]
