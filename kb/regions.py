"""Regions of issuers and titles, each in one display form.

A province is shown by its full name (浙江省, 北京市), a place in it with the province first
(浙江省杭州市, 浙江省景宁畲族自治县). The names are in `data/regions.toml`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kb.errors import ConfigError

_FILE = Path(__file__).parent / "data" / "regions.toml"
NATIONWIDE = "全国"
"""Displayed region of national statutes."""

_SPACE = re.compile(r"\s+")
_LONGEST_TEXT = 400
"""Maximum length examined: issuers and titles are short."""


@dataclass(frozen=True, slots=True)
class Province:
    """A province, autonomous region, municipality or special administrative region."""

    name: str
    short: str
    cities: tuple[str, ...] = ()
    prefectures: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The regions from one file."""

    national: tuple[str, ...]
    not_places: frozenset[str]
    provinces: tuple[Province, ...]


def load(path: Path) -> Gazetteer:
    """Reads and checks a regions file. Raises ConfigError naming file and key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}：无法读取（{error.strerror}）") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}：不是有效的 TOML（{error}）") from error
    _only(path, "文件", data, {"national", "not_places", "province"})
    entries = data.get("province")
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path}：province：至少应有一个 [[province]]")
    provinces = tuple(_province(path, i, entry) for i, entry in enumerate(entries, 1))
    seen: set[str] = set()
    for p in provinces:
        for name in (p.name, *(c + "市" for c in p.cities), *p.prefectures, *p.counties, *p.places):
            if name in seen:
                raise ConfigError(f"{path}：[[province]]“{p.name}”：“{name}”重复")
            seen.add(name)
    return Gazetteer(
        _strings(path, "national", data.get("national")),
        frozenset(_strings(path, "not_places", data.get("not_places"))),
        provinces,
    )


@cache
def gazetteer() -> Gazetteer:
    """The bundled regions."""
    return load(_FILE)


def find_region(text: str) -> str:
    """The region of an issuer or title in display form, or empty.

    The first full name counts; short names (宁波…, 中国（上海）…) only at the start of the text.
    National issuers have no region.
    """
    plain = _SPACE.sub("", text[:_LONGEST_TEXT]).lstrip('《〈“"(（[【')
    index = _index()
    if plain.startswith(gazetteer().national):
        return ""
    found = index.full.match(plain)
    begin = index.begins.match(plain) if found is None else None
    if begin is not None:
        return index.regions[begin["name"]]
    found = found or index.full.search(plain)
    if found is None:
        return ""
    region = index.regions[found[0]]
    # 浙江省杭州市: the city is more specific.
    below = index.full.match(plain, found.end())
    if below is not None and index.regions[below[0]].startswith(region):
        return index.regions[below[0]]
    return region


def province_of(region: str) -> str:
    """The province of a region in display form, or empty."""
    return next((p.name for p in gazetteer().provinces if region.startswith(p.name)), "")


@dataclass(frozen=True, slots=True)
class _Index:
    regions: Mapping[str, str]
    full: re.Pattern[str]
    begins: re.Pattern[str]


@cache
def _index() -> _Index:
    whole = gazetteer()
    full: dict[str, str] = {}
    short: dict[str, str] = {}
    for p in whole.provinces:
        full[p.name] = p.name
        full.update((c + "市", f"{p.name}{c}市") for c in p.cities)
        full.update((n, p.name + n) for n in (*p.prefectures, *p.counties))
        full.update((c + "经济特区", f"{p.name}{c}市") for c in p.cities)
        full[p.short + "经济特区"] = p.name
        full.update((n, p.name) for n in p.places)
        short.update((c, f"{p.name}{c}市") for c in p.cities if c not in whole.not_places)
    # After the cities: 吉林 is the province, 吉林市 the city.
    short.update((p.short, p.name) for p in whole.provinces)
    return _Index(
        {**short, **full},
        # 白银市场 is no city.
        re.compile(f"(?:{_either(full)})(?!场)"),
        re.compile(rf"(?:中国)?[（(]?(?P<name>{_either(short)})"),
    )


def _either(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=lambda w: (-len(w), w))))


_LISTS = ("cities", "prefectures", "counties", "places")


def _province(path: Path, number: int, entry: object) -> Province:
    where = f"第{number}个 [[province]]"
    if not isinstance(entry, dict):
        raise ConfigError(f"{path}：{where}：应为表")
    _only(path, where, entry, {"name", "short", *_LISTS})
    for key in ("name", "short"):
        if not isinstance(entry.get(key), str) or len(entry[key]) < 2:
            raise ConfigError(f"{path}：{where} {key}：应为至少两个字的字符串")
    lists = {key: _strings(path, f"{where} {key}", entry.get(key)) for key in _LISTS}
    return Province(entry["name"], entry["short"], **lists)


def _only(path: Path, where: str, table: Mapping[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                f"{path}：{where} {key}：没有这个键，可用：{'、'.join(sorted(known))}"
            )


def _strings(path: Path, key: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ConfigError(f"{path}：{key}：应为非空字符串的列表")
    return tuple(value)
