"""The library. One process writes (see `kb.lock`), any number read.

A pipeline stores about a hundred documents with their items per `transaction`; a crash loses at
most the current batch. Outside a transaction, each call is its own.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from kb.documents import Document, from_json, to_json
from kb.errors import DamagedError, LibraryError
from kb.library.fetches import Fetches
from kb.library.fingerprints import Fingerprints
from kb.library.ledger import Ledger
from kb.library.records import Change, Entry, ItemState, timestamp
from kb.library.schema import documents, items, versions
from kb.library.store import chunks


class Library(Ledger, Fetches, Fingerprints):
    """Document versions by content hash, and the ledger of their origins.

    Every method raises LibraryError when the file can't be used.
    """

    def put_document(self, document: Document) -> Change:
        """Stores a version as its document's current one."""
        text = to_json(document).encode()
        digest = hashlib.sha256(text).hexdigest()
        known = select(documents.c.hash, documents.c.gone).where(documents.c.id == document.id)
        with self._writing() as connection:
            before = connection.execute(known).one_or_none()
            if before is not None and before.hash == digest and not before.gone:
                return "unchanged"
            now = timestamp()
            connection.execute(
                insert(versions)
                .values(
                    hash=digest,
                    document_id=document.id,
                    payload=zlib.compress(text),
                    created=now,
                )
                .on_conflict_do_nothing()
            )
            values = {
                "hash": digest,
                "work": document.work,
                "title": document.title,
                "kind": document.kind.value,
                "audience": document.audience.value,
                "updated": now,
                "gone": 0,
            }
            connection.execute(
                insert(documents)
                .values(id=document.id, first_seen=now, **values)
                .on_conflict_do_update(index_elements=["id"], set_=values)
            )
        return "added" if before is None or before.gone else "changed"

    def current(self) -> Iterator[tuple[str, str]]:
        """(id, hash) of every present document, by id."""
        for entry in self.entries():
            yield entry.id, entry.hash

    def entries(self) -> Iterator[Entry]:
        """Every present document without its text, by id."""
        columns = [c for c in documents.c if c.name != "gone"]
        query = select(*columns).where(documents.c.gone == 0).order_by(documents.c.id)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            yield Entry(**row._mapping)

    def document(self, version: str) -> Document | None:
        """The version with this hash, or None if it was never stored or has been pruned."""
        return dict(self.load([version])).get(version)

    def documents_by_ids(self, ids: Iterable[str]) -> dict[str, Document]:
        """Current versions by document id; missing or gone ones are omitted."""
        hashes: dict[str, str] = {}
        with self._reading() as connection:
            for chunk in chunks(ids):
                query = select(documents.c.id, documents.c.hash).where(
                    documents.c.id.in_(chunk), documents.c.gone == 0
                )
                hashes.update((row.hash, row.id) for row in connection.execute(query))
        return {hashes[version]: document for version, document in self.load(hashes)}

    def load(self, hashes: Iterable[str]) -> Iterator[tuple[str, Document]]:
        """(hash, document) for each existing version, decoded in batches, in the given order."""
        for chunk in chunks(hashes):
            query = select(versions.c.hash, versions.c.payload).where(versions.c.hash.in_(chunk))
            with self._reading() as connection:
                payloads = {row.hash: row.payload for row in connection.execute(query)}
            for version in chunk:
                if version in payloads:
                    yield version, _decode(version, payloads[version])

    def prune(self, keep: Iterable[str] = ()) -> int:
        """Removes versions that are not current and not in `keep` (hashes referenced by published
        generations). Returns the number removed."""
        with self._writing() as connection:
            used = set(keep) | set(
                connection.execute(select(documents.c.hash).where(documents.c.gone == 0)).scalars()
            )
            used |= set(
                connection.execute(
                    select(items.c.version).where(items.c.state != ItemState.GONE.value)
                ).scalars()
            )
            spare = set(connection.execute(select(versions.c.hash)).scalars()) - used
            for chunk in chunks(spare):
                # Gone documents keep their row (first_seen) without the text.
                connection.execute(
                    update(documents).where(documents.c.hash.in_(chunk)).values(hash=None)
                )
                connection.execute(delete(versions).where(versions.c.hash.in_(chunk)))
        return len(spare)

    def check(self) -> list[str]:
        """Faults in the file, as messages for users; empty if none. Reads everything: takes seconds."""
        with self._reading() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
            faults = [f"资料库结构：{line}" for line in found if line != "ok"]
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
                faults.append(f"资料库引用：表 {row[0]} 第 {row[1]} 行所指不存在")
            hashes = connection.execute(select(versions.c.hash)).scalars().all()
        for version in hashes:
            try:
                document = self.document(version)
            except LibraryError as e:
                faults.append(str(e))
                continue
            if document is not None and document.content_hash() != version:
                faults.append(f"资料库内容：版本 {version} 与其校验值不符")
        return faults


def _decode(version: str, payload: bytes) -> Document:
    try:
        return from_json(zlib.decompress(payload))
    except (zlib.error, ValueError, KeyError, TypeError) as e:
        raise DamagedError(
            f"资料库内容：版本 {version} 无法读取，资料库已损坏。请运行 kb repair 修复。"
        ) from e
