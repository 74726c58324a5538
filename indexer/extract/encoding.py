"""Bytes to text: detects the actual encoding of a Chinese file, whatever the file declares.

Order: byte order mark; strict UTF-8; the declared encoding, if the result is plausible; else the most
plausible of UTF-16 without a mark, GB18030 (which contains GBK and GB2312) and Big5-HKSCS.
Plausible means composed of common Chinese characters (indexer/data/characters.toml).
"""

import codecs
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import Final

from kb.errors import ConfigError, UnreadableError

REPLACED: Final = " (replaced)"
"""Suffix of the encoding name if some bytes were undecodable and became U+FFFD in the text."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32-le"),  # before UTF-16 LE, whose mark is its prefix
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030", "gb18030"),
)

# Names as found in pages. GB2312 and GBK are read as GB18030, their superset: pages that declare
# the smaller one often use characters of the larger (镕, 囧). Western names aren't listed:
# on Chinese pages they are a server's default, not a statement.
_DECLARED: Final = {
    **dict.fromkeys(
        ("gb2312", "gb_2312-80", "gbk", "x-gbk", "gb18030", "cp936", "ms936", "euc-cn"), "gb18030"
    ),
    **dict.fromkeys(("big5", "big5-hkscs", "big5hkscs", "x-x-big5", "cp950"), "big5-hkscs"),
    **dict.fromkeys(("utf-16", "utf-16le", "unicode"), "utf-16-le"),
    "utf-16be": "utf-16-be",
}

HZ: Final = frozenset({"hz", "hz-gb-2312"})
"""RFC 1843, of mail: ASCII throughout, so only a declaration tells it."""

_SAMPLE: Final = 20_000  # characters sampled to judge a text; ten suffice for real text
_STRAY: Final = 0.001  # share of bytes that may be undecodable
_STRAY_OF_HIGH: Final = 0.05  # … and of the non-ASCII bytes, for pages that are mostly tags
_ACCEPT: Final = 0.0  # minimum plausibility; wrong decodings of Chinese text score below -0.2
_DECLARED_ACCEPT: Final = 0.15

_DECLARATION = re.compile(
    rb"""(?:<\?xml[^>]{1,200}?encoding|<meta[^>]{1,300}?charset|@charset)\s{0,9}=?\s{0,9}["']?"""
    rb"""\s{0,9}([A-Za-z0-9_:.\-]{3,20})""",
    re.IGNORECASE,
)

_HIGH = re.compile(r"[^\x00-\x7f]")
# Control characters that text doesn't contain. UTF-16 is full of them, and 上海 in it (0A 4E 77 6D)
# is valid ASCII.
_ODD = re.compile(rb"[\x00-\x08\x0b\x0e-\x19\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    encoding: str
    replaced: bool = False

    @property
    def result(self) -> tuple[str, str]:
        return self.text, self.encoding + (REPLACED if self.replaced else "")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text of `data` and the encoding used to decode it, e.g. ("…", "gb18030").

    declared: charset the file or its transport names; "" if none. A byte order mark is not part of
    the text. If the data are cut in mid-character, or fewer than 0.1 % of the bytes are invalid,
    these become U+FFFD and the encoding name ends in `REPLACED`.

    Raises UnreadableError, reason "binary" or "undecodable".
    """
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            reading = _read(data[len(mark) :], codec, name)
            if reading is None:
                raise UnreadableError("undecodable", f"文件标明编码为 {name}，但内容不是该编码")
            return reading.result
    if declared.strip().lower() in HZ and b"~{" in data:
        reading = _read(data, "hz", "hz")
        if reading is not None:
            return reading.result
    unicode = _read_utf8(data)
    odd = _ODD.search(data, 0, 65_536) is not None
    if unicode is not None and not odd and not unicode.replaced:
        return unicode.result
    stated = _DECLARED.get(declared.strip().lower(), "")
    if stated:
        reading = _read(data, stated, stated)
        if reading is not None and plausibility(reading.text) >= _DECLARED_ACCEPT:
            return reading.result
    codecs_left = ("gb18030", "big5-hkscs", "utf-16-le", "utf-16-be")
    readings = [unicode, *(_read(data, codec, codec) for codec in codecs_left)]
    scored = [(plausibility(r.text), r) for r in readings if r is not None]
    best_score, best = max(scored, key=lambda pair: pair[0], default=(-9.0, None))
    if best is not None and best_score > _ACCEPT:
        return best.result
    if b"\0" in data or _looks_binary(data):
        raise UnreadableError("binary", "文件内容是二进制数据，不是文字，无法读取")
    if unicode is not None:
        return unicode.result
    raise UnreadableError("undecodable", "无法识别文字编码，请另存为 UTF-8 编码的文本文件")


def declared_charset(data: bytes) -> str:
    """The charset a page declares in its first 4 KB (meta, XML declaration), lower case, or ""."""
    found = _DECLARATION.search(data, 0, 4096)
    return found[1].decode("ascii").lower() if found else ""


def plausibility(text: str) -> float:
    """How plausible `text` is as Chinese (or plain ASCII) text: about -1 to 1, real text over 0.3.

    The mean weight of its characters; ASCII counts only if there is nothing else.
    """
    total, weighed = 0.0, 0
    plain = 0
    for char, n in Counter(text[:_SAMPLE]).items():
        if " " <= char <= "~" or char in "\t\n\r\f":
            plain += n
            continue
        weighed += n
        total += n * _weight(char)
    if weighed == 0:
        return 0.5 if plain else 0.0
    return total / weighed


def _weight(char: str) -> float:
    if char in _COMMON:
        return 1.0
    if char in _FREQUENT:
        return 0.2
    code = ord(char)
    for start, end, weight in _WEIGHTS:
        if start <= code <= end:
            return weight
    return -0.7


def _read_utf8(data: bytes) -> _Reading | None:
    reading = _read(data, "utf-8", "utf-8")
    if reading is None or data.isascii():
        return reading
    # Short GBK texts can be valid UTF-8: the two bytes D0 B0 are 邪 or и. UTF-8 that contains
    # Chinese has three-byte characters, so only text entirely below U+0800 is in doubt; a lone · or é
    # (U+0080 to U+00FF) does occur in UTF-8 text.
    high = [c for c in reading.text[:_SAMPLE] if c >= "\x80" and c != "\ufffd"]
    if high and max(high) < "\u0800" and (max(high) > "\xff" or len(set(high)) > 3):
        other = _read(data, "gb18030", "gb18030")
        if other is not None and plausibility(other.text) > 0.5:
            return other
    return reading


def _read(data: bytes, codec: str, name: str) -> _Reading | None:
    """`data` decoded in `codec`, strictly or with few bytes replaced; None if it isn't that."""
    codec = "big5hkscs" if codec == "big5-hkscs" else codec
    try:
        return _Reading(data.decode(codec), name)
    except UnicodeDecodeError as error:
        start = error.start
    cut = len(data) - start < 4
    if cut and start:
        try:
            return _Reading(data[:start].decode(codec) + "\ufffd", name, replaced=True)
        except UnicodeDecodeError:  # stateful codecs may fail earlier on shorter input
            return None
    allowed = len(data) * _STRAY
    if start < len(data) // 2 and _strays(data[: start + 4096], codec) > allowed:
        return None
    text = data.decode(codec, "replace")
    strays = text.count("\ufffd")
    high = sum(1 for _ in _HIGH.finditer(text))
    if strays > allowed or strays > high * _STRAY_OF_HIGH:
        return None
    return _Reading(text, name, replaced=True)


def _strays(data: bytes, codec: str) -> int:
    return data.decode(codec, "replace").count("\ufffd")


def _looks_binary(data: bytes) -> bool:
    head = data[:4096]
    odd = sum(1 for b in head if b < 32 and b not in b"\t\n\r\f\x1a\x1b")
    return odd > len(head) * 0.02


def _level_one() -> frozenset[str]:
    """The common characters of GB 2312 (level 1, rows 16-55) and of Big5 (A440-C67E)."""
    gb = bytes(b for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for b in (row, cell))
    cells = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    big5 = bytes(b for row in range(0xA4, 0xC7) for cell in cells for b in (row, cell))
    return frozenset(gb.decode("gb2312", "ignore") + big5.decode("big5", "ignore"))


def _load_common() -> frozenset[str]:
    source = resources.files("indexer") / "data" / "characters.toml"
    lists = tomllib.loads(source.read_text("utf-8"))
    for key in ("simplified", "traditional"):
        value = lists.get(key)
        if not isinstance(value, str) or not all("\u4e00" <= c <= "\u9fff" for c in value):
            raise ConfigError(f"characters.toml：{key} 应为一串汉字")
    return frozenset(lists["simplified"] + lists["traditional"])


_COMMON = _load_common()
_FREQUENT = frozenset(c for c in _level_one() if "\u4e00" <= c <= "\u9fff")
_WEIGHTS: Final = (
    (0x4E00, 0x9FFF, -0.3),  # rarer ideographs: some in names and places, many in wrong decodings
    (0x3000, 0x301F, 0.6),  # 、。《》【】
    (0xFF01, 0xFF5E, 0.6),  # ，；：（）０Ａ
    (0x2010, 0x2026, 0.5),  # — “ ” …
    (0x2160, 0x217F, 0.0),  # Ⅲ
    (0x2460, 0x249B, 0.0),  # ①
    (0x00A0, 0x00FF, -0.1),  # · × ° and the no-break space
    (0x3040, 0x312F, -0.6),  # kana, bopomofo
    (0x0370, 0x04FF, -0.6),  # Greek, Cyrillic
    (0xE000, 0xF8FF, -1.0),  # private use
    (0xFFFD, 0xFFFD, -2.0),
    (0x0000, 0x009F, -3.0),  # control characters
)
