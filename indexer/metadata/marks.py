"""Marks that restrict who may see a document: 秘密★1年, 内部资料, 公开方式：不公开. Rules are data."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain, islice
from typing import Any, Final, Literal, get_args

from indexer.patterns import is_bounded
from kb.documents import Extracted
from kb.errors import ConfigError, UnreadableError

Effect = Literal["refuse", "staff"]
Where = Literal["line", "head", "form"]

CLASSIFIED: Final = "classified"
"""The reason code of a refused item; its message contains nothing of the text."""

_MESSAGE: Final = (
    "文件标有国家秘密标志，未收录，内容没有保存。涉密文件不得放入本系统，请按保密规定处理。"
)
_FILE: Final = "marks.toml"
_KEYS: Final = {"name", "effect", "where", "pattern", "why"}
_HEAD: Final = 12  # first lines of a document that may have a mark
_LONGEST: Final = 60  # characters of a line with a mark
_SPACES = re.compile(r"\s{1,99}")


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry of marks.toml."""

    name: str
    effect: Effect
    where: Where
    pattern: re.Pattern[str]
    why: str

    def stands_in(self, line: str) -> bool:
        """Whether a line, of any length, is this mark or (in forms) contains it."""
        if len(line) > 2 * _LONGEST or not line:
            return False
        spaced = _SPACES.sub(" ", unicodedata.normalize("NFKC", line)).strip()
        look = self.pattern.search if self.where == "form" else self.pattern.fullmatch
        return len(spaced) <= _LONGEST and any(map(look, (spaced, spaced.replace(" ", ""))))


@cache
def load() -> tuple[Mark, ...]:
    """The bundled marks. Raises ConfigError naming file, entry and what was expected."""
    return parse((resources.files("indexer") / "data" / _FILE).read_text("utf-8"))


def parse(text: str) -> tuple[Mark, ...]:
    """Marks from the text of a marks.toml. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{_FILE}：不是有效的 TOML（{error}）") from error
    entries = tables.get("mark")
    if set(tables) != {"mark"} or not isinstance(entries, list):
        raise ConfigError(f"{_FILE}：应只含 [[mark]] 各项")
    found = tuple(_mark(number, entry) for number, entry in enumerate(entries, 1))
    if len({m.name for m in found}) < len(found):
        raise ConfigError(f"{_FILE}：name 有重复")
    return found


def _mark(number: int, entry: Any) -> Mark:
    where = f"{_FILE}：第 {number} 个 [[mark]]"
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        raise ConfigError(f"{where} 应有且只有 {'、'.join(sorted(_KEYS))}")
    if not all(isinstance(value, str) and value for value in entry.values()):
        raise ConfigError(f"{where} 各项应为非空字符串")
    for key, choices in (("effect", get_args(Effect)), ("where", get_args(Where))):
        if entry[key] not in choices:
            raise ConfigError(f"{where} 的 {key} 应为 {'、'.join(choices)} 之一")
    if not is_bounded(entry["pattern"]):
        raise ConfigError(f"{where} 的 pattern 不得用 *、+、{{n,}}，次数以 300 为限")
    try:
        pattern = re.compile(entry["pattern"])
    except re.error as error:
        raise ConfigError(f"{where} 的 pattern 有误（{error}）") from error
    if pattern.match(""):
        raise ConfigError(f"{where} 的 pattern 不得匹配空行")
    return Mark(**{**entry, "pattern": pattern})


def refuse_classified(extracted: Extracted) -> None:
    """Raises UnreadableError "classified" if a text has the mark of a state secret, before anything of
    it is stored."""
    lines = [line for block in extracted.blocks for line in block.text.splitlines() if line.strip()]
    head = [extracted.title, *islice(lines, _HEAD), *extracted.heads]
    for mark in load():
        if mark.effect == "refuse":
            looked_at = chain(head, lines) if mark.where == "line" else head
            if any(map(mark.stands_in, looked_at)):
                raise UnreadableError(CLASSIFIED, _MESSAGE)


def internal(head: Iterable[str], foot: Iterable[str] = ()) -> str:
    """The line at the head, or in a form at head or foot, that restricts a text to staff; or empty."""
    first, last = list(head), list(foot)
    for mark in load():
        if mark.effect == "staff":
            lines = [*first, *last] if mark.where == "form" else first[:_HEAD]
            found = next(filter(mark.stands_in, lines), "")
            if found:
                return " ".join(found.split())
    return ""
