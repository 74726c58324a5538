"""Zip packages of XML parts (OOXML, ODF), read within limits of size, ratio and depth.

Part names are compared ignoring case and with either slash: WPS and converters write both.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from lxml import etree

from indexer import limits
from indexer.extract.zipped import Zip
from kb.errors import UnreadableError

MAX_TAGS: Final = 4_000_000
_LABEL: Final = "文件"
_STRICT = re.compile(
    rb"http://purl\.oclc\.org/ooxml/(wordprocessingml|presentationml|drawingml)/main"
)
_TRANSITIONAL: Final = {
    b"wordprocessingml": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"presentationml": b"http://schemas.openxmlformats.org/presentationml/2006/main",
    b"drawingml": b"http://schemas.openxmlformats.org/drawingml/2006/main",
}
_STRICT_RELATIONS: Final = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
_RELATIONS: Final = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass(frozen=True, slots=True)
class Relation:
    """kind: last part of the relationship's type (footnotes, styles …); target: a part's name."""

    kind: str
    target: str


def names(data: bytes) -> frozenset[str]:
    """The normalised part names of a zip archive; empty if it can't be opened. Never raises."""
    if not data.startswith(b"PK"):
        return frozenset()
    try:
        return Package(data).parts
    except UnreadableError:
        return frozenset()


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


class Package:
    """An open package. All methods raise UnreadableError: malformed, too-large, encrypted or
    unsupported."""

    def __init__(self, data: bytes) -> None:
        self._zip = Zip(data, _LABEL)
        self._infos = {_normal(info.filename): info for info in reversed(self._zip.infos)}

    @cached_property
    def parts(self) -> frozenset[str]:
        """Names of the parts, normalised."""
        return frozenset(self._infos)

    @property
    def plain(self) -> bool:
        """Whether any reader finds the same content: no duplicate names, no part that claims more than
        may be read."""
        infos = self._zip.infos
        within = all(info.file_size <= limits.PART for info in infos)
        return within and len(self._infos) == len(infos)

    def read(self, name: str) -> bytes | None:
        """The bytes of a part; None if there is none of that name."""
        info = self._infos.get(_normal(name))
        return None if info is None else self._zip.read(info, limits.PART)

    def xml(self, name: str) -> etree._Element | None:
        """The root of an XML part, None if there is none of that name."""
        data = self.read(name)
        if data is None:
            return None
        if b"purl.oclc.org/ooxml" in data:
            data = _STRICT.sub(lambda m: _TRANSITIONAL[m[1]], data)
            data = data.replace(_STRICT_RELATIONS, _RELATIONS)
        return parse(data)

    def optional_xml(self, name: str) -> etree._Element | None:
        """Like `xml`, but a malformed part counts as absent: for parts the text can do without."""
        try:
            return self.xml(name)
        except UnreadableError as error:
            if error.reason == "malformed":
                return None
            raise

    def relations(self, name: str) -> dict[str, Relation]:
        """The relationships of a part ("" for the package itself) by id; external ones left out."""
        folder, _, base = _normal(name).rpartition("/")
        root = self.optional_xml(f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels")
        found: dict[str, Relation] = {}
        for element in root if root is not None else ():
            if isinstance(element.tag, str) and element.get("TargetMode") != "External":
                kind = element.get("Type", "").rpartition("/")[2]
                target = element.get("Target", "")
                found[element.get("Id", "")] = Relation(kind, _resolve(folder, target))
        return found

    def related(self, name: str, kind: str, otherwise: str) -> str:
        """The part with this relationship to `name`, `otherwise` if none is named."""
        targets = (r.target for r in self.relations(name).values() if r.kind == kind)
        return next((target for target in targets if target in self.parts), otherwise)


def _resolve(folder: str, target: str) -> str:
    target = _normal(target) if target.startswith(("/", "\\")) else _normal(f"{folder}/{target}")
    kept: list[str] = []
    for step in target.split("/"):
        if step == ".." and kept:
            kept.pop()
        elif step not in {"", ".", ".."}:
            kept.append(step)
    return "/".join(kept)


def parse(data: bytes) -> etree._Element:
    """The root of an XML text. No document type, no entities, no network, at most 256 levels deep.

    Raises UnreadableError, reason "malformed" or "too-large".
    """
    if data.count(b"<") > MAX_TAGS:
        raise UnreadableError("too-large", "文件内容过多，请拆分后再添加")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _malformed() from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise UnreadableError("malformed", "文件内部含有不应有的文档类型声明，为安全起见不予读取")
    return root


def _malformed() -> UnreadableError:
    return UnreadableError("malformed", "文件已损坏或不完整，请重新获取，或用 Word、WPS 打开后另存")
