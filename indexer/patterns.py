"""Which regular expressions a rules file may contain: bounded ones, so that no text makes them slow."""

import re
from typing import Final

_MAX_REPEAT: Final = 300
_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\]){0,500}\]", re.DOTALL)
_UNBOUNDED = re.compile(r"[*+]|\{\d*,\}")
_REPEAT = re.compile(r"\{(?:\d+,)?(\d+)\}")


def is_bounded(source: str) -> bool:
    """Whether a pattern has no *, + or {n,} and repeats nothing more than 300 times."""
    bare = _CLASS.sub("x", source)
    many = any(int(m[1]) > _MAX_REPEAT for m in _REPEAT.finditer(bare))
    return not many and _UNBOUNDED.search(bare) is None
