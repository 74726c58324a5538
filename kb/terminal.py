"""Sanitises terminal and log output: text from files must not control the terminal or forge a line.

Titles, paths and messages come from files and sites. An escape sequence could change colours, move
the cursor or rename the window; a line break could forge a report line; a bidirectional control
could reverse a name. Each such character is shown as �.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import click

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHOWN = "\N{REPLACEMENT CHARACTER}"
# Characters that JSON leaves unescaped.
_IN_JSON = re.compile(
    r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


@lru_cache(maxsize=4096)
def _safe(char: str) -> str:
    return _SHOWN if unicodedata.category(char) in _UNSAFE else char


def plain(text: str) -> str:
    """`text` on one line, of the same length: no controls (C0, C1, line breaks, ANSI's escape), no
    bidirectional or invisible ones, no lone surrogates."""
    return text if text.isprintable() else "".join(map(_safe, text))


def say(line: str, *, err: bool = False) -> None:
    """Writes one line."""
    click.echo(plain(line), err=err)


def say_all(lines: Iterable[str]) -> None:
    """Writes several."""
    click.echo("\n".join(map(plain, lines)))


def say_json(data: Any) -> None:
    """Writes data as JSON, with such characters escaped as \\u…."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    click.echo(_IN_JSON.sub(lambda m: json.dumps(m[0]).strip('"'), text))
