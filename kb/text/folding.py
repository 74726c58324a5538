"""Forms of the same character, in one table for every reader and for queries.

`clean` is what readers keep of a text and what is read of a query: nothing invisible, ideographs instead
of their radicals. `fold` is the form in which texts and queries are compared; its length is that of the
text, so offsets agree. `flat` is what is indexed: folded, and figures without separators.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kb.text import traditional

_RADICALS: Final = Path(__file__).parents[1] / "data" / "radicals.tsv"

_INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""Default ignorable characters of Unicode: zero width, soft, bidirectional, variation selectors, tags."""
_COMPATIBLE: Final = (*range(0xF900, 0xFB07), *range(0x2F800, 0x2FA1E))
"""Ideographs and ligatures with a code of their own only for the sake of older character sets."""


def _cleaning() -> dict[int, str]:
    table = dict(traditional.read(_RADICALS))
    for code in _COMPATIBLE:
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            table[code] = plain
    return table


_CLEAN: Final = _cleaning()


def _ranges(codes: Iterable[int]) -> str:
    """The codes for a character class, neighbours as ranges: beyond U+FFFF `re` tries members one by one."""
    found: list[list[int]] = []
    for code in sorted(codes):
        if found and code == found[-1][1] + 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


_UNCLEAN: Final = re.compile(f"[{_INVISIBLE}{_ranges(_CLEAN)}]")


def clean(text: str) -> str:
    """The text without invisible characters, with ideographs for radicals and for compatibility forms."""
    return _UNCLEAN.sub(lambda m: _CLEAN.get(ord(m[0]), ""), text)


def _folding() -> dict[int, str]:
    """Code points that differ from others in form only: width, case, compatibility, radicals, and
    traditional characters."""
    simplified = traditional.table()
    table = dict(simplified)
    # Folded in one call, separated by nulls so that neighbours don't compose.
    codes = [*range(1, 0x10000), *range(0x1D400, 0x1D800), *range(0x2F800, 0x2FA1E)]
    every = "\0".join(map(chr, codes))
    forms = zip(codes, unicodedata.normalize("NFKC", every).lower().split("\0"), strict=True)
    for code, folded in (*forms, *traditional.read(_RADICALS).items()):
        if len(folded) == 1 and ord(folded) != code:
            table[code] = simplified.get(ord(folded), folded)
    for marks, plain in (("“”„‟〝〞＂", '"'), ("•・･‧∙⋅⸱", "·"), ("〇", "零")):
        table |= dict.fromkeys(map(ord, marks), plain)
    return table


_FOLD: Final = _folding()
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
_DIGITS: Final = "零一二三四五六七八九"
# 二○二四, 二0二四, 二О二四 with a Cyrillic letter: a zero between numerals, as in dates. 买买提.吐尔逊.
_PLACED: Final = re.compile(
    rf"(?<=[{_DIGITS}])(?:[○◯]+|[○◯0oоο]+(?=[{_DIGITS}年]))|(?<=[{_HAN}])\.(?=[{_HAN}])"
)


def fold(text: str) -> str:
    """The text in one form: width, case, variants, dots of names, zeros; length and offsets stay the same."""
    return _PLACED.sub(_in_place, text.translate(_FOLD))


def _in_place(m: re.Match[str]) -> str:
    return "·" if m[0] == "." else "零" * len(m[0])


_SEPARATOR: Final = ",，\u2005-\u200a\u202f"
_FIGURE: Final = re.compile(
    rf"(?<![0-9０-９])(?<![0-9０-９][.．{_SEPARATOR}])[0-9０-９]{{1,3}}(?:[{_SEPARATOR}][0-9０-９]{{3}})+"
    rf"(?![0-9０-９])(?![{_SEPARATOR}][0-9０-９])"
)
_SEPARATORS: Final = re.compile(f"[{_SEPARATOR}]")
_THOUSANDS: Final = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+(?![0-9]))")


def ungrouped(text: str) -> str:
    """Figures without separators of thousands: 5000 for 5,000 (GB/T 15835-2011 writes thin spaces)."""
    return _FIGURE.sub(lambda m: _SEPARATORS.sub("", m[0]), text)


def flat(text: str) -> str:
    """The form that is indexed and searched: folded, figures ungrouped."""
    return fold(ungrouped(text))


def pattern(term: str) -> str:
    """A regular expression for a flat term in a folded text, where figures may be grouped."""
    return _THOUSANDS.sub("[, ]?", re.escape(term))


def rules() -> list[str]:
    """All that decides the form of a text, for a fingerprint."""
    table = (chr(code) + plain for code, plain in sorted({**_CLEAN, **_FOLD}.items()))
    return [*table, _UNCLEAN.pattern, _PLACED.pattern, _FIGURE.pattern]
