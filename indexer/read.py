"""One unit of a source → a document, or the reason for failure. Runs in processes that can be killed."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from indexer import limits
from indexer.assemble import assemble
from indexer.clean import clean
from indexer.metadata import Defaults, describe, marks, statements
from indexer.outcome import INSIDE, Outcome, member_path
from indexer.sources import confined, justlaws, lawrefbook
from indexer.sources.lawrefbook import Database
from indexer.sources.scan import Unit
from indexer.statute_reader import read_statute
from indexer.structure import structure
from kb.documents import Block, Document, Extracted
from kb.errors import UnreadableError
from kb.settings import SourceConfig

if TYPE_CHECKING:
    from indexer.extract.containers import Container

MEGABYTE = 1_000_000

Begin = Callable[[str, float], None]
T = TypeVar("T")


def read_units(units: Sequence[Unit], config: SourceConfig, max_file_mb: int) -> list[Outcome]:
    """Reads units one after another; a failure of one is its own outcome and stops no other."""
    return [outcome for unit in units for outcome in read_unit(unit, config, max_file_mb)]


def read_unit(
    unit: Unit,
    config: SourceConfig,
    max_file_mb: int,
    *,
    begin: Begin = lambda member, seconds: None,
    done: AbstractSet[str] = frozenset(),
    lost: AbstractSet[str] = frozenset(),
) -> Iterator[Outcome]:
    """The outcomes of one unit as they come: one, or a container's own and one per member.

    begin: called before each piece of work with the member and its time limit in seconds.
    done: members whose outcome is already known; lost: members that must not be opened, because a
    process ended over them.
    """
    return _Reading(unit, config, max_file_mb, begin, done, lost).outcomes()


@cache
def prepare() -> None:
    """Loads the readers of all formats and the rules that every document needs, so that forked
    processes have them."""
    from indexer.extract import containers  # noqa: PLC0415 - see _file

    assert containers
    text = Extracted((Block("关于开展宣传的通知"), Block("各区司法局：请做好宣传。")), "txt")
    _document("通知.txt", text, SourceConfig("", Path()))


class _Reading:
    """The reading of one unit."""

    def __init__(
        self,
        unit: Unit,
        config: SourceConfig,
        max_file_mb: int,
        begin: Begin,
        done: AbstractSet[str],
        lost: AbstractSet[str],
    ) -> None:
        self._unit, self._config, self._limit = unit, config, max_file_mb * MEGABYTE
        self._begin, self._done, self._lost = begin, done, lost
        self._inside = _Inside(sum(file.size for file in unit.files))

    def outcomes(self) -> Iterator[Outcome]:
        contents: list[bytes] = []

        def load() -> bytes:
            for file in self._unit.files:
                if file.size > self._limit:
                    size, limit = file.size // MEGABYTE, self._limit // MEGABYTE
                    message = f"文件有 {size} MB，超过上限 {limit} MB（设置项 max_file_mb）。"
                    raise UnreadableError("too-large", message)
                with confined.opened(self._config.path, file) as opened:
                    contents.append(confined.bounded(opened, self._limit))
            return contents[0]

        if self._config.type == "just-laws":
            yield from self._laws(load, contents)
            return
        if self._config.type != "lawrefbook":
            yield from self._file("", load, 0)
            return

        def statute() -> tuple[tuple[str, ...], Document]:
            load()
            hashes = tuple(hashlib.sha256(c).hexdigest() for c in contents)
            database = database_of(self._config.path)
            return hashes, read_statute(self._unit, contents, self._config, database)

        outcome = self._guarded("", statute)
        if isinstance(outcome, Outcome):
            yield outcome
        else:
            yield Outcome(self._unit, *outcome)

    def _laws(self, load: Callable[[], bytes], contents: list[bytes]) -> Iterator[Outcome]:
        """The outcomes of a unit of a just-laws checkout: a law, or the texts of one file."""
        from indexer import justlaws_reader  # noqa: PLC0415 - see _file

        def found() -> list[tuple[str, Document]]:
            load()
            config = self._config
            config = replace(config, as_of=config.as_of or justlaws.as_of(config.path))
            return [
                (member, _document(member_path(path, member), text, config))
                for member, path, text in justlaws_reader.texts(self._unit, contents, config)
            ]

        made = self._guarded("", found)
        if isinstance(made, Outcome):
            yield made
            return
        hashes = tuple(hashlib.sha256(c).hexdigest() for c in contents)
        if made and made[0][0]:
            yield self._made("", hashes, None)
        for member, document in made:
            yield self._made(member, hashes, document)

    def _file(self, member: str, load: Callable[[], bytes], depth: int) -> Iterator[Outcome]:
        """The outcome of a file that may be a container, and of its members."""
        # Loading the readers of all formats takes a tenth of a second; statutes don't need them.
        from indexer.extract.containers import MAX_NESTING, open_container  # noqa: PLC0415
        from indexer.extract.formats import time_limit  # noqa: PLC0415

        def opened() -> "tuple[bytes, Container | None]":
            data = load()
            container = open_container(data, self._limit)
            if container is not None and depth >= MAX_NESTING:
                raise UnreadableError("too-deep", f"压缩包嵌套超过 {MAX_NESTING} 层，未再深入")
            return data, container

        found = self._guarded(member, opened)
        if isinstance(found, Outcome):
            yield from self._wanted(found)
            return
        data, container = found
        hashes = (hashlib.sha256(data).hexdigest(),)
        path = member_path(self._unit.key, member)
        if container is None:
            if member not in self._done:
                self._begin(member, time_limit(data))
                made = self._guarded(
                    member,
                    lambda: _document(path, self._extracted(member, path, data), self._config),
                )
                yield made if isinstance(made, Outcome) else self._made(member, hashes, made)
            return
        if member not in self._done:
            body = self._body(member, path, container)
            if isinstance(body, Outcome):  # so its attachments are refused too
                yield body
                return
            yield self._made(member, hashes, body)
        for inner in container.members:
            name = f"{member}{INSIDE}{inner.name}" if member else inner.name
            if name in self._lost:
                continue
            self._begin(name, limits.SECONDS)
            yield from self._file(name, partial(self._inside.counted, inner.read), depth + 1)

    def _extracted(self, member: str, path: str, data: bytes) -> Extracted:
        from indexer.extract.formats import extract  # noqa: PLC0415 - as above

        file = self._unit.files[0]
        found = extract(path, data, "" if member else file.charset)
        if found.format == "md":
            found = statements.headed(found, self._config.fields)
        return found if member else statements.listed(found, file.facts)

    def _body(self, member: str, path: str, container: "Container") -> Document | Outcome | None:
        """The text of a mail. A mail of a few words is still a mail: its attachments are read. An outcome
        if it has the mark of a secret."""
        body = container.body
        if body is None:
            return None
        made = self._guarded(member, lambda: _document(path, body, self._config))
        if isinstance(made, Document) or made.reason == marks.CLASSIFIED:
            return made
        return None

    def _made(self, member: str, hashes: tuple[str, ...], document: Document | None) -> Outcome:
        return Outcome(self._unit, hashes, document, member=member)

    def _wanted(self, outcome: Outcome) -> Iterator[Outcome]:
        if outcome.member not in self._done:
            yield outcome

    def _guarded(self, member: str, work: Callable[[], T]) -> T | Outcome:
        """The result of `work`, or the outcome that states why there is none."""
        try:
            return work()
        except UnreadableError as error:
            reason, message = error.reason, str(error)
        except OSError as error:
            reason = "permission" if isinstance(error, PermissionError) else "io"
            message = f"文件无法读取：{error.strerror}。"
        except MemoryError:
            reason, message = "memory", "读取所需内存超过上限，请拆分后再添加。"
        except Exception as error:
            # A bug of ours triggered by this file: listed like any other failure, and the run continues.
            reason = "internal"
            message = f"程序未能处理该文件（{type(error).__name__}：{error}），请反馈。"[:500]
        return Outcome(self._unit, reason=reason, message=message, member=member)


class _Inside:
    """The amount extracted from a container so far, including everything nested in it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._members = self._read = 0

    def counted(self, read: Callable[[], bytes]) -> bytes:
        """The bytes of the next member. Raises UnreadableError like `read`, and "too-large"."""
        self._members += 1
        if self._members > limits.MEMBERS:
            raise UnreadableError(
                "too-large", f"连同内层共超过 {limits.MEMBERS} 个文件，其余未读取"
            )
        data = read()
        self._read += len(data)
        if self._read > limits.ZIP_TOTAL or limits.swollen(self._read, self._size):
            most, times = limits.ZIP_TOTAL // 1_000_000, limits.ZIP_RATIO
            message = f"连同内层解压后超过 {most} MB 或原来的 {times} 倍，其余未读取"
            raise UnreadableError("too-large", message)
        return data


def database_of(root: Path) -> Database:
    """A checkout's database, empty if it is missing or broken: the run reports that once."""
    try:
        info = (root / lawrefbook.DATABASE).stat()
        return _database(root, info.st_size, info.st_mtime_ns)
    except (sqlite3.Error, OSError, UnreadableError):
        return Database({})


@lru_cache(maxsize=16)
def _database(root: Path, _size: int, _mtime_ns: int) -> Database:
    return lawrefbook.read_database(
        confined.read(root, lawrefbook.DATABASE, lawrefbook.MAX_DATABASE)
    )


def _document(path: str, extracted: Extracted, config: SourceConfig) -> Document:
    """The text of a file, or of a container member, → a document. Raises UnreadableError."""
    marks.refuse_classified(extracted)
    blocks, removed = clean(extracted)
    defaults = Defaults(
        kind=config.kind,
        audience=config.audience,
        region=config.region,
        issuer=config.issuer,
        relpath=path,
    )
    about = describe(extracted, blocks, defaults)
    passages = structure(about.kind, blocks, about.title)
    if not passages:
        raise UnreadableError("no-text", "清理之后没有正文。")
    status = statements.status(extracted.meta)
    return assemble(extracted, about, passages, removed, config, path, status=status)
