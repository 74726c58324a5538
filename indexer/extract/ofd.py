"""OFD (GB/T 33190-2016), the fixed-layout format of official documents: the text of its pages.

Only text objects contain text; text drawn as paths or images is reported as unreadable. A page is
read together with its templates, which hold the printed text of forms and certificates.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from indexer.extract.archive import Archive
from indexer.extract.ofd_page import OfdPage, local, read_page, template_ids, units
from indexer.extract.paged import read
from indexer.extract.tidy import tidy
from kb.documents import Extracted
from kb.errors import UnreadableError

MAX_PAGES: Final = 2_000
MAX_CHARS: Final = 1_500_000

_MAX_XML: Final = 50_000_000
_ZIP: Final = b"PK\x03\x04"
_EDGE: Final = 65_536
_FEW: Final = 10  # characters in a whole document: fewer means its content isn't text
_SHAPES: Final = 30
_ODD_SHARE: Final = 0.3  # of the characters may be without meaning
_MAX_SHARED: Final = 2_000  # resource files and templates of a document
_MAX_CUSTOM: Final = 100
_A4: Final = (210.0, 297.0)

Meta = dict[str, "str | list[str] | date"]


@dataclass(frozen=True, slots=True)
class _Body:
    """A document in the file: the path of its root, and its stated metadata."""

    root: str
    title: str
    meta: Meta


def sniff(data: bytes) -> bool:
    """Whether `data` is an OFD: a zip archive with OFD.xml in its root."""
    if not data.startswith(_ZIP) or b"OFD.xml" not in data[:_EDGE] + data[-_EDGE:]:
        return False
    try:
        return Archive(data).find("OFD.xml") is not None
    except UnreadableError:
        return False


def extract(data: bytes) -> Extracted:
    """One block per paragraph or table row, over all documents in the file.

    meta: created, and its CustomData with Chinese names (发文字号 …). Raises UnreadableError:
    malformed, encrypted, too-large, glyphs-as-paths, scanned, undecodable.
    """
    archive = Archive(data, "OFD 文件")
    main = archive.find("OFD.xml")
    if main is None:
        raise UnreadableError("malformed", "OFD 文件缺少 OFD.xml，无法打开")
    if archive.find("Encryptions.xml"):
        raise UnreadableError("encrypted", "OFD 文件已加密，请解密后另存")
    bodies = _bodies(_parse(archive.read(main, _MAX_XML)))
    pages = _pages(archive, bodies)
    sheets = [sheet for page in pages for sheet in page.sheets]
    size = sum(len(sheet.glyphs) for sheet in sheets)
    if sum(page.odd for page in pages) > _ODD_SHARE * size:
        message = "OFD 的字体没有编码信息，文字无法还原，请提供原始文档或做文字识别"
        raise UnreadableError("undecodable", message)
    if size < _FEW:
        if sum(page.paths for page in pages) >= _SHAPES:
            message = "OFD 的文字已转成图形，无法读取，请提供原始文档或做文字识别"
            raise UnreadableError("glyphs-as-paths", message)
        if any(page.pictures for page in pages):
            raise UnreadableError("scanned", "OFD 是扫描件，没有可读取的文字，请提供文字版")
    blocks, heads = read(sheets)
    top = "".join("".join(block.text.split()) for block in blocks[:8])
    title = bodies[0].title
    meta: Meta = {}
    for body in reversed(bodies):
        meta.update(body.meta)
    return Extracted(
        blocks=tuple(blocks),
        format="ofd",
        title=title if title and "".join(title.split()) in top else "",
        meta=meta,
        heads=heads,
    )


def _parse(data: bytes) -> "etree._Element":
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError("malformed", "OFD 文件的内容已损坏，请重新取得") from error


def _bodies(root: "etree._Element") -> list[_Body]:
    bodies = []
    for body in root:
        if local(body) != "DocBody":
            continue
        place, title = "", ""
        meta: Meta = {}
        for element in body.iter():
            name, text = local(element), tidy(element.text or "")
            if name == "DocRoot":
                place = text
            elif name == "Title":
                title = title or text[:300]
            elif name == "CreationDate" and len(text) >= 10:
                meta["created"] = text[:10]
            elif name == "CustomData" and len(meta) < _MAX_CUSTOM:
                key = tidy(element.get("Name", "")).lower()
                if key and not key.isascii() and text:
                    meta[key[:60]] = text[:300]
        if place:
            bodies.append(_Body(_resolved("", place), title, meta))
    if not bodies:
        raise UnreadableError("malformed", "OFD 文件没有指明文档，无法打开")
    return bodies


def _pages(archive: Archive, bodies: list[_Body]) -> list[OfdPage]:
    pages: list[OfdPage] = []
    broken = size = 0
    for body in bodies:
        document = archive.find(body.root)
        if document is None:
            broken += 1
            continue
        root = _parse(archive.read(document, _MAX_XML))
        box = _page_area(root)
        shared = _Shared(archive, posixpath.dirname(body.root), root)
        for place in _page_places(root):
            if len(pages) >= MAX_PAGES:
                message = f"OFD 超过 {MAX_PAGES} 页，请拆分后再添加"
                raise UnreadableError("too-large", message)
            entry = archive.find(_resolved(posixpath.dirname(body.root), place))
            try:
                if entry is None:
                    raise UnreadableError("malformed", "缺页")
                content = _parse(archive.read(entry, _MAX_XML))
                page = read_page(content, box, shared.templates(content), shared.units(content))
            except UnreadableError as error:
                if error.reason not in ("malformed",):
                    raise
                broken += 1
                continue
            pages.append(page)
            size += sum(len(sheet.glyphs) for sheet in page.sheets)
            if size > MAX_CHARS:
                message = f"OFD 的文字超过 {MAX_CHARS // 10_000} 万字，请拆分后再添加"
                raise UnreadableError("too-large", message)
    if not pages or broken > len(pages):
        raise UnreadableError("malformed", "OFD 的页面缺失或已损坏，请重新取得")
    return pages


class _Shared:
    """What the pages of a document share: templates and composite objects, each file read once."""

    def __init__(self, archive: Archive, folder: str, root: "etree._Element") -> None:
        self._archive = archive
        self._folder = folder
        self._files: dict[str, etree._Element | None] = {}
        self._templates = {
            str(e.get("ID")): str(e.get("BaseLoc"))
            for e in root.iter()
            if local(e) == "TemplatePage" and e.get("ID") and e.get("BaseLoc")
        }
        places = [e.text for e in root.iter() if local(e) in ("PublicRes", "DocumentRes")]
        self._units = self._defined(places)

    def templates(self, page: "etree._Element") -> list["etree._Element"]:
        """The templates that `page` is drawn on, as far as they can be read."""
        places = (self._templates.get(id, "") for id in template_ids(page))
        return [found for place in places if (found := self._file(place)) is not None]

    def units(self, page: "etree._Element") -> Mapping[str, "etree._Element"]:
        """The composite objects that `page` may use, by ID."""
        places = [e.text for e in page if local(e) == "PageRes"]
        return {**self._units, **self._defined(places)} if places else self._units

    def _defined(self, places: Sequence[str | None]) -> dict[str, "etree._Element"]:
        files = [self._file(place or "") for place in places]
        return {id: unit for file in files if file is not None for id, unit in units(file).items()}

    def _file(self, place: str) -> "etree._Element | None":
        if not place.strip():
            return None
        if place not in self._files and len(self._files) < _MAX_SHARED:
            entry = self._archive.find(_resolved(self._folder, place))
            try:
                read = self._archive.read(entry, _MAX_XML) if entry is not None else b""
                self._files[place] = _parse(read)
            except UnreadableError as error:
                if error.reason != "malformed":
                    raise
                self._files[place] = None  # the page is read without it
        return self._files.get(place)


def _page_area(root: "etree._Element") -> tuple[float, float]:
    for element in root.iter():
        if local(element) == "PhysicalBox":
            try:
                values = [float(v) for v in (element.text or "").split()]
            except ValueError:
                break
            if len(values) == 4 and all(0 < v < 10_000 for v in values[2:]):
                return values[2], values[3]
    return _A4


def _page_places(root: "etree._Element") -> Iterator[str]:
    for pages in root:
        if local(pages) == "Pages":
            for page in pages:
                if local(page) == "Page" and page.get("BaseLoc"):
                    yield str(page.get("BaseLoc"))


def _resolved(folder: str, place: str) -> str:
    """The archive path of a location named in one of its files."""
    place = place.strip().replace("\\", "/")
    path = place if place.startswith("/") else posixpath.join("/", folder, place)
    return posixpath.normpath(path).lstrip("/")
