"""What the engines are compared on: passages as counted tokens, their facets, weighted questions.

Tokens are cut once and numbered, so that every engine gets the same ones and none cuts text itself.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.machine import DATA
from kb.documents import Audience
from kb.index.document_info import FACETS, DocumentInfo
from kb.index.part_writer import searchable
from kb.index.snapshot import Snapshot
from kb.lawnames import LawNames
from kb.library import Library
from kb.search.compose import compose
from kb.search.plan import Plan
from kb.search.query import parse
from kb.search.results import Request
from kb.search.understand import Lexicon, understand
from kb.text.analysis import Analyzer

Bag = dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """A passage: counts of its tokens in each of FIELDS, and values of each of FACETS."""

    fields: tuple[Bag, ...]
    facets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A query as weighted tokens by field: what the composed plan looks up."""

    text: str
    plan: Plan
    terms: tuple[tuple[int, str, float], ...]


class Numbering(dict[str, str]):
    """token → the ASCII word that stands for it in every engine."""

    def __missing__(self, token: str) -> str:
        self[token] = word = f"t{len(self):x}"
        return word


def rows(snapshot: Snapshot, library: Library, analyzer: Analyzer, names: Numbering) -> list[Row]:
    """Every living passage of the snapshot, in the order of the snapshot's documents."""
    out: list[Row] = []
    documents = dict(library.load([d.version for d in snapshot.documents]))
    for info in snapshot.documents:
        document = documents[info.version]
        title = _named(analyzer.count_both(document.title), names)
        facets = tuple(_values(info, f) for f in FACETS)
        paths: dict[tuple[str, ...], Bag] = {}
        for passage in document.passages:
            text = searchable(passage)
            if passage.path not in paths:
                heading = analyzer.count_both(" ".join(passage.path))
                paths[passage.path] = _named(heading, names)
            words = _named(analyzer.count_words(text), names)
            grams = _named(analyzer.count_grams(text), names)
            out.append(Row((words, grams, title, paths[passage.path]), facets))
    return out


def texts(documents: Sequence[DocumentInfo], seed: int) -> list[str]:
    """The judged questions where they are present, else questions made of titles."""
    path = DATA / "stard" / "dev.jsonl"
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line)["query"] for line in lines]
    titles = sorted({d.title for d in documents})
    return [f"{t}是怎么规定的" for t in random.Random(seed).sample(titles, min(700, len(titles)))]


def questions(
    snapshot: Snapshot, analyzer: Analyzer, names: Numbering, seed: int
) -> list[Question]:
    """The questions of `texts` as plans, with the tokens that every engine looks up for them."""
    law_names = LawNames(sorted({d.work for d in snapshot.documents if d.work}))
    out = []
    for text in texts(snapshot.documents, seed):
        plan = plan_of(text, law_names, analyzer)
        if plan is None:
            continue
        weights: dict[tuple[int, str], float] = {}
        for term in [t for g in plan.groups for t in g.terms] + list(plan.extra):
            if term.token in names:
                key = term.field, names[term.token]
                weights[key] = weights.get(key, 0.0) + term.weight
        out.append(Question(text, plan, tuple((f, t, w) for (f, t), w in weights.items())))
    return out


def plan_of(text: str, law_names: LawNames, analyzer: Analyzer) -> Plan | None:
    """The plan for a query typed by someone of the public."""
    request = Request(text, audience=Audience.PUBLIC)
    parsed = parse(text)
    understood = understand(parsed, Lexicon(law_names, lambda *_: None), (), verbatim=False)
    return compose(parsed, understood, request, analyzer).plan


def _named(counts: Bag, names: Numbering) -> Bag:
    return {names[token]: count for token, count in counts.items()}


def _values(info: DocumentInfo, facet: str) -> tuple[str, ...]:
    value = info.topics if facet == "topic" else getattr(info, facet)
    if isinstance(value, tuple):
        return value
    return (str(value),) if value else ()


def text_of(bag: Bag) -> str:
    """The tokens as a text for engines that split at spaces."""
    return " ".join(" ".join([token] * count) for token, count in bag.items())


def folder_size(path: Path) -> float:
    """Megabytes of all files below."""
    return round(sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) / 1e6, 1)


def sample(items: Sequence[Question], count: int, seed: int) -> list[Question]:
    return random.Random(seed).sample(list(items), min(count, len(items)))
