"""Tokenisation: the only module that uses jieba.

Index and query share the same functions and dictionary; `fingerprint` identifies them, and a
generation with another fingerprint is rebuilt, never searched.
"""

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import jieba

from kb.text import dictionary, folding
from kb.text.folding import flat

_VERSION = "3"
_MAX_LATIN = 32
_TERMS_KEPT = 10_000


_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<latin>[0-9a-zà-ɏ]+(?:\.[0-9]+)?)")
# XX区, xxxx件, ****: names and figures masked by the paper's provider. X光, X射线 are words.
_MASK = re.compile(r"(?<![0-9a-wyz])[x×*＊]+(?![0-9a-wyz]|光|射线|染色体|线)")


def runs(folded: str) -> Iterator[tuple[str, bool, int]]:
    """Runs of folded text that contain words: (text, is Chinese, offset); masks are omitted."""
    text = _MASK.sub(lambda m: " " * len(m[0]), folded)
    for m in _RUN.finditer(text):
        yield m[0], m.lastgroup == "cjk", m.start()


_loading = threading.Lock()
_loaded: dict[bool, jieba.Tokenizer] = {}
"""jieba with the domain dictionary, packed and unpacked, built on first use and shared per process."""


def _tokenizer(cache_dir: Path | None, whole: bool) -> jieba.Tokenizer:
    with _loading:
        whole = whole or True in _loaded
        if whole not in _loaded:
            tokenizer = jieba.Tokenizer()
            words = packed_dictionary(cache_dir)
            tokenizer.FREQ, tokenizer.total = words.unpacked() if whole else words, words.total
            tokenizer.initialized = True
            _loaded[whole] = tokenizer
        return _loaded[whole]


def packed_dictionary(cache_dir: Path | None) -> dictionary.Packed:
    """jieba's dictionary with the domain terms; from the cache if up to date."""
    made_of = "\n".join([jieba.__version__, *field_terms()])
    name = f"words-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.txt"
    found = dictionary.load(cache_dir / name) if cache_dir else None
    if found is not None:
        return found
    plain = jieba.Tokenizer()
    plain.FREQ, plain.total = plain.gen_pfdict(plain.get_dict_file())
    plain.initialized = True
    for term in field_terms():
        plain.add_word(term, freq=_FIELD_FREQUENCY)
    text = dictionary.pack(plain.FREQ)
    if cache_dir:
        dictionary.save(cache_dir / name, text, plain.total)
    return dictionary.Packed(text, plain.total)


class Segmenter:
    """jieba with the domain dictionary. Thread-safe.

    cache_dir: where the packed dictionary is cached, the data directory: never a shared temporary one,
    where another user could plant a file. Without a cache, packing takes a second.
    """

    def __init__(self, cache_dir: Path | None = None) -> None:
        self._cache_dir = cache_dir
        self._tokenizer: Any = None

    def _load(self, *, whole: bool = False) -> Any:
        self._tokenizer = _tokenizer(self._cache_dir, whole)
        return self._tokenizer

    def unpack(self) -> None:
        """Unpacks the dictionary for bulk segmentation: five times faster, same words, more memory."""
        self._load(whole=True)

    def cut(self, text: str) -> list[str]:
        """Words of one run of Chinese characters, in order, covering it without overlap."""
        return list((self._tokenizer or self._load()).cut(text, HMM=False))

    def known(self, word: str) -> bool:
        """Whether the dictionary has the word."""
        return bool((self._tokenizer or self._load()).FREQ.get(word))


# High enough for a domain term to win over its parts, as jieba weighs by log frequency.
_FIELD_FREQUENCY = 20_000


@lru_cache(maxsize=1)
def field_terms() -> tuple[str, ...]:
    """Domain words and law titles, from kb/data/dictionary.txt (one per line, # comments)."""
    text = resources.files("kb").joinpath("data/dictionary.txt").read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(sorted({line for line in lines if line}))


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Identifies everything that affects tokenisation: a change invalidates an index."""
    parts = [_VERSION, jieba.__version__, _RUN.pattern, _MASK.pattern, *field_terms()]
    parts += folding.rules()
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class Analyzer:
    """Token counts for indexing, token lists for queries.

    term: distinct words and bigrams of a text; cached, for words of queries and of the thesaurus.
    """

    def __init__(self, cache_dir: Path | None = None) -> None:
        self.segmenter = Segmenter(cache_dir)
        self.term = lru_cache(maxsize=_TERMS_KEPT)(self._term)

    def _term(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return tuple(dict.fromkeys(self.words(text))), tuple(dict.fromkeys(grams(text)))

    def words(self, text: str) -> list[str]:
        """Words in order. Long Chinese words are followed by the dictionary words they contain."""
        out: list[str] = []
        for run, chinese, _ in runs(flat(text)):
            if not chinese:
                out.append(run[:_MAX_LATIN])
                continue
            for word in self.segmenter.cut(run):
                out.append(word)
                if len(word) > 2:
                    out += self._inside(word)
        return out

    def _inside(self, word: str) -> Iterator[str]:
        known = self.segmenter.known
        for size in (2, 3, 4):
            if len(word) > size:
                for i in range(len(word) - size + 1):
                    part = word[i : i + size]
                    if known(part):
                        yield part

    def count_words(self, text: str) -> Counter[str]:
        return Counter(self.words(text))

    def count_grams(self, text: str) -> Counter[str]:
        return Counter(grams(text))

    def count_both(self, text: str) -> Counter[str]:
        """Words and bigrams in one bag: for short fields, titles and headings."""
        both = self.count_words(text)
        for gram, count in self.count_grams(text).items():
            both[gram] = max(both[gram], count)
        return both


def grams(text: str) -> list[str]:
    """Bigrams of Chinese runs (a single character stays whole), other runs whole."""
    out: list[str] = []
    for run, chinese, _ in runs(flat(text)):
        if not chinese:
            out.append(run[:_MAX_LATIN])
        elif len(run) == 1:
            out.append(run)
        else:
            out += [run[i : i + 2] for i in range(len(run) - 1)]
    return out


def phrase_grams(phrase: str) -> list[str]:
    """Grams that every text containing the folded phrase must have; empty if none is certain.

    A run at either end of the phrase may continue in the text, so only pairs of Chinese characters count
    there, and other runs count only if the phrase bounds them on both sides.
    """
    out: list[str] = []
    for run, chinese, start in runs(phrase):
        if chinese:
            out += [run[i : i + 2] for i in range(len(run) - 1)]
        elif _is_bounded(phrase, start, start + len(run)):
            out.append(run)
    return out


def _is_bounded(phrase: str, start: int, end: int) -> bool:
    """Whether a run of letters or digits can't extend beyond the phrase or join across a point."""
    inside = start > 0 and end < len(phrase) and end - start <= _MAX_LATIN
    return inside and phrase[start - 1] != "." and phrase[end] != "."
