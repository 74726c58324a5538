"""Untrusted XML: no entities, no DTD, no network; malformed files yield the part before the error."""

import zlib
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from indexer.fetch import body
from indexer.fetch.fault import FetchError

MAX_BYTES: Final = 50_000_000
"""Maximum bytes of a decompressed sitemap: the limit of sitemaps.org."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed file. broken: it isn't well-formed, and something may be missing."""

    root: Any
    broken: bool = False


def parse(data: bytes) -> Tree:
    """The tree of an XML file, gzipped or not. Raises FetchError "bad-xml" or decompression errors."""
    if data[:2] == b"\x1f\x8b":
        data = b"".join(body.bounded(body.unpacked([data], "gzip"), MAX_BYTES))
    if b"<!ENTITY" in data:
        raise FetchError("bad-xml", "XML 中定义了实体，为安全起见未读取。")
    for recover in (False, True):
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            recover=recover,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data.lstrip(), parser)
        except (etree.XMLSyntaxError, ValueError, zlib.error):
            continue
        if root is not None:
            return Tree(root, broken=recover)
    raise FetchError("bad-xml", "不是正确的 XML，无法读取。")


def name(element: Any) -> str:
    """An element's name without its namespace, lower case; "" for non-elements."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def text(element: Any, *names: str) -> str:
    """The text of the first child of one of these names, or ""."""
    for wanted in names:
        for child in element:
            if name(child) == wanted and child.text and child.text.strip():
                return str(child.text).strip()
    return ""
