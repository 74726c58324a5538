"""What training sees of a question is what the site's search gives the ranker."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from kb.evaluate import Judged, plain
from kb.index.snapshot import open_snapshot
from kb.knowledge.base import KnowledgeBase
from kb.ranking.memory import Floats
from kb.ranking.ranker import Prepared
from kb.ranking.training import Course
from kb.search.results import Expanded, Request
from kb.text.analysis import Analyzer
from tests.conftest import fill, invented

LEASE = "房东不退押金怎么办"
QUESTIONS = (
    LEASE,
    "押金押金押金什么时候退，退了押金还能要求返还押金吗",
    "示范体育法规定公共体育设施应当免费开放吗",
    "2022年的示范体育法说体育设施怎么开放",
    "社区矫正对象可以参加宣传月活动吗",
    "房东什么时候交付租的房子",
)
"""Everyday words, a word several times, a law by name, a year, a topic, none of these."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Course, KnowledgeBase]]:
    data_dir = tmp_path_factory.mktemp("kb")
    fill(data_dir, invented())
    snapshot = open_snapshot(data_dir, date.today())
    assert snapshot is not None
    text = "出租人应当按照约定将租赁物交付承租人。"
    judged = [Judged(str(i), q, frozenset({plain(text)})) for i, q in enumerate(QUESTIONS)]
    base = KnowledgeBase.open(data_dir)
    yield Course(snapshot, Analyzer(data_dir / "cache"), judged), base
    base.close()


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Floats]:
    """The scores that searches give the ranker, in the order of the searches."""
    seen: list[Floats] = []
    rerank = Prepared.rerank

    def note(
        self: Prepared, text: str, scores: Floats, dropped: frozenset[str] = frozenset()
    ) -> list[tuple[int, float]]:
        seen.append(scores.copy())
        return rerank(self, text, scores, dropped)

    monkeypatch.setattr(Prepared, "rerank", note)
    return seen


@pytest.mark.parametrize("query", QUESTIONS)
def test_training_scores_as_searches_do(
    served: tuple[Course, KnowledgeBase], given: list[Floats], query: str
) -> None:
    course, base = served
    base.search(Request(query))
    assert len(given) == 1
    assert given[0].any()
    assert np.array_equal(course.first_stage(query), given[0])


def test_entries_of_one_question_are_left_out_as_if_dropped(
    served: tuple[Course, KnowledgeBase], given: list[Floats]
) -> None:
    course, base = served
    base.search(Request(LEASE, dropped=(Expanded("不退押金").id,)))
    # 不退押金 stands in one question only, 房东 in two.
    assert np.array_equal(course.first_stage(LEASE, cautious=True), given[0])
    assert not np.array_equal(course.first_stage(LEASE), given[0])
    assert (
        course.read(LEASE, cautious=True).added_words
        != course.read(LEASE, cautious=False).added_words
    )
