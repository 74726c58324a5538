"""From pages to blocks: removes watermarks and furniture, finds tables, columns and paragraphs."""

from collections.abc import Sequence

from indexer.extract.paged.columns import in_order
from indexer.extract.paged.furniture import heads, without_furniture
from indexer.extract.paged.page import Line, Segment, Sheet
from indexer.extract.paged.paragraphs import paragraphs
from indexer.extract.paged.segments import segments
from indexer.extract.paged.tables import take_tables
from indexer.extract.paged.vertical import take_vertical
from indexer.extract.paged.watermarks import without_watermarks
from kb.documents import Block


def read(sheets: Sequence[Sheet]) -> tuple[list[Block], tuple[str, ...]]:
    """The text of pages in reading order, one block per paragraph and per table row; and the rows at
    the top of pages, including those left out of the text."""
    pages: list[list[Segment]] = []
    sizes: list[tuple[float, float]] = []
    shown = without_watermarks([sheet.glyphs for sheet in sheets])
    for sheet, glyphs in zip(sheets, shown, strict=True):
        tables, rest = take_tables(glyphs, sheet.rules)
        rest, vertical = take_vertical(rest, sheet.width, sheet.height)
        pages.append([*tables, *segments(rest)])
        sizes.append((sheet.width, sheet.height))
        if vertical is not None:
            pages.append(segments(vertical.glyphs))
            sizes.append((vertical.width, vertical.height))
    kept = without_furniture(pages, [height for _, height in sizes])
    lines: list[Line] = []
    for number, page in enumerate(kept):
        found = in_order(page, number)
        for line in found:
            line.width = sizes[number][0]
        lines += found
    return paragraphs(lines), heads(pages)
