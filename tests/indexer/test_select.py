"""What a path on the command line means; that silence never publishes what is for staff."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.sources import Source, apart, select
from kb.documents import Audience, Kind
from kb.errors import ConfigError
from kb.library import Library
from kb.library import Source as Known
from kb.settings import SourceConfig


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path, "utf-8")


def known(tmp_path: Path, *configs: SourceConfig) -> dict[str, Known]:
    with Library.open(tmp_path / "data") as library:
        for c in configs:
            library.put_source(c.name, c.type, str(c.path), "", c.as_of, c.to_json())
        return library.sources()


def staff(path: Path, **more: object) -> SourceConfig:
    config = SourceConfig(path.name, path, "folder", audience=Audience.STAFF, region="浙江省")
    return replace(config, **more)  # type: ignore[arg-type]


def test_a_new_folder_is_a_source_of_its_name(tmp_path: Path) -> None:
    put(tmp_path, "资料/a.txt")
    (source,) = select(tmp_path / "资料", {}, None)
    assert source == Source(SourceConfig("资料", tmp_path / "资料", "folder"))
    (source,) = select(tmp_path / "资料", {}, Audience.STAFF)
    assert source.config.audience is Audience.STAFF


def test_a_single_new_file_belongs_to_its_folder(tmp_path: Path) -> None:
    put(tmp_path, "d/a.txt")
    (source,) = select(tmp_path / "d" / "a.txt", {}, None)
    assert (source.config.name, source.config.path) == ("d", tmp_path / "d")
    assert source.only == "a.txt"


def test_two_folders_of_one_name(tmp_path: Path) -> None:
    put(tmp_path, "x/d/a.txt", "y/d/a.txt", "z/d/a.txt")
    there = known(
        tmp_path,
        SourceConfig("d", tmp_path / "x" / "d", "folder"),
        SourceConfig("d-2", tmp_path / "y" / "d", "folder"),
    )
    assert select(tmp_path / "z" / "d", there, None)[0].config.name == "d-3"
    assert select(tmp_path / "y" / "d", there, None)[0].config.name == "d-2"


@pytest.mark.parametrize("place", ["内部", "内部/sub", "内部/sub/a.txt", "内部/../内部/b.txt"])
def test_a_staff_source_stays_staff(tmp_path: Path, place: str) -> None:
    put(tmp_path, "内部/sub/a.txt", "内部/b.txt")
    config = staff(tmp_path / "内部", include=("*.txt",), kind=Kind.WORK_PLAN)
    (source,) = select(tmp_path / place, known(tmp_path, config), None)
    assert source.config == config
    only = (tmp_path / place).resolve().relative_to(config.path).as_posix()
    assert source.only == ("" if only == "." else only)


def test_a_staff_source_reached_by_a_link_stays_staff(tmp_path: Path) -> None:
    put(tmp_path, "内部/a.txt")
    config = staff(tmp_path / "内部")
    (tmp_path / "link").symlink_to(tmp_path / "内部")
    (source,) = select(tmp_path / "link", known(tmp_path, config), None)
    assert source.config == config


def test_a_folder_around_a_staff_source_leaves_it_alone(tmp_path: Path) -> None:
    """kb index 内部 --audience staff, then kb index . must not publish it as part of the whole."""
    put(tmp_path, "all/内部/a.txt", "all/b.txt")
    config = staff(tmp_path / "all" / "内部")
    there = known(tmp_path, config)
    inner, outer = apart(select(tmp_path / "all", there, None), there)
    assert inner.config == config
    assert (outer.config.path, outer.without) == (tmp_path / "all", ("内部",))
    # And so it stays when the outer one is known too.
    there = known(tmp_path, outer.config)
    again = apart(select(tmp_path / "all", there, None), there)
    assert again == [inner, outer]


def test_the_audience_is_set_for_a_whole_source_only(tmp_path: Path) -> None:
    put(tmp_path, "内部/a.txt")
    there = known(tmp_path, staff(tmp_path / "内部"))
    (source,) = select(tmp_path / "内部", there, Audience.PUBLIC)
    assert source.config.audience is Audience.PUBLIC
    with pytest.raises(ConfigError, match=r"内部.*--audience"):
        select(tmp_path / "内部" / "a.txt", there, Audience.PUBLIC)
    (source,) = select(tmp_path / "内部" / "a.txt", there, Audience.STAFF)
    assert source.config.audience is Audience.STAFF


def test_the_innermost_source_counts(tmp_path: Path) -> None:
    put(tmp_path, "a/b/c/x.txt")
    there = known(
        tmp_path,
        SourceConfig("a", tmp_path / "a", "folder"),
        staff(tmp_path / "a" / "b"),
    )
    (source,) = select(tmp_path / "a" / "b" / "c", there, None)
    assert (source.config.name, source.only) == ("b", "c")
    # ab is not within a.
    put(tmp_path, "ab/x.txt")
    assert select(tmp_path / "ab", there, None)[0].config.name == "ab"


def test_a_folder_with_a_kb_toml(tmp_path: Path) -> None:
    put(tmp_path, "c/guides/a.md", "c/other/b.md")
    toml = tmp_path / "c" / "kb.toml"
    toml.write_text(
        '[[source]]\nname="g"\npath="guides"\nkind="普法指南"\naudience="public"\n', "utf-8"
    )
    (source,) = select(tmp_path / "c", {}, None)
    assert (source.config.name, source.config.path) == ("g", tmp_path / "c" / "guides")
    assert (source.config.type, source.config.kind) == ("folder", Kind.GUIDE)
    # Said twice, differently: not decided here which of the two is meant.
    with pytest.raises(ConfigError, match=r"kb\.toml.*g.*audience"):
        select(tmp_path / "c", {}, Audience.STAFF)
    assert select(tmp_path / "c", {}, Audience.PUBLIC) == [source]
    toml.write_text('[[source]]\nname="g"\npath="nowhere"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"kb\.toml.*g 的 path 不存在"):
        select(tmp_path / "c", {}, None)
    toml.write_text("[site]\nport = 8000\n", "utf-8")
    assert select(tmp_path / "c", {}, None)[0].config.name == "c"


def test_checkouts_in_a_folder(tmp_path: Path) -> None:
    put(tmp_path, "data/laws/a.md", "data/laws/db.sqlite3", "data/x[1]/db.sqlite3", "data/b.txt")
    put(tmp_path, "data/.old/db.sqlite3", "outside/db.sqlite3")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "outside")
    sources = apart(select(tmp_path / "data", {}, None), {})
    assert [(s.config.name, s.config.type) for s in sources] == [
        ("data/laws", "lawrefbook"),
        ("data/x[1]", "lawrefbook"),
        ("data", "folder"),
    ]
    assert sources[2].without == ("laws", "x[1]")
    # The second time all three are looked at again, not only the folder around them.
    there = known(tmp_path, *(s.config for s in sources))
    assert set(apart(select(tmp_path / "data", there, None), there)) == set(sources)
    (direct,) = select(tmp_path / "data" / "laws", {}, None)
    assert (direct.config.name, direct.is_lawrefbook) == ("laws", True)


def test_paths_that_mean_nothing(tmp_path: Path) -> None:
    for path in ("nowhere", "a/b/c", "x" * 300, "y\udcff"):
        with pytest.raises(ConfigError, match="路径"):
            select(tmp_path / path, {}, None)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ConfigError):
        select(tmp_path / "loop", {}, None)
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xff"))
    bad.mkdir()
    with pytest.raises(ConfigError, match="UTF-8"):
        select(bad, {}, None)


def test_the_digest_names_what_makes_other_documents(tmp_path: Path) -> None:
    put(tmp_path, "laws/db.sqlite3")
    config = SourceConfig("laws", tmp_path / "laws", "lawrefbook")
    digest = Source(config).digest
    assert Source(replace(config, name="other")).digest == digest
    assert Source(replace(config, audience=Audience.STAFF)).digest != digest
    (tmp_path / "laws" / "db.sqlite3").write_text("other", "utf-8")
    changed = Source(config).digest
    assert changed != digest
    assert Source(replace(config, type="folder")).digest != changed
    (tmp_path / "laws" / "db.sqlite3").unlink()
    assert Source(config).digest not in (digest, changed)


def test_sources_on_the_web_lie_in_no_folder(tmp_path: Path) -> None:
    toml = tmp_path / "a" / "kb.toml"
    toml.parent.mkdir()
    entries = [f"[[source]]\nname = '{n}'\ntype = 'pages'\nurl = 'http://x.cn/{n}'\n" for n in "ab"]
    toml.write_text("\n".join(entries), "utf-8")
    found = select(tmp_path / "a", {}, None)
    assert [s.config.root for s in found] == ["http://x.cn/a", "http://x.cn/b"]
    known = {
        s.config.name: Known(i, s.config.name, "pages", s.config.root, "", s.config.to_json(), None)
        for i, s in enumerate(found)
    }
    (folder,) = apart(select(tmp_path, known, None), known)
    assert (folder.config.path, folder.without) == (tmp_path, ())
