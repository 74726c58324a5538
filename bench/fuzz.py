"""Damaged files by the thousand through the killable readers, format by format.

    python -m bench.fuzz [--files 10000] [--only FORMAT] [--seed 7]

Seeds are real texts (../shared/data) in every format, made by LibreOffice where it takes that. Bytes
are flipped, cut, swapped, repeated; of archives the members too, packed again so that the damage gets
past the checksum. Formats that take more than half a second a file (LibreOffice reads them) get one
file for fifty.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.machine import RESULTS, need_data, save
from indexer.extract.formats import BINARY, TEXT
from indexer.outcome import Outcome
from indexer.readers import Usage, read
from indexer.sources import File, Unit
from kb.settings import SourceConfig
from tests.support.mutation import mutated
from tests.support.seeds import seeds

BATCH = 250
SLOW_SECONDS = 0.5
FEWER = 50


@dataclass(slots=True)
class Tally:
    """What became of the mutated files of one format."""

    files: int = 0
    read: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    def add(self, outcome: Outcome) -> None:
        if outcome.member == "":
            self.files += 1
            self.read += not outcome.reason
        if outcome.reason:
            self.failed[outcome.reason] += 1
        if outcome.reason in ("internal", "crashed", "timeout", "memory"):
            self.defects.append(f"{outcome.path}: {outcome.reason} {outcome.message}")

    def as_json(self, seconds: float) -> dict[str, Any]:
        return {
            "files": self.files,
            "read": self.read,
            "failed": dict(sorted(self.failed.items())),
            "readers_lost": self.usage.restarts,
            "peak_mb": self.usage.peak_mb,
            "slowest_file_s": round(self.usage.slowest, 2),
            "seconds": round(seconds, 1),
            "defects": self.defects[:20],
        }


def formats() -> list[str]:
    """The names of every extractor, and of the containers."""
    return [*(f.name for f in BINARY), *(f.name for f in TEXT), "zip", "eml"]


def fuzz(name: str, sources: list[bytes], count: int, seed: int, keep: Path | None = None) -> Tally:
    """Reads `count` mutations of the files of one format. keep: where files that show a defect go."""
    rng = random.Random(f"{name}-{seed}")
    tally = Tally()
    while tally.files < count:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            units = list(_batch(folder, name, sources, min(BATCH, count - tally.files), rng))
            config = SourceConfig("fuzz", folder, "folder")
            known = len(tally.defects)
            for outcome in read(units, config, 50, 2, tally.usage):
                tally.add(outcome)
                if keep is not None and len(tally.defects) > known:
                    known = len(tally.defects)
                    file = folder / outcome.unit.key
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{tally.files}-{file.name}").write_bytes(file.read_bytes())
    return tally


def _batch(
    folder: Path, name: str, sources: list[bytes], count: int, rng: random.Random
) -> Iterator[Unit]:
    for number in range(count):
        path = f"{number}.{name}"
        data = mutated(rng.choice(sources), rng)
        (folder / path).write_bytes(data)
        yield Unit(path, (File(path, len(data), number),))


def _seconds_a_file(name: str, data: bytes) -> float:
    """Of one more, beside what a reader takes to load the rules."""
    with tempfile.TemporaryDirectory() as place:
        units = []
        for number in range(4):
            (Path(place) / f"{number}.{name}").write_bytes(data)
            units.append(Unit(f"{number}.{name}", (File(f"{number}.{name}", len(data), 0),)))
        outcomes = read(units, SourceConfig("fuzz", Path(place), "folder"), 50, 1)
        next(outcomes)
        started = time.monotonic()
        list(outcomes)
    return (time.monotonic() - started) / 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--only", choices=formats())
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="folder for the files that show a defect")
    args = parser.parse_args()
    data = need_data()
    figures: dict[str, Any] = {}
    for name in [args.only] if args.only else formats():
        sources = seeds(name, data)
        if not sources:
            figures[name] = "no seeds: LibreOffice can't make this format here"
            continue
        slow = _seconds_a_file(name, sources[0]) > SLOW_SECONDS
        count = max(1, args.files // FEWER) if slow else args.files
        started = time.monotonic()
        tally = fuzz(name, sources, count, args.seed, args.keep)
        figures[name] = tally.as_json(time.monotonic() - started)
        print(name, json.dumps(figures[name], ensure_ascii=False), flush=True)
    if args.only and (RESULTS / "fuzz.json").is_file():
        known = json.loads((RESULTS / "fuzz.json").read_text("utf-8"))
        figures = {**known.get("formats", {}), **figures}
    save("fuzz", {"seed": args.seed, "job_crashes": 0, "formats": figures})


if __name__ == "__main__":
    main()
