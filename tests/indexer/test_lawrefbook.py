"""The LawRefBook layout on an invented checkout: database, versions, a law in parts."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from indexer.read import read_units
from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import File, select
from indexer.sources.lawrefbook import (
    Row,
    kind_of_folder,
    ministry_of_folder,
    read_database,
    split_name,
    units,
)
from kb.documents import Audience, Document, Kind, Status
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet

SCHEMA = "CREATE TABLE law (level TEXT, name TEXT, publish DATE, valid_from DATE, expired INTEGER)"
Line = tuple[str | None, str | None, str | None, str | None, int]


def database(root: Path, rows: Sequence[Line]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / "db.sqlite3").unlink(missing_ok=True)
    connection = sqlite3.connect(root / "db.sqlite3")
    with connection:
        connection.execute(SCHEMA)
        connection.executemany("INSERT INTO law VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()


def law(root: Path, path: str, title: str, *articles: str, head: str = "", part: str = "") -> None:
    titles = f"# {title}\n\n" + (f"# {part}\n\n" if part else "")
    body = "\n\n".join(articles)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(f"{titles}{head}\n\n<!-- INFO END -->\n\n{body}\n", "utf-8")


def index(data_dir: Path, root: Path) -> Report:
    with Library.open(data_dir) as library:
        sources = select(root, library.sources(), None)
    return run(data_dir, sources, Options(workers=1), Quiet(), "index")


def read(data_dir: Path) -> dict[str, Document]:
    with Library.open(data_dir, readonly=True) as library:
        found = library.documents_by_ids(e.id for e in library.entries())
    return {f"{d.work}/{d.published}": d for d in found.values()}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "示范法库"
    database(
        root,
        [
            ("法律", "示范法", "2010-03-01", "2010-05-01", 1),
            ("法律", "示范法", "2020-03-01", None, 0),
            ("司法解释", "示范规定", "2015-06-01", "2015-07-01", 0),
        ],
    )
    closing = "第二条 本法自2020年9月1日起施行。"
    law(root, "行政法/示范法(2010-03-01).md", "中华人民共和国示范法", "第一条 旧。", "第二条 老。")
    law(root, "行政法/示范法(2020-03-01).md", "中华人民共和国示范法", "第一条 新。", closing)
    law(root, "司法解释/示范规定(2015-06-01).md", "示范规定", "第一条 规定如下。")
    (root / "行政法" / "_index.md").write_text("说明", "utf-8")
    return root


def test_facts_of_the_database(tmp_path: Path) -> None:
    database(
        tmp_path,
        [
            ("法律", "甲法", "2010-03-01", "2010-05-01", 1),
            ("怪", "乙法", None, "not a date", 0),
            ("法律", "丙法", "2020-01-01 00:00:00", None, 0),
            ("法律", "丙法", "2020-01-01", None, 1),
            (None, None, None, None, 0),
        ],
    )
    found = read_database((tmp_path / "db.sqlite3").read_bytes())
    assert found.as_of == date(2020, 1, 1)
    assert found.find("甲法", date(2010, 3, 1)) == Row(
        "甲法", Kind.LAW, date(2010, 3, 1), date(2010, 5, 1), True
    )
    assert found.find("乙法", None) == Row("乙法", None, None, None, False)
    assert found.find("甲法", None) == found.find("甲法", date(2010, 3, 1))
    assert found.find("甲法", date(2011, 3, 1)) is None
    # Two rows that contradict each other: in doubt no longer in force.
    assert found.rows["丙法", date(2020, 1, 1)].expired


def test_reading_the_database_writes_nothing(tmp_path: Path) -> None:
    database(tmp_path, [])
    before = (tmp_path / "db.sqlite3").read_bytes()
    tmp_path.chmod(0o555)
    try:
        read_database((tmp_path / "db.sqlite3").read_bytes())
    finally:
        tmp_path.chmod(0o755)
    assert (tmp_path / "db.sqlite3").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["db.sqlite3"]


@pytest.mark.parametrize(
    ("path", "name", "day"),
    [
        ("行政法/体育法(2022-06-24).md", "体育法", date(2022, 6, 24)),
        ("体育法（2022-06-24）.md", "体育法", date(2022, 6, 24)),
        ("刑法/刑法.md", "刑法", None),
        ("a/规定（试行）(2013-11-18).md", "规定（试行）", date(2013, 11, 18)),
        ("a/规定（试行）.md", "规定（试行）", None),
        ("a/甲(2022-13-45).md", "甲", None),
        ("a/x.txt", "x.txt", None),
    ],
)
def test_names_of_files(path: str, name: str, day: date | None) -> None:
    assert split_name(path) == (name, day)


def test_what_folders_say() -> None:
    assert kind_of_folder("司法解释/甲/a.md") is Kind.INTERPRETATION
    assert kind_of_folder("社会法/a.md") is Kind.LAW
    assert kind_of_folder("法律.md") is None
    assert ministry_of_folder("部门规章/公安部/a.md") == "公安部"
    assert ministry_of_folder("部门规章/a.md") == ""
    assert ministry_of_folder("公安部/a.md") == ""


def test_units() -> None:
    def files(*paths: str) -> list[File]:
        return [File(p, 1, 1) for p in paths]

    code = files("民法典/合同编.md", "民法典/总则.md", "民法典/附则.md")
    found = units([*code, *files("a/甲.md", "a/乙.txt", "总则.md", "分则.md", "b/合同编.md")])
    assert [(u.key, len(u.files)) for u in found] == [
        ("民法典", 3),
        ("a/甲.md", 1),
        ("总则.md", 1),
        ("分则.md", 1),
        ("b/合同编.md", 1),
    ]


def test_versions_of_a_law(checkout: Path, tmp_path: Path) -> None:
    report = index(tmp_path / "data", checkout)
    assert (report.exit_code, report.files, report.documents.added) == (0, 3, 3)
    found = read(tmp_path / "data")
    old, new = found["示范法/2010-03-01"], found["示范法/2020-03-01"]
    assert (old.status, new.status) == (Status.REPEALED, Status.IN_FORCE)
    assert (old.effective, new.effective) == (date(2010, 5, 1), date(2020, 9, 1))
    assert old.id != new.id
    assert (new.kind, new.region, new.year, new.as_of) == (
        Kind.LAW,
        "全国",
        2020,
        date(2020, 3, 1),
    )
    assert found["示范规定/2015-06-01"].kind is Kind.INTERPRETATION
    base = KnowledgeBase.open(tmp_path / "data")
    shown = base.versions("示范法", Audience.PUBLIC)
    base.close()
    assert [(i.status, i.published) for i in shown] == [
        (Status.IN_FORCE, date(2020, 3, 1)),
        (Status.AMENDED, date(2010, 3, 1)),
    ]


def test_the_id_is_the_same_wherever_the_file_lies(checkout: Path, tmp_path: Path) -> None:
    index(tmp_path / "one", checkout)
    elsewhere = tmp_path / "b" / "库"
    elsewhere.parent.mkdir()
    checkout.rename(elsewhere)
    (elsewhere / "社会法").mkdir()
    (elsewhere / "行政法/示范法(2020-03-01).md").rename(
        elsewhere / "社会法" / "示范法（2020-03-01）.md"
    )
    index(tmp_path / "two", elsewhere)
    ids = [sorted(d.id for d in read(tmp_path / n).values()) for n in ("one", "two")]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("broken", [b"", b"no database" * 99, b"SQLite format 3\0" + b"\xff" * 999])
def test_a_broken_database_is_listed(checkout: Path, tmp_path: Path, broken: bytes) -> None:
    (checkout / "db.sqlite3").write_bytes(broken)
    for _ in range(3):  # as long as it is broken
        report = index(tmp_path / "data", checkout)
        assert report.exit_code == 1
        assert [(f.path, f.reason) for f in report.failures] == [("db.sqlite3", "bad-database")]
        assert report.total_documents == 3
        with Library.open(tmp_path / "data", readonly=True) as library:
            assert [i.path for i in library.failures()] == ["db.sqlite3"]
    found = read(tmp_path / "data")
    assert found["示范法/2010-03-01"].kind is Kind.LAW  # by its folder
    assert found["示范法/2010-03-01"].effective is None
    database(checkout, [("法律", "示范法", "2010-03-01", "2010-05-01", 1)])
    report = index(tmp_path / "data", checkout)
    assert (report.exit_code, report.documents.changed) == (0, 3)
    assert read(tmp_path / "data")["示范法/2010-03-01"].effective == date(2010, 5, 1)
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert library.failures() == []


def test_a_database_that_changes_is_read_again(checkout: Path, tmp_path: Path) -> None:
    index(tmp_path / "data", checkout)
    database(checkout, [("法律", "示范法", "2020-03-01", None, 1)])
    index(tmp_path / "data", checkout)
    found = read(tmp_path / "data")
    assert found["示范法/2020-03-01"].status is Status.REPEALED
    assert found["示范法/2010-03-01"].status is Status.IN_FORCE


def test_a_law_without_a_date(tmp_path: Path) -> None:
    root = tmp_path / "库"
    database(root, [("法律", "无日法", "2001-02-03", None, 0)])
    law(root, "刑法/无日法.md", "中华人民共和国无日法", "第一条 甲。")
    head = "2005年6月7日 某大会通过"
    law(root, "刑法/题注法.md", "中华人民共和国题注法", "第一条 乙。", head=head)
    law(root, "刑法/全无法.md", "中华人民共和国全无法", "第一条 丙。")
    index(tmp_path / "data", root)
    assert set(read(tmp_path / "data")) == {
        "无日法/2001-02-03",  # the only row of its name
        "题注法/2005-06-07",
        "全无法/None",
    }


PARTS = {
    # In the order of names, not in that of the law.
    "人格权编": ("第四编 人格权", 31),
    "合同编": ("第三编 合同", 21),
    "总则编": ("第一编 总则", 1),
    "物权编": ("第二编 物权", 11),
    "附则": ("附则", 41),
}


def code(root: Path) -> None:
    from kb.documents import ArticleNumber

    database(root, [("法律", "示范典", "2020-05-28", "2021-01-01", 0)])
    for name, (part, first) in PARTS.items():
        numbers = [ArticleNumber(n) for n in range(first, first + 10)]
        texts = [f"{n.label} {part}的第{n.number}条。" for n in numbers]
        law(root, f"示范典/{name}.md", "中华人民共和国示范典", f"{part}的说明。", *texts, part=part)


def test_parts_of_one_law(tmp_path: Path) -> None:
    root = tmp_path / "库"
    code(root)
    report = index(tmp_path / "data", root)
    assert (report.files, report.documents.added, report.exit_code) == (5, 1, 0)
    (document,) = read(tmp_path / "data").values()
    articles = [p for p in document.passages if p.article]
    assert [p.article for p in articles] == [str(n) for n in range(1, 51)]
    assert len({p.anchor for p in document.passages}) == len(document.passages) == 55
    assert {p.path for p in articles[:10]} == {("第一编 总则",)}
    assert {p.path for p in articles[30:40]} == {("第四编 人格权",)}
    assert document.title == "中华人民共和国示范典"
    assert document.work == "示范典"


def test_a_part_changes_vanishes_and_comes_back(tmp_path: Path) -> None:
    root = tmp_path / "库"
    code(root)
    index(tmp_path / "data", root)
    (before,) = read(tmp_path / "data").values()
    part = root / "示范典" / "合同编.md"
    text = part.read_text("utf-8")

    part.write_text(text.replace("第21条", "改过"), "utf-8")
    report = index(tmp_path / "data", root)
    assert report.documents.changed == 1
    (document,) = read(tmp_path / "data").values()
    assert len(document.passages) == 55
    assert any("改过" in p.text for p in document.passages)

    part.unlink()
    index(tmp_path / "data", root)
    (document,) = read(tmp_path / "data").values()
    assert not any("合同" in p.text for p in document.passages)
    assert len(document.passages) == 44

    part.write_text(text, "utf-8")
    index(tmp_path / "data", root)
    assert list(read(tmp_path / "data").values()) == [before]


def test_a_part_that_cannot_be_read_keeps_the_law_whole(tmp_path: Path) -> None:
    root = tmp_path / "库"
    code(root)
    index(tmp_path / "data", root)
    before = read(tmp_path / "data")
    (root / "示范典" / "合同编.md").write_bytes(b"")
    report = index(tmp_path / "data", root)
    assert (report.exit_code, report.failures[0].reason) == (1, "empty")
    assert read(tmp_path / "data") == before


def test_one_version_in_two_folders_is_one_document(tmp_path: Path) -> None:
    """The first in the order of names counts, whichever of the two was changed last."""
    root = tmp_path / "库"
    database(root, [("法律", "双份法", "2020-01-01", None, 0)])
    law(root, "社会法/双份法(2020-01-01).md", "中华人民共和国双份法", "第一条 其一。")
    law(root, "行政法/双份法(2020-01-01).md", "中华人民共和国双份法", "第一条 其二。")

    def text() -> str:
        (document,) = read(tmp_path / "data").values()
        return document.passages[0].text

    report = index(tmp_path / "data", root)
    assert (report.files, report.documents.added, len(report.duplicates)) == (2, 1, 1)
    assert text() == "其一。"
    report = index(tmp_path / "data", root)
    assert (report.documents.unchanged, len(report.duplicates)) == (1, 1)
    law(root, "行政法/双份法(2020-01-01).md", "中华人民共和国双份法", "第一条 其二改。")
    index(tmp_path / "data", root)
    assert text() == "其一。"
    (root / "社会法/双份法(2020-01-01).md").unlink()
    report = index(tmp_path / "data", root)
    assert (report.documents.changed, report.documents.removed) == (1, 0)
    assert text() == "其二改。"


def test_files_that_are_no_laws(tmp_path: Path) -> None:
    root = tmp_path / "库"
    law(root, "法律/好法(2020-01-01).md", "好法", "第一条 好。")
    bad = {
        "空.md": (b"", "empty"),
        "零.md": (b"\0" * 99, "empty"),
        "图.md": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "unsupported"),
        "乱.md": (bytes(range(128, 256)) * 9, None),
    }
    for name, (data, _) in bad.items():
        (root / "法律" / name).write_bytes(data)
    (root / "db.sqlite3").unlink(missing_ok=True)
    database(root, [])
    report = index(tmp_path / "data", root)
    assert report.exit_code == 1
    failed = {f.path.rpartition("/")[2]: f for f in report.failures}
    assert set(failed) == set(bad)
    for name, (_, reason) in bad.items():
        assert failed[name].message
        assert reason in (None, failed[name].reason)
    assert report.total_documents == 1


def test_a_file_without_the_mark_is_all_text(tmp_path: Path) -> None:
    root = tmp_path / "库"
    database(root, [])
    (root / "法律").mkdir()
    (root / "法律" / "无标记法(2020-01-01).md").write_text("第一条 甲。\n\n第二条 乙。\n", "utf-8")
    report = index(tmp_path / "data", root)
    (document,) = read(tmp_path / "data").values()
    assert report.exit_code == 0
    assert [p.text for p in document.passages] == ["甲。", "乙。"]
    assert document.title == "无标记法"


def test_reading_is_pure(checkout: Path) -> None:
    (source,) = select(checkout, {}, None)
    path = "行政法/示范法(2020-03-01).md"
    info = (checkout / path).stat()
    (unit,) = units([File(path, info.st_size, info.st_mtime_ns)])
    first, second = (read_units([unit], source.config, 1)[0] for _ in range(2))
    assert first == second
    assert first.document is not None
