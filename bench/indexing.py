"""Indexing the real statutes: completeness, time, memory, the repeat run.

    python -m bench.indexing

Articles are counted independently of the project's parser: one regular expression over raw lines.
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench.machine import need_data, save
from kb.library import Library

_LABEL = re.compile(r"^第[一二三四五六七八九十百千零〇]+条(?:之[一二三四五六七八九十]+)?")
_STRAY = re.compile(r"^第[一二三四五六七八九十百千零〇 ]+条(?:之[一二三四五六七八九十]+)?")
_KB = [sys.executable, "-c", "from kb.cli import main; main()"]


def main() -> None:
    data = need_data()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "kb"
        paths = [str(data / "laws"), str(data / "work-summaries")]
        first = measured(["index", *paths, "--data-dir", str(base), "--json"])
        again = measured(["index", *paths, "--data-dir", str(base), "--json"])
        figures: dict[str, Any] = {
            "full_seconds": first["seconds"],
            "full_peak_mb_all_processes": first["peak_mb"],
            "repeat_seconds": again["seconds"],
            "report": first["report"]["documents"],
            "repeat_report": again["report"]["documents"],
            "documents": first["report"]["total_documents"],
            "passages": first["report"]["total_passages"],
            "empty": first["report"]["empty"],
            "articles": articles(data / "laws", base),
        }
    save("indexing", figures)


def measured(arguments: list[str]) -> dict[str, Any]:
    """Runs kb; wall seconds, and the highest sum of resident memory over all its processes."""
    started = time.monotonic()
    process = subprocess.Popen([*_KB, *arguments], stdout=subprocess.PIPE, text=True)
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, _ = process.communicate()
    done.set()
    watcher.join()
    if process.returncode:
        sys.exit(f"kb {arguments[0]} ended with {process.returncode}:\n{out}")
    return {
        "seconds": round(time.monotonic() - started, 1),
        "peak_mb": round(peak),
        "report": json.loads(out),
    }


def resident(pid: int) -> float:
    """Resident megabytes of a process and its descendants, shared pages counted once a process."""
    total = 0.0
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        try:
            status = Path(f"/proc/{current}/status").read_text("utf-8")
            tasks = list(Path(f"/proc/{current}/task").iterdir())
            for task in tasks:
                waiting += map(int, (task / "children").read_text("utf-8").split())
        except (OSError, ValueError):
            continue
        m = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        total += int(m[1]) / 1000 if m else 0.0
    return total


def articles(laws: Path, base: Path) -> dict[str, Any]:
    """Articles of every file by the library against a count over its raw lines."""
    by_lines = with_stray = ours = files = differing = 0
    with Library.open(base, readonly=True) as library:
        documents: dict[str, list[str]] = {}
        for path, item in library.items("laws").items():
            if item.document_id:
                documents.setdefault(item.document_id, []).append(path)
        loaded = library.documents_by_ids(documents)
        for id, paths in documents.items():
            counted = [
                sum(bool(pattern.match(line)) for line in body(laws / p).splitlines())
                for pattern in (_LABEL, _STRAY)
                for p in paths
            ]
            files += len(paths)
            # The same law in two folders is one document; the parts of the 民法典 are one as well.
            parts = len({Path(p).name for p in paths})
            lines, stray = sum(counted[: len(paths)]), sum(counted[len(paths) :])
            found = sum(p.kind == "article" for p in loaded[id].passages)
            found *= 1 if parts > 1 else len(paths)
            by_lines, with_stray, ours = by_lines + lines, with_stray + stray, ours + found
            differing += found != stray
    return {
        "files": files,
        "documents": len(documents),
        "by_regular_expression": by_lines,
        "with_labels_that_have_a_stray_space": with_stray,
        "by_the_parser": ours,
        "documents_that_differ": differing,
    }


def body(path: Path) -> str:
    return path.read_text("utf-8").partition("<!-- INFO END -->")[2]


if __name__ == "__main__":
    main()
