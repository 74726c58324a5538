"""Engines side by side in one process: the same tokens, fields, facets and questions for each.

    python -m bench.engines --data-dir DIR [--questions 200] [--whoosh 40] [--only Tantivy] [--seed 7]

The base must be indexed already. Stock Whoosh takes minutes to build and seconds to answer. A figure
to quote is a ratio: all were measured in one run.
"""

import argparse
import gc
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench import corpus, peers
from bench.machine import save
from kb.index.snapshot import Snapshot, open_snapshot
from kb.lawnames import LawNames
from kb.library import Library
from kb.search import engine
from kb.search.plan import Plan
from kb.search.results import Filters
from kb.text.analysis import Analyzer

_WARM = 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--whoosh", type=int, default=40, help="questions put to stock Whoosh")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="names of peers, with commas between")
    args = parser.parse_args()
    snapshot = open_snapshot(args.data_dir, date.today())
    if snapshot is None:
        parser.error("nothing is indexed there")
    analyzer, names = Analyzer(args.data_dir / "cache"), corpus.Numbering()
    with Library.open(args.data_dir, readonly=True) as library:
        rows = corpus.rows(snapshot, library, analyzer, names)
    every = corpus.questions(snapshot, analyzer, names, args.seed)
    asked = corpus.sample(every, args.questions, args.seed)
    few = asked[: args.whoosh]
    size = corpus.folder_size(args.data_dir / "index" / "generations" / snapshot.name)
    others, skipped = peers.available()
    if args.only:
        others = [p for p in others if p.name.split()[0] in args.only.split(",")]
    table: dict[str, Any] = {}
    times: dict[str, Times] = {}
    with tempfile.TemporaryDirectory() as folder:
        for peer in [peers.Ours(snapshot, size), peers.OursWhole(snapshot, size), *others]:
            started = time.perf_counter()
            megabytes = peer.build(rows, Path(folder) / peer.name.split()[0].lower())
            built = time.perf_counter() - started
            some = few if peer.name == "Whoosh" else asked
            times[peer.name] = clock(peer.search, some)
            found = [peer.search(q) for q in some[:3]]
            table[peer.name] = {
                "version": peer.version,
                **times[peer.name].figures(),
                "build_s_tokens_given": round(built, 1) if built > 0.1 else None,
                "disk_mb": megabytes,
                "found_in_first_three": [total for total, _ in found],
                "note": peer.note,
            }
            print(peer.name, table[peer.name], flush=True)
    ours = times["kb"]
    ratios = {}
    for name, took in times.items():
        # Whoosh answers fewer questions: it is held against ours on the same ones.
        same = clock(peers.Ours(snapshot, size).search, few) if name == "Whoosh" else ours
        ratios[name] = {
            f"{by}_p{p}": round(
                percentile(getattr(took, by), p) / percentile(getattr(same, by), p), 2
            )
            for by in ("wall", "processor")
            for p in (50, 95)
        }
    kinds = {
        k: measure(snapshot, v) for k, v in plans(snapshot, every, analyzer, args.seed).items()
    }
    save(
        "engines",
        {
            "passages": len(rows),
            "documents": len(snapshot.documents),
            "parts": len(snapshot.parts),
            "questions": len(asked),
            "questions_to_whoosh": len(few),
            "terms_a_question_p50": percentile([len(q.terms) for q in asked], 50),
            "seed": args.seed,
            "load_average": os.getloadavg()[0],
            "engines": table,
            "times_of_kb": ratios,
            "skipped": skipped,
            "kinds_of_search": kinds,
        },
    )


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each search: by the wall's clock, and of the processor.

    On a machine with nothing else to do they are alike; beside other work the wall's p95 tells how
    long a search was kept waiting, and the processor's what it cost.
    """

    wall: tuple[float, ...]
    processor: tuple[float, ...]

    def figures(self) -> dict[str, float]:
        return {
            "p50_ms": percentile(self.wall, 50),
            "p95_ms": percentile(self.wall, 95),
            "processor_p50_ms": percentile(self.processor, 50),
            "processor_p95_ms": percentile(self.processor, 95),
        }


def clock(search: Callable[[Any], object], questions: Sequence[Any]) -> Times:
    """Times each search, after a few to warm up."""
    for question in questions[:_WARM]:
        search(question)
    # What was built before is no work of the searches: the collector leaves it alone.
    gc.collect()
    gc.freeze()
    wall, processor = [], []
    for question in questions:
        began, started = time.process_time(), time.perf_counter()
        search(question)
        wall.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - began) * 1000)
    return Times(tuple(wall), tuple(processor))


def percentile(values: Sequence[float], p: int) -> float:
    return round(float(np.percentile(values, p)), 3)


def measure(snapshot: Snapshot, some: Sequence[Plan]) -> dict[str, float]:
    took = clock(lambda plan: engine.search(snapshot, plan), some)
    return {"searches": len(some), **took.figures()}


def plans(
    snapshot: Snapshot, questions: Sequence[corpus.Question], analyzer: Analyzer, seed: int
) -> dict[str, list[Plan]]:
    """Plans of every kind of search, made of the questions and of stretches of the texts."""
    rng = random.Random(seed)
    laws = LawNames(sorted({d.work for d in snapshot.documents if d.work}))
    asked = [q.plan for q in questions]
    stretches: list[str] = []
    while len(stretches) < 300:
        text = snapshot.record(rng.randrange(snapshot.passages)).text
        size = rng.randint(3, 12)
        if len(text) > size and not set(text) & set('"“”'):
            start = rng.randrange(len(text) - size)
            stretches.append(text[start : start + size])
    common = ["人民法院", "中华人民共和国", "人民政府", "县级以上人民政府", "法律责任", "应当"]
    words = [[g.word for g in p.groups if len(g.word) > 1] for p in asked]
    pairs = [" ".join(rng.sample(w, 2)) for w in words if len(w) > 1]
    made = {
        "phrase_cut_from_texts": [f'"{s}"' for s in stretches],
        "phrase_common": [f'"{s}"' for s in common * 5],
        "and_of_two_words": pairs,
        "with_exclusion": [f"{p} -规定" for p in pairs[:200]],
    }
    out = {k: [p for t in v if (p := corpus.plan_of(t, laws, analyzer))] for k, v in made.items()}
    narrow = Filters(kind=("法律",), date_from=date(2010, 1, 1))
    out["filtered"] = [replace(p, filters=narrow) for p in asked]
    out["by_date"] = [replace(p, sort="date") for p in asked]
    out["passages_not_grouped"] = [replace(p, group="none") for p in asked]
    out["page_11"] = [replace(p, offset=100) for p in asked]
    return {"everyday": asked, **out}


if __name__ == "__main__":
    main()
