"""How the cost of a search grows with the base: 10,000 to 1,000,000 passages.

    python -m bench.growth --data-dir DIR [--sizes 10000,50000,0,1000000] [--seed 7]

Documents of an indexed base are sampled, with replacement where more are wanted than there are; 0
stands for the base as it is. The larger bases are made of the arrays themselves: the postings of each
passage are copied under the numbers of its copies, and their texts with them, so that a search finds
what it would find had they been indexed. Whoosh's own files are left out: no search reads them.
"""

import argparse
import json
import os
import random
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import corpus
from bench.engines import clock, percentile
from bench.machine import save
from kb.documents import Audience
from kb.index import catalog, generation, sums
from kb.index.generation import part_name
from kb.index.snapshot import Snapshot, open_snapshot
from kb.search import engine
from kb.search.plan import Plan
from kb.text.analysis import Analyzer

_PARTS = 2
_CHUNK = 4_000_000
"""Postings copied at once."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--sizes", default="10000,50000,0,1000000")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    snapshot = open_snapshot(args.data_dir, date.today())
    if snapshot is None:
        parser.error("nothing is indexed there")
    analyzer = Analyzer(args.data_dir / "cache")
    names = corpus.Numbering()
    every = [q.plan for q in corpus.questions(snapshot, analyzer, names, args.seed)]
    plans = random.Random(args.seed).sample(every, min(args.questions, len(every)))
    found = []
    for size in map(int, args.sizes.split(",")):
        if not size:
            found.append(measure(snapshot, plans))
        else:
            with tempfile.TemporaryDirectory() as folder:
                grow(snapshot, Path(folder), size, args.seed)
                grown = open_snapshot(Path(folder), date.today())
                assert grown is not None
                found.append(measure(grown, plans))
                del grown
        print(found[-1], flush=True)
    save(
        "growth",
        {"seed": args.seed, "load_average": os.getloadavg()[0], "sizes": found, **cause(found)},
    )


def measure(snapshot: Snapshot, plans: list[Plan]) -> dict[str, Any]:
    took = clock(lambda plan: engine.search(snapshot, plan), plans)
    postings = [
        sum(len(i) for f, t in looked_up(p) for _, i, _ in snapshot.postings(f, t)) for p in plans
    ]
    scoring = []
    for plan in plans:
        terms = [t for g in plan.groups for t in g.terms] + list(plan.extra)
        scores = np.zeros(snapshot.passages, dtype=np.float32)
        started = time.process_time()
        engine.score_terms(snapshot, terms, scores)
        scoring.append((time.process_time() - started) * 1000)
    return {
        "passages": snapshot.passages,
        "documents": len(snapshot.documents),
        "postings_a_question_p50": int(np.percentile(postings, 50)),
        **took.figures(),
        "of_it_scoring_p50_ms": percentile(scoring, 50),
    }


def looked_up(plan: Plan) -> set[tuple[int, str]]:
    return {(t.field, t.token) for g in plan.groups for t in g.terms} | {
        (t.field, t.token) for t in plan.extra
    }


def cause(found: list[dict[str, Any]]) -> dict[str, Any]:
    """A line fitted through the medians: what a search costs anyway, and for each posting."""
    x = np.asarray([f["postings_a_question_p50"] for f in found], dtype=float)
    y = np.asarray([f["processor_p50_ms"] for f in found])
    slope, fixed = np.polyfit(x, y, 1)
    return {
        "fixed_ms": round(float(fixed), 3),
        "ns_a_posting": round(float(slope) * 1e6, 2),
        "cause": "a search reads every posting of its terms once, and passes over one number for each "
        "passage to weigh and to cut off; both grow with the base, and cost more each once they "
        "outgrow the processor's cache. Looking terms up and the page itself cost the same at any size.",
    }


def grow(snapshot: Snapshot, target: Path, size: int, seed: int) -> None:
    """Writes a base of about `size` passages to `target`, with documents of the snapshot."""
    rng = random.Random(seed)
    ordinals = list(range(len(snapshot.documents)))
    rng.shuffle(ordinals)
    chosen: list[int] = []
    count = 0
    while count < size:
        ordinal = ordinals[len(chosen)] if len(chosen) < len(ordinals) else rng.choice(ordinals)
        first, end = snapshot.spans[ordinal]
        chosen.append(ordinal)
        count += end - first
    name = snapshot.name
    directory = target / "index" / "generations" / name
    parts = [part_name(Audience.PUBLIC, n) for n in range(_PARTS)]
    entries = []
    for n, part in enumerate(parts):
        slots = []
        source: list[int] = []
        for copy, ordinal in list(enumerate(chosen))[n::_PARTS]:
            info = snapshot.documents[ordinal]
            first, end = snapshot.spans[ordinal]
            slots.append((f"{info.id}-{copy}", info.version, len(source), end - first))
            entries.append(replace(info, id=f"{info.id}-{copy}"))
            source += range(first, end)
        write_copy(snapshot, directory / "parts" / part, np.asarray(source), slots)
    catalog.save(directory / "catalog.jsonl", entries)
    sentinel = replace(
        snapshot.sentinel, documents=len(entries), passages=count, parts=tuple(parts)
    )
    for part in parts:
        sums.seal(directory / "parts" / part)
    generation.seal(directory, sentinel)
    (target / "index" / "current").write_text(name, "utf-8")


def write_copy(
    snapshot: Snapshot, directory: Path, source: npt.NDArray[np.int64], slots: list[Any]
) -> None:
    """One part: passage i is the snapshot's passage source[i]."""
    directory.mkdir(parents=True)
    # Where each old passage is copied to: its new numbers, one after the other.
    copies = np.bincount(source, minlength=snapshot.passages)
    into = np.argsort(source, kind="stable")
    into_starts = np.concatenate(([0], np.cumsum(copies)))
    keys = np.unique(np.concatenate([p._terms for p in snapshot.parts]))
    places = [p.locate(keys) for p in snapshot.parts]
    starts = [0]
    with (
        (directory / "ids.raw").open("wb") as ids_file,
        (directory / "impacts.raw").open("wb") as out,
    ):
        sizes = sum(ends - begins for begins, ends in places)
        edges = np.concatenate(([0], np.cumsum(sizes)))
        at = 0
        while at < len(keys):
            to = max(at + 1, int(np.searchsorted(edges, edges[at] + _CHUNK, "right")) - 1)
            ids, impacts, terms = [], [], []
            for first, part, (begins, ends) in zip(
                snapshot.firsts, snapshot.parts, places, strict=True
            ):
                i, w, n = part.gather(begins[at:to], ends[at:to])
                ids.append(i.astype(np.int64) + first)
                impacts.append(w)
                terms.append(np.repeat(np.arange(to - at), n))
            old, weight, term = (np.concatenate(x) for x in (ids, impacts, terms))
            times = copies[old]
            offsets = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
            new = into[np.repeat(into_starts[old], times) + offsets]
            term = np.repeat(term, times)
            order = np.argsort(term * len(source) + new, kind="stable")
            new[order].astype(np.int32).tofile(ids_file)
            np.repeat(weight, times)[order].astype(np.float32).tofile(out)
            starts += (np.cumsum(np.bincount(term, minlength=to - at)) + starts[-1]).tolist()
            at = to
    np.save(directory / "terms.npy", keys)
    np.save(directory / "starts.npy", np.asarray(starts, dtype=np.int64))
    for name, dtype in (("ids", np.int32), ("impacts", np.float32)):
        np.save(directory / f"{name}.npy", np.fromfile(directory / f"{name}.raw", dtype=dtype))
        (directory / f"{name}.raw").unlink()
    for name in ("records", "folded"):
        lengths = [0]
        with (directory / f"{name}.bin").open("wb") as file:
            for number in source.tolist():
                p = int(np.searchsorted(snapshot.starts, number, side="right")) - 1
                part = snapshot.parts[p]
                local = number - snapshot.firsts[p]
                blob = getattr(part, f"_{name}")
                where = getattr(part, "_record_starts" if name == "records" else "_folded_starts")
                lengths.append(lengths[-1] + file.write(blob[where[local] : where[local + 1]]))
        np.save(directory / f"{name}.npy", np.asarray(lengths, dtype=np.int64))
    facts = {
        "passages": len(source),
        "tokens": snapshot.parts[0].lengths.tokens,
        "pivots": snapshot.parts[0].pivots,
        "documents": slots,
    }
    (directory / "part.json").write_text(json.dumps(facts), "utf-8")


if __name__ == "__main__":
    main()
