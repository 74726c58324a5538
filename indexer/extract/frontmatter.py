"""Front matter of Markdown files: TOML between +++ lines, simple key: value lines between ---."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from kb.errors import UnreadableError

MetaValue = str | list[str] | date
Meta = dict[str, MetaValue]

_MAX_SIZE: Final = 65_536
_MAX_DEPTH: Final = 4
_BLOCK = re.compile(r"(?P<fence>\+\+\+|---)[ \t]*(?:\r\n|\n|\r)")
_END = {
    fence: re.compile(rf"^{re.escape(fence)}[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
    for fence in ("+++", "---")
}
_PAIR = re.compile(r"(?P<key>[\w.\-]{1,64})[ \t]*[:：](?:[ \t]+(?P<value>.*))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def split(text: str) -> tuple[Meta, int]:
    """The front matter of `text` and the offset of the body; ({}, 0) if there is none.

    Keys are lower case, dotted for tables (source.url). Dates are dates, lists are lists of str,
    everything else is a str. Raises UnreadableError, reason "malformed", if +++ lines enclose
    anything but TOML. --- lines that enclose anything but `key: value` lines are no front matter.
    """
    opening = _BLOCK.match(text)
    if opening is None:
        return {}, 0
    fence = opening["fence"]
    closing = _END[fence].search(text, opening.end(), opening.end() + _MAX_SIZE)
    if closing is None:
        return {}, 0
    source = text[opening.end() : closing.start()]
    if fence == "---":
        pairs = _simple(source)
        return (pairs, closing.end()) if pairs is not None else ({}, 0)
    try:
        tables = tomllib.loads(source.replace("\r\n", "\n").replace("\r", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise UnreadableError("malformed", f"文件开头 +++ 之间不是有效的 TOML：{error}") from error
    meta: Meta = {}
    _flatten(tables, "", meta, _MAX_DEPTH)
    return meta, closing.end()


def _flatten(table: Mapping[str, Any], prefix: str, meta: Meta, depth: int) -> None:
    for key, value in table.items():
        name = f"{prefix}{key}".lower()
        if isinstance(value, dict):
            if depth > 1:
                _flatten(value, f"{name}.", meta, depth - 1)
        elif isinstance(value, list):
            meta[name] = [str(item) for item in value if not isinstance(item, dict | list)]
        else:
            meta[name] = _scalar(value)


def _scalar(value: Any) -> str | date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _simple(source: str) -> Meta | None:
    meta: Meta = {}
    last = ""
    for raw in source.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("- ") and last:
            items = meta[last]
            meta[last] = [*(items if isinstance(items, list) else []), _unquote(line[2:])]
            continue
        pair = _PAIR.fullmatch(line)
        if pair is None:
            return None
        last = pair["key"].lower()
        meta[last] = _value(pair["value"] or "")
    return meta


def _value(text: str) -> MetaValue:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [_unquote(item) for item in text[1:-1].split(",") if item.strip()]
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return _unquote(text)


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
