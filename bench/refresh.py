"""What a night, a change and a start cost: kb refresh over unchanged files, with one file edited, with
every file touched; and a cold process opened.

    python -m bench.refresh [--seed 7] [--rounds 5]

Copies ../shared/data/laws and laws-local, indexes the copy as two sources, edits files one at a time.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.indexing import measured
from bench.machine import need_data, save
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Request

_OPEN = """
import time
started = time.perf_counter()
import json, sys
from pathlib import Path
from kb.knowledge.base import KnowledgeBase
from kb.search.results import Request
imported = time.perf_counter()
knowledge = KnowledgeBase.open(Path(sys.argv[1]))
opened = time.perf_counter()
total = knowledge.search(Request("房东不退押金怎么办")).total
answered = time.perf_counter()
knowledge.search(Request("工伤怎么认定"))
again = time.perf_counter()
sizes = {}
for line in open("/proc/self/smaps_rollup"):
    name, _, rest = line.partition(":")
    if name in ("Rss", "Anonymous"):
        sizes[name] = int(rest.split()[0]) / 1000
print(json.dumps({
    "import_s": imported - started, "open_s": opened - imported, "first_answer_s": answered - opened,
    "all_s": answered - started, "second_answer_s": again - answered, "found": total,
    "resident_mb": sizes["Rss"], "own_mb": sizes["Anonymous"],
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    data = need_data()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "kb"
        paths = []
        for name in ("laws", "laws-local"):
            if (data / name).is_dir():
                shutil.copytree(data / name, Path(folder) / name)
                paths.append(Path(folder) / name)
        toml = Path(folder) / "kb.toml"
        toml.write_text(
            "".join(f'[[source]]\nname="{p.name}"\npath="{p}"\n' for p in paths), "utf-8"
        )
        refresh = ["refresh", "--config", str(toml), "--data-dir", str(base), "--json"]
        full = measured(refresh)
        opening = [opened(base) for _ in range(args.rounds)]
        files = sorted(p for p in paths[0].rglob("*.md") if not p.name.startswith("_"))
        changes = [
            change(file, base, refresh, f"照明设施养护暗号{n}。")
            for n, file in enumerate(rng.sample(files, args.rounds))
        ]
        unchanged = statistics.median(measured(refresh)["seconds"] for _ in range(args.rounds))
        for path in paths:
            for file in path.rglob("*.md"):
                os.utime(file)
        touched = measured(refresh)
        one = median(changes)
        figures: dict[str, Any] = {
            "seed": args.seed,
            "load_average": os.getloadavg()[0],
            "documents": full["report"]["total_documents"],
            "passages": full["report"]["total_passages"],
            "full_build_s": full["seconds"],
            "full_build_peak_mb_all_processes": full["peak_mb"],
            "open_median": median(opening),
            "files": full["report"]["files"],
            "one_document_median": one,
            "unchanged_run_s": unchanged,
            "one_changed_more_s": round(one["indexed_s"] - unchanged, 2),
            "all_touched_run_s": touched["seconds"],
            "all_touched_read_again": touched["report"]["documents"]["changed"],
            "disk_mb": {
                name: round(sum(f.stat().st_size for f in files_of(base, name)) / 1e6, 1)
                for name in ("whoosh", "arrays")
            },
        }
    save("refresh", figures)


def opened(base: Path) -> dict[str, float]:
    """A new process opens the base and answers: its own clock and memory."""
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, str(base)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def change(file: Path, base: Path, refresh: list[str], words: str) -> dict[str, float]:
    """Adds words to a file; seconds until `kb refresh` is done, and until an open base finds them."""
    knowledge = KnowledgeBase.open(base)
    request = Request(f'"{words}"')
    assert not knowledge.search(request).total
    file.write_text(file.read_text("utf-8") + f"\n\n{words}\n", "utf-8")
    started = time.monotonic()
    run = measured(refresh)
    indexed = time.monotonic() - started
    while not knowledge.search(request).total:
        time.sleep(0.02)
    visible = time.monotonic() - started
    pause = time.perf_counter()
    knowledge.search(Request("房东不退押金怎么办"))
    slow = time.perf_counter() - pause
    knowledge.close()
    return {
        "indexed_s": indexed,
        "inside_s": run["report"]["seconds"],
        "visible_s": visible,
        "next_query_s": slow,
        "peak_mb": run["peak_mb"],
    }


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {k: round(statistics.median(r[k] for r in runs), 3) for k in runs[0]}


def files_of(base: Path, kind: str) -> list[Path]:
    """Files of the serving generation's parts: Whoosh's, or the arrays derived from them."""
    serving = (base / "index" / "current").read_text("utf-8").strip()
    every = (base / "index" / "generations" / serving / "parts").rglob("*")
    return [f for f in every if f.is_file() and (f.parent.name == "whoosh") == (kind == "whoosh")]


if __name__ == "__main__":
    main()
