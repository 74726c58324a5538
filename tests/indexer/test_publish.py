"""Publishing: parts are linked, merged, rebuilt; what changed is found, what went is not."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from indexer import publish as module
from indexer.publish import Published, publish
from kb import articlenotes
from kb.documents import Audience, Document, Kind, Passage
from kb.index.fields import FIELDS
from kb.index.generation import KEPT, Generations
from kb.index.snapshot import open_snapshot
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet
from kb.search.results import Request
from tests.conftest import fill, invented

Put = Callable[..., Published]


def document(id: str, *texts: str) -> Document:
    passages = tuple(Passage(f"p{n}", "", (), t) for n, t in enumerate(texts, 1))
    return Document(id, f"题目{id}", Kind.OTHER, Audience.PUBLIC, passages)


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def go(*documents: Document, remove: Sequence[str] = (), full: bool = False) -> Published:
        with Library.open(tmp_path) as library:
            source = library.put_source("test", "folder", str(tmp_path), "")
            for d in documents:
                library.put_document(d)
                library.record_item(source, d.id, size=1, mtime_ns=1, sha256="", document_id=d.id)
            library.mark_gone(source, remove)
            return publish(tmp_path, library, full=full, workers=1, progress=Quiet())

    return go


def parts(data_dir: Path) -> tuple[str, ...]:
    generations = Generations(data_dir)
    sentinel = generations.sentinel(generations.current_name())
    assert sentinel is not None
    return sentinel.parts


def ids(data_dir: Path, query: str) -> list[str]:
    """Documents that have the phrase, asked of a base opened for it."""
    base = KnowledgeBase.open(data_dir)
    try:
        return sorted(h.document.id for h in base.search(Request(f'"{query}"')).hits)
    finally:
        base.close()


BASE = [document(f"d{n}", f"共同的文字之{n}", "另外一段话") for n in range(8)]


def test_nothing_to_publish_is_not_published(put: Put, tmp_path: Path) -> None:
    first = put(*BASE)
    assert (first.fresh, first.documents, first.passages, first.written) == (True, 8, 16, 16)
    again = put(*BASE)
    assert (again.fresh, again.name, again.written) == (False, first.name, 0)
    assert Generations(tmp_path).names() == [first.name]


def test_an_empty_base(put: Put, tmp_path: Path) -> None:
    empty = put()
    assert (empty.documents, empty.passages) == (0, 0)
    assert put().fresh is False
    base = KnowledgeBase.open(tmp_path)
    assert base.documents(Audience.STAFF) == ()
    base.close()
    assert put(*BASE).documents == 8
    assert ids(tmp_path, "共同的文字") == [f"d{n}" for n in range(8)]
    assert put(remove=[d.id for d in BASE]).documents == 0
    assert put().fresh is False


def test_documents_without_text(put: Put, tmp_path: Path) -> None:
    published = put(document("empty"))
    assert (published.documents, published.passages) == (1, 0)
    base = KnowledgeBase.open(tmp_path)
    assert base.document("empty", Audience.PUBLIC) is not None
    base.close()
    put(BASE[0])
    assert ids(tmp_path, "共同的文字") == ["d0"]


def test_parts_are_linked_not_copied(put: Put, tmp_path: Path) -> None:
    first = put(*BASE)
    second = put(document("new", "新的内容"))
    assert second.written == 1
    assert parts(tmp_path) == ("public-00000", "public-00001")
    generations = Generations(tmp_path)
    old, new = (generations.directory(g.name) / "parts" / "public-00000" for g in (first, second))
    files = [p.relative_to(old) for p in old.rglob("*") if p.is_file()]
    assert len(files) > 8
    for file in files:
        assert (old / file).stat().st_ino == (new / file).stat().st_ino, file
    assert ids(tmp_path, "新的内容") == ["new"]


def test_changed_and_changed_back(put: Put, tmp_path: Path) -> None:
    put(*BASE)
    put(document("d0", "玄武计划"))
    assert ids(tmp_path, "玄武计划") == ["d0"]
    assert "d0" not in ids(tmp_path, "共同的文字")
    put(BASE[0])
    assert ids(tmp_path, "玄武计划") == []
    assert ids(tmp_path, "共同的文字之0") == ["d0"]
    snapshot = open_snapshot(tmp_path, date(2026, 1, 1))
    assert snapshot is not None
    assert len(snapshot.documents) == 8
    assert (snapshot.document_of >= 0).sum() == 16


def test_what_was_removed_is_not_found(put: Put, tmp_path: Path) -> None:
    put(*BASE)
    published = put(remove=["d3"])
    assert (published.fresh, published.documents, published.written) == (True, 7, 0)
    assert parts(tmp_path) == ("public-00000",)
    assert "d3" not in ids(tmp_path, "共同的文字")
    base = KnowledgeBase.open(tmp_path)
    assert base.document("d3", Audience.STAFF) is None
    base.close()
    put(BASE[3])
    assert "d3" in ids(tmp_path, "共同的文字")


def test_dead_passages_lead_to_a_rebuild(put: Put, tmp_path: Path) -> None:
    put(*BASE)
    put(remove=["d0", "d1"])
    assert len(parts(tmp_path)) == 1
    published = put(remove=["d2", "d3"])  # half of it dead
    assert published.written == 8
    snapshot = open_snapshot(tmp_path, date(2026, 1, 1))
    assert snapshot is not None
    assert snapshot.passages == published.passages == 8


def test_small_parts_are_merged_and_large_ones_left_alone(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_PARTS", 3)
    put(*BASE)
    seen = []
    for n in range(5):
        put(document(f"n{n}", f"第{n}次增加的内容"))
        seen.append(len(parts(tmp_path)))
    assert seen == [2, 3, 2, 3, 2]
    assert parts(tmp_path)[0] == "public-00000"
    assert ids(tmp_path, "次增加的内容") == [f"n{n}" for n in range(5)]
    assert ids(tmp_path, "共同的文字之7") == ["d7"]
    snapshot = open_snapshot(tmp_path, date(2026, 1, 1))
    assert snapshot is not None
    assert len(snapshot.documents) == 13


def test_a_passage_is_written_again_a_few_times_only() -> None:
    """A thousand nights with one document each: few parts, and little is written twice."""
    sizes = {"full": 150_000}
    written, most = 0, 0
    for night in range(1000):
        new = 60
        if len(sizes) >= module._MAX_PARTS:
            merged = module._to_merge(sizes)
            assert len(merged) >= 2
            new += sum(sizes.pop(name) for name in merged)
        sizes[f"p{night}"] = new
        written += new
        most = max(most, new)
        assert len(sizes) <= module._MAX_PARTS
    assert written < 8 * 1000 * 60
    assert most < 75_000


@pytest.mark.parametrize(
    "change",
    [{"format": 999}, {"analysis": "other"}, {"engine": "whoosh 9"}, {"fields": ["words"]}],
    ids=lambda c: next(iter(c)),
)
def test_a_sentinel_of_another_program_forces_a_rebuild(
    put: Put, tmp_path: Path, change: dict[str, object]
) -> None:
    first = put(*BASE)
    path = Generations(tmp_path).directory(first.name) / "sentinel.json"
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**data, **change}), "utf-8")
    assert Generations(tmp_path).usable_name() == ""
    second = put()
    assert (second.fresh, second.written) == (True, 16)
    assert Generations(tmp_path).usable_name() == second.name
    assert ids(tmp_path, "共同的文字") == [f"d{n}" for n in range(8)]


def test_other_headings_of_articles_are_written_anew_while_the_old_are_served(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put(*BASE)
    assert not put().fresh
    monkeypatch.setattr(articlenotes, "digest", lambda: "other")
    assert Generations(tmp_path).usable_name() == first.name
    second = put()
    assert (second.fresh, second.written) == (True, 16)
    assert not put().fresh


def test_full_writes_everything_anew(put: Put, tmp_path: Path) -> None:
    first = put(*BASE)
    put(document("new", "新的内容"))
    full = put(full=True)
    assert (full.written, parts(tmp_path)) == (17, ("public-00000",))
    assert full.name > first.name


def test_when_a_document_came_is_kept(put: Put, tmp_path: Path) -> None:
    """By the library: the index may be lost, a document's first day not."""

    def added() -> dict[str, str]:
        snapshot = open_snapshot(tmp_path, date(2026, 1, 1))
        assert snapshot is not None
        return {d.id: d.added for d in snapshot.documents}

    put(*BASE)
    before = added()
    assert all(before.values())
    put(replace(BASE[0], title="改名"))
    put(full=True)
    assert added() == before


def test_readers_keep_the_generation_they_opened(put: Put, tmp_path: Path) -> None:
    first = put(*BASE)
    held = open_snapshot(tmp_path, date(2026, 1, 1))
    assert held is not None
    for n in range(KEPT + 1):
        put(document("d0", f"第{n}次更新"), full=True)
    assert first.name not in Generations(tmp_path).names()
    texts = [held.record(n).text for n in range(held.passages)]
    assert {t for t in texts if "共同" in t} == {f"共同的文字之{n}" for n in range(8)}
    found = held.postings(FIELDS.index("grams"), "共同")
    assert sum(len(i) for _, i, _ in found) == 8


def test_an_open_base_follows(put: Put, tmp_path: Path) -> None:
    put(*BASE)
    base = KnowledgeBase.open(tmp_path)
    try:
        assert base.search(Request('"新的内容"')).total == 0
        for n in range(KEPT + 1):
            name = put(document("new", f"新的内容之{n}")).name
        time.sleep(1.1)
        assert base.search(Request('"新的内容"')).total == 1
        assert base.generation == name
    finally:
        base.close()


def test_several_processes_write_the_same(put: Put, tmp_path: Path) -> None:
    documents = [document(f"m{n:03}", f"共同的文字之{n}", "又一段") for n in range(90)]
    put(*documents)
    single = open_snapshot(tmp_path, date(2026, 1, 1))
    with Library.open(tmp_path) as library:
        published = publish(tmp_path, library, full=True, workers=2, progress=Quiet())
    assert (published.documents, published.passages, published.written) == (90, 180, 180)
    assert parts(tmp_path) == ("public-00000", "public-00001")
    several = open_snapshot(tmp_path, date(2026, 1, 1))
    assert single is not None
    assert several is not None
    assert {d.id: d for d in several.documents} == {d.id: d for d in single.documents}
    assert {several.record(n).text for n in range(180)} == {
        single.record(n).text for n in range(180)
    }
    building = Generations(tmp_path).directory(published.name)
    assert sorted(p.name for p in building.rglob("*") if p.suffix in (".tmp", ".done")) == []


def staff(id: str, *texts: str) -> Document:
    return replace(document(id, *texts), audience=Audience.STAFF)


def test_what_is_done_with_public_parts_hangs_on_the_public_alone(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_PARTS", 3)
    put(*BASE, staff("s0", "内部的文字"))
    pivots = _pivots(tmp_path)
    assert pivots["public-00000"] == pivots["staff-00001"]
    for n in range(1, 6):
        # Merged among themselves, mostly dead, of any length: nothing of it shows in the others.
        put(staff(f"s{n}", "很长的内部文字" * 200), staff("s0", f"内部的文字{n}"))
        names = parts(tmp_path)
        assert [p for p in names if p.startswith("public")] == ["public-00000"]
        assert len(names) <= 4
    assert set(_pivots(tmp_path).values()) == {pivots["public-00000"]}
    put(remove=[d.id for d in BASE])
    assert [p.partition("-")[0] for p in parts(tmp_path)] == ["staff"]
    # Average lengths are the public's again as soon as it has something.
    put(*BASE)
    assert set(_pivots(tmp_path).values()) == {pivots["public-00000"]}


def _pivots(data_dir: Path) -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for audience in Audience:
        snapshot = open_snapshot(data_dir, date(2026, 1, 1), audience)
        assert snapshot is not None
        found |= {p.directory.name: p.pivots for p in snapshot.parts}
    return found


def test_a_document_moves_with_its_audience(put: Put, tmp_path: Path) -> None:
    put(*BASE)
    narrowed = replace(BASE[0], audience=Audience.STAFF)
    for document, seen in ((narrowed, False), (BASE[0], True), (narrowed, False)):
        put(document)
        assert ("d0" in ids(tmp_path, "共同的文字之0")) is seen
        snapshot = open_snapshot(tmp_path, date(2026, 1, 1), Audience.STAFF)
        assert snapshot is not None
        assert sorted(d.id for d in snapshot.documents) == [d.id for d in BASE]
        first, _ = snapshot.spans[snapshot.ordinals["d0"]]
        place = max(n for n, start in enumerate(snapshot.firsts) if start <= first)
        assert snapshot.parts[place].directory.name.startswith(document.audience)


def test_the_public_is_told_of_its_own_publications(put: Put, tmp_path: Path) -> None:
    def told() -> tuple[str, ...]:
        base = KnowledgeBase.open(tmp_path)
        try:
            public, whole = (base.edition(a) for a in (Audience.PUBLIC, Audience.STAFF))
            return public.stamp, public.since, whole.stamp, whole.since
        finally:
            base.close()

    put(*BASE)
    first = told()
    time.sleep(1.1)
    put(staff("s", "内部的文字"))
    second = told()
    assert second[:2] == first[:2]
    assert second[2] != first[2]
    assert second[3] > first[3]
    put(BASE[0], document("new", "新的内容"))
    third = told()
    assert third[0] != first[0]
    assert third[1] > first[1]


def test_a_part_with_an_emptied_file_is_written_anew(tmp_path: Path) -> None:
    fill(tmp_path, invented())
    generations = Generations(tmp_path)
    part = next((generations.directory(generations.current_name()) / "parts").iterdir())
    (part / "ids.npy").write_bytes(b"")
    fill(tmp_path, invented()[:-1])
    base = KnowledgeBase.open(tmp_path)
    assert base.search(Request("押金")).total
    base.close()
