"""The learned ranking on a real index of invented documents, and the model that ships."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from kb import evaluate, thesaurus
from kb.cli.train import train
from kb.documents import Audience, Kind, Passage
from kb.errors import ConfigError
from kb.evaluate import Judged
from kb.health import examine
from kb.index.snapshot import Boost, Snapshot, open_snapshot
from kb.knowledge.base import KnowledgeBase
from kb.ranking import features, model, passage_layout, question, training
from kb.ranking.model import Model
from kb.ranking.ranker import DEPTH, Prepared, Ranker
from kb.ranking.training import Course
from kb.search import engine
from kb.search.compose import Composed, compose
from kb.search.query import parse
from kb.search.results import Request
from kb.search.understand import Understanding
from kb.settings import Settings
from kb.text.analysis import Analyzer
from tests.conftest import fill, invented

QUESTIONS = (
    ("a", "房东不退押金怎么办", "租赁期限届满，出租人应当返还押金。承租人应当返还租赁物。"),
    ("b", "租的房子什么时候交付", "出租人应当按照约定将租赁物交付承租人。"),
    ("c", "楼上扔东西砸到人谁负责", "高空抛物的，依法承担责任。"),
    ("d", "夫妻之间要互相尊重吗", "家庭应当树立优良家风。\n夫妻应当互相忠实，互相尊重。"),
    ("e", "体育场免费开放吗", "公共体育设施应当免费开放。"),
    ("f", "押金什么时候退", "租赁期限届满，出租人应当返还押金。承租人应当返还租赁物。"),
)


@dataclass(frozen=True)
class School:
    snapshot: Snapshot
    analyzer: Analyzer
    course: Course
    model: Model
    prepared: Prepared

    def scores(self, text: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        """First-stage scores over all passages."""
        return self.course.first_stage(text)

    def title(self, number: int) -> str:
        return self.snapshot.documents[int(self.snapshot.document_of[number])].title


def judged() -> list[Judged]:
    return [Judged(i, q, frozenset({evaluate.plain(t)})) for i, q, t in QUESTIONS]


def trained(course: Course) -> Model:
    forest = training.grow(course.examples(course.asked))
    return Model(course.learn(course.asked).memory, forest, {"questions": len(course.asked)})


def shipped() -> Model:
    ranker = Ranker.load()
    assert ranker is not None
    return ranker.model


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    pytest.importorskip("lightgbm", reason="training extra not installed")
    data_dir = tmp_path_factory.mktemp("kb")
    fill(data_dir, invented())
    snapshot = open_snapshot(data_dir, date.today())
    assert snapshot is not None
    analyzer = Analyzer(data_dir / "cache")
    course = Course(snapshot, analyzer, judged())
    learned = trained(course)
    yield School(snapshot, analyzer, course, learned, Prepared(learned, snapshot, analyzer, None))


def test_lessons_come_from_questions_and_guides(school: School) -> None:
    assert [a.articles for a in school.course.asked] == [
        ("示范民法:8",),
        ("示范民法:7",),
        ("示范民法:60-1",),
        ("示范民法:2",),
        ("示范体育法:2",),
        ("示范民法:8",),
    ]
    assert [g.articles for g in school.course.guides] == [("示范民法:8",)]


def test_the_order_has_each_text_once(school: School) -> None:
    for _, query, _ in QUESTIONS:
        ranked = school.prepared.rerank(query, school.scores(query))
        numbers = [n for n, _ in ranked]
        assert 0 < len(numbers) <= DEPTH
        texts = [school.snapshot.record(n).text for n in numbers]
        assert len(set(texts)) == len(texts)
        scores = [s for _, s in ranked]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= s <= 1 for s in scores)
        assert ranked == school.prepared.rerank(query, school.scores(query))


def test_dead_passages_neither_show_nor_count(school: School, tmp_path: Path) -> None:
    """Of a document that was removed, or is no longer for the public, the passages are still there."""
    gone = replace(
        invented()[0],
        id="gone",
        work="押金条例",
        title="押金条例",
        passages=(Passage("a1", "第一条", (), "房东不退押金怎么办：退押金，退押金。"),),
    )
    # Average lengths are those of the first build: of what came after, nothing stays but passages.
    for documents in (invented(), [gone, *invented()], invented()):
        fill(tmp_path, documents)
    snapshot = open_snapshot(tmp_path, date.today())
    assert snapshot is not None
    assert (snapshot.living, snapshot.passages) == (school.snapshot.passages, snapshot.living + 1)
    course = Course(snapshot, school.analyzer, judged())
    prepared = Prepared(school.model, snapshot, school.analyzer, None)

    def texts(of: Snapshot, ranked: list[tuple[int, float]]) -> list[tuple[str, float]]:
        return [(of.record(n).text, score) for n, score in ranked]

    for _, query, _ in QUESTIONS:
        scores = course.first_stage(query)
        expected = texts(school.snapshot, school.prepared.rerank(query, school.scores(query)))
        assert texts(snapshot, prepared.rerank(query, scores)) == expected
        # Scores of dead passages, passed by mistake, change nothing.
        scores[~snapshot.alive] = 1000
        assert texts(snapshot, prepared.rerank(query, scores)) == expected


def test_guides_keep_the_place_of_the_first_stage(school: School) -> None:
    query = "房东不退押金怎么办"
    scores = school.scores(query)
    guide = next(n for n in range(len(scores)) if school.title(n) == "租房退押金指南" and scores[n])
    for place in (0, 1):
        others = np.delete(scores, guide)
        moved = scores.copy()
        moved[guide] = 99 if place == 0 else np.sort(others)[-2:].mean()
        ranked = school.prepared.rerank(query, moved)
        assert [n for n, _ in ranked].index(guide) == place


def test_an_explanation_adds_up(school: School) -> None:
    query = "房东不退押金怎么办"
    forest = school.model.forest
    found = school.prepared.explain(query, school.scores(query), 5)
    assert found
    for explained in found:
        moved = sum(r.contribution for r in explained.reasons) + float(forest.means[:, 0].sum())
        roots = forest.values[forest.features[:, 0] < 0, 0].sum()
        assert moved + roots == pytest.approx(explained.score, abs=1e-3)
        assert {r.name for r in explained.reasons} <= set(features.NAMES.values())


def test_words_taken_back_are_not_read(school: School) -> None:
    query = "房东不退押金怎么办"
    scores = school.scores(query)
    plain = school.course.read(query, cautious=False)
    assert plain.entries > 0
    everything = frozenset(m.entry.word for m in thesaurus.load().find(query))
    kept = question.read(query, school.analyzer, everything)
    assert (kept.entries, kept.added_words, kept.articles) == (0, {}, {})
    assert school.prepared.rerank(query, scores, everything)


@pytest.mark.parametrize("short", [0, 10**9])
def test_a_lookup_gives_the_postings(
    school: School, short: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage_layout, "_SHORT", short)
    snapshot = school.course.snapshot
    numbers = np.arange(0, snapshot.passages, 2, dtype=np.int32)
    asked = [
        (passage_layout.WORDS, ["合同", "无此词"]),
        (passage_layout.GRAMS, []),
        (passage_layout.GRAMS, ["应当"]),
    ]
    found = passage_layout.Lookup(snapshot, numbers).impacts(asked)
    for (field, tokens), (impacts, rare) in zip(asked, found, strict=True):
        assert impacts.shape == (len(numbers), len(tokens))
        for column, token in enumerate(tokens):
            every = np.zeros(snapshot.passages, dtype=np.float32)
            count = 0
            for first, ids, values in snapshot.postings(field, token):
                every[first + ids] = values
                count += len(ids)
            assert impacts[:, column].tolist() == every[numbers].tolist()
            assert rare[column] == pytest.approx(engine.idf(snapshot.passages, count))
    assert found[2][0].any()


def test_features_are_finite_and_in_order(school: School) -> None:
    for asked in school.course.asked:
        example = school.course.example(school.course.learn(school.course.asked), asked)
        assert example.rows.shape == (len(example.numbers), len(features.NAMES))
        assert np.isfinite(example.rows).all()
        assert example.labels.any()


def test_training_again_gives_the_same_bytes(school: School, tmp_path: Path) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    model.save(school.model, first)
    model.save(trained(Course(school.snapshot, school.analyzer, judged())), second)
    assert first.read_bytes() == second.read_bytes()
    cards = [p.with_suffix(".json").read_text("utf-8") for p in (first, second)]
    assert cards[0] == cards[1]


def test_a_saved_model_ranks_the_same(school: School, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(school.model, path)
    ranker = Ranker.load(path)
    assert ranker is not None
    prepared = ranker.prepare(school.snapshot, school.analyzer)
    for _, query, _ in QUESTIONS:
        scores = school.scores(query)
        expected = school.prepared.rerank(query, scores)
        assert prepared.rerank(query, scores) == expected


def test_the_model_holds_no_question(school: School, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model.save(school.model, path)
    with np.load(path) as arrays:
        held = b"".join(arrays[name].tobytes() for name in arrays.files)
    for _, query, _ in QUESTIONS:
        for start in range(len(query) - 4):
            assert query[start : start + 5].encode() not in held


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / model.FILE
    assert Ranker.load(path) is None
    model.save(shipped(), path)
    card = path.with_suffix(".json")
    data = json.loads(card.read_text("utf-8"))
    for other, said in (
        ({"features": [*data["features"][:-1], "moon"]}, "特征 moon 本程序没有"),
        ({"features": []}, "无法读取"),
        ({"format": 99}, "格式为 99"),
    ):
        card.write_text(json.dumps({**data, **other}), "utf-8")
        with pytest.raises(ConfigError, match=said):
            Ranker.load(path)
    card.write_text(json.dumps(data), "utf-8")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ConfigError, match="重新训练"):
        Ranker.load(path)
    # The site goes on with the packaged one, and kb doctor says so.
    assert Ranker.of(tmp_path) is Ranker.load()
    (told,) = (f for f in examine(Settings(data_dir=tmp_path)) if f.subject == "排序模型")
    assert (told.level, "无法读取" in told.text, "删除" in told.remedy) == ("fault", True, True)


def test_columns_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with more features, in another order, reads a model made before."""
    path = tmp_path / "model.npz"
    model.save(shipped(), path)
    known = list(features.NAMES)
    monkeypatch.setattr(model, "NAMES", ["new", *reversed(known)])
    loaded = model.load(path)
    assert loaded is not None
    rows = np.random.default_rng(0).random((5, len(known))).astype(np.float32)
    moved = np.column_stack([np.full(len(rows), 7, np.float32), rows[:, ::-1]])
    expected = shipped().forest.predict(rows)
    assert len(set(expected.tolist())) > 1
    assert loaded.forest.predict(moved).tolist() == expected.tolist()


def test_a_base_has_its_own_model(tmp_path: Path) -> None:
    """`kb train` writes it into the data directory; searches there use it."""
    pytest.importorskip("lightgbm", reason="training extra not installed")
    fill(tmp_path, invented())
    questions = tmp_path / "questions.jsonl"
    lines = ({"id": i, "query": q, "relevant": [{"text": t}]} for i, q, t in QUESTIONS)
    questions.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    done = CliRunner().invoke(
        train, [str(questions), "--data-dir", str(tmp_path), "--no-figures"], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert str(tmp_path / model.FILE) in done.output
    base = KnowledgeBase.open(tmp_path)
    found = base.explain(Request(QUESTIONS[0][1]))
    base.close()
    # Six questions grow no branch: all have one score, which the packaged trees don't give.
    assert len({e.score for _, e in found}) == 1 < len(found)


def test_nothing_to_learn_is_said(school: School) -> None:
    unknown = [Judged("x", "什么是时效", frozenset({"诉讼时效期间为若干年。"}))]
    with pytest.raises(ConfigError, match="不在索引中"):
        Course(school.snapshot, school.analyzer, unknown)


def composed(text: str, school: School, boosts: tuple[Boost, ...] = (), **rest: Any) -> Composed:
    parsed = parse(text)
    understood = Understanding(" ".join(parsed.chunks), boosts=boosts)
    return compose(parsed, understood, Request(text, **rest), school.analyzer)


def test_when_it_applies(school: School) -> None:
    ranker = Ranker(school.model)

    def applies(text: str, boosts: tuple[Boost, ...] = (), **rest: Any) -> bool:
        return ranker.applies(text, composed(text, school, boosts, **rest), school.snapshot)

    asked = "房东不退押金怎么办"
    assert applies(asked)
    assert applies("邻居养狗太吵了我应该找谁处理")
    assert not applies("租赁 押金")
    assert not applies(asked, sort="date")
    assert not applies("房东不退" * 60 + "怎么办")
    assert not applies('怎么办 "返还押金"')
    assert applies(asked, (Boost("work", "民法典", 1.5),))
    assert applies(asked, (Boost("kind", Kind.GUIDE, 1.5),))
    assert not applies(asked, (Boost("kind", Kind.WORK_SUMMARY, 1.4),))
    assert applies(asked, (Boost("topic", "房屋租赁", 1.15),))


def test_it_does_not_apply_without_statutes(school: School, tmp_path: Path) -> None:
    fill(tmp_path, [d for d in invented() if d.audience is Audience.STAFF])
    snapshot = open_snapshot(tmp_path, date.today(), Audience.STAFF)
    assert snapshot is not None
    asked = "社区矫正怎么做"
    assert not Ranker(school.model).applies(asked, composed(asked, school), snapshot)
    prepared = Prepared(school.model, snapshot, school.analyzer, None)
    nothing = np.zeros(snapshot.passages, dtype=np.float32)
    assert prepared.rerank(asked, nothing) == []


def test_the_model_that_ships(data: Path) -> None:
    ranker = Ranker.load()
    assert ranker is not None, "the packaged model is missing or made for other features"
    package = Path(training.__file__).parents[1] / "data"
    assert (package / "ranking.npz").stat().st_size <= 5_000_000
    card = ranker.model.card
    assert card["questions"] == 729
    figures = card["figures"]["all_entries"]
    wanted = {"R@10": 0.70, "R@100": 0.90, "RR@10": 0.60, "nDCG@10": 0.57}
    assert all(figures[name] >= value for name, value in wanted.items()), figures
    with np.load(package / "ranking.npz", allow_pickle=False) as arrays:
        held = b"".join(arrays[name].tobytes() for name in arrays.files)
    for line in (data / "stard" / "dev.jsonl").read_text("utf-8").splitlines():
        query = json.loads(line)["query"]
        # Shorter stretches are words of laws, which the model does hold.
        if len(query) >= 12:
            assert query[: max(12, len(query) // 2)].encode() not in held
