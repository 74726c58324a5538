"""Parses a query string into words, phrases and exclusions. Never raises; odd input yields notices."""

import re
from dataclasses import dataclass

from kb.search.results import Notice
from kb.text.analysis import phrase_grams, runs
from kb.text.folding import clean, fold, ungrouped

MAX_LENGTH = 2_000
"""Maximum query length in characters; the rest of a longer text is ignored with a notice."""

MAX_CHUNKS = 32

MAX_PHRASES, MAX_UNINDEXED = 8, 3
"""Maximum number of phrases, and of exclusions; and of those among them that no bigram narrows (one
character, a number): these require scanning every text, some 30 ms each at 150,000 passages."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed query.

    text: the part that was read, as written. chunks: runs between white space, without operators.
    phrases, excluded: folded; must or must not occur as substrings of a passage's text.
    """

    text: str
    chunks: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.chunks or self.phrases)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
# Folding turns every double quote into the plain one.
_PIECE = re.compile(r'(?P<minus>-)?"(?P<phrase>[^"]*)"|(?P<chunk>[^\s"]+)|"')
_QUOTED = re.compile(r'"[^"]*"')
_SHORTEST_QUOTED = 2
_OPERATORS = {"AND", "OR", "NOT", "＋", "+"}


def parse(raw: str) -> Parsed:
    """Parses "phrases" (in any double quotes), -exclusions, and words. Upper-case operators of other
    engines keep their meaning: AND and OR are the default, NOT excludes."""
    # Text copied from pages has soft hyphens and zero width characters inside words.
    text = ungrouped(clean(_CONTROL.sub(" ", raw[: MAX_LENGTH + 1]))).strip()
    notices = []
    if len(raw) > MAX_LENGTH:
        text = text[:MAX_LENGTH]
        notices.append(Notice("too-long", f"查询内容过长，只取前 {MAX_LENGTH} 个字。"))
    chunks: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    negate = False
    text = _without_inner_quotes(text)
    folded = fold(text)
    for m in _PIECE.finditer(folded):
        phrase, chunk = m["phrase"], m["chunk"]
        if phrase is not None and _has_words(phrase):
            (excluded if m["minus"] or negate else phrases).append(phrase.strip())
        elif chunk is not None:
            written = text[m.start() : m.end()]
            if written in _OPERATORS:
                negate = written == "NOT"
                continue
            if chunk.startswith("-") and _has_words(chunk):
                excluded.append(chunk.lstrip("-"))
            elif _has_words(chunk):
                (excluded if negate else chunks).append(chunk)
        negate = False
    if len(chunks) > MAX_CHUNKS:
        # Long pasted text with spaces: one question, not a list of keywords.
        chunks = [" ".join(chunks)]
    asked = [list(dict.fromkeys(p)) for p in (phrases, excluded)]
    read = [_affordable(p) for p in asked]
    if read != asked:
        limits = f"各只取前 {MAX_PHRASES} 个，其中单字 {MAX_UNINDEXED} 个"
        notices.append(Notice("too-many", f"引号中的短语和排除的词太多，{limits}。"))
    phrases, excluded = read
    if text and not (chunks or phrases):
        if excluded:
            notices.append(Notice("only-exclusions", "请至少输入一个要查找的词，再排除其他词。"))
        else:
            notices.append(Notice("no-words", "查询中没有可以检索的文字，请输入词语或问题。"))
    return Parsed(text, tuple(chunks), tuple(phrases), tuple(excluded), tuple(notices))


def _affordable(phrases: list[str]) -> list[str]:
    """The first ones, within both limits."""
    out: list[str] = []
    unindexed = 0
    for phrase in phrases[:MAX_PHRASES]:
        unindexed += not phrase_grams(phrase)
        if phrase_grams(phrase) or unindexed <= MAX_UNINDEXED:
            out.append(phrase)
    return out


def _without_inner_quotes(text: str) -> str:
    """Removes quotes inside a sentence: 什么是“默示条款”，“八五”普法. Only quoted text surrounded by
    white space is an exact phrase."""
    marks: set[int] = set()
    for m in _QUOTED.finditer(fold(text)):
        before, after = text[: m.start()].rstrip("-－")[-1:], text[m.end() : m.end() + 1]
        minus = m.start() > 0 and fold(text[m.start() - 1]) == "-"
        joined = bool(after.strip()) or (bool(before.strip()) and not minus)
        if joined and m.end() - m.start() > _SHORTEST_QUOTED:
            marks |= {m.start(), m.end() - 1}
    return "".join(c for i, c in enumerate(text) if i not in marks)


def _has_words(text: str) -> bool:
    return next(runs(text), None) is not None
