"""Items no longer found: first marked missing, removed after some runs, never too many at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.library import Item, ItemState

SHARE_FROM = 20
"""Minimum items of a source for which the share missing at once is limited."""


@dataclass(frozen=True, slots=True)
class Rules:
    """gone_after: consecutive runs that must miss an item before it is removed. share: of a source's
    items, the maximum that may be missing before none is removed; 1 for any."""

    gone_after: int = 1
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Vanished:
    """Missing paths. remove: to be removed now; missing: to be counted once more;
    held: too many of `living` at once, which looks like a dead mount: nothing is done."""

    living: int
    remove: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()

    def without_moved(self, moved: Callable[[str], bool]) -> "Vanished":
        """The same, with items to be removed that were found elsewhere under another name."""
        elsewhere = frozenset(filter(moved, self.missing | self.held))
        return Vanished(
            self.living, self.remove | elsewhere, self.missing - elsewhere, self.held - elsewhere
        )

    def warning(self, source: str) -> str:
        """The message about the held items; empty if there are none."""
        if not self.held:
            return ""
        return (
            f"来源 {source} 的 {self.living} 个文件中有 {len(self.held)} 个不见了，疑为磁盘未挂载，"
            "未作移除；确需移除请加 --allow-removal。"
        )


def vanished(
    known: Mapping[str, Item],
    present: set[str],
    rules: Rules,
    seen: Callable[[str], bool],
    left_out: Callable[[str], bool],
) -> Vanished:
    """The ledger items not found. seen: whether this run scanned the path's location. left_out:
    whether a path still exists, but no longer belongs to this source (excluded, or another source's)."""
    living = {p: i for p, i in known.items() if i.state is not ItemState.GONE}
    gone = {p for p in living if p not in present and seen(p)}
    # Items without document lose nothing, and items excluded on purpose must not stay.
    remove = {p for p in gone if living[p].document_id is None or left_out(p)}
    lost = gone - remove
    holding = {p for p, i in living.items() if i.document_id is not None and p not in remove}
    many = len(holding) >= SHARE_FROM and len(lost) > rules.share * len(holding)
    # An unattended run must not mistake an empty mount point for an empty source.
    emptied = rules.gone_after > 1 and lost == holding and not present
    if rules.share < 1 and (many or emptied):
        return Vanished(len(holding), frozenset(remove), held=frozenset(lost))
    due = {p for p in lost if living[p].missing + 1 >= rules.gone_after}
    return Vanished(len(holding), frozenset(remove | due), frozenset(lost - due))
