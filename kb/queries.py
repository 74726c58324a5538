"""Query statistics: words, counts and days, nothing about the users.

Stored in a separate file, <data_dir>/queries.sqlite3, written by a thread outside the request path.
Losing it, or a few seconds of it, is harmless: commits are not synchronous, and errors are only
logged. Long questions, and words that look like personal numbers or addresses, are not stored.
"""

import logging
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

FILE = "queries.sqlite3"
KEPT_DAYS = 90
LEAST = 3
"""Words asked fewer times are never shown: they could be personal."""

LONGEST = 30
MAX_WAITING = 2_000
"""Maximum distinct words waiting to be written; more are dropped."""

MAX_PER_DAY = 20_000
FLUSH_SECONDS = 5.0

_PERSONAL = re.compile(r"\d{5,}|@|\d{3}[ -]\d{4}")
_TABLE = """
CREATE TABLE IF NOT EXISTS queries (
  day TEXT NOT NULL, words TEXT NOT NULL, count INTEGER NOT NULL, found INTEGER NOT NULL,
  PRIMARY KEY (day, words)
) WITHOUT ROWID
"""
_PUT = """
INSERT INTO queries (day, words, count, found) VALUES (?, ?, ?, ?)
ON CONFLICT (day, words) DO UPDATE SET count = count + excluded.count, found = excluded.found
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Words asked `count` times in the retention period. found: documents found the last time."""

    words: str
    count: int
    found: int


class QueryLog:
    """Thread-safe and process-safe. `today` is for tests."""

    def __init__(self, data_dir: Path, today: Callable[[], date] = date.today) -> None:
        self._path = data_dir / FILE
        self._today = today
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._found: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, words: str, found: int) -> None:
        """Records a search and its number of documents. Doesn't wait for the disk; never raises."""
        words = " ".join(words.casefold().split())
        if not words or len(words) > LONGEST or _PERSONAL.search(words):
            return
        with self._lock:
            if words not in self._waiting and len(self._waiting) >= MAX_WAITING:
                return
            self._waiting[words] += 1
            self._found[words] = found
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="queries", daemon=True)
                self._thread.start()

    def asked(self, limit: int, *, missed: bool = False) -> tuple[Asked, ...]:
        """The most frequent queries, asked at least LEAST times. missed: only those that last found none."""
        self.flush()
        if not self._path.is_file():
            return ()
        since = (self._today() - timedelta(days=KEPT_DAYS)).isoformat()
        query = """
            SELECT words, sum(count) AS n, found, max(day) FROM queries
            WHERE day > ? GROUP BY words
            HAVING n >= ? AND (NOT ? OR found = 0) ORDER BY n DESC, words LIMIT ?
        """
        try:
            with closing(self._connect()) as connection:
                rows = connection.execute(query, (since, LEAST, missed, limit)).fetchall()
        except sqlite3.Error as e:
            log.error("queries: %s", type(e).__name__)
            return ()
        return tuple(Asked(words, count, found) for words, count, found, _ in rows)

    def flush(self) -> None:
        """Writes pending words and deletes those older than KEPT_DAYS."""
        with self._lock:
            waiting, found = self._waiting, self._found
            self._waiting, self._found = Counter(), {}
        if not waiting:
            return
        today = self._today()
        try:
            with self._writing, closing(self._connect()) as connection, connection:
                connection.execute(_TABLE)
                oldest = (today - timedelta(days=KEPT_DAYS)).isoformat()
                connection.execute("DELETE FROM queries WHERE day <= ?", (oldest,))
                day = today.isoformat()
                count = "SELECT count(*) FROM queries WHERE day = ?"
                room = MAX_PER_DAY - int(connection.execute(count, (day,)).fetchone()[0])
                rows = [(day, words, n, found[words]) for words, n in waiting.most_common()]
                connection.executemany(_PUT, rows[: max(room, 0)])
        except sqlite3.Error as e:
            # Some error messages contain the values written.
            log.error("queries: %s", type(e).__name__)

    def close(self) -> None:
        """Writes pending words and stops."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=5.0)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        return connection
