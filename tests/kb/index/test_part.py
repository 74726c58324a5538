"""Parts: what is written in bulk against what Whoosh writes by itself, and reading it back."""

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import fields, formats, index

from kb.documents import Audience, Document, Kind, Passage, document_id
from kb.index import inversion
from kb.index.fields import FIELDS
from kb.index.inversion import Inversion
from kb.index.part import Part, term_key
from kb.index.part_writer import measure, seal, write_part
from kb.index.whoosh_part import PartReader, PartWriter
from kb.text.folding import fold


class Bag(fields.FieldType):  # type: ignore[misc]
    """Token counts as Whoosh's own writer takes them."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None, scorable=True)

    def index(self, value: Mapping[str, int], **_: object) -> object:
        return [(t.encode(), n, float(n), b"") for t, n in value.items()]


def bags(seed: int, count: int) -> list[dict[str, Counter[str]]]:
    """Token counts for each field: some tokens everywhere, some once, some passages empty."""
    rng = random.Random(seed)
    tokens = [chr(0x4E00 + n) for n in range(400)] + ["𠀀", "a", "3.5", "〇"]
    weights = [1000 / (n + 1) for n in range(len(tokens))]
    out = []
    for _ in range(count):
        out.append(
            {f: Counter(rng.choices(tokens, weights, k=rng.choice([0, 1, 5, 300]))) for f in FIELDS}
        )
    return out


def test_the_index_is_what_whoosh_writes(tmp_path: Path) -> None:
    rows = bags(3, 700)
    with PartWriter(tmp_path / "ours") as writer:
        for n, row in enumerate(rows):
            writer.add(f"d/{n}", row)
    schema = fields.Schema(pid=fields.STORED(), **{f: Bag() for f in FIELDS})
    (tmp_path / "stock").mkdir()
    stock = index.create_in(str(tmp_path / "stock"), schema).writer()
    for n, row in enumerate(rows):
        stock.add_document(pid=f"d/{n}", **row)
    stock.commit()
    with PartReader(tmp_path / "ours") as ours, PartReader(tmp_path / "stock") as theirs:
        assert ours.count == theirs.count == 700
        for f in FIELDS:
            assert ours.total_length(f) == theirs.total_length(f)
            np.testing.assert_array_equal(ours.lengths(f), theirs.lengths(f))
            mine = [(t, list(ids), list(counts)) for t, ids, counts in ours.lists(f)]
            assert mine == [(t, list(ids), list(counts)) for t, ids, counts in theirs.lists(f)]
            assert len(max(mine, key=lambda m: len(m[1]))[1]) > 256, "no term fills several blocks"
            for term, _, _ in mine:
                a, b = (r.reader.term_info(f, term.encode()) for r in (ours, theirs))
                for fact in ("doc_frequency", "weight", "max_weight", "min_length", "max_length"):
                    assert getattr(a, fact)() == getattr(b, fact)(), (f, term, fact)
                assert (a.min_id(), a.max_id()) == (b.min_id(), b.max_id())
        assert [ours.pid(n) for n in range(700)] == [theirs.pid(n) for n in range(700)]


def test_blocks_are_drained_as_whoosh_iterates_them(tmp_path: Path) -> None:
    with PartWriter(tmp_path / "part") as writer:
        for n, row in enumerate(bags(5, 400)):
            writer.add(str(n), row)
    with PartReader(tmp_path / "part") as reader:
        for term, ids, counts in reader.lists("words"):
            matcher = reader.reader.postings("words", term.encode())
            slow = []
            while matcher.is_active():
                slow.append((matcher.id(), matcher.weight()))
                matcher.next()
            assert list(zip(ids, counts, strict=True)) == slow


def test_a_part_that_failed_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), PartWriter(tmp_path / "part") as writer:
        writer.add("a", {f: {"法": 1} for f in FIELDS})
        raise RuntimeError("the disk is full")
    assert not index.exists_in(str(tmp_path / "part"))
    assert not list((tmp_path / "part").glob("*.inversion*"))


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from("法律条文办𠀀ab"), st.integers(1, 9), max_size=6),
        max_size=30,
    ),
    stretch=st.integers(1, 12),
)
def test_inversion_whatever_fits_in_memory(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, int]], stretch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inversion, "_STRETCH", stretch)
        patch.setattr(inversion, "_BUFFER", 3)
        inverted = Inversion(tmp_path_factory.mktemp("inversion") / "field")
        for row in rows:
            assert inverted.add(row) == sum(row.values())
        found = [(t, ids.tolist(), counts.tolist()) for t, ids, counts in inverted.postings()]
        inverted.close()
    wanted = [
        (t, [n for n, r in enumerate(rows) if t in r], [r[t] for r in rows if t in r])
        for t in sorted({t for r in rows for t in r})
    ]
    assert found == wanted


def test_postings_by_one_and_by_many(tmp_path: Path) -> None:
    """`locate` and `gather` give what `postings` gives, unknown terms among known ones."""
    part, _ = written(tmp_path, ["出租人返还押金", "押金", "法院"])
    terms = [(0, "押金"), (1, "没有"), (1, "押金"), (2, "押金"), (0, "法院")]
    keys = np.asarray([term_key(f, t) for f, t in terms], dtype=np.uint64)
    starts, ends = part.locate(keys)
    ids, impacts, sizes = part.gather(starts, ends)
    single = [part.postings(f, t) for f, t in terms]
    assert sizes.tolist() == [len(i) for i, _ in single] == [2, 0, 2, 0, 1]
    assert ids.tolist() == [n for i, _ in single for n in i]
    assert impacts.tolist() == [n for _, i in single for n in i]


def test_records_come_back_and_phrases_are_found(tmp_path: Path) -> None:
    texts = ["Ａ座出租人，返还押金。", "第二段\n押金", "𠀀字"]
    part, document = written(tmp_path, texts)
    assert [part.record(n).text for n in range(3)] == texts
    assert part.record(0).path == ("第一章",)
    every = np.arange(3, dtype=np.int32)
    for phrase in ("a座", "押金", "金。", "𠀀", "段\n押", "没有"):
        wanted = [n for n, t in enumerate(texts) if phrase in fold(t)]
        assert part.containing(every, phrase).tolist() == wanted
    assert part.containing(every[:0], "押金").tolist() == []
    assert part.slots[0].document == document.id


def test_a_part_of_documents_without_passages(tmp_path: Path) -> None:
    part, _ = written(tmp_path, [])
    assert part.passages == 0
    assert part.postings(0, "法")[0].tolist() == []
    assert part.locate(np.asarray([term_key(0, "法")], dtype=np.uint64))[0].tolist() == [0]


def written(tmp_path: Path, texts: list[str]) -> tuple[Part, Document]:
    passages = tuple(Passage(f"p{n}", "", ("第一章",), t) for n, t in enumerate(texts))
    id = document_id("test", "part")
    document = Document(
        id=id, title="示范办法", kind=Kind.LAW, audience=Audience.PUBLIC, passages=passages
    )
    write_part(tmp_path / "part", [("v1", document)], tmp_path / "cache")
    seal(tmp_path / "part", measure(tmp_path / "part").pivots)
    return Part(tmp_path / "part"), document
