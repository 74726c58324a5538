"""The current contents of a web source, with bodies fetched: afterwards it is like a folder.

Each response is committed to the library before the next request, so a run killed at any moment loses
one request at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from indexer.fetch import address, flk, links
from indexer.fetch import state as state_of
from indexer.fetch.client import Answer, Client, refused
from indexer.fetch.discover import discover
from indexer.fetch.fault import FetchError
from indexer.fetch.listing import Found, Listing
from indexer.fetch.raw import Body, RawStore
from indexer.sources.scan import Fault, File, Scan
from kb.library import Fetch, ItemState, Library
from kb.progress import Progress
from kb.sourceconfig import SourceConfig

MEGABYTE: Final = 1_000_000


def look(
    config: SourceConfig,
    library: Library,
    data_dir: Path,
    progress: Progress,
    max_file_mb: int = 50,
    now: datetime | None = None,
) -> Scan:
    """Discovers the addresses of a web source, fetches those that may have changed, and stores the
    bodies in <data_dir>/raw. The caller holds the lock; the source has its row in the library.

    Failures are among the faults and keep their documents; addresses not requested are listed as files
    with their last state, or as unseen. What is in neither has been removed from the site.
    """
    visit = _Visit(config, library, data_dir, max_file_mb, now or datetime.now(UTC))
    return visit.run(progress)


@dataclass(slots=True)
class _Outcome:
    """The results so far."""

    files: dict[str, File] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)
    """Hosts skipped, and why."""


class _Visit:
    """One source in one run."""

    def __init__(
        self, config: SourceConfig, library: Library, data_dir: Path, max_mb: int, now: datetime
    ) -> None:
        assert config.web is not None
        self._config = config
        self._web = config.web
        self._library = library
        self._row = library.sources()[config.name]
        self._known = library.fetches(config.name)
        self._names = {address.key(a): a for a in self._known}
        self._raw = RawStore(data_dir)
        self._client = Client(config.web, max_mb * MEGABYTE)
        self._now = now
        self._listing = Listing(config, now.astimezone().date())
        self._done = _Outcome()

    def run(self, progress: Progress) -> Scan:
        progress.start(f"列出 {self._config.name}", 1)
        discover(self._listing, self._client)
        progress.advance(1)
        targets = self._targets()
        progress.start(f"访问 {self._config.name}", len(targets))
        asked: set[str] = set()
        for number, (found, listed) in enumerate(targets, 1):
            if found.address not in asked:
                asked.add(found.address)
                state = self._visit(found, listed)
                for link in self._attachments(state, asked):
                    asked.add(link)
                    self._visit(Found(link), listed, parent=found.address)
            progress.advance(number)
        self._forget(asked)
        self._raw.prune(self._library.fetched_bodies())
        done = self._done
        faults = [*self._listing.faults, *done.faults]
        faults += [Fault(f"//{host}/", "unreachable", why) for host, why in done.silent.items()]
        return Scan(
            tuple(done.files.values()),
            tuple({f.path: f for f in faults}.values()),
            tuple(dict.fromkeys(done.unseen)),
            tuple(self._listing.warnings),
        )

    def _targets(self) -> list[tuple[Found, bool]]:
        """The addresses to visit, and whether a listing names each. A known address keeps its name, even
        if it is now listed with https or without its trailing slash."""
        targets: list[tuple[Found, bool]] = []
        for key, found in self._listing.found.items():
            name = self._names.get(key, found.address)
            targets.append((replace(found, address=name), True))
        if not self._listing.complete:
            listed = {f.address for f, _ in targets}
            targets += [
                (Found(name, facts=state.facts), False)
                for name, state in self._known.items()
                if name not in listed
                and not state.parent
                and state.status not in state_of.GONE
                and self._listing.wanted(name)
                and self._listing.admits(name)
            ]
        return targets

    def _attachments(self, state: Fetch | None, asked: set[str]) -> Iterator[str]:
        """The files linked in a page that are to be fetched: of the same site, or named by include."""
        if state is None or not self._web.attachments:
            return
        home = {address.site(state.address), address.site(state.final or state.address)}
        for link in state.links:
            near = address.site(link) in home or bool(self._config.include)
            name = self._names.get(address.key(link), link)
            if near and name not in asked and self._listing.wanted(link):
                yield name

    def _visit(self, found: Found, listed: bool, parent: str = "") -> Fetch | None:
        """Requests an address if it is due and notes the result; returns its new state, None if it is
        gone."""
        state = self._known.get(found.address, Fetch(found.address, parent=parent))
        if state.sha256 and not self._raw.has(state.sha256):
            state = replace(state, sha256="", etag="", last_modified="", checked="")
        host = address.host(found.address)
        # A national database text that this run's list lacks has no address to request.
        unlisted = self._config.type == "flk" and not found.key
        if unlisted or host in self._done.silent or state_of.waits(state, self._now):
            self._leave(state)
            return state
        if not state_of.due(state, found, self._now, self._recheck(listed)):
            if found.key and state_of.restated(state, found):
                state = state_of.unchanged(state, found, self._now)
                self._keep(state)
            self._take(state)
            return state
        try:
            fresh = self._client.retrying(lambda: self._ask(state, found))
        except FetchError as error:
            if error.dead:
                self._done.silent[host] = str(error)
                self._leave(state)
                return state
            if error.status in state_of.GONE and found.key:  # it is listed, so it isn't gone
                missing = f"法规库所给的正文文件不存在（{error.status}）。"
                return self._failed(state, FetchError("no-file", missing))
            if error.status in state_of.GONE and state.fetched:
                self._keep(state_of.gone(state, error))
                return None
            return self._failed(state, error)
        except OSError as error:
            message = f"内容无法保存：{error.strerror}。请检查磁盘。"
            return self._failed(state, FetchError("disk", message))
        self._keep(fresh)
        self._take(fresh)
        return fresh

    def _recheck(self, listed: bool) -> int:
        return self._web.recheck if listed else max(self._web.recheck, state_of.UNLISTED_RECHECK)

    def _ask(self, state: Fetch, found: Found) -> Fetch:
        """One request: returns the new state of the address. Raises FetchError, OSError."""
        place = found.address
        if found.key:
            place = flk.file_of(found, self._listing, self._client)
        same_place = not found.key or state.final == place
        headers = {}
        if state.sha256 and same_place:
            if state.etag:
                headers["if-none-match"] = state.etag
            if state.last_modified:
                headers["if-modified-since"] = state.last_modified
        with self._client.open(place, headers) as answer:
            if answer.status == 304 and headers:
                return state_of.unchanged(state, found, self._now)
            if not 200 <= answer.status < 300 or answer.status == 206:
                raise refused(answer.status, answer.headers)
            if address.is_home(answer.address) and not address.is_home(place):
                raise FetchError("http-404", "网站把该地址转到了首页，应已删除。", status=404)
            body = self._raw.keep(answer.chunks)
            if not body.size:
                raise FetchError("empty-body", "网站给出的内容是空的。")
            if found.key:
                flk.check(self._raw.path(body.sha256))
            return self._renewed(state, found, answer, body)

    def _renewed(self, state: Fetch, found: Found, answer: Answer, body: Body) -> Fetch:
        """The state after a response with a body, which may be unchanged."""
        fresh = state_of.answered(state, found, answer, body, self._now)
        if fresh.changed_ns == state.changed_ns:
            return fresh
        return replace(fresh, links=self._links(body, fresh.content_type, answer.address))

    def _links(self, body: Body, kind: str, base: str) -> tuple[str, ...]:
        if not self._web.attachments or body.size > links.MAX_BYTES:
            return ()
        data = self._raw.path(body.sha256).read_bytes()
        page = "html" in kind.lower() or data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        return links.attachments(data, kind, base) if page else ()

    def _failed(self, state: Fetch, error: FetchError) -> Fetch:
        state = state_of.failed(state, error, self._now)
        self._keep(state)
        after = datetime.fromisoformat(state.retry_at).astimezone().date()
        message = f"{error}将于 {after.isoformat()} 再试。"
        self._done.faults.append(Fault(state.address, error.reason, message))
        return state

    def _leave(self, state: Fetch) -> None:
        """Notes an address not requested now: with its last state, if that was good."""
        if state.sha256 and not state.failures and state.status not in state_of.GONE:
            self._take(state)
        else:
            self._done.unseen.append(state.address)

    def _take(self, state: Fetch) -> None:
        self._done.files[state.address] = File(
            path=state.address,
            size=state.size,
            mtime_ns=state.changed_ns,
            local=self._raw.path(state.sha256),
            charset=links.charset(state.content_type),
            facts=state.facts,
        )

    def _keep(self, state: Fetch) -> None:
        self._known[state.address] = state
        self._names.setdefault(address.key(state.address), state.address)
        self._library.record_fetch(self._row, state)

    def _forget(self, present: set[str]) -> None:
        """Drops the state of addresses whose documents the ledger has released."""
        items = self._library.items(self._config.name)
        spare = [
            place
            for place, state in self._known.items()
            if place not in present and (place not in items or items[place].state is ItemState.GONE)
        ]
        self._library.forget_fetches(self._row, spare)
