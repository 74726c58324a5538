"""Input besides the text, and the output."""

from dataclasses import dataclass
from datetime import date

from kb.documents import Audience, Kind


@dataclass(frozen=True, slots=True)
class Defaults:
    """The source's settings for all its documents; empty or None if unset.

    relpath: path of the file in its source, separated by /.
    """

    kind: Kind | None = None
    audience: Audience | None = None
    region: str = ""
    issuer: str = ""
    relpath: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """The fields of a document. Dates are None where unknown, year 0, strings empty.

    year: the year reported on for summaries and plans, else the year of publication. topics: only
    those the file itself states, by their catalogue names. notes: why the fields have their
    values, one per field (年份 2023：题名), in Chinese, for `kb index --explain`.
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
