"""The command line as scripts see it: real processes, exit codes, what goes to which stream."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.index.generation import Generations
from kb.library import Library
from kb.lock import Lock

KB = [sys.executable, "-c", "from kb.cli import main; main()"]
Kb = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def kb(tmp_path: Path) -> Kb:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KB_")}

    def go(*arguments: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [*KB, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return go


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "资料"
    root.mkdir()
    for number in range(3):
        text = f"第{number}号材料\n\n公共法律服务的做法。\n"
        (root / f"{number}.txt").write_text(text, "utf-8")
    return root


def tree(root: Path) -> dict[str, tuple[int, int]]:
    return {
        str(p.relative_to(root)): (p.stat().st_size, p.stat().st_mtime_ns) for p in root.rglob("*")
    }


def test_index_search_and_index_again(kb: Kb, folder: Path, tmp_path: Path) -> None:
    done = kb("index", folder)
    assert "新增 3" in done.stdout
    assert (tmp_path / "kb-data" / "index" / "current").is_file()
    generations = Generations(tmp_path / "kb-data")
    path = generations.directory(generations.current_name()) / "catalog.jsonl"
    before = path.read_bytes()
    report = json.loads(kb("index", folder, "--json").stdout)
    assert report["documents"] == {
        "added": 0,
        "changed": 0,
        "unchanged": 3,
        "removed": 0,
        "failed": 0,
    }
    assert (report["total_documents"], report["failures"], report["generation"]) == (
        3,
        [],
        path.parent.name,
    )
    assert path.read_bytes() == before
    assert "材料" in kb("search", "公共法律服务").stdout


def test_some_failed(kb: Kb, folder: Path) -> None:
    (folder / "空.txt").write_bytes(b"")
    done = kb("index", folder, code=1)
    assert "空.txt" in done.stdout
    assert "empty" in done.stdout
    report = json.loads(kb("index", folder, "--json", code=1).stdout)
    assert [f["path"] for f in report["failures"]] == ["空.txt"]
    assert report["total_documents"] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["index"], ["PATH", "--full"]),
        (["index", "nowhere"], ["nowhere", "不存在"]),
        (["index", "x" * 300], ["路径"]),
        (["index", "资料", "--audience", "everybody"], ["everybody", "staff"]),
        (["index", "资料", "--workers", "-1"], ["--workers", "0 到 256"]),
        (["index", "--explain", "nowhere"], ["nowhere"]),
        (["refresh"], ["kb.toml", "--config"]),
        (["refresh", "--config", "nowhere.toml"], ["nowhere.toml"]),
        (["nonsense"], ["nonsense"]),
        (["index", "--nonsense"], ["--nonsense"]),
    ],
)
def test_wrong_usage(
    kb: Kb, folder: Path, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    done = kb(*arguments, code=2)
    assert all(w in done.stderr for w in words), done.stderr
    assert done.stdout == ""
    assert not Generations(tmp_path / "kb-data").current_name()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("workers = 'many'", ["workers", "many"]),
        ("colour = 1", ["colour"]),
        ("[site]\nport = 0", ["[site] port", "65535"]),
        ("[[source]]\nname='a'", ["path"]),
        ("[[source]]\nname='a'\npath='.'\naudience='all'", ["audience", "staff"]),
        ("[[source]]\nname='a'\npath='.'\n[[source]]\nname='a'\npath='.'", ["name", "重复"]),
        ("not toml", ["TOML"]),
    ],
)
def test_a_wrong_setting_names_file_and_key(
    kb: Kb, tmp_path: Path, text: str, words: list[str]
) -> None:
    (tmp_path / "my.toml").write_text(text, "utf-8")
    done = kb("refresh", "--config", "my.toml", code=2)
    assert all(w in done.stderr for w in ["my.toml", *words]), done.stderr
    assert not (tmp_path / "kb-data" / "index").exists()


def test_a_wrong_variable(kb: Kb, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [*KB, "index", str(folder)],
        env={**os.environ, "KB_MAX_FILE_MB": "big"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "KB_MAX_FILE_MB" in done.stderr


def test_refresh(kb: Kb, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(
        'data_dir="d"\n[[source]]\nname="材料"\npath="资料"\n[[source]]\nname="没了"\npath="x"\n',
        "utf-8",
    )
    done = kb("refresh", "--config", tmp_path / "kb.toml", "--json", code=1)
    report = json.loads(done.stdout)
    assert [(f["path"], f["reason"]) for f in report["failures"]] == [("没了", "missing")]
    assert report["documents"]["added"] == 3
    assert Generations(tmp_path / "d").usable_name() == report["generation"]


def test_explain_writes_nothing(kb: Kb, folder: Path, tmp_path: Path) -> None:
    kb("index", folder)
    before = tree(tmp_path)
    done = kb("index", "--explain", folder / "0.txt")
    assert "题名：" in done.stdout
    assert "段落" in done.stdout
    assert tree(tmp_path) == before
    (folder / "广告.txt").write_text("材料\n\n一段话。\n\n##paidbegin##\n", "utf-8")
    done = kb("index", "--explain", folder / "广告.txt", "--data-dir", tmp_path / "other")
    assert "paywall-mark" in done.stdout
    assert not (tmp_path / "other").exists()


def test_another_writer(kb: Kb, folder: Path, tmp_path: Path) -> None:
    with Lock(tmp_path / "kb-data", "another"):
        done = kb("index", folder, code=75)
        assert "another" in done.stderr
        assert str(os.getpid()) in done.stderr
    kb("index", folder)


def test_full_without_a_path(kb: Kb, folder: Path, tmp_path: Path) -> None:
    kb("index", folder)
    first = Generations(tmp_path / "kb-data").current_name()
    kb("index", "--full")
    generations = Generations(tmp_path / "kb-data")
    assert generations.usable_name() > first
    last = generations.sentinel(generations.current_name())
    assert last is not None
    assert last.documents == 3


def corpus(root: Path, count: int) -> None:
    for number in range(count):
        paragraphs = [f"第{number}号的第{n}项公共法律服务工作稳步推进。" for n in range(30)]
        (root / f"c{number:04}.txt").write_text(
            "\n\n".join([f"第{number}号情况", *paragraphs]), "utf-8"
        )


def reading(data_dir: Path) -> bool:
    with Library.open(data_dir, readonly=True) as library:
        return sum(1 for _ in library.entries()) > 30


def writing(data_dir: Path) -> bool:
    return len(list((data_dir / "index").glob("building-*/parts/*/whoosh/*"))) > 2


@pytest.mark.parametrize(
    ("number", "stage"),
    [(signal.SIGTERM, reading), (signal.SIGTERM, writing), (signal.SIGINT, reading)],
)
def test_an_interrupted_run(
    kb: Kb,
    folder: Path,
    tmp_path: Path,
    number: signal.Signals,
    stage: Callable[[Path], bool],
) -> None:
    kb("index", folder)
    data_dir = tmp_path / "kb-data"
    before = Generations(data_dir).current_name()
    corpus(folder, 300)
    process = subprocess.Popen(
        [*KB, "index", str(folder), "--workers", "2"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until(lambda: stage(data_dir), process)
        began = time.monotonic()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        took = time.monotonic() - began
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert took < 5  # what the workers had begun is not waited for
    assert "已中断" in errors
    # A worker that is stopped while it starts may complain by itself.
    assert "Traceback" not in errors or "spawn_main" in errors, errors
    _ends(process.pid)
    assert Generations(data_dir).usable_name() == before
    report = json.loads(kb("index", folder, "--json").stdout)
    assert (report["total_documents"], report["failures"]) == (303, [])
    # What was read before stayed in the library.
    assert report["documents"]["added"] < 300
    with Library.open(data_dir, readonly=True) as library:
        assert [r.state for r in library.last_runs(3)] == ["done", "interrupted", "done"]


def _wait_until(
    condition: Callable[[], bool], process: "subprocess.Popen[str]", seconds: float = 60
) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "it ended before it was interrupted"
        assert time.monotonic() < end
        time.sleep(0.02)


def _ends(leader: int) -> None:
    """No process of the session that `leader` began outlives it, but for an instant."""
    end = time.monotonic() + 10
    while alive := _group(leader):
        assert time.monotonic() < end, f"left behind: {alive}"
        time.sleep(0.05)


def _group(leader: int) -> list[int]:
    """Living processes of the session that `leader` began."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(place.parent.name))
    return found
