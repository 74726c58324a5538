"""Passages added, changed and removed: one published catalogue against the next."""

from collections.abc import Mapping
from pathlib import Path

from indexer.report import Report
from kb.search import catalog
from kb.search.generation import Generations


def catalogue(data_dir: Path) -> dict[str, tuple[str, int]]:
    """Version and passages of each document that is published now."""
    generations = Generations(data_dir)
    name = generations.usable_name()
    if not name:
        return {}
    try:
        entries = catalog.load(generations.directory(name) / "catalog.jsonl")
    except catalog.DAMAGED:
        return {}
    return {e.id: (e.version, e.passages) for e in entries}


def count_passages(
    report: Report, before: Mapping[str, tuple[str, int]], after: Mapping[str, tuple[str, int]]
) -> None:
    for id, (version, count) in after.items():
        if id not in before:
            report.passages.added += count
        elif before[id][0] != version:
            report.passages.changed += count
        else:
            report.passages.unchanged += count
    report.passages.removed = sum(n for id, (_, n) in before.items() if id not in after)
