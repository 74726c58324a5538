"""Genre words of titles and the kinds they state. Rules are data: indexer/data/genres.toml."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from indexer.patterns import is_bounded
from kb.documents import Kind
from kb.errors import ConfigError

_FILE: Final = "genres.toml"
_KINDS: Final = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Genre:
    """One entry of genres.toml. words: searched in a bare title."""

    kind: Kind
    words: re.Pattern[str]


@cache
def load() -> tuple[Genre, ...]:
    """The bundled genres. Raises ConfigError naming file, entry and what was expected."""
    return parse((resources.files("indexer") / "data" / _FILE).read_text("utf-8"))


def parse(text: str) -> tuple[Genre, ...]:
    """Genres from the text of a genres.toml. Raises ConfigError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{_FILE}：{error}") from error
    entries = data.get("genre")
    if set(data) != {"genre"} or not isinstance(entries, list):
        raise ConfigError(f"{_FILE}：应只有 [[genre]] 条目。")
    return tuple(_genre(f"{_FILE} 第 {n} 条", entry) for n, entry in enumerate(entries, 1))


def _genre(where: str, entry: Any) -> Genre:
    if not isinstance(entry, dict) or set(entry) != {"kind", "words"}:
        raise ConfigError(f"{where}：应有且只有 kind、words。")
    kind, words = entry["kind"], entry["words"]
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ConfigError(f"{where}：没有“{kind}”这个类别。")
    if not isinstance(words, list) or not words:
        raise ConfigError(f"{where}：words 应为非空的表。")
    for word in words:
        try:
            sound = isinstance(word, str) and word and re.compile(word) and is_bounded(word)
        except re.error as error:
            raise ConfigError(f"{where}：“{word}”不是正则表达式：{error}") from error
        if not sound:
            raise ConfigError(f"{where}：“{word}”应为有界的正则表达式，不用 *、+、{{n,}}。")
    return Genre(_KINDS[kind], re.compile("|".join(words)))
