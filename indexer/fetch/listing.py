"""What the discovery of a source finds: addresses, and whether that is all of them."""

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
"""Of a list page, a feed, an answer of a search."""


@dataclass(frozen=True, slots=True)
class Found:
    """An address that a listing names. changed: when the listing says it changed. facts: what it
    says of it, by label (公布日期 …). key: what a connector needs to get the file."""

    address: str
    changed: datetime | None = None
    facts: tuple[tuple[str, str], ...] = ()
    key: str = ""


@dataclass(slots=True)
class Listing:
    """Filled by a discovery. complete: what isn't in it is no longer there."""

    config: SourceConfig
    today: date
    found: dict[str, Found] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    complete: bool = True
    _passed: set[str] = field(default_factory=set)
    """Keys of addresses met that aren't wanted."""

    @property
    def web(self) -> WebConfig:
        assert self.config.web is not None
        return self.config.web

    @property
    def full(self) -> bool:
        """Whether max_items is reached: no more is taken."""
        return len(self.found) >= self.web.max_items

    def add(self, item: Found) -> bool:
        """Takes an address that is wanted; False if it was met already or there is no room."""
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
        """Notes that the listing goes on beyond what was looked at."""
        self.complete = False
        warning = f"来源 {self.config.name}：{why}"
        if warning not in self.warnings:
            self.warnings.append(warning)

    def fail(self, address: str, error: FetchError) -> None:
        """Notes a part of the listing that couldn't be had."""
        self.complete = False
        self.faults.append(Fault(address, error.reason, f"清单无法读取：{error}"))

    def wanted(self, address: str) -> bool:
        """Whether include and exclude let an address in."""
        include, exclude = self.config.include, self.config.exclude
        if include and not any(fnmatchcase(address, glob) for glob in include):
            return False
        return not any(fnmatchcase(address, glob) for glob in exclude)

    def admits(self, address: str) -> bool:
        """Whether an address known before may still belong to the source, listed or not."""
        return self.config.type != "list" or re.search(self.web.article, address) is not None

    def in_window(self, day: date | None) -> bool:
        """Whether a date lies in the source's window; what has no date does."""
        start = self.start
        return day is None or start is None or day >= start

    @property
    def start(self) -> date | None:
        """The first day of the window, None without one."""
        if self.web.since:
            return self.web.since
        return self.today - timedelta(days=self.web.days) if self.web.days else None
