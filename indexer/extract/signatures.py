"""Unsupported formats, recognised by their first bytes, with advice on what to do instead."""

from dataclasses import dataclass
from typing import Final

from indexer.extract import ole

_SAVE_AS: Final = "请用 Word 或 WPS 打开，另存为 .txt 或 .html"
_SCAN: Final = "请提供文字版，或先做文字识别"
_UNPACK: Final = "请先解压，再添加其中的文件"
_EXPORT: Final = "请从表格软件中另存为 .txt 或 .html"
_NO_TEXT: Final = "其中没有可检索的文字"
_SAVE_MAIL: Final = "请用 Outlook 打开，另存为 .html 或 .txt，附件另存；其他邮件软件可存为 .eml"
_DECRYPT: Final = "请在单位内部解密后再添加"


@dataclass(frozen=True, slots=True)
class Signature:
    """`magic` at `offset`; `label` names the format, `way_out` tells the user what to do."""

    magic: bytes
    label: str
    way_out: str
    offset: int = 0


_SIGNATURES: Final = (
    Signature(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Office 或 WPS 文件（.doc、.wps）", _SAVE_AS
    ),
    Signature(b"{\\rtf", "RTF 文件", _SAVE_AS),
    Signature(b"\x89PNG\r\n", "图片（PNG）", _SCAN),
    Signature(b"\xff\xd8\xff", "图片（JPEG）", _SCAN),
    Signature(b"GIF87a", "图片（GIF）", _SCAN),
    Signature(b"GIF89a", "图片（GIF）", _SCAN),
    Signature(b"II*\0", "图片（TIFF）", _SCAN),
    Signature(b"MM\0*", "图片（TIFF）", _SCAN),
    Signature(b"WEBPVP8", "图片（WebP）", _SCAN, 8),
    Signature(b"\0\0\0\0", "图片（BMP）", _SCAN, 6),  # after BM, see recognise
    Signature(b"AT&TFORM", "DjVu 文件", _SCAN),
    Signature(b"HN\0\0", "CAJ 文件", "请用 CAJViewer 打开，复制文字另存为 .txt"),
    Signature(b"CAJ\0", "CAJ 文件", "请用 CAJViewer 打开，复制文字另存为 .txt"),
    Signature(b"KDH ", "CAJ（KDH）文件", "请用 CAJViewer 打开，复制文字另存为 .txt"),
    Signature(b"\x1f\x8b", "gzip 压缩文件", _UNPACK),
    Signature(b"BZh", "bzip2 压缩文件", _UNPACK),
    Signature(b"\xfd7zXZ\0", "xz 压缩文件", _UNPACK),
    Signature(b"\x28\xb5\x2f\xfd", "zstd 压缩文件", _UNPACK),
    Signature(b"7z\xbc\xaf\x27\x1c", "7z 压缩文件", _UNPACK),
    Signature(b"Rar!\x1a\x07", "RAR 压缩文件", _UNPACK),
    Signature(b"ustar", "tar 归档文件", _UNPACK, 257),
    Signature(b"SQLite format 3\0", "SQLite 数据库", "请导出其中的文字"),
    Signature(b"\x7fELF", "程序文件", _NO_TEXT),
    Signature(b"ftyp", "视频或音频文件", _NO_TEXT, 4),
    Signature(b"ID3", "音频文件（MP3）", _NO_TEXT),
    Signature(b"RIFF", "音频或视频文件", _NO_TEXT),
    Signature(b"OggS\0", "音频或视频文件", _NO_TEXT),
    Signature(b"\x62\x14\x23\x65", "经亿赛通加密的文件", _DECRYPT),
    Signature(b"%TSD-Header-###%", "经加密软件加密的文件", _DECRYPT),
)

# The contents of a zip archive identify it: names are uncompressed in its headers. First match wins.
_ZIPS: Final = (
    Signature(b"word/", "Word 文档（.docx）", _SAVE_AS),
    Signature(b"xl/", "Excel 表格（.xlsx）", _EXPORT),
    Signature(b"ppt/", "演示文稿（.pptx）", "请从演示软件中导出文字"),
    Signature(b"OFD.xml", "OFD 文件", "文件已损坏，请重新取得"),
    Signature(b"opendocument.text", "ODT 文档", _SAVE_AS),
    Signature(b"opendocument.", "ODF 文件", _EXPORT),
    Signature(b"application/epub+zip", "EPUB 电子书", "请另存为 .txt"),
)
# Compound files (MS-CFB) by a stream: messages (MS-OXMSG 2.4), Microsoft Works, whose .wps isn't that of WPS.
_COMPOUND: Final = (
    ("__properties_version1.0", Signature(b"", "Outlook 邮件（.msg）", _SAVE_MAIL)),
    ("MatOST", Signature(b"", "Microsoft Works 文档（.wps）", _SAVE_AS)),
)
_ZIP = Signature(b"PK\x03\x04", "ZIP 压缩文件", _UNPACK)
_ZIP_PART: Final = 65_536

_MARKUPS: Final = (
    ('progid="Word.Document"', Signature(b"", "Word XML 文档", _SAVE_AS)),
    ("schemas.microsoft.com/office/2006/xmlPackage", Signature(b"", "Word XML 文档", _SAVE_AS)),
    ('progid="Excel.Sheet"', Signature(b"", "Excel XML 表格", _EXPORT)),
    ("<uof:", Signature(b"", "UOF 标文通文档", _SAVE_AS)),
    ("<rss", Signature(b"", "RSS 订阅源", "请添加其中链接的网页")),
    ("<feed", Signature(b"", "Atom 订阅源", "请添加其中链接的网页")),
    ("<svg", Signature(b"", "图片（SVG）", _SCAN)),
)
_XML = Signature(b"", "XML 数据", "请转换为 .txt 或 .html")
_MHTML = Signature(b"", "网页归档（.mht）", "请在浏览器中另存为“仅网页”（.html）")


def recognise(data: bytes) -> Signature | None:
    """The unsupported format of `data` by its first bytes, None if unknown."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        # Headers precede each member and, all together, end the archive.
        ends = data[:_ZIP_PART] + data[-_ZIP_PART:]
        return next((kind for kind in _ZIPS if kind.magic in ends), _ZIP)
    if data.startswith(ole.MAGIC):
        streams = ole.inspect(data).streams
        for stream, named in _COMPOUND:
            if stream in streams:
                return named
    for known in _SIGNATURES:
        if data.startswith(known.magic, known.offset) and _certain(known, data):
            return known
    return None


def _certain(known: Signature, data: bytes) -> bool:
    """Whether the context confirms a magic that plain text could also contain."""
    if known.offset == 6:
        return data.startswith(b"BM")
    if known.magic in {b"ID3", b"RIFF", b"BZh", b"ftyp", b"KDH "}:
        return not data[:64].isascii() or b"\0" in data[:64]
    return True


def recognise_text(text: str) -> Signature | None:
    """The unsupported text format: XML that isn't a page, web archives."""
    head = text[:2000].lstrip("\ufeff \t\r\n")
    if head.startswith(("MIME-Version:", "From: <Saved by")) and "multipart/related" in head:
        return _MHTML
    if not head.startswith("<?xml") or "<html" in head.lower():
        return None
    return next((kind for mark, kind in _MARKUPS if mark in head), _XML)
