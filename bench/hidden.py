"""Whether a stranger can tell by the clock what papers of staff say.

    python -m bench.hidden --data-dir DIR [--phrases 600] [--seed 7]

Phrases are made by chance from everyday words; half of them go into papers for staff, which are
published in a copy of the base, half into nothing. An anonymous reader asks for all of them in random
order, as phrases, as words and as beginnings of words. The statistic is the AUC: the chance that an
answer to a staff phrase took longer than one to a phrase of nothing. Where the clock tells nothing it is
.5, with a standard error of .017 for 600 and 600.
"""

import argparse
import http.client
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from bench.machine import save
from bench.web import get, memory, serving
from indexer.publish import publish
from kb import thesaurus
from kb.documents import Audience, Document, Kind, Passage, document_id
from kb.knowledge.base import KnowledgeBase
from kb.library import Library
from kb.progress import Quiet
from kb.search.results import Request

_A_PAPER = 10
"""Phrases of one paper."""

_FORMS: dict[str, Callable[[str], str]] = {
    "phrase": lambda t: "/api/v1/search?q=" + quote(f'"{t}"'),
    "words": lambda t: f"/api/v1/search?q={quote(t)}",
    "page": lambda t: f"/search?q={quote(t)}",
    "suggestion": lambda t: f"/suggest?q={quote(t[:4])}",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--phrases", type=int, default=600)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory(dir=args.data_dir.parent) as folder:
        data_dir = Path(folder) / "data"
        shutil.copytree(args.data_dir, data_dir)
        base = KnowledgeBase.open(data_dir)
        phrases = made(base, 2 * args.phrases, rng)
        base.close()
        hidden, nothing = phrases[: args.phrases], phrases[args.phrases :]
        add(data_dir, hidden)
        base = KnowledgeBase.open(data_dir, Audience.STAFF)
        asked = Request(f'"{hidden[0]}"', audience=Audience.STAFF, verbatim=True)
        if not base.search(asked).total:
            sys.exit("the papers are not in the base")
        passages = sum(d.passages for d in base.documents(Audience.PUBLIC))
        base.close()
        figures: dict[str, Any] = {"seed": args.seed, "passages": passages}
        figures["phrases"] = args.phrases
        with serving(data_dir, 1) as (port, process):
            for form, path in _FORMS.items():
                order = [(t, True) for t in hidden] + [(t, False) for t in nothing]
                rng.shuffle(order)
                times = timed(port, [path(t) for t, _ in order])
                of_staff = np.asarray(
                    [t for t, (_, staff) in zip(times, order, strict=True) if staff]
                )
                of_none = np.asarray([t for t, (_, s) in zip(times, order, strict=True) if not s])
                figures[f"auc_{form}"] = round(auc(of_staff, of_none), 3)
                figures[f"median_ms_{form}"] = round(float(np.median(times)) * 1000, 2)
            figures["memory_mb_1_worker"] = memory(process.pid)
    save("hidden", figures)
    off = {k: v for k, v in figures.items() if k.startswith("auc_") and not 0.45 <= v <= 0.55}
    sys.exit(f"told apart: {off}" if off else 0)


def made(base: KnowledgeBase, count: int, rng: random.Random) -> list[str]:
    """Phrases of three everyday words that no public text has."""
    words = sorted({e.word for e in thesaurus.load().entries if len(e.word) == 2})
    found: dict[str, None] = {}
    while len(found) < count:
        phrase = "".join(rng.sample(words, 3))
        if not base.search(Request(f'"{phrase}"', verbatim=True, size=1)).total:
            found[phrase] = None
    return list(found)


def add(data_dir: Path, phrases: Sequence[str]) -> None:
    """Publishes papers for staff with the phrases, each in a title and a passage."""
    with Library.open(data_dir) as library:
        source = library.put_source("hidden", "folder", str(data_dir), "")
        for number in range(0, len(phrases), _A_PAPER):
            some = phrases[number : number + _A_PAPER]
            paper = Document(
                document_id("hidden", str(number)),
                f"{some[0]}工作总结",
                Kind.WORK_SUMMARY,
                Audience.STAFF,
                tuple(
                    Passage(f"p{n}", "", (), f"本年{t}工作有序推进。") for n, t in enumerate(some)
                ),
            )
            library.put_document(paper)
            library.record_item(
                source, paper.id, size=1, mtime_ns=1, sha256="", document_id=paper.id
            )
        publish(data_dir, library, full=False, workers=1, progress=Quiet())


def timed(port: int, paths: Sequence[str]) -> list[float]:
    """Seconds of each answer, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path in paths[:30]:
        # Words of their own: an answer must not be the second to its question.
        get(connection, path + quote("甲"))
    found = []
    for path in paths:
        began = time.perf_counter()
        status, _ = get(connection, path)
        found.append(time.perf_counter() - began)
        if status != 200:
            sys.exit(f"{path} was answered {status}")
    connection.close()
    return found


def auc(some: "np.ndarray[Any, Any]", others: "np.ndarray[Any, Any]") -> float:
    """The chance that one of some is larger than one of the others; ties count half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, some, "left") + np.searchsorted(ordered, some, "right")
    return float(below.mean() / 2 / len(others))


if __name__ == "__main__":
    main()
