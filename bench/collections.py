"""Several collections indexed as one base: what is merged, and what each collection's texts yield.

    python -m bench.collections [--data-dir DIR]

Indexes the five collections of ../shared/data into DIR (by default a temporary folder) and counts what the
catalogue has; articles of flk-2026 are compared with the list items of its own files (`bench.flk_files`).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.flk_files import Score, compare, truths
from bench.machine import DATA, save
from indexer import readers
from indexer.run import Options, run
from indexer.sources import File, Source, Unit, select
from kb.index import catalog
from kb.index.generation import CATALOG, Generations
from kb.library import Library
from kb.progress import Quiet
from kb.settings import SourceConfig

COLLECTIONS = ("laws", "laws-local", "regulations-2025", "flk-2026", "npc-2026")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path)
    args = parser.parse_args()
    if not all((DATA / name).is_dir() for name in COLLECTIONS):
        sys.exit("The collections (../shared/data) are not all there.")
    with tempfile.TemporaryDirectory() as folder:
        figures = _base(args.data_dir or Path(folder))
    figures |= _articles()
    for name, value in figures.items():
        print(f"{name:24} {value}")
    save("collections", figures)


def _base(data_dir: Path) -> dict[str, Any]:
    started = time.monotonic()
    sources: list[Source] = [s for name in COLLECTIONS for s in select(DATA / name, {}, None)]
    run(data_dir, sources, Options(), Quiet(), "bench")
    seconds = round(time.monotonic() - started, 1)
    found = Generations(data_dir).whole()
    if found is None:
        sys.exit("Nothing was indexed.")
    entries = catalog.load(Generations(data_dir).directory(found[0]) / CATALOG)
    with Library.open(data_dir) as library:
        versions = {e.hash for e in library.entries()}
    shown = [e for e in entries if not e.copy_of]
    return {
        "seconds": seconds,
        "texts": len(versions),
        "documents": len(shown),
        "copies": len(entries) - len(shown),
        "passages": sum(e.passages for e in shown),
        "works": len({e.work for e in shown if e.work}),
        "laws listed in force": len(next((e.in_force for e in shown if e.in_force), ())),
    }


def _articles() -> dict[str, Any]:
    root = DATA / "flk-2026"
    known = truths(root)
    files = {p.stem: p for p in root.glob("*/*.md") if p.stem in known}
    units = []
    for path in files.values():
        name, info = str(path.relative_to(root)), path.stat()
        units.append(Unit(name, (File(name, info.st_size, info.st_mtime_ns),)))
    score = Score()
    for outcome in readers.read(units, SourceConfig("flk", root, "folder"), 50, 2):
        compare(outcome.document, known[Path(outcome.unit.key).stem], score)
    return {f"flk-2026 {name}": score.share(name) for name in score.asked}


if __name__ == "__main__":
    main()
