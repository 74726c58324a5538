"""All fields of one document, each from the most reliable statement of it."""

from collections.abc import Sequence
from datetime import date

from indexer.metadata import (
    audience,
    dates,
    filename,
    issuers,
    kinds,
    marks,
    numbers,
    record,
    statements,
    titles,
    years,
)
from indexer.metadata import front as fronts
from indexer.metadata.description import Defaults, Description
from indexer.metadata.filename import Named
from indexer.metadata.front import Front
from indexer.metadata.record import Record
from indexer.metadata.statements import Facts
from indexer.metadata.text import Lines, lines_of
from kb.documents import (
    INTERNAL_KINDS,
    NATIONAL_KINDS,
    STATUTE_KINDS,
    Audience,
    Block,
    Extracted,
    Kind,
)
from kb.regions import NATIONWIDE, find_region

_PAGES = frozenset({"html", "htm", "mhtml"})
_PREFACED = 3
_LINES_FOR_YEAR = 400
_LONGEST_WAIT = 365
"""Days after adoption beyond which a publication date implies an amended text."""


def describe(extracted: Extracted, blocks: Sequence[Block], defaults: Defaults) -> Description:
    """The fields of a document. Pure, and never raises on any text.

    blocks: those of `extracted` after cleaning, in reading order. The file's own statements take
    precedence over the text's, these over the source's defaults; only kind and audience of the source
    take precedence over what the text looks like, and the file can't widen its audience.
    """
    stated = statements.read(extracted.meta, extracted.format in _PAGES)
    lines = lines_of(blocks)
    notes = list(stated.notes)
    front = fronts.read(lines.head)
    named = filename.read(defaults.relpath)

    title, where = (
        (stated.title, "文件头")
        if stated.title
        else titles.find(extracted, blocks, lines, front, named)
    )
    number = stated.number or _number(title, lines, front)
    issuer, issuer_from = _issuer(title, stated, defaults, lines, front)
    acts = record.read(front.record, front.announced, title)
    kind, kind_from = _kind(
        stated,
        defaults,
        title=title,
        issuer=issuer,
        number=number,
        lines=lines,
        day=acts.published or named.day,
        catalogued=named.catalogued,
    )
    if not issuer:
        issuer, issuer_from = issuers.of_kind(kind), "文种"
    if kind in INTERNAL_KINDS and not issuer:
        issuer, issuer_from = issuers.of_text(lines.head), "正文自称"
    if kind in INTERNAL_KINDS:
        whole = [line for block in blocks for line in block.text.splitlines()]
        levelled = issuers.with_level(issuer, whole[:_LINES_FOR_YEAR])
        if levelled != issuer:
            issuer, issuer_from = levelled, f"{issuer_from}“{issuer}”，正文称“我{levelled[0]}”"

    published, published_from = _published(stated, lines, acts, named, kind)
    effective, effective_from = _effective(stated, lines, acts, title, kind, published)
    expires, expires_from = stated.expires, "文件所载"
    if expires is None:
        around = (*lines.head[: _PREFACED + 5], *lines.foot)
        expires, expires_from = dates.expires(around, effective or published)
    year, year_from = _year(
        stated, defaults, blocks, title=title, kind=kind, issued=published or effective
    )
    if not title:
        title, where = titles.infer(lines, issuer if kind in INTERNAL_KINDS else "", year), "推定"
    region, region_from = _region(title, kind, issuer, stated, defaults)
    seen_by, seen_from = _audience(kind, stated, defaults, lines)

    reasons: tuple[tuple[str, object, str], ...] = (
        ("题名", title, where),
        ("类别", kind.value, kind_from),
        ("可见范围", "内部" if seen_by is Audience.STAFF else "公开", seen_from),
        ("制定机关", issuer, issuer_from),
        ("地区", region, region_from),
        ("发文字号", number, "文件所载" if stated.number else "题名或文首"),
        ("公布日期", published, published_from),
        ("施行日期", effective, effective_from),
        ("失效日期", expires, expires_from),
        ("年份", year, year_from),
    )
    notes += [f"{name} {value}：{why}" for name, value, why in reasons if value]
    return Description(
        title=title,
        kind=kind,
        audience=seen_by,
        issuer=issuer,
        region=region,
        number=number,
        published=published,
        effective=effective,
        expires=expires,
        year=year,
        situation=stated.situation,
        checked=stated.checked,
        topics=stated.topics,
        notes=tuple(notes),
    )


def _number(title: str, lines: Lines, front: Front) -> str:
    """Beside the title before anywhere else: an announcement has a number of its own."""
    of_front = numbers.find(front.record) or numbers.find(lines.top[:15])
    return of_front or numbers.find(front.announced) or numbers.of_title(title)


def _issuer(
    title: str, stated: Facts, defaults: Defaults, lines: Lines, front: Front
) -> tuple[str, str]:
    found = (
        (stated.issuer, "文件所载"),
        (issuers.of_title(title), "题名"),
        (issuers.of_record((*front.announced, *front.record), title), "题注"),
        (issuers.of_signature(lines.foot), "落款"),
        (defaults.issuer, "来源设置"),
        (stated.source, "网页所载来源"),
    )
    return next(((name, why) for name, why in found if name), ("", ""))


def _kind(
    stated: Facts,
    defaults: Defaults,
    *,
    title: str,
    issuer: str,
    number: str,
    lines: Lines,
    day: date | None,
    catalogued: bool,
) -> tuple[Kind, str]:
    if stated.kind is not None:
        return stated.kind, "文件所载"
    if defaults.kind is not None:
        return defaults.kind, "来源设置"
    return kinds.kind_of(title, issuer, number, lines.head, day, catalogued)


def _published(
    stated: Facts, lines: Lines, acts: Record, named: Named, kind: Kind
) -> tuple[date | None, str]:
    if stated.published is not None:
        return stated.published, "文件所载"
    day, why = acts.published, "题注"
    if day is None:
        day, why = dates.published(lines.head, lines.foot)
    if named.day is None or not (named.catalogued or kind in STATUTE_KINDS):
        return day, why
    # The adopting body publishes it days later, and perhaps only the file name has that day.
    if acts.published is None or (named.day > acts.published and not acts.is_publication):
        return named.day, "文件名"
    return day, why


def _effective(
    stated: Facts, lines: Lines, acts: Record, title: str, kind: Kind, published: date | None
) -> tuple[date | None, str]:
    if stated.effective is not None:
        return stated.effective, "文件所载"
    if acts.effective is not None:
        return acts.effective, "题注或公告"
    day, why = record.closing(lines.closing, title, published)
    if kind not in STATUTE_KINDS:
        around = (*lines.head[: _PREFACED + 5], *lines.foot)
        return (day, why) if day else dates.effective(around, published)
    if day is None and not acts.at_once:
        # Elsewhere a statute mentions other numbers: only a standalone one is its own.
        alone = [line for line in lines.foot if line.startswith("自")]
        day, why = dates.effective(alone, published)
    if published is None:
        return day, why
    if day is None:
        words = "题注" if acts.at_once else "未载明，按公布日期"
        return published, words
    unsaid = acts.published is not None and (published - acts.published).days > _LONGEST_WAIT
    if day < published and (acts.amended or unsaid):
        return published, f"修改后的文本，按公布日期（“{why}”是首次施行）"
    return day, why


def _year(
    stated: Facts,
    defaults: Defaults,
    blocks: Sequence[Block],
    *,
    title: str,
    kind: Kind,
    issued: date | None,
) -> tuple[int, str]:
    if stated.year:
        return stated.year, "文件头"
    in_title = years.of_title(title)
    if kind not in INTERNAL_KINDS:
        return (issued.year, "公布日期") if issued else (in_title, "题名")
    if in_title:
        return in_title, "题名"
    in_path = years.of_title(defaults.relpath[-200:])
    if kind is Kind.WORK_SUMMARY:
        rows = (" ".join(row.split()) for b in blocks for row in b.text.splitlines())
        lines = [row[:1_500] for row in rows if row][:_LINES_FOR_YEAR]
        year, why = years.of_summary(lines)
        if year:
            return year, why
    if in_path:
        return in_path, "文件名"
    return (issued.year, "公布日期") if issued else (0, "")


def _region(
    title: str, kind: Kind, issuer: str, stated: Facts, defaults: Defaults
) -> tuple[str, str]:
    if stated.region:
        return find_region(stated.region) or stated.region, "文件头"
    if kind in NATIONAL_KINDS:
        return NATIONWIDE, kind.value
    for text, why in ((issuer, "制定机关"), (title, "题名")):
        region = find_region(text)
        if region:
            return region, why
    return find_region(defaults.region) or defaults.region, "来源设置"


def _audience(kind: Kind, stated: Facts, defaults: Defaults, lines: Lines) -> tuple[Audience, str]:
    base = audience.audience_of(kind, defaults)
    if base is Audience.STAFF:
        why = "来源设置" if defaults.audience is not None else f"{kind.value}默认只供内部"
        if stated.audience is Audience.PUBLIC:
            why += "，文件头写 public 不采用"
        return base, why
    if stated.audience is Audience.STAFF:
        return Audience.STAFF, "文件头"
    # As in front matter: a document may narrow its audience, whatever its source says.
    mark = marks.internal(lines.head, lines.foot)
    if mark:
        return Audience.STAFF, f"文中标注“{mark}”"
    return base, "来源设置" if defaults.audience is not None else "默认"
