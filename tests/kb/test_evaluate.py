"""Retrieval figures, counted by hand on a few rankings."""

import json
import math
from pathlib import Path

import pytest

from kb.errors import ConfigError
from kb.evaluate import Judged, evaluate, plain, ranking, read
from kb.knowledge.base import KnowledgeBase


def test_the_figures_are_those_counted_by_hand() -> None:
    questions = [
        Judged("one", "甲", frozenset({"a", "b"})),
        Judged("two", "乙", frozenset({"c"})),
        Judged("none", "丙", frozenset({"z"})),
    ]
    found = {
        "甲": ["x", "a", *(f"n{i}" for i in range(10)), "b"],
        "乙": ["c"],
        "丙": [],
    }
    figures = evaluate(questions, found.__getitem__, lambda _: None)
    assert figures.questions == 3
    assert figures.measures["R@5"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert figures.measures["R@20"] == pytest.approx((1 + 1 + 0) / 3)
    assert figures.measures["RR@10"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    gain = (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    assert figures.measures["nDCG@10"] == pytest.approx((gain + 1 + 0) / 3)
    assert figures.each["one"]["R@5"] == 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第八条 租赁期限届满，\n出租人应当返还押金。", "租赁期限届满，出租人应当返还押金。"),
        ("第一百二十条之一　甲", "甲"),
        ("第12条甲", "甲"),
        ("违反第八条的", "违反第八条的"),
    ],
)
def test_texts_are_compared_without_space_and_label(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_passages_rank_with_equal_texts_once(knowledge: KnowledgeBase) -> None:
    found = ranking(knowledge.search, "示范民法第八条 押金")
    assert found[0] == plain("租赁期限届满，出租人应当返还押金。承租人应当返还租赁物。")
    assert len(found) == len(set(found))


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    good = {"id": 1, "query": "甲", "relevant": [{"text": "第一条 乙"}]}
    path.write_text(json.dumps(good) + "\n{}\n", "utf-8")
    with pytest.raises(ConfigError, match="第 2 行"):
        read(path)
    path.write_text(json.dumps(good), "utf-8")
    assert read(path) == [Judged("1", "甲", frozenset({"乙"}))]
    path.write_text("\n", "utf-8")
    with pytest.raises(ConfigError, match="没有题目"):
        read(path)
