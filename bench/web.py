"""The site over HTTP, on this machine alone: result pages by one reader, and by sixteen at once.

    python -m bench.web --data-dir DIR [--seconds 10] [--clients 16] [--workers 2] [--seed 7]

Starts `kb serve` on 127.0.0.1 and ends it. Clients run in this process and take processor time from
the server: on two cores the requests a second are a lower bound.
"""

import argparse
import http.client
import itertools
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from bench import corpus
from bench.machine import save
from kb.documents import Audience
from kb.index.document_info import DocumentInfo
from kb.knowledge.base import KnowledgeBase

_STARTUP = 60.0
_WARM = 10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    knowledge = KnowledgeBase.open(args.data_dir)
    documents = knowledge.documents(Audience.PUBLIC)
    knowledge.close()
    texts = corpus.texts(documents, args.seed)
    random.Random(args.seed).shuffle(texts)
    figures: dict[str, Any] = {"seed": args.seed, "load_average": os.getloadavg()[0]}
    with serving(args.data_dir, 1) as (port, process):
        pages = [f"/search?q={quote(t)}" for t in texts[:300]]
        used = processor_seconds(process.pid)
        figures["search_page_1_client"] = one_by_one(port, pages)
        used = processor_seconds(process.pid) - used
        figures["search_page_processor_ms"] = round(used / (len(pages) + _WARM) * 1000, 2)
        figures["api_1_client"] = one_by_one(port, [f"/api/v1{p}" for p in pages])
        figures["suggest_1_client"] = one_by_one(
            port, [f"/api/v1/suggest?q={quote(t[:n])}" for t in texts[:100] for n in (1, 2, 4)]
        )
        figures["law_page_1_client"] = one_by_one(port, [longest_law(documents)] * 30)
        figures["memory_mb_1_worker"] = memory(process.pid)
    with serving(args.data_dir, args.workers) as (port, process):
        pages = [f"/search?q={quote(t)}" for t in texts]
        one_by_one(port, pages[:60])
        figures["many_clients"] = {
            "clients": args.clients,
            "workers": args.workers,
            **at_once(port, pages, args.clients, args.seconds, args.seed),
        }
        figures["memory_mb_all_processes"] = memory(process.pid)
    save("web", figures)


@contextmanager
def serving(data_dir: Path, workers: int) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """A server of its own on a free port of 127.0.0.1, ended with everything it started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-c", "from kb.cli import main; main()", "serve"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data_dir)]
    command += ["--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + _STARTUP
        while True:
            try:
                if get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/")[0] == 200:
                    break
            except OSError:
                pass
            if process.poll() is not None or time.monotonic() > limit:
                sys.exit("kb serve did not answer")
            time.sleep(0.1)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, int]:
    """Status and size of an answer."""
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    return response.status, len(response.read())


def one_by_one(port: int, paths: list[str]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path in paths[:_WARM]:
        get(connection, path)
    took, sizes, failed = [], [], 0
    for path in paths:
        started = time.perf_counter()
        status, size = get(connection, path)
        took.append((time.perf_counter() - started) * 1000)
        sizes.append(size)
        failed += status != 200
    connection.close()
    return {
        "requests": len(took),
        "not_200": failed,
        "p50_ms": round(float(np.percentile(took, 50)), 2),
        "p95_ms": round(float(np.percentile(took, 95)), 2),
        "bytes_p50": int(np.percentile(sizes, 50)),
    }


def at_once(port: int, paths: list[str], clients: int, seconds: float, seed: int) -> dict[str, Any]:
    """Each client asks one page after another over a connection of its own until time is up. No page
    is asked for a second time before all have been."""
    took: list[float] = []
    failed: list[str] = []
    end = time.monotonic() + seconds
    order = random.Random(seed).sample(paths, len(paths))
    following = itertools.cycle(order)

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        while time.monotonic() < end:
            path = next(following)
            started = time.perf_counter()
            try:
                status, _ = get(connection, path)
            except (OSError, http.client.HTTPException) as error:
                failed.append(type(error).__name__)
                connection.close()
                continue
            took.append((time.perf_counter() - started) * 1000)
            if status != 200:
                failed.append(str(status))
        connection.close()

    started, own = time.monotonic(), time.process_time()
    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "pages": len(paths),
        "requests": len(took),
        "client_processor_ms": round((time.process_time() - own) / max(1, len(took)) * 1000, 2),
        "failed": sorted(failed)[:20],
        "requests_a_second": round(len(took) / (time.monotonic() - started), 1),
        "p50_ms": round(float(np.percentile(took, 50)), 1),
        "p95_ms": round(float(np.percentile(took, 95)), 1),
    }


def memory(pid: int) -> dict[str, int]:
    """Megabytes of a process and its descendants: resident counts pages of mapped files in every
    process that has touched them, shared divides them up, own leaves all mapped files out."""
    sums = {"resident": 0, "shared_divided": 0, "own": 0}
    names = {"Rss": ["resident"], "Pss": ["shared_divided"], "Anonymous": ["own"]}
    waiting = [pid]
    while waiting:
        current = Path(f"/proc/{waiting.pop()}")
        for line in (current / "smaps_rollup").read_text("utf-8").splitlines()[1:]:
            name, _, rest = line.partition(":")
            for sum_of in names.get(name, ()):
                sums[sum_of] += int(rest.split()[0])
        for task in (current / "task").iterdir():
            waiting += map(int, (task / "children").read_text("utf-8").split())
    return {name: round(kilobytes / 1000) for name, kilobytes in sums.items()}


def processor_seconds(pid: int) -> float:
    """Of a process without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def longest_law(documents: Sequence[DocumentInfo]) -> str:
    """The page of the law with the most articles."""
    longest = max((d for d in documents if d.work), key=lambda d: d.passages)
    return f"/law/{quote(longest.work)}"


if __name__ == "__main__":
    main()
