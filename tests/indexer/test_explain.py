"""kb index --explain shows the very document that indexing makes."""

import re
from pathlib import Path
from typing import Any

from indexer.explain import explain as lines_of
from indexer.read import read_units
from indexer.sources import File, Unit, select
from kb.documents import Audience, Document, Kind
from kb.library import Source as Known
from kb.settings import SourceConfig

CORPUS = Path(__file__).parents[2] / "corpus"
LAW = """# 甲法

2020年1月1日 第十三届全国人民代表大会常务委员会第一次会议通过

<!-- INFO END -->

第一条 甲。
"""


def explain(path: Path, max_file_mb: int, known: Any) -> str:
    return "\n".join(lines_of(path, max_file_mb, known)) + "\n"


def indexed(path: Path) -> Document:
    config = select(path, {}, None)[-1].config
    info = path.stat()
    unit = Unit(path.name, (File(path.name, info.st_size, info.st_mtime_ns),))
    (outcome,) = read_units([unit], config, 50)
    assert outcome.document is not None
    return outcome.document


def test_topics_and_facts_of_every_bundled_guide_are_those_indexed() -> None:
    paths = sorted(p for p in CORPUS.rglob("*.md") if not p.name.startswith(("_", "README")))
    assert len(paths) > 10
    for path in paths:
        text, document = explain(path, 50, {}), indexed(path)
        assert re.findall(r"^主题：(.+?)（", text, re.M) == [t.topic for t in document.topics]
        assert f"题名：{document.title}\n" in text
        assert f"段落 {len(document.passages)} 条" in text


def test_a_text_of_a_checkout_is_read_as_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite3").write_bytes(b"")
    path = tmp_path / "行政法" / "甲法(2020-01-01).md"
    path.parent.mkdir()
    path.write_text(LAW, "utf-8")
    text = explain(path, 50, {})
    assert "类别：法律" in text
    assert "地区：全国" in text
    assert "公布日期：2020-01-01" in text


def test_the_same_text_read_plainly_is_of_the_whole_country_too(tmp_path: Path) -> None:
    path = tmp_path / "甲法.txt"
    path.write_text("中华人民共和国甲法\n\n第一条 甲。\n\n第二条 乙。\n", "utf-8")
    assert "地区：全国" in explain(path, 50, {})


def test_the_settings_of_a_source_of_the_library_count(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("材料\n\n一段话。\n", "utf-8")
    config = SourceConfig("材料", tmp_path, "folder", audience=Audience.STAFF, kind=Kind.GUIDE)
    known = {"材料": Known(1, "材料", "folder", str(tmp_path), "", config.to_json(), None)}
    assert "类别：普法指南　读者：工作人员" in explain(path, 50, known)


def test_what_is_in_an_archive_and_what_cannot_be_read(tmp_path: Path) -> None:
    bad = tmp_path / "空.txt"
    bad.write_bytes(b"")
    assert "不能读取" in explain(bad, 50, {})
    large = tmp_path / "大.txt"
    large.write_bytes(b"x" * 1_000_001)
    assert "1 MB" in explain(large, 1, {})
