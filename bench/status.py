"""时效性 shown, against what the national database says of the same texts.

    python -m bench.status BASE [--misses 40] [--save]

BASE: a data directory with ../shared/data/{laws,laws-local,regulations-2025,flk-2026,npc-2026} indexed. The
truth about a text is the head of flk-2026 with its name and day of publication; a text counts as not in
force if it was amended or repealed. `sources`: as the site shows it. `alone`: with every statement of a
source on status and expiry ignored, so that only dates, repeal clauses, decisions, the list of laws in
force and the shipped tables speak. Both on two days: the list's, and 2026-03-19, the day before decree 829
took effect, whose outcome the mirror's heads of May do not have; on the list's day that counts as errors
of the program. On the earlier day the list does not speak yet. `words`: what is displayed today.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bench.machine import DATA, save
from kb.amendments import key_of
from kb.documents import STATUTE_KINDS, Audience, Status
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.index.generation import CATALOG, Generations
from kb.lists import shipped

_FIELD = re.compile(r"^(title|publication_date|status): '?(.*?)'?$", re.MULTILINE)
_ENDED = (Status.AMENDED, Status.REPEALED)
_BEFORE_829 = date(2026, 3, 19)
_TRUTH = {"有效": False, "已修改": True, "已废止": True}


@dataclass(frozen=True, slots=True)
class Head:
    """What the database says of a text. ended: amended or repealed."""

    title: str
    published: str
    kind: str
    ended: bool


def heads(root: Path) -> list[Head]:
    """The texts of the mirror whose status it knows."""
    found = []
    for path in sorted(root.glob("*/*.md")):
        head = dict(_FIELD.findall(path.read_text("utf-8").split("\n---", 1)[0]))
        ended = _TRUTH.get(head.get("status", ""))
        if ended is not None and head.get("publication_date"):
            kind = path.parent.name
            found.append(Head(head["title"], head["publication_date"], kind, ended))
    return found


def compare(
    truth: Iterable[Head], shown: Iterable[DocumentInfo]
) -> tuple[dict[str, float], list[str]]:
    """Precision and recall of not in force, and the misses in words."""
    places: Mapping[tuple[str, str], list[DocumentInfo]] = defaultdict(list)
    for e in shown:
        if e.kind in STATUTE_KINDS and e.published:
            places[key_of(e.work or e.title), e.published.isoformat()].append(e)
    right = claimed = ended = texts = 0
    misses = []
    for head in truth:
        for e in places.get((key_of(head.title), head.published), ()):
            texts += 1
            says = e.status in _ENDED
            right += says and head.ended
            claimed += says
            ended += head.ended
            if says != head.ended:
                which = "not found" if head.ended else "wrongly"
                note = f"{e.status} {e.status_note}"
                misses.append(f"{which}\t{head.kind}\t{head.title}\t{head.published}\t{note}")
    figures = {
        "texts": texts,
        "not_in_force": ended,
        "precision": round(right / claimed, 4) if claimed else 0.0,
        "recall": round(right / ended, 4) if ended else 0.0,
    }
    return figures, misses


def entries(base: Path) -> list[DocumentInfo]:
    """The public entries of the serving generation as a snapshot takes them: copies lend their day."""
    generations = Generations(base)
    whole = generations.whole()
    if whole is None:
        raise SystemExit(f"no index in {base}")
    every = catalog.load(generations.directory(whole[0]) / CATALOG)
    public = catalog.seen_by(Audience.PUBLIC, every)
    own = (e for e in public if not e.copy_of)
    return catalog.with_newest_word(own, (e for e in public if e.copy_of))


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench.status")
    parser.add_argument("base", type=Path)
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--save", action="store_true")
    given = parser.parse_args(args)
    every, truth = entries(given.base), heads(DATA / "flk-2026")
    alone = [replace(e, status=None, expires=None) for e in every]
    results: dict[str, object] = {}
    for day in (_BEFORE_829, shipped().day):
        for name, those in (("sources", every), ("alone", alone)):
            shown = catalog.shown(those, day)
            figures, misses = compare(truth, shown)
            by_kind = {
                kind: compare([h for h in truth if h.kind == kind], shown)[0]
                for kind in sorted({h.kind for h in truth})
            }
            results[f"{name} {day.isoformat()}"] = {"all": figures, **by_kind}
            for line in misses[: given.misses]:
                print(name, day, line, sep="\t")
    shown = catalog.shown(every, date.today())
    statutes = [e for e in shown if e.kind in STATUTE_KINDS]
    results["words"] = dict(Counter(e.status_words for e in statutes).most_common(12))
    if given.save:
        save("status", results)
    else:
        print(json.dumps(results, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
