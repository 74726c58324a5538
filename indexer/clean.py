"""Removes boilerplate that doesn't belong to documents, and keeps a record of it.

The rules are data (indexer/data/clean.toml). Masks (XX, xxxx, X, *) are text and stay.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

from indexer.patterns import is_bounded
from kb.documents import Block, Extracted, Removed
from kb.errors import ConfigError

Scope = Literal["line", "inline", "top", "bottom"]

MAX_LINE: Final = 240
"""Characters: longer lines are paragraphs and are checked by inline rules only."""
ZONE: Final = 20
"""Number of lines at the top and at the bottom that "top" and "bottom" rules check."""

_KEYS: Final = ("name", "scope", "pattern", "why")


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of clean.toml. `pattern` is bounded; `why` is for readers, in Chinese."""

    name: str
    scope: Scope
    pattern: re.Pattern[str]
    why: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules and their unions, searched once each: most lines match none."""

    rules: tuple[Rule, ...]
    line: re.Pattern[str]
    top: re.Pattern[str]
    bottom: re.Pattern[str]
    inline: re.Pattern[str]

    def find(self, text: str, *scopes: Scope) -> re.Match[str] | None:
        """The match of the first rule of these scopes that matches all of `text`."""
        matches = (r.pattern.fullmatch(text) for r in self.rules if r.scope in scopes)
        return next((m for m in matches if m is not None), None)

    def named(self, pattern: re.Pattern[str]) -> Rule:
        return next(rule for rule in self.rules if rule.pattern is pattern)


def clean(
    extracted: Extracted, rules: Rules | None = None
) -> tuple[tuple[Block, ...], tuple[Removed, ...]]:
    """The blocks without what the rules remove, and what was removed, in reading order.

    A line removed from a block gets its own line number if the block has one. Nothing else changes:
    blocks that no rule touches are the same objects.
    """
    return _Cleaner(rules or load(), extracted.blocks).run()


@cache
def load() -> Rules:
    """The bundled rules. Raises ConfigError naming file, rule and what was expected."""
    source = resources.files("indexer") / "data" / "clean.toml"
    return parse(source.read_text("utf-8"))


def parse(text: str) -> Rules:
    """Rules from the text of a clean.toml. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"clean.toml：不是有效的 TOML（{error}）") from error
    entries = tables.get("rule")
    if not isinstance(entries, list) or set(tables) != {"rule"}:
        raise ConfigError("clean.toml：应只含 [[rule]] 各项")
    rules = tuple(_rule(number, entry) for number, entry in enumerate(entries, 1))
    names = [rule.name for rule in rules]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError(f"clean.toml：规则重名 {'、'.join(sorted(twice))}")
    return Rules(
        rules,
        line=_union(rules, "line"),
        top=_union(rules, "line", "top"),
        bottom=_union(rules, "line", "bottom"),
        inline=_union(rules, "inline"),
    )


def _rule(number: int, entry: Any) -> Rule:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        raise ConfigError(f"clean.toml：第 {number} 条规则应有且只有 {'、'.join(_KEYS)}")
    for key in _KEYS:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise ConfigError(f"clean.toml：第 {number} 条规则的 {key} 应为非空字符串")
    name = entry["name"]
    if entry["scope"] not in get_args(Scope):
        raise ConfigError(f"clean.toml：{name} 的 scope 应为 {'、'.join(get_args(Scope))} 之一")
    source = entry["pattern"]
    if not is_bounded(source):
        raise ConfigError(f"clean.toml：{name} 的 pattern 不得用 *、+、{{n,}}，次数以 300 为限")
    try:
        pattern = re.compile(source)
    except re.error as error:
        raise ConfigError(f"clean.toml：{name} 的 pattern 有误（{error}）") from error
    if pattern.match("") and pattern.fullmatch(""):
        raise ConfigError(f"clean.toml：{name} 的 pattern 不得匹配空行")
    return Rule(name, entry["scope"], pattern, entry["why"])


def _union(rules: tuple[Rule, ...], *scopes: Scope) -> re.Pattern[str]:
    sources = [r.pattern.pattern.replace("(?P<brand>", "(?:") for r in rules if r.scope in scopes]
    return re.compile("|".join(f"(?:{source})" for source in sources) or "(?!)")


@dataclass(slots=True)
class _Line:
    """A line of a block: `text` is None once it is removed."""

    block: int
    number: int
    text: str | None


class _Cleaner:
    def __init__(self, rules: Rules, blocks: tuple[Block, ...]) -> None:
        self.rules, self.blocks = rules, blocks
        self.removed: list[tuple[int, Removed]] = []  # with the position of the line
        self.changed: set[int] = set()
        self.lines = [
            _Line(index, block.line + offset if block.line else 0, text)
            for index, block in enumerate(blocks)
            for offset, text in enumerate(block.text.split("\n"))
        ]

    def run(self) -> tuple[tuple[Block, ...], tuple[Removed, ...]]:
        brands: dict[str, str] = {}
        top, bottom = ZONE, len(self.lines) - ZONE
        for position, line in enumerate(self.lines):
            text = line.text
            if text is None or len(text) > MAX_LINE:
                continue
            union = self.rules.line
            scopes: tuple[Scope, ...] = ("line",)
            if position < top or position >= bottom:
                scopes = ("line", *(("top",) if position < top else ()))
                scopes = (*scopes, *(("bottom",) if position >= bottom else ()))
                if not (self.rules.top.fullmatch(text) or self.rules.bottom.fullmatch(text)):
                    continue
            elif not union.fullmatch(text):
                continue
            match = self.rules.find(text, *scopes)
            if match is None:
                continue
            rule = self.rules.named(match.re)
            if brand := match.groupdict().get("brand"):
                brands.setdefault(brand, rule.name)
            self.remove(position, rule.name)
        if brands:
            for position, line in enumerate(self.lines):
                if line.text in brands:
                    self.remove(position, brands[line.text])
        self.inline()
        return self.result()

    def remove(self, position: int, rule: str) -> None:
        line = self.lines[position]
        self.removed.append((position, Removed(rule, line.number, line.text or "")))
        self.changed.add(line.block)
        line.text = None

    def inline(self) -> None:
        for position, line in enumerate(self.lines):
            if line.text is None or not self.rules.inline.search(line.text):
                continue
            for rule in self.rules.rules:
                if rule.scope == "inline":
                    for match in rule.pattern.finditer(line.text):
                        record = Removed(rule.name, line.number, match[0])
                        self.removed.append((position, record))
                    line.text = rule.pattern.sub("", line.text).strip()
            self.changed.add(line.block)

    def result(self) -> tuple[tuple[Block, ...], tuple[Removed, ...]]:
        if not self.changed:
            return self.blocks, ()
        kept: dict[int, list[_Line]] = {}
        for line in self.lines:
            if line.text:
                kept.setdefault(line.block, []).append(line)
        blocks: list[Block] = []
        for index, block in enumerate(self.blocks):
            lines = kept.get(index, [])
            if index not in self.changed:
                blocks.append(block)
            elif lines:
                text = "\n".join(line.text or "" for line in lines)
                blocks.append(Block(text, lines[0].number, block.heading))
        self.removed.sort(key=lambda item: item[0])
        return tuple(blocks), tuple(record for _, record in self.removed)
