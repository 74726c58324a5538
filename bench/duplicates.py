"""Recognising one text in several places: precision, recall, and what it costs.

    python -m bench.duplicates [--documents 400] [--seed 7] [--base DIR]

Copies are made of real documents (../shared/data: laws, laws-local, work-summaries) by leaving out,
masking and moving paragraphs, under other heads and feet, and all of it together; they are put
beside the originals as papers nobody labelled: no name of a law, no date. Every other pair of
documents that read alike is a negative: laws of different places on one subject, decisions of one
form, successors under another name. Three ways to tell are measured on the same pairs: MinHash with
sentences compared (what the project does), the estimate of MinHash alone, and the bottom-k sketch
that the project had before.
"""

import argparse
import os
import random
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rensa import RMinHash

from bench.indexing import measured
from bench.machine import need_data, save
from indexer import dedupe, resemblance
from kb import numerals
from kb.documents import Audience, Document, Kind, Passage
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.index.generation import Generations
from kb.library import Library
from kb.text.folding import fold

Paragraphs = list[str]
_LEAST_PARAGRAPHS = 8


# Copies


def cut(paragraphs: Paragraphs, rng: random.Random, place: str = "") -> Paragraphs:
    """Leaves out 5 to 30 % of the paragraphs: at the head, at the foot, or in the middle."""
    count = max(1, round(len(paragraphs) * rng.uniform(0.05, 0.30)))
    place = place or rng.choice(["head", "foot", "middle"])
    if place == "head":
        return paragraphs[count:]
    if place == "foot":
        return paragraphs[:-count]
    gone = set(rng.sample(range(len(paragraphs)), count))
    return [p for i, p in enumerate(paragraphs) if i not in gone]


def mask(paragraphs: Paragraphs, rng: random.Random, names: Sequence[str]) -> Paragraphs:
    """Figures, and the names given, become XX, 某某 or ***: all the same in one copy."""
    sign = rng.choice(["XX", "某某", "××", "***", "xxxx"])
    out = []
    for text in paragraphs:
        hidden = text
        for name in names:
            hidden = hidden.replace(name, sign)
        out.append("".join(_masked_figures(hidden, sign)))
    return out


def _masked_figures(text: str, sign: str) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(text):
        end = at
        while end < len(text) and text[end].isdigit() and text[end].isascii():
            end += 1
        out.append(sign if end > at else text[at])
        at = max(end, at + 1)
    return out


_NUMBERED = re.compile(r"^(第|[（(]?)([一二三四五六七八九十百千零]+)([条)）、])")


def renumber(paragraphs: Paragraphs) -> Paragraphs:
    """Every number before a paragraph is one less, as after an item that was left out."""

    def less(m: re.Match[str]) -> str:
        number = numerals.parse(m[2]) or 2
        return f"{m[1]}{numerals.write(max(1, number - 1))}{m[3]}"

    return [_NUMBERED.sub(less, p) for p in paragraphs]


def retype(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """One sentence in twenty has a character doubled, left out or mistaken."""
    out = []
    for text in paragraphs:
        sentences = re.split("(?<=[。；])", text)
        for i, sentence in enumerate(sentences):
            if len(sentence) > 2 and rng.random() < 0.05:
                at = rng.randrange(1, len(sentence) - 1)
                middle = rng.choice([sentence[at] * 2, "", "的"])
                sentences[i] = sentence[:at] + middle + sentence[at + 1 :]
        out.append("".join(sentences))
    return out


def reorder(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Cuts the text into 3 to 8 blocks of paragraphs and puts these in another order."""
    count = min(rng.randint(3, 8), len(paragraphs))
    edges = [0, *sorted(rng.sample(range(1, len(paragraphs)), count - 1)), len(paragraphs)]
    blocks = [paragraphs[a:b] for a, b in pairwise(edges)]
    rng.shuffle(blocks)
    return [p for block in blocks for p in block]


_OPENINGS = (
    "各街道办事处、镇人民政府，区直各部门：",
    "现将上级文件转发给你们，请结合本地区本部门实际，认真抓好贯彻落实。",
    "请于{m}月{d}日前将贯彻情况报区司法局普法与依法治理科，联系电话{n}。",
    "各单位要把学习宣传列入年度普法计划，主要负责同志要亲自部署、亲自督促。",
    "来源：{t}信息网  发布时间：20{m}-{d}  浏览次数：{n}  字号：大 中 小",
)
_CLOSINGS = (
    "区司法局办公室  20{m}年{d}月印发",
    "抄送：区委办公室、区人大常委会办公室、区政协办公室，存档{n}份。",
    "责任编辑：{t}  打印本页  关闭窗口  上一篇  下一篇  分享到微信",
)


def repost(paragraphs: Paragraphs, rng: random.Random) -> Paragraphs:
    """Another head of one to four paragraphs, another foot, and no first paragraph in a third."""

    def filled(form: str) -> str:
        return form.format(
            m=rng.randint(10, 12), d=rng.randint(10, 28), n=rng.randint(10_000, 99_999), t="某某"
        )

    head = [filled(f) for f in rng.sample(_OPENINGS, rng.randint(1, 4))]
    foot = [filled(f) for f in rng.sample(_CLOSINGS, rng.randint(1, 2))]
    rest = paragraphs[1:] if rng.random() < 1 / 3 else paragraphs
    return [*head, *rest, *foot]


def altered(
    document: Document, paragraphs: Paragraphs, kind: str, rng: random.Random
) -> Paragraphs:
    """The paragraphs of a copy of the given kind."""
    names = [n for n in (document.issuer, document.region, *_places(document)) if len(n) > 1]
    steps: dict[str, Callable[[Paragraphs], Paragraphs]] = {
        "cut_head": lambda p: cut(p, rng, "head"),
        "cut_foot": lambda p: cut(p, rng, "foot"),
        "cut_middle": lambda p: cut(p, rng, "middle"),
        "renumbered": lambda p: renumber(cut(p, rng, "middle")),
        "masked": lambda p: mask(p, rng, names),
        "reordered": lambda p: reorder(p, rng),
        "reposted": lambda p: repost(p, rng),
        "retyped": lambda p: retype(p, rng),
    }
    if kind in steps:
        return steps[kind](paragraphs)
    for name in ("renumbered", "masked", "reordered", "reposted"):
        paragraphs = steps[name](paragraphs)
    return paragraphs


def _places(document: Document) -> list[str]:
    """The words before 省 市 区 县 in the region: 杭州 of 浙江省杭州市."""
    found, word = [], ""
    for char in document.region:
        if char in "省市区县州":
            found += [word + char, word]
            word = ""
        else:
            word += char
    return [f for f in found if len(f) > 1]


KINDS = (
    *("cut_head", "cut_foot", "cut_middle", "renumbered", "masked", "reordered", "reposted"),
    *("retyped", "all_together"),
)


def paragraphs_of(document: Document) -> Paragraphs:
    return [line for line in resemblance.whole(document).split("\n") if line]


def copy_of(document: Document, kind: str, rng: random.Random, number: int) -> Document:
    """An unlabelled paper with the altered text."""
    lines = altered(document, paragraphs_of(document), kind, rng)
    passages = tuple(Passage(f"p{n}", "", (), text) for n, text in enumerate(lines, 1))
    return Document(
        f"copy{number:06d}", f"文件{number}", Kind.OTHER, Audience.PUBLIC, passages, format="txt"
    )


# Ways to tell


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents by id. kind: of KINDS, or empty for a negative. versions: of one law, by their
    labels; named: laws of different names. Both are kept apart by what they are."""

    one: str
    other: str
    kind: str
    versions: bool = False
    named: bool = False


def bottom_sketch(document: Document) -> tuple[int, ...]:
    """What the catalogue held before: the 32 smallest CRCs of stretches of eight characters."""
    text = "".join(fold("".join(p.text for p in document.passages)).split()).encode()
    if len(text) < 300:
        return ()
    return tuple(nsmallest(32, {zlib.crc32(text[i : i + 24]) for i in range(0, len(text) - 24)}))


def bottom_similarity(one: Sequence[int], other: Sequence[int]) -> float:
    both = nsmallest(32, set(one) | set(other))
    common = set(one) & set(other)
    return sum(v in common for v in both) / len(both) if both else 0.0


def figures_at(scored: Sequence[tuple[float, bool]], threshold: float) -> dict[str, float]:
    """scored: (score, is a copy). What is at the threshold or above is called a copy."""
    hit = sum(1 for s, true in scored if true and s >= threshold)
    false = sum(1 for s, true in scored if not true and s >= threshold)
    copies = sum(1 for _, true in scored if true)
    return {
        "threshold": threshold,
        "precision": round(hit / (hit + false), 4) if hit + false else 1.0,
        "recall": round(hit / copies, 4),
        "false": false,
    }


def curve(scored: Sequence[tuple[float, bool]], steps: Sequence[float]) -> list[dict[str, float]]:
    return [figures_at(scored, step) for step in steps]


def best_recall(scored: Sequence[tuple[float, bool]], precision: float) -> dict[str, float]:
    """The threshold with the highest recall among those that keep the precision."""
    rows = [figures_at(scored, t) for t in sorted({round(s, 3) for s, _ in scored})]
    kept = [r for r in rows if r["precision"] >= precision]
    return max(kept, key=lambda r: r["recall"]) if kept else {}


# Measuring


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=400, help="originals that are copied")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--base", type=Path, help="a data directory of these folders, to be read")
    args = parser.parse_args()
    data = need_data()
    with tempfile.TemporaryDirectory() as folder:
        base = args.base or Path(folder) / "kb"
        seconds = 0.0
        if args.base is None:
            sources = [str(data / n) for n in ("laws", "laws-local", "work-summaries")]
            sources = [s for s in sources if Path(s).is_dir()]
            seconds = measured(["index", *sources, "--data-dir", str(base), "--json"])["seconds"]
        with Library.open(base, readonly=True) as library:
            hashes = [e.hash for e in library.entries()]
            documents = {d.id: d for _, d in library.load(hashes)}
        figures: dict[str, Any] = {
            "seed": args.seed,
            "documents": len(documents),
            "passages": sum(len(d.passages) for d in documents.values()),
            "full_build_s": seconds or "not measured",
            "quality": quality(documents, args.documents, args.seed),
            "load_average": os.getloadavg()[0],
            "libraries": libraries(documents, args.seed),
            "cost": cost(base, Path(folder)),
        }
    save("duplicates", figures)


def quality(documents: dict[str, Document], count: int, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    summaries = [d for d in documents.values() if d.kind is Kind.WORK_SUMMARY]
    eligible = [d for d in documents.values() if d not in summaries and _long(d)]
    originals = [*summaries, *rng.sample(sorted(eligible, key=lambda d: d.id), count)]
    every = dict(documents)
    copies: list[Pair] = []
    for original in originals:
        for kind in KINDS:
            made = copy_of(original, kind, rng, len(copies))
            every[made.id] = made
            copies.append(Pair(original.id, made.id, kind))
    ids = sorted(every)
    prints = {id: resemblance.fingerprint(every[id], id) for id in ids}
    infos = {
        id: replace(catalog.describe(every[id], id, ""), length=prints[id].length) for id in ids
    }
    met = {
        (ids[a], ids[b]): e
        for a, b, e in resemblance.candidates(prints[id].signature for id in ids)
    }
    negatives = _negatives(documents, infos, prints)
    pairs = [*copies, *negatives]
    laid = {
        id: resemblance.stretches(resemblance.whole(every[id]))
        for id in {i for p in pairs for i in (p.one, p.other)}
    }
    sketches = {id: bottom_sketch(every[id]) for id in laid}
    rows = []
    for pair in pairs:
        found = resemblance.compare(laid[pair.one], laid[pair.other])
        estimate = met.get((min(pair.one, pair.other), max(pair.one, pair.other)), 0.0)
        rows.append((pair, found, estimate))
    return _report(rows, sketches, copies, negatives)


def _long(document: Document) -> bool:
    lines = paragraphs_of(document)
    return len(lines) >= _LEAST_PARAGRAPHS and sum(map(len, lines)) >= 400


def _negatives(
    documents: dict[str, Document], infos: dict[str, DocumentInfo], prints: dict[str, Any]
) -> list[Pair]:
    """Pairs of originals whose stretches overlap by a tenth or more, other than one and the same
    text under two names; beside them pairs of one kind and about the same length."""
    ids = sorted(i for i in documents if prints[i].signature)
    rows = np.asarray([np.frombuffer(prints[i].signature, dtype="<u4") for i in ids])
    found = []
    for at, one in enumerate(ids):
        share = (rows[at + 1 :] == rows[at]).mean(axis=1)
        for place in np.flatnonzero(share >= 0.1).tolist():
            other = ids[at + 1 + place]
            if prints[one].body == prints[other].body and infos[one].work != infos[other].work:
                continue
            found.append(_negative(infos[one], infos[other]))
    by_kind: dict[Kind, list[str]] = {}
    for id in ids:
        by_kind.setdefault(documents[id].kind, []).append(id)
    for members in by_kind.values():
        members.sort(key=lambda i: prints[i].length)
        for one, other in zip(members[::4], members[1::4], strict=False):
            if prints[one].body != prints[other].body:
                found.append(_negative(infos[one], infos[other]))
    return list(dict.fromkeys(found))


def _negative(one: DocumentInfo, other: DocumentInfo) -> Pair:
    versions = bool(one.work) and one.work == other.work
    return Pair(one.id, other.id, "", versions, not versions and dedupe.apart(one, other, {}))


def _report(
    rows: list[tuple[Pair, Any, float]],
    sketches: dict[str, tuple[int, ...]],
    copies: list[Pair],
    negatives: list[Pair],
) -> dict[str, Any]:
    least, most = resemblance.MATCHED, resemblance.ALTERED

    def score(found: Any, estimate: float) -> float:
        """1 - altered, where the pair is met at all and enough is matched."""
        met = estimate >= resemblance.LEAST_ESTIMATE and found.matched >= least
        return 1.0 - found.altered if met else 0.0

    ways = {
        "minhash_and_sentences": [(score(f, e), p) for p, f, e in rows],
        "minhash_estimate_alone": [(e, p) for p, _, e in rows],
        "bottom_k_before": [
            (bottom_similarity(sketches[p.one], sketches[p.other]), p) for p, _, _ in rows
        ],
    }
    chosen = round(1.0 - most, 6)
    out: dict[str, Any] = {
        "copies": len(copies),
        "negatives": len(negatives),
        "negatives_versions_of_one_law": sum(p.versions for p in negatives),
        "negatives_laws_of_different_names": sum(p.named for p in negatives),
        "chosen": {"matched_at_least": least, "altered_at_most": most},
    }
    for name, scored in ways.items():
        threshold = {"minhash_and_sentences": chosen, "bottom_k_before": 0.75}.get(name, 0.5)
        by = {
            # Versions are linked as such and left out here; all else must be told by its text.
            "versions_known": [(0.0 if p.versions else s, bool(p.kind)) for s, p in scored],
            # As the project does: laws of different names are no copies either.
            "all_labels": [(0.0 if p.versions or p.named else s, bool(p.kind)) for s, p in scored],
            "no_labels": [(s, bool(p.kind)) for s, p in scored],
        }
        steps = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99]
        out[name] = {
            **{
                label: {
                    "at_threshold": figures_at(judged, threshold),
                    "best_at_precision_98": best_recall(judged, 0.98),
                }
                for label, judged in by.items()
            },
            "curve_versions_known": curve(by["versions_known"], steps),
            "recall_by_kind": {
                kind: round(
                    sum(s >= threshold for s, p in scored if p.kind == kind)
                    / sum(p.kind == kind for p in copies),
                    4,
                )
                for kind in KINDS
            },
        }
    return out


def libraries(documents: dict[str, Document], seed: int) -> dict[str, Any]:
    """Makers of MinHash signatures on the same stretches: milliseconds a document, error of the
    estimate against the true Jaccard similarity of 200 pairs, weight with what it needs."""
    rng = random.Random(seed)
    chosen = rng.sample(
        sorted((d for d in documents.values() if _long(d)), key=lambda d: d.id), 200
    )
    sets = []
    for n, document in enumerate(chosen):
        other = copy_of(document, KINDS[n % len(KINDS)], rng, n)
        for one in (document, other):
            sets.append(np.unique(resemblance.stretches(resemblance.whole(one)).hashes))
    truth = [
        len(np.intersect1d(a, b)) / max(1, len(np.union1d(a, b)))
        for a, b in zip(sets[::2], sets[1::2], strict=True)
    ]
    out: dict[str, Any] = {}
    for name, make, likeness, packages in _makers():
        started = time.process_time()
        made = [make(s) for s in sets]
        seconds = time.process_time() - started
        estimates = [likeness(a, b) for a, b in zip(made[::2], made[1::2], strict=True)]
        errors = np.asarray(estimates) - np.asarray(truth)
        out[name] = {
            "cpu_ms_per_document": round(1000 * seconds / len(sets), 3),
            "root_mean_square_error": round(float(np.sqrt((errors**2).mean())), 4),
            "largest_error": round(float(np.abs(errors).max()), 3),
            "megabytes_installed": round(sum(map(_installed, packages)), 1),
        }
    return out


Maker = tuple[str, Callable[[Any], Any], Callable[[Any, Any], float], tuple[str, ...]]


def _makers() -> list[Maker]:
    def rensa(count: int) -> Callable[[Any], Any]:
        def make(found: Any) -> Any:
            ends = np.asarray([0, len(found)], dtype=np.uint64)
            matrix = RMinHash.digest_matrix_from_flat_token_hashes(found, ends, count, 7)
            return np.asarray(matrix.to_rows()[0], dtype=np.uint32)

        return make

    def agree(a: Any, b: Any) -> float:
        return float((a == b).mean())

    makers: list[Maker] = [
        (f"rensa, {count} permutations", rensa(count), agree, ("rensa",)) for count in (128, 256)
    ]
    try:
        from datasketch import MinHash
    except ImportError:
        return makers

    def datasketch(found: Any) -> Any:
        # Its own vectorised path, given numbers instead of bytes to hash.
        made = MinHash(num_perm=128, seed=7, hashfunc=lambda value: value)
        made.update_batch((found & np.uint64(0xFFFFFFFF)).tolist())
        return made.hashvalues

    return [*makers, ("datasketch, 128 permutations", datasketch, agree, ("datasketch", "scipy"))]


def _installed(package: str) -> float:
    folders = [Path(p) / package for p in sys.path if (Path(p) / package).is_dir()]
    folders += [Path(p) / f"{package}.libs" for p in sys.path]
    return sum(f.stat().st_size for d in folders for f in d.rglob("*") if f.is_file()) / 1e6


def cost(base: Path, folder: Path) -> dict[str, Any]:
    """Seconds of one process for all documents, and what one changed document adds to a refresh."""
    with Library.open(base, readonly=True) as library:
        documents = list(library.load([e.hash for e in library.entries()]))
        kept = library.fingerprints()
    resemblance.fingerprint(documents[0][1], "")
    # Of the processor: the wall tells how busy the machine is.
    started = time.process_time()
    prints = [resemblance.fingerprint(d, v) for v, d in documents]
    fingerprinted = time.process_time()
    pairs = resemblance.candidates(f.signature for f in prints)
    met = time.process_time()
    resolved = _first_time(base, folder / "first")
    sketched = time.process_time()
    for _, document in documents:
        bottom_sketch(document)
    before = time.process_time() - sketched
    sizes = [len(f.signature) + len(f.body) + len(f.titled) for f in kept.values()]
    changes = [_one_change(base, folder / f"change{n}", n) for n in range(9)]
    return {
        "fingerprints_cpu_s": round(fingerprinted - started, 3),
        "fingerprint_cpu_ms_per_document": round(
            1000 * (fingerprinted - started) / len(documents), 3
        ),
        "candidates_cpu_s": round(met - fingerprinted, 3),
        "candidate_pairs": len(pairs),
        "groups_and_comparisons_cpu_s": round(resolved, 3),
        "sketches_before_cpu_s": round(before, 3),
        "bytes_kept_per_document": round(sum(sizes) / max(1, len(sizes))),
        "peak_mb_of_this_process": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "one_changed_document_adds_cpu_s": round(statistics.median(c for c, _ in changes), 4),
        "one_changed_document_adds_s": round(statistics.median(s for _, s in changes), 4),
    }


def _copied(base: Path, copy: Path) -> tuple[DocumentInfo, ...]:
    """Copies the library; the catalogue's entries. No process writes any more."""
    copy.mkdir()
    for file in base.glob("library.sqlite3*"):
        shutil.copy(file, copy / file.name)
    generations = Generations(base)
    return catalog.load(generations.directory(generations.current_name()) / "catalog.jsonl")


def _first_time(base: Path, copy: Path) -> float:
    """Seconds of the processor for all groups and links, nothing compared before."""
    listed = _copied(base, copy)
    with Library.open(copy) as library:
        library.forget_comparisons({v for key in library.comparisons() for v in key})
        known = dedupe.fingerprints(library, listed, {})
        started = time.process_time()
        dedupe.resolve(library, listed, known)
        return time.process_time() - started


def _one_change(base: Path, copy: Path, number: int) -> tuple[float, float]:
    """Seconds of the processor, and in all, that recognising adds to a publication after one
    document was edited."""
    listed = _copied(base, copy)
    with Library.open(copy) as library:
        chosen = random.Random(number).choice([e for e in listed if e.length >= 1000])
        document = library.documents_by_ids([chosen.id])[chosen.id]
        edited = replace(
            document, passages=(*document.passages, Passage("p9999", "", (), "新增。"))
        )
        library.put_document(edited)
        version = edited.content_hash()
        entries = [
            replace(catalog.describe(edited, version, e.added), added=e.added)
            if e.id == edited.id
            else e
            for e in listed
        ]
        started, used = time.perf_counter(), time.process_time()
        made = {edited.id: resemblance.fingerprint(edited, version)}
        known = dedupe.fingerprints(library, entries, made)
        dedupe.resolve(library, entries, known)
        return time.process_time() - used, time.perf_counter() - started


if __name__ == "__main__":
    main()
