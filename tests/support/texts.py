"""Chinese texts without meaning that have nothing in common: no two are near copies of each other."""

import random

_CHARACTERS = [chr(code) for code in range(0x4E00, 0x5200)]


def sentence(seed: str, length: int = 24) -> str:
    """The same characters for the same seed."""
    return "".join(random.Random(seed).choices(_CHARACTERS, k=length)) + "。"
