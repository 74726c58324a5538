"""Sources on the web: found, fetched politely, kept as they came; then they are like a folder."""

from indexer.fetch.look import look

__all__ = ["look"]
