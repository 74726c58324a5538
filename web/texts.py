"""All texts of the user interface: loaded once from data/texts.toml, checked, accessed by dotted key."""

import string
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import ConfigError

FILE = Path(__file__).parent / "data" / "texts.toml"


@dataclass(frozen=True, slots=True)
class Helpline:
    """A telephone number and its purpose. main: shown large on the home page."""

    number: str
    name: str
    purpose: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """A life situation by which guides are grouped, and a short description."""

    name: str
    hint: str


@dataclass(frozen=True, slots=True)
class Texts:
    """words: dotted key → text, with {name} for values to fill in."""

    words: dict[str, str]
    examples: tuple[str, ...]
    helplines: tuple[Helpline, ...]
    situations: tuple[Situation, ...]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`, filled in. Raises KeyError for an unknown key or a missing value."""
        text = self.words[key]
        return text.format(**values) if values else text


def load(path: Path = FILE) -> Texts:
    """Raises ConfigError naming the file and key of the error."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise ConfigError(f"{path.name}：{e}") from e
    words: dict[str, str] = {}
    for section, entries in data.items():
        if isinstance(entries, dict):
            for name, text in entries.items():
                words[f"{section}.{name}"] = _text(path, f"{section}.{name}", text)
    try:
        return Texts(
            words=words,
            examples=tuple(_text(path, "examples.text", e["text"]) for e in data["examples"]),
            helplines=tuple(Helpline(**h) for h in data["helplines"]),
            situations=tuple(Situation(**s) for s in data["situations"]),
        )
    except (KeyError, TypeError) as e:
        raise ConfigError(f"{path.name}：{e}") from e


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{path.name}，{key}：应为文字")
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(value) if name is not None]
    except ValueError as e:
        raise ConfigError(f"{path.name}，{key}：{e}") from e
    if not all(name.isidentifier() for name in fields):
        raise ConfigError(f"{path.name}，{key}：花括号内应为名称")
    return value
