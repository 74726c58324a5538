"""One version of a law from several collections: the same work, of the same day or nearly, with the
same text but for a glyph, a record in the text, or a part that one collection lost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from kb.documents import STATUTE_KINDS
from kb.index.document_info import DocumentInfo
from kb.library import Fingerprint

_APART = timedelta(days=60)
"""Collections date a version by its adoption or by its publication. Of the five collections 23 versions
have two days; a law amended twice within this time, with texts so alike, would be joined too."""

_CONTAINED, _EQUAL = 0.6, 0.9
"""Least share of the shorter text that the longer has, as estimated, for texts of one day, and least
similarity of texts of different days."""

WHOLE = 0.9
"""A text shorter than this share of the longest of its version lacks something."""


def joined(
    infos: Mapping[str, DocumentInfo],
    known: Mapping[str, Fingerprint],
    groups: Sequence[Sequence[str]],
) -> list[list[str]]:
    """The groups of documents that are one, with those added that are one version of a law."""
    leader: dict[str, str] = {}

    def lead(id: str) -> str:
        while leader.setdefault(id, id) != id:
            id = leader[id]
        return id

    def unite(one: str, other: str) -> None:
        first, second = sorted((lead(one), lead(other)))
        leader[second] = first

    for group in groups:
        for id in group[1:]:
            unite(group[0], id)
    works: dict[tuple[str, str], list[str]] = defaultdict(list)
    for id, info in sorted(infos.items()):
        if info.work and info.kind in STATUTE_KINDS and info.published is not None:
            works[info.audience, info.work].append(id)
    for ids in works.values():
        for at, one in enumerate(ids):
            for other in ids[at + 1 :]:
                if lead(one) != lead(other) and _is_one(one, other, infos, known):
                    unite(one, other)
    found: dict[str, list[str]] = defaultdict(list)
    for id in leader:
        found[lead(id)].append(id)
    return [sorted(group) for group in found.values() if len(group) > 1]


def is_part(info: DocumentInfo, known: Mapping[str, Fingerprint], group: Sequence[str]) -> bool:
    """Whether a text lacks something that another of its group has."""
    return known[info.id].length < WHOLE * max(known[id].length for id in group)


def _is_one(
    one: str, other: str, infos: Mapping[str, DocumentInfo], known: Mapping[str, Fingerprint]
) -> bool:
    days = infos[one].published, infos[other].published
    if days[0] is None or days[1] is None or abs(days[0] - days[1]) > _APART:
        return False
    similar = _similarity(known[one], known[other])
    if days[0] != days[1]:
        return similar >= _EQUAL
    sizes = known[one].length, known[other].length
    return similar / (1 + similar) * sum(sizes) >= _CONTAINED * min(sizes) > 0


def _similarity(one: Fingerprint, other: Fingerprint) -> float:
    """The estimated Jaccard similarity; 0 for short texts without signature."""
    if not one.signature or len(one.signature) != len(other.signature):
        return 0.0
    rows = (np.frombuffer(f.signature, dtype="<u4") for f in (one, other))
    return float(np.equal(*rows).mean())
