"""The metadata of a document, from its file, its text and its source."""

from indexer.metadata.audience import audience_of
from indexer.metadata.describe import describe
from indexer.metadata.description import Defaults, Description

__all__ = ["Defaults", "Description", "audience_of", "describe"]
