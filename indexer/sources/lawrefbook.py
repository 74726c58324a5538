"""The LawRefBook layout: Markdown, one file per version of a law, with a db.sqlite3 beside it.

A file is named `title(publication date).md`; its head ends at `<!-- INFO END -->`. The database's
table `law` has level, name, publish, valid_from and expired. A folder of parts (民法典: one file for
each 编) is one law.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from indexer.sources.scan import File, Unit
from kb.documents import Kind

MARK = "<!-- INFO END -->"

_STEM = re.compile(r"(?P<name>.+?)(?:[(（](?P<date>\d{4}-\d{2}-\d{2})[)）])?\.md")
_PART = re.compile(r"(?:总则|分则|附则|.{1,8}编)\.md")
_KINDS = {
    "宪法": Kind.CONSTITUTION,
    "法律": Kind.LAW,
    "行政法规": Kind.ADMINISTRATIVE_REGULATION,
    "监察法规": Kind.SUPERVISION_REGULATION,
    "司法解释": Kind.INTERPRETATION,
    "部门规章": Kind.DEPARTMENT_RULE,
    "地方性法规": Kind.LOCAL_REGULATION,
    "地方政府规章": Kind.LOCAL_RULE,
    "案例": Kind.CASE,
    "其他": Kind.OTHER,
}
_LAW_FOLDERS = frozenset(
    ["宪法相关法", "民法典", "民法商法", "行政法", "经济法", "社会法", "刑法", "诉讼与非诉讼程序法"]
)
_MAX_ROWS = 200_000
DATABASE = "db.sqlite3"
MAX_DATABASE = 200_000_000
"""Maximum bytes of a db.sqlite3; that of 1,600 texts has half a megabyte."""


@dataclass(frozen=True, slots=True)
class Row:
    """The database's facts of one version."""

    name: str
    kind: Kind | None
    publish: date | None
    valid_from: date | None
    expired: bool


@dataclass(frozen=True, slots=True)
class Database:
    """The facts of a checkout's db.sqlite3. as_of: the newest publication date in it."""

    rows: Mapping[tuple[str, date | None], Row]
    as_of: date | None = None

    def find(self, name: str, published: date | None) -> Row | None:
        """The row for a file's name and date; without a date the row without one, or the only one."""
        row = self.rows.get((name, published))
        if row is None and published is None:
            named = [r for (n, _), r in self.rows.items() if n == name]
            row = named[0] if len(named) == 1 else None
        return row


def read_database(data: bytes) -> Database:
    """Parses the bytes of a db.sqlite3. Raises sqlite3.Error if it is broken."""
    connection = sqlite3.connect(":memory:")
    try:
        # Bytes 18 and 19: makes a database in WAL mode readable without its log.
        connection.deserialize(data[:18] + b"\1\1" + data[20:])
        found = connection.execute(
            "SELECT level, name, publish, valid_from, expired FROM law LIMIT ?", (_MAX_ROWS,)
        ).fetchall()
    finally:
        connection.close()
    rows: dict[tuple[str, date | None], Row] = {}
    for level, name, publish, valid_from, expired in found:
        row = Row(
            str(name), _KINDS.get(str(level)), _date(publish), _date(valid_from), bool(expired)
        )
        before = rows.get((row.name, row.publish))
        # Two rows for one version: in doubt the one no longer in force wins.
        if before is None or row.expired:
            rows[row.name, row.publish] = row
    published = [r.publish for r in rows.values() if r.publish]
    return Database(rows, max(published, default=None))


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def split_name(path: str) -> tuple[str, date | None]:
    """Title and publication date from a file's path: 行政法/体育法(2022-06-24).md."""
    m = _STEM.fullmatch(path.rpartition("/")[2])
    return (m["name"], _date(m["date"])) if m else (path.rpartition("/")[2], None)


def kind_of_folder(path: str) -> Kind | None:
    """The kind implied by the folders of a path, if the database doesn't have the file."""
    for folder in path.split("/")[:-1]:
        if folder in _LAW_FOLDERS:
            return Kind.LAW
        if folder in _KINDS:
            return _KINDS[folder]
    return None


def ministry_of_folder(path: str) -> str:
    """The ministry named by a folder of the path: 公安部 for 部门规章/公安部/…, else empty."""
    folders = path.split("/")[:-1]
    at = folders.index(Kind.DEPARTMENT_RULE) + 1 if Kind.DEPARTMENT_RULE in folders else 0
    return folders[at] if 0 < at < len(folders) else ""


def units(files: Iterable[File]) -> list[Unit]:
    """One unit per Markdown file; the files of a folder of parts form one unit."""
    folders: dict[str, list[File]] = {}
    for file in files:
        if file.path.endswith(".md"):
            folders.setdefault(file.path.rpartition("/")[0], []).append(file)
    found: list[Unit] = []
    for folder, members in folders.items():
        names = [f.path.rpartition("/")[2] for f in members]
        if folder and len(names) > 1 and all(_PART.fullmatch(n) for n in names):
            found.append(Unit(folder, tuple(members)))
        else:
            found += [Unit(f.path, (f,)) for f in members]
    return found
