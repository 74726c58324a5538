"""Metadata in file names: title_20201229_2c909fdd….docx, title(2020-12-29).md, plain titles."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

_ID = re.compile(r"[_\- ][0-9a-f]{24,40}$")
_DAY = re.compile(
    r"[_\- ]?[(（\[]?(?<!\d)(?P<y>(?:19|20)\d{2})[-.年]?(?P<m>\d{2})[-.月]?(?P<d>\d{2})日?[)）\]]?$"
)
_CUT_DAY = re.compile(r"_\d{1,7}$")
_NUMBERING = re.compile(r"^(?:\d{1,3}[._\-、 ]+|(?:19|20)\d{2}(?=[\u4e00-\u9fff])(?![年届度]))")
_COPY = re.compile(r"(?: ?[(（]\d{1,2}[)）]| - 副本)+$")
_MARKED = re.compile(r"[(（](?:宣告)?(?:失效|废止|已废止|已修改|不再施行|现行有效|有效)[)）]$")
_COURTS = re.compile(r"(法院|检察院)[_ ]+(?=最高人民)")


@dataclass(frozen=True, slots=True)
class Named:
    """title: without date, id, numbering and a status mark, possibly truncated; day: the date in the
    name, for a law its publication date; catalogued: an id shows that a database named the file, and
    so gave it a title."""

    title: str
    day: date | None
    catalogued: bool


def read(relpath: str) -> Named:
    """The last part of a path, parsed. Accepts any name."""
    stem = PurePosixPath(relpath[-400:]).stem
    without_id = _ID.sub("", stem)
    catalogued = without_id != stem
    stem = _COPY.sub("", without_id.strip())
    found = _DAY.search(stem)
    day = _date(found) if found else None
    if found and day:
        stem = stem[: found.start()]
    elif catalogued:
        stem = _CUT_DAY.sub("", stem)
    if not catalogued:
        stem = _NUMBERING.sub("", stem)
    title = _MARKED.sub("", _COURTS.sub(r"\1、", stem).strip("_- "))
    return Named(" ".join(title.replace("_", " ").split()), day, catalogued)


def _date(found: re.Match[str]) -> date | None:
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None
