"""Text fingerprints, for recognising a text, and results of comparing two texts.

Both can be recomputed from the texts, except fingerprints of documents whose text is gone: these
redirect an old address to the document that has the text now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from kb.library.records import Comparison, Fingerprint, Former
from kb.library.schema import comparisons, documents, fingerprints
from kb.library.store import Store, chunks

_COLUMNS = [fingerprints.c[f.name] for f in fields(Fingerprint)]


class Fingerprints(Store):
    """Fingerprints by document, comparisons by the two versions."""

    def put_fingerprints(self, made: Mapping[str, Fingerprint]) -> None:
        """Stores the fingerprint of each document's current version, by document id."""
        rows = [
            {"document_id": id} | {c.name: getattr(f, c.name) for c in _COLUMNS}
            for id, f in made.items()
        ]
        if rows:
            put = insert(fingerprints)
            values = {c.name: put.excluded[c.name] for c in _COLUMNS}
            with self._writing() as connection:
                connection.execute(
                    put.on_conflict_do_update(index_elements=["document_id"], set_=values), rows
                )

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Fingerprints of present documents, by document id; one may be from an earlier version."""
        query = (
            select(fingerprints.c.document_id, *_COLUMNS)
            .join(documents)
            .where(documents.c.gone == 0)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return {row[0]: Fingerprint(*row[1:]) for row in rows}

    def formers(self) -> list[Former]:
        """Removed documents whose text was fingerprinted, by id."""
        query = (
            select(documents.c.id, documents.c.audience, *_COLUMNS)
            .join(documents)
            .where(documents.c.gone == 1)
            .order_by(documents.c.id)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [Former(row[0], row[1], Fingerprint(*row[2:])) for row in rows]

    def put_comparisons(self, made: Mapping[tuple[str, str], Comparison]) -> None:
        """Stores comparisons by the hashes of the two versions, the smaller first."""
        rows = [
            {"one": one, "other": other, "matched": c.matched, "altered": c.altered}
            | {"scheme": c.scheme}
            for (one, other), c in made.items()
        ]
        if rows:
            with self._writing() as connection:
                connection.execute(insert(comparisons).prefix_with("OR REPLACE"), rows)

    def comparisons(self) -> dict[tuple[str, str], Comparison]:
        """All stored comparisons, by the hashes of the two versions, the smaller first."""
        with self._reading() as connection:
            rows = connection.execute(select(comparisons)).all()
        return {(r.one, r.other): Comparison(r.matched, r.altered, r.scheme) for r in rows}

    def forget_comparisons(self, versions: Iterable[str]) -> None:
        """Removes comparisons of versions that are no longer compared."""
        with self._writing() as connection:
            for chunk in chunks(versions):
                of_either = comparisons.c.one.in_(chunk) | comparisons.c.other.in_(chunk)
                connection.execute(delete(comparisons).where(of_either))
