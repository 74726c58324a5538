"""Spreadsheets (.xlsx) to blocks: sheet by sheet, one block per row, with its column headings."""

import io
import re
import warnings
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from lxml import etree

from indexer.extract import libreoffice, rows
from indexer.extract.package import Package, names
from indexer.extract.rows import Merge
from indexer.extract.tidy import tidy
from kb import office
from kb.documents import Block, Extracted
from kb.errors import UnreadableError

MAX_ROWS: Final = 100_000
MAX_CELLS: Final = 2_000_000
"""Cells of a workbook, including empty ones before the last of each row."""

_MAIN: Final = "xl/workbook.xml"
_BINARY: Final = "xl/workbook.bin"
_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|表)\s?\d*(?:\s?\(\d+\))?", re.IGNORECASE)
_MERGE = re.compile(rb"<(?:\w{1,9}:)?mergeCell\b[^>]{0,200}?\bref=[\"']([A-Z0-9:$]{3,40})[\"']")
_ROW = re.compile(rb"<(?:\w{1,9}:)?row\b[^>]{1,500}>")
_IS_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_ROW_NUMBER = re.compile(rb"\sr=[\"'](\d{1,7})[\"']")
_LITERAL = re.compile(r"\"[^\"]{0,100}\"|\[[^\]]{0,100}\]|\\\\.")
_CHINESE_DATES: Final = {
    **dict.fromkeys((27, 36, 50, 52, 57), True),
    **dict.fromkeys((28, 29, 30, 31, 51, 53, 54, 58), False),
}
"""Built-in formats of the Chinese Excel by number, and whether they show only year and month
(ECMA-376-1, 18.8.30). Files hold only the number."""
_MAX_MERGES: Final = 50_000
_SPACE = re.compile(r"[ \t\xa0]+")
_ZEROS = re.compile(r"0{2,20}")
_DOCTYPE: Final = tuple("<!DOCTYPE".encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be"))
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SHEETS: Final = libreoffice.Conversion("xlsx", "", "xlsx", "Calc MS Excel 2007 XML")
_BINARY_SHEETS: Final = libreoffice.Conversion("xlsb", "", "xlsx", "Calc MS Excel 2007 XML")


def sniff(data: bytes) -> bool:
    """Whether `data` is a workbook in OOXML, including .xlsb."""
    return data.startswith(b"PK") and not names(data).isdisjoint({_MAIN, _BINARY})


def extract(data: bytes, form: str = "xlsx") -> Extracted:
    """The rows of the visible sheets; formulas as their cached values, dates as dates.

    A sheet's name is a heading unless it is the only one and called Sheet1. Files that openpyxl can't
    read go through LibreOffice, if installed.

    Raises UnreadableError: malformed, too-large, encrypted; missing-tool and others for .xlsb.
    """
    if _MAIN not in names(data):
        return extract(libreoffice.convert(data, _BINARY_SHEETS), "xlsb")
    package = Package(data)
    _check(package)
    try:
        return _read(data, package, form)
    except UnreadableError:
        raise
    except Exception as error:  # openpyxl raises arbitrary errors for malformed files
        if form != "xlsx" or office.find() is None:
            raise UnreadableError(
                "malformed", "表格文件有误，无法读取，请用 Excel 或 WPS 打开后另存"
            ) from error
    mended = libreoffice.convert(data, _SHEETS)
    return Extracted(extract(mended, "mended").blocks, form)


def _check(package: Package) -> None:
    """Reads every part once within the limits, as openpyxl enforces none."""
    if not package.plain:
        message = "文件内部有同名或过大的部件，为安全起见不予读取，请用 Excel 或 WPS 打开后另存"
        raise UnreadableError("malformed", message)
    for name in package.parts:
        if name.endswith((".xml", ".rels")):
            head = (package.read(name) or b"")[:4_000]
            if any(mark in head for mark in _DOCTYPE):
                raise UnreadableError(
                    "malformed", "文件内部含有不应有的文档类型声明，为安全起见不予读取"
                )


def _read(data: bytes, package: Package, form: str) -> Extracted:
    # Imported late: a run without workbooks saves a tenth of a second.
    from openpyxl import load_workbook  # noqa: PLC0415

    merges, hidden = _layout(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions that openpyxl ignores
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            tables: list[tuple[str, list[list[str]]]] = []
            cells = 0
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible":
                    continue
                table, size = _table(sheet, MAX_CELLS - cells, hidden.get(sheet.title, frozenset()))
                cells += size
                if any(any(row) for row in table):
                    tables.append((str(sheet.title), table))
        finally:
            book.close()
    blocks: list[Block] = []
    for title, table in tables:
        plain = len(tables) == 1 and _DEFAULT_NAME.fullmatch(title.strip())
        name = "" if plain else tidy(title)
        blocks.extend(rows.blocks(table, merges.get(title, ()), name, title=not blocks))
    title = next((b.text for b in blocks[:3] if b.heading == 1), "")
    return Extracted(tuple(blocks), form, title=title)


def _table(sheet: Any, limit: int, hidden: frozenset[int]) -> tuple[list[list[str]], int]:
    sheet.reset_dimensions()  # other programs write wrong ones
    table: list[list[str]] = []
    size = 0
    for row in sheet.rows:
        size += len(row)
        if len(table) >= MAX_ROWS or size > limit:
            raise UnreadableError(
                "too-large", f"表格超过 {MAX_ROWS} 行或 {MAX_CELLS} 个单元格，请拆分后再添加"
            )
        # Hidden rows stay as empty ones: merges count them.
        texts = [] if len(table) + 1 in hidden else [_text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        table.append(texts)
    width = max(map(len, table), default=0)
    return [row + [""] * (width - len(row)) for row in table] if width <= 200 else table, size


def _text(cell: Any) -> str:
    """The value of a cell as displayed; errors (#REF!) become empty."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, str):
        lines = (tidy(_SPACE.sub(" ", line)) for line in value.splitlines())
        return " ".join(line for line in lines if line)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float) and _format_id(cell) in _CHINESE_DATES:
        value = _moment(cell, value)
    if isinstance(value, datetime):
        day = _month(value) if _is_month(cell) else _day(value)
        return f"{day} {value:%H:%M}" if value.time() != time() else day
    if isinstance(value, date):
        return _day(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return str(value)
    return _figure(value, str(cell.number_format or ""))


def _day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def _month(value: date) -> str:
    return f"{value.year}年{value.month}月"


def _is_month(cell: Any) -> bool:
    """Whether a date is displayed without its day."""
    form = _LITERAL.sub("", str(cell.number_format or "")).lower()
    return _CHINESE_DATES.get(_format_id(cell), "y" in form and "m" in form and "d" not in form)


def _format_id(cell: Any) -> int:
    """The number of a cell's format. openpyxl shows numbers it has no format for as General."""
    styles = cell.parent.parent._cell_styles
    number = getattr(cell, "_style_id", 0)
    return int(styles[number].numFmtId) if 0 <= number < len(styles) else 0


def _moment(cell: Any, value: int | float) -> Any:
    from openpyxl.utils.datetime import from_excel  # noqa: PLC0415

    try:
        return from_excel(value, cell.parent.parent.epoch)
    except (ValueError, OverflowError):
        return value


def _figure(value: int | float, form: str) -> str:
    if "%" in form:
        return f"{float(value) * 100:.10g}%"
    if _ZEROS.fullmatch(form) and float(value).is_integer():
        return f"{int(value):0{len(form)}d}"  # codes with leading zeros
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.12g}"


def _layout(
    package: Package,
) -> tuple[dict[str, Sequence[Merge]], dict[str, frozenset[int]]]:
    """The merged cells, and the numbers of the hidden rows, of each sheet by its name."""
    root = package.optional_xml(_MAIN)
    relations = package.relations(_MAIN)
    found: dict[str, Sequence[Merge]] = {}
    hidden: dict[str, frozenset[int]] = {}
    for element in root.iter() if root is not None else ():
        if not isinstance(element.tag, str) or etree.QName(element).localname != "sheet":
            continue
        relation = relations.get(element.get(f"{_R}id", ""))
        part = package.read(relation.target) if relation is not None else None
        if part is not None:
            ranges = [m[1].decode() for m in _MERGE.finditer(part)][:_MAX_MERGES]
            found[element.get("name", "")] = [_bounds(text) for text in ranges if ":" in text]
            tags = (m[0] for m in _ROW.finditer(part) if _IS_HIDDEN.search(m[0]))
            numbers = (_ROW_NUMBER.search(tag) for tag in tags)
            hidden[element.get("name", "")] = frozenset(int(n[1]) for n in numbers if n)
    return found, hidden


def _bounds(text: str) -> Merge:
    from openpyxl.utils.cell import range_boundaries  # noqa: PLC0415

    left, top, right, bottom = (n or 1 for n in range_boundaries(text))
    return Merge(top - 1, left - 1, min(bottom, MAX_ROWS) - 1, right - 1)
