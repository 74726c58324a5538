"""A unit of a LawRefBook checkout → a document, without library or index."""

from datetime import date
from pathlib import Path

import pytest

from indexer.sources import File, Unit
from indexer.sources.lawrefbook import Database, Row
from indexer.statute_reader import read_statute
from kb.documents import Audience, Document, Kind, PassageKind, Status
from kb.errors import UnreadableError
from kb.settings import SourceConfig

NOTHING = Database({})
DAY = date(2020, 1, 1)


def config(**more: object) -> SourceConfig:
    return SourceConfig("库", Path("/nowhere"), "lawrefbook", **more)  # type: ignore[arg-type]


def read(path: str, *texts: str | bytes, database: Database = NOTHING, **more: object) -> Document:
    contents = [t.encode() if isinstance(t, str) else t for t in texts]
    files = tuple(File(path, len(c), 1) for c in contents)
    return read_statute(Unit(path, files), contents, config(**more), database)


def facts(kind: Kind | None = Kind.LAW, *, expired: bool = False) -> Database:
    row = Row("甲法", kind, DAY, date(2020, 6, 1), expired)
    return Database({("甲法", DAY): row}, date(2025, 4, 1))


TEXT = """# 中华人民共和国甲法

2019年12月28日 第十三届全国人民代表大会第二次会议通过

<!-- INFO END -->

## 第一章 总则

第一条 甲。

第二条 本法自2020年3月1日起施行。
"""


def test_the_head_and_the_text() -> None:
    document = read("法律/甲法(2020-01-01).md", TEXT)
    assert (document.title, document.work) == ("中华人民共和国甲法", "甲法")
    assert (document.kind, document.audience, document.region) == (
        Kind.LAW if document.kind is Kind.LAW else document.kind,
        Audience.PUBLIC,
        "全国",
    )
    assert [(p.label, p.text, p.path) for p in document.passages] == [
        ("第一条", "甲。", ("第一章 总则",)),
        ("第二条", "本法自2020年3月1日起施行。", ("第一章 总则",)),
    ]
    assert document.issuer == "全国人民代表大会"
    assert document.published == DAY  # the file's name says it
    assert document.effective == date(2020, 3, 1)  # the closing article says it
    assert (document.status, document.year, document.as_of) == (Status.IN_FORCE, 2020, None)


def test_the_database_comes_first() -> None:
    document = read("法律/甲法(2020-01-01).md", TEXT, database=facts(expired=True))
    assert document.status is Status.REPEALED
    assert document.effective == date(2020, 6, 1)
    assert document.as_of == date(2025, 4, 1)
    assert read("司法解释/甲法(2020-01-01).md", TEXT, database=facts()).kind is Kind.LAW
    by_folder = read("司法解释/甲法(2020-01-01).md", TEXT, database=facts(None))
    assert by_folder.kind is Kind.INTERPRETATION


def test_the_settings_come_before_all() -> None:
    document = read(
        "法律/甲法(2020-01-01).md",
        TEXT,
        database=facts(),
        kind=Kind.CASE,
        audience=Audience.STAFF,
        region="浙江省",
        issuer="某局",
        as_of=DAY,
    )
    assert (document.kind, document.audience) == (Kind.CASE, Audience.STAFF)
    assert (document.region, document.issuer, document.as_of) == ("浙江省", "某局", DAY)
    assert (document.status, document.work) == (None, "")


@pytest.mark.parametrize(
    ("path", "kind", "issuer"),
    [
        ("行政法规/乙条例(2020-01-01).md", Kind.ADMINISTRATIVE_REGULATION, "国务院"),
        ("部门规章/公安部/乙规定(2020-01-01).md", Kind.DEPARTMENT_RULE, "公安部"),
        ("部门规章/乙规定(2020-01-01).md", Kind.DEPARTMENT_RULE, ""),
        ("社会法/乙法(2020-01-01).md", Kind.LAW, ""),
        ("案例/乙.md", Kind.CASE, ""),
        ("别的/乙.md", Kind.OTHER, ""),
    ],
)
def test_kind_and_issuer_by_folder(path: str, kind: Kind, issuer: str) -> None:
    document = read(path, "# 乙\n\n<!-- INFO END -->\n\n第一条 文。\n")
    assert (document.kind, document.issuer) == (kind, issuer)


def test_local_regulations_have_their_region() -> None:
    head = "2020年1月1日 浙江省人民代表大会常务委员会通过"
    text = f"# 浙江省养犬条例\n\n{head}\n<!-- INFO END -->\n第一条 文。\n"
    document = read("地方性法规/浙江省养犬条例(2020-01-01).md", text)
    assert document.region == "浙江省"
    assert document.issuer == "浙江省人民代表大会常务委员会"


def test_what_is_no_statute_has_no_status() -> None:
    document = read("案例/甲诉乙案.md", "# 甲诉乙案\n<!-- INFO END -->\n案情如下。\n")
    assert (document.status, document.work, document.region) == (None, "", "")
    assert document.passages[0].kind is PassageKind.PARAGRAPH
    # Not a statute: its place identifies it.
    other = read("案例/b.md", "# 甲诉乙案\n<!-- INFO END -->\n案情如下。\n")
    assert other.id != document.id


def test_a_head_without_a_text() -> None:
    document = read("法律/甲法(2020-01-01).md", "# 甲法\n\n<!-- INFO END -->\n")
    assert document.passages == ()
    assert document.title == "甲法"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t\0", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "undecodable"),
        (b"PK\x03\x04" + b"\0" * 60, "unsupported"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read("法律/甲法(2020-01-01).md", data)
    assert caught.value.reason == reason


def test_encodings() -> None:
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        document = read("法律/甲法(2020-01-01).md", TEXT.encode(encoding))
        assert document.passages[0].text == "甲。"
        assert document.title == "中华人民共和国甲法"


def test_windows_line_ends_and_closing_marks() -> None:
    text = "# 甲法 #\r\n<!-- INFO END -->\r\n## 第一章 总则 ##\r\n第一条 甲。\r\n"
    (passage,) = read("法律/甲法.md", text).passages
    assert (passage.path, passage.text) == (("第一章 总则",), "甲。")


def test_lines_removed_are_kept_with_their_place() -> None:
    text = "# 甲法\n<!-- INFO END -->\n第一条 甲。\n##paidbegin##\n第二条 乙。\n"
    document = read("法律/甲法.md", text)
    assert [p.text for p in document.passages] == ["甲。", "乙。"]
    assert [(r.line, r.rule) for r in document.removed] == [(4, "paywall-mark")]


def test_parts_stand_in_the_order_of_their_articles() -> None:
    def part(name: str, *lines: str) -> str:
        return f"# 中华人民共和国示范典\n# {name}\n<!-- INFO END -->\n" + "\n".join(lines) + "\n"

    document = read(
        "示范典/x.md",
        part("附则", "这一编没有条文。"),
        part("第二编 物权", "第一百一十四条 丙。", "第二百零五条 丁。"),
        part("第一编 总则", "编首说明。", "第一条 甲。", "第二条 乙。", "第二条 重号。"),
    )
    assert [p.text for p in document.passages] == [
        "编首说明。",
        "甲。",
        "乙。",
        "重号。",
        "丙。",
        "丁。",
        "这一编没有条文。",
    ]
    anchors = [p.anchor for p in document.passages]
    assert anchors == ["p1", "a1", "a2", "a2.2", "a114", "a205", "p2"]
    assert document.passages[4].path == ("第二编 物权",)
