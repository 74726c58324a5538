"""What is no longer found: marked missing first, removed after some runs, and never too much at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.library import Item, ItemState

SHARE_FROM = 20
"""Items of a source from which the share that may vanish at once is minded."""


@dataclass(frozen=True, slots=True)
class Rules:
    """gone_after: runs in a row that must miss an item before it is removed. share: of a source's
    items, how many may be missing before none is removed; 1 for any."""

    gone_after: int = 1
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Vanished:
    """Paths that aren't there any more. remove: to be removed now; missing: to be counted once more;
    held: so many of `living` at once that it looks like a dead mount: nothing is done."""

    living: int
    remove: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()

    def without_moved(self, moved: Callable[[str], bool]) -> "Vanished":
        """The same, where what is now found elsewhere under another name is removed."""
        elsewhere = frozenset(filter(moved, self.missing | self.held))
        return Vanished(
            self.living, self.remove | elsewhere, self.missing - elsewhere, self.held - elsewhere
        )

    def warning(self, source: str) -> str:
        """What is to be said of the items held; empty if there are none."""
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
    """What of the ledger wasn't found. seen: whether this run looked where a path lies. left_out:
    whether a path is there still, but no longer this source's (excluded, or another source's)."""
    living = {p: i for p, i in known.items() if i.state is not ItemState.GONE}
    gone = {p for p in living if p not in present and seen(p)}
    # Nothing is lost with what gave no document; and what somebody has left out must not stay.
    remove = {p for p in gone if living[p].document_id is None or left_out(p)}
    lost = gone - remove
    holding = {p for p, i in living.items() if i.document_id is not None and p not in remove}
    many = len(holding) >= SHARE_FROM and len(lost) > rules.share * len(holding)
    # A run that nobody watches must not take an empty mount point for an empty source.
    emptied = rules.gone_after > 1 and lost == holding and not present
    if rules.share < 1 and (many or emptied):
        return Vanished(len(holding), frozenset(remove), held=frozenset(lost))
    due = {p for p in lost if living[p].missing + 1 >= rules.gone_after}
    return Vanished(len(holding), frozenset(remove | due), frozenset(lost - due))
