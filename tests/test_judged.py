"""The judged queries: the file is sound, and on the real data what must hold holds."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import judged
from kb.documents import Audience
from kb.errors import ConfigError
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Request
from kb.search.spelling import Speller
from kb.search.vocabulary import Vocabulary

ROOT = Path(__file__).resolve().parents[1]
LEAST = {
    "topic": 30,
    "title": 30,
    "article": 40,
    "phrase": 10,
    "staff": 15,
    "misspelt": 15,
    "pinyin": 10,
    "traditional": 8,
    "question": 10,
    "pasted": 5,
    "filter": 5,
}


def test_the_file_is_sound_and_of_all_sorts() -> None:
    queries = judged.read(judged.FILE)
    counts = Counter(q.sort for q in queries)
    assert {s: n for s, n in LEAST.items() if counts[s] < n} == {}
    assert set(counts) == set(judged.SORTS)
    asked = [(q.query, q.audience, q.filters) for q in queries if q.sort != "right"]
    twice = [a for a, n in Counter(asked).items() if n > 1]
    # A query may be asked twice only for different expectations: of staff and of the public.
    assert twice == []
    assert all(200 <= len(q.query) <= 800 for q in queries if q.sort == "pasted")
    assert all(
        q.first and all(t.startswith("law:") and "/" in t for t in q.first)
        for q in queries
        if q.sort == "article"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"sort": "other"},
        {"audience": "all"},
        {"first": []},
        {"first": ["民法典"]},
        {"first": ["law:"]},
        {"first": None},
        {"filters": {"colour": ["red"]}},
        {"extra": 1},
    ],
)
def test_a_wrong_line_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    right = {"id": "1", "query": "q", "sort": "topic", "audience": "public", "first": ["law:a"]}
    file = tmp_path / "judged.jsonl"
    file.write_text(json.dumps(right), "utf-8")
    assert len(judged.read(file)) == 1
    file.write_text(json.dumps({**right, **change}), "utf-8")
    with pytest.raises(ConfigError, match="第1行"):
        judged.read(file)
    file.write_text(json.dumps(right) + "\n" + json.dumps(right), "utf-8")
    with pytest.raises(ConfigError, match="重复"):
        judged.read(file)


def test_faults_are_found(knowledge: KnowledgeBase) -> None:
    """On the invented base: expectations that hold pass, and each that doesn't is named."""

    def faults(query: str, **expected: Any) -> list[str]:
        line = {"id": "1", "query": query, "sort": "topic", "audience": "staff", **expected}
        one = judged._judged(line)
        return judged.faults(one, knowledge.search(Request(query, one.filters, one.audience)))

    assert faults("示范民法第8条", first=["law:示范民法/8"]) == []
    assert faults("示范民法第8条", first=["law:示范民法/7"])
    assert faults("示范民法第8条", first=["law:示范体育法", "law:示范民法"]) == []
    assert faults("社区矫正", among3=["kind:工作总结&text:社区矫正&topic:八五普法"]) == []
    assert faults("社区矫正", among3=["kind:工作总结&text:押金"])
    assert faults("社区矫正", absent=["title:2023年工作总结"])
    assert faults("押金", absent=["title:2023年工作总结"]) == []
    assert faults("没有这样的词句", first=["law:示范民法"])
    assert faults("押金", suggestion="租金")
    assert faults("社区矫正", filters={"kind": ["规范性文件"]}, first=["kind:规范性文件"]) == []


@pytest.fixture(scope="module")
def real(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """All national statutes, the work summaries and the bundled corpus, indexed: minutes."""
    data_dir = tmp_path_factory.mktemp("judged")
    paths = [str(data / "laws"), str(data / "work-summaries"), str(ROOT / "corpus")]
    run = [sys.executable, "-c", "from kb.cli import main; main()"]
    subprocess.run(
        [*run, "index", *paths, "--data-dir", str(data_dir), "--json"],
        check=True,
        capture_output=True,
        timeout=1_800,
    )
    opened = KnowledgeBase.open(data_dir)
    yield opened
    opened.close()


@pytest.mark.slow
def test_articles_asked_for_by_number_are_always_first(real: KnowledgeBase) -> None:
    queries = [q for q in judged.read(judged.FILE) if q.sort == "article"]
    assert judged.run(queries, real.search)["article"]["faults"] == {}


@pytest.mark.slow
def test_right_questions_are_not_corrected(real: KnowledgeBase, data: Path) -> None:
    """Of 729 real questions at most one in a hundred: they hold slips of their own."""
    vocabulary = Vocabulary(real._view(Audience.PUBLIC).snapshot)
    known = real._analyzer.segmenter.known
    speller = Speller(vocabulary.works(), vocabulary.frequent(), vocabulary.attested, known)
    lines = (data / "stard" / "dev.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line)["query"] for line in lines]
    corrected = [q for q in asked if speller.correct(q)]
    assert len(corrected) <= len(asked) / 100
