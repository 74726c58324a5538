"""The engines compared. Each takes the same rows and answers a question with its ten best passages
and the counts of every facet over all that matched."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.corpus import Question, Row, folder_size, text_of
from kb.index.document_info import FACETS
from kb.index.fields import FIELDS
from kb.index.part_writer import K1, B
from kb.index.snapshot import Snapshot
from kb.search import engine

TOP = 10


class Peer(Protocol):
    """name and version for the table; note says what it does differently."""

    name: str
    version: str
    note: str

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        """Indexes the rows; megabytes on disk."""

    def search(self, question: Question) -> tuple[int, int]:
        """Searches; returns how many were found and how many facet values were counted."""


class Ours:
    """The engine of this project on the base as it is published: the plan, whole."""

    name, version = "kb", ""
    note = (
        "as served: priors and boosts, weak matches cut off, passages grouped by document, facets "
        "count documents"
    )

    def __init__(self, snapshot: Snapshot, size: float) -> None:
        self._snapshot, self._size = snapshot, size

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        return self._size

    def search(self, question: Question) -> tuple[int, int]:
        found = engine.search(self._snapshot, question.plan)
        return found.total, sum(map(len, found.facets.values()))


class OursWhole(Ours):
    """The same without the cut-off: what the others do."""

    name, note = "kb, every match", "as kb, but every passage with any of the words matches"

    def search(self, question: Question) -> tuple[int, int]:
        found = engine.search(self._snapshot, replace(question.plan, floor=0.0))
        return found.total, sum(map(len, found.facets.values()))


class Tantivy:
    """tantivy-py: boosted term queries in one Boolean, facets by terms aggregations."""

    name = "Tantivy"
    note = "facets count passages"

    def __init__(self) -> None:
        self._t = import_module("tantivy")
        self.version = version("tantivy")

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        tantivy = self._t
        builder = tantivy.SchemaBuilder()
        for name in FIELDS:
            builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
        for facet in FACETS:
            builder.add_text_field(facet, tokenizer_name="raw", fast=True, index_option="basic")
        self._schema = builder.build()
        directory.mkdir()
        index = tantivy.Index(self._schema, path=str(directory))
        writer = index.writer(heap_size=500_000_000, num_threads=1)
        for row in rows:
            document = tantivy.Document()
            for name, bag in zip(FIELDS, row.fields, strict=True):
                document.add_text(name, text_of(bag))
            for facet, values in zip(FACETS, row.facets, strict=True):
                for value in values:
                    document.add_text(facet, value)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()
        self._facets = {f: {"terms": {"field": f, "size": 1000}} for f in FACETS}
        self.note += f"; {self._searcher.num_segments} segments"
        return folder_size(directory)

    def search(self, question: Question) -> tuple[int, int]:
        tantivy = self._t
        query = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(
                        tantivy.Query.term_query(self._schema, FIELDS[f], t, "freq"), w
                    ),
                )
                for f, t, w in question.terms
            ]
        )
        found = self._searcher.search(query, TOP, count=True)
        facets = self._searcher.aggregate(query, self._facets)
        return found.count, sum(len(f["buckets"]) for f in facets.values())


class Whoosh:
    """Stock Whoosh: its own writer, BM25F, facets by its own grouping over sortable columns."""

    name = "Whoosh"
    note = "facets count passages"

    def __init__(self) -> None:
        self.version = version("whoosh")

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        from whoosh import analysis, fields, index

        split = analysis.SpaceSeparatedTokenizer()
        schema = fields.Schema(
            **{n: fields.TEXT(analyzer=split, phrase=False) for n in FIELDS},
            **{f: fields.ID(sortable=True) for f in FACETS},
        )
        directory.mkdir()
        writer = index.create_in(str(directory), schema).writer(limitmb=512)
        for row in rows:
            texts = {n: text_of(b) for n, b in zip(FIELDS, row.fields, strict=True)}
            # A column holds one value: of several topics the first.
            values = {f: v[0] if v else "" for f, v in zip(FACETS, row.facets, strict=True)}
            writer.add_document(**texts, **values)
        writer.commit()
        self._searcher = index.open_dir(str(directory)).searcher()
        return folder_size(directory)

    def search(self, question: Question) -> tuple[int, int]:
        from whoosh import query, sorting

        terms = [query.Term(FIELDS[f], t, boost=w) for f, t, w in question.terms]
        facets = {f: sorting.FieldFacet(f, maptype=sorting.Count) for f in FACETS}
        found = self._searcher.search(query.Or(terms), limit=TOP, groupedby=facets)
        return len(found), sum(len(found.groups(f)) for f in FACETS)


class Fts5:
    """SQLite FTS5: one table of four columns; it knows no weight for a term, only for a column."""

    name, version = "SQLite FTS5", sqlite3.sqlite_version
    note = "no weights for terms; facets count passages"

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        directory.mkdir()
        self._connection = sqlite3.connect(directory / "fts.sqlite3")
        run = self._connection.execute
        run(
            f"create virtual table passages using fts5({', '.join(FIELDS)}, content='', detail=column)"
        )
        run(f"create table facets (id integer primary key, {', '.join(FACETS)})")
        marks = ", ".join("?" * (1 + len(FIELDS)))
        for number, row in enumerate(rows, 1):
            texts = [text_of(b) for b in row.fields]
            run(
                f"insert into passages (rowid, {', '.join(FIELDS)}) values ({marks})",
                (number, *texts),
            )
            values = [v[0] if v else "" for v in row.facets]
            run(f"insert into facets values (?, {', '.join('?' * len(FACETS))})", (number, *values))
        run("insert into passages (passages) values ('optimize')")
        self._connection.commit()
        return folder_size(directory)

    def search(self, question: Question) -> tuple[int, int]:
        by_field: dict[int, list[str]] = {}
        for field, token, _ in question.terms:
            by_field.setdefault(field, []).append(token)
        match = " OR ".join(f"({FIELDS[f]} : ({' OR '.join(t)}))" for f, t in by_field.items())
        run = self._connection.execute
        run(
            "create temp table hits as select rowid id from passages where passages match ?",
            (match,),
        )
        best = "bm25(passages, 1.0, 0.8, 0.4, 0.6)"
        run(
            f"select rowid from passages where passages match ? order by {best} limit {TOP}",
            (match,),
        ).fetchall()
        counted = 0
        for facet in FACETS:
            sql = f"select {facet}, count(*) from hits join facets using (id) group by 1"
            counted += len(run(sql).fetchall())
        total = run("select count(*) from hits").fetchone()[0]
        run("drop table hits")
        return int(total), counted


class Bm25s:
    """bm25s: one index for each field, scores of terms of one weight added up; facets by NumPy."""

    name = "bm25s (NumPy)"
    note = "facets counted by us over its scores"

    def __init__(self) -> None:
        self._b = import_module("bm25s")
        self.version = version("bm25s")

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        self._indexes = []
        for i in range(len(FIELDS)):
            vocabulary: dict[str, int] = {}
            ids = [
                [
                    vocabulary.setdefault(t, len(vocabulary))
                    for t, n in r.fields[i].items()
                    for _ in range(n)
                ]
                for r in rows
            ]
            index = self._b.BM25(method="lucene", k1=K1, b=B)
            index.index((ids, vocabulary), show_progress=False)
            index.save(str(directory / FIELDS[i]))
            self._indexes.append(index)
        self._facets = []
        for f in range(len(FACETS)):
            names: dict[str, int] = {}
            pairs = [
                (n, names.setdefault(v, len(names)))
                for n, r in enumerate(rows)
                for v in r.facets[f]
            ]
            array = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
            self._facets.append((array[:, 0], array[:, 1], len(names)))
        return folder_size(directory)

    def search(self, question: Question) -> tuple[int, int]:
        scores: Any = 0.0
        groups: dict[tuple[int, float], list[str]] = {}
        for field, token, weight in question.terms:
            if token in self._indexes[field].vocab_dict:
                groups.setdefault((field, weight), []).append(token)
        for (field, weight), tokens in groups.items():
            scores = scores + weight * self._indexes[field].get_scores(tokens)
        if isinstance(scores, float):
            return 0, 0
        np.argpartition(scores, -TOP)[-TOP:]
        matched = scores > 0
        counted = 0
        for rows, values, size in self._facets:
            counted += int(np.count_nonzero(np.bincount(values[matched[rows]], minlength=size)))
        return int(matched.sum()), counted


class Xapian:
    """Xapian's Python bindings, where they are installed."""

    name, version = "Xapian", ""
    note = "facets count passages"

    def __init__(self) -> None:
        self._x = import_module("xapian")
        self.version = self._x.version_string()

    def build(self, rows: Sequence[Row], directory: Path) -> float:
        database = self._x.WritableDatabase(str(directory), self._x.DB_CREATE_OR_OPEN)
        for row in rows:
            document = self._x.Document()
            for i, bag in enumerate(row.fields):
                for token, count in bag.items():
                    document.add_term(f"{'ABCD'[i]}{token}", count)
            for slot, values in enumerate(row.facets):
                document.add_value(slot, values[0] if values else "")
            database.add_document(document)
        database.commit()
        self._database = self._x.Database(str(directory))
        return folder_size(directory)

    def search(self, question: Question) -> tuple[int, int]:
        query = self._x.Query(
            self._x.Query.OP_OR,
            [
                self._x.Query(self._x.Query.OP_SCALE_WEIGHT, self._x.Query(f"{'ABCD'[f]}{t}"), w)
                for f, t, w in question.terms
            ],
        )
        enquire = self._x.Enquire(self._database)
        enquire.set_query(query)
        spies = [self._x.ValueCountMatchSpy(slot) for slot in range(len(FACETS))]
        for spy in spies:
            enquire.add_matchspy(spy)
        found = enquire.get_mset(0, TOP, self._database.get_doccount())
        return found.get_matches_estimated(), sum(sum(1 for _ in s.values()) for s in spies)


def available() -> tuple[list[Peer], dict[str, str]]:
    """Peers that can be imported here, and why others are left out."""
    peers: list[Peer] = []
    skipped = {}
    makers: list[Callable[[], Peer]] = [Tantivy, Bm25s, Fts5, Xapian, Whoosh]
    for make in makers:
        try:
            peers.append(make())
        except ImportError as error:
            skipped[make.__name__] = f"skipped: {error}"
    return peers, skipped
