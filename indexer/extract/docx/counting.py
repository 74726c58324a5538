"""How numbers are formatted: ST_NumberFormat of ECMA-376-1, 17.18.59.

The Chinese counting systems differ in how they write zeros inside a number (一百零一, 一百〇一, 百一).
All are written here as statutes write them, so that every source of a text yields the same numbers.
"""

from collections.abc import Callable
from typing import Final

from kb import numerals

_LIMIT: Final = 9_999


def write(value: int, form: str) -> str:
    """`value` in the number format `form`; Arabic figures if the format is unknown or out of range."""
    if not 0 <= value <= _LIMIT:
        return str(value)
    writer = _WRITERS.get(form)
    return (writer(value) if writer else "") or str(value)


def _signs(signs: str) -> Callable[[int], str]:
    return lambda value: signs[value - 1] if 0 < value <= len(signs) else ""


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda value: signs[(value - 1) % len(signs)] if value else ""


def _translated(source: str, target: str) -> Callable[[int], str]:
    table = str.maketrans(source, target)
    return lambda value: numerals.write(value).translate(table)


def _digits(digits: str) -> Callable[[int], str]:
    return lambda value: "".join(digits[int(c)] for c in str(value))


def _letters(first: str) -> Callable[[int], str]:
    # After z come aa, bb …: the letter repeated, not counted on.
    def letters(value: int) -> str:
        turns, index = divmod(value - 1, 26)
        return chr(ord(first) + index) * (turns + 1) if 0 < value <= 26 * 20 else ""

    return letters


def _roman(value: int) -> str:
    out = ""
    for unit, sign in (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
        (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ):  # fmt: skip
        out += sign * (value // unit)
        value %= unit
    return out


def _sexagenary(value: int) -> str:
    return _STEMS[(value - 1) % 10] + _BRANCHES[(value - 1) % 12] if value else ""


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"
_CIRCLED: Final = _range(0x2460, 0x2473) + _range(0x3251, 0x325F) + _range(0x32B1, 0x32BF)
_CHINESE: Final = (
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting",
    "taiwaneseCountingThousand", "koreanCounting", "ideographCounting",
)  # fmt: skip
_POSITIONAL: Final = ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital")
_LEGAL: Final = "零壹贰叁肆伍陆柒捌玖拾佰仟"
_LEGAL_TRADITIONAL: Final = "零壹貳參肆伍陸柒捌玖拾佰仟"
_PLAIN: Final = "零一二三四五六七八九十百千"

_WRITERS: Final[dict[str, Callable[[int], str]]] = {
    **dict.fromkeys(_CHINESE, numerals.write),
    **dict.fromkeys(_POSITIONAL, _digits("〇一二三四五六七八九")),
    "chineseLegalSimplified": _translated(_PLAIN, _LEGAL),
    "ideographLegalTraditional": _translated(_PLAIN, _LEGAL_TRADITIONAL),
    "japaneseLegal": _translated(_PLAIN, _LEGAL_TRADITIONAL),
    "ideographTraditional": _cycle(_STEMS),
    "ideographZodiac": _cycle(_BRANCHES),
    "ideographZodiacTraditional": _sexagenary,
    "decimalZero": lambda value: f"{value:02d}",
    "decimalFullWidth": _digits("０１２３４５６７８９"),
    "decimalFullWidth2": _digits("０１２３４５６７８９"),
    "decimalEnclosedCircle": _signs(_CIRCLED),
    "decimalEnclosedCircleChinese": _signs(_CIRCLED),
    "decimalEnclosedParen": _signs(_range(0x2474, 0x2487)),
    "decimalEnclosedFullstop": _signs(_range(0x2488, 0x249B)),
    "ideographEnclosedCircle": _signs(_range(0x3220, 0x3229)),
    "upperRoman": _roman,
    "lowerRoman": lambda value: _roman(value).lower(),
    "upperLetter": _letters("A"),
    "lowerLetter": _letters("a"),
    "numberInDash": lambda value: f"- {value} -",
}
