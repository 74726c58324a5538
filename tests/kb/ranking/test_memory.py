"""The memory of judged questions: likeness counted by hand, translation, nothing of their text."""

from math import log, sqrt

import numpy as np
import pytest

from kb import thesaurus
from kb.ranking import memory
from kb.ranking.memory import Lesson, Memory
from kb.ranking.question import Question, read, trait
from kb.text.analysis import Analyzer

TEXTS = {
    "民法典:710": {"租赁物": 0.8, "损耗": 0.6},
    "民法典:733": {"租赁物": 0.6, "返还": 0.8},
    "刑法:264": {"盗窃": 1.0},
}


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


def bare(*traits: str) -> Question:
    """A question of the given tokens alone."""
    own = {trait("w", t): 1.0 for t in traits}
    return Question("".join(traits), traits, (), {}, {}, {}, own, own, 0)


def lessons() -> Memory:
    taught = [
        Lesson(bare("押金", "房东"), ("民法典:733",)),
        Lesson(bare("押金", "磨损"), ("民法典:710", "民法典:733")),
        Lesson(bare("小偷"), ("刑法:264",)),
    ]
    return memory.build(taught, TEXTS, [("刑法:264", "民法典:733")])


def test_likeness_is_the_cosine_of_rare_traits() -> None:
    own, full = lessons().alike(bare("押金", "邻居"))
    # Rows: 押金 stands in two of three, 房东 in one. The question counts as one more.
    row = np.asarray([log(3 / 2.5), log(3 / 1.5)])
    asked = np.asarray([log(3 / 3.5), log(3 / 1.5)]).clip(0)
    assert asked[0] == 0
    assert own.tolist() == pytest.approx([0, 0, 0])
    own, full = lessons().alike(bare("房东", "邻居"))
    known, unknown = log(3 / 2.5), log(3 / 1.5)
    expected = row[1] / sqrt((row * row).sum()) * known / sqrt(known**2 + unknown**2)
    assert full.tolist() == pytest.approx([expected, 0, 0], abs=1e-5)
    assert own.tolist() == full.tolist()


def test_likeness_to_nothing_is_nothing() -> None:
    empty = memory.build([], {}, [])
    assert empty.alike(bare("押金"))[0].shape == (0,)
    assert lessons().alike(bare())[0].tolist() == [0, 0, 0]
    assert lessons().translate(np.zeros(3, dtype=np.float32)) == []


def test_a_question_is_translated_into_the_words_of_its_answers() -> None:
    learned = lessons()
    words = dict(learned.translate(np.asarray([0, 1, 0], dtype=np.float32)))
    # The mean of both articles less 0.7 of the mean over rows.
    assert words["损耗"] == pytest.approx(0.3 - 0.7 * 0.3 / 3, abs=1e-5)
    assert words["租赁物"] == pytest.approx(0.7 - 0.7 * (0.6 + 0.7) / 3, abs=1e-5)
    assert "盗窃" not in words


def test_rows_remember_articles_and_links() -> None:
    learned = lessons()
    rows = [
        {learned.articles[a] for a in learned.row_articles[start:end]}
        for start, end in zip(learned.row_starts[:-1], learned.row_starts[1:], strict=True)
    ]
    assert rows == [{"民法典:733"}, {"民法典:710", "民法典:733"}, {"刑法:264"}]
    assert [[learned.articles[a] for a in link] for link in learned.links] == [
        ["刑法:264", "民法典:733"]
    ]


def test_reading_a_question(analyzer: Analyzer) -> None:
    asked = read("房东不退押金怎么办？", analyzer)
    assert {"房东", "押金"} <= set(asked.words)
    assert not {"怎么办", "不"} & set(asked.words)
    assert "出租" in asked.added_grams
    assert set(asked.own_traits) < set(asked.traits)
    entries = thesaurus.load().find("房东不退押金怎么办")
    without = read("房东不退押金怎么办？", analyzer, frozenset(m.entry.word for m in entries))
    assert (without.added_words, without.articles, without.entries) == ({}, {}, 0)
    assert without.traits == without.own_traits == asked.own_traits


@pytest.mark.parametrize("text", ["", "？", "\x00\ud800", "a" * 5000, "的了吗", "①②③", "🙂" * 300])
def test_any_text_can_be_read(analyzer: Analyzer, text: str) -> None:
    asked = read(text, analyzer)
    own, full = lessons().alike(asked)
    assert np.isfinite(own).all()
    assert np.isfinite(full).all()
