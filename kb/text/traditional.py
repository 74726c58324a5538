"""Maps traditional and variant characters to simplified ones, one to one, so offsets stay the same.

The pairs are data (`kb/data/traditional.tsv`): facts of Unicode's variant tables for characters
whose simplified form is in GB 2312. Many-to-one is intended (髮 and 發 are both 发): index and query
are folded the same way. Characters also used in simplified text (著作, 答覆, 慰藉) are not in it.
"""

from functools import lru_cache
from pathlib import Path

from kb.errors import ConfigError

_FILE = Path(__file__).parents[1] / "data" / "traditional.tsv"


def simplify(text: str) -> str:
    """The text with simplified characters; same length, idempotent."""
    return text.translate(table())


@lru_cache(maxsize=1)
def table() -> dict[int, str]:
    """Code point of a traditional or variant form → simplified character."""
    return read(_FILE)


def read(path: Path) -> dict[int, str]:
    """Reads and checks a table: lines with a simplified character, a tab, and its other forms.

    Raises ConfigError naming file and line.
    """
    found: dict[int, str] = {}
    simplified: set[str] = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        place = f"{path}：第{number}行"
        target, tab, forms = line.partition("\t")
        if len(target) != 1 or not tab or not forms:
            raise ConfigError(f"{place}：应为一个简体字、制表符和它的各种写法")
        simplified.add(target)
        for form in forms:
            if found.setdefault(ord(form), target) != target or form == target:
                raise ConfigError(f"{place}：“{form}”重复或与简体字相同")
    if twice := sorted(c for c in simplified if ord(c) in found):
        raise ConfigError(f"{path}：“{'、'.join(twice)}”既是简体字又是要转换的写法")
    return found
