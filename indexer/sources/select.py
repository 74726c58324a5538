"""Which sources a path on the command line means."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.sources import confined, justlaws, lawrefbook
from indexer.sources.checkouts import LAYOUTS
from kb import settings
from kb.documents import Audience
from kb.errors import ConfigError, UnreadableError
from kb.library import Source as Known
from kb.settings import SourceConfig

READER_VERSION = "4"
"""Change it when the same bytes must yield a different document: everything is then reread."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source to run. only: a path within its root to restrict to, or empty for all of it.
    without: folders within it that are separate sources."""

    config: SourceConfig
    only: str = ""
    without: tuple[str, ...] = ()

    @property
    def is_lawrefbook(self) -> bool:
        return self.config.type == "lawrefbook"

    @property
    def is_checkout(self) -> bool:
        """Whether a document may be made of several of its files."""
        return self.config.type in LAYOUTS

    @property
    def digest(self) -> str:
        """Changes when its items must be reread though their bytes are the same."""
        facts = b""
        if self.is_lawrefbook:
            try:
                root = self.config.path
                data = confined.read(root, lawrefbook.DATABASE, lawrefbook.MAX_DATABASE)
                facts = hashlib.sha256(data).digest()
            except (OSError, UnreadableError):  # missing or unreadable: the run reports that
                facts = b""
        elif self.is_checkout:
            facts = justlaws.facts(self.config.path)
        text = f"{READER_VERSION} {self.config.digest}".encode()
        return hashlib.sha256(text + facts).hexdigest()


def select(path: Path, known: Mapping[str, Known], audience: Audience | None) -> list[Source]:
    """The sources that `path` means, in order.

    A folder with a kb.toml: the sources listed there. A place within a source of the library: that
    source with its settings, restricted to the place. Otherwise a new source named after the folder.
    Sources of the library and checkouts (a folder with db.sqlite3 or LAWS_PROGRESS.md) within the place stay
    sources of their own. Raises ConfigError.
    """
    place = _place(path)
    listed = place / settings.FILE
    if _is_file(listed):
        sources = [s for c in settings.load_sources(listed) for s in configured(c)]
        for source in sources:
            if source.config.web is None and not source.config.path.exists():
                name, missing = source.config.name, source.config.path
                raise ConfigError(f"{listed}：来源 {name} 的 path 不存在：{missing}")
            if audience not in (None, source.config.audience):
                raise ConfigError(
                    f"{listed}：已列出来源 {source.config.name}，请在该文件中设置 audience。"
                )
        if sources:
            return sources
    around = [k for k in known.values() if place.is_relative_to(k.root)]
    if around:
        outer = _again(max(around, key=lambda k: len(k.root)), place, audience)
    else:
        root = place if place.is_dir() else place.parent
        kind = _type_of(root)
        config = SourceConfig(_name(root, known), root, kind, audience=audience)
        outer = Source(config, "" if place.is_dir() else place.name)
    inner = [
        _again(k, Path(k.root), audience)
        for k in known.values()
        if k.root != str(outer.config.path)
        and Path(k.root).is_relative_to(place)
        and Path(k.root).exists()
    ]
    if not outer.only and not outer.is_checkout:
        inner += _checkouts(outer.config, [s.config.path for s in inner])
    return [*inner, outer]


def apart(sources: Sequence[Source], known: Mapping[str, Known]) -> list[Source]:
    """The sources, each without nested folders that are also sources: a file belongs to the
    innermost, so nothing is read twice and a staff folder is not published by an outer source."""
    roots = {*(s.config.path for s in sources), *(Path(k.root) for k in known.values())}
    return [
        replace(
            source,
            without=tuple(
                sorted(
                    r.relative_to(source.config.path).as_posix()
                    for r in roots
                    if r != source.config.path and r.is_relative_to(source.config.path)
                )
            ),
        )
        for source in dict.fromkeys(sources)
    ]


def _place(path: Path) -> Path:
    shown = os.fsencode(path).decode("utf-8", "replace")
    try:
        place = path.resolve(strict=True)
        str(place).encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{shown}：路径不是有效的 UTF-8，请重命名。") from error
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"{shown} 不存在或无法打开，请检查路径。") from error
    return place


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder without permission: the scan reports it
        return False


def _type_of(folder: Path) -> str:
    found = (name for name, one in LAYOUTS.items() if _is_file(folder / one.marker))
    return next(found, "folder")


def _checkouts(outer: SourceConfig, known: Sequence[Path]) -> list[Source]:
    """Checkouts directly below a folder that are not sources yet."""
    found = {p.parent for one in LAYOUTS.values() for p in outer.path.glob(f"*/{one.marker}")}
    return [
        Source(replace(outer, name=f"{outer.name}/{p.name}", path=p, type=_type_of(p)))
        for p in sorted(found)
        if p not in known and not p.is_symlink() and not p.name.startswith(".")
    ]


def _again(known: Known, place: Path, audience: Audience | None) -> Source:
    """A source of the library, with its previous settings.

    A call without --audience keeps the earlier setting: silence must not publish a staff folder.
    """
    config = SourceConfig.from_json(known.config, Path(known.root))
    if place == config.path:
        return Source(replace(config, audience=audience or config.audience))
    if audience not in (None, config.audience):
        raise ConfigError(
            f"{place} 属于已有来源 {known.name}（{known.root}），--audience 只能对整个来源设置。"
        )
    return Source(config, place.relative_to(config.path).as_posix())


def configured(config: SourceConfig) -> list[Source]:
    """The sources that an entry of a kb.toml means: checkouts directly below a folder are
    separate sources, as for `kb index`."""
    if config.type != "auto":
        return [Source(config)]
    config = replace(config, type=_type_of(config.path))
    if config.type != "folder":
        return [Source(config)]
    return [*_checkouts(config, []), Source(config)]


def _name(root: Path, known: Mapping[str, Known]) -> str:
    """The folder's name; with a number if another folder has the same."""
    base = root.name or "root"
    name, number = base, 2
    while name in known and known[name].root != str(root):
        name, number = f"{base}-{number}", number + 1
    return name
