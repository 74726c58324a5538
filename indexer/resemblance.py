"""How similar two texts are: digests of the whole, MinHash signatures, and comparison by sentences.

Texts are compared without white space, punctuation and differences of width and form, so the same
document read from Word, PDF or a page is the same text however it was split into passages. A signature
(Broder's min-wise hashing, by rensa) finds candidates; the sentences decide: a copy has sentences that
are verbatim, omitted or inserted as a whole, or masked. Texts that say the same about another place or
year have sentences that differ in a few words.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from kb.documents import Document
from kb.library.records import Comparison, Fingerprint
from kb.text.folding import fold

SCHEME = f"2/{RMinHash.ALGORITHM_VERSION}"
"""Version of the fingerprint and comparison scheme; those of another scheme are recomputed."""

SHORTEST = 100
"""Characters below which a text is too short to be called similar to another."""

LONGEST = 2_000_000
"""Characters of a text that are compared for similarity; digests are of the whole."""

PERMUTATIONS = 128
_BANDS, _ROWS = 42, 3
"""Texts that share .3, .4, .5 of their stretches meet in a band with probability .69, .94 and .996."""

_CROWD = 40
"""Maximum texts of a band that each is compared with: a form that thousands filled in isn't compared
with all others."""

LEAST_ESTIMATE = 0.2
"""Estimated Jaccard similarity below which two texts aren't compared."""

MATCHED, ALTERED = 0.4, 0.1
"""A copy has at least this share of the shorter text verbatim, and of the sentences that both have at
most this share reworded (bench/duplicates.py draws the curves)."""

_WIDTH = 6
_SEED = 7
_WHOLE, _NONE = 0.999, 0.2
_BREAK, _MASK = 10, ord("x")
_BREAKS = "。；！？;!?\n"
_MASKS = "*○"

_MINUSES = [ord(char) for char in "-−－﹣"]
_RANGES = [*_MINUSES, *(ord(char) for char in "‐‑–—―~～∼〜")]
_UNITS = [ord(char) for char in "年月日时分号条款项页"]

_NUMBER = re.compile(
    r"^[^\S\n]*(?:第[一二三四五六七八九十百千零〇0-9]{1,9}[条章节编](?:之[一二三四五六七八九十]{1,3})?"
    r"|[（(]?[一二三四五六七八九十0-9]{1,4}[)）、.．](?![0-9]))",
    re.MULTILINE,
)

Codes = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretches:
    """A text's stretches of _WIDTH characters within one sentence: for each a hash, whether it is free
    of masks, and its sentence number."""

    hashes: Hashes
    plain: Flags
    sentence: npt.NDArray[np.int64]


@lru_cache(maxsize=1)
def _table() -> Codes:
    """The replacement of each code point below 65536: 0 nothing, _BREAK the end of a sentence."""
    table = np.zeros(0x10000, dtype=np.uint32)
    for code, char in enumerate(fold("".join(map(chr, range(0x10000))))):
        if char.isalnum() or char in ".%" or char in _MASKS:
            table[code] = ord(char)
    for char in _BREAKS:
        table[ord(char)] = _BREAK
    table[ord("×")] = _MASK
    table[0xD800:0xE000] = 0
    return table


def normal(text: str) -> Codes:
    """The text's letters, digits and characters as code points, folded; sentences end with \\n."""
    raw = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
    codes = np.where(raw < 0x10000, _table()[np.minimum(raw, 0xFFFF)], raw).astype(np.uint32)
    codes = np.where(_signs(raw, codes), ord("-"), codes)
    codes = codes[codes != 0]
    before, after = np.roll(codes, 1), np.roll(codes, -1)
    if len(codes):
        before[0] = after[-1] = 0
    # A single * or ○ is a bullet or a footnote; several mask a name.
    for mask in map(ord, _MASKS):
        here = codes == mask
        codes = np.where(here, np.where((before == mask) | (after == mask), _MASK, 0), codes)
    # A point is kept in 1.5, but not in 1. 总则
    point = codes == ord(".")
    codes = np.where(point & ~(_digit(before) & _digit(after)), 0, codes)
    kept: Codes = codes[codes != 0].astype(np.uint32)
    return kept


def _signs(raw: Codes, codes: Codes) -> Flags:
    """Where a dash says something of figures: -5 isn't 5, nor 3-5 35. After a unit of time (5月-6月) or
    a letter it may as well be punctuation, which copies differ in."""
    if not len(raw):
        return np.zeros(0, dtype=bool)
    before, after = np.roll(codes, 1), np.roll(codes, -1)
    before[0] = after[-1] = 0
    spans = np.isin(raw, _RANGES) & (_digit(before) | (before == ord("%")))
    letter = (before >= ord("a")) & (before <= ord("z"))
    minus = np.isin(raw, _MINUSES) & ~_digit(before) & ~letter & ~np.isin(before, _UNITS)
    found: Flags = (spans | minus) & _digit(after)
    return found


def _digit(codes: Codes) -> Flags:
    found: Flags = (codes >= ord("0")) & (codes <= ord("9"))
    return found


def whole(document: Document) -> str:
    """The text in printed order: headings, labels and passages, one line each."""
    return "\n".join(_lines(document))


def _lines(document: Document) -> Iterator[str]:
    above: tuple[str, ...] = ()
    for passage in document.passages:
        pairs = zip(above, passage.path, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        yield from passage.path[same:]
        above = passage.path
        yield passage.label + passage.text


def stretches(text: str) -> Stretches:
    """The stretches of a text up to LONGEST, without the numbers of its articles and items: omitting one
    renumbers the rest, and some formats lose them."""
    codes = normal(_NUMBER.sub("", text[:LONGEST]))
    count = max(len(codes) - _WIDTH + 1, 0)
    hashes = np.zeros(count, dtype=np.uint64)
    wide = codes.astype(np.uint64)
    for i in range(_WIDTH if count else 0):
        hashes = hashes * np.uint64(0x100000001B3) + wide[i : i + count]
    # The finishing steps of SplitMix64: a polynomial alone maps neighbours close together.
    hashes ^= hashes >> np.uint64(30)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(27)
    hashes *= np.uint64(0x94D049BB133111EB)
    hashes ^= hashes >> np.uint64(31)
    breaks = _sums(codes == _BREAK)
    masks = _sums((codes == _MASK) | (codes == ord("某")))
    inside = breaks[_WIDTH:][:count] == breaks[:count]
    plain = masks[_WIDTH:][:count] == masks[:count]
    return Stretches(hashes[inside], plain[inside], breaks[:count][inside])


def _sums(flags: Flags) -> npt.NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(flags)))


def fingerprint(document: Document, version: str) -> Fingerprint:
    """What is stored to recognise a text. version: the document's content hash."""
    paper = whole(document)
    codes = normal(paper)
    text = _letters(codes)
    body, titled = _digests(document.title, text)
    signature = b""
    if len(text) >= SHORTEST:
        found = stretches(paper).hashes
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            found, np.asarray([0, len(found)], dtype=np.uint64), PERMUTATIONS, _SEED
        )
        signature = np.asarray(matrix.to_rows()[0], dtype="<u4").tobytes()
    masked = int(((codes == _MASK) | (codes == ord("某")) | (codes == _BREAK)).sum())
    return Fingerprint(
        version=version,
        scheme=SCHEME,
        body=body,
        titled=titled,
        length=len(codes) - masked,
        signature=signature,
    )


def digests(document: Document) -> tuple[str, str]:
    """body and titled of the document's fingerprint, without the rest."""
    return _digests(document.title, _letters(normal(whole(document))))


def _digests(title: str, text: str) -> tuple[str, str]:
    head = _letters(normal(title))
    # Some readers leave the title in the text, others don't.
    body = text.removeprefix(head)
    whole = _digest(body) if len(body) >= SHORTEST else ""
    return whole, _digest(head + body) if body else ""


def _letters(codes: Codes) -> str:
    raw: bytes = codes[codes != _BREAK].astype("<u4").tobytes()
    return raw.decode("utf-32-le", "replace")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def compare(one: Stretches, other: Stretches) -> Comparison:
    """Compares by sentence, from the side that finds less altered. See MATCHED and ALTERED."""
    size = max(1, min(int(one.plain.sum()), int(other.plain.sum())))
    found = []
    for here, there in ((one, other), (other, one)):
        known = np.isin(here.hashes[here.plain], there.hashes)
        sentence = here.sentence[here.plain]
        lengths = np.bincount(sentence)
        hits = np.bincount(sentence, weights=known)
        share = hits / np.maximum(lengths, 1)
        matched = int(lengths[share >= _WHOLE].sum())
        altered = int(lengths[(share > _NONE) & (share < _WHOLE)].sum())
        found.append(
            Comparison(min(1.0, matched / size), altered / max(1, altered + matched), SCHEME)
        )
    return min(found, key=lambda c: (c.altered, -c.matched))


def is_copy(comparison: Comparison) -> bool:
    """Whether one text is the other with parts omitted, masked, inserted or moved."""
    return comparison.matched >= MATCHED and comparison.altered <= ALTERED


def similarity(one: Fingerprint, other: Fingerprint) -> float:
    """The estimated Jaccard similarity of two texts' stretches; 0 for short texts, without signature."""
    if not one.signature or len(one.signature) != len(other.signature):
        return 0.0
    rows = (np.frombuffer(f.signature, dtype="<u4") for f in (one, other))
    return float(np.equal(*rows).mean())


def candidates(signatures: Iterable[bytes]) -> list[tuple[int, int, float]]:
    """Pairs of indices whose texts may be similar, with the estimated Jaccard similarity of their
    stretches. Empty signatures match nothing.

    Locality-sensitive hashing: texts that agree in all rows of one band of their signatures meet.
    """
    every = list(signatures)
    places = np.asarray([i for i, s in enumerate(every) if s], dtype=np.int64)
    if len(places) < 2:
        return []
    rows = np.frombuffer(b"".join(s for s in every if s), dtype="<u4").reshape(len(places), -1)
    met = [np.zeros((0, 2), dtype=np.int64)]
    for band in range(_BANDS):
        key = np.zeros(len(rows), dtype=np.uint64)
        for column in range(band * _ROWS, (band + 1) * _ROWS):
            key = key * np.uint64(0x9E3779B97F4A7C15) + rows[:, column]
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        for step in range(1, _CROWD + 1):
            same = np.flatnonzero(ordered[step:] == ordered[:-step])
            if not len(same):
                break
            met.append(np.column_stack((order[same], order[same + step])))
    pairs = np.unique(np.sort(np.concatenate(met), axis=1), axis=0)
    estimates = np.zeros(len(pairs), dtype=np.float64)
    for start in range(0, len(pairs), 10_000):
        part = pairs[start : start + 10_000]
        estimates[start : start + 10_000] = (rows[part[:, 0]] == rows[part[:, 1]]).mean(axis=1)
    kept = estimates >= LEAST_ESTIMATE
    return [
        (int(places[a]), int(places[b]), float(e))
        for (a, b), e in zip(pairs[kept].tolist(), estimates[kept].tolist(), strict=True)
    ]
