"""Chinese numerals as used in legal texts: 第一千零四十三条, 二〇二三年, 十五日."""

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}
_DIGITS.update({"〇": 0, "○": 0, "Ｏ": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5})
_DIGITS.update({"陆": 6, "柒": 7, "捌": 8, "玖": 9})
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_TEN_THOUSAND = 10_000

NUMERAL = "零〇○一二三四五六七八九十百千万两"
"""Characters of a numeral, for a regular expression's character class."""


def parse(text: str) -> int | None:
    """The value of a numeral, or None if `text` is not one.

    Reads Arabic digits in both widths, positional (二〇二三) and multiplicative (四十三) forms.
    """
    if not text or len(text) > 16:
        return None
    if text.isdecimal():
        return int(text)
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = 0
    digit: int | None = None
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c in _UNITS:
            # 十五 has no digit before its unit.
            section += (1 if digit is None else digit) * _UNITS[c]
            digit = None
        elif c == "万":
            total = (total + section + (digit or 0)) * _TEN_THOUSAND
            section, digit = 0, None
        else:
            return None
    return total + section + (digit or 0)


def write(value: int) -> str:
    """The numeral for 0 to 99,999,999 as written in statutes: 1043 → 一千零四十三, 10 → 十."""
    if not 0 <= value < _TEN_THOUSAND**2:
        raise ValueError(f"{value} is outside 0..99999999")
    if value >= _TEN_THOUSAND:
        high, low = divmod(value, _TEN_THOUSAND)
        gap = "零" if 0 < low < _TEN_THOUSAND // 10 else ""
        return write(high) + "万" + gap + _below_ten_thousand(low)
    if value == 0:
        return "零"
    out = _below_ten_thousand(value)
    return out[1:] if out.startswith("一十") else out


def _below_ten_thousand(value: int) -> str:
    out, pending_zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            out += ("零" if pending_zero else "") + "零一二三四五六七八九"[digit] + name
            pending_zero = False
        elif out and value:
            pending_zero = True
    return out
