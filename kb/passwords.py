"""Rejects passwords that are guessed first: a list of common ones and patterns.

kb/data/passwords.txt has those that no rule generates. Before comparison, a password is folded to
undo common changes: case, width, digits for letters, digits and signs at either end.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

LENGTH = (8, 256)
"""Minimum and maximum password length, in characters."""

_PLAIN = 12
"""Minimum length of a password of one character class (such as lower case)."""

_LEET = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}
                      | {"!": "i"})  # fmt: skip

_WALKS = tuple(
    line + line
    for line in (
        *("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz"),
        *("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp"),
        *(
            "q1w2e3r4t5y6u7i8o9p0",
            "1q2w3e4r5t6y7u8i9o0p",
            "a1b2c3d4e5f6g7h8i9",
            "147258369",
            "159357",
        ),
        *("!@#$%^&*()", "112233445566778899", "123123", "1a2b3c4d5e6f7g8h9", "zaq1xsw2cde3vfr4"),
    )
)
"""Rows and columns of the keyboard, the alphabet: a run in either direction is easily guessed."""

_SHORT = (
    re.compile(r"[a-z]{1,3}[_@.-]?(?P<digits>[0-9]{3,12})[!@#.]*"),
    re.compile(r"(?P<digits>[0-9]{3,12})[_@.-]?[a-z]{1,3}[!@#.]*"),
)

_EDGE = re.compile(r"^[\W\d_]*|[\W\d_]*$")


def weakness(password: str, near: Iterable[str] = ()) -> str:
    """The fault of a password, as a message for users; empty if none. near: names a guesser would try,
    from the account and the site."""
    shortest, longest = LENGTH
    if not shortest <= len(password) <= longest:
        return f"密码应为 {shortest} 到 {longest} 个字符"
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(set(folded)) < 4:
        return "密码中不同的字符太少，容易被猜到；请换一个"
    letters = folded.isascii() and password.isalpha() and (password.islower() or password.isupper())
    if len(folded) < _PLAIN and (letters or folded.isdigit()):
        return f"只用数字或只用字母的密码至少要 {_PLAIN} 个字符；可改用几个不相干的词连起来"
    if _named(folded, near):
        return "密码中不要有用户名、网站或单位的名称"
    if _common(folded):
        return "这个密码太常见，容易被猜到；请换一个，如几个不相干的词连起来"
    return ""


def _named(folded: str, near: Iterable[str]) -> bool:
    """Whether the password is little more than a name."""
    for name in near:
        plain = unicodedata.normalize("NFKC", name).casefold().replace(" ", "")
        least = 2 if not plain.isascii() else 3
        if len(plain) >= least and (plain in folded or plain[::-1] in folded):
            rest = len(folded) - len(plain)
            if rest < LENGTH[0]:
                return True
    return False


def _common(folded: str) -> bool:
    return any(
        form in _list() or _walk(form) or _repeated(form) or _number(form)
        for form in _forms(folded)
        if len(form) >= 3
    )


def _forms(folded: str) -> set[str]:
    """The password itself and its forms with common changes undone. A word surrounded by much else
    doesn't count as that word."""
    forms = {folded, folded.translate(_LEET)}
    for text in (folded, folded.translate(_LEET)):
        for core in (_EDGE.sub("", text), text.rstrip("!@#$%^&*.?_- ~"), text.rstrip("0123456789")):
            rest = folded.replace(core, "", 1) if core in folded else folded[len(core) :]
            if len(rest) <= 4 or _number(rest.strip("!@#$%^&*.?_- ~")):
                forms.add(core)
    # a1234567, 5201314a: two or three letters next to a pattern add nothing.
    for pattern in _SHORT:
        if (m := pattern.fullmatch(folded)) and _number(m["digits"]):
            forms.add(m["digits"])
    return forms


def _number(text: str) -> bool:
    """Whether digits form a pattern: a sequence, a repetition, a date, a telephone number."""
    if not text.isdigit():
        return False
    return bool(
        len(text) < 3
        or _walk(text)
        or _repeated(text)
        or text in _list()
        or re.fullmatch(r"(19|20)\d\d((0[1-9]|1[0-2])([0-2]\d|3[01])?)?", text)
        or re.fullmatch(r"\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])", text)
        or re.fullmatch(r"(86)?1[3-9]\d{9}", text)
    )


def _walk(text: str) -> bool:
    return len(text) >= 3 and any(text in walk or text[::-1] in walk for walk in _WALKS)


def _repeated(text: str) -> bool:
    """abcabc, 12341234, aaaa, 11223344."""
    if any(
        text == (text[:n] * len(text))[: len(text)] for n in range(1, min(4, len(text) // 2) + 1)
    ):
        return True
    halves = text[::2], text[1::2]
    return len(text) >= 6 and halves[0] == halves[1] and (_walk(halves[0]) or _repeated(halves[0]))


@lru_cache(maxsize=1)
def _list() -> frozenset[str]:
    text = resources.files("kb").joinpath("data/passwords.txt").read_text("utf-8")
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return frozenset(word for line in lines for word in line)
