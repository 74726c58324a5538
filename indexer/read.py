"""One unit of a source → a document, or why not. Runs in worker processes."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from indexer.clean import clean
from indexer.extract import extract
from indexer.metadata import Defaults, describe, facts
from indexer.sources import lawrefbook
from indexer.sources.lawrefbook import Database
from indexer.sources.scan import Unit
from indexer.sources.select import DATABASE
from indexer.statute_reader import read_statute
from indexer.structure import structure
from kb import topics
from kb.documents import STATUTE_KINDS, Document, TopicMatch, document_id
from kb.errors import UnreadableError
from kb.lawnames import work_of
from kb.settings import SourceConfig

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit. hashes: SHA-256 of each file read, in order. document is None where
    reading failed: reason is a short code, message is for people; failed names the file."""

    unit: Unit
    hashes: tuple[str, ...] = ()
    document: Document | None = None
    reason: str = ""
    message: str = ""


def read_units(units: Sequence[Unit], config: SourceConfig, max_file_mb: int) -> list[Outcome]:
    """Reads units one after the other; a fault of one is its own outcome and stops no other."""
    return [_read(unit, config, max_file_mb) for unit in units]


def _read(unit: Unit, config: SourceConfig, max_file_mb: int) -> Outcome:
    contents: list[bytes] = []
    try:
        for file in unit.files:
            if file.size > max_file_mb * MEGABYTE:
                raise UnreadableError(
                    "too-large",
                    f"文件有 {file.size // MEGABYTE} MB，超过上限 {max_file_mb} MB（设置项 max_file_mb）。",
                )
            contents.append(_bytes(file.local or config.path / file.path, max_file_mb * MEGABYTE))
        hashes = tuple(hashlib.sha256(c).hexdigest() for c in contents)
        if config.type == "lawrefbook":
            database = database_of(config.path)
            document = read_statute(unit, contents, config, database)
        else:
            document = read_file(unit, contents[0], config)
        return Outcome(unit, hashes, document)
    except UnreadableError as error:
        return Outcome(unit, reason=error.reason, message=str(error))
    except OSError as error:
        reason = "permission" if isinstance(error, PermissionError) else "io"
        return Outcome(unit, reason=reason, message=f"文件无法读取：{error.strerror}。")
    except (ValueError, KeyError, IndexError, TypeError, RecursionError, MemoryError) as error:
        # A defect of ours shown by this file: it is listed like any other, and the run goes on.
        message = f"程序未能处理该文件（{type(error).__name__}：{error}），请反馈。"
        return Outcome(unit, reason="internal", message=message[:500])


def _bytes(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UnreadableError("too-large", f"文件超过上限 {limit // MEGABYTE} MB。")
    return data


def database_of(root: Path) -> Database:
    """A checkout's database, empty where it is missing or broken: the run lists that once."""
    try:
        info = (root / DATABASE).stat()
        return _database(root / DATABASE, info.st_size, info.st_mtime_ns)
    except (sqlite3.Error, OSError):
        return Database({})


@lru_cache(maxsize=16)
def _database(path: Path, _size: int, _mtime_ns: int) -> Database:
    return lawrefbook.read_database(path)


def read_file(unit: Unit, data: bytes, config: SourceConfig) -> Document:
    """A single file of a folder → a document. Raises UnreadableError."""
    path = unit.files[0].path
    extracted = facts.listed(extract(path, data, unit.files[0].charset), unit.files[0].facts)
    blocks, removed = clean(extracted)
    defaults = Defaults(
        kind=config.kind,
        audience=config.audience,
        region=config.region,
        issuer=config.issuer,
        source_name=config.name,
        relpath=path,
    )
    about = describe(extracted, blocks, defaults)
    passages = structure(about.kind, blocks, about.title)
    if not passages:
        raise UnreadableError("no-text", "清理之后没有正文。")
    statute = about.kind in STATUTE_KINDS
    work = work_of(about.title) if statute else ""
    headings = list(
        dict.fromkeys([h for p in passages for h in p.path] + [p.label for p in passages])
    )
    text = "\n".join(p.text for p in passages)
    found = topics.match(about.title, headings, text, work, statute)
    stated = tuple(TopicMatch(t, "标题", 1) for t in about.topics)
    named = {t.topic for t in stated}
    return Document(
        id=document_id("file", config.name, unit.key),
        title=about.title,
        kind=about.kind,
        audience=about.audience,
        passages=passages,
        work=work,
        issuer=about.issuer,
        region=about.region,
        number=about.number,
        published=about.published,
        effective=about.effective,
        expires=about.expires,
        status=facts.status(extracted.meta),
        year=about.year,
        topics=(*stated, *(t for t in found if t.topic not in named)),
        situation=about.situation,
        checked=about.checked,
        as_of=config.as_of,
        format=extracted.format,
        encoding=extracted.encoding,
        removed=removed,
        notes=about.notes,
    )
