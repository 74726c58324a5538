"""Web sources: discovered, fetched politely, stored unchanged; afterwards they are like a folder."""

from indexer.fetch.look import look

__all__ = ["look"]
