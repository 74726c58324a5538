"""Suggestions while typing: topics, laws, questions of guides, and questions that articles answer.

Input may be characters, full pinyin (minfadian or a prefix), initials (mfd), or a mixture (min法d).
Candidates are sorted by sound, so that a common prefix is matched only once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from kb import addresses, lawnames, topics
from kb.documents import Kind, Status
from kb.index import catalog
from kb.index.document_info import DocumentInfo
from kb.text import pinyin
from kb.text.folding import clean, fold
from kb.text.traditional import simplify

MAX_KEY = 64
"""Maximum number of typed characters that are considered."""

_INSIDE, _INSIDE_INITIALS, _INSIDE_PINYIN = 2, 3, 4
"""Minimum characters, initials or letters for a match inside a name."""

_TOPIC, _LAW, _GUIDE = 0, 1, 2
_RANKS = {Kind.CONSTITUTION: 1, Kind.LAW: 1, Kind.ADMINISTRATIVE_REGULATION: 2}
_OTHER_RANK = 3
_ALIAS = 10
"""Rank penalty for an alias."""

_STATE = ("中华人民共和国", "zhonghuarenmingongheguo")
_NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
_LIVING = (None, Status.IN_FORCE, Status.PENDING)

# Kinds of match, best first.
_EXACT, _BEGINS, _SOUNDS, _INITIALS, _MIXED, _HAS, _HAS_SOUND, _HAS_INITIALS = range(8)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """text: value for the search box. kind: 主题, 法律, 指南 or 法条. url: its direct target.

    note: warning shown before following it (已废止), or empty.
    """

    text: str
    kind: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A name and its suggestion. rank: popular ones first. repealed: sorted after all others."""

    key: str
    sound: tuple[str, ...]
    spelled: str
    initials: str
    suggestion: Suggestion
    rank: int
    repealed: bool


def normalise(text: str) -> str:
    """The form used for comparison: folded, simplified, digits as numerals (85普法), without white space
    and pinyin apostrophes."""
    plain = simplify(fold(clean(text))).translate(_NUMERALS)
    return "".join(plain.replace("'", "").replace("’", "").split())


def _without_state(key: str) -> str:
    """Works use their short titles: 中华人民共和国民法典 is looked up as 民法典."""
    for state in _STATE:
        if key.startswith(state) and len(key) > len(state):
            return key[len(state) :]
    return key


class Suggester:
    """All suggestions from one view's documents, prepared once."""

    def __init__(
        self,
        documents: Iterable[DocumentInfo],
        questions: Sequence[tuple[DocumentInfo, str, str]],
        answered: Sequence[tuple[str, str]] = (),
    ) -> None:
        """questions: (guide, anchor, question) of every guide. answered: (question, address of the article
        that answers it), found by their characters only."""
        found: dict[tuple[str, Suggestion], _Candidate] = {}
        documents = tuple(documents)
        for c in (*_topics(documents), *_laws(documents), *_guides(documents, questions)):
            if c.key:
                found.setdefault((c.key, c.suggestion), c)
        self._candidates = sorted(
            found.values(), key=lambda c: (c.sound, c.key, c.suggestion.text, c.suggestion.url)
        )
        self._first = [c.sound[0] for c in self._candidates]
        # 重 begins 重庆 and 重婚: a character may be in several sound ranges.
        self._heard: dict[str, set[str]] = {}
        for c in self._candidates:
            self._heard.setdefault(c.key[0], set()).add(c.sound[0])
        # Length of the sound prefix that a candidate shares with the previous one.
        self._shared = [0, *map(_shared, self._candidates, self._candidates[1:])]
        keys = [c.key for c in self._candidates]
        self._keys = _Blob(keys)
        self._initials = _Blob([c.initials for c in self._candidates])
        self._sounds = _Blob([c.spelled for c in self._candidates])
        self._answered = answered
        self._asked = _Blob([normalise(question) for question, _ in answered])
        self._starts = bytearray(len(self._sounds.text) + 1)
        for start, c in zip(self._sounds.starts, self._candidates, strict=True):
            for offset in accumulate(map(len, c.sound[:-1]), initial=start):
                self._starts[offset] = 1

    def suggest(self, prefix: str, limit: int) -> tuple[Suggestion, ...]:
        """Matches by text prefix, then by sound prefix, then inside the name; short before long.

        Repealed laws come last in any case; one that is named in full is never cut off.
        """
        key = _without_state(normalise(prefix[:MAX_KEY]))
        if not key or limit < 1:
            return ()
        found = [(self._how(c, key), c) for c in self._beginning(key)]
        if len({c.suggestion.text for _, c in found if not c.repealed}) < limit:
            seen = {id(c) for _, c in found}
            found += [(how, c) for how, c in self._inside(key) if id(c) not in seen]
        found.sort(key=lambda f: (f[1].repealed, f[0], f[1].rank, len(f[1].key), f[1].key))
        unique: dict[tuple[str, str], tuple[int, Suggestion]] = {}
        for how, c in found:
            unique.setdefault((c.suggestion.text, c.suggestion.kind), (how, c.suggestion))
        ranked = list(unique.values())
        cut = [s for how, s in ranked[limit:] if how == _EXACT][:1]
        shown = [s for _, s in ranked[: limit - len(cut)]] + cut
        return (*shown, *self._articles(key, limit - len(shown)))

    def _articles(self, key: str, count: int) -> Iterator[Suggestion]:
        """Questions that contain the key, those that begin with it first, then the short ones."""
        if count < 1 or len(key) < _INSIDE or not self._answered:
            return
        found = sorted(
            (at > self._asked.starts[i], len(self._answered[i][0]), i)
            for i, at in self._asked.find(key)
        )
        for _, _, i in found[:count]:
            question, url = self._answered[i]
            yield Suggestion(question, "法条", url)

    def _beginning(self, key: str) -> Iterator[_Candidate]:
        """Candidates with a prefix that can be typed as the key, in order of sound."""
        if key[0].isascii():
            yield from self._range(key, key[0], key[0] + "\uffff")
        else:
            for sound in self._heard.get(key[0], ()):
                yield from self._range(key, sound, sound)

    def _range(self, key: str, first: str, last: str) -> Iterator[_Candidate]:
        """The same for candidates whose first syllable is between the two."""
        # Reachable positions in the key after each character of the name.
        reached: list[set[int]] = [{0}]
        complete = 0
        start = bisect_left(self._first, first)
        for i in range(start, bisect_right(self._first, last)):
            c, depth = self._candidates[i], self._shared[i] if i > start else 0
            if complete and depth >= complete:
                yield c
                continue
            complete = 0
            del reached[depth + 1 :]
            while reached[-1] and len(reached) <= len(c.key):
                at = len(reached) - 1
                reached.append(_advance(key, reached[-1], c.key[at], c.sound[at]))
                if len(key) in reached[-1]:
                    complete = len(reached) - 1
                    yield c
                    break

    def _inside(self, key: str) -> Iterator[tuple[int, _Candidate]]:
        """Candidates that contain the key: as characters, syllables or initials."""
        if len(key) >= _INSIDE:
            yield from ((_HAS, self._candidates[i]) for i, _ in self._keys.find(key))
        if key.isascii() and key.isalpha() and len(key) >= _INSIDE_INITIALS:
            if len(key) >= _INSIDE_PINYIN:
                for i, at in self._sounds.find(key, self._starts):
                    if at > self._sounds.starts[i]:
                        yield _HAS_SOUND, self._candidates[i]
            yield from ((_HAS_INITIALS, self._candidates[i]) for i, _ in self._initials.find(key))

    @staticmethod
    def _how(candidate: _Candidate, key: str) -> int:
        if candidate.key.startswith(key):
            return _EXACT if candidate.key == key else _BEGINS
        if candidate.spelled.startswith(key):
            return _SOUNDS
        return _INITIALS if candidate.initials.startswith(key) else _MIXED


class _Blob:
    """Concatenated strings, so that one search in C covers all of them."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.text = "\n".join(strings)
        ends = accumulate((len(s) + 1 for s in strings), initial=0)
        self.starts = list(ends)[: len(strings)]

    def find(self, key: str, allowed: bytearray | None = None) -> Iterator[tuple[int, int]]:
        """(string number, offset) of the first occurrence in each; only at allowed offsets."""
        at = self.text.find(key)
        while at >= 0:
            if allowed is None or allowed[at]:
                number = bisect_right(self.starts, at) - 1
                yield number, at
                if number + 1 == len(self.starts):
                    return
                at = self.text.find(key, self.starts[number + 1])
            else:
                at = self.text.find(key, at + 1)


def _advance(key: str, reached: set[int], character: str, syllable: str) -> set[int]:
    """Positions reachable in the key after the character, typed as itself or as a prefix of its sound."""
    out: set[int] = set()
    for at in reached:
        if at < len(key) and key[at] == character:
            out.add(at + 1)
        for size in range(1, min(len(syllable), len(key) - at) + 1):
            if key[at + size - 1] != syllable[size - 1]:
                break
            out.add(at + size)
    return out


def _shared(first: _Candidate, second: _Candidate) -> int:
    count = 0
    for a, b, x, y in zip(first.sound, second.sound, first.key, second.key, strict=False):
        if a != b or x != y:
            break
        count += 1
    return count


def _candidate(name: str, suggestion: Suggestion, rank: int, repealed: bool = False) -> _Candidate:
    key = normalise(name)
    sound = pinyin.read(key)
    initials = "".join(s[0] for s in sound)
    return _Candidate(key, sound, "".join(sound), initials, suggestion, rank, repealed)


def _topics(documents: Sequence[DocumentInfo]) -> Iterator[_Candidate]:
    for name in dict.fromkeys(topic for info in documents for topic in info.topics):
        found = topics.find(name)
        suggestion = Suggestion(name, "主题", addresses.topic(name))
        yield _candidate(name, suggestion, _TOPIC)
        for word in (*found.aliases, *found.queries) if found else ():
            yield _candidate(word, suggestion, _TOPIC + _ALIAS)


def _laws(documents: Sequence[DocumentInfo]) -> Iterator[_Candidate]:
    works = catalog.works(documents)
    for work, versions in works.items():
        statuses = {v.status for v in versions}
        repealed = Status.REPEALED in statuses and not statuses & set(_LIVING)
        rank = min(_RANKS.get(v.kind, _OTHER_RANK) for v in versions)
        named = addresses.is_step(work)
        url = addresses.law(work) if named else addresses.document(versions[0])
        suggestion = Suggestion(work, "法律", url, "已废止" if repealed else "")
        yield _candidate(work, suggestion, rank, repealed)
        for alias in lawnames.aliases().values():
            # An old law that is in the base keeps its own name.
            if alias.work == work and alias.name not in works:
                said = Suggestion(work, "法律", url, alias.note)
                yield _candidate(alias.name, said, rank + _ALIAS, repealed)


def _guides(
    documents: Sequence[DocumentInfo], questions: Sequence[tuple[DocumentInfo, str, str]]
) -> Iterator[_Candidate]:
    for info in documents:
        if info.kind is Kind.GUIDE:
            suggestion = Suggestion(info.title, "指南", addresses.document(info))
            yield _candidate(info.title, suggestion, _GUIDE)
    for info, anchor, label in questions:
        suggestion = Suggestion(label, "指南", addresses.document(info, anchor))
        yield _candidate(label, suggestion, _GUIDE)
