"""The national law database as a source: its paginated list, each law's file and its metadata.

Requests and the parsing of responses are data (flk_interface.py). The list shows every change, so a
text is fetched when it is new or its title or dates change; a change of its 时效性 alone needs no
download.
"""

import html
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin

from indexer.fetch import address, body
from indexer.fetch.client import Client, refused
from indexer.fetch.fault import FetchError
from indexer.fetch.flk_interface import Interface, Section, Span, interface
from indexer.fetch.listing import MAX_BYTES, Found, Listing
from indexer.metadata.statements import AS_OF

_FIRST_DAY: Final = date(1949, 1, 1)
_LONGEST: Final = 300
_TAG: Final = re.compile(r"<[^<>]{0,100}>")  # search terms are marked up in titles
_DOCUMENTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")
_HEAD: Final = 4096


def discover(listing: Listing, client: Client) -> None:
    """Every text in the requested sections, with its metadata from the list."""
    known = interface()
    for key in listing.web.types or tuple(known.sections):
        section = known.sections.get(key)
        if section is None:
            expected = "、".join(known.sections)
            message = f"types 中的 {key} 不是已知的类别，可用的有：{expected}。"
            listing.fail(listing.web.urls[0], FetchError("bad-type", message))
            continue
        reading = _Reading(listing, client, known, section)
        try:
            reading.run()
        except FetchError as error:
            listing.fail(f"{reading.address}#{key}", error)
            if error.dead:
                return
        if listing.full:
            listing.cut(f"所列法规达到 {listing.web.max_items} 件（设置项 max_items），其余未看。")
            return


@dataclass(slots=True)
class _Reading:
    """One section, page by page. seen: ids met; pages: requested so far."""

    listing: Listing
    client: Client
    known: Interface
    section: Section
    seen: set[str] = field(default_factory=set)
    pages: int = 0
    stopped: bool = False

    @property
    def address(self) -> str:
        return urljoin(_base(self.listing), self.known.list)

    def run(self) -> None:
        """Raises FetchError; entries read before the error are in the listing."""
        total = self._query(None)
        if not total and not self.seen:
            raise _changed(f"“{self.section.name}”一件也没有列出")
        if len(self.seen) != total and not self.stopped:
            name, number = self.section.name, len(self.seen)
            self.listing.cut(f"{name}称有 {total} 件，列出 {number} 件，未列出的仍保留。")

    def _query(self, span: Span | None) -> int:
        """Reads the pages of a query, or of its halves if it exceeds the result limit; returns its total."""
        before, total = len(self.seen), 0
        for number in count(1):
            if self.pages >= self.listing.web.max_pages:
                self._stop(f"超过 {self.listing.web.max_pages} 页（设置项 max_pages），其余未看。")
                break
            self.pages += 1
            rows, total = self._page(number, span)
            if number == 1 and total > self.known.reach:
                for half in _halves(span or (_FIRST_DAY, self.listing.today)):
                    if not self.stopped:
                        self._query(half)
                break
            fresh = self._take(rows)
            self.stopped = self.stopped or self.listing.full
            complete = len(self.seen) - before >= total and len(rows) < self.known.size
            if not fresh or complete or self.stopped:
                break
        return total

    def _stop(self, why: str) -> None:
        self.stopped = True
        self.listing.cut(f"{self.section.name}{why}")

    def _page(self, number: int, span: Span | None) -> tuple[list[Any], int]:
        names = self.known.answer
        sent = self.known.query(self.section, number, span)
        answer = _asked(self.client, self.known, self.address, sent)
        rows, total = _at(answer, names.rows), _at(answer, names.total)
        if not isinstance(rows, list) or not isinstance(total, int):
            raise _changed(f"缺少 {names.rows} 或 {names.total}")
        if number == 1 and rows and span is None:
            # A missing field would be read as "not stated" and erased from every text.
            for name in self.known.row.names:
                if not any(isinstance(row, dict) and name in row for row in rows):
                    raise _changed(f"条目缺少 {name}")
        if span:
            days = [_day(_text(r, self.known.row.published)) for r in rows if isinstance(r, dict)]
            if any(day is None or not span[0] <= day <= span[1] for day in days):
                raise _changed("没有按公布日期筛选")
        return rows, total

    def _take(self, rows: list[Any]) -> bool:
        """Adds the entries of a page; returns whether any is new."""
        before = len(self.seen)
        for row in rows:
            found = self._found(row)
            if found is None:
                self.listing.cut(f"{self.section.name}有无法识别的条目，已跳过。")
                continue
            self.seen.add(found.key)
            if self.listing.in_window(_day(dict(found.facts).get("公布日期", ""))):
                self.listing.add(found)
            else:
                self.listing.complete = False
        return len(self.seen) > before

    def _found(self, row: Any) -> Found | None:
        if not isinstance(row, dict):
            return None
        names = self.known.row
        key = _text(row, names.id)
        title = " ".join(html.unescape(_TAG.sub("", _text(row, names.title))).split())
        place = address.normal(
            self.known.page.replace("{id}", quote(key, safe="")), _base(self.listing)
        )
        if not key or not title or not place:
            return None
        published, effective = _text(row, names.published)[:10], _text(row, names.effective)[:10]
        facts = {
            "articletitle": title,
            "制定机关": _text(row, names.issuer),
            "公布日期": published if _day(published) else "",
            "施行日期": effective if _day(effective) else "",
            "时效性": self._status(_text(row, names.status)),
            "效力级别": self.section.kind.value,
            "法律性质": _text(row, names.category),
            "数据库编号": key,
            "原文地址": place,
            AS_OF: self.listing.today.isoformat(),
        }
        return Found(place, facts=tuple((k, v) for k, v in facts.items() if v), key=key)

    def _status(self, code: str) -> str:
        status = self.known.status.get(code)
        if code and status is None:
            warning = (
                f"来源 {self.listing.config.name}：不认识的时效性代码 {code[:20]}，按未载明处理。"
            )
            if warning not in self.listing.warnings:
                self.listing.warnings.append(warning)
        return status.value if status else ""


def file_of(found: Found, listing: Listing, client: Client) -> str:
    """The address of a text's file, which may be valid for an hour only. Raises FetchError."""
    known = interface()
    said = ""
    for form in known.formats:
        filled = {"id": quote(found.key, safe=""), "format": form}
        url = urljoin(_base(listing), known.download.format_map(filled))
        try:
            place, data = _opened(client, url)
        except FetchError as error:
            raise _judged(error, known) from error
        if not data:
            return place
        result = _parsed(data, known, moved=place != url)
        value = _at(result, known.answer.file)
        place = address.normal(value, listing.web.files or url) if isinstance(value, str) else ""
        if value and place:
            return place
        said = said or _said(result, known)
    raise FetchError("no-file", f"法规库没有给出该件的正文文件{said}。")


def _opened(client: Client, url: str) -> tuple[str, bytes]:
    """Where a download link leads, and the response if that is no file. Raises FetchError."""
    with client.open(url) as answer:
        if not 200 <= answer.status < 300:
            raise refused(answer.status, answer.headers)
        first = next(answer.chunks, b"")
        if first.startswith(_DOCUMENTS):
            return answer.address, b""
        return answer.address, b"".join((first, *body.bounded(answer.chunks, MAX_BYTES))) or b" "


def check(path: Path) -> None:
    """Raises FetchError if the downloaded file is no document, or truncated."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.startswith(_DOCUMENTS):
        if _is_page(head):
            raise _page_error(head, interface(), moved=False)
        raise FetchError("no-file", "法规库给出的正文文件不是文档（docx、doc、pdf、ofd）。")
    # The central directory is at the end of a zip file.
    if head.startswith(b"PK") and not zipfile.is_zipfile(path):
        raise body.truncated()


def _base(listing: Listing) -> str:
    return listing.web.urls[0].rstrip("/") + "/"


def _halves(span: Span) -> list[Span]:
    """A range of days in two halves; none for a single day, which can't be split further."""
    first, last = span
    if first >= last:
        return []
    middle = first + (last - first) // 2
    return [(middle + timedelta(days=1), last), (first, middle)]


def _asked(
    client: Client, known: Interface, url: str, sent: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The response to a query. Raises FetchError."""
    try:
        page = client.read(url, MAX_BYTES, sent)
    except FetchError as error:
        if error.status in (404, 405):
            where = "来源的 url 应为首页地址 https://flk.npc.gov.cn/"
            raise _changed(f"网站答复 {error.status}（{where}）") from error
        raise _judged(error, known) from error
    answer = _parsed(page.data, known, moved=page.address != url)
    if _at(answer, known.answer.code) != 200:
        raise FetchError("refused", f"法规库没有给出清单{_said(answer, known)}，接口可能已改。")
    return answer


def _parsed(data: bytes, known: Interface, moved: bool) -> Mapping[str, Any]:
    if _is_page(data):
        raise _page_error(data, known, moved)
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _changed("答复不是正确的 JSON") from error
    if not isinstance(answer, dict):
        raise _changed("答复不是 JSON 对象")
    return answer


def _judged(error: FetchError, known: Interface) -> FetchError:
    """The error for a fault code of this site."""
    if error.status in known.blocked or error.reason == "redirects":
        return _blocked()
    return error


def _page_error(data: bytes, known: Interface, moved: bool) -> FetchError:
    """The error for a web page instead of a response. moved: a redirect led to it."""
    if moved or any(mark in data for mark in known.marks):
        return _blocked()
    return _changed("答复的是网页而不是数据，也可能是被防火墙拦下")


def _blocked() -> FetchError:
    message = (
        "法规库的防火墙拦下了访问，要用浏览器验证；本次不再访问，已收录的不受影响。"
        "请过几小时再试，仍不行请加大 delay。"
    )
    return FetchError("firewall", message, dead=True)


def _changed(why: str) -> FetchError:
    return FetchError("bad-json", f"法规库的接口可能已改：{why}。")


def _is_page(data: bytes) -> bool:
    return data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _at(answer: Mapping[str, Any], path: str) -> Any:
    """The value at a path of keys joined by dots; None if there is none."""
    value: Any = answer
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _said(answer: Mapping[str, Any], known: Interface) -> str:
    code, message = _at(answer, known.answer.code), _at(answer, known.answer.message)
    words = " ".join(str(v)[:80] for v in (code, message) if isinstance(v, str | int))
    return f"（答复：{words}）" if words else ""


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    text = str(value) if isinstance(value, str | int) else ""
    return " ".join(text.split())[:_LONGEST]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
