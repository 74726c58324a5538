"""Answers to a few thousand searches, recorded and compared: for changes that must change none.

    python -m bench.answers record FILE --data-dir DIR
    python -m bench.answers compare BEFORE AFTER

The searches are the judged files of the project and of ../shared/data, and for documents drawn by a
seed their titles, an article by number, and a phrase of their text. A line of FILE is a search with
the hash of its whole answer (hits, scores to four digits, snippets, facets, what was understood and
said) and, to tell what differs, the first ten addresses. `compare` ends with 1 where any differs.
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import judged
from bench.machine import DATA
from kb.documents import Audience
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Request

_DRAWN, _SEED = 350, 7
_QUESTIONS = ("stard/dev.jsonl", "questions/disc.jsonl", "questions/lawbench_3-2.jsonl")


def searches(base: KnowledgeBase) -> Iterator[Request]:
    """The searches, in a fixed order for one and the same base."""
    yield from (j.request for j in judged.read(judged.FILE))
    for name in _QUESTIONS:
        path = DATA / name
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                yield Request(json.loads(line)["query"])
    known = sorted(base.documents(Audience.PUBLIC), key=lambda d: d.id)
    draw = random.Random(_SEED)
    for info in draw.sample(known, min(_DRAWN, len(known))):
        yield Request(info.title)
        published = base.document(info.id, Audience.PUBLIC)
        if published is None or not published.document.passages:
            continue
        passage = draw.choice(published.document.passages)
        if info.work:
            yield Request(f"{info.work}{passage.label}", fold=True)
        words = passage.text[:8].replace('"', "")
        yield Request(f'"{words}"', group="none", size=30)
        yield Request(passage.text[:16], sort="date", audience=Audience.STAFF)


def answer(base: KnowledgeBase, request: Request) -> dict[str, Any]:
    """The answer without what is measured."""
    data = asdict(base.search(request))
    del data["took_ms"], data["request"]
    return {key: _rounded(value) for key, value in data.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items() if k != "added"}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return value


def record(data_dir: Path, file: Path) -> int:
    """Writes a line a search; returns how many."""
    base = KnowledgeBase.open(data_dir)
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for request in searches(base):
            whole = answer(base, request)
            text = json.dumps(whole, ensure_ascii=False, sort_keys=True, default=str)
            line = {
                "search": [request.query, request.group, request.sort, request.audience],
                "hash": hashlib.sha256(text.encode()).hexdigest(),
                "total": whole["total"],
                "urls": [p["url"] for h in whole["hits"] for p in h["passages"]][:10],
            }
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    base.close()
    return count


def compare(before: Path, after: Path) -> int:
    """Prints searches whose answers differ; returns how many do."""
    one, two = (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for path in (before, after)
    )
    if [a["search"] for a in one] != [b["search"] for b in two]:
        sys.exit("The two files record different searches.")
    differ = [(a, b) for a, b in zip(one, two, strict=True) if a["hash"] != b["hash"]]
    for a, b in differ[:20]:
        print(a["search"], a["total"], b["total"], *a["urls"][:3], "→", *b["urls"][:3])
    print(f"{len(one)} searches, {len(differ)} answers differ")
    return len(differ)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("file", type=Path)
    recording.add_argument("--data-dir", type=Path, required=True)
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.command == "record":
        print(f"{record(given.data_dir, given.file)} searches recorded")
    else:
        sys.exit(1 if compare(given.before, given.after) else 0)


if __name__ == "__main__":
    main()
