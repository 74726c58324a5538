"""Silence, loss and damage never widen: each way in which a staff paper once came out, end to end.

The commands themselves, a real library, and an anonymous reader of the site.
"""

import os
import shutil
import signal
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from indexer.audience import close
from indexer.commands import index as index_command
from indexer.commands import refresh as refresh_command
from indexer.sources import Source
from kb.audiences import FILE as MEMORY
from kb.audiences import Memory
from kb.cli.status import rollback as rollback_command
from kb.documents import Audience
from kb.index.generation import Generations
from kb.knowledge.base import KnowledgeBase
from kb.library import Library, database
from kb.search.results import Request
from kb.settings import Settings
from kb.sourceconfig import SourceConfig
from web.app import create_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

SECRET = "玄武计划"
TEXT = (
    "{0}的内容只在内部流转，涉及某区各单位的安排与分工，任何人不得擅自对外提供。"
    "各单位应当按照分工落实责任，按月报送进展，遇有重要情况随时报告，年底统一检查验收。"
    "检查验收的结果纳入年度考核，考核办法另行制定，具体事项由某区有关部门负责解释说明。"
)


class Base:
    """A data directory, its commands, and who reads it."""

    def __init__(self, root: Path) -> None:
        self.root, self.data = root, root / "data"
        self.toml = root / "kb.toml"

    def kb(self, command: object, *arguments: object, code: int = 0) -> str:
        before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
        try:
            done: Result = CliRunner().invoke(
                command,  # type: ignore[arg-type]
                [*map(str, arguments), "--data-dir", str(self.data)],
            )
        finally:
            for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
                signal.signal(number, handler)
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    def index(self, *arguments: object, code: int = 0) -> str:
        return self.kb(index_command, *arguments, "--workers", 1, code=code)

    def refresh(self, *sources: str, code: int = 0) -> str:
        """kb refresh over entries of a kb.toml."""
        self.toml.write_text("\n".join(f"[[source]]\n{s}" for s in sources), "utf-8")
        return self.kb(refresh_command, "--config", self.toml, "--workers", 1, code=code)

    def write(self, path: str, word: str = SECRET) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"关于{word}的情况\n\n{TEXT.format(word)}\n", "utf-8")
        return place

    @contextmanager
    def site(self) -> Iterator[Callable[[str], str]]:
        """The pages that an anonymous reader gets, by address."""
        knowledge = KnowledgeBase.open(self.data)
        try:
            app = create_app(knowledge, Settings(data_dir=self.data))
            with TestClient(app, follow_redirects=False) as client:
                yield lambda address: client.get(address).text
        finally:
            knowledge.close()

    def public(self, word: str = SECRET) -> int:
        """How many documents with the word an anonymous reader finds; its addresses answer 404 for
        the others, and no list has them."""
        with self.site() as get:
            shown = self.seen(word)
            found = get(f"/api/v1/search?q={word}&size=50")
            titles = found.count('"document_id"')
            assert titles == len(shown)
            hidden = self.seen(word, Audience.STAFF) - shown
            for id in hidden:
                assert "没有找到" in get(f"/doc/{id}") or "404" in get(f"/doc/{id}")
                assert id not in get("/sitemap.xml") + get("/feed.xml") + get("/")
            return titles

    def seen(self, word: str, audience: Audience = Audience.PUBLIC) -> set[str]:
        base = KnowledgeBase.open(self.data)
        try:
            return {i.id for i in base.documents(audience) if word in i.title}
        finally:
            base.close()

    def staff(self, word: str = SECRET) -> int:
        return len(self.seen(word, Audience.STAFF))

    def lose_library(self) -> None:
        for file in self.data.glob("library.sqlite3*"):
            file.unlink()


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path)


@pytest.fixture
def internal(base: Base) -> Base:
    """Two papers in 内部, indexed for staff, beside one for the public."""
    base.write("内部/甲.txt")
    base.write("内部/乙.txt", f"{SECRET}二期")
    base.write("公开/丙.txt", "公共通报")
    base.index(base.root / "内部", "--audience", "staff")
    base.index(base.root / "公开")
    assert (base.public(), base.staff(), base.public("公共通报")) == (0, 2, 1)
    return base


# Narrowing a source


def test_narrowing_masks_what_cannot_be_read_and_what_is_in_its_grace(base: Base) -> None:
    for name in ("甲", "乙", "丙"):
        base.write(f"资料/{name}.txt", f"{SECRET}{name}")
    entry = 'name="资料"\npath="资料"'
    base.refresh(entry)
    assert base.public() == 3
    (base.root / "资料/甲.txt").write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    (base.root / "资料/乙.txt").unlink()
    base.refresh(entry, code=1)
    assert base.public() == 3
    base.refresh(f'{entry}\naudience="staff"', code=1)
    assert (base.public(), base.staff()) == (0, 3)


def test_public_that_is_no_longer_said_masks_work_summaries(base: Base) -> None:
    paper = base.write("资料/2023年工作总结.txt", f"{SECRET}2023年工作总结")
    entry = 'name="资料"\npath="资料"'
    base.refresh(f'{entry}\naudience="public"')
    assert base.public() == 1
    paper.write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    base.refresh(entry, code=1)
    assert (base.public(), base.staff()) == (0, 1)


def test_narrowing_a_folder_that_is_not_there_masks(base: Base) -> None:
    base.write("资料/甲.txt")
    entry = 'name="资料"\npath="资料"'
    base.refresh(entry)
    (base.root / "资料").rename(base.root / "别处")
    base.refresh(f'{entry}\naudience="staff"', code=1)
    assert (base.public(), base.staff()) == (0, 1)
    # So it stays, and nothing is published for nothing.
    name = Generations(base.data).current_name()
    base.refresh(f'{entry}\naudience="staff"', code=1)
    assert (base.public(), Generations(base.data).current_name()) == (0, name)


@pytest.mark.parametrize(
    "entry",
    [
        'name="内部"\npath="内部"',
        'name="别名"\npath="内部"',
        'name="子"\npath="内部/子"',
        'name="全部"\npath="."\nexclude=["data/**", "*.toml"]',
    ],
)
def test_a_silent_kb_toml_does_not_widen(internal: Base, entry: str) -> None:
    internal.write("内部/子/丁.txt", f"{SECRET}三期")
    internal.index(internal.root / "内部")
    told = internal.refresh(entry)
    assert internal.public() == 0
    assert internal.staff() >= 3
    if "全部" not in entry:
        assert "没有写 audience" in told
    internal.refresh(entry)
    assert internal.public() == 0


def test_public_is_said_and_told(internal: Base) -> None:
    told = internal.refresh('name="内部"\npath="内部"\naudience="public"')
    assert "原来只给工作人员看" in told
    assert internal.public() == 2
    # What was said holds: neither a loss nor silence takes it back.
    internal.lose_library()
    internal.refresh('name="内部"\npath="内部"')
    assert internal.public() == 2


# Losing the library


@pytest.mark.parametrize("memory", [True, False])
def test_a_lost_library_publishes_nothing(internal: Base, memory: bool) -> None:
    internal.lose_library()
    if not memory:
        (internal.data / MEMORY).unlink()
    told = internal.index(internal.root / "内部")
    assert (internal.public(), internal.staff()) == (0, 2)
    assert memory or "仍不公开" in told
    internal.write("内部/丁.txt", f"{SECRET}三期")
    internal.index(internal.root / "内部")
    assert (internal.public(), internal.staff()) == (0, 3)
    internal.index(internal.root / "公开")
    assert internal.public("公共通报") == 1


@pytest.mark.parametrize("memory", ["kept", "lost", "damaged"])
@pytest.mark.parametrize("library", ["kept", "lost"])
def test_a_renamed_staff_folder(internal: Base, memory: str, library: str) -> None:
    (internal.root / "内部").rename(internal.root / "改名")
    internal.write("改名/丁.txt", f"{SECRET}三期")
    if library == "lost":
        internal.lose_library()
    if memory == "lost":
        (internal.data / MEMORY).unlink()
    elif memory == "damaged":
        data = bytearray((internal.data / MEMORY).read_bytes())
        data[80:84] = b"\xff\xff\xff\xff"
        (internal.data / MEMORY).write_bytes(data)
    told = internal.index(internal.root / "改名")
    assert "仍不公开" in told
    assert internal.public() == 0
    assert internal.staff() >= 3
    internal.index(internal.root / "改名")
    assert internal.public() == 0
    internal.index(internal.root / "改名", "--audience", "public")
    assert internal.public() == 3


def test_a_staff_paper_among_others(internal: Base) -> None:
    """One paper put into a folder of which nothing was said: the paper, not the folder, is closed."""
    for number in range(4):
        internal.write(f"公开/{number}.txt", f"公共通报{number}")
    shutil.copy(internal.root / "内部/甲.txt", internal.root / "公开/抄件.txt")
    told = internal.index(internal.root / "公开")
    assert f"《关于{SECRET}的情况》仍不公开" in told
    assert (internal.public(), internal.public("公共通报")) == (0, 5)
    # What the public has had is not taken from it because staff have a copy.
    shutil.copy(internal.root / "公开/0.txt", internal.root / "内部/抄件.txt")
    internal.index(internal.root / "内部")
    internal.index(internal.root / "公开", "--full")
    internal.lose_library()
    internal.index(internal.root / "公开")
    assert internal.public("公共通报") == 5
    assert internal.public() == 0


def test_a_lost_library_and_a_folder_around_the_staff_folder(internal: Base) -> None:
    internal.lose_library()
    shutil.rmtree(internal.root / "公开")
    told = internal.refresh('name="全部"\npath="."\nexclude=["data/**", "*.toml"]')
    assert "内部" in told
    assert (internal.public(), internal.staff()) == (0, 2)


def test_a_new_file_in_a_staff_folder_whose_library_was_lost(internal: Base) -> None:
    internal.lose_library()
    internal.write("内部/丁.txt", f"{SECRET}三期")
    internal.refresh('name="另名"\npath="内部"')
    assert (internal.public(), internal.staff()) == (0, 3)


def test_work_summaries_stay_for_staff(base: Base) -> None:
    base.write("资料/2023年工作总结.txt", f"{SECRET}2023年工作总结")
    base.index(base.root / "资料")
    assert (base.public(), base.staff()) == (0, 1)
    base.lose_library()
    (base.data / MEMORY).unlink()
    base.index(base.root / "资料")
    assert (base.public(), base.staff()) == (0, 1)


def test_nobody_is_staff_without_the_library(internal: Base) -> None:
    internal.lose_library()
    knowledge = KnowledgeBase.open
    with pytest.raises(Exception, match=r"kb repair|不存在"):
        knowledge(internal.data)
    internal.index(internal.root / "公开")
    with internal.site() as get:
        assert "404" in get("/staff/runs") or "login" in get("/staff/runs")


# A law that the public and staff both have


def checkout(base: Base, name: str, word: str) -> Path:
    folder = base.root / name
    (folder / "法律").mkdir(parents=True)
    text = f"# 示范法\n\n2024年5月1日公布\n\n<!-- INFO END -->\n\n第一条 为了{word}，制定本法。\n"
    (folder / "法律/示范法(2024-05-01).md").write_text(text, "utf-8")
    with sqlite3.connect(folder / "db.sqlite3") as connection:
        connection.execute("CREATE TABLE law (level, name, publish, valid_from, expired)")
        connection.execute(
            "INSERT INTO law VALUES ('法律', '示范法', '2024-05-01', '2024-06-01', 0)"
        )
    connection.close()
    return folder


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("first", ["公众版", "内部版"])
def test_a_staff_checkout_leaves_the_public_law(base: Base, same: bool, first: str) -> None:
    words = {"公众版": "公众", "内部版": "公众" if same else SECRET}
    for name in (first, *({"公众版", "内部版"} - {first})):
        folder = checkout(base, name, words[name])
        base.index(folder, *(["--audience", "staff"] if name == "内部版" else []))
    with base.site() as get:
        page = get("/law/示范法/1")
        assert "为了公众，制定本法" in page
        assert SECRET not in page
    assert (len(base.seen("示范法")), base.staff("示范法")) == (1, 2)
    # Staff get at both.
    knowledge = KnowledgeBase.open(base.data)
    found = knowledge.search(Request("示范法", audience=Audience.STAFF)).hits
    assert len({h.passages[0].url.partition("#")[0] for h in found}) == 2
    knowledge.close()
    # Either goes and the other stays.
    kept = shutil.copytree(base.root / "公众版", base.root / "备份")
    (base.root / "公众版/法律/示范法(2024-05-01).md").unlink()
    base.index(base.root / "公众版")
    assert (len(base.seen("示范法")), base.staff("示范法")) == (0, 1)
    shutil.copytree(kept, base.root / "公众版", dirs_exist_ok=True)
    base.index(base.root / "公众版")
    (base.root / "内部版/法律/示范法(2024-05-01).md").unlink()
    base.index(base.root / "内部版")
    assert (len(base.seen("示范法")), base.staff("示范法")) == (1, 1)


@pytest.mark.parametrize("memory", [True, False])
def test_a_renamed_staff_checkout_whose_library_was_lost(base: Base, memory: bool) -> None:
    staff = checkout(base, "内部版", SECRET)
    base.index(staff, "--audience", "staff")
    base.lose_library()
    if not memory:
        (base.data / MEMORY).unlink()
    staff.rename(base.root / "改名")
    assert "仍不公开" in base.index(base.root / "改名")
    assert (base.seen("示范法"), base.staff("示范法")) == (set(), 1)


def test_narrowing_one_of_two_checkouts_leaves_the_public_law(base: Base) -> None:
    one, two = checkout(base, "甲", "公众"), checkout(base, "乙", SECRET)
    entries = [f'name="{p.name}"\npath="{p.name}"' for p in (one, two)]
    base.refresh(*entries)
    assert base.staff("示范法") == 1
    # The text of the second is the one kept last; then it is narrowed and can't be read.
    (two / "法律/示范法(2024-05-01).md").write_bytes(b"\0" * 9)
    base.refresh(entries[0], f'{entries[1]}\naudience="staff"', code=1)
    with base.site() as get:
        assert "为了公众，制定本法" in get("/law/示范法/1")
    assert base.public() == 0


def test_a_library_in_which_a_staff_checkout_took_the_public_law(base: Base) -> None:
    """As an earlier version left it: one id, the staff source's text."""
    public, staff = checkout(base, "公众版", "公众"), checkout(base, "内部版", SECRET)
    base.index(public)
    (id,) = base.seen("示范法")
    base.index(staff, "--audience", "staff")
    with Library.open(base.data) as library, library.transaction():
        (other,) = {i for i, _ in library.current()} - {id}
        library.put_document(replace(library.documents_by_ids([other])[other], id=id))
        library.mark_gone(library.sources()[staff.name], library.items(staff.name))
    with sqlite3.connect(base.data / database.FILE) as raw:
        raw.execute("UPDATE items SET document_id = ?, state = 'ok' WHERE path LIKE '%.md'", (id,))
        raw.execute("ALTER TABLE items DROP COLUMN version")
        raw.execute("PRAGMA user_version = 4")
    raw.close()
    (base.data / MEMORY).unlink()
    (base.data / "index/public").unlink()
    base.index("--full")
    assert base.seen("示范法") == set()
    base.index(public)
    assert base.seen("示范法") == {id}
    base.index(staff)
    assert (base.seen("示范法"), base.staff("示范法")) == ({id}, 2)


def test_an_address_of_a_paper_narrowed_and_gone_leads_nowhere(base: Base) -> None:
    paper = base.write("资料/甲.txt")
    entry = 'name="资料"\npath="资料"'
    base.refresh(entry)
    (id,) = base.seen(SECRET)
    text = paper.read_bytes()
    paper.write_bytes(b"\x89PNG\r\n\x1a\n" * 9)
    base.refresh(f'{entry}\naudience="staff"', code=1)
    paper.unlink()
    base.index(base.root / "资料")
    (base.root / "公开").mkdir()
    (base.root / "公开/乙.txt").write_bytes(text)
    base.index(base.root / "公开", "--audience", "public")
    with base.site() as get:
        assert f"关于{SECRET}" not in get(f"/doc/{id}")
    assert len(base.seen(SECRET)) == 1


# Before the next answer, and in older generations


@pytest.mark.parametrize("how", ["narrowed", "removed"])
def test_what_is_withdrawn_is_not_in_the_next_answer(base: Base, how: str) -> None:
    paper = base.write("资料/甲.txt")
    base.write("资料/乙.txt", "公共通报")
    base.index(base.root / "资料")
    knowledge = KnowledgeBase.open(base.data)
    knowledge.warm()
    app = create_app(knowledge, Settings(data_dir=base.data))
    with TestClient(app, follow_redirects=False) as client:
        page = client.get(f"/search?q={SECRET}")
        assert f"关于{SECRET}" in page.text.replace("<mark>", "").replace("</mark>", "")
        (id,) = base.seen(SECRET)
        if how == "narrowed":
            base.index(base.root / "资料", "--audience", "staff")
        else:
            paper.unlink()
            base.index(base.root / "资料")
        # Held back: what answers now is the old generation.
        knowledge._views._swapping.acquire(blocking=False)
        held = {"If-None-Match": page.headers["etag"]}
        again = client.get(f"/search?q={SECRET}", headers=held)
        assert again.status_code == 200
        assert "<mark>" not in again.text
        assert client.get(f"/doc/{id}").status_code == 404
        assert id not in client.get("/sitemap.xml").text
        found = client.get(f"/api/v1/search?q={SECRET}").json()
        assert (found["total"], found["hits"]) == (0, [])
    knowledge.close()


@pytest.mark.parametrize("mask", ["kept", "lost", "damaged"])
def test_a_rollback_brings_nothing_back(base: Base, mask: str) -> None:
    paper = base.write("资料/甲.txt")
    base.write("资料/乙.txt", "公共通报")
    secret = base.write("内/丁.txt", f"{SECRET}二期")
    base.index(base.root / "资料", base.root / "内")
    assert (base.public(), base.public("公共通报")) == (2, 1)
    paper.unlink()
    base.index(base.root / "资料")
    base.index(secret.parent, "--audience", "staff")
    file = base.data / "index/public"
    if mask == "lost":
        file.unlink()
    elif mask == "damaged":
        file.write_bytes(file.read_bytes()[:-9])
    base.kb(rollback_command)
    assert base.public() == 0
    told = base.kb(rollback_command)
    assert "不公开" in told
    assert (base.public(), base.public("公共通报"), base.staff()) == (0, 1, 2)
    # What is published again is seen again.
    base.write("资料/甲.txt")
    base.index(base.root / "资料")
    assert base.public() == 1


def test_a_version_that_was_withdrawn_stays_so_when_another_is_public(base: Base) -> None:
    base.write("资料/甲.txt")
    base.write("资料/乙.txt", "公共通报")
    base.index(base.root / "资料")
    (base.root / "资料/甲.txt").unlink()
    base.index(base.root / "资料")
    base.write("资料/甲.txt", "删改之后的通报")
    base.index(base.root / "资料")
    assert (base.public(), base.public("删改之后")) == (0, 1)
    base.kb(rollback_command)
    base.kb(rollback_command)
    assert (base.public(), base.public("公共通报")) == (0, 1)


def test_the_mask_is_on_disk_before_the_generation_serves(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = base.write("资料/甲.txt")
    base.write("资料/乙.txt", "公共通报")
    base.index(base.root / "资料")
    paper.unlink()

    def cut(self: Generations, name: str) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Generations, "_point", cut)
    before = Generations(base.data).current_name()
    CliRunner().invoke(
        index_command, [str(base.root / "资料"), "--workers", "1", "--data-dir", str(base.data)]
    )
    monkeypatch.undo()
    assert Generations(base.data).current_name() == before
    assert (base.public(), base.public("公共通报")) == (0, 1)


def test_the_innermost_that_says_something_decides(tmp_path: Path) -> None:
    top = SourceConfig("外", tmp_path, "folder", audience=Audience.STAFF)
    said = SourceConfig("中", tmp_path / "a", "folder", audience=Audience.PUBLIC)
    silent = SourceConfig("内", tmp_path / "a/b", "folder")
    beside = SourceConfig("旁", tmp_path / "c", "folder")
    chosen, notes = close([Source(c) for c in (top, said, silent, beside)], {}, Memory())
    found = {s.config.name: s.config.audience for s in chosen}
    assert found["内"] is None
    assert found["旁"] is Audience.STAFF
    assert [n for n in notes if "旁" in n]
