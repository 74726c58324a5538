"""One version of a law from several collections: the same work, of the same day or nearly, with the
same text but for a glyph, a record in the text, or a part that one collection lost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import combinations

from indexer import resemblance
from indexer.unions import Unions
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
    unions = Unions()
    for group in groups:
        for id in group[1:]:
            unions.join(group[0], id)
    works: dict[tuple[str, str], list[str]] = defaultdict(list)
    for id, info in sorted(infos.items()):
        if info.work and info.kind in STATUTE_KINDS and info.published is not None:
            works[info.audience, info.work].append(id)
    for ids in works.values():
        for one, other in combinations(ids, 2):
            if unions.lead(one) != unions.lead(other) and _is_one(one, other, infos, known):
                unions.join(one, other)
    return unions.sets()


def is_part(info: DocumentInfo, known: Mapping[str, Fingerprint], group: Sequence[str]) -> bool:
    """Whether a text lacks something that another of its group has."""
    return known[info.id].length < WHOLE * max(known[id].length for id in group)


def _is_one(
    one: str, other: str, infos: Mapping[str, DocumentInfo], known: Mapping[str, Fingerprint]
) -> bool:
    days = infos[one].published, infos[other].published
    if days[0] is None or days[1] is None or abs(days[0] - days[1]) > _APART:
        return False
    similar = resemblance.similarity(known[one], known[other])
    if days[0] != days[1]:
        return similar >= _EQUAL
    sizes = known[one].length, known[other].length
    return similar / (1 + similar) * sum(sizes) >= _CONTAINED * min(sizes) > 0
