"""Links put in place of what was seen, at each moment: nothing from outside the folder is read."""

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from indexer.plan import _sha256
from indexer.read import database_of, read_units
from indexer.sources import File, Source, Unit, confined, scan
from indexer.sources.lawrefbook import DATABASE
from kb.errors import UnreadableError
from kb.settings import SourceConfig

SECRET = "机关内部的事，一个字也不能出去。\n" * 3


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, text in {
        "root/甲/乙/a.txt": "各区司法局：请做好宣传。\n",
        "root/b.txt": "各县司法局：请做好宣传。\n",
        "outside/a.txt": SECRET,
        "outside/b.txt": SECRET,
        "outside/乙/a.txt": SECRET,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    return tmp_path / "root"


def swap(path: Path, target: Path) -> None:
    path.rename(path.with_name(".aside"))
    path.symlink_to(target)


def reasons(root: Path, files: tuple[File, ...]) -> dict[str, str]:
    config = SourceConfig("s", root, "folder")
    found = read_units([Unit(f.path, (f,)) for f in files], config, 50)
    for outcome in found:
        assert outcome.document is None or SECRET[:8] not in outcome.document.passages[0].text
    return {o.path: o.reason for o in found}


@pytest.mark.parametrize(
    ("swapped", "target", "expected"),
    [
        ("b.txt", "outside/b.txt", {"b.txt": "link-outside", "甲/乙/a.txt": ""}),
        ("甲/乙/a.txt", "outside/a.txt", {"b.txt": "", "甲/乙/a.txt": "link-outside"}),
        ("甲/乙", "outside", {"b.txt": "", "甲/乙/a.txt": "link-outside"}),
        ("甲", "outside", {"b.txt": "", "甲/乙/a.txt": "link-outside"}),
        ("甲", "root/.aside", {"b.txt": "", "甲/乙/a.txt": "link-outside"}),
    ],
)
def test_a_link_between_scan_and_reading(
    root: Path, swapped: str, target: str, expected: dict[str, str]
) -> None:
    found = scan(root)
    swap(root / swapped, root.parent / target)
    assert reasons(root, found.files) == expected
    source = Source(SourceConfig("s", root, "folder"))
    for file in found.files:
        assert bool(_sha256(source, file)) == (not expected[file.path])


@pytest.mark.parametrize("swapped", ["甲", "甲/乙"])
def test_a_link_in_the_midst_of_the_scan(
    root: Path, swapped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Right after the folder above was listed, before the walk goes into this one.
    listed = os.scandir
    above = (root / swapped).parent

    def scandir(place: int) -> nullcontext[list[os.DirEntry[str]]]:
        with listed(place) as found:
            entries = list(found)
        if Path(f"/proc/self/fd/{place}").readlink() == above:
            swap(root / swapped, root.parent / "outside")
        return nullcontext(entries)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scan(root)
    assert [f.path for f in found.files] == ["b.txt"]
    assert [f.path for f in found.faults] == [swapped]
    assert found.unseen == (f"{swapped}/",)


def test_another_file_in_its_place(root: Path) -> None:
    found = scan(root)
    (root / "b.txt").rename(root / "old.txt")
    os.link(root.parent / "outside/b.txt", root / "b.txt")
    (root / "甲/乙/a.txt").unlink()
    os.mkfifo(root / "甲/乙/a.txt")
    assert reasons(root, found.files) == {"b.txt": "changed", "甲/乙/a.txt": "not-a-file"}


def test_a_file_of_another_kind_or_size(root: Path) -> None:
    with pytest.raises(UnreadableError) as caught:
        confined.read(root, "甲", 100)
    assert caught.value.reason == "not-a-file"
    with pytest.raises(UnreadableError) as caught:
        confined.read(root, "b.txt", 5)
    assert caught.value.reason == "too-large"
    with pytest.raises(FileNotFoundError):
        confined.read(root, "c.txt", 5)


def test_the_database_of_a_checkout_is_no_link(root: Path) -> None:
    (root / DATABASE).symlink_to(root.parent / "outside/a.txt")
    with pytest.raises(UnreadableError) as caught:
        confined.read(root, DATABASE, 1_000)
    assert caught.value.reason == "link-outside"
    assert not database_of(root).rows


def test_the_root_itself_may_be_a_link(root: Path) -> None:
    named = root.parent / "named"
    named.symlink_to(root)
    assert confined.read(named, "b.txt", 1_000)
    assert reasons(named, scan(named).files) == {"b.txt": "", "甲/乙/a.txt": ""}
