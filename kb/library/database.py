"""Opens the library's SQLite file: pragmas, transactions, readable errors.

Every commit is synchronous (FULL). In WAL mode, NORMAL also survives a killed process, but a power
failure could lose the last commits, and a published generation might then refer to missing
versions. One fsync for a batch of a hundred documents has no noticeable cost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL

from kb.errors import DamagedError, LibraryError, StorageError
from kb.library import migrations

FILE = "library.sqlite3"

BUSY_TIMEOUT_MS = 15_000
"""Timeout for another process's transaction; a batch of documents takes well under 1 s."""

_WRITE = "kb_write"

_FULL, _BROKEN = "disk is full", "disk I/O error"
_FAULTS = (
    ("database is locked", "资料库正忙：另一进程长时间占用。请稍后重试。"),
    ("readonly database", "资料库只能读取，不能写入。请检查数据目录的权限。"),
    ("unable to open", "资料库打不开。请检查数据目录是否存在、是否有权限。"),
    (_FULL, "磁盘空间不足，资料库未能写入。请腾出空间后重试。"),
    (_BROKEN, "读写磁盘出错，可能已满或损坏。请检查磁盘、腾出空间后重试。"),
)
_DAMAGED = "资料库文件已损坏：{0}。请运行 kb repair 修复，或从备份恢复。"
_DAMAGES = ("malformed", "not a database", "decode to UTF-8")


def connect(data_dir: Path, *, readonly: bool = False, immutable: bool = False) -> Engine:
    """Opens an engine on <data_dir>/library.sqlite3, created and migrated unless `readonly`.

    immutable: nothing writes the file meanwhile, so it is read without SQLite's auxiliary
    files; requires `readonly`.
    Thread-safe. Raises LibraryError: missing (readonly), damaged, newer version, not a library, no
    permission.
    """
    path = data_dir.absolute() / FILE
    if readonly and not path.is_file():
        raise LibraryError(f"{path} 不存在：还没有建库。请先运行 kb index 或 kb refresh。")
    if not readonly:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise LibraryError(f"数据目录 {data_dir} 无法创建：{e.strerror}。") from e
    engine = _engine(path, readonly, immutable)
    try:
        if readonly:
            with engine.connect() as connection:
                number = migrations.version(connection)
            migrations.require(number, len(migrations.MIGRATIONS))
            if not number:
                raise DamagedError(f"{path} 是空的。请运行 kb repair 修复，或从备份恢复。")
            if number < len(migrations.MIGRATIONS):
                raise LibraryError("资料库的结构较旧。请先运行一次 kb refresh，资料库会自动升级。")
        else:
            with begin(engine) as connection:
                migrations.migrate(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """A write transaction: takes the write lock at once, commits at the end or rolls back on error."""
    # A deferred transaction that is later upgraded to write fails at once; this one waits.
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        yield connection


def _engine(path: Path, readonly: bool, immutable: bool = False) -> Engine:
    query = {"mode": "ro" if readonly else "rwc", "uri": "1"}
    if immutable:
        query["immutable"] = "1"
    engine = create_engine(
        URL.create("sqlite", database=f"file:{quote(str(path))}", query=query),
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions itself: `start` does, in the requested mode.
        connection.isolation_level = None
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            if not readonly:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except UnicodeDecodeError as fault:
            raise LibraryError(_DAMAGED.format(path)) from fault

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    @event.listens_for(engine, "handle_error")
    def translate(context: ExceptionContext) -> None:
        fault = context.original_exception
        if isinstance(fault, UnicodeDecodeError):  # the message of a fault quotes a damaged schema
            raise LibraryError(_DAMAGED.format(path)) from fault
        if isinstance(fault, sqlite3.DatabaseError) and not isinstance(
            fault, sqlite3.IntegrityError | sqlite3.ProgrammingError
        ):
            raise _translated(fault, path) from fault

    return engine


def _translated(fault: sqlite3.DatabaseError, path: Path) -> LibraryError:
    text = str(fault)
    for mark, message in _FAULTS:
        if mark in text:
            kind = StorageError if mark in (_FULL, _BROKEN) else LibraryError
            return kind(f"{message}（{path}）")
    if any(mark in text for mark in _DAMAGES):
        return DamagedError(_DAMAGED.format(path))
    return LibraryError(f"资料库出错：{text}（{path}）")


@contextmanager
def decoding(engine: Engine) -> Iterator[None]:
    """Reports undecodable row contents as damage."""
    try:
        yield
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedError(_DAMAGED.format(engine.url.database)) from error
