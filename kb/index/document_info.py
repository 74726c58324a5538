"""What is known of a published document without its text."""

from dataclasses import dataclass
from datetime import date

from kb.documents import Audience, Kind, Status

FACETS = ("kind", "topic", "year", "region", "status", "issuer")
"""Fields of a document by which results are counted and narrowed, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What is known of a published document without its text. status: as shown today.

    added: when it first came into the index, ISO 8601. repeals: works it repeals in its own words.
    length: characters of its text that aren't masked. copy_of: the document that is shown in its
    place, as both are one text; copies: the reverse. former: ids of documents that are gone and
    were the same text. alike: ids of those that are nearly the same text, the fullest first.
    law_version: what its law's address carries: nothing for the main version, the date of another;
    None where it has no address by name, only by id.
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
    length: int = 0
    copy_of: str = ""
    copies: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    law_version: str | None = None
