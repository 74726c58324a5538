"""Characters that a fixed-layout file draws without saying which they are."""

from typing import Final

MISSING: Final = "□"
"""Stands for a character whose meaning is unknown: a name with a letter less is another name."""


def meaningful(char: str) -> str:
    """The character itself; MISSING for a private-use one, "" for a symbol font's: U+F000 to U+F0FF,
    where Windows maps the bullets of Symbol and Wingdings."""
    if "\uf000" <= char <= "\uf0ff":
        return ""
    if "\ue000" <= char <= "\uf8ff" or char == "\ufffd" or char >= "\U000f0000":
        return MISSING
    return char
