"""Metadata of a published document, without its text."""

from dataclasses import dataclass
from datetime import date

from kb.documents import Audience, Kind, Status
from kb.validity import Evidence, words

FACETS = ("kind", "topic", "year", "region", "status", "issuer")
"""Facets: document fields used to count and filter results, in display order."""

CONFIRMED, UNCONFIRMED = "近期核实有效", "有效待核实"
"""Values of the facet status beside 现行有效, which has both: whether that is known within the horizon."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """Metadata of a published document, without its text. status: as shown today.

    status_as_of, confirmed, old_text, evidence: as in `kb.validity.Shown`. added: when it first entered
    the index, ISO 8601. repeals: works it replaces in its own words; ends, amends: what a decision
    repeals or amends. text: equal for equal articles. in_force: works it lists as in
    force (`kb.lists`).
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
    status_as_of: date | None = None
    confirmed: bool = True
    old_text: bool = False
    evidence: tuple[Evidence, ...] = ()
    topics: tuple[str, ...] = ()
    situation: str = ""
    checked: date | None = None
    as_of: date | None = None
    passages: int = 0
    added: str = ""
    repeals: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    amends: tuple[str, ...] = ()
    text: str = ""
    in_force: tuple[str, ...] = ()
    length: int = 0
    copy_of: str = ""
    copies: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    law_version: str | None = None

    @property
    def status_words(self) -> str:
        """The status as displayed: 现行有效 only if that is confirmed."""
        return words(self.status, self.status_as_of, confirmed=self.confirmed)

    @property
    def applies(self) -> bool:
        """Whether the base has no newer text of it that applies: in force as far as known, or the newest
        held of a work whose new text is missing. What has no 时效性 applies."""
        return self.status in (None, Status.IN_FORCE) or self.old_text
