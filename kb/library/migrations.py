"""Forward migrations of the library's schema: the n-th upgrades version n-1 to n.

Each is frozen once released; a schema change is a new one at the end. All run in one transaction
with the update of the version number, so a crash leaves the old schema intact.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from kb.errors import DamagedError, LibraryError

Migration = Callable[[Connection], None]

APPLICATION_ID = 0x50464B42
"""PFKB in SQLite's header: distinguishes a library from other databases."""


def _first(connection: Connection) -> None:
    for statement in (
        """CREATE TABLE versions (
            hash TEXT NOT NULL PRIMARY KEY,
            document_id TEXT NOT NULL,
            payload BLOB NOT NULL,
            created TEXT NOT NULL)""",
        "CREATE INDEX versions_document_id ON versions (document_id)",
        """CREATE TABLE documents (
            id TEXT NOT NULL PRIMARY KEY,
            hash TEXT REFERENCES versions (hash),
            work TEXT NOT NULL,
            title TEXT NOT NULL,
            kind TEXT NOT NULL,
            audience TEXT NOT NULL CHECK (audience IN ('public', 'staff')),
            first_seen TEXT NOT NULL,
            updated TEXT NOT NULL,
            gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
            CHECK (gone = 1 OR hash IS NOT NULL))""",
        "CREATE INDEX documents_hash ON documents (hash)",
        "CREATE INDEX documents_work ON documents (work)",
        """CREATE TABLE sources (
            id INTEGER NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            root TEXT NOT NULL,
            config_hash TEXT NOT NULL,
            config TEXT NOT NULL,
            as_of TEXT)""",
        """CREATE TABLE runs (
            id INTEGER NOT NULL PRIMARY KEY,
            command TEXT NOT NULL,
            started TEXT NOT NULL,
            finished TEXT NOT NULL,
            state TEXT NOT NULL,
            report TEXT NOT NULL)""",
        """CREATE TABLE items (
            id INTEGER NOT NULL PRIMARY KEY,
            source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            document_id TEXT REFERENCES documents (id),
            state TEXT NOT NULL CHECK (state IN ('ok', 'failed', 'gone')),
            reason TEXT NOT NULL,
            message TEXT NOT NULL,
            failures INTEGER NOT NULL,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
            UNIQUE (source_id, path))""",
        "CREATE INDEX items_document_id ON items (document_id)",
        "CREATE INDEX items_state ON items (state)",
        """CREATE TABLE users (
            name TEXT NOT NULL PRIMARY KEY,
            password TEXT NOT NULL,
            created TEXT NOT NULL,
            failures INTEGER NOT NULL,
            retry_at TEXT NOT NULL)""",
        """CREATE TABLE sessions (
            token_hash TEXT NOT NULL PRIMARY KEY,
            user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
            created TEXT NOT NULL,
            expires TEXT NOT NULL)""",
        "CREATE INDEX sessions_user ON sessions (user)",
    ):
        connection.exec_driver_sql(statement)


def _fetches(connection: Connection) -> None:
    connection.exec_driver_sql(
        """CREATE TABLE fetches (
            source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
            address TEXT NOT NULL,
            final TEXT NOT NULL,
            status INTEGER NOT NULL,
            content_type TEXT NOT NULL,
            etag TEXT NOT NULL,
            last_modified TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            changed_ns INTEGER NOT NULL,
            fetched TEXT NOT NULL,
            checked TEXT NOT NULL,
            links TEXT NOT NULL,
            parent TEXT NOT NULL,
            facts TEXT NOT NULL,
            failures INTEGER NOT NULL,
            reason TEXT NOT NULL,
            message TEXT NOT NULL,
            retry_at TEXT NOT NULL,
            PRIMARY KEY (source_id, address))"""
    )


def _fingerprints(connection: Connection) -> None:
    for statement in (
        """CREATE TABLE fingerprints (
            document_id TEXT NOT NULL PRIMARY KEY REFERENCES documents (id),
            version TEXT NOT NULL,
            scheme TEXT NOT NULL,
            body TEXT NOT NULL,
            titled TEXT NOT NULL,
            length INTEGER NOT NULL,
            signature BLOB NOT NULL)""",
        """CREATE TABLE comparisons (
            one TEXT NOT NULL,
            other TEXT NOT NULL,
            matched FLOAT NOT NULL,
            altered FLOAT NOT NULL,
            scheme TEXT NOT NULL,
            PRIMARY KEY (one, other)) WITHOUT ROWID""",
        "CREATE INDEX comparisons_other ON comparisons (other)",
    ):
        connection.exec_driver_sql(statement)


def _refreshing(connection: Connection) -> None:
    """State for nightly refreshes: runs in which an item was missing, when a failure began and is
    retried, when a source was last seen."""
    for statement in (
        "ALTER TABLE items ADD COLUMN missing INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE items ADD COLUMN failing_since TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE items ADD COLUMN retry_on TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE sources ADD COLUMN succeeded TEXT NOT NULL DEFAULT ''",
        """UPDATE sources SET succeeded = coalesce(
            (SELECT max(last_seen) FROM items WHERE source_id = sources.id AND state = 'ok'), '')""",
        "UPDATE items SET failing_since = last_seen WHERE state = 'failed'",
    ):
        connection.exec_driver_sql(statement)


def _audiences(connection: Connection) -> None:
    """Items record the version read from them: if a public and a staff source both have a law, the
    public gets its own version. Where one had replaced the other, both are read again."""
    for statement in (
        "ALTER TABLE items ADD COLUMN version TEXT NOT NULL DEFAULT ''",
        """UPDATE items SET version = coalesce((
            SELECT hash FROM documents
            WHERE documents.id = items.document_id AND audience = 'public'), '')
            WHERE state <> 'gone'""",
        """UPDATE sources SET config_hash = '' WHERE type = 'lawrefbook' AND id IN (
            SELECT source_id FROM items JOIN documents ON documents.id = items.document_id
            WHERE work <> '' AND audience = 'staff' AND state <> 'gone')""",
    ):
        connection.exec_driver_sql(statement)


MIGRATIONS: tuple[Migration, ...] = (_first, _fetches, _fingerprints, _refreshing, _audiences)


def version(connection: Connection) -> int:
    """The schema version; 0 for an empty file. Raises LibraryError if the file isn't a library."""
    number: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    application: int = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    tables: int = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if application != APPLICATION_ID and (number or application or tables):
        raise DamagedError(
            "library.sqlite3 不是普法知识库的资料库，或文件头已损坏。"
            "如果原是资料库，请运行 kb repair 修复；否则请用 --data-dir 另指定目录。"
        )
    return number


def require(number: int, known: int) -> None:
    """Raises LibraryError if the schema is newer than supported."""
    if number > known:
        raise LibraryError(
            f"资料库的结构版本为 {number}，本程序只支持到 {known}。"
            "请升级程序，或用 --data-dir 指定另一个目录重新建库。"
        )


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Migrates to the newest schema inside the caller's transaction; returns the new version.

    Raises LibraryError for a newer schema or another program's database.
    """
    number = version(connection)
    require(number, len(migrations))
    if number == len(migrations):
        return number
    for migration in migrations[number:]:
        migration(connection)
    # PRAGMA takes no parameters; both values are integer constants of this module.
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {len(migrations)}")
    return len(migrations)
