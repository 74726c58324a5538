"""Delimited text (.csv, .tsv) to blocks: recognised as a table by its rows, not by commas in prose."""

import csv
import io
from typing import Final

from indexer.extract import rows
from indexer.extract.tidy import tidy
from kb.documents import Extracted
from kb.errors import UnreadableError

MAX_ROWS: Final = 100_000
MAX_CELLS: Final = 2_000_000

_DELIMITERS: Final = "\t,;|"
_SAMPLE: Final = 30_000
_FEWEST_ROWS: Final = 3
_FEWEST_COLUMNS: Final = 3
_LONGEST_CELL: Final = 40  # characters, on average, of cells of a table not named as one
_MAX_FIELD: Final = 1_000_000


def sniff(name: str, text: str) -> bool:
    """Whether `text` is a table: by its rows; if two or three rows can't decide, by its name."""
    return _delimiter(name, text) is not None


def extract(text: str, encoding: str) -> Extracted:
    """One block per row, with the column headings. Raises UnreadableError, reason "too-large"."""
    delimiter = _delimiter("x.csv", text) or ","
    table: list[list[str]] = []
    cells = 0
    for row in _rows(text, delimiter):
        cells += len(row)
        if len(table) >= MAX_ROWS or cells > MAX_CELLS:
            raise UnreadableError(
                "too-large", f"表格超过 {MAX_ROWS} 行或 {MAX_CELLS} 个单元格，请拆分后再添加"
            )
        table.append([" ".join(tidy(cell).split()) for cell in row])
    blocks = tuple(rows.blocks(table, title=True))
    title = blocks[0].text if blocks and blocks[0].heading == 1 else ""
    return Extracted(blocks, "csv", encoding, title)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_MAX_FIELD)
    source = io.StringIO(text.lstrip("\ufeff").replace("\0", ""), newline="")
    try:
        return list(csv.reader(source, delimiter=delimiter))
    except csv.Error:  # an unclosed quote: treat lines as rows
        return [line.split(delimiter) for line in text.splitlines()]


def _delimiter(name: str, text: str) -> str | None:
    """The column delimiter, None if the text is no table."""
    named = name.lower().endswith((".csv", ".tsv"))
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample.rpartition("\n")[0]
    best: tuple[int, str] | None = None
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        table = [row for row in _rows(sample, delimiter) if any(cell.strip() for cell in row)]
        columns = _columns(table, named)
        if columns and (best is None or columns > best[0]):
            best = (columns, delimiter)
    return best[1] if best else None


def _columns(table: list[list[str]], named: bool) -> int:
    """How many columns the rows share, 0 if they are no table."""
    widths = [len(row) for row in table]
    common = max(set(widths), key=widths.count, default=0)
    if common < 2:
        return 0
    if named:
        return common if widths.count(common) * 2 >= len(widths) else 0
    cells = [cell.strip() for row in table for cell in row]
    is_table = (
        len(table) >= _FEWEST_ROWS
        and common >= _FEWEST_COLUMNS
        and widths.count(common) >= len(widths) - 1  # a title row above
        and sum(map(len, cells)) <= len(cells) * _LONGEST_CELL
        and not any(row[-1].rstrip().endswith(("。", "，", ".")) for row in table)
        and all(table[-1][:1])
    )
    return common if is_table else 0
