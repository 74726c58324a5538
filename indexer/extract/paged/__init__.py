"""Pages with positioned characters (PDF, OFD) → blocks of text in reading order."""

from indexer.extract.paged.characters import MISSING, meaningful
from indexer.extract.paged.directions import Placed, sheets
from indexer.extract.paged.page import Glyph, Rule, Sheet
from indexer.extract.paged.reading import read

__all__ = ["MISSING", "Glyph", "Placed", "Rule", "Sheet", "meaningful", "read", "sheets"]
