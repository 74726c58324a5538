"""The library when things go wrong: kills, damage, versions from the future, permissions."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from kb.documents import Audience, Document, Kind, Passage
from kb.errors import LibraryError
from kb.library import Library, database, migrations, schema
from kb.library.records import ItemState

WRITER = """
    import sys
    from pathlib import Path
    from kb.documents import Audience, Document, Kind, Passage
    from kb.library import Library

    with Library.open(Path(sys.argv[1])) as library:
        source = library.put_source("s", "folder", "/s", "c")
        library.start_run("index")
        for batch in range(1000):
            with library.transaction():
                for n in range(20):
                    id = f"{batch:04}-{n:02}"
                    passages = (Passage("p1", "", (), "正文" * 2000 + id),)
                    library.put_document(Document(id, id, Kind.OTHER, Audience.PUBLIC, passages))
                    library.record_item(
                        source, id, size=1, mtime_ns=1, sha256=id, document_id=id
                    )
                    if n == 10 and batch >= int(sys.argv[2]):
                        print("inside", batch, flush=True)
            print("committed", batch, flush=True)
"""


def put(library: Library, id: str) -> None:
    passages = (Passage("p1", "", (), "正文" + id),)
    library.put_document(Document(id, id, Kind.OTHER, Audience.PUBLIC, passages))


@pytest.mark.parametrize("after", [0, 3])
def test_a_kill_loses_at_most_the_batch_it_hit(tmp_path: Path, after: int) -> None:
    committed = -1
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path), str(after)],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if line.startswith("inside"):
                writer.send_signal(signal.SIGKILL)
            else:
                # Also what it committed before the signal reached it.
                committed = int(line.split()[1])
    assert writer.returncode == -signal.SIGKILL
    assert committed >= after - 1
    with Library.open(tmp_path) as library:
        ids = [id for id, _ in library.current()]
        batches = {int(id[:4]) for id in ids}
        # Killed between commit and print, one batch more than was said is there.
        assert len(batches) in (committed + 1, committed + 2)
        assert len(ids) == 20 * len(batches)
        assert set(library.items("s")) == set(ids)
        assert library.check() == []
        assert library.last_runs()[0].state == "running"
        library.start_run("index")
        assert library.last_runs(2)[1].state == "interrupted"
        put(library, "next")


def test_a_version_from_the_future_is_refused(tmp_path: Path) -> None:
    Library.open(tmp_path).close()
    with sqlite3.connect(tmp_path / database.FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for readonly in (False, True):
        with pytest.raises(LibraryError, match=r"99.*升级程序"):
            Library.open(tmp_path, readonly)


def test_migrations_run_from_where_the_file_is(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        put(library, "a")

    def second(connection: Connection) -> None:
        connection.exec_driver_sql(
            "ALTER TABLE documents ADD COLUMN extra TEXT NOT NULL DEFAULT 'x'"
        )

    steps = (*migrations.MIGRATIONS, second)
    engine = database.connect(tmp_path)
    with database.begin(engine) as connection:
        assert migrations.version(connection) == len(migrations.MIGRATIONS)
        assert migrations.migrate(connection, steps) == len(steps)
        assert migrations.migrate(connection, steps) == len(steps)
    with engine.connect() as reader:
        assert reader.exec_driver_sql("SELECT id, extra FROM documents").all() == [("a", "x")]
    engine.dispose()
    with pytest.raises(LibraryError, match="升级程序"):
        Library.open(tmp_path)


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    def broken(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE documents ADD COLUMN extra TEXT")
        connection.exec_driver_sql("CREATE TABLE versions (x)")

    engine = database.connect(tmp_path)
    steps = (*migrations.MIGRATIONS, broken)
    with pytest.raises(LibraryError), database.begin(engine) as connection:
        migrations.migrate(connection, steps)
    with engine.connect() as reader:
        assert migrations.version(reader) == len(migrations.MIGRATIONS)
        assert "extra" not in {c["name"] for c in inspect(reader).get_columns("documents")}
    engine.dispose()


def test_the_first_migration_goes_from_an_empty_file_and_from_version_1(tmp_path: Path) -> None:
    (tmp_path / database.FILE).touch()
    Library.open(tmp_path).close()
    other = tmp_path / "one"
    other.mkdir()
    with sqlite3.connect(other / database.FILE) as raw:
        pass
    raw.close()
    # A file of version 1, as the first release wrote it, opens with every later one.
    engine = database._engine(other / database.FILE, readonly=False)
    with database.begin(engine) as connection:
        assert migrations.migrate(connection, migrations.MIGRATIONS[:1]) == 1
    engine.dispose()
    with Library.open(other) as library:
        put(library, "a")
        assert library.check() == []


def test_a_ledger_of_version_1_is_carried_over(tmp_path: Path) -> None:
    engine = database._engine(tmp_path / database.FILE, readonly=False)
    with database.begin(engine) as connection:
        migrations.migrate(connection, migrations.MIGRATIONS[:1])
        connection.exec_driver_sql(
            "INSERT INTO sources VALUES (1, 's', 'folder', '/s', '', '{}', NULL)"
        )
        for path, state in (("a", "ok"), ("b", "failed")):
            connection.exec_driver_sql(
                "INSERT INTO items VALUES (NULL, 1, ?, 1, 2, '', NULL, ?, '', '', 0, '', ?, NULL)",
                (path, state, f"2026-11-0{len(state)}T00:00:00+00:00"),
            )
    engine.dispose()
    with Library.open(tmp_path) as library:
        (kept,) = library.source_states()
        assert (kept.ok, kept.failed, kept.missing) == (1, 1, 0)
        assert kept.succeeded == "2026-11-02T00:00:00+00:00"
        assert kept.failing_since == "2026-11-06T00:00:00+00:00"
        assert library.items("s")["b"].retry_on == ""


def test_tables_are_what_the_migrations_made(tmp_path: Path) -> None:
    engine = database.connect(tmp_path)
    found = inspect(engine)
    assert set(found.get_table_names()) == set(schema.metadata.tables)
    for name, table in schema.metadata.tables.items():
        made = {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(name)}
        assert made == {c.name: (str(c.type), c.nullable) for c in table.columns}
        assert set(found.get_pk_constraint(name)["constrained_columns"]) == {
            c.name for c in table.primary_key
        }
        assert {
            (f["constrained_columns"][0], f["referred_table"]) for f in found.get_foreign_keys(name)
        } == {(f.parent.name, f.column.table.name) for f in table.foreign_keys}
    engine.dispose()


def test_pragmas_are_set(tmp_path: Path) -> None:
    engine = database.connect(tmp_path)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    engine.dispose()
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,
        "busy_timeout": database.BUSY_TIMEOUT_MS,
    }


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / database.FILE) as connection:
        connection.execute("CREATE TABLE law (id)")
    connection.close()
    with pytest.raises(LibraryError, match="不是普法知识库的资料库"):
        Library.open(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / database.FILE).write_bytes(b"\x89PNG not a database" * 500)
    for readonly in (False, True):
        with pytest.raises(LibraryError, match=r"已损坏.*备份"):
            Library.open(tmp_path, readonly)


def test_damage_inside_the_file_is_a_library_error(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library, library.transaction():
        for n in range(300):
            put(library, f"{n:03}")
    path = tmp_path / database.FILE
    data = bytearray(path.read_bytes())
    data[8192:-4096] = b"\xff" * (len(data) - 12288)
    path.write_bytes(data)
    with pytest.raises(LibraryError, match="已损坏"), Library.open(tmp_path) as library:
        list(library.load(h for _, h in library.current()))


def test_a_damaged_version_is_named_and_the_others_are_fine(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        put(library, "a")
        put(library, "b")
        hashes = dict(library.current())
        with sqlite3.connect(tmp_path / database.FILE) as raw:
            raw.execute("UPDATE versions SET payload = x'00' WHERE document_id = 'a'")
        raw.close()
        with pytest.raises(LibraryError, match=hashes["a"]):
            library.document(hashes["a"])
        assert library.document(hashes["b"]) is not None
        assert len(library.check()) == 1


def test_reading_before_there_is_a_library_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="kb index"):
        Library.open(tmp_path, readonly=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    with pytest.raises(LibraryError, match="数据目录"):
        Library.open(tmp_path / "data")


def test_odd_characters_in_the_directory(tmp_path: Path) -> None:
    odd = tmp_path / "数据 100%?#&mode=ro"
    with Library.open(odd) as library:
        put(library, "a")
    assert (odd / database.FILE).is_file()
    with Library.open(odd, readonly=True) as library:
        assert [id for id, _ in library.current()] == ["a"]


def test_no_permission_is_a_library_error() -> None:
    # Not under tmp_path: its parents keep other users out altogether.
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        Library.open(path).close()
        (path / database.FILE).chmod(0o444)
        path.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may write everywhere, nobody may not
        try:
            for readonly in (False, True):
                with pytest.raises(LibraryError, match="权限"):
                    Library.open(path, readonly)
        finally:
            os.seteuid(user)
            path.chmod(0o755)


def test_a_second_writer_waits_for_the_first(tmp_path: Path) -> None:
    with Library.open(tmp_path) as first, Library.open(tmp_path) as second:
        started, release = threading.Event(), threading.Event()

        def write() -> None:
            with first.transaction():
                put(first, "a")
                started.set()
                release.wait(5)

        thread = threading.Thread(target=write)
        thread.start()
        started.wait(5)
        threading.Timer(0.3, release.set).start()
        put(second, "b")
        thread.join()
        assert [id for id, _ in first.current()] == ["a", "b"]


def test_references_are_enforced(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        source = library.put_source("s", "folder", "/s", "c")
        with pytest.raises(Exception, match="FOREIGN KEY"):
            library.record_item(source, "x", size=1, mtime_ns=1, sha256="", document_id="none")
        library.record_item(source, "x", size=1, mtime_ns=1, sha256="", state=ItemState.OK)
