"""References to articles in running text: 《劳动合同法》第四十七条、第八十七条第二款; 民法典1043条."""

import re
from dataclasses import dataclass

from kb import numerals
from kb.documents import ArticleNumber
from kb.lawnames import LawNames

_N = rf"[0-9０-９{numerals.NUMERAL}]{{1,9}}"
_ARTICLE = rf"第?\s*(?P<n>{_N})\s*条(?:\s*(?:之|-)\s*(?P<s>{_N}))?"
_PARAGRAPH = rf"(?:\s*第?\s*(?P<p>{_N})\s*款)?(?:\s*第?\s*[（(]?(?P<i>{_N})[）)]?\s*项)?"
_NUMBER = re.compile(rf"{_ARTICLE}{_PARAGRAPH}")
# 民法典1043, without 条: only right behind a law's name, and no year.
_BARE = re.compile(r"(?P<n>[0-9０-９]{1,4})(?![0-9０-９年月日.])(?:-(?P<s>[0-9]{1,2}))?")
_GAP = re.compile(r"[\s、，,和及与]*(?:的)?\s*")


@dataclass(frozen=True, slots=True)
class Citation:
    """An article of a work, cited at characters start to end. paragraph, item: 款 and 项, 0 if none."""

    work: str
    article: ArticleNumber
    paragraph: int
    item: int
    start: int
    end: int


def find(text: str, names: LawNames) -> tuple[Citation, ...]:
    """Every article cited behind the name of a law that is in the base, in order."""
    found: list[Citation] = []
    mentions = names.find(text)
    for place, mention in enumerate(mentions):
        if mention.note:
            # An older law's numbers are not those of the work that took its place.
            continue
        stop = mentions[place + 1].start if place + 1 < len(mentions) else len(text)
        start, at = mention.start, mention.end
        while at < stop:
            begin = _skip(text, at, first=at == mention.end)
            m = _NUMBER.match(text, begin, stop)
            if m is None and at == mention.end:
                m = _BARE.match(text, begin, stop)
            if m is None:
                break
            parts = m.groupdict()
            number = numerals.parse(parts["n"])
            if number is None:
                break
            article = ArticleNumber(number, _value(parts.get("s")))
            paragraph, item = _value(parts.get("p")), _value(parts.get("i"))
            found.append(Citation(mention.work, article, paragraph, item, start, m.end()))
            start = at = m.end()
    return tuple(found)


def _skip(text: str, at: int, *, first: bool) -> int:
    m = _GAP.match(text, at)
    end = m.end() if m else at
    # Directly behind the name only white space and 的 may stand.
    if first and any(c in "、，,和及与" for c in text[at:end]):
        return at
    return end


def _value(numeral: str | None) -> int:
    return (numerals.parse(numeral) or 0) if numeral else 0


def cite(title: str, label: str) -> str:
    """The citation of an article as it is copied: 《中华人民共和国民法典》第一千零四十三条."""
    return f"{title if title.startswith('《') else f'《{title}》'}{label}"
