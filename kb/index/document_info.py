"""Metadata of a published document, without its text."""

from dataclasses import dataclass
from datetime import date

from kb.documents import Audience, Kind, Status

FACETS = ("kind", "topic", "year", "region", "status", "issuer")
"""Facets: document fields used to count and filter results, in display order."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """Metadata of a published document, without its text. status: as shown today.

    added: when it first entered the index, ISO 8601. repeals: works it repeals in its own words.
    in_force: works it lists as in force (`kb.inforce`).
    length: unmasked characters of its text. copy_of: the document with the same text that is shown
    in its place; copies: the reverse. former: ids of removed documents that had the same text.
    alike: ids of near-duplicates, the fullest first.
    law_version: version in the law's address: empty for the main version, the date of another;
    None if it is addressed only by id, not by name.
    """

    id: str
    version: str
    title: str
    kind: Kind
    audience: Audience
    work: str = ""
    issuer: str = ""
    region: str = ""
    number: str = ""
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    year: int = 0
    status: Status | None = None
    status_note: str = ""
    topics: tuple[str, ...] = ()
    situation: str = ""
    checked: date | None = None
    as_of: date | None = None
    passages: int = 0
    added: str = ""
    repeals: tuple[str, ...] = ()
    in_force: tuple[str, ...] = ()
    length: int = 0
    copy_of: str = ""
    copies: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    law_version: str | None = None
