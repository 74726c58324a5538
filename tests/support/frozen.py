"""Writes tests/frozen: a library as the first release wrote it, and a whole base of today's formats.

    python -m tests.support.frozen library|base

tests/test_frozen.py opens the files with the code of the day. They are not made again when the code
changes: that is what they are for. After a change of the index format (`kb.index.generation.FORMAT`)
`base` writes one of the new format beside the old one, which is then only for the message that refuses it.
"""

import sqlite3
import sys
import tarfile
import tempfile
from datetime import date
from pathlib import Path

from sqlalchemy import create_engine

from indexer.publish import publish
from kb.documents import Audience, Document, Kind, Passage, Status, TopicMatch
from kb.index.generation import FORMAT
from kb.library import ItemState, Library, migrations
from kb.library.database import FILE
from kb.progress import Quiet
from kb.users import Users
from tests.conftest import article

FOLDER = Path(__file__).resolve().parents[1] / "frozen"
LIBRARY = FOLDER / "library-1.tar.xz"
USER, PASSWORD = "小王", "示范口令-玄武-2026"


def base_of(version: int) -> Path:
    """The archive of a base in an index format."""
    return FOLDER / f"base-{version}.tar.xz"


DOCUMENTS = (
    Document(
        id="frozen-law",
        title="中华人民共和国封存示范法",
        kind=Kind.LAW,
        audience=Audience.PUBLIC,
        work="封存示范法",
        issuer="全国人民代表大会常务委员会",
        region="全国",
        published=date(2021, 5, 1),
        effective=date(2022, 1, 1),
        year=2021,
        status=Status.IN_FORCE,
        topics=(TopicMatch("房屋租赁", "标题", 1),),
        passages=(
            article(1, "为了示范，制定本法。", "第一章 总则"),
            article(2, "租赁期限届满，出租人应当返还押金。", "第二章 租赁"),
        ),
    ),
    Document(
        id="frozen-paper",
        title="某区司法局2023年工作总结",
        kind=Kind.WORK_SUMMARY,
        audience=Audience.STAFF,
        issuer="某区司法局",
        published=date(2024, 1, 10),
        year=2023,
        passages=(Passage("p1", "", ("一、人民调解",), "全年调解纠纷若干件，代号玄武。"),),
    ),
)


def fill(data_dir: Path) -> None:
    """The documents, a source with an item each and one that failed, a run, an account."""
    with Library.open(data_dir) as library:
        source = library.put_source("示范", "folder", "/papers", "")
        run = library.start_run("index")
        with library.transaction():
            for d in DOCUMENTS:
                library.put_document(d)
                library.record_item(source, d.id, size=1, mtime_ns=1, sha256="", document_id=d.id)
            library.record_item(
                source,
                "坏.docx",
                size=9,
                mtime_ns=1,
                sha256="",
                state=ItemState.FAILED,
                reason="damaged",
                message="读不了",
            )
        library.finish_run(run, "done", {"added": len(DOCUMENTS)})
    with Users.open(data_dir) as users:
        users.add(USER, PASSWORD)


def write_library() -> None:
    """The tables of the first schema, with what today's library holds of them."""
    with tempfile.TemporaryDirectory() as folder:
        today, first = Path(folder) / "today", Path(folder) / FILE
        fill(today)
        engine = create_engine(f"sqlite:///{first}")
        with engine.begin() as connection:
            migrations.migrate(connection, migrations.MIGRATIONS[:1])
        engine.dispose()
        with sqlite3.connect(first) as raw:
            raw.execute("ATTACH ? AS today", (str(today / FILE),))
            tables = raw.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                names = ", ".join(r[1] for r in raw.execute(f"PRAGMA main.table_info({table})"))
                raw.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM today.{table}")
            raw.commit()
        raw.close()
        _pack(LIBRARY, [first])


def write_base() -> None:
    """A data directory with library, index and audiences."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        fill(data_dir)
        with Library.open(data_dir) as library:
            publish(data_dir, library, full=True, workers=1, progress=Quiet())
        left = {"cache", "lock"}
        _pack(base_of(FORMAT), sorted(p for p in data_dir.iterdir() if p.name not in left))


def _pack(archive: Path, paths: list[Path]) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tarfile.open(archive, "w:xz", format=tarfile.PAX_FORMAT) as out:
        for path in paths:
            out.add(path, path.name, filter=_nobodys)
    print(archive.name, archive.stat().st_size)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")


if __name__ == "__main__":
    {"library": write_library, "base": write_base}[sys.argv[1]]()
