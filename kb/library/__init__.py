"""The library: every document version ever published, and the ledger of where it came from."""

from kb.library.library import Library
from kb.library.records import (
    Change,
    Comparison,
    Entry,
    Fetch,
    Fingerprint,
    Former,
    Held,
    Item,
    ItemState,
    Run,
    Source,
    SourceState,
)

__all__ = [
    "Change",
    "Comparison",
    "Entry",
    "Fetch",
    "Fingerprint",
    "Former",
    "Held",
    "Item",
    "ItemState",
    "Library",
    "Run",
    "Source",
    "SourceState",
]
