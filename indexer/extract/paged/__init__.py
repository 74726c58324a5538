"""Pages with positioned characters (PDF, OFD) → blocks of text in reading order."""

from indexer.extract.paged.page import Glyph, Rule, Sheet
from indexer.extract.paged.reading import read

__all__ = ["Glyph", "Rule", "Sheet", "read"]
