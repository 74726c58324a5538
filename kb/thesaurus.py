"""Everyday words and the corresponding legal terms: 房东 → 出租人, 租赁合同.

The entries are data (`data/thesaurus.tsv`): word, terms, weight, an article that illustrates a term,
and a note if the word has several senses. A word of several parts separated by a space (快递 丢)
matches if all of them occur in the text, in any order.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kb.errors import ConfigError

COLUMNS = ("word", "terms", "weight", "article", "note")
LONGEST_WORD = 12
"""Maximum characters of a word, without the spaces between its parts."""

TERM_LENGTH = range(2, 21)
LONGEST_TEXT = 4_000
"""Maximum characters of a text examined: a longer query is a pasted document."""

_FILE = Path(__file__).parent / "data" / "thesaurus.tsv"
_ARTICLE = re.compile(r"[^:\s]+:[1-9]\d{0,3}(?:-[1-9]\d?)?")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Entry:
    """One sense of a word.

    parts: the word split at its spaces; terms: legal terms, the most certain first; weight: 0.2 to
    1.0, certainty that the word means the terms; article: 民法典:703 or 刑法:120-1 (第一百二十条之一),
    empty if no single article illustrates it; note: the sense, empty if there is only one.
    """

    word: str
    parts: tuple[str, ...]
    terms: tuple[str, ...]
    weight: float
    article: str
    note: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry found in a text: characters start to end, those of its first part."""

    entry: Entry
    start: int
    end: int


class Thesaurus:
    """Entries, indexed by first characters, so that search time grows with the text."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._by_word: dict[str, tuple[Entry, ...]] = {}
        self._by_part: dict[str, tuple[Entry, ...]] = {}
        for entry in self.entries:
            # The longest part is the rarest: the others are searched only if it occurs.
            table, key = (
                (self._by_word, entry.word)
                if len(entry.parts) == 1
                else (self._by_part, max(entry.parts, key=len))
            )
            table[key] = (*table.get(key, ()), entry)
        sizes: dict[str, set[int]] = {}
        for key in (*self._by_word, *self._by_part):
            sizes.setdefault(key[:2], set()).add(len(key))
        self._sizes = {start: tuple(sorted(s, reverse=True)) for start, s in sizes.items()}

    def find(self, folded_text: str) -> tuple[Match, ...]:
        """Finds entries in a text folded as in the index, from left to right.

        At each position the longest word wins, and an entry inside a longer entry is ignored; all senses
        of a word are returned, in file order. A word of several parts matches once, wherever its parts
        are; it neither hides words nor is hidden by them.
        """
        text = folded_text[:LONGEST_TEXT]
        found: list[Match] = []
        tried: set[str] = set()
        covered = 0
        for start in range(len(text)):
            for size in self._sizes_at(text, start):
                end = start + size
                if end > len(text):
                    continue
                key = text[start:end]
                if end > covered and key in self._by_word:
                    covered = end
                    found.extend(Match(entry, start, end) for entry in self._by_word[key])
                if key in self._by_part and key not in tried:
                    tried.add(key)
                    found.extend(_in_parts(self._by_part[key], text))
        found.sort(key=lambda match: (match.start, match.end))
        return tuple(found)

    def _sizes_at(self, text: str, start: int) -> tuple[int, ...]:
        """Lengths of the words that may start here, longest first."""
        pair = self._sizes.get(text[start : start + 2], ())
        # At the last character the slice is that character itself.
        single = self._sizes.get(text[start], ()) if start + 1 < len(text) else ()
        return pair + single


def _in_parts(entries: tuple[Entry, ...], text: str) -> Iterator[Match]:
    for entry in entries:
        if all(part in text for part in entry.parts):
            start = text.index(entry.parts[0])
            yield Match(entry, start, start + len(entry.parts[0]))


@cache
def load() -> Thesaurus:
    """The bundled thesaurus. Raises ConfigError naming file, line and column."""
    return read(_FILE)


def read(path: Path) -> Thesaurus:
    """Reads and checks a file of entries. Raises ConfigError naming file, line and column."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}：无法读取（{error.strerror}）") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}：不是 UTF-8 文本（第{error.start + 1}字节起）") from error
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise ConfigError(f"{path}：第1行：表头应为 {'、'.join(COLUMNS)}，以制表符分隔")
    entries: list[Entry] = []
    seen: dict[tuple[frozenset[str], frozenset[str]], int] = {}
    for number, line in enumerate(lines[1:], 2):
        check = _Row(f"{path}：第{number}行", line)
        entry = check.entry()
        # Parts match in any order: 公交 拒载 and 拒载 公交 are the same word.
        key = frozenset(entry.parts), frozenset(entry.terms)
        if first := seen.get(key):
            raise check.error("word", f"“{entry.word}”与第{first}行的词和术语都相同")
        seen[key] = number
        entries.append(entry)
    if not entries:
        raise ConfigError(f"{path}：第2行：至少应有一个词条")
    return Thesaurus(entries)


class _Row:
    """Checks one line; every message includes its position."""

    def __init__(self, place: str, line: str) -> None:
        self._place = place
        self._values = line.split("\t")

    def error(self, column: str, expected: str) -> ConfigError:
        return ConfigError(f"{self._place} {column}：{expected}")

    def entry(self) -> Entry:
        if len(self._values) != len(COLUMNS):
            found = len(self._values)
            raise ConfigError(f"{self._place}：应有{len(COLUMNS)}列，以制表符分隔，现有{found}列")
        word, terms, weight, article, note = self._values
        if article and not _ARTICLE.fullmatch(article):
            raise self.error("article", f"“{article}”应为“民法典:703”或“刑法:120-1”的形式，或留空")
        if note != note.strip():
            raise self.error("note", "首尾不应有空白")
        parts = self._parts(word)
        return Entry(word, parts, self._terms(terms), self._weight(weight), article, note)

    def _parts(self, word: str) -> tuple[str, ...]:
        parts = tuple(word.split(" "))
        if not all(parts) or _SPACE.search("".join(parts)):
            raise self.error("word", f"“{word}”应为词，或以单个空格分隔的几个词")
        if len("".join(parts)) > LONGEST_WORD:
            raise self.error("word", f"“{word}”太长，至多{LONGEST_WORD}个字")
        if len(set(parts)) < len(parts):
            raise self.error("word", f"“{word}”中有重复的词")
        if word != unicodedata.normalize("NFKC", word).lower():
            raise self.error("word", f"“{word}”应为半角、小写")
        return parts

    def _terms(self, value: str) -> tuple[str, ...]:
        terms = tuple(value.split("|"))
        for term in terms:
            if len(term) not in TERM_LENGTH or _SPACE.search(term):
                sizes = f"{TERM_LENGTH[0]}至{TERM_LENGTH[-1]}"
                raise self.error("terms", f"“{term}”应为{sizes}个字的术语，以 | 分隔，不含空白")
        if len(set(terms)) < len(terms):
            raise self.error("terms", f"“{value}”中有重复的术语")
        return terms

    def _weight(self, value: str) -> float:
        try:
            weight = float(value)
        except ValueError:
            weight = math.nan
        if not 0.2 <= weight <= 1.0:
            raise self.error("weight", f"“{value}”应为 0.2 至 1.0 的数")
        return weight
