"""Salvages the contents of a damaged library into a new one.

SQLite reads each table from both ends up to the damage; if rows are missing, the file is read page by
page (`pages.py`), and rows are identified by their shape. A text counts as saved if its hash matches.
Sessions are dropped: all users sign in again. Comparisons are recomputed.
"""

import hashlib
import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from kb.errors import LibraryError, StorageError
from kb.library import database
from kb.library.library import Library
from kb.library.pages import Pages, Row, Value

_TABLES = ("versions", "documents", "fingerprints", "sources", "runs", "items", "users", "fetches")
_KEYED = frozenset({"sources", "runs", "items"})
"""Tables whose id is the rowid."""

_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT.{0,25}")
_UNFINISHED = "修复没有完成，原文件未动：{0}。请检查磁盘、腾出空间后重新运行 kb repair。"
_STATES = frozenset({"running", "interrupted", "done", "failed-items", "failed"})


@dataclass(slots=True)
class Salvaged:
    """rows: number of rows saved per table. broken: tables that SQLite could not read completely."""

    rows: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def salvage(damaged: Path, directory: Path) -> Salvaged:
    """Creates a new library in `directory` from the contents of `damaged`, which is only read. Rows may
    refer to lost ones: see `settle`. Raises StorageError, LibraryError."""
    directory.mkdir(parents=True)
    Library.open(directory).close()
    found = Salvaged()
    try:
        with closing(sqlite3.connect(directory / database.FILE, isolation_level=None)) as new:
            new.execute("PRAGMA foreign_keys = OFF")
            new.execute("BEGIN")
            with suppress(sqlite3.DatabaseError), closing(_opened(damaged, directory)) as old:
                for table in _TABLES:
                    if not _copy(old, new, table):
                        found.broken.append(table)
            if found.broken:
                _copy_pages(damaged, new, found.broken)
            for table in _TABLES:
                (found.rows[table],) = new.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
            new.execute("COMMIT")
    except (sqlite3.DatabaseError, OSError) as error:
        raise StorageError(_UNFINISHED.format(error)) from error
    return found


def intact(path: Path) -> bool:
    """Whether SQLite finds no fault in the file; nothing is written. Raises LibraryError if permission
    to read it is missing."""
    try:
        with path.open("rb"):
            pass
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except PermissionError as error:
        raise LibraryError(f"{path} 无法打开：{error.strerror}。请检查权限。") from error
    except (sqlite3.DatabaseError, OSError):
        return False
    return bool(found == ("ok",) and path.stat().st_size)


def _opened(damaged: Path, directory: Path) -> sqlite3.Connection:
    """Opens the damaged file with its log for reading; writes nothing next to it."""
    log = damaged.with_name(f"{damaged.name}-wal")
    mode = "mode=ro&immutable=1"
    if log.is_file() and log.stat().st_size:
        copy = directory / "damaged"
        shutil.copyfile(damaged, copy)
        shutil.copyfile(log, directory / "damaged-wal")
        damaged, mode = copy, "mode=rw"
    connection = sqlite3.connect(f"file:{quote(str(damaged.absolute()))}?{mode}", uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    """Copies the readable rows from both ends of a table; returns whether that was all of it."""
    columns = _columns(new, table)
    try:
        there = _columns(old, table)
    except sqlite3.DatabaseError:
        return False
    both = [c for c in columns if c in there]
    if not both:
        return False
    whole = True
    for order in ("", " DESC"):
        try:
            # Table and column names come from our schema.
            rows = old.execute(f"SELECT {', '.join(both)} FROM {table} ORDER BY rowid{order}")  # noqa: S608
            _insert(new, table, both, (r for r in rows if table != "versions" or _sound(r)))
            if whole:
                return True
        except sqlite3.DatabaseError:
            whole = False
    return False


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _insert(
    new: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Value]],
) -> None:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    for row in rows:
        try:
            new.execute(statement, row)
        except (sqlite3.IntegrityError, OverflowError):
            continue  # a row that breaks a rule of the schema was damaged
        except sqlite3.DatabaseError as error:
            raise StorageError(_UNFINISHED.format(error)) from error


def _copy_pages(damaged: Path, new: sqlite3.Connection, tables: Sequence[str]) -> None:
    """Adds rows that SQLite couldn't reach. If two rows have the same key, the last one written wins."""
    columns = {t: _columns(new, t) for t in tables}
    kept: dict[str, list[tuple[Value, ...]]] = {t: [] for t in tables}
    with Pages(damaged) as pages:
        for row in pages.rows():
            table = _table_of(row)
            if table not in kept:
                continue
            values = (row[0], *row[1][1:]) if table in _KEYED else row[1]
            if table == "versions":
                if _sound(values):
                    _insert(new, table, columns[table], [values])
            else:
                kept[table].append(values)
    for table, rows in kept.items():
        for values in sorted(rows, key=_newest, reverse=True):
            _insert(new, table, columns[table][: len(values)], [values])


def _newest(values: Sequence[Value]) -> str:
    return max((v for v in values if isinstance(v, str) and _TIME.fullmatch(v)), default="")


def _sound(row: Sequence[Value]) -> bool:
    """Whether a version's text matches its hash."""
    digest, payload = row[0], row[2]
    if not isinstance(payload, bytes):
        return False
    try:
        return hashlib.sha256(zlib.decompress(payload)).hexdigest() == digest
    except zlib.error:
        return False


def _table_of(row: Row) -> str:
    """The table of a row, identified by its shape; empty for none."""
    values = row[1]
    return next((t for t, fits in _SHAPES if fits(values)), "")


def _hash(value: Value) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _texts(values: Iterable[Value]) -> bool:
    return all(isinstance(v, str) for v in values)


_SHAPES: tuple[tuple[str, Callable[[tuple[Value, ...]], bool]], ...] = (
    ("versions", lambda v: len(v) == 4 and _hash(v[0]) and isinstance(v[2], bytes)),
    ("documents", lambda v: len(v) == 9 and v[5] in ("public", "staff") and v[8] in (0, 1)),
    ("fingerprints", lambda v: len(v) == 7 and _hash(v[1]) and isinstance(v[6], bytes)),
    (
        "sources",
        lambda v: len(v) in (7, 8) and v[0] is None and _texts(v[1:6]) and str(v[5])[:1] == "{",
    ),
    ("runs", lambda v: len(v) == 6 and v[0] is None and v[4] in _STATES),
    (
        "items",
        lambda v: 14 <= len(v) <= 18 and v[0] is None and v[7] in ("ok", "failed", "gone"),
    ),
    ("users", lambda v: len(v) == 5 and _texts(v[:3]) and str(v[1]).startswith("scrypt$")),
    ("fetches", lambda v: len(v) == 19 and isinstance(v[0], int) and _texts(v[1:3])),
)


def settle(directory: Path) -> list[str]:
    """Clears references to lost rows: the next run reads those files again. Returns the ids of documents
    whose text is lost."""
    with closing(sqlite3.connect(directory / database.FILE, isolation_level=None)) as new:
        new.execute("BEGIN")
        without = "SELECT id FROM documents WHERE hash NOT IN (SELECT hash FROM versions)"
        lost = [id for (id,) in new.execute(without)]
        for statement in (
            "UPDATE documents SET gone = 1, hash = NULL"
            " WHERE hash NOT IN (SELECT hash FROM versions)",
            "DELETE FROM items WHERE source_id NOT IN (SELECT id FROM sources)",
            "DELETE FROM fetches WHERE source_id NOT IN (SELECT id FROM sources)",
            "DELETE FROM fingerprints WHERE document_id NOT IN (SELECT id FROM documents)",
            "UPDATE items SET run_id = NULL WHERE run_id NOT IN (SELECT id FROM runs)",
            "UPDATE items SET document_id = NULL, version = '', size = -1 WHERE document_id"
            " NOT IN (SELECT id FROM documents)",
            "UPDATE items SET size = -1 WHERE document_id IN"
            " (SELECT id FROM documents WHERE hash IS NULL) AND state <> 'gone'",
            # Until each source is scanned, documents that no item holds are kept (`drop_orphans`).
            "UPDATE sources SET succeeded = ''",
        ):
            new.execute(statement)
        new.execute("COMMIT")
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return lost
