"""The site knowledge of indexer/data/selectors.toml, validated and prepared for fast lookup."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from kb.errors import ConfigError

_SELECTOR = re.compile(r"#[\w\-]{1,60}|(?:\.[\w\-]{1,60}){1,3}")
_KEYS = ("main", "drop_tags", "drop_names", "labels", "site_endings")


@dataclass(frozen=True, slots=True)
class Selectors:
    """main_ids, main_classes: name → rank, 0 the most reliable. main_compounds: several classes at once."""

    main_ids: dict[str, int]
    main_classes: dict[str, int]
    main_compounds: tuple[tuple[frozenset[str], int], ...]
    drop_tags: frozenset[str]
    drop_names: frozenset[str]
    labels: frozenset[str]
    site_endings: tuple[str, ...]

    def rank(self, element_id: str, classes: list[str]) -> int | None:
        """The rank of the first selector that matches an element, None if none matches."""
        ranks = [self.main_classes[name] for name in classes if name in self.main_classes]
        if element_id in self.main_ids:
            ranks.append(self.main_ids[element_id])
        ranks.extend(rank for names, rank in self.main_compounds if names.issubset(classes))
        return min(ranks, default=None)


@cache
def load() -> Selectors:
    """The bundled selectors. Raises ConfigError naming file, key and what was expected."""
    source = resources.files("indexer") / "data" / "selectors.toml"
    return parse(source.read_text("utf-8"))


def parse(text: str) -> Selectors:
    """Selectors from the text of a selectors.toml. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"selectors.toml：不是有效的 TOML（{error}）") from error
    unknown = set(tables) - set(_KEYS)
    if unknown:
        raise ConfigError(f"selectors.toml：不认识的项 {'、'.join(sorted(unknown))}")
    for key in _KEYS:
        value = tables.get(key)
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise ConfigError(f"selectors.toml：{key} 应为字符串列表")
    for selector in tables["main"]:
        if not _SELECTOR.fullmatch(selector):
            raise ConfigError(f"selectors.toml：main 中的 {selector} 应为 #id 或 .class")
    ranked = {selector: rank for rank, selector in enumerate(tables["main"])}
    parts = {selector: selector[1:].split(".") for selector in ranked}
    return Selectors(
        main_ids={s[1:]: r for s, r in ranked.items() if s[0] == "#"},
        main_classes={s[1:]: r for s, r in ranked.items() if s[0] == "." and len(parts[s]) == 1},
        main_compounds=tuple(
            (frozenset(parts[s]), r) for s, r in ranked.items() if len(parts[s]) > 1
        ),
        drop_tags=frozenset(tables["drop_tags"]),
        drop_names=frozenset(name.lower() for name in tables["drop_names"]),
        labels=frozenset(tables["labels"]),
        site_endings=tuple(tables["site_endings"]),
    )
