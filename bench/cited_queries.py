"""Queries that mean an article, and such as only look so: is the right one read, and is it first?

    python -m bench.cited_queries --data-dir DIR [--json]

DIR holds an index of ../shared/data/laws, ../shared/data/work-summaries and corpus/. The queries and
what they mean are in bench/cited_queries.tsv, whose head says how. Ends with 1 under .98.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kb.documents import ArticleNumber
from kb.errors import ConfigError
from kb.knowledge.base import KnowledgeBase
from kb.lawnames import quoted
from kb.search.results import Request, SearchResult

FILE = Path(__file__).parent / "cited_queries.tsv"
LEAST = 0.98
_TOLD = {"old": {"old-law", "repealed"}, "missing": {"no-article", "no-version", "no-number"}}


@dataclass(frozen=True, slots=True)
class Query:
    """A query with what it means (see the file's head) and the form it is an example of."""

    text: str
    expected: str
    form: str


def read(path: Path = FILE) -> list[Query]:
    """The queries, with long titles put in. Raises ConfigError naming file and line."""
    titles: dict[str, str] = {}
    found: list[Query] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        if line.startswith("@") and len(parts) == 2:
            titles[parts[0][1:]] = parts[1]
        elif len(parts) == 3 and all(parts):
            work, slash, articles = parts[1].partition("/")
            expected = f"{titles.get(work, work)}{slash}{articles}"
            found.append(Query(parts[0], expected, parts[2]))
        else:
            raise ConfigError(f"{path}：第{number}行：应为查询、目标、形式三列")
    return found


def fault(query: Query, result: SearchResult) -> str:
    """What is not as expected, or empty."""
    direct = [u for u in result.understood if u.effect == "直达"]
    articles = [u.value for u in direct if u.type == "article"]
    told = {n.code for n in result.notices}
    if query.expected in ("none", *_TOLD):
        if articles and not (query.expected == "old" and told & _TOLD["old"]):
            return f"read as {articles}"
        if query.expected == "none":
            return "" if "no-article" not in told else "says that an article is missing"
        return "" if told & _TOLD[query.expected] else f"not told, only {sorted(told)}"
    first = result.hits[0] if result.hits else None
    if first is None:
        return "nothing found"
    if query.expected.startswith("number:"):
        title = query.expected.removeprefix("number:")
        right = title in first.document.title and any(u.type == "number" for u in direct)
        return "" if right else f"first is {first.document.title}"
    work, _, keys = query.expected.partition("/")
    wanted = keys.split(",")
    label = first.passages[0].label if first.passages else ""
    if first.document.work != work or label != _label(wanted[0]):
        return f"first is {first.document.work} {label}"
    missing = [k for k in wanted if quoted(work) + _label(k, whole=True) not in articles]
    return f"not read: {missing}" if missing else ""


def _label(key: str, *, whole: bool = False) -> str:
    """The label of an article, or of the point of an amendment (一、), which is read as an article."""
    number = ArticleNumber.parse(key.rstrip("、"))
    return key if number is None or (key.endswith("、") and not whole) else number.label


def run(
    queries: list[Query], search: Callable[[Request], SearchResult]
) -> dict[str, dict[str, int | dict[str, str]]]:
    """For each form: how many queries, how many right, and the faults by query."""
    figures: dict[str, dict[str, int | dict[str, str]]] = {}
    for query in queries:
        figure = figures.setdefault(query.form, {"queries": 0, "right": 0, "faults": {}})
        wrong = fault(query, search(Request(query.text)))
        assert isinstance(figure["queries"], int)
        assert isinstance(figure["right"], int)
        assert isinstance(figure["faults"], dict)
        figure["queries"] += 1
        figure["right"] += not wrong
        if wrong:
            figure["faults"][query.text] = wrong
    return figures


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    queries = read()
    knowledge = KnowledgeBase.open(args.data_dir)
    try:
        figures = run(queries, knowledge.search)
    finally:
        knowledge.close()
    right = sum(int(f["right"]) for f in figures.values() if isinstance(f["right"], int))
    if args.json:
        print(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        for form, figure in figures.items():
            print(f"{form:14} {figure['right']:3} of {figure['queries']:3}")
        print(f"{'all':14} {right:3} of {len(queries):3}  {right / len(queries):.3f}")
        for figure in figures.values():
            assert isinstance(figure["faults"], dict)
            for text, wrong in figure["faults"].items():
                print(f"{text}: {wrong}")
    sys.exit(0 if right >= LEAST * len(queries) else 1)


if __name__ == "__main__":
    main()
