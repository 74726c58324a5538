"""Segments a query into words with positions, and identifies words without meaning for search."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from kb.text.analysis import Analyzer, runs

_QUESTION = re.compile(
    r"[?吗呢]|怎么|怎样|咋|如何|什么|啥|为何|多少|是否|是不是|能不能|可不可以|可以|要不要|哪|多久|多长|几[天年月个次]|合法|谁"
)
_LONG = 10
"""From this length in characters, a single run is treated as a sentence, not as keywords."""


@lru_cache(maxsize=1)
def stopwords() -> frozenset[str]:
    """The words of kb/data/stopwords.txt (one per line, # comments)."""
    text = resources.files("kb").joinpath("data/stopwords.txt").read_text("utf-8")
    return frozenset(line for line in text.split("\n") if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class Word:
    """A word at characters start to end of a folded text; tokens: it and the words inside it."""

    text: str
    start: int
    end: int
    tokens: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether it carries no subject matter."""
        return self.text in stopwords()


@lru_cache(maxsize=64)
def cut(folded: str, analyzer: Analyzer) -> tuple[Word, ...]:
    """The words of a folded text in order."""
    out: list[Word] = []
    for run, chinese, start in runs(folded):
        at = start
        for text in analyzer.segmenter.cut(run) if chinese else [run]:
            tokens = analyzer.term(text)[0] if chinese else (text,)
            out.append(Word(text, at, at + len(text), tokens))
            at += len(text)
    return tuple(out)


def without_empty(folded: str, words: tuple[Word, ...]) -> str:
    """The text with empty words blanked out; bigrams are taken from the rest."""
    chars = list(folded)
    for word in words:
        if word.empty:
            chars[word.start : word.end] = " " * (word.end - word.start)
    return "".join(chars)


def is_question(chunks: tuple[str, ...]) -> bool:
    """Whether the query is a sentence: then a passage may answer only part of it."""
    return any(_QUESTION.search(c) or len(c) >= _LONG for c in chunks)
