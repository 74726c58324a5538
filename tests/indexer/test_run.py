"""Runs over a folder of invented documents: what is counted, kept, read again and removed."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import apart, configured, select
from kb.documents import Audience
from kb.index.generation import Generations
from kb.knowledge.base import KnowledgeBase
from kb.library import ItemState, Library
from kb.progress import Quiet
from kb.search.results import Request
from kb.settings import load_sources

Index = Callable[..., Report]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    def go(*paths: Path, audience: Audience | None = None, **options: object) -> Report:
        with Library.open(tmp_path / "data") as library:
            known = library.sources()
        sources = apart([s for p in paths for s in select(p, known, audience)], known)
        chosen = Options(workers=1, max_file_mb=5, **options)  # type: ignore[arg-type]
        return run(tmp_path / "data", sources, chosen, Quiet(), "index")

    return go


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "资料"
    root.mkdir()
    for number in range(5):
        write(root / f"{number}.txt", f"第{number}号材料", "公共法律服务", "社区矫正")
    return root


def write(path: Path, title: str, *paragraphs: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([title, *(f"{p}的做法。" for p in paragraphs)]) + "\n", "utf-8")


def tally(report: Report) -> tuple[int, int, int, int, int]:
    d = report.documents
    return d.added, d.changed, d.unchanged, d.removed, d.failed


def passages(report: Report) -> tuple[int, int, int, int]:
    p = report.passages
    return p.added, p.changed, p.unchanged, p.removed


def catalogue(tmp_path: Path) -> bytes:
    generations = Generations(tmp_path / "data")
    return (generations.directory(generations.current_name()) / "catalog.jsonl").read_bytes()


def found(tmp_path: Path, query: str, audience: Audience = Audience.STAFF) -> list[str]:
    base = KnowledgeBase.open(tmp_path / "data")
    try:
        result = base.search(Request(query, audience=audience, verbatim=True))
        return sorted(h.document.title for h in result.hits)
    finally:
        base.close()


def test_the_second_run_does_nothing(index: Index, folder: Path, tmp_path: Path) -> None:
    first = index(folder)
    assert tally(first) == (5, 0, 0, 0, 0)
    assert (first.files, first.total_documents, first.exit_code) == (5, 5, 0)
    assert passages(first) == (first.total_passages, 0, 0, 0)
    before = catalogue(tmp_path)
    second = index(folder)
    assert tally(second) == (0, 0, 5, 0, 0)
    assert passages(second) == (0, 0, first.total_passages, 0)
    assert second.generation == first.generation
    assert catalogue(tmp_path) == before


def test_touched_but_not_changed(index: Index, folder: Path) -> None:
    first = index(folder)
    os.utime(folder / "0.txt", ns=(1, 1))
    second = index(folder)
    assert tally(second) == (0, 0, 5, 0, 0)
    assert second.generation == first.generation


def test_changed_added_removed(index: Index, folder: Path, tmp_path: Path) -> None:
    first = index(folder)
    each = first.total_passages // 5
    write(folder / "0.txt", "第0号材料", "公共法律服务", "玄武计划")
    write(folder / "新.txt", "新的材料", "朱雀计划")
    (folder / "1.txt").unlink()
    second = index(folder)
    assert tally(second) == (1, 1, 3, 1, 0)
    assert passages(second)[1:] == (each, 3 * each, each)
    assert second.total_documents == 5
    assert found(tmp_path, '"玄武计划"') == ["第0号材料"]
    assert found(tmp_path, '"朱雀计划"') == ["新的材料"]
    assert "第1号材料" not in found(tmp_path, "公共法律服务")
    with Library.open(tmp_path / "data", readonly=True) as library:
        assert library.items("资料")["1.txt"].state is ItemState.GONE
    # What comes back is there again.
    write(folder / "1.txt", "第1号材料", "公共法律服务", "社区矫正")
    third = index(folder)
    assert tally(third) == (1, 0, 5, 0, 0)
    assert "第1号材料" in found(tmp_path, "公共法律服务")


def test_a_part_of_a_source(index: Index, folder: Path) -> None:
    write(folder / "sub" / "a.txt", "下级材料", "甲")
    index(folder)
    (folder / "0.txt").unlink()
    write(folder / "sub" / "b.txt", "下级材料二", "乙")
    report = index(folder / "sub")
    assert tally(report) == (1, 0, 1, 0, 0)  # 0.txt is not looked for
    assert tally(index(folder)) == (0, 0, 6, 1, 0)


def many(root: Path) -> None:
    for number in range(30):
        write(root / f"m{number}.txt", f"第{number}号通知", "甲")


def test_more_than_half_vanished(index: Index, folder: Path, tmp_path: Path) -> None:
    many(folder)
    index(folder)
    aside = tmp_path / "aside"
    folder.rename(aside)
    folder.mkdir()
    report = index(folder)
    assert (report.documents.removed, report.total_documents) == (0, 35)
    (warning,) = report.warnings
    assert "35 个文件中有 35 个不见了" in warning
    assert "--allow-removal" in warning
    assert len(index(folder).warnings) == 1  # until somebody decides
    report = index(folder, allow_removal=True)
    assert (report.documents.removed, report.total_documents, report.warnings) == (35, 0, [])
    # An empty base is published once, not each night.
    assert index(folder, allow_removal=True).generation == report.generation
    folder.rmdir()
    aside.rename(folder)
    assert tally(index(folder)) == (35, 0, 0, 0, 0)


def test_half_may_vanish(index: Index, folder: Path) -> None:
    many(folder)
    index(folder)
    for number in range(17):
        (folder / f"m{number}.txt").unlink()
    report = index(folder)
    assert (report.documents.removed, report.warnings) == (17, [])


def test_other_settings_read_anew(index: Index, folder: Path, tmp_path: Path) -> None:
    assert found_after(index, folder, tmp_path) == 5
    report = index(folder, audience=Audience.STAFF)
    assert tally(report) == (0, 5, 0, 0, 0)
    assert found(tmp_path, "公共法律服务", Audience.PUBLIC) == []
    # And silence leaves it so, for all of it or a part.
    write(folder / "0.txt", "第0号材料", "公共法律服务又及")
    write(folder / "新.txt", "新的材料", "公共法律服务")
    index(folder / "新.txt")
    index(folder)
    assert found(tmp_path, "公共法律服务", Audience.PUBLIC) == []
    assert len(found(tmp_path, "公共法律服务")) == 6
    index(folder, audience=Audience.PUBLIC)
    assert len(found(tmp_path, "公共法律服务", Audience.PUBLIC)) == 6


def found_after(index: Index, folder: Path, tmp_path: Path) -> int:
    index(folder)
    return len(found(tmp_path, "公共法律服务", Audience.PUBLIC))


def test_a_folder_around_a_staff_folder_does_not_publish_it(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    write(folder / "内部" / "x.txt", "区里的材料", "公共法律服务")
    index(folder / "内部", audience=Audience.STAFF)
    for _ in range(2):
        index(folder)
        assert "区里的材料" not in found(tmp_path, "公共法律服务", Audience.PUBLIC)
        assert found(tmp_path, "公共法律服务").count("区里的材料") == 1


def test_what_another_source_takes_over_leaves_the_first(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    """However much it is: an outer source doesn't go on publishing what an inner one keeps."""
    for number in range(30):
        write(folder / "内部" / f"{number}.txt", f"内部材料{number}", "公共法律服务")
    toml = tmp_path / "kb.toml"
    toml.write_text('[[source]]\nname="全部"\npath="资料"\naudience="public"\n', "utf-8")

    def refresh() -> Report:
        with Library.open(tmp_path / "data") as library:
            known = library.sources()
        sources = apart([s for c in load_sources(toml) for s in configured(c)], known)
        return run(tmp_path / "data", sources, Options(workers=1), Quiet(), "refresh")

    assert tally(refresh()) == (35, 0, 0, 0, 0)
    with toml.open("a", encoding="utf-8") as file:
        file.write('[[source]]\nname="内部"\npath="资料/内部"\naudience="staff"\n')
    report = refresh()
    assert (report.documents.added, report.documents.removed, report.warnings) == (30, 30, [])
    base = KnowledgeBase.open(tmp_path / "data")
    assert len(base.documents(Audience.PUBLIC)) == 5
    assert len(base.documents(Audience.STAFF)) == 35
    base.close()


def test_a_missing_source_is_listed_and_the_others_go_on(folder: Path, tmp_path: Path) -> None:
    toml = tmp_path / "kb.toml"
    toml.write_text(
        '[[source]]\nname="没了"\npath="nowhere"\n[[source]]\nname="在的"\npath="资料"\n', "utf-8"
    )
    sources = [s for c in load_sources(toml) for s in configured(c)]
    report = run(tmp_path / "data", sources, Options(workers=1), Quiet(), "refresh")
    assert report.exit_code == 1
    assert [(f.path, f.reason) for f in report.failures] == [("没了", "missing")]
    assert report.documents.added == 5
    # What a source gave stays when it is not there one night.
    folder.rename(tmp_path / "away")
    (tmp_path / "nowhere").mkdir()
    report = run(tmp_path / "data", sources, Options(workers=1), Quiet(), "refresh")
    assert [f.path for f in report.failures] == ["在的"]
    assert report.total_documents == 5


def test_the_index_is_rebuilt_from_the_library(index: Index, folder: Path, tmp_path: Path) -> None:
    index(folder)
    write(folder / "0.txt", "第0号材料", "公共法律服务", "玄武计划")
    index(folder)
    before, hits = catalogue(tmp_path), found(tmp_path, "公共法律服务")
    shutil.rmtree(tmp_path / "data" / "index")
    shutil.rmtree(folder)  # the sources aren't needed either
    report = index(full=True)
    assert (report.total_documents, report.exit_code) == (5, 0)
    assert catalogue(tmp_path) == before
    assert found(tmp_path, "公共法律服务") == hits
    assert found(tmp_path, '"玄武计划"') == ["第0号材料"]


def test_rebuilding_over_what_is_there(index: Index, folder: Path, tmp_path: Path) -> None:
    first = index(folder)
    before = catalogue(tmp_path)
    report = index(folder, full=True)
    assert report.generation != first.generation
    assert tally(report) == (0, 0, 5, 0, 0)
    assert catalogue(tmp_path) == before


def test_the_report(index: Index, folder: Path, tmp_path: Path) -> None:
    (folder / "空.txt").write_bytes(b"")
    report = index(folder)
    data = json.loads(json.dumps(report.as_json(), ensure_ascii=False))
    assert data["documents"]["added"] == 5
    assert data["documents"]["failed"] == 1
    assert data["failures"] == [
        {"path": "空.txt", "reason": "empty", "message": report.failures[0].message}
    ]
    lines = report.lines()
    assert any("新增 5" in line and "失败 1" in line for line in lines)
    assert any("空.txt" in line and "empty" in line for line in lines)
    with Library.open(tmp_path / "data", readonly=True) as library:
        (run_,) = library.last_runs()
    assert (run_.state, run_.report) == ("failed-items", data)
