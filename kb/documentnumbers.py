"""Document numbers (发文字号) as people write them: 法释[2020]22号, 国令第535号, 国务院第535号令."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kb import numerals
from kb.citations.tokens import plain

_N = rf"(?:[0-9]{{1,5}}|[{numerals.NUMERAL}]{{1,7}})"
_HAN = r"\u4e00-\u9fff"
_YEARLY = re.compile(
    rf"(?P<body>[{_HAN}]{{1,16}})\s?(?:[\[(]\s?(?P<y>(?:19|20)[0-9]{{2}})\s?年?\s?[\])]|(?P<y2>(?:19|20)[0-9]{{2}})\s?年?(?=\s?第))"
    rf"\s?第?\s?(?P<n>{_N})\s?(?:号|$)"
)
_ORDER = re.compile(
    rf"(?P<body>[{_HAN}、]{{1,40}})令\s?\(?第?\s?(?P<n>{_N})\s?号"
    rf"|(?P<body2>[{_HAN}]{{1,20}})第\s?(?P<n2>{_N})\s?号令"
)
_COUNTRY = "中华人民共和国"
_ORDERED_BY = {"国": "国务院"}
"""Normal form of order numbers: 国令第535号."""


@dataclass(frozen=True, slots=True)
class Number:
    """A document number at characters start to end. year: 0 for an order. body: the numbering body,
    with any preceding text."""

    body: str
    year: int
    serial: int
    start: int
    end: int

    def fits(self, other: "Number") -> bool:
        """Whether the two may be the same; the body of either may be longer."""
        if (self.year, self.serial) != (other.year, other.serial):
            return False
        if self.year:
            return self.body.endswith(other.body) or other.body.endswith(self.body)
        return self.body.endswith(other.body) or self.body in other.body


def find(text: str) -> tuple[Number, ...]:
    """Every number in the text, in order."""
    text = plain(text)
    found = [_number(m, m["body"], int(m["y"] or m["y2"]), m["n"]) for m in _YEARLY.finditer(text)]
    for m in _ORDER.finditer(text):
        body = (m["body"] or m["body2"]).replace(_COUNTRY, "")
        found.append(_number(m, _ORDERED_BY.get(body, body), 0, m["n"] or m["n2"]))
    return tuple(sorted(found, key=lambda n: n.start))


def _number(m: re.Match[str], body: str, year: int, serial: str) -> Number:
    return Number(body, year, numerals.parse(serial) or 0, m.start(), m.end())


class Numbers:
    """Keys by document number. numbers: (number as its document has it, key)."""

    def __init__(self, numbers: Iterable[tuple[str, str]]) -> None:
        known: dict[tuple[int, int], list[tuple[Number, str]]] = {}
        for text, key in numbers:
            for number in find(text)[:1]:
                known.setdefault((number.year, number.serial), []).append((number, key))
        self._known: Mapping[tuple[int, int], list[tuple[Number, str]]] = known

    def keys(self, number: Number) -> tuple[str, ...]:
        """Keys of the documents with this number."""
        same = self._known.get((number.year, number.serial), [])
        return tuple(dict.fromkeys(key for known, key in same if number.fits(known)))
