"""The national law database as a source: its list in pages, a law's files, what it says of a law.

Written after what its public pages ask for (indexer/data/flk.toml); see DIVERGENCES.md.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin

from indexer.fetch import address
from indexer.fetch.client import Client
from indexer.fetch.fault import FetchError
from indexer.fetch.listing import MAX_BYTES, Found, Listing
from kb.documents import Kind, Status
from kb.errors import ConfigError

_MOST_PAGES: Final = 5_000
_LONGEST: Final = 300
_ORDER: Final = (".docx", ".html", ".htm", ".ofd", ".doc", ".wps", ".pdf")
"""Which of a law's files is taken: the first of these there is."""


@dataclass(frozen=True, slots=True)
class Interface:
    """The bundled description of the database's interface."""

    list: str
    detail: str
    page_of: str
    files: str
    size: int
    parameters: Mapping[str, str]
    types: Mapping[str, str]
    status: Mapping[str, Status]
    kinds: Mapping[str, Kind]


@cache
def interface() -> Interface:
    """The bundled flk.toml, checked. Raises ConfigError."""
    return parse((resources.files("indexer") / "data" / "flk.toml").read_text("utf-8"))


def parse(text: str) -> Interface:
    """An interface from the text of a flk.toml. Raises ConfigError naming key and fault."""
    try:
        data = tomllib.loads(text)
        return Interface(
            list=str(data["list"]),
            detail=str(data["detail"]),
            page_of=str(data["page_of"]),
            files=str(data["files"]),
            size=int(data["size"]),
            parameters=dict(data["parameters"]),
            types=dict(data["types"]),
            status={code: Status(name) for code, name in data["status"].items()},
            kinds={name: Kind(kind) for name, kind in data["kinds"].items()},
        )
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"flk.toml：{error}") from error


def discover(listing: Listing, client: Client) -> None:
    """Every law in the sections asked for, newest first, each with what the list says of it."""
    known = interface()
    for section in listing.web.types or tuple(known.types):
        if section not in known.types:
            expected = "、".join(known.types)
            message = f"types 中的 {section} 不是已知的类别，可用的有：{expected}。"
            listing.fail(listing.web.urls[0], FetchError("bad-type", message))
            continue
        _section(listing, client, known, section)


def _section(listing: Listing, client: Client, known: Interface, section: str) -> None:
    base = _base(listing)
    seen = 0
    for number in range(1, min(listing.web.max_pages, _MOST_PAGES) + 1):
        filled = {"type": section, "page": str(number), "size": str(known.size)}
        query = urlencode({k: v.format_map(filled) for k, v in known.parameters.items()})
        url = f"{urljoin(base, known.list)}?{query}"
        try:
            rows, total = _rows(client.read(url, MAX_BYTES).data)
        except FetchError as error:
            listing.fail(url, error)
            return
        fresh = False
        for row in rows:
            found = _found(row, known, base)
            if found is None:
                listing.cut(f"{section} 第 {number} 页有无法识别的条目，已跳过。")
                continue
            published = dict(found.facts).get("公布日期", "")
            if listing.in_window(_day(published)):
                fresh = listing.add(found) or fresh
            else:
                listing.complete = False
        seen += len(rows)
        if listing.full:
            listing.cut(f"所列法规达到 {listing.web.max_items} 件（设置项 max_items），其余未看。")
            return
        if not rows or seen >= total:
            # Fewer than it says there are: something is missing, but nothing is gone.
            listing.complete = listing.complete and seen >= total
            return
        if not fresh:
            listing.complete = False
            return
    listing.cut(f"{section} 超过 {listing.web.max_pages} 页（设置项 max_pages），其余未看。")


def file_of(found: Found, listing: Listing, client: Client) -> str:
    """The address of a law's file. Raises FetchError."""
    known = interface()
    base = _base(listing)
    page = client.read(urljoin(base, known.detail), MAX_BYTES, {"id": found.key})
    result = _result(page.data)
    bodies = result.get("body") if isinstance(result, dict) else None
    paths = []
    for entry in bodies if isinstance(bodies, list) else []:
        for field in ("path", "url"):
            value = entry.get(field) if isinstance(entry, dict) else None
            if isinstance(value, str) and 0 < len(value) <= _LONGEST:
                paths.append(value)
    for ending in _ORDER:
        for path in paths:
            if path.partition("?")[0].lower().endswith(ending):
                place = address.normal(path, listing.web.files or known.files)
                if place:
                    return place
    raise FetchError("no-file", "法规库没有给出该件的正文文件。")


def _base(listing: Listing) -> str:
    return listing.web.urls[0].rstrip("/") + "/"


def _result(data: bytes) -> Any:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FetchError("bad-json", "法规库的答复不是正确的 JSON，接口可能已改。") from error
    if not isinstance(answer, dict) or "result" not in answer:
        raise FetchError("bad-json", "法规库的答复缺少 result，接口可能已改。")
    return answer["result"]


def _rows(data: bytes) -> tuple[list[Any], int]:
    result = _result(data)
    rows = result.get("data") if isinstance(result, dict) else None
    total = result.get("totalSizes") if isinstance(result, dict) else None
    if not isinstance(rows, list) or not isinstance(total, int):
        raise FetchError("bad-json", "法规库的答复缺少 data 或 totalSizes，接口可能已改。")
    return rows, total


def _found(row: Any, known: Interface, base: str) -> Found | None:
    if not isinstance(row, dict):
        return None
    key, title = _text(row, "id"), _text(row, "title")
    if not key or not title:
        return None
    place = address.normal(known.page_of.replace("{id}", quote(key, safe="%")), base)
    status = known.status.get(_text(row, "status"))
    kind = known.kinds.get(_text(row, "type"))
    facts = {
        "articletitle": title,
        "制定机关": _text(row, "office"),
        "公布日期": _text(row, "publish")[:10],
        "施行日期": _text(row, "expiry")[:10],
        "时效性": status.value if status else "",
        "效力级别": kind.value if kind else "",
    }
    kept = tuple((name, value) for name, value in facts.items() if value)
    return Found(place, facts=kept, key=key) if place else None


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    text = str(value) if isinstance(value, str | int) else ""
    return " ".join(text.split())[:_LONGEST]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
