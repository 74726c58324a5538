"""Data passed between stages: documents, their passages, and the origin of each field's value.

Everything here is frozen. A `Document` is one version of one text; its passages are searched and
cited. `to_json` and `from_json` are exact inverses: the library stores that form.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from kb import numerals


class Kind(StrEnum):
    """Kinds of documents, in display order (效力级别 first)."""

    CONSTITUTION = "宪法"
    LAW = "法律"
    ADMINISTRATIVE_REGULATION = "行政法规"
    SUPERVISION_REGULATION = "监察法规"
    INTERPRETATION = "司法解释"
    LOCAL_REGULATION = "地方性法规"
    DEPARTMENT_RULE = "部门规章"
    LOCAL_RULE = "地方政府规章"
    NORMATIVE_DOCUMENT = "规范性文件"
    PARTY_REGULATION = "党内法规"
    PUBLICITY_PLAN = "普法规划"
    WORK_SUMMARY = "工作总结"
    WORK_PLAN = "工作计划"
    PUBLICITY_MATERIAL = "宣传资料"
    GUIDE = "普法指南"
    CASE = "案例"
    QUESTION_ANSWER = "问答"
    OTHER = "其他"


NATIONAL_KINDS = frozenset(
    {
        Kind.CONSTITUTION,
        Kind.LAW,
        Kind.ADMINISTRATIVE_REGULATION,
        Kind.SUPERVISION_REGULATION,
        Kind.INTERPRETATION,
        Kind.DEPARTMENT_RULE,
    }
)
"""Kinds enacted by national bodies: they apply everywhere."""

STATUTE_KINDS = NATIONAL_KINDS | {Kind.LOCAL_REGULATION, Kind.LOCAL_RULE}
"""Kinds whose articles are in force or not, so that they have a 时效性; the others have none."""

INTERNAL_KINDS = frozenset({Kind.WORK_SUMMARY, Kind.WORK_PLAN})
"""Kinds that are staff-only unless their source says otherwise."""


class Status(StrEnum):
    """时效性."""

    IN_FORCE = "现行有效"
    AMENDED = "已修改"
    REPEALED = "已废止"
    PENDING = "尚未生效"


class Audience(StrEnum):
    """Who may see a document. Staff see both."""

    PUBLIC = "public"
    STAFF = "staff"

    def may_see(self, other: "Audience") -> bool:
        """Whether this audience may see content for the other. Nothing else compares audiences:
        everything shown to readers is computed from what passed here."""
        return self is Audience.STAFF or other is Audience.PUBLIC


class PassageKind(StrEnum):
    """The role of a passage in its document."""

    ARTICLE = "article"
    PREAMBLE = "preamble"
    PARAGRAPH = "paragraph"
    SCHEDULE = "schedule"
    QUESTION = "question"


@dataclass(frozen=True, slots=True, order=True)
class ArticleNumber:
    """第number条 or 第number条之sub. `key` is its form in addresses: 1043, 120-1."""

    number: int
    sub: int = 0

    @property
    def key(self) -> str:
        return f"{self.number}-{self.sub}" if self.sub else str(self.number)

    @property
    def label(self) -> str:
        tail = f"之{numerals.write(self.sub)}" if self.sub else ""
        return f"第{numerals.write(self.number)}条{tail}"

    @classmethod
    def parse(cls, text: str) -> "ArticleNumber | None":
        """Parses 1043, 120-1, 第一千零四十三条, 第120条之一; returns None for anything else."""
        m = _ARTICLE.fullmatch(text.strip())
        if m is None:
            return None
        number, sub = numerals.parse(m["n"]), numerals.parse(m["s"]) if m["s"] else 0
        return cls(number, sub or 0) if number is not None and sub is not None else None


_N = rf"[0-9{numerals.NUMERAL}]{{1,9}}"
_ARTICLE = re.compile(rf"第?(?P<n>{_N})条?(?:(?:之|-)(?P<s>{_N}))?")


@dataclass(frozen=True, slots=True)
class Passage:
    """One searchable, citable piece of a document.

    anchor: stable within the document and its later versions; a1043, a120-1 for articles, else p1,
        p2 … in order. text: without its own label; paragraphs (款) are separated by a single \\n.
    path: headings above it, outermost first. label: 第一千零四十三条, （一）, 一是, or empty.
    """

    anchor: str
    label: str
    path: tuple[str, ...]
    text: str
    kind: PassageKind = PassageKind.PARAGRAPH
    article: str = ""

    @property
    def number(self) -> ArticleNumber | None:
        return ArticleNumber.parse(self.article) if self.article else None


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """A topic and its evidence: where it occurs (标题, 小标题 or 正文) and how often."""

    topic: str
    where: str
    count: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Text removed by cleaning, with the rule that removed it. line is 1-based."""

    rule: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a document. Unknown dates are None; an unknown year is 0.

    id: stable across refreshes and machines (see `document_id`). work: for statutes the canonical
    short title all versions share (民法典), else empty. status: as the source states it; the status
    shown comes from `kb.validity`, which also considers the other versions and today's date.
    as_of: date up to which the source is known to be complete; None if it doesn't say. address: of
    the original on the web, as the file states it.
    """

    id: str
    title: str
    kind: Kind
    audience: Audience
    passages: tuple[Passage, ...]
    work: str = ""
    issuer: str = ""
    region: str = ""
    number: str = ""
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    year: int = 0
    status: Status | None = None
    topics: tuple[TopicMatch, ...] = ()
    situation: str = ""
    checked: date | None = None
    as_of: date | None = None
    format: str = ""
    encoding: str = ""
    removed: tuple[Removed, ...] = ()
    notes: tuple[str, ...] = ()
    address: str = ""

    @property
    def is_statute(self) -> bool:
        return self.kind in STATUTE_KINDS

    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON: equal documents, equal hashes, on every machine."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()


_DATES = ("published", "effective", "expires", "checked", "as_of")

_LATER = ("address",)
"""Fields added since the first release: left out while empty, so that hashes of older versions stay right."""


def to_json(document: Document) -> str:
    """Canonical JSON: sorted keys, no white space, dates as ISO strings."""
    data: dict[str, Any] = asdict(document)
    for name in _DATES:
        data[name] = data[name].isoformat() if data[name] else None
    for name in _LATER:
        if not data[name]:
            del data[name]
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str | bytes) -> Document:
    """The inverse of `to_json`. Raises ValueError, KeyError or TypeError on other JSON."""
    data = json.loads(text)
    for name in _DATES:
        data[name] = date.fromisoformat(data[name]) if data[name] else None
    data["kind"] = Kind(data["kind"])
    data["audience"] = Audience(data["audience"])
    data["status"] = Status(data["status"]) if data["status"] else None
    data["topics"] = tuple(TopicMatch(**t) for t in data["topics"])
    data["removed"] = tuple(Removed(**r) for r in data["removed"])
    data["notes"] = tuple(data["notes"])
    data["passages"] = tuple(
        Passage(
            anchor=p["anchor"],
            label=p["label"],
            path=tuple(p["path"]),
            text=p["text"],
            kind=PassageKind(p["kind"]),
            article=p["article"],
        )
        for p in data["passages"]
    )
    return Document(**data)


def document_id(*identity: str) -> str:
    """A short, stable id from a document's identity: 12 characters a-z2-7 (60 bits).

    In a LawRefBook checkout, the identity is the law's title and version date, wherever the file is;
    anywhere else it is the source's name and the path in it.
    """
    digest = hashlib.sha256("\x1f".join(identity).encode()).digest()
    value = int.from_bytes(digest[:8], "big") >> 4
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[value >> s & 31] for s in range(55, -5, -5))


@dataclass(frozen=True, slots=True)
class Block:
    """A text block between extraction and structuring. Inner line breaks are significant.

    line: 1-based start line in the source, 0 if the format has no lines.
    heading: 1-6 if the format marks a heading, else 0.
    """

    text: str
    line: int = 0
    heading: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """Content extracted from one file: blocks in reading order and the format's metadata.

    meta: front matter or <meta> values, keys lower case; title: the format's own title or empty;
    format: txt, md, html …; encoding: as detected, or empty for binary formats. heads: text at the top
    of each page, including running heads, if the format has pages.
    """

    blocks: tuple[Block, ...]
    format: str
    encoding: str = ""
    title: str = ""
    meta: dict[str, str | list[str] | date] = field(default_factory=dict)
    heads: tuple[str, ...] = ()
