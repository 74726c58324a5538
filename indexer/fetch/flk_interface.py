"""The interface of the national law database as data: indexer/data/flk.toml, read and checked."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

from kb.documents import Kind, Status
from kb.errors import ConfigError

Span = tuple[date, date]
"""First and last day of publication."""

_FILLED: Final = ("{codes}", "{page}", "{size}", "{days}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Positions in a response: keys joined by dots."""

    code: str
    message: str
    total: str
    rows: str
    file: str


@dataclass(frozen=True, slots=True)
class Row:
    """The names of an entry's fields."""

    id: str
    title: str
    published: str
    effective: str
    status: str
    issuer: str
    category: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the database: its name, the kind of its texts, the codes it is queried by."""

    name: str
    kind: Kind
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """The description of the database's interface; see flk.toml for what each part means."""

    list: str
    download: str
    page: str
    formats: tuple[str, ...]
    size: int
    reach: int
    blocked: frozenset[int]
    marks: tuple[bytes, ...]
    body: Mapping[str, Any]
    answer: Answer
    row: Row
    sections: Mapping[str, Section]
    status: Mapping[str, Status]

    def query(self, section: Section, page: int, span: Span | None) -> dict[str, Any]:
        """The body of a request for a page of a section, of those published in `span`."""
        values = {
            "{codes}": list(section.codes),
            "{page}": page,
            "{size}": self.size,
            "{days}": [day.isoformat() for day in span] if span else [],
        }
        return {k: values.get(v, v) if isinstance(v, str) else v for k, v in self.body.items()}


@cache
def interface() -> Interface:
    """The bundled flk.toml. Raises ConfigError."""
    return parse((resources.files("indexer") / "data" / "flk.toml").read_text("utf-8"))


def parse(text: str) -> Interface:
    """An interface from the text of a flk.toml. Raises ConfigError naming key and fault."""
    try:
        return _interface(tomllib.loads(text))
    except KeyError as error:
        raise ConfigError(f"flk.toml：缺少 {error.args[0]}") from error
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise ConfigError(f"flk.toml：{error}") from error


def _interface(data: Mapping[str, Any]) -> Interface:
    _only(data, tuple(f.name for f in fields(Interface)), "")
    body = _table(data, "body")
    for name, value in body.items():
        if isinstance(value, str) and value.startswith("{") and value not in _FILLED:
            raise ValueError(f"body.{name}：{value} 应为 {'、'.join(_FILLED)} 之一")
    for needed in _FILLED:
        if needed not in [v for v in body.values() if isinstance(v, str)]:
            raise ValueError(f"body 中应有一项为 {needed}")
    return Interface(
        list=_text(data, "list"),
        download=_text(data, "download", "{id}", "{format}"),
        page=_text(data, "page", "{id}"),
        formats=tuple(_list(data, "formats", str)),
        size=_number(data, "size"),
        reach=_number(data, "reach"),
        blocked=frozenset(_list(data, "blocked", int)),
        marks=tuple(mark.encode() for mark in _list(data, "marks", str)),
        body=body,
        answer=Answer(**_names(data, "answer", Answer)),
        row=Row(**_names(data, "row", Row)),
        sections={k: _section(v, k) for k, v in _table(data, "sections").items()},
        status={k: Status(v) for k, v in _table(data, "status").items()},
    )


def _section(entry: Any, key: str) -> Section:
    if not isinstance(entry, dict):
        raise ValueError(f"sections.{key} 应为一节")
    _only(entry, tuple(f.name for f in fields(Section)), f"sections.{key}.")
    codes = tuple(_list(entry, "codes", int))
    return Section(_text(entry, "name"), Kind(_text(entry, "kind")), codes)


def _names(data: Mapping[str, Any], key: str, made: type[Answer] | type[Row]) -> dict[str, str]:
    table = _table(data, key)
    wanted = tuple(f.name for f in fields(made))
    _only(table, wanted, f"{key}.")
    return {name: _text(table, name) for name in wanted}


def _only(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    unknown = [key for key in table if key not in known]
    if unknown:
        raise ValueError(f"不认识的键 {where}{unknown[0]}")


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data[key]
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{key} 应为有内容的一节")
    return value


def _text(data: Mapping[str, Any], key: str, *holding: str) -> str:
    value = data[key]
    if not isinstance(value, str) or not value or not all(part in value for part in holding):
        raise ValueError(f"{key} 应为文字{'，含有 ' + '、'.join(holding) if holding else ''}")
    return value


def _number(data: Mapping[str, Any], key: str) -> int:
    value = data[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{key} 应为正整数")
    return value


def _list(data: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    value = data[key]
    if not isinstance(value, list) or not value or not all(type(v) is kind for v in value):
        raise ValueError(f"{key} 应为{'整数' if kind is int else '文字'}的列表")
    return value
