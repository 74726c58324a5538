"""The folder of real statutes, from the files to the published index, counted independently."""

import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kb.documents import Document, Kind, Status, document_id
from kb.index.generation import Generations
from kb.index.snapshot import Snapshot
from kb.lawnames import work_of
from kb.library import Library

pytestmark = pytest.mark.slow

AS_OF = date(2025, 4, 30)
"""The data's state, see its README."""

UNDATED = "司法解释/最高人民法院关于新民间借贷司法解释适用范围问题的批复.md"
"""The one statute whose day neither its name nor its head nor the database tells."""

_N = "一二三四五六七八九十百千零〇"
_ARTICLE = re.compile(rf"^第[{_N}]+条(?:之[{_N}]+)?", re.MULTILINE)
# White space within a label is a slip of five files (see test_structure_data).
_SLIP = re.compile(rf"^第[{_N}]+ 条(?=\S)", re.MULTILINE)
_DATED = re.compile(r"(.+?)(?:\((\d{4}-\d{2}-\d{2})\))?\.md")


@dataclass(frozen=True, slots=True)
class Indexed:
    """The folder after one run. read: documents by the file, or folder of parts, of the ledger."""

    laws: Path
    data_dir: Path
    report: Mapping[str, Any]
    by_path: Mapping[str, Document]


@pytest.fixture(scope="module")
def indexed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """One run over the whole folder, some two minutes on two cores."""
    data_dir = tmp_path_factory.mktemp("laws")
    report = run(data / "laws", data_dir)
    with Library.open(data_dir, readonly=True) as library:
        items = library.items("laws")
        documents = library.documents_by_ids(
            {i.document_id for i in items.values() if i.document_id}
        )
    by_path = {p: documents[i.document_id] for p, i in items.items() if i.document_id}
    return Indexed(data / "laws", data_dir, report, by_path)


def run(laws: Path, data_dir: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", "from kb.cli import main; main()"]
    done = subprocess.run(
        [*command, "index", str(laws), "--data-dir", str(data_dir), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def files(laws: Path) -> list[str]:
    paths = (p for p in laws.rglob("*.md") if p.name != "_index.md")
    return sorted(p.relative_to(laws).as_posix() for p in paths)


def body(path: Path) -> str:
    """The text, with a misprint of 第 as it is read."""
    text = path.read_text("utf-8").partition("<!-- INFO END -->")[2]
    return re.sub(r"(?m)^笫", "第", text)


def test_every_file_is_read(indexed: Indexed) -> None:
    report = indexed.report
    assert report["files"] == len(files(indexed.laws)) == 1564
    assert report["failures"] == []
    assert set(indexed.by_path) == set(files(indexed.laws))


def test_files_and_documents(indexed: Indexed) -> None:
    """1,564 files are 1,553 documents: the 8 files of the 民法典 are one law (7 fewer), and four
    laws stand in two folders with the same title and day (4 fewer)."""
    paths = files(indexed.laws)
    parts = [p for p in paths if p.startswith("民法典/")]
    assert len(parts) == 8
    names = Counter(p.rpartition("/")[2] for p in paths if p not in parts)
    twice = {n for n, count in names.items() if count > 1}
    assert {names[n] for n in twice} == {2}
    assert len(twice) == 4
    assert {one.rpartition("/")[2] for one, _ in indexed.report["duplicates"]} == twice
    expected = len(paths) - (len(parts) - 1) - len(twice)
    assert indexed.report["documents"]["added"] == expected == 1553
    # Five are the same text as another: read, kept, not shown beside it.
    assert indexed.report["total_documents"] == expected - 5
    for one, other in indexed.report["duplicates"]:
        raw = [_ARTICLE.findall(body(indexed.laws / p)) for p in (one, other)]
        assert raw[0] == raw[1], one


def test_files_without_a_text_are_named(indexed: Indexed) -> None:
    empty = [p for p in files(indexed.laws) if not body(indexed.laws / p).strip()]
    assert indexed.report["empty"] == empty


def test_articles_of_every_law(indexed: Indexed) -> None:
    """As many, with the same numbers, as lines that begin with 第…条 in the raw files."""
    raw: dict[str, list[str]] = defaultdict(list)
    numbered = slips = 0
    done: set[str] = set()
    for path in files(indexed.laws):
        document = indexed.by_path[path]
        text = body(indexed.laws / path)
        labels, slipped = _ARTICLE.findall(text), _SLIP.findall(text)
        numbered, slips = numbered + len(labels), slips + len(slipped)
        key = document.id if path.startswith("民法典/") else f"{document.id} {path}"
        raw[key] += [*labels, *(re.sub(r"\s", "", s) for s in slipped)]
        done.add(document.id)
    assert (numbered, slips) == (64_671, 5)
    documents = {d.id: d for d in indexed.by_path.values()}
    assert done == set(documents)
    for key, labels in raw.items():
        document = documents[key.partition(" ")[0]]
        found = [p.label for p in document.passages if p.article]
        assert sorted(found) == sorted(labels), document.title


def test_the_civil_code_is_one_law(indexed: Indexed) -> None:
    (code,) = {d.id: d for p, d in indexed.by_path.items() if p.startswith("民法典/")}.values()
    articles = [p.article for p in code.passages if p.article]
    assert articles == [str(n) for n in range(1, 1261)]
    assert (code.title, code.work) == ("中华人民共和国民法典", "民法典")
    assert (code.published, code.effective) == (date(2020, 5, 28), date(2021, 1, 1))
    parts = list(dict.fromkeys(p.path[0] for p in code.passages if p.article))
    assert len(parts) == 8


FULL = [
    # file, article, the label after it
    ("民法典/婚姻家庭编.md", "1077", "第一千零七十七条", "第一千零七十八条"),
    ("刑法/刑法.md", "120-1", "第一百二十条之一", "第一百二十条之二"),
    ("社会法/劳动合同法(2012-12-28).md", "47", "第四十七条", "第四十八条"),
    ("行政法/行政处罚法(2021-01-22).md", "33", "第三十三条", "第三十四条"),
    ("宪法/宪法.md", "33", "第三十三条", "第三十四条"),
]


@pytest.mark.parametrize(("name", "number", "label", "after"), FULL, ids=[f[0] for f in FULL])
def test_articles_in_full(indexed: Indexed, name: str, number: str, label: str, after: str) -> None:
    text = body(indexed.laws / name)
    start = text.index(f"\n{label} ") + len(label) + 2
    lines = [line.strip() for line in text[start : text.index(f"\n{after} ", start)].split("\n")]
    expected = "\n".join(line for line in lines if line and not line.startswith("#"))
    (passage,) = [p for p in indexed.by_path[name].passages if p.article == number]
    assert passage.text == expected
    assert (passage.anchor, passage.label) == (f"a{number}", label)


def test_one_version_of_a_work_is_in_force(indexed: Indexed) -> None:
    """On the day up to which the data is complete; later some are repealed (kb.validity)."""
    generations = Generations(indexed.data_dir)
    name = generations.usable_name()
    sentinel = generations.sentinel(name)
    assert sentinel is not None
    snapshot = Snapshot(generations, name, sentinel, AS_OF)
    works: dict[str, list[Status | None]] = defaultdict(list)
    for info in snapshot.documents:
        if info.work:
            works[info.work].append(info.status)
    several = {work: found for work, found in works.items() if len(found) > 1}
    assert len(several) == 76
    assert {w: f for w, f in several.items() if f.count(Status.IN_FORCE) != 1} == {}


def test_facts_of_the_documents(indexed: Indexed) -> None:
    for path, document in indexed.by_path.items():
        if document.is_statute:
            assert document.region == "全国", path
            assert document.status is not None, path
            assert document.published is not None or path == UNDATED, path
            assert document.year == (document.published.year if document.published else 0), path
        if document.kind is Kind.ADMINISTRATIVE_REGULATION:
            assert document.issuer, path
        assert document.title, path
        anchors = [p.anchor for p in document.passages]
        assert len(set(anchors)) == len(anchors), path
        assert all(p.text.strip() or p.label or p.path for p in document.passages), path


def test_the_day_of_effect_comes_from_the_text_where_nothing_else_has_it(indexed: Indexed) -> None:
    law = indexed.by_path["经济法/野生动物保护法(2022-12-30).md"]
    assert law.effective == date(2023, 5, 1)
    # 2009's day, kept in the text amended in 2022, isn't this version's: the decision has it.
    amended = indexed.by_path["行政法规/保安服务管理条例(2022-03-29).md"]
    assert amended.effective == date(2022, 5, 1)


def test_a_text_amended_since_it_was_listed_is_of_its_last_day(indexed: Indexed) -> None:
    law = indexed.by_path["刑法/刑法.md"]
    assert (law.published, law.effective) == (date(2023, 12, 29), date(2024, 3, 1))


def test_ids_depend_on_title_and_day_only(indexed: Indexed) -> None:
    for path, document in list(indexed.by_path.items())[::50]:
        m = _DATED.fullmatch(path.rpartition("/")[2])
        assert m is not None
        if document.is_statute and m[2]:
            assert document.id == document_id("statute", work_of(m[1]), m[2])


def test_the_second_run_changes_nothing_in_seconds(indexed: Indexed) -> None:
    generations = Generations(indexed.data_dir)
    before = (generations.directory(generations.usable_name()) / "catalog.jsonl").read_bytes()
    began = time.monotonic()
    report = run(indexed.laws, indexed.data_dir)
    took = time.monotonic() - began
    documents = {**report["documents"]}
    assert documents.pop("unchanged") == 1553
    assert set(documents.values()) == {0}
    assert report["generation"] == generations.usable_name() == indexed.report["generation"]
    after = (generations.directory(generations.usable_name()) / "catalog.jsonl").read_bytes()
    assert after == before
    assert took < 10
