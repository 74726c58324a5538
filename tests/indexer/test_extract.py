"""Dispatch by content, and what is said of files that can't be read."""

import contextlib
import gzip
import io
import random
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.extract import formats as package
from indexer.extract.formats import BinaryFormat, extract
from kb.documents import Block, Extracted
from kb.errors import UnreadableError


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "内容" * 50, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _reason(name: str, data: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableError) as caught:
        extract(name, data)
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".doc"),
        (_zip("[Content_Types].xml", "word/vbaProject.bin"), ".docx"),
        (_zip("a.txt"), "解压"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "图片"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "图片"),
        (b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0", "图片"),
        (gzip.compress("法律".encode(), mtime=0), "gzip"),
        (b"\x62\x14\x23\x65\0\0", "加密"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:a/>', "Word"),
        (b'<?xml version="1.0"?><rss><channel/></rss>', "RSS"),
    ],
)
def test_known_formats_are_named_with_a_way_out(data: bytes, words: str) -> None:
    """DIVERGENCES.md, 6"""
    for name in ("文件.txt", "文件.doc", "x"):
        reason, message = _reason(name, data)
        assert reason == "unsupported"
        assert words in message
        assert "请" in message or "没有" in message


@pytest.mark.parametrize("part", ["word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"])
def test_what_only_looks_like_an_office_file_is_damaged(part: str) -> None:
    reason, message = _reason("x.txt", _zip("[Content_Types].xml", part))
    assert reason in {"malformed", "conversion"}
    assert "另存" in message


def test_doc_says_save_as() -> None:
    _, message = _reason("总结.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert "另存为 .txt 或 .html" in message


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\0\0", b"\xef\xbb\xbf", b"<html></html>"])
def test_empty(data: bytes) -> None:
    assert _reason("a.txt", data)[0] == "empty"


def test_front_matter_alone_is_empty() -> None:
    assert _reason("_index.md", b"---\nbookCollapseSection: true\n---")[0] == "empty"


def test_binary_and_undecodable() -> None:
    assert _reason("a.txt", random.Random(1).randbytes(5000))[0] == "binary"
    assert _reason("a.txt", b"caf\xe9 na\xefve r\xe9sum\xe9 \xff\xfa " * 20)[0] == "undecodable"


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "法律的规定。\n".encode()
    assert _reason("a.txt", line * (20_000_000 // len(line) + 1))[0] == "too-large"
    monkeypatch.setattr(package, "MAX_TEXT", 100)
    assert _reason("a.txt", "一二三四五".encode() * 7)[0] == "too-large"  # 105 bytes
    assert len(extract("a.txt", "一二三四五".encode() * 6).blocks) == 1
    # Counted as UTF-8, in whatever encoding it came.
    assert _reason("a.txt", ("的一是了" * 9).encode("gb18030"))[0] == "too-large"


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("a.txt", "<!DOCTYPE html><html><body><p>正文</p></body></html>", "html"),
        ("总结.doc", "<html xmlns:o='urn:x'><body><p>正文</p></body></html>", "html"),
        ("a", "<div><p>正文</p></div>", "html"),
        ("a.txt", "# 标题\n\n正文", "md"),
        ("a.txt", "+++\ntitle = '题'\n+++\n正文", "md"),
        ("a.md", "只有一句话。", "md"),
        ("a.md", "<!-- 注 -->\n<b>粗</b>字", "md"),
        ("a.html", "其实是纯文本", "txt"),
        ("a.txt", "##paidbegin##正文", "txt"),
        ("a.txt", "<中华人民共和国建筑法>的说明", "txt"),
        ("a.txt", "1. 第一\n- 第二\n* 第三", "txt"),
    ],
)
def test_content_decides(name: str, text: str, form: str) -> None:
    for codec in ("utf-8", "gb18030", "utf-16"):
        found = extract(name, text.encode(codec))
        assert found.format == form
        assert found.blocks
    assert extract(name, text.encode()).encoding == "utf-8"


def test_new_formats_register(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(data: bytes) -> Extracted:
        return Extracted((Block(data[4:].decode()),), "demo")

    demo = BinaryFormat("demo", lambda data: data.startswith(b"DEMO"), read)
    monkeypatch.setattr(package, "BINARY", [demo])
    assert extract("a.txt", b"DEMOabc").blocks == (Block("abc"),)
    assert extract("a.txt", b"demo").format == "txt"


_TOKENS = [
    "#", "*", "**", "`", "```", "|", "-", "---", "+++", ">", "[", "](", ")", "<!--", "-->", "<p>", "</p>",
    "<td>", "<tr>", "<table>", "</table>", "<br>", "<b", "&lt;", "&", "\\", "法", "第一条 ", "（一）", "。",
    "1.", "a=1", "INFO END", "__", "~~", "===", "<meta charset=gbk>",
]  # fmt: skip
_MARKUP = st.lists(
    st.sampled_from([*_TOKENS, "\n", "\n", "\r\n", "\f", "\u3000", "  "]), max_size=60
).map("".join)


@given(st.sampled_from(["a.md", "a.txt", "a.html"]), st.one_of(_MARKUP, st.text(max_size=400)))
def test_any_text_gives_blocks_or_a_reason(name: str, text: str) -> None:
    try:
        found = extract(name, text.encode("utf-8", "replace"))
    except UnreadableError:
        return
    assert found.blocks
    assert all(b.text and b.text == b.text.strip() for b in found.blocks)


@pytest.mark.parametrize(
    "line",
    [
        " " * 100_000 + "x", "-" * 100_000, "|" * 100_000, "| -" * 33_000 + "x", "*" * 100_000,
        "**a" * 33_000, "*a " * 33_000, "_a " * 33_000, "[" * 100_000, "[a](" * 25_000, "`" * 100_000,
        "`a" * 50_000, "<a " * 33_000, "&" * 100_000, "&#" * 50_000, "\\" * 100_000, "> " * 50_000,
        "# " + "#" * 100_000, "# " + " " * 100_000 + "x", "~" * 100_000, "<!--" * 25_000,
        "<!---->" * 14_000, "！[" * 50_000, "```\n" * 25_000, "a\n" * 50_000, "---\n" * 25_000,
    ],
)  # fmt: skip
def test_long_lines_take_no_time(line: str) -> None:
    data = line.encode()
    for name in ("a.md", "a.txt"):
        start = time.process_time()
        with contextlib.suppress(UnreadableError):
            extract(name, data)
        assert time.process_time() - start < 2
