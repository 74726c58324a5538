"""Hours of everyday use: mixed requests at a steady rate, and a refresh every few minutes.

    python -m bench.soak [--hours 2] [--rate 60] [--refresh-minutes 5] [--data-dir DIR] [--workers 2]

DIR is copied; without it the bundled corpus is indexed. Beside it stands a folder of small papers of
which one is changed before each refresh. Requests are sent when they are due, whether or not the ones
before are answered (a time that counts from then on), by threads of this process. Writes
bench/results/soak.json.
"""

import argparse
import http.client
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from bench import corpus
from bench.addresses import Composer, Known
from bench.machine import save
from bench.web import memory, serving
from kb.documents import Audience
from kb.knowledge.base import KnowledgeBase

CLIENTS = 32
CORPUS = Path(__file__).parents[1] / "corpus"
_KB = [sys.executable, "-c", "from kb.cli import main; main()"]


@dataclass(slots=True)
class Tally:
    """took: milliseconds from when a request was due. faults: statuses of 500 and more, and errors of
    connections, each with an address."""

    took: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, path: str, status: str, took: float) -> None:
        with self.lock:
            self.took.append(took)
            self.statuses[status] += 1
            if not status.isdigit() or int(status) >= 500:
                self.faults.append(f"{status} {path[:200]}")


def mixture(knowledge: KnowledgeBase, seed: int) -> Iterator[str]:
    """Addresses without end: mostly what readers ask for, now and then a nasty one."""
    rng = random.Random(seed)
    known = Known.of(knowledge)
    documents = knowledge.documents(Audience.PUBLIC)
    texts = corpus.texts(documents, seed)
    nasty = iter(Composer(known, seed))
    while True:
        text, info = rng.choice(texts), rng.choice(documents)
        law = quote(rng.choice(known.works)) if known.works else ""
        number = rng.randint(1, 40)
        yield rng.choices(
            (
                f"/search?q={quote(text)}",
                f"/api/v1/suggest?q={quote(text[: rng.randint(1, 6)])}",
                f"/doc/{info.id}",
                f"/law/{law}/{number}",
                f"/search?q={quote(text[:6])}&sort=date&page={rng.randint(1, 5)}",
                f"/api/v1/search?q={quote(text)}&group=none",
                f"/feed?q={quote(text[:4])}",
                f"/search.csv?q={quote(text[:4])}",
                f"/doc/{info.id}/text.docx",
                rng.choice(("/", "/topics", "/about", "/healthz", "/statistics", "/sitemap.xml")),
                next(nasty),
            ),
            (30, 20, 12, 12, 8, 6, 3, 1, 1, 5, 2),
        )[0]


def ask(port: int, paths: Iterator[str], rate: float, end: float, tally: Tally) -> None:
    """Sends requests at the rate until the end, from CLIENTS threads."""
    due = itertools.count()
    started = time.monotonic()
    choosing = threading.Lock()

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with choosing:
                path, at = next(paths), started + next(due) / rate
            if at > end:
                connection.close()
                return
            time.sleep(max(0.0, at - time.monotonic()))
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                status = str(response.status)
            except http.client.RemoteDisconnected:
                # An idle connection may be ended just as it is used: a browser asks again.
                connection.close()
                status = "again"
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status = type(error).__name__
            if status == "again":
                status = _once_more(connection, path)
            tally.add(path, status, (time.monotonic() - at) * 1000)

    threads = [threading.Thread(target=run) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _once_more(connection: http.client.HTTPConnection, path: str) -> str:
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return type(error).__name__
    return str(response.status)


def refresh(data_dir: Path, folder: Path, number: int) -> int:
    """Changes one paper, adds one, and runs the refresh; its exit code."""
    for n in (number % 20, 20 + number):
        text = f"第{number}次照明设施养护通知\n\n各养护单位应当在第{number}周内检查照明设施，列出损坏之处。\n"
        (folder / f"{n}.txt").write_text(text * 3, "utf-8")
    command = [*_KB, "index", str(folder), "--data-dir", str(data_dir), "--json"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--refresh-minutes", type=float, default=5.0)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        base, folder = Path(place) / "kb", Path(place) / "papers"
        folder.mkdir()
        if args.data_dir:
            shutil.copytree(args.data_dir, base)
        else:
            command = [*_KB, "index", str(CORPUS), "--data-dir", str(base), "--json"]
            subprocess.run(command, capture_output=True, check=True)
        codes = Counter({str(refresh(base, folder, 0)): 1})
        knowledge = KnowledgeBase.open(base)
        paths = mixture(knowledge, args.seed)
        list(islice(paths, 10))
        passages = sum(d.passages for d in knowledge.documents(Audience.PUBLIC))
        tally, samples = Tally(), []
        load = os.getloadavg()[0]
        with serving(base, args.workers) as (port, process):
            end = time.monotonic() + args.hours * 3600
            asking = threading.Thread(target=ask, args=(port, paths, args.rate, end, tally))
            asking.start()
            again = time.monotonic() + args.refresh_minutes * 60
            number = 0
            while asking.is_alive():
                samples.append(memory(process.pid)["own"])
                if time.monotonic() > again and time.monotonic() < end:
                    number += 1
                    codes[str(refresh(base, folder, number))] += 1
                    again += args.refresh_minutes * 60
                asking.join(10)
        knowledge.close()
    took = np.asarray(tally.took)
    figures: dict[str, Any] = {
        "seed": args.seed,
        "hours": round(args.hours, 3),
        "rate": args.rate,
        "workers": args.workers,
        "passages": passages,
        "load_average": [round(load, 1), round(os.getloadavg()[0], 1)],
        "requests": len(took),
        "statuses": dict(sorted(tally.statuses.items())),
        "faults": len(tally.faults),
        "first_faults": tally.faults[:20],
        "refreshes": dict(codes),
        **{f"p{p}_ms": round(float(np.percentile(took, p)), 1) for p in (50, 95, 99)},
        "max_ms": round(float(took.max()), 1),
        # After the first tenth, when dictionaries and caches are there.
        "own_mb": {
            "start": samples[min(len(samples) // 10, len(samples) - 1)],
            "peak": max(samples),
            "end": samples[-1],
            "along": samples[:: max(1, len(samples) // 12)],
        },
    }
    save("soak", figures)
    if tally.faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
