"""What is asked: words and counts alone, not for long, not of few, never in the way of a request."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kb import queries
from kb.queries import Asked, QueryLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[QueryLog]:
    opened = QueryLog(tmp_path)
    yield opened
    opened.close()


def _rows(folder: Path) -> list[Any]:
    with closing(sqlite3.connect(folder / queries.FILE)) as connection:
        return connection.execute("SELECT * FROM queries ORDER BY words").fetchall()


def test_counts(log: QueryLog) -> None:
    for _ in range(3):
        log.note(" 社区  矫正 ", 7)
    for _ in range(4):
        log.note("ABC法", 0)
        log.note("abc法", 0)
    log.note("只问过一次", 1)
    assert log.asked(10) == (Asked("abc法", 8, 0), Asked("社区 矫正", 3, 7))
    assert log.asked(10, missed=True) == (Asked("abc法", 8, 0),)
    assert log.asked(1) == (Asked("abc法", 8, 0),)


def test_the_last_answer_counts(log: QueryLog) -> None:
    for _ in range(3):
        log.note("新法", 0)
    log.flush()
    log.note("新法", 2)
    assert log.asked(10, missed=True) == ()


@pytest.mark.parametrize(
    "words", ["", "  ", "我" * 31, "张三 13800138000", "a@example.com", "身份证 330101199001011234"]
)
def test_what_may_tell_of_a_person_is_not_kept(log: QueryLog, tmp_path: Path, words: str) -> None:
    for _ in range(5):
        log.note(words, 0)
    log.flush()
    assert not (tmp_path / queries.FILE).exists()


def test_the_file_has_days_words_and_counts_alone(log: QueryLog, tmp_path: Path) -> None:
    log.note("押金", 3)
    log.flush()
    assert _rows(tmp_path) == [(date.today().isoformat(), "押金", 1, 3)]


def test_old_days_go(tmp_path: Path) -> None:
    day = date(2026, 1, 1)
    log = QueryLog(tmp_path, lambda: day)
    for _ in range(3):
        log.note("旧", 1)
    log.flush()
    day += timedelta(days=queries.KEPT_DAYS - 1)
    assert log.asked(10)
    day += timedelta(days=1)
    assert log.asked(10) == ()
    log.note("新", 1)
    log.close()
    assert [row[1] for row in _rows(tmp_path)] == ["新"]


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_WAITING", 50)
    monkeypatch.setattr(queries, "MAX_PER_DAY", 60)
    log = QueryLog(tmp_path)
    for round_ in range(3):
        for n in range(200):
            log.note(f"词{round_}-{n}", 0)
        log.flush()
    log.close()
    assert len(_rows(tmp_path)) == 60


def test_writes_by_itself_and_from_many_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "FLUSH_SECONDS", 0.05)
    log, other = QueryLog(tmp_path), QueryLog(tmp_path)
    threads = [
        threading.Thread(target=lambda to=to: [to.note("同一个词", 1) for _ in range(200)])
        for to in (log, other) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    other.close()
    assert sum(row[2] for row in _rows(tmp_path)) == 800


def test_faults_are_logged_without_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / queries.FILE).mkdir()
    log = QueryLog(tmp_path)
    for _ in range(3):
        log.note("秘密", 0)
    assert log.asked(10) == ()
    log.close()
    assert caplog.records
    assert "秘密" not in caplog.text


def test_a_file_that_is_no_database(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / queries.FILE).write_bytes(b"x" * 9_000)
    log = QueryLog(tmp_path)
    log.note("押金", 1)
    assert log.asked(10) == ()
    log.close()
    assert caplog.records
