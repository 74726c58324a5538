"""The result of discovering a source: addresses, and whether the list is complete."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final

from indexer.fetch import address as addresses
from indexer.fetch.fault import FetchError
from indexer.sources.scan import Fault
from kb.sourceconfig import SourceConfig
from kb.websource import WebConfig

MAX_BYTES: Final = 10_000_000
"""Maximum bytes of a list page, a feed, a search response."""


@dataclass(frozen=True, slots=True)
class Found:
    """A listed address. changed: the change time in the listing. facts: its metadata there, by label
    (公布日期 …). key: what a connector needs to fetch the file."""

    address: str
    changed: datetime | None = None
    facts: tuple[tuple[str, str], ...] = ()
    key: str = ""


@dataclass(slots=True)
class Listing:
    """Filled during discovery. complete: anything not in it no longer exists."""

    config: SourceConfig
    today: date
    found: dict[str, Found] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    complete: bool = True
    _passed: set[str] = field(default_factory=set)
    """Keys of addresses found but not wanted."""

    @property
    def web(self) -> WebConfig:
        assert self.config.web is not None
        return self.config.web

    @property
    def full(self) -> bool:
        """Whether max_items is reached, so that nothing more is added."""
        return len(self.found) >= self.web.max_items

    def add(self, item: Found) -> bool:
        """Adds a wanted address; False if it is a duplicate or there is no room."""
        known = addresses.key(item.address)
        if known in self.found or known in self._passed:
            return False
        if not self.wanted(item.address):
            self._passed.add(known)
            return True
        if self.full:
            self.cut(f"所列文章超过 {self.web.max_items} 篇（设置项 max_items），其余未收录。")
            return False
        self.found[known] = item
        return True

    def cut(self, why: str) -> None:
        """Notes that the listing continues beyond what was read."""
        self.complete = False
        warning = f"来源 {self.config.name}：{why}"
        if warning not in self.warnings:
            self.warnings.append(warning)

    def fail(self, address: str, error: FetchError) -> None:
        """Notes a part of the listing that couldn't be fetched."""
        self.complete = False
        self.faults.append(Fault(address, error.reason, f"清单无法读取：{error}"))

    def wanted(self, address: str) -> bool:
        """Whether include and exclude allow an address."""
        include, exclude = self.config.include, self.config.exclude
        if include and not any(fnmatchcase(address, glob) for glob in include):
            return False
        return not any(fnmatchcase(address, glob) for glob in exclude)

    def admits(self, address: str) -> bool:
        """Whether a known address may still belong to the source, listed or not."""
        return self.config.type != "list" or re.search(self.web.article, address) is not None

    def in_window(self, day: date | None) -> bool:
        """Whether a date is in the source's window; undated entries are."""
        start = self.start
        return day is None or start is None or day >= start

    @property
    def start(self) -> date | None:
        """The first day of the window, None without one."""
        if self.web.since:
            return self.web.since
        return self.today - timedelta(days=self.web.days) if self.web.days else None
