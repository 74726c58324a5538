"""The judged citations, in queries and in running text: the files are sound, and what must hold holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import cited_queries, cited_text
from kb.errors import ConfigError
from kb.knowledge.base import KnowledgeBase


def test_the_files_are_sound() -> None:
    queries = cited_queries.read()
    assert len(queries) >= 206
    assert len({q.text for q in queries}) == len(queries)
    labels = cited_text.read()
    assert len(labels) >= 150
    # A citation and nothing of the sentence around it.
    assert all(len(label.text) <= 80 for label in labels)


@pytest.mark.parametrize(
    ("read", "line"),
    [(cited_queries.read, "民法典1条\t民法典/1"), (cited_text.read, "a\tb\tc\td")],
)
def test_a_wrong_line_is_refused(tmp_path: Path, read: Callable[[Path], object], line: str) -> None:
    file = tmp_path / "cited.tsv"
    file.write_text(f"# head\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match="第2行"):
        read(file)


@pytest.mark.parametrize(
    ("query", "expected", "right"),
    [
        ("示范民法第8条", "示范民法/8", True),
        ("示范民法第8条", "示范民法/7", False),
        ("示范民法第7、8条", "示范民法/7,8", True),
        ("示范民法第8条", "示范民法/8,7", False),
        ("示范民法第8条", "none", False),
        ("示范民法 8岁", "none", True),
        ("示范民法第999条", "missing", True),
        ("示范民法第8条", "missing", False),
        ("示范收费办法", "old", True),
        ("示范民法", "old", False),
    ],
)
def test_faults_are_found(knowledge: KnowledgeBase, query: str, expected: str, right: bool) -> None:
    one = cited_queries.Query(query, expected, "test")
    figures = cited_queries.run([one], knowledge.search)
    assert (figures["test"]["right"] == 1) is right


def test_running_text_is_read(data: Path) -> None:
    """On the real texts, which also shows that every labelled citation stands where it is said to."""
    figures, faults = cited_text.measure(cited_text.read())
    meant = sum(f.meant for f in figures.values())
    right = sum(f.right for f in figures.values())
    read = sum(f.read for f in figures.values())
    assert right >= 0.97 * meant, faults
    assert right >= 0.97 * read, faults
