"""Which published documents are copies of one text, and which are near copies.

Computed from all present documents at every publication, so nothing goes stale when a file changes
or disappears; fingerprints and comparisons are cached in the library by version.
The library keeps every item's document, and the index every document's passages: of several copies
only one is shown, and another takes over at once when it is removed.

Never merged: documents for the public and for staff (an internal copy must not reveal its facts or
its existence to the public), versions of a law, short texts under different titles.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from indexer import editions, resemblance
from indexer.resemblance import SCHEME, SHORTEST, Stretches
from indexer.unions import Unions
from kb.documents import STATUTE_KINDS, Audience, Kind, Status
from kb.index.document_info import DocumentInfo
from kb.library import Comparison, Fingerprint, Former, Library

_MAX_ALIKE = 24
"""Maximum number of documents linked from one: those that share most come first."""

_FACTS = (
    *("work", "issuer", "region", "number", "published", "effective", "expires", "status"),
    *("year", "topics", "situation", "checked", "as_of"),
)

_NOT_COMPARED = Comparison(1.0, 0.0, SCHEME)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two documents that may be near copies. estimate: 0 to 1."""

    one: str
    other: str
    estimate: float


def fingerprints(
    library: Library, entries: Iterable[DocumentInfo], made: Mapping[str, Fingerprint]
) -> dict[str, Fingerprint]:
    """The fingerprint of every entry's text by document id: those just made, those cached, the rest
    computed now. New ones are stored."""
    found = {id: f for id, f in library.fingerprints().items() if f.scheme == SCHEME}
    every = list(entries)
    fresh = {e.id: made[e.id] for e in every if e.id in made and found.get(e.id) != made[e.id]}
    found |= fresh
    missing = {
        e.version: e.id for e in every if e.id not in found or found[e.id].version != e.version
    }
    for version, document in library.load(missing):
        fresh[missing[version]] = resemblance.fingerprint(document, version)
    library.put_fingerprints(fresh)
    found |= fresh
    return {e.id: found[e.id] for e in every}


def resolve(
    library: Library,
    entries: Iterable[DocumentInfo],
    known: Mapping[str, Fingerprint],
    internal: Collection[str] = (),
) -> dict[str, DocumentInfo]:
    """The entries by id, each with its copies and near copies.

    known: from `fingerprints`. internal: ids that only staff could see before. Of several copies, the
    one shown has the most facts, then was seen first (by the day), then has the lowest id.
    """
    infos = {e.id: e for e in entries}
    same = _same_text(infos, known)
    copies: dict[str, tuple[str, ...]] = {}
    shown: dict[str, str] = {}
    for group in editions.joined(infos, known, merged(infos, same)):
        parts = {id for id in group if editions.is_part(infos[id], known, group)}
        first, *others = sorted(group, key=lambda id: (id in parts, *_rank(infos[id])))
        copies[first] = tuple(others)
        shown.update(dict.fromkeys(others, first))
    gone = [replace(f, audience="staff") if f.id in internal else f for f in library.formers()]
    former = _formers(infos, known, shown, gone)
    alike = _alike(library, infos, known, same, shown)
    found = {}
    for id, info in infos.items():
        worked_out: dict[str, Any] = {
            "length": known[id].length,
            "copy_of": shown.get(id, ""),
            "copies": copies.get(id, ()),
            "former": former.get(id, ()),
            "alike": alike.get(id, ()),
        }
        # Most are unchanged since the previous generation.
        same_as_before = all(getattr(info, name) == v for name, v in worked_out.items())
        found[id] = info if same_as_before else replace(info, **worked_out)
    return found


def _keys(fingerprint: Fingerprint) -> list[str]:
    """The key that copies share: the text, with the title if it is short. A title that one reader left
    in the text is in the other's `titled`."""
    if fingerprint.length < SHORTEST:
        return [fingerprint.titled] if fingerprint.titled else []
    return [k for k in (fingerprint.body, fingerprint.titled) if k]


def _same_text(
    infos: Mapping[str, DocumentInfo], known: Mapping[str, Fingerprint]
) -> dict[str, str]:
    """For each document with a text that several have, the lowest id among them; per audience."""
    holder: dict[tuple[str, str], str] = {}
    unions = Unions()
    for id in sorted(infos):
        audience = infos[id].audience
        for key in _keys(known[id]):
            first = holder.setdefault((audience, key), id)
            if first != id:
                unions.join(first, id)
    return unions.leads()


def merged(infos: Mapping[str, DocumentInfo], same: Mapping[str, str]) -> list[list[str]]:
    """Which documents with the same text become one: `same` gives a name to each text. Versions of a
    work stay separate even if not a word was changed."""
    texts: dict[str, list[str]] = defaultdict(list)
    for id, text in same.items():
        texts[text].append(id)
    works: dict[tuple[str, str], set[str]] = {
        (infos[id].audience, infos[id].work): set() for id in same
    }
    for id, info in infos.items() if works else ():
        if info.work and (info.audience, info.work) in works:
            works[info.audience, info.work].add(id)
    found: list[list[str]] = []
    for members in texts.values():
        found += [g for g in _versions(members, infos, works) if len(g) > 1]
    return found


def _versions(
    members: Sequence[str],
    infos: Mapping[str, DocumentInfo],
    works: Mapping[tuple[str, str], set[str]],
) -> list[list[str]]:
    dates: dict[str, set[date]] = defaultdict(set)
    for id in members:
        if infos[id].work:
            dates[infos[id].work] |= {d for d in (infos[id].published,) if d}
    single = all(len(d) <= 1 for d in dates.values())
    # A law filed under two names is one, unless a name has versions that would lose this one.
    audience = infos[members[0]].audience
    whole = all(works[audience, work] <= set(members) for work in dates)
    if single and (len(dates) < 2 or whole):
        return [list(members)]
    groups: dict[tuple[str, date | None], list[str]] = defaultdict(list)
    for id in members:
        work, published = infos[id].work, infos[id].published
        if work and published is None and len(dates[work]) == 1:
            (published,) = dates[work]
        groups[work, published if work else None].append(id)
    return list(groups.values())


def _rank(info: DocumentInfo) -> tuple[bool, bool, int, str, str]:
    """The first is shown. One that is stated to be repealed comes before one that isn't: in doubt a
    text is no longer in force. First seen is compared by day: by the second, the choice between two
    files of one run would depend on how fast they were read."""
    facts = sum(bool(getattr(info, name)) for name in _FACTS) + (info.kind is not Kind.OTHER)
    ended = info.status in (Status.REPEALED, Status.AMENDED)
    return not ended, not info.work, -facts, info.added[:10], info.id


def _formers(
    infos: Mapping[str, DocumentInfo],
    known: Mapping[str, Fingerprint],
    shown: Mapping[str, str],
    gone: Sequence[Former],
) -> dict[str, tuple[str, ...]]:
    """Ids of removed documents, by the one that has their text now."""
    if not gone:
        return {}
    holder: dict[tuple[str, str], str] = {}
    for id in sorted(infos, key=lambda id: (id in shown, id)):
        for key in (known[id].titled, *_keys(known[id])):
            holder.setdefault((infos[id].audience, key), shown.get(id, id))
    found: dict[str, list[str]] = defaultdict(list)
    for one in gone:
        if one.id in infos or one.fingerprint.scheme != SCHEME:
            continue
        # The title distinguishes documents with one text that are both shown: versions of a law.
        for key in (one.fingerprint.titled, *_keys(one.fingerprint)):
            if key and (one.audience, key) in holder:
                found[holder[one.audience, key]].append(one.id)
                break
    return {id: tuple(ids) for id, ids in found.items()}


def _alike(
    library: Library,
    infos: Mapping[str, DocumentInfo],
    known: Mapping[str, Fingerprint],
    same: Mapping[str, str],
    shown: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    """For each document shown, its near copies: the fullest first."""
    ids = [id for id in sorted(infos) if id not in shown]
    pairs = _met(ids, infos, known)
    pairs = _foremost([p for p in pairs if not apart(infos[p.one], infos[p.other], same)], infos)
    compared = _compared(library, infos, pairs, same)
    found: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        if resemblance.is_copy(compared[pair]):
            found[pair.one].append(pair.other)
            found[pair.other].append(pair.one)
    return {
        id: tuple(sorted(alike, key=lambda other: (-known[other].length, other)))
        for id, alike in found.items()
    }


def _met(
    ids: Sequence[str], infos: Mapping[str, DocumentInfo], known: Mapping[str, Fingerprint]
) -> list[_Pair]:
    """Candidate pairs of near copies. In large groups some pairs are skipped; public documents are
    therefore compared on their own, so that staff documents never cause a public pair to be missed."""

    def among(some: Sequence[str]) -> list[_Pair]:
        found = resemblance.candidates(known[id].signature for id in some)
        return [_Pair(some[a], some[b], e) for a, b, e in found]

    public = {id for id in ids if Audience.PUBLIC.may_see(infos[id].audience)}
    met = among([id for id in ids if id in public])
    if len(public) < len(ids):
        met += [p for p in among(ids) if not {p.one, p.other} <= public]
    return met


def apart(one: DocumentInfo, other: DocumentInfo, same: Mapping[str, str]) -> bool:
    """Whether metadata rules out that they are one, however alike they read: versions of a law, which
    are linked as such; laws of different names, unless word for word the same."""
    if one.work and one.work == other.work:
        return True
    statutes = one.kind in STATUTE_KINDS and other.kind in STATUTE_KINDS
    named = bool(one.work and other.work)
    return statutes and named and not (one.id in same and same[one.id] == same.get(other.id))


def _foremost(pairs: Sequence[_Pair], infos: Mapping[str, DocumentInfo]) -> list[_Pair]:
    """The first _MAX_ALIKE of each document; counted per audience, so that staff documents take no
    public document's place."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    kept = []
    for pair in sorted(pairs, key=lambda p: (-p.estimate, p.one, p.other)):
        ends = ((pair.one, infos[pair.other].audience), (pair.other, infos[pair.one].audience))
        if max(counts[end] for end in ends) < _MAX_ALIKE:
            for end in ends:
                counts[end] += 1
            kept.append(pair)
    return kept


def _compared(
    library: Library,
    infos: Mapping[str, DocumentInfo],
    pairs: Sequence[_Pair],
    same: Mapping[str, str],
) -> dict[_Pair, Comparison]:
    """The comparison of each pair: from the cache, or computed now and stored."""
    kept = library.comparisons()
    present = {info.version for info in infos.values()}
    library.forget_comparisons({v for key in kept for v in key} - present)
    found: dict[_Pair, Comparison] = {}
    waiting: list[tuple[_Pair, tuple[str, str]]] = []
    for pair in pairs:
        versions = sorted((infos[pair.one].version, infos[pair.other].version))
        key = (versions[0], versions[1])
        if pair.one in same and same[pair.one] == same.get(pair.other):
            found[pair] = _NOT_COMPARED
        elif key in kept and kept[key].scheme == SCHEME:
            found[pair] = kept[key]
        else:
            waiting.append((pair, key))
    made: dict[tuple[str, str], Comparison] = {}
    texts = _Texts(library)
    # In the order of versions: one document's text stays cached for all its pairs.
    for pair, key in sorted(waiting, key=lambda w: w[1]):
        found[pair] = made[key] = resemblance.compare(texts.of(key[0]), texts.of(key[1]))
    library.put_comparisons(made)
    return found


class _Texts:
    """Texts by version, prepared for comparison; the last few are cached."""

    _KEPT = 64

    def __init__(self, library: Library) -> None:
        self._library = library
        self._found: dict[str, Stretches] = {}

    def of(self, version: str) -> Stretches:
        """The text's stretches; none where the version isn't in the library."""
        if version not in self._found:
            document = self._library.document(version)
            text = resemblance.whole(document) if document else ""
            if len(self._found) >= self._KEPT:
                del self._found[next(iter(self._found))]
            self._found[version] = resemblance.stretches(text)
        return self._found[version]
