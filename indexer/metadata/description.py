"""What goes in beside the text, and what comes out."""

from dataclasses import dataclass
from datetime import date

from kb.documents import Audience, Kind


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the source states for all its documents; empty or None where it states nothing.

    relpath: path of the file in its source, with / between its parts.
    """

    kind: Kind | None = None
    audience: Audience | None = None
    region: str = ""
    issuer: str = ""
    source_name: str = ""
    relpath: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """The fields of a document. Dates are None where unknown, year 0, strings empty.

    year: the year reported on for summaries and plans, else the year of publication. topics: only
    those the file itself states, by their names in the catalogue. notes: why the fields have their
    values, one for each (年份 2023：题名), in Chinese, for `kb index --explain`.
    """

    title: str
    kind: Kind
    audience: Audience
    issuer: str = ""
    region: str = ""
    number: str = ""
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    year: int = 0
    situation: str = ""
    checked: date | None = None
    topics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
