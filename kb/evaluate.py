"""Retrieval metrics for judged questions, computed by a published library (ir-measures).

A line of the file: {"id", "query", "relevant": [{"law", "article", "text"}]}. A passage is relevant
when its text without white space and without its own label equals a relevant text without white
space; equal texts count once, at their best rank.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.documents import Audience
from kb.errors import ConfigError
from kb.search.results import Request, SearchResult

DEPTH = 100
"""Rank cutoff, also for recall."""

_FETCH = 3 * DEPTH
MEASURES = ("R@5", "R@10", "R@20", "R@50", "R@100", "RR@10", "nDCG@10")

_SPACE = re.compile(r"\s+")
_LABEL = re.compile(
    r"^第[0-9零〇一二三四五六七八九十百千]{1,9}条(?:之[一二三四五六七八九十]{1,3})?"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the texts that answer it, without white space."""

    id: str
    query: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figures:
    """measures: means over all questions, by name. each: the same per question, by its id."""

    questions: int
    measures: dict[str, float]
    each: dict[str, dict[str, float]]


def plain(text: str) -> str:
    """A text in the form compared: without white space and without its leading 第…条."""
    return _LABEL.sub("", _SPACE.sub("", text))


def read(path: Path) -> list[Judged]:
    """Reads a file of judged questions. Raises ConfigError naming file and line."""
    found = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            texts = frozenset(plain(r["text"]) for r in data["relevant"])
            found.append(Judged(str(data["id"]), str(data["query"]), texts))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path} 第 {number} 行：应为含 id、query、relevant 的 JSON。"
            ) from error
    if not found:
        raise ConfigError(f"{path}：没有题目。")
    return found


def ranking(search: Callable[[Request], SearchResult], query: str) -> list[str]:
    """Distinct texts of the passages found, in order, at most DEPTH."""
    request = Request(query, audience=Audience.STAFF, group="none", size=_FETCH)
    hits = search(request).hits
    texts = (plain(p.text) for h in hits for p in h.passages)
    return list(dict.fromkeys(texts))[:DEPTH]


def evaluate(
    questions: Iterable[Judged], rank: Callable[[str], list[str]], advance: Callable[[int], None]
) -> Figures:
    """Ranks every question and computes metrics. Raises ConfigError if ir-measures isn't installed."""
    try:
        # An optional dependency: its wheels are for x86-64 only.
        import ir_measures  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "kb eval 需要 ir-measures：请用 pip install ir-measures 安装。"
        ) from error
    qrels: list[Any] = []
    run: list[Any] = []
    count = 0
    for number, question in enumerate(questions, 1):
        keys: dict[str, str] = {}
        qrels += [
            ir_measures.Qrel(question.id, keys.setdefault(t, f"d{len(keys)}"), 1)
            for t in sorted(question.relevant)
        ]
        for place, text in enumerate(rank(question.query)):
            key = keys.setdefault(text, f"d{len(keys)}")
            run.append(ir_measures.ScoredDoc(question.id, key, float(DEPTH - place)))
        count = number
        advance(number)
    # Not parse_measure: that of ir-measures 0.4.3 needs parts of `ast` which Python 3.14 no longer has.
    named = (m.split("@") for m in MEASURES)
    measures = [getattr(ir_measures, name) @ int(depth) for name, depth in named]
    each: dict[str, dict[str, float]] = {}
    for metric in ir_measures.iter_calc(measures, qrels, run):
        each.setdefault(metric.query_id, {})[str(metric.measure)] = float(metric.value)
    # A question without results has no line in the run, and counts as 0.
    means = {
        m: sum(e.get(m, 0.0) for e in each.values()) / count if count else 0.0 for m in MEASURES
    }
    return Figures(count, means, each)
