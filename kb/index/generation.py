"""Generations: index directories that are built aside, verified, and swapped in by one rename.

    index/current               the name of the serving generation
    index/generations/g000042/  sentinel.json, catalog.jsonl, parts/<name>/
    index/building-<pid>/       under construction; the next run removes it after a crash

After a crash at any moment, the old generation still serves. Files of a part never change, so a new
generation reuses parts of the old one by hard links.

The sentinel holds checksums of all files (`kb.index.sums`) and its own, so that any wrong byte is
detected as damage. If the pointer or catalogue is lost, the newest intact generation serves; a
damaged part is left out until the next run has rewritten its documents.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from kb import errors
from kb.documents import Audience
from kb.errors import DamageError
from kb.index import sums
from kb.index.fields import FIELDS, Field
from kb.index.part import Part
from kb.index.whoosh_part import ENGINE
from kb.text import analysis

FORMAT = 5
"""File format version of a generation. A sentinel with another version requires a rebuild."""

KEPT = 3
"""Generations kept, including the serving one: for rollback, and for readers still using an old one."""

CATALOG = "catalog.jsonl"

_NAME = re.compile("g[0-9]{6,9}")

_UNREAD = "whoosh/"
"""Files of a part that are not read after the arrays are derived: damage there doesn't affect search."""

_DAMAGED = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Sentinel:
    """How a generation was built and what it holds. Times are ISO 8601 with offset.

    public_since: when the public content last changed; the public sees no later time. notes: digest of
    the headings and questions of articles that the parts hold.
    """

    format: int
    engine: str
    analysis: str
    fields: tuple[str, ...]
    published_at: str
    public_since: str
    documents: int
    passages: int
    parts: tuple[str, ...]
    files: dict[str, sums.Sum] = field(default_factory=dict, repr=False)
    notes: str = ""

    def to_json(self) -> str:
        """Serialises it with a digest of all other values."""
        data = {**asdict(self), "files": sums.as_data(self.files)}
        return json.dumps({**data, "digest": _digest(data)}, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Sentinel":
        """The inverse; a sentinel of another format is only parsed superficially. Raises one of the usual
        read errors."""
        data = json.loads(text)
        digest = data.pop("digest", "")
        if data["format"] == FORMAT and digest != _digest(data):
            raise ValueError("digest")
        if data["format"] != FORMAT:
            return cls(int(data["format"]), "", "", (), str(data["published_at"]), "", 0, 0, ())
        data["fields"], data["parts"] = tuple(data["fields"]), tuple(data["parts"])
        return cls(**{**data, "files": sums.from_data(data["files"])})

    @property
    def usable(self) -> bool:
        """Whether this program can search it: same format, engine and text analysis."""
        made_with = (self.format, self.engine, self.analysis, self.fields)
        return made_with == (FORMAT, ENGINE, analysis.fingerprint(), FIELDS)


def part_name(audience: Audience, number: int) -> str:
    """Name of a part, such as public-00007: a part holds documents of one audience."""
    return f"{audience}-{number:05d}"


def audience_of(part: str) -> Audience:
    """The audience of a part with this name. Raises ValueError."""
    return Audience(part.rpartition("-")[0])


class Generations:
    """The generations of one data directory. Writers must hold the data directory's lock."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / "index"
        self._pointer = self.root / "current"

    def current_name(self) -> str:
        """Name of the serving generation, or empty if none is published."""
        try:
            name = self._pointer.read_text("utf-8").strip()
        except (OSError, ValueError):
            return ""
        return name if _NAME.fullmatch(name) else ""

    def directory(self, name: str) -> Path:
        return self.root / "generations" / name

    def names(self) -> list[str]:
        """Published generations, oldest first."""
        folder = self.root / "generations"
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(p.name for p in found if _NAME.fullmatch(p.name) and p.is_dir())

    def sentinel(self, name: str) -> Sentinel | None:
        """The generation's sentinel, or None if it is missing or unreadable."""
        try:
            path = self.directory(name) / "sentinel.json"
            return Sentinel.from_json(path.read_text("utf-8"))
        except _DAMAGED:
            return None

    def usable_name(self) -> str:
        """The serving generation's name if this program can search it, else empty."""
        name = self.current_name()
        sentinel = self.sentinel(name) if name else None
        return name if sentinel is not None and sentinel.usable else ""

    def whole(self) -> tuple[str, Sentinel] | None:
        """The generation to read: the serving one, or if its pointer, sentinel or catalogue is damaged, the
        previous or the newest one. None if there is none or the serving one was built by another
        program. Its parts may be damaged."""
        current = self.current_name()
        sentinel = self.sentinel(current) if current else None
        if sentinel is not None and not sentinel.usable:
            return None
        names = self.names()
        before = [n for n in names if n < current] if current else []
        after = [n for n in names if n not in before and n != current]
        for name in (*([current] if sentinel else ()), *reversed(before), *reversed(after)):
            found = self.sentinel(name)
            if found is None or not found.usable:
                continue
            try:
                sums.require(self.directory(name) / CATALOG, found.files.get(CATALOG))
            except DamageError:
                continue
            return name, found
        return None

    def part_sums(self, name: str, sentinel: Sentinel, part: str) -> dict[str, sums.Sum]:
        """Expected checksums of a part's files. Raises DamageError."""
        directory = self.directory(name) / "parts" / part
        sums.require(directory / sums.FILE, sentinel.files.get(f"parts/{part}/{sums.FILE}"))
        return sums.load(directory)

    def open_part(self, name: str, sentinel: Sentinel, part: str) -> Part:
        """Opens a part for searching after a cheap check of its files. Raises DamageError."""
        wanted = self.part_sums(name, sentinel, part)
        directory = self.directory(name) / "parts" / part
        read = [file for file in wanted if not file.startswith(_UNREAD)]
        for fault in sums.faults(directory, wanted, full=False, only=read):
            raise fault
        try:
            return Part(directory)
        except _DAMAGED as error:
            raise DamageError(directory, str(error)) from error

    def part_faults(
        self, name: str, sentinel: Sentinel, part: str, *, full: bool
    ) -> Iterator[DamageError]:
        """All faults in the files of a part. full: read all bytes."""
        try:
            wanted = self.part_sums(name, sentinel, part)
        except DamageError as error:
            yield error
        else:
            yield from sums.faults(self.directory(name) / "parts" / part, wanted, full=full)

    def start(self) -> Path:
        """Creates an empty build directory."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.clear()
        building = self.root / f"building-{os.getpid()}"
        (building / "parts").mkdir(parents=True)
        return building

    def clear(self) -> None:
        """Removes leftovers of killed or aborted runs."""
        for left in self.root.glob("building-*"):
            # A process killed a moment ago may still be writing: the next run removes the rest.
            shutil.rmtree(left, ignore_errors=True)
        for left in self.root.glob("current.*"):
            left.unlink(missing_ok=True)

    def link_part(self, name: str, part: str, building: Path) -> None:
        """Hard-links a part of generation `name` into the one being built."""
        source = self.directory(name) / "parts" / part
        shutil.copytree(source, building / "parts" / part, copy_function=os.link)

    def finish(self, building: Path, sentinel: Sentinel) -> str:
        """Completes the generation built in `building`, publishes it, and returns its name."""
        verify(building, sentinel)
        seal(building, sentinel)
        _sync_tree(building)
        last = max((int(n[1:]) for n in self.names() if n[1:].isdecimal()), default=0)
        name = f"g{last + 1:06d}"
        if self.directory(name).parent.is_file():
            self.directory(name).parent.unlink()
        self.directory(name).parent.mkdir(exist_ok=True)
        building.rename(self.directory(name))
        _sync(self.directory(name).parent)
        self._point(name)
        self._remove_old(name)
        return name

    def rollback(self) -> str:
        """Makes the previous generation serve and returns its name."""
        serving = self.current_name()
        names = [n for n in self.names() if not serving or n < serving]
        earlier = [n for n in names if self._sound(n)]
        if not earlier:
            raise errors.IndexMissingError("没有更早的索引版本可以回退。")
        self._point(earlier[-1])
        return earlier[-1]

    def _sound(self, name: str) -> bool:
        """Whether all of a generation can be searched."""
        sentinel = self.sentinel(name)
        if sentinel is None or not sentinel.usable:
            return False
        try:
            sums.require(self.directory(name) / CATALOG, sentinel.files.get(CATALOG))
        except DamageError:
            return False
        return not any(
            fault
            for part in sentinel.parts
            for fault in self.part_faults(name, sentinel, part, full=True)
        )

    def _point(self, name: str) -> None:
        temporary = self._pointer.with_suffix(f".{os.getpid()}")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(name + "\n")
            file.flush()
            os.fsync(file.fileno())
        if self._pointer.is_dir():
            shutil.rmtree(self._pointer)
        temporary.replace(self._pointer)
        _sync(self.root)

    def _remove_old(self, serving: str) -> None:
        # Readers still using a removed generation keep its mapped files until they unmap them.
        for name in [n for n in self.names() if n != serving][: -(KEPT - 1)]:
            shutil.rmtree(self.directory(name), ignore_errors=True)


def seal(directory: Path, sentinel: Sentinel) -> None:
    """Writes the sentinel with checksums of all files; each part was sealed before."""
    files = sums.measure(directory, without=("parts",))
    for part in sentinel.parts:
        path = f"parts/{part}/{sums.FILE}"
        files[path] = sums.of(directory / path)
    text = replace(sentinel, files=files).to_json()
    (directory / "sentinel.json").write_text(text, "utf-8")


def verify(building: Path, sentinel: Sentinel) -> None:
    """Checks a generation before it serves; raises KbError naming the fault.

    Every part must open, counts must agree, and the first and last passage of each part must be found
    through the derived arrays by one of their own terms.
    """
    passages = 0
    for name in sentinel.parts:
        part = Part(building / "parts" / name)
        passages += sum(s.count for s in part.slots)
        if part.passages != sum(s.count for s in part.slots):
            raise errors.KbError(f"索引校验未通过：分片 {name} 的段落数不一致。")
        for number in {0, part.passages - 1} if part.passages else ():
            grams = analysis.grams(part.record(number).text)
            if grams and number not in part.postings(Field.GRAMS, grams[0])[0]:
                raise errors.KbError(f"索引校验未通过：分片 {name} 查不到第 {number} 段。")
    if passages < sentinel.passages:
        raise errors.KbError("索引校验未通过：段落总数不足。")


def _digest(data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _sync_tree(directory: Path) -> None:
    for folder, _, names in os.walk(directory):
        for name in names:
            _sync(Path(folder) / name)
        _sync(Path(folder))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
