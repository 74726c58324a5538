"""The ledger: the items seen in each source, their outcome, and the run."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, delete, exists, func, select, update
from sqlalchemy.dialects.sqlite import insert

from kb.library import database
from kb.library.records import Held, Item, ItemState, Source, SourceState, timestamp
from kb.library.runs import Runs
from kb.library.schema import documents, items, sources, versions
from kb.library.store import chunks, times

_ITEMS = select(
    sources.c.name.label("source"),
    *(c for c in items.c if c.name not in ("id", "source_id")),
).join(sources, sources.c.id == items.c.source_id)

_HELD = exists().where(items.c.document_id == documents.c.id, items.c.state != ItemState.GONE.value)
"""Whether any item holds the document."""


class Ledger(Runs):
    """Sources and their items."""

    def put_source(
        self,
        name: str,
        type: str,
        root: str,
        config_hash: str,
        as_of: date | None = None,
        config: str = "{}",
    ) -> Source:
        """Creates or updates a source by name."""
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
                .values(name=name, succeeded="", **values)
                .on_conflict_do_update(index_elements=["name"], set_=values)
            )
        return self.sources()[name]

    def source_succeeded(self, source: Source) -> None:
        """Records that the source was scanned now."""
        with self._writing() as connection:
            connection.execute(
                update(sources).where(sources.c.id == source.id).values(succeeded=timestamp())
            )

    def sources(self) -> dict[str, Source]:
        """Every source by name."""
        with self._reading() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.name)).mappings().all()
        with database.decoding(self._engine):
            return {
                row["name"]: Source(
                    **{**row, "as_of": date.fromisoformat(row["as_of"]) if row["as_of"] else None}
                )
                for row in rows
            }

    def source_states(self) -> list[SourceState]:
        """Every source with its item counts, by name."""
        failed = items.c.state == ItemState.FAILED.value
        count = {
            "ok": items.c.state == ItemState.OK.value,
            "failed": failed,
            "missing": (items.c.missing > 0) & (items.c.state != ItemState.GONE.value),
        }
        since = func.min(case((failed & (items.c.failing_since != ""), items.c.failing_since)))
        query = (
            select(
                *(sources.c.name, sources.c.root, sources.c.succeeded),
                *(
                    func.coalesce(func.sum(case((c, 1), else_=0)), 0).label(n)
                    for n, c in count.items()
                ),
                func.coalesce(since, "").label("failing_since"),
            )
            .outerjoin(items, items.c.source_id == sources.c.id)
            .group_by(sources.c.id)
            .order_by(sources.c.name)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        with database.decoding(self._engine):
            for row in rows:
                times(row["succeeded"], row["failing_since"])
            return [SourceState(**row) for row in rows]

    def items(self, source: str) -> dict[str, Item]:
        """A source's ledger by path, including gone items; empty for an unknown source."""
        return {item.path: item for item in self._items(_ITEMS.where(sources.c.name == source))}

    def items_of(self, document_id: str) -> list[Item]:
        """Items a document was read from, including gone ones, by source and path."""
        return self._items(
            _ITEMS.where(items.c.document_id == document_id).order_by(sources.c.name, items.c.path)
        )

    def held(self) -> list[Held]:
        """Items that present documents were read from, by document, source and path."""
        query = (
            select(
                items.c.document_id, sources.c.name, items.c.path, items.c.sha256, items.c.version
            )
            .join(sources, sources.c.id == items.c.source_id)
            .join(documents, documents.c.id == items.c.document_id)
            .where(items.c.state != ItemState.GONE.value, documents.c.gone == 0)
            .order_by(items.c.document_id, sources.c.name, items.c.path)
        )
        with self._reading() as connection:
            return [Held(*row) for row in connection.execute(query)]

    def without_text(self) -> list[str]:
        """Titles of documents whose text is lost although an item they were read from still exists."""
        query = select(documents.c.title).where(documents.c.hash.is_(None), _HELD)
        with self._reading() as connection:
            return list(connection.execute(query.order_by(documents.c.title)).scalars())

    def close_source(self, name: str, config: str) -> None:
        """Stores source settings decided by a publication."""
        with self._writing() as connection:
            connection.execute(update(sources).where(sources.c.name == name).values(config=config))

    def drop_orphans(self) -> list[str]:
        """Marks documents that no item holds as gone, once every source was scanned: by then, documents
        whose ledger entries were lost in a repair have been read again from their items. Returns
        their ids."""
        with self._writing() as connection:
            waiting = select(sources.c.id).where(sources.c.succeeded == "").limit(1)
            if connection.execute(waiting).one_or_none() is not None:
                return []
            lost = select(documents.c.id).where(documents.c.gone == 0, ~_HELD)
            ids = connection.execute(lost).scalars().all()
            return [id for chunk in chunks(ids) for id in self._settle(connection, chunk)]

    def failures(self) -> list[Item]:
        """Items that failed in the last run, by source and path."""
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
        retry_on: str = "",
        forget: bool = False,
    ) -> None:
        """Records an item's outcome in this run.

        retry_on: the day from which a failure is retried. A failed item keeps the document last read from
        it unless told to forget it: then the document's texts are erased too, if no other item has
        them. A document that loses its last item is gone; one that gains an item is present again. Call
        `put_document` first.
        """
        key = (items.c.source_id == source.id) & (items.c.path == path)
        now = timestamp()
        with self._writing() as connection:
            before = connection.execute(select(items.c.document_id).where(key)).scalar_one_or_none()
            if state is not ItemState.OK and document_id is None and not forget:
                document_id = before
            failed = int(state is ItemState.FAILED)
            values: dict[str, Any] = {
                "size": size,
                "mtime_ns": mtime_ns,
                "sha256": sha256,
                "document_id": document_id,
                "state": state.value,
                "reason": reason,
                "message": message,
                "last_seen": now,
                "run_id": run,
                "missing": 0,
                "retry_on": retry_on if failed else "",
            }
            if state is ItemState.OK:
                current = select(documents.c.hash).where(documents.c.id == document_id)
                values["version"] = func.coalesce(current.scalar_subquery(), "")
            began = case((items.c.failing_since == "", now), else_=items.c.failing_since)
            connection.execute(
                insert(items)
                .values(
                    source_id=source.id,
                    path=path,
                    first_seen=now,
                    failures=failed,
                    failing_since=now if failed else "",
                    **{"version": "", **values},
                )
                .on_conflict_do_update(
                    index_elements=["source_id", "path"],
                    set_={
                        **values,
                        "failures": items.c.failures + 1 if failed else 0,
                        "failing_since": began if failed else "",
                    },
                )
            )
            if state is ItemState.OK and document_id is not None:
                connection.execute(
                    update(documents)
                    .where(documents.c.id == document_id, documents.c.gone == 1)
                    .where(documents.c.hash.is_not(None))
                    .values(gone=0, updated=now)
                )
            gone = self._settle(connection, [d for d in {before, document_id} if d is not None])
            if forget and gone:
                # Overwritten, not only unlinked.
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
                connection.execute(
                    update(documents).where(documents.c.id.in_(gone)).values(hash=None)
                )
                connection.execute(delete(versions).where(versions.c.document_id.in_(gone)))

    def touch_items(self, source: Source, paths: Iterable[str], run: int | None = None) -> None:
        """Records that unchanged items were seen in this run."""
        values = {"last_seen": timestamp(), "run_id": run, "missing": 0}
        with self._writing() as connection:
            for chunk in chunks(paths):
                connection.execute(
                    update(items)
                    .where(items.c.source_id == source.id, items.c.path.in_(chunk))
                    .values(**values)
                )

    def set_times(self, source: Source, times: Iterable[tuple[str, int]]) -> None:
        """Records new modification times (path, nanoseconds) of items with unchanged bytes."""
        rows = [{"at": path, "time": mtime_ns} for path, mtime_ns in times]
        if not rows:
            return
        with self._writing() as connection:
            connection.execute(
                update(items)
                .where(items.c.source_id == source.id, items.c.path == bindparam("at"))
                .values(mtime_ns=bindparam("time")),
                rows,
            )

    def mark_missing(self, source: Source, paths: Iterable[str]) -> None:
        """Increments the count of runs that didn't find these items; their state is unchanged."""
        with self._writing() as connection:
            for chunk in chunks(paths):
                connection.execute(
                    update(items)
                    .where(items.c.source_id == source.id, items.c.path.in_(chunk))
                    .values(missing=items.c.missing + 1)
                )

    def mark_gone(self, source: Source, paths: Iterable[str], run: int | None = None) -> list[str]:
        """Marks items gone; returns sorted ids of the documents that thereby lost their last item."""
        gone: list[str] = []
        with self._writing() as connection:
            for chunk in chunks(paths):
                here = (items.c.source_id == source.id) & items.c.path.in_(chunk)
                of = select(items.c.document_id).where(here, items.c.document_id.is_not(None))
                affected = connection.execute(of.distinct()).scalars().all()
                connection.execute(
                    update(items)
                    .where(here, items.c.state != ItemState.GONE.value)
                    .values(
                        state=ItemState.GONE.value,
                        reason="",
                        message="",
                        run_id=run,
                        missing=0,
                        failing_since="",
                        retry_on="",
                    )
                )
                gone += self._settle(connection, affected)
        return sorted(gone)

    def _items(self, query: Select[Any]) -> list[Item]:
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        with database.decoding(self._engine):
            return [Item(**{**row, "state": ItemState(row["state"])}) for row in rows]

    @staticmethod
    def _settle(connection: Connection, ids: Sequence[str]) -> list[str]:
        """Marks documents without remaining items as gone; returns their ids."""
        lost = (documents.c.id.in_(ids)) & (documents.c.gone == 0) & ~_HELD
        gone = list(connection.execute(select(documents.c.id).where(lost)).scalars())
        if gone:
            connection.execute(
                update(documents)
                .where(documents.c.id.in_(gone))
                .values(gone=1, updated=timestamp())
            )
        return gone
