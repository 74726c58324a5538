"""Has anything become slower? Ratios of now against the last recorded ones.

    make bench-check                      compare; exit code 1 when a ratio is over 1.25 times the record
    python -m bench.check --record        measure and record in bench/results/check.json
    python -m bench.check --data-dir DIR  use a base that is indexed already; the build is not measured

Every figure is processor time divided by that of a yardstick, a fixed piece of work in Python and NumPy
run between the measurements: another load or clock changes both, a slower program only one.
"""

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench import corpus
from bench.engines import plans
from bench.indexing import measured
from bench.machine import DATA, RESULTS, save
from kb.documents import Audience
from kb.index.snapshot import open_snapshot
from kb.knowledge.base import KnowledgeBase
from kb.search import engine
from kb.search.results import Request
from kb.text.analysis import Analyzer

_WORSE = 1.25
_ROUNDS = 5
_REPEATS = 2
_SEARCHES = 150
_COLD = "import sys; from pathlib import Path; from kb.knowledge.base import KnowledgeBase as K; \
from kb.search.results import Request; K.open(Path(sys.argv[1])).search(Request('房东不退押金怎么办'))"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    laws = DATA / "laws"
    source = laws if laws.is_dir() else Path(__file__).resolve().parents[1] / "corpus"
    with tempfile.TemporaryDirectory() as folder:
        base = args.data_dir or Path(folder) / "kb"
        ratios: dict[str, float] = {}
        if not args.data_dir:
            command = ["index", str(source), "--data-dir", str(base), "--json"]
            ratios["full_build"] = of_children(lambda: measured(command))
        ratios |= search_ratios(base, args.seed)
        name = args.data_dir.name if args.data_dir else source.name
        if args.record:
            save("check", {"seed": args.seed, "source": name, "ratios": ratios})
            return
        path = RESULTS / "check.json"
        if not path.is_file():
            sys.exit("Nothing is recorded: python -m bench.check --record")
        recorded = json.loads(path.read_text("utf-8"))
        if recorded["source"] != name:
            sys.exit(f"Recorded on {recorded['source']}, measured on {name}.")
        for _ in range(_REPEATS):
            if not worse(recorded["ratios"], ratios):
                break
            # Other work on the machine comes and goes, a slower program is slow each time.
            again = search_ratios(base, args.seed)
            ratios = {k: min(v, again.get(k, v)) for k, v in ratios.items()}
    sys.exit(compare(recorded["ratios"], ratios))


def worse(recorded: dict[str, float], now: dict[str, float]) -> list[str]:
    """Names of the ratios that grew by more than a quarter."""
    return [n for n, before in recorded.items() if n in now and now[n] > _WORSE * before]


def compare(recorded: dict[str, float], now: dict[str, float]) -> int:
    """Prints each ratio beside the recorded one; 1 if any got worse by more than a quarter."""
    failed = worse(recorded, now)
    for name, before in recorded.items():
        if name not in now:
            print(f"{name:28} not measured")
            continue
        mark = "  WORSE" if name in failed else ""
        print(f"{name:28} {before:10.4f} {now[name]:10.4f} {now[name] / before:6.2f}{mark}")
    return int(bool(failed))


def yardstick() -> float:
    """Processor seconds of a fixed piece of work: look-ups, strings, a scattered sum, a sort."""
    rng = np.random.default_rng(1)
    ids = rng.integers(0, 150_000, 300_000)
    weights = rng.random(300_000, dtype=np.float32)
    words = {str(n): n for n in range(20_000)}
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        total = sum(words[str(n)] for n in range(20_000))
        scores = np.zeros(150_000, dtype=np.float32)
        np.add.at(scores, ids, weights)
        np.sort(scores)
        best = min(best, time.process_time() - started)
        assert total
    return best


def of_children(work: Callable[[], object]) -> float:
    """Processor time of the processes that the work starts, in yardsticks."""
    unit = yardstick()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(used / min(unit, yardstick()), 2)


def search_ratios(base: Path, seed: int) -> dict[str, float]:
    """Median and p95 of each kind of search, of whole answers and of suggestions, in yardsticks."""
    snapshot = open_snapshot(base, date.today())
    assert snapshot is not None
    analyzer = Analyzer(base / "cache")
    asked = corpus.questions(snapshot, analyzer, corpus.Numbering(), seed)
    kinds: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        k: (lambda p: engine.search(snapshot, p), v)
        for k, v in plans(snapshot, asked, analyzer, seed).items()
    }
    knowledge = KnowledgeBase.open(base)
    texts = [q.text for q in asked]
    kinds["whole_answer"] = (lambda t: knowledge.search(Request(t)), texts)
    kinds["whole_answer_passages"] = (
        lambda t: knowledge.search(replace(Request(t), group="none", size=20)),
        texts,
    )
    begun = [t[:n] for t in texts for n in (1, 2, 3)]
    kinds["suggestion"] = (lambda t: knowledge.suggest(t, Audience.PUBLIC), begun)
    ratios: dict[str, float] = {}
    for name, (search, inputs) in kinds.items():
        some = random.Random(seed).sample(list(inputs), min(_SEARCHES, len(inputs)))
        unit = yardstick()
        # The best of several rounds for each input: what it costs when nothing else interferes.
        took = np.min([clocked(search, some) for _ in range(_ROUNDS)], axis=0)
        unit = min(unit, yardstick())
        for p in (50, 95):
            ratios[f"{name}_p{p}"] = round(float(np.percentile(took, p)) / unit, 5)
    knowledge.close()
    ratios["cold_open_and_answer"] = min(
        of_children(
            lambda: os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", _COLD, str(base))
        )
        for _ in range(3)
    )
    return ratios


def clocked(search: Callable[[Any], object], inputs: Sequence[Any]) -> list[float]:
    """Processor seconds of each search."""
    took = []
    for given in inputs:
        started = time.thread_time()
        search(given)
        took.append(time.thread_time() - started)
    return took


if __name__ == "__main__":
    main()
