"""The domain: documents, law citations, topics, the library and the search over it."""

__version__ = "0.2.0"
