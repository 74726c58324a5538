"""Single-edit typing errors: the one edit that turns one word into another."""

from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from kb.errors import ConfigError

_FILE = Path(__file__).parents[1] / "data" / "lookalikes.txt"


class Slip(IntEnum):
    """Kinds of slips, most likely first."""

    SAME_SOUND = 0
    LOOKALIKE = 1
    NEAR_SOUND = 2
    SWAPPED = 3
    MISSING = 4
    EXTRA = 5
    OTHER = 6


def slip_between(written: str, word: str) -> Slip | None:
    """The one slip that turns `word` into `written`, or None."""
    if len(written) == len(word):
        if written == word:
            return None
        first, last = 0, len(word) - 1
        while written[first] == word[first]:
            first += 1
        while written[last] == word[last]:
            last -= 1
        if first == last:
            a, b = written[first], word[first]
            return Slip.LOOKALIKE if lookalikes().get(a) == lookalikes().get(b, "") else Slip.OTHER
        swapped = (written[first], written[last]) == (word[last], word[first])
        return Slip.SWAPPED if last == first + 1 and swapped else None
    short, long = sorted((written, word), key=len)
    for i in range(len(long)):
        if long[:i] + long[i + 1 :] == short:
            # A missing last character is an unfinished word; an extra one at the end belongs to another word.
            inner = 0 < i < len(long) - 1
            return (Slip.MISSING if short is written else Slip.EXTRA) if inner else None
    return None


def difference(written: str, word: str) -> tuple[int, int]:
    """The range of `written`, first to last, that differs from the word."""
    size = min(len(written), len(word))
    first = next((i for i in range(size) if written[i] != word[i]), size)
    tail = next((i for i in range(size - first) if written[-1 - i] != word[-1 - i]), size - first)
    return first, len(written) - tail


@lru_cache(maxsize=1)
def lookalikes() -> dict[str, str]:
    """Character → the first of its group in kb/data/lookalikes.txt. Raises ConfigError by line."""
    return read_lookalikes(_FILE)


def read_lookalikes(path: Path) -> dict[str, str]:
    """Reads and checks groups, one a line. Raises ConfigError naming file and line."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#") or not line:
            continue
        if len(line) < 2 or any(c in found for c in line) or len(set(line)) < len(line):
            raise ConfigError(f"{path}：第{number}行：应为两个以上的字，一个字只在一组")
        found.update(dict.fromkeys(line, line[0]))
    return found
