"""Reads and validates the [[source]] entries of a kb.toml."""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from kb import configfile, headfields, websource
from kb.documents import Audience, Kind
from kb.errors import ConfigError, DamagedError
from kb.websource import WebConfig

TYPES = ("auto", "folder", "lawrefbook", "just-laws", *websource.TYPES)
_COMMON = ("name", "type", "include", "exclude", "kind", "audience", "region", "issuer", "as_of")
_OF_FOLDERS = ("path", "fields")
HELP = {
    "name": "来源的名称，不能重复，不含斜线",
    "type": "来源的类型，默认 auto：文件夹、LawRefBook 或 just-laws 法规库，自动识别",
    "path": "文件夹，相对于 kb.toml；网络来源用 url",
    "include": "只收这些文件（网址），式样如 `**/*.md`",
    "exclude": "不收这些文件（网址）",
    "kind": "文件没有写明类别时的类别",
    "audience": "给谁看；不写则工作总结、工作计划只给工作人员，其他公开",
    "region": "文件没有写明地区时的地区",
    "issuer": "文件没有写明制定机关时的制定机关",
    "as_of": "资料截至何日",
    "fields": 'Markdown 文件头中各项的名称，如 `{issuer = "author", url = ["urls"]}`；不写按通行名称',
}
"""Description of each key, for the manual; keys of web sources are in `websource.HELP`."""


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One [[source]]. path: absolute; for a web source its first address, which is no file.
    include, exclude: globs on the path within it, with /, or on the address.

    kind, region, issuer: defaults for its documents; audience None means by kind.
    as_of: date up to which the source is known to be complete. fields: names of fields in the heads of
    its Markdown files. web: settings of web sources.
    """

    name: str
    path: Path
    type: str = "auto"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    kind: Kind | None = None
    audience: Audience | None = None
    region: str = ""
    issuer: str = ""
    as_of: date | None = None
    fields: headfields.Fields = ()
    web: WebConfig | None = None

    @property
    def root(self) -> str:
        """Location of the source: an absolute path or an address."""
        return self.web.urls[0] if self.web else str(self.path)

    @property
    def digest(self) -> str:
        """SHA-256 of all settings that affect the documents read: all but name and location."""
        values: list[object] = [self.type, self.include, self.exclude, self.kind, self.audience]
        values += [self.region, self.issuer, self.as_of.isoformat() if self.as_of else None]
        values += [self.fields] if self.fields else []
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    def to_json(self) -> str:
        """Everything except the path, as stored in the library."""
        data = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "path"}
        data["as_of"] = self.as_of.isoformat() if self.as_of else None
        data["web"] = self.web.to_json() if self.web else None
        return json.dumps(data, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, path: Path) -> "SourceConfig":
        """The inverse of `to_json`. Raises DamagedError for any other input."""
        try:
            return cls._from_data(json.loads(text), path)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DamagedError(
                f"资料库中来源 {path} 的设置已损坏（{error}）。请运行 kb doctor 查看办法。"
            ) from error

    @classmethod
    def _from_data(cls, data: dict[str, Any], path: Path) -> "SourceConfig":
        web = data.get("web")
        return cls(
            name=data["name"],
            path=path,
            type=data["type"],
            include=tuple(data["include"]),
            exclude=tuple(data["exclude"]),
            kind=Kind(data["kind"]) if data["kind"] else None,
            audience=Audience(data["audience"]) if data["audience"] else None,
            region=data["region"],
            issuer=data["issuer"],
            as_of=date.fromisoformat(data["as_of"]) if data["as_of"] else None,
            fields=tuple((field, tuple(names)) for field, names in data.get("fields", ())),
            web=WebConfig.from_json(web) if web else None,
        )


def load_sources(path: Path) -> tuple[SourceConfig, ...]:
    """The [[source]] entries of a kb.toml, in order; relative paths are relative to that file.

    Raises ConfigError. Doesn't check whether the path exists.
    """
    data = configfile.read(path)
    entries = data.get("source", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ConfigError(f"{path}：source 应写作 [[source]]")
    found = tuple(_source(path, number, entry) for number, entry in enumerate(entries, 1))
    names = [s.name for s in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{path}：[[source]] 的 name 不能重复：{name}")
    return found


def _source(path: Path, number: int, entry: dict[str, Any]) -> SourceConfig:
    def fail(key: str, expected: str) -> ConfigError:
        return ConfigError(f"{path}：第 {number} 个 [[source]] 的 {key} 应为{expected}")

    def text(key: str, longest: int = 100) -> str:
        value = entry.get(key, "")
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            raise fail(key, f"不超过 {longest} 字的文字")
        return value.strip()

    source_type = text("type") or "auto"
    if source_type not in TYPES:
        raise fail("type", " 或 ".join(TYPES))
    on_web = source_type in websource.TYPES
    known = (*_COMMON, *(websource.keys(source_type) if on_web else _OF_FOLDERS))
    for key in entry:
        if key not in known:
            raise ConfigError(
                f"{path}：第 {number} 个 [[source]] 的 {key} 不是 type {source_type} 已知的设置；"
                f"可用的有：{'、'.join(known)}"
            )
    name = text("name", 64)
    if not name or "/" in name or "\\" in name:
        raise fail("name", "不含斜线的非空名称，不超过 64 字")
    web = websource.parse(source_type, entry, fail) if on_web else None
    place = web.urls[0] if web else text("path", 4096)
    if not place:
        raise fail("path", "目录或文件的路径")
    kind_text, audience_text = text("kind"), text("audience")
    if kind_text and kind_text not in set(Kind):
        raise fail("kind", " ".join(Kind) + " 之一")
    if audience_text and audience_text not in set(Audience):
        raise fail("audience", " 或 ".join(Audience))
    as_of = entry.get("as_of")
    if isinstance(as_of, str):
        try:
            as_of = date.fromisoformat(as_of)
        except ValueError:
            raise fail("as_of", "日期，如 2025-04-30") from None
    if isinstance(as_of, datetime) or not (as_of is None or isinstance(as_of, date)):
        raise fail("as_of", "日期，如 2025-04-30")
    return SourceConfig(
        name=name,
        path=Path(place) if web else (path.parent / Path(place).expanduser()).resolve(),
        type=source_type,
        include=_globs(entry, "include", on_web, fail),
        exclude=_globs(entry, "exclude", on_web, fail),
        kind=Kind(kind_text) if kind_text else None,
        audience=Audience(audience_text) if audience_text else None,
        region=text("region"),
        issuer=text("issuer"),
        as_of=as_of,
        fields=headfields.parse(entry.get("fields", {}), fail),
        web=web,
    )


def _globs(entry: dict[str, Any], key: str, on_web: bool, fail: websource.Fail) -> tuple[str, ...]:
    value = entry.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or len(value) > 100:
        raise fail(key, "网址式样的列表" if on_web else "文件名式样的列表")
    for glob in value:
        if not isinstance(glob, str) or not 0 < len(glob) <= 200:
            raise fail(key, "不超过 200 字的式样")
        if not on_web and (PurePosixPath(glob).is_absolute() or ".." in PurePosixPath(glob).parts):
            raise fail(key, "相对路径的文件名式样，如 **/*.md")
    return tuple(value)
