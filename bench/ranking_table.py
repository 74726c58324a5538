"""What each stage of the ranking adds for laypeople's questions, by cross-validation.

    python -m bench.ranking_table [--data-dir DIR] [--wider DIR]

--data-dir: an index of the national laws and the guides; by default one is made, which takes
minutes. --wider: an index of the local regulations as well; what was learned on the first is tried
on it too.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import need_data, save
from kb import evaluate
from kb.index.fields import Field
from kb.index.snapshot import open_snapshot
from kb.ranking import features, training, validation
from kb.ranking.model import Model
from kb.ranking.ranker import Ranker
from kb.ranking.training import Course, Example
from kb.ranking.validation import Fold, Grade
from kb.search import engine
from kb.text.analysis import Analyzer

_KB = [sys.executable, "-c", "from kb.cli import main; main()"]
_SHOWN = ("R@10", "R@100", "RR@10", "nDCG@10")
_ADDED = ("added_words", "added_words_rank", "added_grams", "added_path", "cover_added", "entries")
_ENTRY = ("entry", "entry_near", "entry_chapter", "entry_law")
_TAUGHT = ("taught", "taught_terms", "taught_best", "taught_near", "familiar", "asked", "law_asked")
_CITES = ("cited_by", "cites", "citations")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--wider", type=Path)
    args = parser.parse_args()
    data = need_data()
    with tempfile.TemporaryDirectory() as folder:
        base = args.data_dir or Path(folder) / "kb"
        if not args.data_dir:
            guides = Path(__file__).parents[1] / "corpus" / "guides"
            paths = [str(data / "laws"), str(guides)]
            subprocess.run([*_KB, "index", *paths, "--data-dir", str(base)], check=True)
        judged = evaluate.read(data / "stard" / "dev.jsonl")
        analyzer = Analyzer(base / "cache")
        course = opened(base, analyzer, judged)
        wider = opened(args.wider, analyzer, judged) if args.wider else None
        figures: dict[str, Any] = {"questions": len(judged), "stages": stages(course, wider)}
        figures["speed"] = [speed(course, c) for c in (course, wider) if c]
        save("ranking", figures)


def opened(base: Path, analyzer: Analyzer, judged: Sequence[evaluate.Judged]) -> Course:
    snapshot = open_snapshot(base, date.today())
    if snapshot is None:
        sys.exit(f"no index in {base}")
    return Course(snapshot, analyzer, judged)


def stages(course: Course, wider: Course | None) -> dict[str, dict[str, float]]:
    """Figures by name of the stage; each first-stage row ranks all passages, the others candidates."""
    found: dict[str, dict[str, float]] = {}

    def add(name: str, figures: evaluate.Figures) -> None:
        found[name] = {m: round(figures.measures[m], 4) for m in _SHOWN}
        print(f"{name:48}" + "".join(f"{found[name][m]:8.3f}" for m in _SHOWN), flush=True)

    print(" " * 48 + "".join(f"{m:>8}" for m in _SHOWN))
    add("words of the text", first_stage(course, {Field.WORDS}))
    add("+ bigrams", first_stage(course, {Field.WORDS, Field.GRAMS}))
    add("+ title and headings", first_stage(course, set(Field)))
    add("+ prior by kind and status, thesaurus, laws and topics named", first_stage(course, None))
    parts = validation.split(course)
    add("+ laws and chapters learned, translation", _by(course, parts, "blended"))
    for name, without in (
        ("trees, all but what is learned or the thesaurus", (*_learned(), *_ADDED, *_ENTRY)),
        ("trees, no learned questions", (*_learned(), *_ENTRY)),
        ("trees, no answers of like questions", (*_TAUGHT, *_ENTRY)),
        ("trees, no articles of entries", _ENTRY),
        ("trees, no citations", _CITES),
    ):
        add(name, validation.measure(course, parts, validation.trees(parts, without)))
    grades = validation.trees(parts)
    add("trees, everything", validation.measure(course, parts, grades))
    add(
        "trees, entries of one question left out",
        validation.measure(course, parts, grades, cautious=True),
    )
    if wider:
        moved = validation.transfer(parts, wider)
        add("trees, everything, on the wider index", validation.measure(wider, moved, grades))
    return found


def _learned() -> tuple[str, ...]:
    learned = ("translated", "translated_rank", "law", "law_rank", "chapter", "blended")
    return (*learned, "blended_rank", *_TAUGHT)


def _by(course: Course, parts: list[Fold], feature: str) -> evaluate.Figures:
    column = list(features.NAMES).index(feature)

    def grade(example: Example) -> Any:
        return example.rows[:, column]

    grades: list[Grade] = [grade] * len(parts)
    return validation.measure(course, parts, grades)


def first_stage(course: Course, fields: Collection[int] | None) -> evaluate.Figures:
    """BM25 of the question's own words in the given fields, or the whole first stage if None."""

    def rank(query: str) -> list[str]:
        if fields is None:
            scores = course.first_stage(query)
        else:
            terms = [t for t in course.plan(query, verbatim=True).terms if t.field in fields]
            scores = np.zeros(course.snapshot.passages, dtype=np.float32)
            engine.score_terms(course.snapshot, terms, scores)
            scores[~course.snapshot.alive] = 0
        order = np.lexsort((np.arange(len(scores)), -scores))[: 3 * evaluate.DEPTH]
        texts = (course.text(int(n)) for n in order if scores[n] > 0)
        return list(dict.fromkeys(texts))[: evaluate.DEPTH]

    return evaluate.evaluate([a.judged for a in course.asked], rank, lambda done: None)


def speed(taught: Course, course: Course) -> dict[str, Any]:
    """Milliseconds a question, first stage and learned order, and seconds to bind a snapshot."""
    forest = training.grow(taught.examples(taught.asked[:100]))
    learned = Model(taught.learn(taught.asked).memory, forest, {})
    started = time.perf_counter()
    prepared = Ranker(learned).prepare(course.snapshot, course.analyzer)
    seconds = time.perf_counter() - started
    first, whole = [], []
    for asked in course.asked[:50] + course.asked:
        start = time.perf_counter()
        scores = course.first_stage(asked.judged.query)
        middle = time.perf_counter()
        prepared.rerank(asked.judged.query, scores)
        first.append(1000 * (middle - start))
        whole.append(1000 * (time.perf_counter() - start))
    figures = {
        "passages": course.snapshot.passages,
        "bind_seconds": round(seconds, 2),
        "first_stage_ms": _percentiles(first[50:]),
        "whole_ms": _percentiles(whole[50:]),
    }
    print(figures)
    return figures


def _percentiles(values: list[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 2) for p in (50, 95, 99)}


if __name__ == "__main__":
    main()
