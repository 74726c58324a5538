"""Fields in the head of a Markdown file, whatever a collection calls them: Hugo and Jekyll write author
and date, others issuer and published. A source's table `fields` names them where the defaults don't."""

from collections.abc import Mapping
from typing import Any, Final

from kb import websource

Fields = tuple[tuple[str, tuple[str, ...]], ...]
"""Names in the head by field; for each field the first one that is filled counts."""

DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title",),
    "kind": ("kind", "categories"),
    "issuer": ("issuer", "author"),
    "number": ("number",),
    "published": ("published", "publication_date", "date"),
    "effective": ("effective", "effective_date"),
    "expires": ("expires", "expiry_date"),
    "status": ("status",),
    "id": ("id",),
    "url": ("url", "urls"),
}
_MOST = 10
_LONGEST = 64


def parse(value: Any, fail: websource.Fail) -> Fields:
    """A table of a kb.toml: field = "name" or a list of names, empty for none. Raises what fail makes."""
    if not isinstance(value, dict):
        raise fail("fields", '表，如 {issuer = "author"}')
    found = []
    for field, given in value.items():
        if field not in DEFAULTS:
            raise fail("fields", f"表，其中只有 {'、'.join(DEFAULTS)}")
        names = [given] if isinstance(given, str) else given
        if (
            not isinstance(names, list)
            or len(names) > _MOST
            or not all(isinstance(n, str) and len(n) <= _LONGEST for n in names)
        ):
            raise fail(f"fields.{field}", f"文件头中的名称，或不超过 {_MOST} 个名称的列表")
        found.append((field, tuple(n.strip().lower() for n in names if n.strip())))
    return tuple(found)


def names(fields: Fields) -> dict[str, tuple[str, ...]]:
    """The names of every field: those set, else the default ones."""
    return {**DEFAULTS, **dict(fields)}
