"""Facts of passages, written with a part and read back."""

from pathlib import Path

import pytest

from kb.index import passage_facts


@pytest.mark.parametrize("key", ["1", "1043", "120-1", "291-12"])
def test_an_article_keeps_its_key(key: str) -> None:
    assert passage_facts.article_key(passage_facts.article_code(key)) == key
    assert passage_facts.article_code(f"a{key}") == passage_facts.article_code(key)


@pytest.mark.parametrize("anchor", ["p3", "a1.2", "", "a", "a12-", "a1-2-3", "b7", "a1234567890"])
def test_other_anchors_are_no_articles(anchor: str) -> None:
    assert passage_facts.article_code(anchor) == 0


def test_what_is_written_is_read(tmp_path: Path) -> None:
    writer = passage_facts.FactsWriter()
    writer.add("a1", ("第一编", "第一章"), "同一文字")
    writer.add("p2", (), "不同")
    writer.add("a3-1", ("第一编", "第一章"), "同一文字")
    writer.save(tmp_path)
    rows, paths = passage_facts.load(tmp_path)
    assert [paths[n] for n in rows[:, passage_facts.PATH]] == [
        ("第一编", "第一章"),
        (),
        ("第一编", "第一章"),
    ]
    assert rows[0, passage_facts.TEXT] == rows[2, passage_facts.TEXT] != rows[1, passage_facts.TEXT]
    assert rows[:, passage_facts.SIZE].tolist() == [12, 6, 12]
    assert [
        passage_facts.article_key(c) if c else "" for c in rows[:, passage_facts.ARTICLE].tolist()
    ] == [
        "1",
        "",
        "3-1",
    ]


def test_a_part_without_passages_has_facts(tmp_path: Path) -> None:
    passage_facts.FactsWriter().save(tmp_path)
    rows, paths = passage_facts.load(tmp_path)
    assert rows.shape == (0, 4)
    assert paths == []
