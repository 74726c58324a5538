"""The ledger: which items of which sources were seen, what became of them, and in which run."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, exists, select, update
from sqlalchemy.dialects.sqlite import insert

from kb.library.records import Item, ItemState, Run, Source, timestamp
from kb.library.schema import documents, items, runs, sources
from kb.library.store import Store, chunks

_ITEMS = select(
    sources.c.name.label("source"),
    *(c for c in items.c if c.name not in ("id", "source_id")),
).join(sources, sources.c.id == items.c.source_id)


class Ledger(Store):
    """Sources, their items, and runs."""

    def put_source(
        self,
        name: str,
        type: str,
        root: str,
        config_hash: str,
        as_of: date | None = None,
        config: str = "{}",
    ) -> Source:
        """Creates or updates a source by its name."""
        values = {
            "type": type,
            "root": root,
            "config_hash": config_hash,
            "config": config,
            "as_of": as_of.isoformat() if as_of else None,
        }
        with self._writing() as connection:
            connection.execute(
                insert(sources)
                .values(name=name, **values)
                .on_conflict_do_update(index_elements=["name"], set_=values)
            )
        return self.sources()[name]

    def sources(self) -> dict[str, Source]:
        """Every source by name."""
        with self._reading() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.name)).mappings().all()
        return {
            row["name"]: Source(
                **{**row, "as_of": date.fromisoformat(row["as_of"]) if row["as_of"] else None}
            )
            for row in rows
        }

    def items(self, source: str) -> dict[str, Item]:
        """A source's ledger by path, gone ones included; empty for an unknown source."""
        return {item.path: item for item in self._items(_ITEMS.where(sources.c.name == source))}

    def items_of(self, document_id: str) -> list[Item]:
        """The items a document was read from, gone ones included, by source and path."""
        return self._items(
            _ITEMS.where(items.c.document_id == document_id).order_by(sources.c.name, items.c.path)
        )

    def failures(self) -> list[Item]:
        """Items that couldn't be read in the last run, by source and path."""
        return self._items(
            _ITEMS.where(items.c.state == ItemState.FAILED.value).order_by(
                sources.c.name, items.c.path
            )
        )

    def record_item(
        self,
        source: Source,
        path: str,
        *,
        size: int,
        mtime_ns: int,
        sha256: str,
        document_id: str | None = None,
        state: ItemState = ItemState.OK,
        reason: str = "",
        message: str = "",
        run: int | None = None,
    ) -> None:
        """Writes what became of an item in this run.

        An item that fails keeps the document last read from it. A document that loses its last item
        is gone, one that gains an item is present again; `put_document` comes first.
        """
        key = (items.c.source_id == source.id) & (items.c.path == path)
        now = timestamp()
        with self._writing() as connection:
            before = connection.execute(select(items.c.document_id).where(key)).scalar_one_or_none()
            if state is not ItemState.OK and document_id is None:
                document_id = before
            failed = int(state is ItemState.FAILED)
            values = {
                "size": size,
                "mtime_ns": mtime_ns,
                "sha256": sha256,
                "document_id": document_id,
                "state": state.value,
                "reason": reason,
                "message": message,
                "last_seen": now,
                "run_id": run,
            }
            connection.execute(
                insert(items)
                .values(source_id=source.id, path=path, first_seen=now, failures=failed, **values)
                .on_conflict_do_update(
                    index_elements=["source_id", "path"],
                    set_={**values, "failures": items.c.failures + 1 if failed else 0},
                )
            )
            if state is ItemState.OK and document_id is not None:
                connection.execute(
                    update(documents)
                    .where(documents.c.id == document_id, documents.c.gone == 1)
                    .where(documents.c.hash.is_not(None))
                    .values(gone=0, updated=now)
                )
            self._settle(connection, [d for d in {before, document_id} if d is not None])

    def touch_items(self, source: Source, paths: Iterable[str], run: int | None = None) -> None:
        """Notes that unchanged items were seen in this run."""
        values = {"last_seen": timestamp(), "run_id": run}
        with self._writing() as connection:
            for chunk in chunks(paths):
                connection.execute(
                    update(items)
                    .where(items.c.source_id == source.id, items.c.path.in_(chunk))
                    .values(**values)
                )

    def mark_gone(self, source: Source, paths: Iterable[str], run: int | None = None) -> list[str]:
        """Marks items gone; ids of the documents that lost their last item by it, sorted."""
        gone: list[str] = []
        with self._writing() as connection:
            for chunk in chunks(paths):
                here = (items.c.source_id == source.id) & items.c.path.in_(chunk)
                of = select(items.c.document_id).where(here, items.c.document_id.is_not(None))
                affected = connection.execute(of.distinct()).scalars().all()
                connection.execute(
                    update(items)
                    .where(here, items.c.state != ItemState.GONE.value)
                    .values(state=ItemState.GONE.value, reason="", message="", run_id=run)
                )
                gone += self._settle(connection, affected)
        return sorted(gone)

    def start_run(self, command: str) -> int:
        """Begins a run; its id. Runs that never ended are noted as interrupted."""
        now = timestamp()
        with self._writing() as connection:
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
        """Ends a run with its report, a mapping that JSON can hold."""
        values = {
            "finished": timestamp(),
            "state": state,
            "report": json.dumps(report, ensure_ascii=False),
        }
        with self._writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def last_runs(self, count: int = 1) -> list[Run]:
        """The newest runs first."""
        query = select(runs).order_by(runs.c.id.desc()).limit(count)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Run(**{**row, "report": json.loads(row["report"])}) for row in rows]

    def _items(self, query: Select[Any]) -> list[Item]:
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Item(**{**row, "state": ItemState(row["state"])}) for row in rows]

    @staticmethod
    def _settle(connection: Connection, ids: Sequence[str]) -> list[str]:
        """Marks those documents gone that have no item left; their ids."""
        held = exists().where(
            items.c.document_id == documents.c.id, items.c.state != ItemState.GONE.value
        )
        lost = (documents.c.id.in_(ids)) & (documents.c.gone == 0) & ~held
        gone = list(connection.execute(select(documents.c.id).where(lost)).scalars())
        if gone:
            connection.execute(
                update(documents)
                .where(documents.c.id.in_(gone))
                .values(gone=1, updated=timestamp())
            )
        return gone
