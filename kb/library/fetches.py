"""Fetch state of web source addresses: validators, bodies, failures."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from kb.library.records import Fetch, Source
from kb.library.schema import fetches, sources
from kb.library.store import Store, chunks


class Fetches(Store):
    """One row per requested address, until its document is gone."""

    def fetches(self, source: str) -> dict[str, Fetch]:
        """A source's addresses; empty for an unknown source."""
        query = (
            select(*(c for c in fetches.c if c.name != "source_id"))
            .join(sources, sources.c.id == fetches.c.source_id)
            .where(sources.c.name == source)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["address"]: _fetch(dict(row)) for row in rows}

    def record_fetch(self, source: Source, fetch: Fetch) -> None:
        """Stores an address's fetch state."""
        values = asdict(fetch)
        values["links"] = json.dumps(fetch.links)
        values["facts"] = json.dumps(fetch.facts, ensure_ascii=False)
        with self._writing() as connection:
            connection.execute(
                insert(fetches)
                .values(source_id=source.id, **values)
                .on_conflict_do_update(index_elements=["source_id", "address"], set_=values)
            )

    def forget_fetches(self, source: Source, addresses: Iterable[str]) -> None:
        """Removes addresses whose documents are gone."""
        with self._writing() as connection:
            for chunk in chunks(addresses):
                connection.execute(
                    delete(fetches).where(
                        fetches.c.source_id == source.id, fetches.c.address.in_(chunk)
                    )
                )

    def fetched_bodies(self) -> set[str]:
        """SHA-256 of every body referenced by an address of any source."""
        with self._reading() as connection:
            return set(connection.execute(select(fetches.c.sha256).distinct()).scalars()) - {""}


def _fetch(row: dict[str, object]) -> Fetch:
    row["links"] = tuple(json.loads(str(row["links"])))
    row["facts"] = tuple((str(k), str(v)) for k, v in json.loads(str(row["facts"])))
    return Fetch(**row)  # type: ignore[arg-type]
