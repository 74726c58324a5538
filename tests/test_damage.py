"""Damage to any file of a data directory: doctor names it, a run mends it, and until then the base
answers with the rest, without a trace and never with wrong passages.

One small base of two parts and two generations is made by real runs and copied for each case, file by
file: hard links would carry the damage on.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from indexer.publish import publish
from indexer.report import Report
from indexer.run import Options, run
from indexer.sources import select
from kb.cli import kb as group
from kb.documents import Audience
from kb.errors import KbError
from kb.health import examine
from kb.index import generation, sums
from kb.index.generation import Generations
from kb.knowledge.base import DAMAGED, KnowledgeBase
from kb.library import Library
from kb.progress import Quiet
from kb.search.results import Request
from kb.settings import Settings
from kb.text import dictionary

TEXTS = {
    "照明.txt": "照明设施管理办法\n\n第一条 路灯由养护单位管理。\n\n第二条 损坏路灯的，应当赔偿。\n",
    "绿化.txt": "绿化养护管理办法\n\n第一条 绿地由街道养护。\n\n第二条 不得损坏树木。\n",
    "停车.txt": "停车收费指引\n\n停车按次收费。\n\n夜间停车不收费。\n",
}
LATER = {"噪声.txt": "噪声治理通告\n\n夜间施工不得扰民。\n\n损坏隔音设施的，应当修复。\n"}
KB = [sys.executable, "-c", "from kb.cli import main; main()"]
QUERIES = ("损坏", "停车", "夜间", "路灯", "噪声治理")


def index(root: Path) -> Report:
    with Library.open(root / "data") as library:
        sources = select(root / "资料", library.sources(), None)
    return run(root / "data", sources, Options(workers=1), Quiet(), "index")


@pytest.fixture(scope="module", autouse=True)
def unsynced() -> Iterator[None]:
    """No power fails here: waiting for the disk would be half of the time."""
    patch = pytest.MonkeyPatch()
    patch.setattr(generation, "_sync", lambda path: None)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sound")
    (root / "资料").mkdir()
    for texts in (TEXTS, LATER):
        for name, text in texts.items():
            (root / "资料" / name).write_text(text, "utf-8")
        index(root)
    assert len(Generations(root / "data").names()) == 2
    return root


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    root = tmp_path / "copy"
    shutil.copytree(sound, root)
    return root


def overwrite(place: float, keep_time: bool = False) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        info, data = path.stat(), bytearray(path.read_bytes())
        at = int(place * max(0, len(data) - 24))
        for i in range(at, min(at + 24, len(data))):
            data[i] ^= 0xA5
        with path.open("r+b") as file:
            file.write(data)
        if keep_time:
            os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))

    return damage


def everywhere(path: Path) -> None:
    """Every seventh byte, the time of change kept as a disk would."""
    info, data = path.stat(), bytearray(path.read_bytes())
    data[::7] = bytes(b ^ 0xA5 for b in data[::7])
    path.write_bytes(data)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def cut(share: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        os.truncate(path, int(share * path.stat().st_size))

    return damage


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").write_text("x", "utf-8")


def locked(path: Path) -> None:
    path.chmod(0)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "head": overwrite(0),
    "middle": overwrite(0.5, keep_time=True),
    "end": overwrite(1),
    "everywhere": everywhere,
    "emptied": cut(0),
    "halved": cut(0.5),
    "deleted": Path.unlink,
    "folder": into_folder,
    "locked": locked,
}

ARRAYS = ("records", "folded", "facts", "terms", "starts", "ids", "impacts")
PART = (
    *("part.json", "paths.json", "frequent.json", sums.FILE, "records.bin", "folded.bin"),
    *(f"{name}.npy" for name in ARRAYS),
)
WHOOSH = ("*.toc", "*.trm")
FILES = (
    "current",
    "generations/g000002/sentinel.json",
    "generations/g000002/catalog.jsonl",
    *(f"generations/g000002/parts/public-00000/{name}" for name in PART),
    *(f"generations/g000002/parts/public-00000/whoosh/{name}" for name in WHOOSH),
)


def answers(data_dir: Path, *, warm: bool = False) -> tuple[dict[str, list[str]], int]:
    """The texts found for each of QUERIES, and how many documents no search finds."""
    base = KnowledgeBase.open(data_dir)
    try:
        if warm:
            base.warm()
        found = {}
        for query in QUERIES:
            # Taken as written: what corrects spelling takes a quarter of a second to make.
            request = Request(query, audience=Audience.STAFF, verbatim=not warm)
            result = base.search(request)
            passages = [p for h in result.hits for p in h.passages]
            found[query] = sorted({p.snippet.text for p in passages})
            said = any(n.text == DAMAGED for n in result.notices)
            assert said == bool(base.unsearchable(Audience.STAFF))
        for info in base.documents(Audience.STAFF):
            document = base.document(info.id, Audience.STAFF)
            assert document is not None
            assert document.document.passages
        return found, base.unsearchable(Audience.STAFF)
    finally:
        base.close()


@pytest.fixture(scope="module")
def right(sound: Path) -> dict[str, list[str]]:
    found, missing = answers(sound / "data")
    assert missing == 0
    assert all(found.values())
    return found


def faults(data_dir: Path) -> list[str]:
    every = examine(Settings(data_dir=data_dir))
    found = [f for f in every if (f.level, f.subject) == ("fault", "索引")]
    assert all(f.remedy for f in found)
    return [f.text for f in found]


def test_the_files_are_all_there_are(sound: Path) -> None:
    """No file of a generation is left out of the table, but those of Whoosh that are like others."""
    place = sound / "data" / "index"
    there = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    rest = {f for f in there if "g000001" not in f and "public-00001" not in f} - set(FILES)
    # What the public may see: where it is damaged, the newest catalogue says so.
    assert all("/whoosh/" in f for f in rest - {"public"}), rest
    (found,) = [f for f in examine(Settings(data_dir=sound / "data")) if f.subject == "索引"]
    assert found.level == "ok"
    assert faults(sound / "data") == []


@pytest.mark.parametrize("name", FILES, ids=lambda f: f.removeprefix("generations/g000002/"))
def test_every_file_every_way(
    name: str, sound: Path, right: dict[str, list[str]], tmp_path: Path
) -> None:
    for number, (kind, damage) in enumerate(DAMAGES.items()):
        if kind == "locked" and os.geteuid() == 0:
            continue  # root reads everything
        root = tmp_path / str(number)
        shutil.copytree(sound, root)
        data_dir = root / "data"
        (path,) = (data_dir / "index").glob(name)
        damage(path)
        named = faults(data_dir)
        assert named, kind
        assert any(path.name in text for text in named), (kind, named)
        sums._bad.clear()  # another process knows nothing of what doctor found
        found, missing = answers(data_dir)
        for query, texts in found.items():
            assert set(texts) <= set(right[query]), (kind, query)
        if missing == 0 and "parts" in name:
            assert found == right, kind
        with Library.open(data_dir) as library:
            done = publish(data_dir, library, full=False, workers=1, progress=Quiet())
        assert done.mended, kind
        assert done.documents == 4
        assert faults(data_dir) == [], kind
        assert answers(data_dir) == (right, 0), kind


def test_a_run_says_what_it_mended(copy: Path, right: dict[str, list[str]]) -> None:
    """Nothing changed in the sources: the damage alone makes it publish."""
    overwrite(0.5)(copy / "data/index/generations/g000002/parts/public-00000/records.bin")
    found, missing = answers(copy / "data", warm=True)
    assert missing == 3
    assert set(found["损坏"]) < set(right["损坏"])
    report = index(copy)
    assert report.exit_code == 0
    (warning,) = [w for w in report.warnings if "损坏" in w]
    assert "records.bin" in warning
    assert report.generation == "g000003"
    assert index(copy).generation == "g000003"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("index/current", b"\xff\xfe\x00g1"),
        ("library.sqlite3", b"\xff" * 5000),
        ("library.sqlite3", None),
        ("index/generations/g000002/sentinel.json", b"\xff{}"),
        ("index/generations/g000002/parts/public-00000/ids.npy", b""),
    ],
)
def test_no_command_ends_with_a_trace(copy: Path, file: str, content: bytes | None) -> None:
    path, data_dir = copy / "data" / file, copy / "data"
    if content is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(content)
    for command in (
        ("doctor",),
        ("status",),
        ("search", "损坏"),
        ("index", copy / "资料"),
        ("index", "--full"),
    ):
        done = CliRunner().invoke(group, [*map(str, command), "--data-dir", str(data_dir)])
        # What `kb.cli.main` says in a line; anything else would be a trace.
        assert isinstance(done.exception, KbError | SystemExit | None), (command, done.exception)
        said = done.output + str(done.exception or "")
        assert said.strip()
        # A library's damage is no run's to mend; the index's is mended by the first.
        if command == ("doctor",):
            assert done.exit_code == 1, said
        elif file.startswith("index"):
            assert done.exit_code == 0, (command, said)


def test_the_site_serves_what_it_has(copy: Path, right: dict[str, list[str]]) -> None:
    """A real process: no trace at the start, 200 with a notice, everything once it is mended."""
    overwrite(0.5)(copy / "data/index/generations/g000002/parts/public-00000/ids.npy")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*KB, "serve", "--data-dir", str(copy / "data"), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:

        def ask(path: str) -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                text: str = answer.read().decode()
                return text

        try:
            for _ in range(300):
                try:
                    assert '"degraded"' in ask("/healthz")
                    break
                except OSError:
                    assert server.poll() is None
                    time.sleep(0.2)
            place = f"/search?q={quote('损坏')}"
            page = ask(place)
            assert DAMAGED in page
            assert "隔音设施" in page
            assert "树木" not in page
            index(copy)
            for _ in range(300):
                page = ask(place)
                if DAMAGED not in page:
                    break
                time.sleep(0.1)
            assert DAMAGED not in page
            assert "树木" in page
            assert '"ok"' in ask("/healthz")
        finally:
            server.terminate()
            _, said = server.communicate(timeout=30)
        assert b"Traceback" not in said, said.decode()


def test_a_damaged_dictionary_is_named_and_made_again(copy: Path) -> None:
    """Not searched with: words would be cut otherwise than those of the index."""
    cache = copy / "data" / "cache"
    # A process packs the dictionary once: whatever base it opened first has it.
    cache.mkdir(exist_ok=True)
    path = next(cache.iterdir(), cache / "words-here")
    dictionary.save(path, dictionary.pack({"民": 0}), 1)
    sound = path.read_bytes()
    for damage in DAMAGES.values():
        if damage is locked and os.geteuid() == 0:
            continue
        path.unlink() if path.is_file() else shutil.rmtree(path)
        path.write_bytes(sound)
        damage(path)
        assert dictionary.load(path) is None
        if path.exists():
            found = [f for f in examine(Settings(data_dir=copy / "data")) if f.subject == "缓存"]
            assert len(found) == 1
        dictionary.save(path, dictionary.pack({"民": 0}), 1)
        assert dictionary.load(path) is not None
