"""What kb status and kb doctor make of runs, sources, disk and tools."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer.commands import index
from kb import lock, office
from kb.cli.status import status
from kb.health import examine, gather, shown_state
from kb.health.findings import unchecked
from kb.health.inspection import disk, tools, versions
from kb.health.run_states import next_run
from kb.library import ItemState, Library, Run
from kb.library.records import timestamp
from kb.settings import Settings
from tests.conftest import fill, invented

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    fill(tmp_path, invented()[:2])
    return tmp_path


def run(hours_ago: float, state: str = "done", now: datetime = NOW) -> Run:
    at = timestamp(now - timedelta(hours=hours_ago))
    return Run(1, "refresh", at, at if state != "running" else "", state, {})


def notes(data_dir: Path) -> dict[str, str]:
    found = list(examine(Settings(data_dir=data_dir)))
    assert all(f.remedy for f in found if f.level != "ok")
    return {f.subject: f.text for f in found if f.level != "ok"}


def test_the_next_run_is_what_the_timer_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemctl as a program of its own: it answers as systemd's does."""
    program = tmp_path / "systemctl"
    answer = json.dumps([{"next": 1795400000000000, "unit": "pufa-kb-refresh.timer"}])
    program.write_text(f"#!/bin/sh\necho '{answer}'\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = next_run([])
    assert found.how == "timer"
    assert datetime.fromisoformat(found.when) == datetime.fromtimestamp(1795400000 // 60 * 60, UTC)
    for silly in ("", "[]", "[1]", '[{"next": null}]', "no json"):
        program.write_text(f"#!/bin/sh\necho '{silly}'\n", "utf-8")
        assert next_run([]).how == "unknown"


def test_the_next_run_by_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    nightly = [run(6 + 24 * n) for n in range(5)]
    found = next_run(nightly, NOW)
    assert (found.how, datetime.fromisoformat(found.when)) == ("usual", NOW + timedelta(hours=18))
    assert next_run(nightly[:3], NOW).how == "unknown"
    # By hand, now and then; or long ago.
    assert next_run([run(h) for h in (1, 2, 30, 200, 201)], NOW).how == "unknown"
    assert next_run(nightly, NOW + timedelta(days=30)).how == "unknown"


def test_a_run_that_never_ended(base: Path) -> None:
    assert shown_state(run(1, "running"), True) == "running"
    assert shown_state(run(1, "running"), False) == "interrupted"
    with Library.open(base) as library:
        library.start_run("refresh")
    output = CliRunner().invoke(status, ["--data-dir", str(base)]).output
    assert "被中断" in output
    assert "被中断" in notes(base)["上次运行"]
    with lock.Lock(base, "refresh"):
        assert "正在进行" in CliRunner().invoke(status, ["--data-dir", str(base)]).output


def test_a_killed_writer_is_told_of(base: Path) -> None:
    """Until another writer comes."""
    code = (
        "import os, sys; from pathlib import Path; from kb.lock import Lock;"
        "Lock(Path(sys.argv[1]), 'refresh').__enter__(); os._exit(9)"
    )
    assert lock.left_behind(base) is None
    subprocess.run([sys.executable, "-c", code, str(base)], check=False)
    killed = gather(base).killed
    assert killed is not None
    assert killed.command == "refresh"
    assert str(killed.pid) in notes(base)["锁"]
    with lock.Lock(base, "index"):
        assert lock.left_behind(base) is None
    assert gather(base).killed is None


def test_a_run_that_gave_up(base: Path) -> None:
    with Library.open(base) as library:
        library.finish_run(library.start_run("refresh"), "failed", {"error": "磁盘空间不足"})
    found = {f.subject: f for f in examine(Settings(data_dir=base))}
    assert found["上次运行"].level == "fault"
    assert "磁盘空间不足" in found["上次运行"].text


def test_a_refresh_that_no_longer_comes(base: Path) -> None:
    with Library.open(base) as library:
        library.finish_run(library.start_run("refresh"), "done", {"warnings": ["疑为磁盘未挂载"]})
        assert "定时任务" not in notes(base)
        assert notes(base)["上次运行"] == "疑为磁盘未挂载"
        with library._writing() as connection:
            connection.exec_driver_sql("UPDATE runs SET finished = '2026-01-01T00:00:00+00:00'")
    assert "没有完成过" in notes(base)["定时任务"]


@pytest.mark.parametrize(
    ("reason", "word"),
    [("missing-tool", "LibreOffice"), ("permission", "权限"), ("damaged", "kb status")],
)
def test_sources_with_trouble_and_what_to_do(base: Path, reason: str, word: str) -> None:
    with Library.open(base) as library:
        source = library.put_source("来信", "folder", "/letters", "")
        for path in ("a.doc", "b.doc"):
            library.record_item(
                source,
                path,
                size=1,
                mtime_ns=1,
                sha256="",
                state=ItemState.FAILED,
                reason=reason,
                message="读不了",
                retry_on="2026-11-25",
            )
    (finding,) = [f for f in examine(Settings(data_dir=base)) if f.subject == "来源 来信"]
    assert "2 项读取失败" in finding.text
    assert word in finding.remedy
    data = json.loads(CliRunner().invoke(status, ["--data-dir", str(base), "--json"]).output)
    states = {s["name"]: s for s in data["sources"]}
    assert (states["来信"]["failed"], states["来信"]["troubled"]) == (2, True)
    assert states["test"]["troubled"] is False
    assert {f["retry_on"] for f in data["failures"]} == {"2026-11-25"}
    shown = CliRunner().invoke(status, ["--data-dir", str(base)]).output
    assert "来信：正常 0，失败 2" in shown
    assert "2026-11-25 重试" in shown


def test_disk_by_part(base: Path) -> None:
    (base / "raw").mkdir()
    (base / "raw" / "page").write_bytes(bytes(1000))
    found = disk(base)
    assert found.used["raw"] == 1000
    assert found.used["library"] >= (base / "library.sqlite3").stat().st_size
    assert found.used["index"] > 1000
    assert found.generations == 1
    assert found.free > 0
    # A second generation links the parts of the first: they are counted once.
    before = found.used["index"]
    fill(base, invented()[:3])
    assert disk(base).generations == 2
    fill(base, [replace(d, title=d.title + "二") for d in invented()[:3]], full=True)
    assert disk(base).used["index"] > before
    assert disk(base / "nowhere" / "yet").total == 0


def test_versions_and_missing_tools(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(versions().values())
    assert {"python", "sqlite", "whoosh", "jieba", "numpy"} <= set(versions())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(office, "PLACES", ())
    assert not next(t for t in tools() if t.name == "LibreOffice").present
    assert "不能读取 .doc" in notes(base)["LibreOffice"]
    (tmp_path / "soffice").write_text("#!/bin/sh\n", "utf-8")
    (tmp_path / "soffice").chmod(0o755)
    assert "LibreOffice" not in notes(base)


def test_a_library_that_cannot_be_read_is_told_once(base: Path) -> None:
    (base / "library.sqlite3").write_bytes(b"no database" * 999)
    found = list(examine(Settings(data_dir=base)))
    assert [f.subject for f in found if f.level == "fault"] == ["资料库"]


def test_the_records_of_what_is_public_are_checked_and_rewritten(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "通知.txt").write_text(
        "照明设施养护通知\n\n各养护单位应当检查照明设施。\n" * 3, "utf-8"
    )
    data, run = tmp_path / "kb", CliRunner()
    arguments = [str(folder), "--data-dir", str(data)]
    assert run.invoke(index, arguments).exit_code == 0
    assert "公开范围" not in notes(data)
    (data / "audiences.json").unlink()
    assert "不见了" in notes(data)["公开范围"]
    (data / "index" / "public").write_bytes(b"{}")
    assert [f.text for f in examine(Settings(data_dir=data)) if f.subject == "公开范围"][1].count(
        "已损坏"
    )
    assert run.invoke(index, arguments).exit_code == 0
    assert "公开范围" not in notes(data)


def test_suspected_changes_of_law_are_named_after_a_year() -> None:
    assert list(unchecked(date(2027, 11, 28))) == []
    found = list(unchecked(date(2028, 1, 1)))
    assert [f.level for f in found] == ["note"]
    assert "等" in found[0].text
