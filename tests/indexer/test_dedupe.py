"""One text from several places is published as one document; what is nearly one is linked."""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from indexer import dedupe, resemblance
from indexer.publish import Published, publish
from indexer.run import Options, run
from indexer.sources import select
from kb.documents import Audience, Document, Kind, Passage, Status
from kb.index.document_info import DocumentInfo
from kb.index.generation import FORMAT, Generations
from kb.knowledge.base import KnowledgeBase
from kb.library import Fingerprint, Library, database
from kb.progress import Quiet
from kb.search.results import Request
from tests.conftest import article

Put = Callable[..., Published]


def letters(seed: int, count: int) -> list[str]:
    """Paragraphs of four sentences of random characters."""
    rng = random.Random(seed)
    sentence = lambda: "".join(chr(rng.randint(0x4E00, 0x9F00)) for _ in range(25)) + "。"  # noqa: E731
    return ["".join(sentence() for _ in range(4)) for _ in range(count)]


TEXT = ["社区矫正宣传月。", *letters(1, 12)]


def paper(id: str, texts: Sequence[str] = TEXT, **more: object) -> Document:
    passages = tuple(Passage(f"p{n}", "", (), t) for n, t in enumerate(texts, 1))
    base = Document(id, f"题目{id}", Kind.OTHER, Audience.PUBLIC, passages)
    return replace(base, **more)  # type: ignore[arg-type]


def law(id: str, work: str, published: date | None, **more: object) -> Document:
    passages = tuple(article(n, t) for n, t in enumerate(TEXT, 1))
    base = Document(id, work, Kind.LAW, Audience.PUBLIC, passages, work=work, published=published)
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def go(*documents: Document, remove: Sequence[str] = (), full: bool = False) -> Published:
        with Library.open(tmp_path) as library:
            source = library.put_source("test", "folder", str(tmp_path), "")
            for d in documents:
                library.put_document(d)
                library.record_item(
                    source, f"{d.id}.txt", size=1, mtime_ns=1, sha256="", document_id=d.id
                )
            library.mark_gone(source, [f"{id}.txt" for id in remove])
            return publish(tmp_path, library, full=full, workers=1, progress=Quiet())

    return go


@contextmanager
def opened(data_dir: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(data_dir)
    try:
        yield base
    finally:
        base.close()


def shown(data_dir: Path, audience: Audience = Audience.PUBLIC) -> list[str]:
    """Ids of what the audience finds by the text, which are those it is told there are."""
    with opened(data_dir) as base:
        hits = base.search(Request("社区矫正", audience=audience, size=100)).hits
        found = sorted(h.document.id for h in hits)
        assert found == sorted(d.id for d in base.documents(audience))
        return found


def at(data_dir: Path, id: str, audience: Audience = Audience.PUBLIC) -> str:
    """The document that stands at an id, or empty."""
    with opened(data_dir) as base:
        found = base.document(id, audience)
        return found.document.id if found else ""


def test_one_text_from_three_places_is_one_document(put: Put, tmp_path: Path) -> None:
    joined = ["\n".join(TEXT[:5]), *TEXT[5:]]
    done = put(paper("a"), paper("b", issuer="某局"), paper("c", joined))
    assert (done.documents, done.copies, done.passages) == (1, 2, len(TEXT))
    assert shown(tmp_path) == ["b"]
    assert [at(tmp_path, id) for id in "abc"] == ["b", "b", "b"]
    with opened(tmp_path) as base:
        published = base.document("a", Audience.STAFF)
        assert published is not None
        assert published.info.copies == ("a", "c")
        places = [o.place for o in base.sources(published.info, Audience.STAFF)]
        assert places == ["a.txt", "b.txt", "c.txt"]
        assert base.sources(published.info, Audience.PUBLIC) == ()
        assert base.counts(Audience.PUBLIC, "kind")[0].count == 1
    assert put().fresh is False


def test_addresses_on_the_web_are_shown_to_the_public(tmp_path: Path) -> None:
    places = [
        "https://www.example.gov.cn/a.html",
        "http://10.1.2.3/a.html",
        "http://oa/a.html",
        "https://me:secret@www.example.gov.cn/a.html",
        "http://[::1/a.html",
        "文件/a.docx",
    ]
    with Library.open(tmp_path) as library:
        source = library.put_source("网站", "folder", str(tmp_path), "")
        library.put_document(paper("a"))
        for place in places:
            library.record_item(source, place, size=1, mtime_ns=1, sha256="", document_id="a")
        publish(tmp_path, library, full=False, workers=1, progress=Quiet())
    with opened(tmp_path) as base:
        (info,) = base.documents(Audience.PUBLIC)
        assert [o.url for o in base.sources(info, Audience.PUBLIC)] == places[:1]
        assert [o.place for o in base.sources(info, Audience.STAFF)] == sorted(places)


def test_the_oldest_is_shown_where_they_know_as_much(put: Put, tmp_path: Path) -> None:
    def seen(id: str, moment: str) -> None:
        with closing(sqlite3.connect(tmp_path / database.FILE)) as library, library:
            change = "UPDATE documents SET first_seen = ? WHERE id = ?"
            assert library.execute(change, (moment, id)).rowcount == 1

    put(paper("z"))
    seen("z", "2026-01-05T23:59:59+08:00")
    put(paper("a"))
    for moment, first in (("2026-01-06T00:00:01+08:00", "z"), ("2026-01-05T08:00:00+08:00", "a")):
        seen("a", moment)
        put(full=True)
        assert shown(tmp_path) == [first]
    # Within a day it hangs on no second: files of one run are read as fast as they may be.
    seen("z", "2026-01-05T01:00:00+08:00")
    put(full=True)
    assert shown(tmp_path) == ["a"]


def test_when_the_one_shown_vanishes_another_takes_over(put: Put, tmp_path: Path) -> None:
    others = [paper(f"o{n}", ["社区矫正。", *letters(n, 12)]) for n in range(20, 24)]
    put(paper("a", issuer="某局"), paper("b"), *others)
    assert shown(tmp_path)[0] == "a"
    done = put(remove=["a"])
    # Nothing is written for it: the text has been in the index all along.
    assert (done.documents, done.copies, done.written) == (5, 0, 0)
    assert shown(tmp_path)[0] == "b"
    assert at(tmp_path, "a") == "b"
    put(full=True)
    assert at(tmp_path, "a") == "b"
    put(paper("a", issuer="某局"))
    assert [shown(tmp_path)[0], at(tmp_path, "b")] == ["a", "a"]


def test_a_file_that_moved_is_found_at_its_old_address(put: Put, tmp_path: Path) -> None:
    put(paper("old"), paper("else", letters(9, 9)))
    put(paper("new"), remove=["old"])
    assert at(tmp_path, "old") == "new"
    put(remove=["new"])
    assert at(tmp_path, "old") == ""
    assert at(tmp_path, "else") == "else"


def test_a_copy_that_changes_is_a_document_again(put: Put, tmp_path: Path) -> None:
    put(paper("a", issuer="某局"), paper("b"))
    put(paper("b", ["社区矫正。", *letters(5, 12)]))
    assert shown(tmp_path) == ["a", "b"]
    assert at(tmp_path, "b") == "b"


def test_audiences_are_never_one(put: Put, tmp_path: Path) -> None:
    secret = {"audience": Audience.STAFF, "issuer": "某局", "number": "内〔2023〕1号"}
    put(paper("a"), paper("s", **secret), paper("t", **secret))
    assert shown(tmp_path) == ["a"]
    assert shown(tmp_path, Audience.STAFF) == ["a", "s"]
    assert [at(tmp_path, id) for id in ("a", "s", "t")] == ["a", "", ""]
    with opened(tmp_path) as base:
        info = base.document("a", Audience.PUBLIC).info  # type: ignore[union-attr]
        assert (info.issuer, info.copies) == ("", ())
        assert base.alike(info, Audience.PUBLIC) == ()
        assert [a.info.id for a in base.alike(info, Audience.STAFF)] == ["s"]
    # What was for staff and is gone leads the public nowhere.
    put(remove=["s", "t"])
    assert [at(tmp_path, id) for id in ("s", "t")] == ["", ""]


def test_versions_of_a_law_are_not_copies(put: Put, tmp_path: Path) -> None:
    put(law("v1", "示范法", date(2010, 1, 1)), law("v2", "示范法", date(2020, 1, 1)))
    assert shown(tmp_path) == ["v1", "v2"]
    with opened(tmp_path) as base:
        for info in base.documents(Audience.PUBLIC):
            assert base.alike(info, Audience.PUBLIC) == ()
        assert len(base.versions("示范法", Audience.PUBLIC)) == 2


def test_one_version_from_two_places_is_one(put: Put, tmp_path: Path) -> None:
    day = date(2020, 1, 1)
    numbered = [f"{a.label} {a.text}" for a in law("v", "示范法", day).passages]
    put(law("v1", "示范法", day), law("v2", "示范法", None), paper("p", numbered))
    assert shown(tmp_path) == ["v1"]
    # Whoever says that it is repealed is believed.
    put(law("v3", "示范法", day, status=Status.REPEALED))
    assert shown(tmp_path) == ["v3"]
    with opened(tmp_path) as base:
        assert base.documents(Audience.PUBLIC)[0].status is Status.REPEALED


def test_a_law_under_two_names_is_found_by_both(put: Put, tmp_path: Path) -> None:
    put(law("a", "示范若干规定", date(2018, 1, 1), issuer="某院"), law("b", "示范规定", None))
    assert shown(tmp_path) == ["a"]
    with opened(tmp_path) as base:
        for name in ("示范若干规定", "示范规定"):
            found = base.law(name, Audience.PUBLIC)
            assert found is not None
            assert found.info.id == "a"
    # But not where the other name has a version that would lose its successor.
    old = law("o", "示范规定", date(2001, 1, 1), passages=(article(1, "社区矫正旧规定。"),))
    put(old, law("b", "示范规定", date(2019, 1, 1)))
    assert shown(tmp_path) == ["a", "b", "o"]
    with opened(tmp_path) as base:
        assert base.document("o", Audience.PUBLIC).info.status is Status.AMENDED  # type: ignore[union-attr]
        alike = base.alike(base.document("a", Audience.PUBLIC).info, Audience.PUBLIC)  # type: ignore[union-attr]
        assert [a.info.id for a in alike] == ["b"]


def test_short_texts_need_the_title_too(put: Put, tmp_path: Path) -> None:
    short = ["社区矫正停车收费。"]
    put(paper("a", short), paper("b", short), paper("c", short, title="题目a"))
    assert [at(tmp_path, id) for id in "abc"] == ["a", "b", "a"]
    put(paper("e", []), paper("f", [], title="题目e"))
    assert [at(tmp_path, id) for id in "ef"] == ["e", "f"]


MASKED = [t[:20] + "XX" + t[23:] for t in TEXT]
HEAD = ["各街道办事处：", "现将通知转发给你们，请认真执行，并于月底前报送有关情况。"]


def test_what_is_nearly_the_same_is_linked_the_fullest_first(put: Put, tmp_path: Path) -> None:
    put(
        paper("a", TEXT),
        paper("b", [*HEAD, *TEXT]),
        paper("c", MASKED[:-3]),
        paper("d", ["社区矫正。", *letters(6, 12)]),
        paper("s", TEXT[1:], audience=Audience.STAFF),
    )
    with opened(tmp_path) as base:

        def alike(id: str, audience: Audience) -> list[tuple[str, int]]:
            info = base.document(id, Audience.STAFF).info  # type: ignore[union-attr]
            return [(a.info.id, a.fuller) for a in base.alike(info, audience)]

        assert alike("c", Audience.PUBLIC) == [("b", 1), ("a", 1)]
        assert alike("b", Audience.PUBLIC) == [("a", -1), ("c", -1)]
        assert alike("a", Audience.STAFF) == [("b", 1), ("s", 0), ("c", -1)]
        assert alike("d", Audience.STAFF) == []


def test_links_follow_the_texts(put: Put, tmp_path: Path) -> None:
    put(paper("a"), paper("b", TEXT[2:]))

    def linked() -> list[tuple[str, ...]]:
        with opened(tmp_path) as base:
            return [d.alike for d in sorted(base.documents(Audience.PUBLIC), key=lambda d: d.id)]

    assert linked() == [("b",), ("a",)]
    put(paper("b", letters(7, 10)))
    assert linked() == [(), ()]
    put(paper("b", TEXT[3:]))
    assert linked() == [("b",), ("a",)]
    put(remove=["a"])
    assert linked() == [()]


def test_laws_of_two_places_are_not_linked(put: Put, tmp_path: Path) -> None:
    other = law("b", "乙市示范条例", date(2020, 1, 1))
    changed = (*other.passages[:-1], article(99, letters(8, 1)[0]))
    put(
        law("a", "甲市示范条例", date(2020, 1, 1)),
        replace(other, passages=changed),
        paper("p", TEXT[:-1]),
    )
    with opened(tmp_path) as base:
        links = {d.id: set(d.alike) for d in base.documents(Audience.PUBLIC)}
    assert links == {"a": {"p"}, "b": {"p"}, "p": {"a", "b"}}


def test_what_is_known_is_not_made_again(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer import resemblance

    put(paper("a"), paper("b", TEXT[2:]), paper("c", letters(2, 9)))
    compared, printed = [], []
    compare, fingerprint = resemblance.compare, resemblance.fingerprint
    monkeypatch.setattr(
        resemblance, "compare", lambda *given: compared.append(1) or compare(*given)
    )
    monkeypatch.setattr(
        resemblance, "fingerprint", lambda *given: printed.append(1) or fingerprint(*given)
    )
    put(paper("c", letters(3, 9)))
    assert (compared, printed) == ([], [])
    put(paper("c", TEXT[4:]))
    assert len(compared) == 2
    with Library.open(tmp_path) as library:
        assert len(library.comparisons()) == 3
        library.put_fingerprints(
            {id: replace(f, scheme="0") for id, f in library.fingerprints().items()}
        )
    put(paper("d", letters(4, 9)))
    assert len(printed) == 3
    put(remove=["c"])
    with Library.open(tmp_path) as library:
        assert len(library.comparisons()) == 1


def test_one_document_saved_in_three_formats(tmp_path: Path) -> None:
    """Real files through the whole run: text, Markdown, a page, each with its own way of cutting."""
    folder = tmp_path / "资料"
    folder.mkdir()
    title = "关于开展社区矫正宣传月活动的通知"
    body = ["一、总体要求", *TEXT[:6], "二、工作安排", *TEXT[6:]]
    (folder / "a.txt").write_text("\n".join([title, *body]), "utf-8")
    marked = [f"## {t}" if "、" in t[:2] else t for t in body]
    (folder / "b.md").write_text("\n\n".join([f"# {title}", *marked]), "utf-8")
    rows = "".join(f"<p>　　{t}</p>" for t in body)
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{rows}</body></html>"
    (folder / "c.html").write_text(page, "utf-8")
    (folder / "d.txt").write_bytes("\r\n\r\n".join([title, *body]).encode("utf-8-sig"))
    with Library.open(tmp_path / "data") as library:
        sources = select(folder, library.sources(), None)
    report = run(tmp_path / "data", sources, Options(workers=1), Quiet(), "index")
    assert report.total_documents == 1
    with opened(tmp_path / "data") as base:
        (info,) = base.documents(Audience.PUBLIC)
        assert info.title == title
        places = [o.place for o in base.sources(info, Audience.STAFF)]
        assert places == ["a.txt", "b.md", "c.html", "d.txt"]
        assert [h.document.id for h in base.search(Request("社区矫正")).hits] == [info.id]


def test_a_base_of_the_format_before_is_built_anew(put: Put, tmp_path: Path) -> None:
    put(paper("a"), paper("b"))
    generations = Generations(tmp_path)
    sentinel = generations.directory(generations.current_name()) / "sentinel.json"
    data = json.loads(sentinel.read_text("utf-8"))
    sentinel.write_text(json.dumps(data | {"format": FORMAT - 1}), "utf-8")
    assert put().fresh is True
    assert shown(tmp_path) == ["a"]


def test_what_is_for_staff_takes_no_public_document_out_of_a_crowd() -> None:
    """Of very many filled-in forms each is held against some others only: a public one against public
    ones, however many internal ones lie between."""
    many = {f"d{n:03}": Audience.STAFF if 0 < n < 99 else Audience.PUBLIC for n in range(100)}
    infos = {id: DocumentInfo(id, id, id, Kind.OTHER, whose) for id, whose in many.items()}
    signature = np.zeros(resemblance._BANDS * resemblance._ROWS, dtype="<u4").tobytes()
    known = {id: Fingerprint(id, "", "", "", 500, signature) for id in many}
    met = {(p.one, p.other) for p in dedupe._met(list(many), infos, known)}
    assert ("d000", "d099") in met
    assert ("d000", "d001") in met
    alone = [id for id, whose in many.items() if whose is Audience.PUBLIC]
    assert {(p.one, p.other) for p in dedupe._met(alone, infos, known)} == {("d000", "d099")}
