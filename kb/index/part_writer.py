"""Writing a part: its Whoosh index and texts first, then the arrays derived from it.

`kb.index.part` lists the files. Arrays come last because they need the average lengths of all parts.
"""

import errno
import json
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kb import articlenotes
from kb.documents import Document, Passage, PassageKind
from kb.index import sums
from kb.index.fields import FIELDS
from kb.index.part import STEP, STRETCH, UNIT, Ids, Impacts, Lengths, uncached_key
from kb.index.passage_facts import FactsWriter
from kb.index.whoosh_part import PartReader, PartWriter
from kb.text.analysis import Analyzer
from kb.text.folding import flat

K1, B = 1.2, 0.75
"""BM25 parameters, as in Whoosh's defaults."""

FREQUENT, _LONG = 50, 3
"""Minimum number of passages in a part, and minimum length, of a frequent word."""

_CLEAN = str.maketrans({UNIT: " ", STEP: " ", "\x00": " "})


def searchable(passage: Passage) -> str:
    """The searchable text: includes the question of a guide's answer, but not an article's label."""
    if passage.kind is PassageKind.QUESTION and passage.label:
        return f"{passage.label}\n{passage.text}"
    return passage.text


class _Blob:
    """Concatenated strings in one file, and their offsets."""

    def __init__(self, directory: Path, name: str) -> None:
        self._path = directory / f"{name}.npy"
        self._file: BinaryIO = (directory / f"{name}.bin").open("wb")
        self._starts = [0]

    def add(self, text: str) -> None:
        self._starts.append(self._starts[-1] + self._file.write(text.encode("utf-8", "replace")))

    def close(self) -> None:
        self._file.close()
        np.save(self._path, np.asarray(self._starts, dtype=np.int64))


@lru_cache(maxsize=1)
def analyzer_of(cache: Path) -> Analyzer:
    """One analyzer, shared by all parts that a process writes."""
    return Analyzer(cache)


def write_part(directory: Path, documents: Iterable[tuple[str, Document]], cache: Path) -> int:
    """Writes a part's index and texts; `seal` adds the arrays. Returns the passage count.

    documents: (version hash, document), consumed one at a time.
    """
    analyzer = analyzer_of(cache)
    directory.mkdir(parents=True)
    records, folded = _Blob(directory, "records"), _Blob(directory, "folded")
    facts = FactsWriter()
    slots: list[tuple[str, str, int, int]] = []
    count = 0
    with PartWriter(directory / "whoosh") as writer:
        for version, document in documents:
            title = analyzer.count_both(document.title)
            slots.append((document.id, version, count, len(document.passages)))
            paths: dict[tuple[str, ...], Any] = {}
            for passage in document.passages:
                text = searchable(passage).translate(_CLEAN)
                path = passage.path
                if path not in paths:
                    paths[path] = analyzer.count_both(" ".join(path))
                writer.add(
                    f"{document.id}/{passage.anchor}",
                    {
                        "words": analyzer.count_words(text),
                        "grams": analyzer.count_grams(text),
                        "title": title,
                        "path": paths[path],
                        "asked": _asked(analyzer, document, passage),
                    },
                )
                shown = (passage.anchor, passage.label, STEP.join(path), passage.text)
                records.add(
                    UNIT.join(s.translate(_CLEAN) if i != 2 else s for i, s in enumerate(shown))
                )
                plain = flat(text)
                folded.add(plain)
                facts.add(passage.anchor, path, plain)
                count += 1
    facts.save(directory)
    records.close()
    folded.close()
    (directory / "documents.json").write_text(json.dumps(slots), "utf-8")
    return count


def _asked(analyzer: Analyzer, document: Document, passage: Passage) -> Mapping[str, int]:
    """Tokens of our own heading and questions of an article."""
    note = articlenotes.find(document.work, passage.text) if passage.article else None
    return analyzer.count_both("\n".join((note.heading, *note.questions))) if note else {}


def measure(directory: Path) -> Lengths:
    """Field lengths of a part whose index is written."""
    with PartReader(directory / "whoosh") as reader:
        return Lengths(reader.count, tuple(reader.total_length(f) for f in FIELDS))


def seal(directory: Path, pivots: Sequence[float]) -> None:
    """Derives the arrays from the part's Whoosh index and completes the part.

    pivots: average field lengths of the public documents at the last full build, for staff parts
    too. They stay fixed for parts added later, so that scores are comparable across parts.
    """
    keys: list[int] = []
    sizes: list[int] = []
    frequent: list[str] = []
    raw_ids, raw_impacts = directory / "ids.tmp", directory / "impacts.tmp"
    with PartReader(directory / "whoosh") as reader:
        lengths = Lengths(reader.count, tuple(reader.total_length(f) for f in FIELDS))
        with raw_ids.open("wb") as ids_file, raw_impacts.open("wb") as impacts_file:
            for number, field in enumerate(FIELDS):
                norms = K1 * ((1 - B) + B * reader.lengths(field) / pivots[number])
                for ids, counts in _stretches(reader, number, keys, sizes, frequent):
                    ids.tofile(ids_file)
                    impacts = counts * (K1 + 1) / (counts + norms.astype(np.float32)[ids])
                    impacts.astype(np.float32).tofile(impacts_file)
    _arrange(directory, keys, sizes)
    raw_ids.unlink()
    raw_impacts.unlink()
    slots = json.loads((directory / "documents.json").read_text("utf-8"))
    facts = {
        "passages": lengths.passages,
        "tokens": lengths.tokens,
        "pivots": list(pivots),
        "documents": slots,
    }
    (directory / "frequent.json").write_text(json.dumps(frequent), "utf-8")
    (directory / "part.json").write_text(json.dumps(facts), "utf-8")
    (directory / "documents.json").unlink()
    sums.seal(directory)


def _stretches(
    reader: PartReader, number: int, keys: list[int], sizes: list[int], frequent: list[str]
) -> Iterator[tuple[Ids, Impacts]]:
    """Yields a field's postings (ids, counts) in batches of terms; records each term's key and size, and
    the frequent words."""
    ids, counts = array("i"), array("f")
    for term, passages, values in reader.lists(FIELDS[number]):
        keys.append(uncached_key(number, term))
        sizes.append(len(passages))
        if FIELDS[number] == "words" and len(passages) >= FREQUENT and len(term) >= _LONG:
            frequent.append(term)
        ids.extend(passages)
        counts.extend(values)
        if len(ids) >= STRETCH:
            yield np.frombuffer(ids, np.int32), np.frombuffer(counts, np.float32)
            ids, counts = array("i"), array("f")
    yield np.frombuffer(ids, np.int32), np.frombuffer(counts, np.float32)


def _arrange(directory: Path, keys: list[int], sizes: list[int]) -> None:
    """Sorts terms by key and stores their postings in that order."""
    key_array = np.asarray(keys, dtype=np.uint64)
    order = np.argsort(key_array, kind="stable")
    ordered = key_array[order]
    if len(ordered) > 1 and bool((ordered[1:] == ordered[:-1]).any()):
        raise AssertionError("two terms share a key")
    size_array = np.asarray(sizes, dtype=np.int64)
    old_starts = np.concatenate(([0], np.cumsum(size_array)))
    new_sizes = size_array[order]
    new_starts = np.concatenate(([0], np.cumsum(new_sizes)))
    np.save(directory / "terms.npy", ordered)
    np.save(directory / "starts.npy", new_starts)
    for name, dtype in (("ids", np.int32), ("impacts", np.float32)):
        path, total = directory / f"{name}.npy", int(new_starts[-1])
        if not total:
            np.save(path, np.zeros(0, dtype=dtype))
            continue
        flat = np.memmap(directory / f"{name}.tmp", dtype=dtype, mode="r")
        out = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(total,))
        _reserve(path)
        first = 0
        while first < len(order):
            # As many terms as fit in a batch, but at least one.
            last = int(np.searchsorted(new_starts, new_starts[first] + STRETCH, "right")) - 1
            last = max(first + 1, last)
            begin, end = int(new_starts[first]), int(new_starts[last])
            # Source index of each posting: a run of consecutive numbers for each term.
            moved = old_starts[order[first:last]] - new_starts[first:last]
            source = np.arange(begin, end) + np.repeat(moved, new_sizes[first:last])
            out[begin:end] = flat[source]
            first = last
        out.flush()


def _reserve(path: Path) -> None:
    """Preallocates a file that is written through a mapping: on a full disk, writing to a mapping
    kills the process, while this raises OSError."""
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # can't be asked for here
                raise
