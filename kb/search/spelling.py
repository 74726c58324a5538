"""您是不是要找: corrections of misspelt words, by sound (民法点), by shape, and of pinyin.

Part of the query is treated as misspelt only if it occurs nowhere in the base and in no dictionary,
and a known word has the same sound or differs by one slip. Only words that the
reader can find in the base are suggested: vocabularies belong to one view.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

from kb import lawnames, numerals, thesaurus, topics
from kb.search.slips import Slip, difference, slip_between
from kb.text import pinyin
from kb.text.analysis import field_terms, runs
from kb.text.folding import fold
from kb.text.traditional import simplify

MAX_QUERY = 60
"""Above this length in characters, a query is pasted text and not corrected."""

_LONGEST, _SHORTEST = 16, 2
_KEY_WORDS = 24
"""Up to this length in characters, a query is keywords: only then are unlikely slips considered."""

_MOST = 2
_LETTERS = 4
_INITIALS = 3

_LETTER_RUN = re.compile(r"[a-z]+")
_NUMERALS = frozenset(numerals.NUMERAL)

Attested = Callable[[str], bool]
"""Tests whether a passage or title contains the folded text."""


@dataclass(frozen=True, slots=True)
class _Fix:
    """Replaces characters start to end by word; lower (slip, rank) is better."""

    start: int
    end: int
    word: str
    slip: Slip
    rank: int


class Speller:
    """Domain words and words of one generation, by sound and by shape.

    works: the laws in the base, important ones first. frequent: words of the index, most frequent
    first. attested, known: whether a word is in the base, and whether it is in jieba's dictionary.
    """

    def __init__(
        self,
        works: Sequence[str],
        frequent: Sequence[str],
        attested: Attested,
        known: Callable[[str], bool],
    ) -> None:
        self.words = (tuple(works), tuple(frequent))
        self._attested, self._known = attested, known
        self._ranks: dict[str, int] = {}
        names = [simplify(fold(w)) for w in works]
        abbreviated = []
        for topic in topics.catalogue().topics:
            abbreviated += [topic.name, *topic.aliases]
        abbreviated += [n for n in names if len(n) <= _LONGEST]
        for word in (*abbreviated, *lawnames.aliases(), *_field_words(), *frequent):
            if _SHORTEST <= len(word) <= _LONGEST and all("一" <= c <= "鿿" for c in word):
                self._ranks.setdefault(word, len(self._ranks))
        self._names = frozenset((*abbreviated, *lawnames.aliases()))
        # Every substring of a name or domain word is spelt correctly.
        self._right = "\n".join([*_field_words(), *self._ranks])
        self._by_sound: dict[str, list[str]] = {}
        self._sizes: dict[str, set[int]] = {}
        self._by_spelling: dict[str, list[str]] = {}
        self._by_ends: dict[str, list[str]] = {}
        self._by_initials: dict[str, str] = {}
        for word in self._ranks:
            sound = pinyin.read(word)
            self._by_spelling.setdefault("".join(sound), []).append(word)
            # 反还 for 返还: in the misspelt form, a character loses the reading that the word gives it.
            for heard in {sound, pinyin.read_apart(word)}:
                self._by_sound.setdefault(_near(heard), []).append(word)
                self._sizes.setdefault(_near(heard[:2]), set()).add(len(word))
            if len(word) >= 3:
                # One slip leaves one end unchanged: the longer that end, the fewer words share it.
                size = max(2, (len(word) - 1) // 2)
                ends = ["<" + word[:size], ">" + word[-size:]]
                if len(word) == 3:
                    ends.append(f"{word[0]}|{word[-1]}")
                for end in ends:
                    self._by_ends.setdefault(end, []).append(word)
        for word in abbreviated:
            if word in self._ranks and len(word) >= _INITIALS:
                self._by_initials.setdefault("".join(s[0] for s in pinyin.read(word)), word)

    def over(self, attested: Attested) -> "Speller":
        """Reuses the words for another generation that has them too."""
        other = copy(self)
        other._attested = attested
        return other

    def correct(self, query: str) -> str:
        """The query with misspelt words corrected, or empty if none is found."""
        folded = simplify(fold(query))
        if not folded.strip() or len(folded) > MAX_QUERY:
            return ""
        fixes: list[_Fix] = []
        guess = len(folded) <= _KEY_WORDS
        for run, chinese, start in runs(folded):
            if chinese:
                fixes += self._in_run(run, start, guess)
            elif not self._attested(run):
                # minfadian1043: letters next to digits are separate words.
                for m in _LETTER_RUN.finditer(run):
                    if fix := self._of_letters(m[0], start + m.start()):
                        fixes.append(fix)
        out = query
        for fix in sorted(fixes, key=lambda f: -f.start)[:_MOST]:
            out = out[: fix.start] + fix.word + out[fix.end :]
        return out if fixes else ""

    def _of_letters(self, run: str, start: int) -> _Fix | None:
        """A word typed in pinyin or, for topics and laws, in initials."""
        if self._attested(run):
            return None
        words = self._by_spelling.get(run, []) if len(run) >= _LETTERS else []
        if run in self._by_initials:
            words = [*words, self._by_initials[run]]
        found = next((w for w in words if self._findable(w)), "")
        if not found and len(run) >= 2 * _LETTERS:
            found = self._in_words(run)
        return _Fix(start, start + len(run), found, Slip.SAME_SOUND, 0) if found else None

    def _in_words(self, letters: str) -> str:
        """Splits several words typed in pinyin without spaces into as few words as possible, or empty."""
        best: list[tuple[int, int, str] | None] = [(0, 0, "")] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - 6 * _LONGEST), end - 1):
                before = best[start]
                words = self._by_spelling.get(letters[start:end], ()) if before else ()
                word = next((w for w in words if self._findable(w)), "")
                if before is None or not word:
                    continue
                reached = (before[0] + 1, before[1] + self._ranks[word], before[2] + word)
                best[end] = min(best[end] or reached, reached)
        whole = best[-1]
        return whole[2] if whole and whole[0] <= 4 else ""

    def _in_run(self, run: str, offset: int, guess: bool) -> list[_Fix]:
        if self._attested(run) or run in self._right:
            return []
        syllables = pinyin.read(run)
        found = [*self._by_ear(run, syllables), *self._by_eye(run)]
        found = [f for f in found if guess or f.slip < Slip.MISSING]
        found.sort(key=lambda f: (f.slip, f.start - f.end, f.rank))
        chosen: list[_Fix] = []
        for fix in found:
            if any(f.start < fix.end and fix.start < f.end for f in chosen):
                continue
            if self._is_right(run, fix) or not self._findable(fix.word):
                continue
            chosen.append(_Fix(fix.start + offset, fix.end + offset, fix.word, fix.slip, fix.rank))
            if len(chosen) == _MOST:
                break
        return chosen

    def _by_ear(self, run: str, syllables: tuple[str, ...]) -> Iterator[_Fix]:
        near = [_near((s,)) for s in syllables]
        for start in range(len(run) - 1):
            for size in self._sizes.get(" ".join(near[start : start + 2]), ()):
                end = start + size
                if end > len(run):
                    continue
                for word in self._by_sound.get(" ".join(near[start:end]), ()):
                    written = run[start:end]
                    same = sum(a == b for a, b in zip(written, word, strict=True))
                    whole = size == len(run)
                    if same == size or not _enough(
                        same, size, whole or self._apart(run, start, end)
                    ):
                        continue
                    if syllables[start:end] in (pinyin.read(word), pinyin.read_apart(word)):
                        yield _Fix(start, end, word, Slip.SAME_SOUND, self._ranks[word])
                    elif whole and size > _SHORTEST:
                        yield _Fix(start, end, word, Slip.NEAR_SOUND, self._ranks[word])

    def _apart(self, run: str, start: int, end: int) -> bool:
        """Whether the text on each side is empty or a word: 拆千 in 拆千补偿."""
        return all(not rest or rest in self._ranks for rest in (run[:start], run[end:]))

    def _by_eye(self, run: str) -> Iterator[_Fix]:
        """Words one slip away: a character replaced, missing or added, or two swapped."""
        seen: set[tuple[int, str]] = set()
        for size in range(2, _LONGEST // 2):
            for start in range(len(run) - size + 1):
                stretch = run[start : start + size]
                for word in self._by_ends.get("<" + stretch, ()):
                    yield from self._compared(run, start, word, seen)
                for word in self._by_ends.get(">" + stretch, ()):
                    yield from self._compared(run, start + size - len(word), word, seen)
                    if start + size == len(run):
                        yield from self._compared(run, 0, word, seen)
        for start in range(len(run) - 2):
            for word in self._by_ends.get(f"{run[start]}|{run[start + 2]}", ()):
                yield from self._compared(run, start, word, seen)
            # 民典法: both ends differ.
            for a, b in ((1, 2), (0, 1)):
                swapped = list(run[start : start + 3])
                swapped[a], swapped[b] = swapped[b], swapped[a]
                if (word := "".join(swapped)) in self._ranks:
                    yield from self._compared(run, start, word, seen)

    def _compared(
        self, run: str, start: int, word: str, seen: set[tuple[int, str]]
    ) -> Iterator[_Fix]:
        if start < 0 or (start, word) in seen:
            return
        seen.add((start, word))
        # If lengths differ, only the free guess below applies, and it takes the whole run.
        sizes = [len(word)]
        if start == 0 and abs(len(word) - len(run)) == 1:
            sizes.append(len(run))
        for size in sizes:
            written = run[start : start + size]
            slip = slip_between(written, word) if len(written) == size else None
            if slip is None:
                continue
            # A free guess is limited to names of laws and topics that make up the whole query.
            named = size == len(run) and max(size, len(word)) >= 4 and word in self._names
            if named or slip in (Slip.LOOKALIKE, Slip.SWAPPED):
                yield _Fix(start, start + size, word, slip, self._ranks[word])

    def _is_right(self, run: str, fix: _Fix) -> bool:
        written = run[fix.start : fix.end]
        first, last = difference(written, fix.word)
        changed = written[first:last] + fix.word[first : last + len(fix.word) - len(written)]
        if not _NUMERALS.isdisjoint(changed) or self._known(written) or written in self._right:
            return True
        # 劳动合同签: a complete word followed by another.
        if fix.slip == Slip.OTHER and first == len(written) - 1 and written[:-1] in self._ranks:
            return True
        return self._attested(written)

    def _findable(self, word: str) -> bool:
        alias = lawnames.aliases().get(word)
        said = alias.work if alias else word
        return word in _everyday() or self._attested(said)


def _enough(same: int, size: int, apart: bool) -> bool:
    """Whether enough characters match for a word of the same sound to be meant.

    apart: the text is a separate word or the whole query.
    """
    if size == _SHORTEST:
        return apart
    return same * 2 >= size or (same >= 1 and (apart or size == 3))


def _near(sound: tuple[str, ...]) -> str:
    """Merges syllables that many speakers don't distinguish: zh z, ang an, l n."""
    out = []
    for s in sound:
        near = s
        for a, b in (("zh", "z"), ("ch", "c"), ("sh", "s")):
            if near.startswith(a):
                near = b + near[2:]
        if near.endswith("ng") and near[:-1].endswith(("an", "en", "in")):
            near = near[:-1]
        out.append(near)
    return " ".join(out)


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    return frozenset(e.word for e in thesaurus.load().entries)


@lru_cache(maxsize=1)
def _field_words() -> tuple[str, ...]:
    """Everyday words, legal terms, the domain dictionary and topic words, without duplicates."""
    words: dict[str, None] = {}
    for topic in topics.catalogue().topics:
        words |= dict.fromkeys((topic.name, *topic.aliases, *topic.titles, *topic.queries))
    for entry in thesaurus.load().entries:
        words |= dict.fromkeys((*entry.parts, *entry.terms))
    return tuple(words | dict.fromkeys(field_terms()))
