"""Word documents (.docx, also as WPS and LibreOffice write them) to blocks, from the XML itself.

Read with lxml, not python-docx, which requires every part of the package and ignores automatic
numbering, notes, text boxes, fields and tracked changes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

from lxml import etree

from indexer.extract import encoding, html, plain
from indexer.extract.docx.body import Paragraph, Reader
from indexer.extract.docx.names import value, w
from indexer.extract.docx.numbering import Numbering
from indexer.extract.docx.styles import Styles
from indexer.extract.package import Package, Relation, names
from indexer.extract.tidy import starts_item, tidy
from kb.documents import Block, Extracted
from kb.errors import UnreadableError

_MAIN = re.compile(r"word/document\d*\.xml")
_LOST: Final = b"word/document"
_ZIP_PART: Final = 65_536
_TITLE_BLOCKS: Final = 6
_HEADER = re.compile(r"word/header\d{0,4}\.xml")
_HEADERS: Final = 20
_UNREAD: Final = "（此处插入的文件未能读取）"
_DEEPEST: Final = 6
_SEPARATORS: Final = frozenset({"separator", "continuationSeparator", "continuationNotice"})
_CORE: Final = {"created": "created", "modified": "modified", "creator": "author"}


def sniff(data: bytes) -> bool:
    """Whether `data` is a Word document, even a truncated one."""
    if not data.startswith(b"PK"):
        return False
    found = names(data)
    return any(_MAIN.fullmatch(name) for name in found) or (not found and _LOST in data[:_ZIP_PART])


def extract(data: bytes, form: str = "docx") -> Extracted:
    """The text of a document, without page headers and footers, deleted and hidden text.

    Headings by style or outline level; the title is heading 1, others 2 to 6. Table rows are
    blocks of cells separated by " | ". Foot- and endnotes come last, under 附注 so that they
    are not part of the last article: 注1：…. `meta` holds created, modified (dates) and author.
    `form`: the format's name in messages.

    Raises UnreadableError: malformed, too-large, encrypted.
    """
    package = Package(data)
    main = package.related("", "officeDocument", "")
    if not _MAIN.fullmatch(main):
        main = min((n for n in package.parts if _MAIN.fullmatch(n)), default="word/document.xml")
    root = package.xml(main)
    body = root.find(w("body")) if root is not None else None
    if root is None or body is None:
        raise UnreadableError("malformed", "文件里缺少正文部件，请用 Word 或 WPS 打开后另存")
    styles = Styles(_part(package, main, "styles"))
    reader = Reader(
        styles,
        Numbering(_part(package, main, "numbering"), styles),
        inserted=partial(_inserted, package, package.relations(main), set()),
    )
    paragraphs = reader.story(body)
    notes = list(_notes(package, main, reader))
    title, blocks = _headed(paragraphs)
    core_title, meta = _core(package)
    return Extracted(
        blocks=(*blocks, *([Block("附注"), *notes] if notes else [])),
        format=form,
        title=title or _confirmed(core_title, blocks),
        meta=dict(meta),
        heads=tuple(_heads(package, reader)),
    )


def _inserted(
    package: Package, relations: Mapping[str, Relation], seen: set[str], relation: str
) -> list[str]:
    """The lines of a web page or text that other programs insert as a file. Each file once; of other
    formats nothing but that it is there."""
    found = relations.get(relation)
    data = package.read(found.target) if found and found.kind == "aFChunk" else None
    if found is None or data is None or found.target in seen:
        return []
    seen.add(found.target)
    try:
        text, used = encoding.decode(data, encoding.declared_charset(data))
    except UnreadableError:
        return [_UNREAD]
    read = html.extract if html.sniff(found.target, text) else plain.extract
    blocks = [] if text.startswith("MIME-Version") else read(text, used).blocks
    return [block.text for block in blocks] or [_UNREAD]


def _part(package: Package, main: str, kind: str) -> etree._Element | None:
    folder = main.rpartition("/")[0]
    return package.optional_xml(package.related(main, kind, f"{folder}/{kind}.xml"))


def _heads(package: Package, reader: Reader) -> Iterator[str]:
    """The page headers: not text, but they may state who may read it."""
    named = sorted(name for name in package.parts if _HEADER.fullmatch(name))
    for name in named[:_HEADERS]:
        root = package.optional_xml(name)
        if root is not None:
            yield from (p.text for p in reader.story(root))


def _notes(package: Package, main: str, reader: Reader) -> Iterator[Block]:
    """The notes referred to, in order of reference. Notes cannot have notes."""
    known: dict[tuple[str, str], etree._Element] = {}
    for kind in ("footnotes", "endnotes"):
        root = _part(package, main, kind)
        for note in root if root is not None else ():
            if value(note, "type") not in _SEPARATORS:
                known.setdefault((kind, value(note, "id")), note)
    count = 0
    for reference in dict.fromkeys(reader.notes):
        found = known.get(reference)
        text = " ".join(p.text for p in reader.story(found)) if found is not None else ""
        if text:
            count += 1
            yield Block(f"注{count}：{text}")


def _headed(paragraphs: Sequence[Paragraph]) -> tuple[str, list[Block]]:
    """The title, and the blocks with heading 1 for the title and 2 to 6 for headings below it."""
    title = _title(paragraphs)
    blocks = []
    for at, paragraph in enumerate(paragraphs):
        if at in title:
            heading = 1
        elif paragraph.level >= 0 or paragraph.title:
            heading = min(max(paragraph.level, 0) + 2, _DEEPEST)
        else:
            heading = 0
        blocks.append(Block(paragraph.text, 0, heading))
    return "".join(paragraphs[at].text for at in title), blocks


def _title(paragraphs: Sequence[Paragraph]) -> range:
    """The title paragraphs: those in its style, or the only heading of the highest level.

    Both only at the start, and unnumbered, because the style 标题 is used for anything.
    """
    first = next((i for i, p in enumerate(paragraphs[:_TITLE_BLOCKS]) if p.title), None)
    if first is not None and not starts_item(paragraphs[first].text):
        end = first + 1
        while end < len(paragraphs) and paragraphs[end].title and end < first + 3:
            if starts_item(paragraphs[end].text):
                break
            end += 1
        if not any(p.title for p in paragraphs[end:]):
            return range(first, end)
    headings = [at for at, p in enumerate(paragraphs) if p.level >= 0 or p.title]
    if not headings or headings[0] >= _TITLE_BLOCKS:
        return range(0)
    top = paragraphs[headings[0]]
    alone = all(paragraphs[at].level > top.level for at in headings[1:])
    if alone and not starts_item(top.text):
        return range(headings[0], headings[0] + 1)
    return range(0)


def _core(package: Package) -> tuple[str, dict[str, str | date]]:
    """The title of the core properties, and created, modified, author if stated."""
    root = package.optional_xml(package.related("", "core-properties", "docprops/core.xml"))
    meta: dict[str, str | date] = {}
    title = ""
    for element in root if root is not None else ():
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        text = tidy(" ".join((element.text or "").split()))[:200]
        if name == "title":
            title = text
        elif name in _CORE and text:
            key = _CORE[name]
            if key == "author":
                meta[key] = text
                continue
            try:
                meta[key] = date.fromisoformat(text[:10])
            except ValueError:
                continue
    return title, meta


def _confirmed(title: str, blocks: Sequence[Block]) -> str:
    """A stated title if the document starts with it: templates leave theirs in many files."""
    wanted = "".join(title.split())
    opening = "".join("".join(b.text.split()) for b in blocks[:_TITLE_BLOCKS])
    return title if wanted and wanted in opening else ""
