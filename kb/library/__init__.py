"""The library: every document version ever published, and a ledger of their origins."""

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
