"""A response body as a stream: decompressed, counted, cut off at its limit."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from indexer.fetch.fault import FetchError

MEGABYTE: Final = 1_000_000
_STEP: Final = 65_536

UNPACKED: Final = frozenset(("", "identity"))
PACKED: Final = frozenset(("gzip", "x-gzip", "deflate"))


def bounded(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """`chunks` up to `limit` bytes. Raises FetchError "too-large" as soon as there are more."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        yield chunk


def too_large(limit: int) -> FetchError:
    """The error of a body over its limit."""
    size = f"{limit // MEGABYTE} MB" if limit >= MEGABYTE else f"{limit} 字节"
    return FetchError("too-large", f"内容超过上限 {size}，未收录（设置项 max_file_mb）。")


def unpacked(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """`chunks` decoded from gzip or deflate, in pieces of 64 KB at most, so a bomb never fills memory.

    Raises FetchError: unsupported-encoding, bad-encoding, truncated.
    """
    if encoding in UNPACKED:
        yield from chunks
        return
    if encoding not in PACKED:
        raise FetchError("unsupported-encoding", f"网站用了不支持的压缩方式 {encoding[:20]}。")
    inflater = _inflater(b"", encoding)
    fed = False
    for chunk in chunks:
        data = chunk
        if not fed and data:
            inflater, fed = _inflater(data, encoding), True
        while data:
            try:
                out = inflater.decompress(data, _STEP)
            except zlib.error as error:
                raise FetchError(
                    "bad-encoding", "网站发来的压缩内容已损坏。", brief=True
                ) from error
            if out:
                yield out
            data = inflater.unconsumed_tail
            if inflater.eof:
                # gzip may consist of several members; zeros after the last are padding.
                data = inflater.unused_data.lstrip(b"\0")
                if data and encoding != "deflate":
                    inflater = _inflater(data, encoding)
                    continue
                data = b""
    if fed and not inflater.eof:
        raise truncated()


def truncated() -> FetchError:
    """The error of a truncated body."""
    return FetchError("truncated", "内容没有传完连接就断了。", brief=True)


def _inflater(data: bytes, encoding: str) -> "zlib._Decompress":
    if encoding != "deflate":
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    # "deflate" means zlib (RFC 9110), but some servers send raw deflate.
    bare = len(data) >= 2 and (data[0] & 15 != 8 or (data[0] * 256 + data[1]) % 31)
    return zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
