"""The just-laws layout: Markdown, one folder per law, with a list of all laws in force.

docs/<class>/<slug>/README.md is a law. A code has its 编 in files beside it (01-general-provisions.md …,
00-supplementary.md last), the constitution lies in its class's folder. Files of amendments and of another
decision (04-amendment.md, 05-…-decision.md) are texts of their own. versions/<day>/README.md is a text
that holds from that day, and versions.json has the days of all of a law's texts. LAWS_PROGRESS.md lists
the laws in force on a day. Every other file is about the collection.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from indexer.sources import confined
from indexer.sources.scan import File, Unit
from kb.documents import Kind
from kb.errors import UnreadableError

LIST = "LAWS_PROGRESS.md"
"""The list of laws in force; a folder with it is a checkout of this layout."""

_ROOT = "docs"
_LAW = "README.md"
_VERSIONS = "versions.json"
_CONSTITUTION = "constitution"
_PART = re.compile(r"(?:\d{2}-[a-z0-9-]{1,100}|preamble)\.md")
_LAST = re.compile(r"00-")
_APART = re.compile(r"\d{2}-(?:[a-z0-9-]{1,100}-)?(?:amendments?|decision)\.md")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ENTRY = re.compile(r"\|\s*\d{1,4}\s*\|\s*(?P<name>[^|]{2,200}?)\s*\|")
_CLASS = re.compile(r"##\s+(?P<name>[^（(]{1,20}?)\s*[（(]\s*\d{1,4}\s*[部件][）)]")
_LISTED = re.compile(r"更新时间[:：]\s*(\d{4})年(\d{1,2})月(\d{1,2})日")
_MOST = 2_000_000
"""Bytes of the list, or of a versions.json."""


@dataclass(frozen=True, slots=True)
class Days:
    """When a text was promulgated and since when it holds, as versions.json has it."""

    published: date | None = None
    effective: date | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of laws in force: its day, and the names of each class in order."""

    as_of: date | None = None
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def units(files: Iterable[File]) -> list[Unit]:
    """The list, and one unit for each text: for a law its README.md and its parts in order."""
    folders: dict[str, dict[str, File]] = {}
    found: list[Unit] = []
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if file.path == LIST:
            found.append(Unit(LIST, (file,)))
        elif _is_text(file.path):
            folders.setdefault(folder, {})[name] = file
    for folder, named in folders.items():
        parts = sorted((n for n in named if n != _LAW and not _APART.fullmatch(n)), key=_order)
        names = [_LAW, *parts] if _LAW in named else parts
        if names:
            found.append(Unit(folder, tuple(named[n] for n in names)))
        found += [Unit(f.path, (f,)) for n, f in sorted(named.items()) if _APART.fullmatch(n)]
    return found


def _is_text(path: str) -> bool:
    folders = PurePosixPath(path).parts
    name = folders[-1]
    law = 4 if folders[:2] != (_ROOT, _CONSTITUTION) else 3
    if folders[0] != _ROOT or not (name == _LAW or _PART.fullmatch(name)):
        return False
    versions = len(folders) == law + 2 and folders[-3] == "versions" and _DAY.fullmatch(folders[-2])
    return len(folders) == law or bool(versions)


def _order(name: str) -> tuple[bool, bool, str]:
    """The preamble, the parts by number, 00- (附则) at the end."""
    return _LAST.match(name) is not None, name != "preamble.md", name


def is_apart(path: str) -> bool:
    """Whether a file is a text of its own beside a law: amendments, a decision."""
    return _APART.fullmatch(path.rpartition("/")[2]) is not None


def kind_of(path: str) -> Kind:
    """Every text is a law but those in the folder of the constitution."""
    constitution = path.split("/")[:2] == [_ROOT, _CONSTITUTION]
    return Kind.CONSTITUTION if constitution else Kind.LAW


def days_of(root: Path, path: str) -> Days:
    """What the versions.json of a law says of one of its texts. path: of the text's README.md. A folder
    versions/<day>/ states by its name since when its text holds."""
    folder = path.rpartition("/")[0]
    law, _, day = folder.partition("/versions/")
    held = _date(day)
    for version in _versions(root, f"{law}/{_VERSIONS}"):
        if version.get("entry") == path.removeprefix(f"{law}/"):
            days = _date(version.get("promulgatedOn")), _date(version.get("effectiveFrom")) or held
            return Days(*days)
    return Days(None, held)


def _versions(root: Path, path: str) -> Sequence[Mapping[str, object]]:
    try:
        data = json.loads(confined.read(root, path, _MOST))
        found = data["versions"]
    except (OSError, UnreadableError, ValueError, KeyError, TypeError, RecursionError):
        return ()
    whole = isinstance(found, list) and all(isinstance(v, dict) for v in found)
    return found if whole else ()


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) and text else None
    except ValueError:
        return None


def read_list(text: str) -> Listed:
    """The laws of a LAWS_PROGRESS.md by class; none for another text."""
    classes: dict[str, list[str]] = {}
    current = ""
    for line in text.splitlines():
        if heading := _CLASS.match(line):
            current = heading["name"]
        elif current and (entry := _ENTRY.match(line)):
            classes.setdefault(current, []).append(entry["name"])
    return Listed(_day(text), {name: tuple(names) for name, names in classes.items()})


def _day(text: str) -> date | None:
    day = _LISTED.search(text)
    return _date(f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}") if day else None


def as_of(root: Path) -> date | None:
    """The day of the checkout's list, None if it has none."""
    try:
        return _day(confined.read(root, LIST, _MOST).decode("utf-8", "replace"))
    except (OSError, UnreadableError):
        return None


def facts(root: Path) -> bytes:
    """What texts are read with besides their own bytes: the list's day and every versions.json."""
    found = [str(as_of(root)).encode()]
    for path in sorted(root.glob(f"{_ROOT}/*/*/{_VERSIONS}")):
        try:
            found.append(confined.read(root, path.relative_to(root).as_posix(), _MOST))
        except (OSError, UnreadableError):
            continue
    return b"\n".join(found)
