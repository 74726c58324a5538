"""A unit of a LawRefBook checkout → a document."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from indexer.assemble import assemble
from indexer.clean import clean
from indexer.extract import signatures
from indexer.extract.encoding import decode
from indexer.extract.tidy import label, tidy
from indexer.metadata import Description, marks
from indexer.metadata.issuers import of_kind
from indexer.metadata.record import decision
from indexer.sources.lawrefbook import (
    MARK,
    Database,
    Row,
    kind_of_folder,
    ministry_of_folder,
    split_name,
)
from indexer.sources.scan import Unit
from indexer.statute_head import Head, effective_in, read_head
from indexer.structure import structure
from kb import numerals, regions
from kb.documents import (
    STATUTE_KINDS,
    Audience,
    Block,
    Document,
    Extracted,
    Kind,
    Passage,
    Removed,
    Status,
)
from kb.errors import UnreadableError
from kb.lawnames import work_of
from kb.settings import SourceConfig

_CLOSING = 3
"""Number of last passages of a statute that are searched for when it takes effect."""
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")


def read_statute(
    unit: Unit, contents: Sequence[bytes], config: SourceConfig, database: Database
) -> Document:
    """Reads the files of a unit into one document. Raises UnreadableError.

    A file without the end-of-head mark is all text. Facts of the database take precedence over those
    of the head, these over the file name's.
    """
    parts = [_Part(data) for data in contents]
    for part in parts:
        lines = (*(Block(line) for line in (*part.titles, *part.head)), *part.blocks)
        marks.refuse_classified(Extracted(lines, "md"))
    path = unit.files[0].path
    name, named_date = split_name(path if len(unit.files) == 1 else unit.key)
    by_folder = kind_of_folder(path)
    kind = config.kind or by_folder or Kind.OTHER
    row = database.find(name, named_date)
    if row and row.kind and not config.kind and by_folder is not Kind.OTHER:
        # A file in the folder 其他 is no statute, whatever its row says.
        kind = row.kind
    title = label(parts[0].titles[0] if parts[0].titles else name)
    head = read_head(parts[0].head, title)
    listed = (row.publish if row else None) or named_date
    # A text amended since it was listed says so in its head.
    published = max(filter(None, (listed, head.published)), default=None)
    passages: list[Passage] = []
    removed: list[Removed] = []
    for part, heading in _headed(_in_order(parts)):
        kept, out = clean(Extracted(part.blocks, "md", part.encoding))
        passages += structure(kind, kept, title, (heading,) if heading else ())
        removed += out
    passages = _renumbered(passages) if len(parts) > 1 else passages
    statute = kind in STATUTE_KINDS
    work = work_of(name if len(parts) == 1 else title)
    about = Description(
        title=title,
        kind=kind,
        audience=config.audience or Audience.PUBLIC,
        issuer=config.issuer or head.issuer or ministry_of_folder(path) or _maker(kind, title),
        region=config.region or _region(kind, title, head.issuer),
        number=head.number,
        published=published,
        effective=_effective(head, row if published == listed else None, passages, published, work)
        if statute
        else head.effective,
        year=published.year if published else 0,
    )
    return assemble(
        Extracted((), "md", parts[0].encoding),
        about,
        passages,
        removed,
        replace(config, as_of=config.as_of or database.as_of),
        unit.key,
        work=work if statute else None,
        version=listed or head.published,
        status=_status(statute, row.expired if row else False),
    )


def _effective(
    head: Head, row: Row | None, passages: Sequence[Passage], published: date | None, work: str
) -> date | None:
    """From when this version holds. row: that of the database, if it is of this version."""
    decided = decision(head.text, published, work)
    if decided is not None:
        return decided.effective
    return (
        head.effective
        or (row.valid_from if row else None)
        or effective_in([p.text for p in passages[-_CLOSING:]], published)
    )


class _Part:
    """One parsed file: headings of the first level, lines of the head, blocks of the text."""

    def __init__(self, data: bytes) -> None:
        # An empty, truncated download must not replace the existing law.
        if not data.strip(b"\0 \t\r\n"):
            raise UnreadableError("empty", "文件是空的")
        known = signatures.recognise(data)
        if known is not None:
            raise UnreadableError("unsupported", f"这是{known.label}，不是法规文本。")
        text, self.encoding = decode(data)
        head, mark, body = text.partition(MARK)
        skipped = head.count("\n") if mark else 0
        if not mark:
            head, body = "", text
        self.titles: list[str] = []
        self.head: list[str] = []
        for line in head.splitlines():
            m = _HEADING.match(line)
            if m and m[1] == "#":
                self.titles.append(tidy(m[2]))
            elif line.strip():
                self.head.append(tidy(line))
        self.blocks = tuple(_blocks(body, skipped + 1))


def _blocks(body: str, first: int) -> list[Block]:
    found = []
    for number, line in enumerate(body.split("\n"), start=first):
        stripped = tidy(line)
        if not stripped:
            continue
        m = _HEADING.match(stripped)
        found.append(Block(m[2], number, len(m[1])) if m else Block(stripped, number))
    return found


def _headed(parts: list[_Part]) -> list[tuple[_Part, str]]:
    """Each part with its heading in the law: 婚姻家庭编 is 第五编 婚姻家庭, 附则 has no number."""
    if len(parts) == 1:
        return [(parts[0], "")]
    found = []
    number = 0
    for part in parts:
        name = part.titles[1] if len(part.titles) > 1 else ""
        if name.endswith("编") or name in ("总则", "分则"):
            number += 1
            name = f"第{numerals.write(number)}编 {name.removesuffix('编')}"
        found.append((part, name))
    return found


def _in_order(parts: list[_Part]) -> list[_Part]:
    """Parts ordered by their first article, so that the 编 are in the order of the law."""
    if len(parts) == 1:
        return parts

    def first_article(part: _Part) -> int:
        for passage in structure(Kind.LAW, part.blocks):
            if passage.number:
                return passage.number.number
        return 10**6

    return sorted(parts, key=first_article)


def _renumbered(passages: Sequence[Passage]) -> list[Passage]:
    """Passages of several parts with anchors unique in the whole."""
    seen: dict[str, int] = {}
    count = 0
    found = []
    for p in passages:
        if p.article:
            seen[p.anchor] = seen.get(p.anchor, 0) + 1
            again = f"{p.anchor}.{seen[p.anchor]}" if seen[p.anchor] > 1 else p.anchor
            anchor = again
        else:
            count += 1
            anchor = f"p{count}"
        found.append(Passage(anchor, p.label, p.path, p.text, p.kind, p.article))
    return found


def _maker(kind: Kind, title: str) -> str:
    """Who makes texts of a kind, where the head is silent: of a place its standing committee, as a
    congress itself passes few."""
    region = regions.find_region(title) if kind is Kind.LOCAL_REGULATION else ""
    place = region.removeprefix(regions.province_of(region)) or region
    return f"{place}人民代表大会常务委员会" if place else of_kind(kind)


def _region(kind: Kind, title: str, issuer: str) -> str:
    if kind in (Kind.LOCAL_REGULATION, Kind.LOCAL_RULE):
        return regions.find_region(title) or regions.find_region(issuer)
    return regions.NATIONWIDE if kind in STATUTE_KINDS else ""


def _status(statute: bool, expired: bool) -> Status | None:
    """As the source states it; `kb.validity` decides which version applies on a day."""
    if not statute:
        return None
    return Status.REPEALED if expired else Status.IN_FORCE
