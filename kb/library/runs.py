"""The run history, with reports."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from kb.library import database
from kb.library.records import Run, timestamp
from kb.library.schema import runs
from kb.library.store import Store, times

KEPT = 100
"""Number of runs kept per command: three months of nights."""


class Runs(Store):
    """The run history of a library."""

    def start_run(self, command: str) -> int:
        """Starts a run and returns its id. Unfinished earlier runs are marked interrupted; only the last
        `KEPT` runs of each command are kept."""
        now = timestamp()
        with self._writing() as connection:
            older = select(runs.c.id).where(runs.c.command == command)
            older = older.order_by(runs.c.id.desc()).offset(KEPT - 1)
            connection.execute(delete(runs).where(runs.c.id.in_(older)))
            connection.execute(
                update(runs).where(runs.c.state == "running").values(state="interrupted")
            )
            done = connection.execute(
                insert(runs).values(
                    command=command, started=now, finished="", state="running", report="{}"
                )
            )
            assert done.inserted_primary_key is not None
            return int(done.inserted_primary_key[0])

    def finish_run(self, run: int, state: str, report: Mapping[str, Any]) -> None:
        """Finishes a run with its report, a JSON-serialisable mapping."""
        values = {
            "finished": timestamp(),
            "state": state,
            "report": json.dumps(report, ensure_ascii=False),
        }
        with self._writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def last_runs(self, count: int = 1, command: str = "") -> list[Run]:
        """The last runs, newest first, optionally of one command."""
        query = select(runs).order_by(runs.c.id.desc()).limit(count)
        if command:
            query = query.where(runs.c.command == command)
        return self._runs(query)

    def run(self, id: int) -> Run | None:
        """The run with this id, or None if it never existed or is no longer kept."""
        return next(iter(self._runs(select(runs).where(runs.c.id == id))), None)

    def _runs(self, query: Select[Any]) -> list[Run]:
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        with database.decoding(self._engine):
            for row in rows:
                times(row["started"], row["finished"])
            return [Run(**{**row, "report": dict(json.loads(row["report"]))}) for row in rows]
