"""Damage to files: what disks, transfers, broken programs and malice do to them."""

import io
import random
import re
import zipfile

_HEAD = 8  # bytes by which formats are known: mostly left alone, so that the extractor is reached
_NUMBER = re.compile(rb"\d{1,9}")
_NUMBERS = (b"0", b"-1", b"4294967295", b"99999999999", b"1e309", b"2147483648", b"65536")
_LARGEST = 4_000_000
_PIECES = (
    "<", ">", "&", "</", "<table>", "<td>", "<div>", "<!--", "&#x110000;", "]]>", "*", "**", "_", "[", "](",
    "|", "`", "#", "> ", "- ", "---\n", "\n", "\r", "\t", "\0", "\u3000", "\u200b", "\ufffe", "第",
    "条", "章", "第一条 ", "（一）", "一、", "1.", "附件", "0", "９", "年", "：", "。", "=?gb2312?B?", "\n\n",
    "Content-Type: ", "boundary=", "charset=utf-7", "\u2028", "\u202e", "𠮷", "e\u0301",
)  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with one to four kinds of damage; of a zip archive mostly its members."""
    if data.startswith(b"PK\x03\x04") and rng.random() < 0.75:
        packed = _repacked(data, rng)
        if packed is not None:
            return packed
    if rng.random() < 0.6:
        text = _as_text(data)
        if text is not None:
            return _text_mutated(text, rng).encode("utf-8", "replace")[:_LARGEST]
    head = data[:_HEAD] if rng.random() < 0.9 else b""
    body = data[len(head) :]
    for _ in range(rng.randint(1, 4)):
        body = rng.choice(_KINDS)(body, rng)
    return (head + body)[:_LARGEST]


def _repacked(data: bytes, rng: random.Random) -> bytes | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
    if not members:
        return None
    chosen = rng.randrange(len(members))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (info, content) in enumerate(members):
            changed = content
            if number == chosen:
                if rng.random() < 0.03:
                    continue
                for _ in range(rng.randint(1, 4)):
                    changed = rng.choice(_KINDS)(changed, rng)
                if content.startswith(b"PK\x03\x04") and rng.random() < 0.7:
                    changed = mutated(content, rng)
            archive.writestr(info.filename, changed[:_LARGEST])
    return out.getvalue()


def _as_text(data: bytes) -> str | None:
    for codec in ("utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _text_mutated(text: str, rng: random.Random) -> str:
    """Damage that leaves the encoding whole, so that what reads text and markup is reached."""
    for _ in range(rng.randint(1, 6)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 3, 20, 300)))
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:start] + text[end:]
        elif kind == 1:
            text = text[:start] + text[start:end] * rng.choice((2, 3, 200)) + text[end:]
        elif kind == 2:
            at = rng.randrange(len(text) + 1)
            text = text[:at] + text[start:end] + text[at:]
        else:
            put = rng.choice(_PIECES) * rng.choice((1, 1, 2, 500))
            text = text[:start] + put + text[start:]
    return text[: _LARGEST // 4]


def _flip(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 64)) if out else 0):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _drop(data: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    start, end = _span(data, rng)
    times = rng.choice((2, 2, 3, 50))
    return (data[:start] + data[start:end] * times + data[end:])[:_LARGEST]


def _swap(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted((_span(data, rng), _span(data, rng)))
    if a[1] > b[0]:
        return data
    return data[: a[0]] + data[b[0] : b[1]] + data[a[1] : b[0]] + data[a[0] : a[1]] + data[b[1] :]


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 4, 64, 1024))) + data[at:]


def _number(data: bytes, rng: random.Random) -> bytes:
    """A number written in figures becomes another: lengths, counts, places."""
    found = list(_NUMBER.finditer(data[:200_000]))
    if not found:
        return data
    m = rng.choice(found)
    return data[: m.start()] + rng.choice(_NUMBERS) + data[m.end() :]


def _span(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 4, 32, 512, 8192)))


_KINDS = (_flip, _flip, _flip, _cut, _drop, _repeat, _swap, _insert, _number, _number)
