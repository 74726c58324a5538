"""A nightly run killed at random moments: what is lost, and whether the site stays up.

    python -m bench.kills [--kills 50] [--seed 7]

Three sources: administrative regulations and work summaries of ../shared/data, and a folder of
invented notices that changes before each run. A real server is asked all the time.
"""

import argparse
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.machine import need_data, save
from kb.documents import Audience
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.search.results import Request

_KB = [sys.executable, "-c", "from kb.cli import main; main()"]
_NOTICES = 200
_REQUEST = Request('"社区矫正"', audience=Audience.STAFF, verbatim=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    data = need_data()
    with tempfile.TemporaryDirectory() as folder:
        figures = kills(data, Path(folder), args.kills, args.seed)
    save("kills", {"seed": args.seed, **figures})


def kills(data: Path, folder: Path, count: int, seed: int) -> dict[str, Any]:
    base, toml, rng = folder / "kb", folder / "kb.toml", random.Random(seed)
    shutil.copytree(data / "laws" / "行政法规", folder / "laws")
    places = (folder / "laws", data / "work-summaries", folder / "notices")
    toml.write_text("".join(f'[[source]]\nname="{p.name}"\npath="{p}"\n' for p in places), "utf-8")
    refresh = [*_KB, "refresh", "--config", str(toml), "--data-dir", str(base), "--json"]
    change(folder, 0)
    run(refresh)
    change(folder, 1)
    started = time.monotonic()
    whole = run(refresh)["seconds"]
    started = time.monotonic() - started
    held = KnowledgeBase.open(base)
    expected = held.search(_REQUEST).total
    answered = ended = 0
    moments = [started * (n + rng.random()) / count for n in range(count)]
    with Visitor(base) as visitor:
        for number, moment in enumerate(moments, 2):
            change(folder, number)
            process = subprocess.Popen(
                refresh,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                process.wait(moment)
                ended += 1
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            fresh = KnowledgeBase.open(base)
            answered += held.search(_REQUEST).total == fresh.search(_REQUEST).total == expected
            fresh.close()
        last = run(refresh)
    held.close()
    with Library.open(base) as library:
        faults = library.check()
        states = [r.state for r in library.last_runs(count + 3)]
    return {
        "sources": [p.name for p in places],
        "undisturbed_seconds": whole,
        "undisturbed_wall_seconds": round(started, 2),
        "kills": count - ended,
        "ended_before": ended,
        "answered_rightly_after": answered,
        "runs_noted_as_interrupted": states.count("interrupted"),
        "faults_of_the_library": faults,
        "documents_after_the_next_run": last["total_documents"],
        "failures_of_the_next_run": len(last["failures"]),
        "left_behind": [p.name for p in (base / "index").glob("building-*")],
        "site_answers": visitor.right,
        "site_failures": visitor.wrong,
    }


def change(folder: Path, moment: int) -> None:
    """Writes a third of the notices anew, and adds a paragraph to some of the regulations."""
    (folder / "notices").mkdir(exist_ok=True)
    for number in range(_NOTICES) if not moment else range(moment % 3, _NOTICES, 3):
        lines = [f"第{number}号的第{n}项，第{moment}次。" for n in range(6)]
        text = "\n\n".join([f"第{number}号通知", *lines])
        (folder / "notices" / f"{number:04}.txt").write_text(text, "utf-8")
    for file in sorted((folder / "laws").rglob("*.md"))[moment % 10 :: 10] if moment else []:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"\n\n第{moment}次补充。\n")


def run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"kb refresh ended with {done.returncode}")
    return dict(json.loads(done.stdout))


class Visitor:
    """A server over the base, asked ten times a second while inside `with`."""

    def __init__(self, base: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._base = base
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.right = self.wrong = 0

    def __enter__(self) -> "Visitor":
        command = [*_KB, "serve", "--data-dir", str(self._base), "--port", str(self._port)]
        self._server = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while self._server.poll() is None and not self._get("/healthz"):
            time.sleep(0.2)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._server.terminate()
        self._server.wait()

    def _ask(self) -> None:
        while not self._stop.wait(0.1):
            if self._get(f"/search?q={quote('行政处罚')}"):
                self.right += 1
            else:
                self.wrong += 1

    def _get(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=30) as page:
                return page.status == 200 and bool(page.read())
        except (OSError, urllib.error.URLError):
            return False


if __name__ == "__main__":
    main()
