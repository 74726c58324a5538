"""The project's own judged queries: topics, titles, article numbers, phrases, spelling and more.

    python -m bench.judged --data-dir DIR [--file bench/judged.jsonl] [--json]

DIR holds an index of ../shared/data/laws, ../shared/data/work-summaries and corpus/. A line of the
file: {"id", "query", "sort", "audience", "filters"?, and what is expected, all of it}:

    first       the first document is one of these targets
    among3      one of the first three documents is one of these targets
    suggestion  您是不是要找 says exactly this; empty: it says nothing
    absent      none of the first ten documents is any of these targets

A target is conditions joined by &, all of which hold of a document found:

    law:民法典          its canonical short title
    law:民法典/1043     and this article is its best passage (among3: one of those shown)
    title:押金          its title has this
    kind:工作总结       it is of this kind
    topic:社区矫正      it has this topic
    text:调解成功率     a passage shown has this, or its label or a heading above it

Ends with 1 if an article asked for by number is not first, else 0.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.documents import Audience
from kb.errors import ConfigError
from kb.index.document_info import FACETS
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Filters, Hit, Request, SearchResult
from kb.text.folding import fold

FILE = Path(__file__).parent / "judged.jsonl"
SORTS = (
    "topic",
    "title",
    "article",
    "phrase",
    "staff",
    "misspelt",
    "right",
    "pinyin",
    "traditional",
    "question",
    "pasted",
    "filter",
)
_CONDITIONS = ("law", "title", "kind", "topic", "text")
_LISTS = ("first", "among3", "absent")
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """One query and what is expected of its answer. Fields that are None expect nothing."""

    id: str
    query: str
    sort: str
    audience: Audience
    filters: Filters
    first: tuple[str, ...] | None = None
    among3: tuple[str, ...] | None = None
    absent: tuple[str, ...] | None = None
    suggestion: str | None = None

    @property
    def request(self) -> Request:
        return Request(self.query, self.filters, self.audience, size=_DEPTH)


def read(path: Path) -> list[Judged]:
    """Reads and checks the file. Raises ConfigError naming file and line."""
    found: list[Judged] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found.append(_judged(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}：第{number}行：{error}") from error
    ids = [j.id for j in found]
    if len(set(ids)) < len(ids):
        raise ConfigError(f"{path}：id 重复")
    return found


def _judged(data: dict[str, Any]) -> Judged:
    fields = {"id", "query", "sort", "audience", "filters", "suggestion", *_LISTS}
    if unknown := set(data) - fields:
        raise ValueError(f"没有这些键：{unknown}")
    if data["sort"] not in SORTS:
        raise ValueError(f"sort 应为 {'、'.join(SORTS)} 之一")
    lists = {name: _targets(data[name]) for name in _LISTS if name in data}
    if not lists and "suggestion" not in data:
        raise ValueError("应有 first、among3、suggestion 或 absent")
    return Judged(
        id=str(data["id"]),
        query=str(data["query"]),
        sort=data["sort"],
        audience=Audience(data["audience"]),
        filters=_filters(data.get("filters", {})),
        suggestion=data.get("suggestion"),
        **lists,
    )


def _filters(data: dict[str, Any]) -> Filters:
    if not set(data) <= set(FACETS):
        raise ValueError(f"filters 的键应为 {'、'.join(FACETS)}")
    values: dict[str, Any] = {facet: tuple(data[facet]) for facet in data}
    return Filters(**values)


def _targets(values: list[str]) -> tuple[str, ...]:
    if not values:
        raise ValueError("目标不应为空")
    for value in values:
        for condition in value.split("&"):
            kind, colon, rest = condition.partition(":")
            if kind not in _CONDITIONS or not colon or not rest:
                raise ValueError(f"“{value}”应为 law:、title:、kind:、topic: 或 text: 加上内容")
    return tuple(values)


def holds(hit: Hit, target: str, *, best: bool) -> bool:
    """Whether the document found is the target. best: an article must be its best passage."""
    return all(_condition(hit, condition, best) for condition in target.split("&"))


def _condition(hit: Hit, condition: str, best: bool) -> bool:
    kind, _, value = condition.partition(":")
    info = hit.document
    if kind == "law":
        work, _, article = value.partition("/")
        passages = hit.passages[:1] if best else hit.passages
        return info.work == work and (
            not article or any(p.anchor == f"a{article}" for p in passages)
        )
    if kind == "kind":
        return info.kind.value == value
    if kind == "topic":
        return value in info.topics
    texts = [info.title]
    if kind == "text":
        texts = [s for p in hit.passages for s in (*p.path, p.label, p.text)]
    return any(fold(value) in fold(text) for text in texts)


def faults(judged: Judged, result: SearchResult) -> list[str]:
    """What is not as expected, in words; empty where all is."""
    found: list[str] = []
    hits = result.hits

    def none(part: Sequence[Hit], targets: tuple[str, ...], best: bool) -> bool:
        return not any(holds(h, t, best=best) for h in part for t in targets)

    if judged.first is not None and none(hits[:1], judged.first, True):
        found.append(f"first is {_names(hits[:1])}, not {' / '.join(judged.first)}")
    if judged.among3 is not None and none(hits[:3], judged.among3, False):
        found.append(f"first three are {_names(hits[:3])}, not {' / '.join(judged.among3)}")
    if judged.absent is not None and not none(hits, judged.absent, False):
        found.append(f"among the first ten is {' / '.join(judged.absent)}")
    if judged.suggestion is not None and result.suggestion != judged.suggestion:
        found.append(f"suggestion is “{result.suggestion}”, not “{judged.suggestion}”")
    return found


def _names(hits: Sequence[Hit]) -> str:
    names = [h.document.title + (h.passages[0].label if h.passages else "") for h in hits]
    return "、".join(names) or "nothing"


def run(
    judged: Sequence[Judged], search: Callable[[Request], SearchResult]
) -> dict[str, dict[str, Any]]:
    """For each sort: how many queries, how many right, and the faults by id."""
    figures: dict[str, dict[str, Any]] = {}
    for j in judged:
        figure = figures.setdefault(j.sort, {"queries": 0, "right": 0, "faults": {}})
        wrong = faults(j, search(j.request))
        figure["queries"] += 1
        figure["right"] += not wrong
        if wrong:
            figure["faults"][j.id] = {"query": j.query, "faults": wrong}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    knowledge = KnowledgeBase.open(args.data_dir)
    try:
        figures = run(read(args.file), knowledge.search)
    finally:
        knowledge.close()
    if args.json:
        print(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        for sort, figure in figures.items():
            share = figure["right"] / figure["queries"]
            print(f"{sort:12} {figure['right']:3} of {figure['queries']:3}  {share:.1%}")
        queries = sum(f["queries"] for f in figures.values())
        print(f"{'all':12} {sum(f['right'] for f in figures.values()):3} of {queries:3}")
        for figure in figures.values():
            for id, fault in figure["faults"].items():
                query = fault["query"]
                shown = query if len(query) <= 30 else query[:30] + "…"
                print(f"{id}  {shown}: {'; '.join(fault['faults'])}")
    article = figures.get("article", {"queries": 0, "right": 0})
    sys.exit(0 if article["right"] == article["queries"] else 1)


if __name__ == "__main__":
    main()
