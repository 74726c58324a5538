"""Settings of a [[source]] on the web besides the common keys, checked when kb.toml is read."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from kb.errors import ConfigError

TYPES: Final = ("list", "sitemap", "feed", "pages", "flk")

_COMMON: Final = (
    "url", "attachments", "max_items", "delay", "timeout", "deadline", "recheck", "agent",
    "allow_private",
)  # fmt: skip
_WINDOW: Final = ("since", "days")
_KEYS: Final = {
    "list": (
        *_COMMON, *_WINDOW, "article", "article_css", "next", "next_css", "numbered", "first",
        "max_pages",
    ),
    "sitemap": (*_COMMON, *_WINDOW, "max_pages"),
    "feed": (*_COMMON, *_WINDOW),
    "pages": _COMMON,
    "flk": (*_COMMON, *_WINDOW, "types", "files", "max_pages"),
}  # fmt: skip
HELP: Final = {
    "url": "网址，可写多个",
    "article": "文章地址的正则表达式",
    "article_css": "文章链接的 CSS 选择器；与 article 至少写一个",
    "next": "下一页链接的文字或地址（正则表达式）",
    "next_css": "下一页链接的 CSS 选择器",
    "numbered": "以后各页的文件名，{n} 处为页码",
    "first": "{n} 从几数起",
    "max_pages": "列表页、网站地图最多看几页",
    "since": "只收该日以后的",
    "days": "只收近若干天的，0 为不限；与 since 只写其一",
    "types": "收哪几类，不写为全部",
    "files": "法规库给出的文件地址不完整时，以此补全",
    "attachments": "收录正文中链接的附件",
    "max_items": "最多收录几篇，附件不计",
    "recheck": "隔几天核对一次，0 为每次都核对",
    "delay": "对同一网站两次访问间隔的秒数",
    "timeout": "几秒没有响应即放弃",
    "deadline": "一次下载最多几秒",
    "agent": "访问时报的名称，不写为 pufa-kb",
    "allow_private": '可否访问内部地址：true，或网段如 ["10.1.2.0/24"]',
}
"""Description of each key, for the manual."""

# The national database has some 30,000 texts, a list page 100 of them.
_DEFAULTS: Final = {("flk", "max_pages"): 2000, ("flk", "max_items"): 50_000}
_MOST_ADDRESSES: Final = 10_000
_LONGEST: Final = 2000
_LONGEST_PATTERN: Final = 300

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Fail = Callable[[str, str], ConfigError]
"""(key, what was expected) → the error to raise."""


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Location of a web source, and how it is crawled.

    urls: list pages, sitemaps, feeds, or the pages themselves. article, next: regular expressions on
    an absolute address (next also on the link text); article_css, next_css: CSS selectors.
    numbered: name of further list pages with {n}, counted from first. since, days: the date window.
    types, files: for the national law database, its sections, and the base address of files
    that it lists with relative ones.
    attachments: whether to fetch files linked in a page. max_items: articles, not attachments.
    delay: seconds between requests to a host. timeout: seconds without a response; deadline: seconds
    for a whole request. recheck: days until a page is requested again, 0 for in every run.
    agent: the robot's user agent. allow_private: private networks it may connect to.
    """

    urls: tuple[str, ...]
    article: str = ""
    article_css: str = ""
    next: str = ""
    next_css: str = ""
    numbered: str = ""
    first: int = 1
    max_pages: int = 20
    since: date | None = None
    days: int = 0
    types: tuple[str, ...] = ()
    files: str = ""
    attachments: bool = True
    max_items: int = 2000
    delay: float = 1.0
    timeout: float = 20.0
    deadline: float = 300.0
    recheck: int = 0
    agent: str = ""
    allow_private: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        data["since"] = self.since.isoformat() if self.since else None
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "WebConfig":
        """The inverse of `to_json`."""
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in data.items()
        }
        values["since"] = date.fromisoformat(data["since"]) if data["since"] else None
        return cls(**values)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The private networks that may be connected to."""
        return tuple(ipaddress.ip_network(n, strict=False) for n in self.allow_private)


def keys(source_type: str) -> tuple[str, ...]:
    """The keys that a source of this type may have besides the common ones."""
    return _KEYS.get(source_type, ())


def default(key: str, source_type: str) -> Any:
    """The default value of a key."""
    usual = next(f.default for f in fields(WebConfig) if f.name == key)
    return _DEFAULTS.get((source_type, key), usual)


def parse(source_type: str, entry: Mapping[str, Any], fail: Fail) -> WebConfig:
    """Parses the web settings of a [[source]] of one of `TYPES`. Raises errors made by `fail`."""
    reader = _Reader(entry, fail)
    config = WebConfig(
        urls=reader.addresses("url"),
        article=reader.pattern("article"),
        article_css=reader.selector("article_css"),
        next=reader.pattern("next"),
        next_css=reader.selector("next_css"),
        numbered=reader.text("numbered"),
        first=int(reader.number("first", 1, 0, 1_000_000, whole=True)),
        max_pages=int(
            reader.number("max_pages", default("max_pages", source_type), 1, 10_000, whole=True)
        ),
        since=reader.day("since"),
        days=int(reader.number("days", 0, 0, 36_500, whole=True)),
        types=reader.words("types"),
        files=reader.addresses("files")[0] if entry.get("files") else "",
        attachments=reader.flag("attachments", True),
        max_items=int(
            reader.number("max_items", default("max_items", source_type), 1, 1_000_000, whole=True)
        ),
        delay=reader.number("delay", 1.0, 0, 3600),
        timeout=reader.number("timeout", 20.0, 0.05, 600),
        deadline=reader.number("deadline", 300.0, 0.05, 7200),
        recheck=int(reader.number("recheck", 0, 0, 3650, whole=True)),
        agent=reader.agent("agent"),
        allow_private=reader.networks("allow_private"),
    )
    if source_type == "list" and not (config.article or config.article_css):
        raise fail("article", "文章地址的正则表达式，如 /t\\d+_\\d+\\.html$（或用 article_css）")
    if config.numbered and config.numbered.count("{n}") != 1:
        raise fail("numbered", "含有一处 {n} 的文件名，如 index_{n}.html")
    if config.since and config.days:
        raise fail("days", "与 since 二者只写其一")
    return config


@dataclass(frozen=True, slots=True)
class _Reader:
    entry: Mapping[str, Any]
    fail: Fail

    def text(self, key: str, longest: int = _LONGEST_PATTERN) -> str:
        value = self.entry.get(key, "")
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            raise self.fail(key, f"不超过 {longest} 字的文字")
        return value.strip()

    def words(self, key: str) -> tuple[str, ...]:
        value = self.entry.get(key, [])
        value = [value] if isinstance(value, str) else value
        good = isinstance(value, list) and len(value) <= 100
        if not good or not all(isinstance(v, str) and re.fullmatch(r"\w{1,40}", v) for v in value):
            raise self.fail(key, "文字的列表")
        return tuple(value)

    def pattern(self, key: str) -> str:
        value = self.text(key)
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise self.fail(key, f"正确的正则表达式（{error}）") from error
        return value

    def selector(self, key: str) -> str:
        value = self.text(key)
        if value:
            import soupsieve  # noqa: PLC0415 - few sources have one

            try:
                soupsieve.compile(value)
            except (soupsieve.SelectorSyntaxError, ValueError, RecursionError) as error:
                raise self.fail(key, "正确的 CSS 选择器，如 ul.list a") from error
        return value

    def addresses(self, key: str) -> tuple[str, ...]:
        value = self.entry.get(key, "")
        value = [value] if isinstance(value, str) else value
        expected = "http:// 或 https:// 开头的网址，或网址的列表"
        if not isinstance(value, list) or not 0 < len(value) <= _MOST_ADDRESSES:
            raise self.fail(key, expected)
        for address in value:
            if not isinstance(address, str) or not is_address(address):
                raise self.fail(key, expected)
        return tuple(dict.fromkeys(value))

    def number(
        self, key: str, default: float, least: float, most: float, whole: bool = False
    ) -> float:
        value = self.entry.get(key, default)
        # bool is a subclass of int.
        good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not good or not least <= value <= most:
            kind = "整数" if whole else "数（秒）"
            raise self.fail(key, f"{least:g} 到 {most:g} 的{kind}")
        return value if whole else float(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.entry.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, "true 或 false")
        return value

    def day(self, key: str) -> date | None:
        value = self.entry.get(key)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = ""
        if isinstance(value, datetime) or not (value is None or isinstance(value, date)):
            raise self.fail(key, "日期，如 2024-01-01")
        return value

    def agent(self, key: str) -> str:
        value = self.text(key, 200)
        if value and not re.fullmatch(r"[A-Za-z][A-Za-z_-]*[ -~]*", value):
            raise self.fail(key, "字母开头的英文文字，如 pufa-kb (+https://单位网址的英文地址/)")
        return value

    def networks(self, key: str) -> tuple[str, ...]:
        value = self.entry.get(key, False)
        if isinstance(value, bool):
            return ("0.0.0.0/0", "::/0") if value else ()
        value = [value] if isinstance(value, str) else value
        expected = "true、false，或网段的列表，如 10.1.2.0/24"
        if not isinstance(value, list) or len(value) > 100:
            raise self.fail(key, expected)
        for network in value:
            try:
                ipaddress.ip_network(network if isinstance(network, str) else "", strict=False)
            except ValueError:
                raise self.fail(key, expected) from None
        return tuple(value)


def is_address(text: str) -> bool:
    """Whether `text` is an absolute http or https address with a host and without credentials."""
    if len(text) > _LONGEST or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return good and "@" not in parts.netloc
