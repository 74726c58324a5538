"""The library on real SQLite files: versions, ledger, runs, pruning, threads."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.documents import (
    Audience,
    Document,
    Kind,
    Passage,
    PassageKind,
    Removed,
    Status,
    TopicMatch,
)
from kb.errors import LibraryError
from kb.library import Comparison, Fetch, Fingerprint, Former, ItemState, Library, Source
from kb.library.runs import KEPT


def document(id: str = "a", text: str = "正文", **more: object) -> Document:
    passages = (Passage("p1", "", ("第一章",), text),)
    return Document(id, f"标题{id}", Kind.GUIDE, Audience.PUBLIC, passages, **more)  # type: ignore[arg-type]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def source(library: Library) -> Source:
    return library.put_source("指南", "folder", "/guides", "c1")


def record(library: Library, source: Source, path: str, id: str | None, **more: object) -> None:
    values: dict[str, object] = {"size": 1, "mtime_ns": 2, "sha256": "s", "document_id": id, **more}
    library.record_item(source, path, **values)  # type: ignore[arg-type]


def test_a_document_comes_back_as_it_went_in(library: Library) -> None:
    put = document(
        work="某法",
        published=date(2020, 5, 28),
        status=Status.IN_FORCE,
        topics=(TopicMatch("反诈", "标题", 2),),
        removed=(Removed("advert", 3, "广告"),),
        notes=("注",),
    )
    article = Passage("a1", "第一条", (), "甲\n乙", PassageKind.ARTICLE, "1")
    put = replace(put, passages=(*put.passages, article))
    assert library.put_document(put) == "added"
    assert list(library.current()) == [("a", put.content_hash())]
    assert library.document(put.content_hash()) == put
    assert library.documents_by_ids(["a", "none"]) == {"a": put}
    assert library.document("none") is None


def test_put_says_what_it_did_and_keeps_every_version(library: Library) -> None:
    first, second = document(text="一"), document(text="二")
    assert library.put_document(first) == "added"
    assert library.put_document(first) == "unchanged"
    assert library.put_document(second) == "changed"
    assert dict(library.current()) == {"a": second.content_hash()}
    assert library.document(first.content_hash()) == first
    assert library.put_document(first) == "changed"
    assert dict(library.current()) == {"a": first.content_hash()}
    (entry,) = library.entries()
    assert (entry.title, entry.kind, entry.audience) == ("标题a", "普法指南", "public")


def test_text_that_looks_like_sql_is_text(library: Library, source: Source) -> None:
    odd = "'); DROP TABLE items; -- %_\x00\ud7ff"
    put = document("x'; --", odd)
    library.put_document(put)
    record(library, source, odd, put.id)
    assert library.items("指南")[odd].document_id == put.id
    assert library.documents_by_ids([put.id]) == {put.id: put}
    assert library.items("' OR 1=1 --") == {}


def test_a_document_is_gone_with_its_last_item(library: Library, source: Source) -> None:
    other = library.put_source("另一", "folder", "/other", "c")
    library.put_document(document())
    record(library, source, "1.md", "a")
    record(library, source, "2.md", "a")
    record(library, other, "1.md", "a")
    assert library.mark_gone(source, ["1.md", "2.md", "absent"]) == []
    assert [i.path for i in library.items_of("a") if i.state is ItemState.GONE] == ["1.md", "2.md"]
    assert dict(library.current())
    assert library.mark_gone(other, ["1.md"]) == ["a"]
    assert list(library.current()) == []
    assert library.documents_by_ids(["a"]) == {}
    assert library.put_document(document()) == "added"
    record(library, other, "1.md", "a")
    assert library.items("另一")["1.md"].state is ItemState.OK


def test_an_item_that_returns_brings_its_document_back(library: Library, source: Source) -> None:
    library.put_document(document())
    record(library, source, "1.md", "a")
    library.mark_gone(source, ["1.md"])
    record(library, source, "1.md", "a")
    assert dict(library.current()) == {"a": document().content_hash()}


def test_an_item_that_becomes_another_document_leaves_the_old(
    library: Library, source: Source
) -> None:
    library.put_document(document("a"))
    record(library, source, "1.md", "a")
    library.put_document(document("b"))
    record(library, source, "1.md", "b")
    assert [id for id, _ in library.current()] == ["b"]


def test_a_failing_item_keeps_its_document_and_is_counted(library: Library, source: Source) -> None:
    run = library.start_run("refresh")
    library.put_document(document())
    record(library, source, "1.md", "a", run=run)
    for count in (1, 2):
        record(
            library,
            source,
            "1.md",
            None,
            state=ItemState.FAILED,
            reason="damaged",
            message="文件已损坏",
            run=run,
        )
        (failed,) = library.failures()
        assert failed.failures == count
    assert (failed.reason, failed.message, failed.document_id) == ("damaged", "文件已损坏", "a")
    assert (failed.source, failed.run_id) == ("指南", run)
    assert [id for id, _ in library.current()] == ["a"]
    record(library, source, "1.md", "a")
    assert library.failures() == []
    assert library.items("指南")["1.md"].failures == 0


def test_touched_items_belong_to_the_run(library: Library, source: Source) -> None:
    for n in range(1201):
        record(library, source, f"{n}.md", None)
    run = library.start_run("refresh")
    library.touch_items(source, (f"{n}.md" for n in range(1200)), run)
    seen = [i.path for i in library.items("指南").values() if i.run_id == run]
    assert len(seen) == 1200
    assert "1200.md" not in seen


def test_sources_are_updated_by_name(library: Library, source: Source) -> None:
    again = library.put_source("指南", "auto", "/moved", "c2", date(2025, 4, 30))
    assert again.id == source.id
    assert library.sources() == {"指南": again}
    assert (again.root, again.config_hash, again.as_of) == ("/moved", "c2", date(2025, 4, 30))


def test_runs_newest_first_and_killed_ones_are_noted(library: Library) -> None:
    first = library.start_run("index")
    library.finish_run(first, "done", {"added": 3, "失败": []})
    library.start_run("refresh")
    last = library.start_run("refresh")
    assert [(r.id, r.state) for r in library.last_runs(3)] == [
        (last, "running"),
        (last - 1, "interrupted"),
        (first, "done"),
    ]
    assert library.last_runs(3)[2].report == {"added": 3, "失败": []}
    assert len(library.last_runs()) == 1


def test_a_transaction_is_kept_whole_or_not_at_all(library: Library, source: Source) -> None:
    with pytest.raises(RuntimeError, match="stop"), library.transaction():
        library.put_document(document())
        record(library, source, "1.md", "a")
        assert list(library.current())
        raise RuntimeError("stop")
    assert list(library.current()) == []
    assert library.items("指南") == {}
    with library.transaction():
        library.put_document(document())
    assert list(library.current())
    with library.transaction(), pytest.raises(RuntimeError, match="nest"), library.transaction():
        pass


def test_a_reader_sees_only_what_was_committed(library: Library, tmp_path: Path) -> None:
    library.put_document(document())
    with Library.open(tmp_path / "data", readonly=True) as reader:
        with library.transaction():
            library.put_document(document("b"))
            assert [id for id, _ in reader.current()] == ["a"]
        assert [id for id, _ in reader.current()] == ["a", "b"]
        with pytest.raises(LibraryError, match="只能读取"):
            reader.put_document(document("c"))


def test_threads_read_while_one_writes(library: Library) -> None:
    puts = [document(f"d{n}") for n in range(30)]
    for put in puts[:10]:
        library.put_document(put)
    seen: list[int] = []

    def read() -> None:
        for _ in range(20):
            seen.append(len(library.documents_by_ids(p.id for p in puts)))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    with library.transaction():
        for put in puts[10:]:
            library.put_document(put)
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert set(seen) <= {10, 30}


def test_prune_keeps_what_is_current_or_asked_for(library: Library, source: Source) -> None:
    versions = [document(text=str(n)) for n in range(4)]
    for version in versions:
        library.put_document(version)
    gone = document("gone")
    library.put_document(gone)
    record(library, source, "g.md", "gone")
    library.mark_gone(source, ["g.md"])
    kept = versions[1].content_hash()
    assert library.prune([kept]) == 3
    assert library.prune([kept]) == 0
    assert library.document(kept) == versions[1]
    assert library.document(versions[3].content_hash()) == versions[3]
    assert library.document(versions[0].content_hash()) is None
    assert library.document(gone.content_hash()) is None
    record(library, source, "g.md", "gone")
    assert [id for id, _ in library.current()] == ["a"], "without its text it can't be back"
    assert library.put_document(gone) == "added"
    assert library.check() == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.text("一二 \n", max_size=50))
def test_any_text_survives(library: Library, title: str, text: str) -> None:
    put = replace(document(text=text), title=title)
    library.put_document(put)
    assert library.document(put.content_hash()) == put


def test_many_passages_load_in_time(tmp_path: Path) -> None:
    """3,475 documents with 152,000 passages, as much as the national and local law."""
    text = "当事人应当按照约定全面履行自己的义务，遵循诚信原则，根据合同的性质履行。" * 3
    with Library.open(tmp_path) as library:
        for batch in range(35):
            with library.transaction():
                for n in range(batch * 100, min(batch * 100 + 100, 3475)):
                    passages = tuple(
                        Passage(
                            f"a{i}", f"第{i}条", ("第一编", "第一章"), f"{n}{text}", article=str(i)
                        )
                        for i in range(1, 45)
                    )
                    library.put_document(replace(document(f"d{n}"), passages=passages))
        start = time.perf_counter()
        count = sum(len(d.passages) for _, d in library.load(h for _, h in library.current()))
        took = time.perf_counter() - start
    assert count == 152_900
    # The aim is 3 s; other tests run beside this one.
    assert took < 9, took


def test_payload_hash_is_the_documents_own(library: Library) -> None:
    put = document()
    library.put_document(put)
    ((_, version),) = library.current()
    assert version == put.content_hash() == hashlib.sha256(_canonical(put)).hexdigest()


def _canonical(put: Document) -> bytes:
    from kb.documents import to_json

    data = json.loads(to_json(put))
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_what_is_known_of_addresses(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        one, two = (library.put_source(n, "pages", f"http://{n}/", "") for n in ("a", "b"))
        fetch = Fetch(
            "http://a/1",
            final="http://a/2",
            status=200,
            etag='"1"',
            sha256="f" * 64,
            size=5,
            changed_ns=1_789_000_000_123_456_000,
            links=("http://a/1.docx",),
            facts=(("公布日期", "2024-05-17"),),
        )
        library.record_fetch(one, fetch)
        library.record_fetch(two, replace(fetch, sha256="e" * 64))
        library.record_fetch(two, Fetch("http://a/3", failures=1, reason="timeout"))
    with Library.open(tmp_path) as library:
        assert library.fetches("a") == {"http://a/1": fetch}
        assert library.fetches("b").keys() == {"http://a/1", "http://a/3"}
        assert library.fetches("c") == {}
        assert library.fetched_bodies() == {"f" * 64, "e" * 64}
        failed = replace(fetch, failures=2, retry_at="2026-01-01T00:00:00+00:00")
        library.record_fetch(one, failed)
        assert library.fetches("a") == {"http://a/1": failed}
        library.forget_fetches(two, ["http://a/1", "http://a/9"])
        assert library.fetches("b").keys() == {"http://a/3"}
        assert library.fetched_bodies() == {"f" * 64}


def test_fingerprints_are_of_present_documents_and_of_those_gone(library: Library) -> None:
    source = library.put_source("s", "folder", "/", "")
    for id in "ab":
        library.put_document(document(id))
        library.record_item(source, id, size=1, mtime_ns=1, sha256="", document_id=id)
    one = Fingerprint("v1", "1", "body", "titled", 7, b"\x00\xff")
    library.put_fingerprints({"a": one, "b": replace(one, version="v2")})
    library.put_fingerprints({})
    library.put_fingerprints({"a": replace(one, length=8)})
    assert library.fingerprints() == {"a": replace(one, length=8), "b": replace(one, version="v2")}
    assert library.formers() == []
    library.mark_gone(source, ["b"])
    assert list(library.fingerprints()) == ["a"]
    assert library.formers() == [Former("b", "public", replace(one, version="v2"))]
    library.prune()
    assert [f.id for f in library.formers()] == ["b"]
    assert library.check() == []


def test_comparisons_are_kept_by_two_versions(library: Library) -> None:
    found = Comparison(0.9, 0.05, "1")
    library.put_comparisons({("v1", "v2"): found, ("v2", "v3"): found, ("v3", "v4"): found})
    library.put_comparisons({("v1", "v2"): replace(found, altered=0.5)})
    library.put_comparisons({})
    assert library.comparisons()["v1", "v2"].altered == 0.5
    library.forget_comparisons(["v2"])
    assert library.comparisons() == {("v3", "v4"): found}
    library.forget_comparisons([])


def test_missing_items_are_counted_until_they_are_seen(library: Library, source: Source) -> None:
    library.put_document(document())
    record(library, source, "1.md", "a")
    for count in (1, 2):
        library.mark_missing(source, ["1.md"])
        assert library.items("指南")["1.md"].missing == count
        assert [id for id, _ in library.current()] == ["a"]
    library.touch_items(source, ["1.md"])
    assert library.items("指南")["1.md"].missing == 0
    library.mark_missing(source, ["1.md"])
    record(library, source, "1.md", "a")
    assert library.items("指南")["1.md"].missing == 0


def test_a_failure_remembers_since_when_and_until_when(library: Library, source: Source) -> None:
    def fail(on: str) -> None:
        record(library, source, "1.md", None, state=ItemState.FAILED, retry_on=on)

    fail("2026-11-21")
    since = library.failures()[0].failing_since
    assert since
    with library._writing() as connection:
        connection.exec_driver_sql("UPDATE items SET failing_since = '2026-01-01T00:00:00+00:00'")
    fail("2026-11-23")
    (failed,) = library.failures()
    assert (failed.failures, failed.retry_on) == (2, "2026-11-23")
    assert failed.failing_since == "2026-01-01T00:00:00+00:00"
    (state,) = library.source_states()
    assert (state.ok, state.failed, state.failing_since) == (0, 1, failed.failing_since)
    assert state.troubled
    library.put_document(document())
    record(library, source, "1.md", "a")
    again = library.items("指南")["1.md"]
    assert (again.failing_since, again.retry_on) == ("", "")


def test_states_of_sources(library: Library, source: Source) -> None:
    assert library.source_states()[0].troubled  # never looked through
    library.put_document(document())
    record(library, source, "1.md", "a")
    record(library, source, "2.md", "a")
    library.source_succeeded(source)
    (state,) = library.source_states()
    assert (state.ok, state.missing, state.troubled) == (2, 0, False)
    assert state.succeeded
    library.mark_missing(source, ["1.md"])
    (state,) = library.source_states()
    assert (state.ok, state.missing, state.troubled) == (2, 1, True)
    library.mark_gone(source, ["1.md"])
    (state,) = library.source_states()
    assert (state.ok, state.missing, state.troubled) == (1, 0, False)


def test_modification_times_are_set(library: Library, source: Source) -> None:
    record(library, source, "1.md", None)
    record(library, source, "2.md", None)
    library.set_times(source, [("1.md", 77)])
    library.set_times(source, [])
    times = {p: i.mtime_ns for p, i in library.items("指南").items()}
    assert times["1.md"] == 77 != times["2.md"]


def test_old_runs_are_forgotten_command_by_command(library: Library, source: Source) -> None:
    first = library.start_run("refresh")
    record(library, source, "1.md", None, run=first)
    with library.transaction():
        for _ in range(KEPT + 5):
            library.finish_run(library.start_run("watch"), "done", {})
    assert len(library.last_runs(1000)) == KEPT + 1
    assert library.run(first) is not None
    with library.transaction():
        for _ in range(KEPT):
            library.start_run("refresh")
    assert library.run(first) is None
    assert library.items("指南")["1.md"].run_id is None
    assert len(library.last_runs(1000, "refresh")) == KEPT
