"""Reading units: what fails says why, and a fault of one stops no other."""

import hashlib
import os
import sqlite3
from pathlib import Path

import pytest

from indexer.outcome import Outcome
from indexer.read import database_of, read_units
from indexer.sources import File, Unit
from kb.documents import Audience, Kind, document_id
from kb.settings import SourceConfig


def unit(root: Path, path: str) -> Unit:
    info = (root / path).stat()
    return Unit(path, (File(path, info.st_size, info.st_mtime_ns),))


def read(root: Path, *paths: str, limit: int = 1, **more: object) -> list[Outcome]:
    config = SourceConfig("源", root, "folder", **more)  # type: ignore[arg-type]
    return read_units([unit(root, p) for p in paths], config, limit)


TEXT = "某区司法局2023年工作总结\n\n一、人民调解工作\n\n全年开展人民调解工作，化解矛盾纠纷。\n"


def test_a_file_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "总结.txt").write_text(TEXT, "utf-8")
    (outcome,) = read(tmp_path, "总结.txt")
    document = outcome.document
    assert document is not None
    assert document.id == document_id("file", "源", "总结.txt")
    assert (document.kind, document.audience, document.year) == (
        Kind.WORK_SUMMARY,
        Audience.STAFF,
        2023,
    )
    assert outcome.hashes == (hashlib.sha256(TEXT.encode()).hexdigest(),)
    assert "人民调解" in {t.topic for t in document.topics}
    assert (document.format, document.encoding) == ("txt", "utf-8")


def test_the_settings_of_the_source_are_applied(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("资料\n\n一段文字。\n", "utf-8")
    (outcome,) = read(
        tmp_path, "a.txt", kind=Kind.PUBLICITY_MATERIAL, audience=Audience.STAFF, region="浙江省"
    )
    document = outcome.document
    assert document is not None
    assert (document.kind, document.audience, document.region) == (
        Kind.PUBLICITY_MATERIAL,
        Audience.STAFF,
        "浙江省",
    )


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("空.txt", b"", "empty"),
        ("空白.txt", b"  \r\n\t\n", "empty"),
        ("程序.bin", b"\x7fELF" + bytes(200), None),
        ("图片.txt", b"\x89PNG\r\n\x1a\n" + bytes(200), "unsupported"),
        ("乱码.txt", bytes(range(0x80, 0x100)) * 20, None),
        ("大.txt", "字".encode() * 400_000, "too-large"),
        ("广告.txt", b"##paidbegin##\n", "no-text"),
    ],
)
def test_what_fails_says_why_and_the_rest_is_read(
    tmp_path: Path, name: str, data: bytes, reason: str | None
) -> None:
    (tmp_path / name).write_bytes(data)
    (tmp_path / "a.txt").write_text("标题\n\n好的。\n", "utf-8")
    (tmp_path / "z.txt").write_text("标题\n\n也好。\n", "utf-8")
    first, bad, last = read(tmp_path, "a.txt", name, "z.txt")
    assert first.document is not None
    assert last.document is not None
    assert bad.document is None
    assert bad.message
    assert bad.reason == (reason or bad.reason) != "internal"


def test_the_limit_is_exact(tmp_path: Path) -> None:
    text = ("字" * 300 + "。\n").encode()
    text *= 1_000_000 // len(text)
    (tmp_path / "a.txt").write_bytes(text + b"x" * (1_000_000 - len(text)))
    (tmp_path / "b.txt").write_bytes(text + b"x" * (1_000_001 - len(text)))
    fits, over = read(tmp_path, "a.txt", "b.txt")
    assert fits.document is not None
    assert over.reason == "too-large"


def test_a_file_that_grew_since_the_scan(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    small = unit(tmp_path, "a.txt")
    (tmp_path / "a.txt").write_bytes(b"x" * 2_000_000)
    (outcome,) = read_units([small], SourceConfig("源", tmp_path, "folder"), 1)
    assert outcome.reason == "too-large"


def test_a_file_that_vanished_since_the_scan(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x", "utf-8")
    gone = unit(tmp_path, "a.txt")
    (tmp_path / "a.txt").unlink()
    (outcome,) = read_units([gone], SourceConfig("源", tmp_path, "folder"), 1)
    assert (outcome.document, outcome.reason) == (None, "io")


def test_a_sparse_file_of_200_megabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(200_000_000)
    (outcome,) = read(tmp_path, "a.txt", limit=50)
    assert outcome.reason == "too-large"
    assert "200 MB" in outcome.message
    assert "50 MB" in outcome.message


def test_a_database_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite3"
    assert database_of(tmp_path).rows == {}
    for number, name in enumerate(("甲法", "乙法"), 1):
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("CREATE TABLE law (level, name, publish, valid_from, expired)")
            connection.execute("INSERT INTO law VALUES ('法律', ?, '2020-01-01', NULL, 0)", [name])
        connection.close()
        os.utime(path, ns=(number * 10**9, number * 10**9))
        assert [n for n, _ in database_of(tmp_path).rows] == [name]
    path.write_bytes(b"broken")
    assert database_of(tmp_path).rows == {}
