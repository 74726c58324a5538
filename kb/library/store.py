"""An open library file with its connections and transactions."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

from kb.library import database

CHUNK = 500
"""Maximum values in one IN (…) and documents per decoding batch; SQLite's oldest limit is 999."""


class Store:
    """Base class of the library's parts.

    Reads are thread-safe; a transaction belongs to the thread that opened it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._local = threading.local()

    @classmethod
    def open(cls, data_dir: Path, readonly: bool = False, immutable: bool = False) -> Self:
        """Opens <data_dir>/library.sqlite3; creates or migrates it unless `readonly`. immutable: see
        `database.connect`."""
        return cls(database.connect(data_dir, readonly=readonly, immutable=immutable))

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits all writes inside together or, on any exception, none. Don't nest."""
        if self._current is not None:
            raise RuntimeError("transactions don't nest")
        with database.begin(self._engine) as connection:
            self._local.connection = connection
            try:
                yield
            finally:
                self._local.connection = None

    @property
    def _current(self) -> Connection | None:
        return getattr(self._local, "connection", None)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._current is not None:
            yield self._current
            return
        with database.begin(self._engine) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._current is not None:
            yield self._current
            return
        with self._engine.connect() as connection:
            yield connection


def times(*texts: str) -> None:
    """Raises ValueError if a text is not a time; empty texts are allowed."""
    for text in filter(None, texts):
        datetime.fromisoformat(text)


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Splits values into lists short enough for one IN (…)."""
    chunk: list[str] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
