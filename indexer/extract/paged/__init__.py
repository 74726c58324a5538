"""Pages with characters at places (PDF, OFD) → blocks of text in reading order."""

from indexer.extract.paged.reading import read
from indexer.extract.paged.sheet import Glyph, Rule, Sheet

__all__ = ["Glyph", "Rule", "Sheet", "read"]
