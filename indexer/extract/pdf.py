"""PDF: the text of its pages in reading order; detects scans."""

from typing import Final

import pypdfium2 as pdfium
from pypdfium2 import raw

from indexer.extract import ocr
from indexer.extract.paged import Sheet, read
from indexer.extract.pdf_page import PdfPage, read_page
from indexer.extract.tidy import tidy
from indexer.limits import SECONDS as SECONDS_OF_A_FILE
from kb.documents import Block, Extracted
from kb.errors import UnreadableError

MAX_PAGES: Final = 2_000
MAX_CHARS: Final = 1_500_000
SECONDS: Final = 300.0 if ocr.is_available() else SECONDS_OF_A_FILE
"""Wall time of one file: OCR takes longer than reading."""

_HEAD: Final = 1_024  # bytes within which the signature occurs
_SCAN_CHARS: Final = 20  # a page with fewer and a full-page picture is a scan
_SCAN_PICTURE: Final = 0.4
_SCAN_SHARE: Final = 0.5  # of the pages
_ODD_SHARE: Final = 0.3  # of the characters may be without meaning
_SHAPES: Final = 200  # shapes per page above which letters are drawn as shapes
_OUTLINE: Final = 2_000
_LONGEST_HEADING: Final = 60


def sniff(data: bytes) -> bool:
    """Whether `data` is a PDF: its signature is in the first kilobyte, before any text."""
    head = data[:_HEAD]
    at = head.find(b"%PDF-")
    return at == 0 or (at > 0 and not head[:at].strip(b"\0 \t\r\n\xef\xbb\xbf"))


def extract(data: bytes) -> Extracted:
    """One block per paragraph or table row; outline entries are headings.

    Raises UnreadableError: encrypted, malformed, too-large, scanned, glyphs-as-paths, undecodable.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD or "assword" in str(error):
            message = "PDF 已加密，需要密码才能打开，请另存为不加密的文件"
            raise UnreadableError("encrypted", message) from error
        raise UnreadableError("malformed", "PDF 已损坏，无法打开，请重新取得或另存") from error
    try:
        return _read(document)
    finally:
        document.close()


def _read(document: pdfium.PdfDocument) -> Extracted:
    count = len(document)
    if count > MAX_PAGES:
        message = f"PDF 有 {count} 页，超过上限 {MAX_PAGES} 页，请拆分后再添加"
        raise UnreadableError("too-large", message)
    pages = _pages(document)
    sheets = [sheet for page in pages for sheet in page.sheets]
    size = sum(_inked(sheet) for sheet in sheets)
    scans = [number for number, page in enumerate(pages) if _is_scan(page)]
    format_name = "pdf"
    if scans and (len(scans) >= _SCAN_SHARE * len(pages) or size == 0):
        blocks, heads = ocr.recognise(document, scans, [page.sheets[0] for page in pages])
        format_name = "pdf-ocr"
    else:
        _check(pages, size)
        blocks, heads = read(sheets)
    meta = _meta(document)
    title = meta.pop("title", "")
    return Extracted(
        blocks=tuple(_with_headings(blocks, _outline(document))),
        format=format_name,
        title=title if _stands_at_the_top(title, blocks) else "",
        meta=dict(meta),
        heads=heads,
    )


def _pages(document: pdfium.PdfDocument) -> list[PdfPage]:
    pages: list[PdfPage] = []
    size = broken = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            broken += 1
            continue
        try:
            pages.append(read_page(page))
        except pdfium.PdfiumError:
            broken += 1
        finally:
            page.close()
        size += sum(len(sheet.glyphs) for sheet in pages[-1].sheets) if pages else 0
        if size > MAX_CHARS:
            message = f"PDF 的文字超过 {MAX_CHARS // 10_000} 万字，请拆分后再添加"
            raise UnreadableError("too-large", message)
    if not pages or broken > len(pages):
        raise UnreadableError("malformed", "PDF 的页面已损坏，无法读取，请重新取得或另存")
    return pages


def _check(pages: list[PdfPage], size: int) -> None:
    odd = sum(page.odd for page in pages)
    if odd > _ODD_SHARE * size:
        message = "PDF 的字体没有编码信息，文字无法还原，请提供原始文档或做文字识别"
        raise UnreadableError("undecodable", message)
    if not size and sum(page.paths for page in pages) > _SHAPES:
        message = "PDF 的文字已转成图形，无法读取，请提供原始文档或做文字识别"
        raise UnreadableError("glyphs-as-paths", message)


def _is_scan(page: PdfPage) -> bool:
    inked = sum(_inked(sheet) for sheet in page.sheets)
    return page.pictures >= _SCAN_PICTURE and inked < _SCAN_CHARS


def _inked(sheet: Sheet) -> int:
    return sum(not glyph.char.isspace() for glyph in sheet.glyphs)


def _meta(document: pdfium.PdfDocument) -> dict[str, str]:
    try:
        stated = document.get_metadata_dict(skip_empty=True)
    except (pdfium.PdfiumError, UnicodeDecodeError):
        return {}
    meta = {"title": tidy(stated.get("Title", ""))[:300]}
    created = stated.get("CreationDate", "").removeprefix("D:")[:8]
    if created.isascii() and created.isdigit() and len(created) == 8:
        meta["created"] = f"{created[:4]}-{created[4:6]}-{created[6:]}"
    return {key: value for key, value in meta.items() if value}


def _stands_at_the_top(title: str, blocks: list[Block]) -> bool:
    """Titles in the properties often come from a template: only one that occurs in the text counts."""
    top = "".join("".join(block.text.split()) for block in blocks[:8])
    return bool(title) and "".join(title.split()) in top


def _outline(document: pdfium.PdfDocument) -> dict[str, int]:
    """Outline entries without white space, and their level from 0."""
    entries: dict[str, int] = {}
    try:
        for number, entry in enumerate(document.get_toc(max_depth=6)):
            if number >= _OUTLINE:
                break
            title = "".join(tidy(entry.get_title()).split())
            if title:
                entries.setdefault(title, entry.level)
    except (pdfium.PdfiumError, UnicodeDecodeError):
        return {}
    return entries


def _with_headings(blocks: list[Block], outline: dict[str, int]) -> list[Block]:
    out = []
    for block in blocks:
        level = None
        if outline and len(block.text) <= _LONGEST_HEADING:
            level = outline.get("".join(block.text.split()))
        out.append(block if level is None else Block(block.text, 0, min(level + 1, 6)))
    return out
