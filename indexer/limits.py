"""Limits for reading one file: time, memory, and how they are enforced."""

import os
import re
import resource
import signal
from pathlib import Path

SECONDS = 60.0
"""Wall time for one piece: a file, or a member of a container."""

MEMORY_MB = 1_500
"""Megabytes a reader may allocate beyond what it starts with."""

ZIP_ENTRIES = 20_000
"""Entries of a zip file; a workbook with many sheets and pictures has some thousand."""

ZIP_TOTAL = 500_000_000
"""Bytes decompressed from one zip file, or from a container including everything nested in it."""

ZIP_RATIO = 200
"""Maximum decompression ratio of an entry, a zip file or a container, once it exceeds
`ZIP_SMALL`; repetitive tables reach 100."""

ZIP_SMALL = 4_000_000

PART = 64_000_000
"""Bytes of one decompressed package part; the body of a 10,000-page report has some 30 MB."""

MEMBERS = 2_000
"""Documents of one container, including those of nested ones."""


def swollen(size: int, packed: int) -> bool:
    """Whether the decompressed size exceeds the allowed ratio to the compressed size."""
    return size > max(ZIP_SMALL, ZIP_RATIO * packed)


def limit_memory(megabytes: int) -> None:
    """Limits how much more this process may allocate; beyond that allocation fails.

    Private memory is counted (RLIMIT_DATA), not address space: libraries map far more than they
    use. Only the soft limit is set, so that a child program may be given a different one.
    """
    held = _status("VmData")
    if held is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held * 1024 + megabytes * 1_000_000
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def memory_mb() -> tuple[int, int]:
    """Resident megabytes of this process: now, and the peak; (0, 0) if unknown."""
    now, most = _status("VmRSS") or 0, _status("VmHWM") or 0
    return now // 1000, most // 1000


def _status(name: str) -> int | None:
    """A line of /proc/self/status in kB; None if there is no such file."""
    try:
        text = Path("/proc/self/status").read_text("utf-8", "replace")
    except OSError:
        return None
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else None


def kill_tree(pid: int | None) -> None:
    """Kills all descendants of a process, not itself: a converter would outlive its parent."""
    for child in _descendants(pid) if pid else ():
        try:
            os.kill(child, signal.SIGKILL)
        except OSError:
            continue


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        try:
            tasks = list(Path(f"/proc/{current}/task").iterdir())
            children = " ".join((t / "children").read_text("utf-8") for t in tasks)
        except OSError:
            continue
        numbers = [int(n) for n in children.split()]
        found += numbers
        waiting += numbers
    return found
