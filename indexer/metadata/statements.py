"""Metadata that a file states: front matter, and the <meta> and labels of pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from indexer.metadata import dates, numbers
from indexer.metadata.issuers import tidy
from indexer.metadata.text import clean
from kb import headfields
from kb.documents import Audience, Extracted, Kind, Status
from kb.topics import find as find_topic

_FIRST_YEAR, _LAST_YEAR = 1949, 2100
_LONGEST = 200
_MOST_TOPICS = 20

_ISSUER = ("发文机关", "制定机关", "公布机关", "发文机构", "发布机构")
_SOURCE = ("contentsource", "来源", "信息来源")
_NUMBER = ("发文字号", "文号", "文件编号")
_PUBLISHED = ("公布日期", "成文日期", "发文日期", "发布日期", "生成日期", "pubdate", "公开日期")
_EFFECTIVE = ("施行日期", "生效日期", "实施日期")
_EXPIRES = ("失效日期", "废止日期")
_DATABASE = ("数据库编号", "原文地址", "法律性质")
_ADDRESS = re.compile(r"https?://[!-~]{1,1900}")
_STATES = {
    "有效": Status.IN_FORCE,
    "失效": Status.REPEALED,
    "已失效": Status.REPEALED,
    **{status.value: status for status in Status},
}
_ENDED = re.compile(r"[（(](?:宣告)?失效[)）]$")
"""A database's word on the state of a text behind its title, no part of the title."""

AS_OF = "数据截至"
"""The label of the date of a listing's statements."""

_NO_NAME = re.compile(r"\d{4}-\d|\d{4}年|\d:\d|^[\W\d]*$|来源$")

Meta = Mapping[str, str | list[str] | date]


@dataclass(slots=True)
class Facts:
    """Stated values that are valid; `notes` names invalid ones. Filled once by `read`."""

    title: str = ""
    kind: Kind | None = None
    audience: Audience | None = None
    issuer: str = ""
    source: str = ""
    region: str = ""
    number: str = ""
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    checked: date | None = None
    year: int = 0
    situation: str = ""
    topics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read(meta: Meta, is_page: bool) -> Facts:
    """`is_page`: a web page's <meta> describe the site, not the document: only labels count."""
    facts, notes = Facts(), []
    if not is_page:
        notes = _front_matter(meta, facts)
    facts.issuer = facts.issuer or tidy(_first(meta, _ISSUER))
    source = tidy(_first(meta, _SOURCE))
    # The label may be followed by the page's own time instead.
    facts.source = "" if _NO_NAME.search(source) else source
    facts.number = facts.number or numbers.parse(_first(meta, _NUMBER))
    facts.published = facts.published or _first_date(meta, _PUBLISHED)
    facts.effective = facts.effective or _first_date(meta, _EFFECTIVE)
    facts.expires = facts.expires or _first_date(meta, _EXPIRES)
    if facts.kind is None and _text(meta, "效力级别") in set(Kind):
        facts.kind = Kind(_text(meta, "效力级别"))
    notes += [f"{label} {text}：来源所载" for label in _DATABASE if (text := _text(meta, label))]
    facts.notes = tuple(notes)
    return facts


def listed(extracted: Extracted, facts: Sequence[tuple[str, str]]) -> Extracted:
    """`extracted` with the metadata of its listing, which takes precedence over the file's:
    labels as on pages (公布日期, 制定机关, 效力级别 …), articletitle for the title."""
    if not facts:
        return extracted
    stated = dict(facts)
    title = stated.get("articletitle") or extracted.title
    return replace(extracted, title=title, meta={**extracted.meta, **stated})


def headed(extracted: Extracted, fields: headfields.Fields) -> Extracted:
    """`extracted` with the fields of its front matter under the names that `read` knows, whatever the
    collection calls them. Of several categories only kinds of documents count."""
    meta = extracted.meta
    if not meta:
        return extracted
    named = {
        field: next((meta[n] for n in names if meta.get(n) not in (None, "", [])), None)
        for field, names in headfields.names(fields).items()
    }
    categories = named["kind"]
    if isinstance(categories, list):
        named["kind"] = next((c for c in categories if c in set(Kind)), None)
    title = named["title"]
    if isinstance(title, str) and (ended := _ENDED.search(title)):
        named["title"] = title[: ended.start()]
        if str(named["status"]) not in _STATES:
            named["status"] = Status.REPEALED.value
    kept = {k: v for k, v in meta.items() if k not in named}
    stated = {k: v for k, v in named.items() if v is not None}
    labels = {"数据库编号": stated.pop("id", None), "原文地址": stated.pop("url", None)}
    return replace(
        extracted,
        title=str(stated.get("title", extracted.title)),
        meta={**kept, **stated, **{k: v for k, v in labels.items() if v is not None}},
    )


def status(meta: Meta) -> Status | None:
    """The stated 时效性, None if there is none."""
    return _STATES.get(_text(meta, "时效性") or _text(meta, "status"))


def address(meta: Meta) -> str:
    """The stated address of the original, empty if it states none on the web."""
    value = meta.get("原文地址")
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) and _ADDRESS.fullmatch(first) else ""


def as_of(meta: Meta) -> date | None:
    """The date of a listing's statements, None if it gives none."""
    return _first_date(meta, (AS_OF,))


def _front_matter(meta: Meta, facts: Facts) -> list[str]:
    notes = []
    facts.title = _text(meta, "title")
    facts.issuer = tidy(_text(meta, "issuer"))
    facts.region = _text(meta, "region")[:40]
    facts.situation = _text(meta, "situation")
    stated = _text(meta, "number")
    facts.number = numbers.parse(stated) or stated[:60]
    for key in ("published", "effective", "expires", "checked"):
        value = meta.get(key)
        if value not in (None, ""):
            day = dates.parse(value)
            setattr(facts, key, day)
            if day is None:
                notes.append(_invalid(key, value, "应为 2023-05-01 这样的日期"))
    kind = _text(meta, "kind")
    if kind in set(Kind):
        facts.kind = Kind(kind)
    elif kind:
        notes.append(_invalid("kind", kind, "不是已有的类别"))
    audience = _text(meta, "audience")
    if audience in set(Audience):
        facts.audience = Audience(audience)
    elif audience:
        notes.append(_invalid("audience", audience, "应为 public 或 staff"))
        # An unknown value was meant as a restriction.
        facts.audience = Audience.STAFF
    year = _text(meta, "year")
    if year.isascii() and year.isdigit() and _FIRST_YEAR <= int(year[:9]) <= _LAST_YEAR:
        facts.year = int(year)
    elif year:
        notes.append(_invalid("year", year, "应为四位年份"))
    facts.topics = _topics(meta.get("topics"), notes)
    return notes


def _topics(value: str | list[str] | date | None, notes: list[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        for mark in "，,、;；":
            value = value.replace(mark, "\n")
        value = value.splitlines()
    if not isinstance(value, list):
        return ()
    names: dict[str, None] = {}
    for word in value[:_MOST_TOPICS]:
        topic = find_topic(word.strip()) if word.strip() else None
        if topic is not None:
            names[topic.name] = None
        elif word.strip():
            notes.append(_invalid("topics", word, "不是已有的主题"))
    return tuple(names)


def _invalid(key: str, value: object, why: str) -> str:
    return f"文件头 {key}：“{str(value)[:40]}”{why}，未采用"


def _text(meta: Meta, key: str) -> str:
    value = meta.get(key)
    if isinstance(value, list):
        value = "、".join(str(v) for v in value)
    return clean(str(value))[:_LONGEST] if value is not None else ""


def _first(meta: Meta, keys: tuple[str, ...]) -> str:
    return next((text for text in (_text(meta, key) for key in keys) if text), "")


def _first_date(meta: Meta, keys: tuple[str, ...]) -> date | None:
    for key in keys:
        value = meta.get(key)
        day = dates.parse(clean(value) if isinstance(value, str) else value)
        if day is not None:
            return day
    return None
