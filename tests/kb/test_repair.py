"""kb repair: what is saved of a library that was damaged in earnest, and that nothing is overwritten."""

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexer.run import Options, run
from indexer.sources import select
from kb.cli.repair import repair as command
from kb.documents import Audience
from kb.errors import LibraryError, StorageError
from kb.health import examine
from kb.knowledge.base import KnowledgeBase
from kb.library import Library, salvage
from kb.library.database import FILE
from kb.library.pages import Pages
from kb.progress import Quiet
from kb.repair import Repaired, repair
from kb.settings import Settings
from kb.users import Users

PAGE = 4096
COUNT = 60


def fill(folder: Path, count: int = COUNT) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        lines = [f"第{number}号的第{n}项安排，编号{number * n}，由各单位落实。" for n in range(60)]
        (folder / f"{number:03}.txt").write_text(
            "\n\n".join([f"第{number}号情况", *lines]), "utf-8"
        )


def index(data: Path, folder: Path, audience: Audience | None = None) -> None:
    with Library.open(data) as library:
        known = library.sources()
    chosen = select(folder, known, audience)
    run(data, chosen, Options(workers=1), Quiet(), "index")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a public and a staff source and two accounts."""
    root = tmp_path_factory.mktemp("made")
    fill(root / "公开")
    fill(root / "内部", 5)
    index(root / "data", root / "公开")
    index(root / "data", root / "内部", Audience.STAFF)
    with Users.open(root / "data") as users:
        users.add("张三", "correct horse")
        users.add("lisi", "battery staple")
    return root


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "data", tmp_path / "data")
    return tmp_path / "data"


def overwrite(path: Path, pages: list[int]) -> None:
    noise = random.Random(7)
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(noise.randbytes(PAGE))


def pages_of(path: Path) -> int:
    return path.stat().st_size // PAGE


def public(data: Path) -> set[str]:
    base = KnowledgeBase.open(data)
    try:
        return {i.title for i in base.documents(Audience.PUBLIC)}
    finally:
        base.close()


def recovers(data: Path, made: Path) -> Repaired:
    """Repairs, and what comes of it: accounts work, the next run completes, no staff paper is out."""
    damaged = (data / FILE).read_bytes() if (data / FILE).is_file() else b""
    found = repair(data)
    assert found is not None
    if damaged:
        assert Path(found.aside).read_bytes() == damaged
    with Library.open(data) as library:
        assert library.check() == []
    assert set(found.sources) == {"公开", "内部"}
    index(data, made / "公开")
    index(data, made / "内部")
    with Library.open(data) as library:
        assert len(list(library.entries())) == COUNT + 5
        audiences = {e.title: e.audience for e in library.entries()}
        assert library.check() == []
    assert len(public(data)) == COUNT
    assert sum(a == "staff" for a in audiences.values()) == 5
    assert repair(data) is None
    return found


def logged_in(data: Path) -> list[bool]:
    with Users.open(data) as users:
        pairs = (("张三", "correct horse"), ("lisi", "battery staple"))
        return [users.verify(*pair).ok for pair in pairs]


def test_a_sound_library_is_left_alone(data: Path) -> None:
    before = (data / FILE).read_bytes()
    assert repair(data) is None
    assert (data / FILE).read_bytes() == before
    assert not list(data.glob("library-*"))


@pytest.mark.parametrize("seed", range(4))
def test_pages_overwritten_at_random(data: Path, made: Path, seed: int) -> None:
    count = pages_of(data / FILE)
    hit = random.Random(seed).sample(range(2, count + 1), count // 10)
    overwrite(data / FILE, hit)
    found = recovers(data, made)
    # The index has what the library lost.
    assert not found.lost


def test_a_header_overwritten(data: Path, made: Path) -> None:
    overwrite(data / FILE, [1])
    told = {f.subject: f for f in examine(Settings(data_dir=data))}
    assert "kb repair" in told["资料库"].remedy
    assert "移走" not in told["资料库"].text + told["资料库"].remedy
    found = recovers(data, made)
    assert set(found.accounts) == {"张三", "lisi"}
    assert (found.texts, found.of_index, found.lost) == (COUNT + 5, 0, ())
    assert logged_in(data) == [True, True]


@pytest.mark.parametrize("place", [16, 18, 68, 100])
def test_some_bytes_of_the_header(data: Path, made: Path, place: int) -> None:
    with (data / FILE).open("r+b") as file:
        file.seek(place)
        file.write(b"\xff\xff\xff\xff")
    assert set(recovers(data, made).accounts) == {"张三", "lisi"}


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0])
def test_a_truncated_file(data: Path, made: Path, share: float) -> None:
    os.truncate(data / FILE, int((data / FILE).stat().st_size * share))
    recovers(data, made)


def test_a_deleted_file(data: Path, made: Path) -> None:
    (data / FILE).unlink()
    told = {f.subject: f for f in examine(Settings(data_dir=data))}
    assert "kb repair" in told["资料库"].remedy
    found = recovers(data, made)
    assert (found.aside, found.of_index) == ("", COUNT + 5)


def test_what_a_visitor_who_signs_in_makes_is_no_library(data: Path, made: Path) -> None:
    (data / FILE).unlink()
    Users.open(data).close()
    assert recovers(data, made).of_index == COUNT + 5


def test_a_deleted_library_whose_files_are_gone_too_keeps_its_texts(data: Path) -> None:
    before = public(data)
    (data / FILE).unlink()
    assert repair(data) is not None
    run(data, [], Options(workers=1, full=True), Quiet(), "index")
    assert public(data) == before


def test_texts_no_file_has_any_more_go_once_all_was_looked_through(data: Path, made: Path) -> None:
    (data / FILE).unlink()
    assert repair(data) is not None
    shutil.copytree(made / "公开", data.parent / "公开")
    (data.parent / "公开/000.txt").unlink()
    with Library.open(data) as library:
        source = library.sources()["公开"]
        library.put_source("公开", "folder", str(data.parent / "公开"), "", None, source.config)
    index(data, data.parent / "公开")
    assert len(public(data)) == COUNT
    index(data, made / "内部")
    assert len(public(data)) == COUNT - 1


def test_a_damaged_text_alone(data: Path, made: Path) -> None:
    with sqlite3.connect(data / FILE) as raw:
        raw.execute("UPDATE versions SET payload = substr(payload, 1, 50) WHERE rowid < 4")
    raw.close()
    found = recovers(data, made)
    assert (found.of_index, found.lost) == (3, ())


def test_what_is_only_in_the_log_is_saved(data: Path, made: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from kb.users import Users
        users = Users.open(Path(sys.argv[1]))
        users.add("wangwu", "correct horse")
        os._exit(9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(data)], check=False)
    assert (data / f"{FILE}-wal").stat().st_size
    overwrite(data / FILE, [1, pages_of(data / FILE) // 2])
    found = recovers(data, made)
    assert "wangwu" in found.accounts
    assert list(data.glob("library-damaged-*-wal"))


def test_pages_hold_what_sqlite_reads(data: Path) -> None:
    with sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True) as raw:
        texts = set(raw.execute("SELECT hash, payload FROM versions"))
        items = set(raw.execute("SELECT id, path, sha256 FROM items"))
    raw.close()
    with Pages(data / FILE) as pages:
        rows = [(r, salvage._table_of(r)) for r in pages.rows()]
    assert {(v[0], v[2]) for (_, v), t in rows if t == "versions"} == texts
    assert {(id, v[2], v[5]) for (id, v), t in rows if t == "items"} == items


def test_anything_at_all_is_read_without_a_fault(tmp_path: Path, data: Path) -> None:
    original = (data / FILE).read_bytes()
    noise = random.Random(3)
    for _ in range(60):
        broken = bytearray(original[: 40 * PAGE])
        for _ in range(noise.randrange(1, 400)):
            broken[noise.randrange(len(broken))] = noise.randrange(256)
        (tmp_path / "x").write_bytes(broken)
        with Pages(tmp_path / "x") as pages:
            for row in pages.rows():
                salvage._table_of(row)


def test_killed_at_every_step_and_run_again(data: Path) -> None:
    overwrite(data / FILE, [1])
    damaged = (data / FILE).read_bytes()
    script = """
        import os, sys
        from pathlib import Path
        from kb.repair import repair
        left = int(sys.argv[2])
        def count(event, arguments):
            global left
            if event in ("os.rename", "os.link", "os.mkdir", "shutil.rmtree"):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), 9)
        sys.addaudithook(count)
        repair(Path(sys.argv[1]))
    """
    spare, step = data.with_name("spare"), 0
    while True:
        shutil.rmtree(spare, ignore_errors=True)
        shutil.copytree(data, spare)
        command = [sys.executable, "-c", textwrap.dedent(script), str(spare), str(step)]
        done = subprocess.run(command, capture_output=True, check=False)
        asides = list(spare.glob("library-damaged-*.sqlite3"))
        assert damaged in [p.read_bytes() for p in (spare / FILE, *asides)], step
        repair(spare)
        assert logged_in(spare) == [True, True], step
        with Library.open(spare) as library:
            assert library.check() == []
        if done.returncode != -signal.SIGKILL:
            break
        step += 1
    assert done.returncode == 0, done.stderr
    assert step >= 5


def test_a_full_disk_changes_nothing(data: Path, made: Path) -> None:
    overwrite(data / FILE, [1])
    before = (data / FILE).read_bytes()

    def lessen() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [sys.executable, "-c", "from kb.cli import main; main()", "repair", "--data-dir", data],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lessen,
    )
    assert done.returncode == 70, done.stderr
    assert "腾出空间" in done.stderr
    assert "移走" not in done.stderr
    assert (data / FILE).read_bytes() == before
    recovers(data, made)


def test_nothing_to_repair(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="不存在"):
        repair(tmp_path / "none")
    with pytest.raises(LibraryError, match="没有找到"):
        repair(tmp_path)
    other = b"SQLite format 3\0" + bytes(5000)
    (tmp_path / FILE).write_bytes(other)
    with pytest.raises(LibraryError, match="没有找到"):
        repair(tmp_path)
    assert (tmp_path / FILE).read_bytes() == other


def test_the_command(data: Path) -> None:
    assert "完好" in CliRunner().invoke(command, ["--data-dir", str(data)]).output
    overwrite(data / FILE, [1])
    done = CliRunner().invoke(command, ["--data-dir", str(data)])
    assert done.exit_code == 0, done.output
    assert "账号 2 个：lisi、张三" in done.output
    assert "library-damaged-" in done.output


def test_doctor_names_a_storage_error(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Library) -> list[str]:
        raise StorageError("磁盘空间不足")

    monkeypatch.setattr(Library, "check", full)
    told = {f.subject: f for f in examine(Settings(data_dir=data))}
    assert "检查磁盘" in told["资料库"].remedy
    assert "repair" not in told["资料库"].remedy


def test_a_sound_library_in_a_read_only_folder_is_not_called_broken(data: Path) -> None:
    # Not under tmp_path: its parents keep other users out altogether.
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "data"
        shutil.copytree(data, place)
        place.parent.chmod(0o755)
        place.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root may write everywhere, nobody may not
        try:
            told = {f.subject: f for f in examine(Settings(data_dir=place))}
        finally:
            os.seteuid(user)
            place.chmod(0o755)
    assert told["资料库"].level == "ok"
    assert told["索引"].level == "ok"
    assert told["数据目录"].level == "fault"
