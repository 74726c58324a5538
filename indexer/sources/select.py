"""Which sources a path on the command line means."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kb import settings
from kb.documents import Audience
from kb.errors import ConfigError
from kb.library import Source as Known
from kb.settings import SourceConfig

DATABASE = "db.sqlite3"

READER_VERSION = "1"
"""Change it when the same bytes are to give another document: everything is then read anew."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source to run. only: a path within its root to keep to, or empty for all of it."""

    config: SourceConfig
    only: str = ""

    @property
    def is_lawrefbook(self) -> bool:
        return self.config.type == "lawrefbook"

    @property
    def digest(self) -> str:
        """Changes when its items must be read anew though their bytes are the same."""
        database = self.config.path / DATABASE
        facts = b""
        if self.is_lawrefbook and database.is_file():
            facts = hashlib.sha256(database.read_bytes()).digest()
        text = f"{READER_VERSION} {self.config.digest}".encode()
        return hashlib.sha256(text + facts).hexdigest()


def select(path: Path, known: Mapping[str, Known], audience: Audience | None) -> list[Source]:
    """The sources that `path` means, in order.

    A folder with a kb.toml: the sources listed there. A place within a source of the library: that
    source as it was set up, kept to the place. Otherwise a new source named after the folder;
    LawRefBook checkouts (a folder with db.sqlite3) within it are sources of their own. Raises
    ConfigError.
    """
    if not path.exists():
        raise ConfigError(f"{path} 不存在，请检查路径。")
    place = path.resolve()
    if place.is_dir() and (place / settings.FILE).is_file():
        listed = settings.load_sources(place / settings.FILE)
        sources = [s for c in listed for s in configured(c)]
        missing = [s.config for s in sources if not s.config.path.exists()]
        if missing:
            file = place / settings.FILE
            raise ConfigError(f"{file}：来源 {missing[0].name} 的 path 不存在：{missing[0].path}")
        if sources:
            return sources
    within = [k for k in known.values() if place.is_relative_to(k.root)]
    if within:
        return [_again(max(within, key=lambda k: len(k.root)), place, audience)]
    root = place if place.is_dir() else place.parent
    only = "" if place.is_dir() else place.name
    name = _name(root, known)
    if (root / DATABASE).is_file():
        config = SourceConfig(name=name, path=root, type="lawrefbook", audience=audience)
        return [Source(config, only)]
    inner = sorted(p.parent for p in root.glob(f"*/{DATABASE}")) if not only else []
    sources = [
        Source(SourceConfig(name=f"{name}/{p.name}", path=p, type="lawrefbook", audience=audience))
        for p in inner
    ]
    excluded = tuple(f"{p.name}/*" for p in inner)
    rest = SourceConfig(name=name, path=root, type="folder", audience=audience, exclude=excluded)
    return [*sources, Source(rest, only)]


def _again(known: Known, place: Path, audience: Audience | None) -> Source:
    """A source of the library, with the settings it was read with before.

    A call without --audience keeps what was said once: silence must not publish a staff folder.
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
    """The source that an entry of a kb.toml means."""
    if config.type == "auto":
        found = (config.path / DATABASE).is_file()
        config = replace(config, type="lawrefbook" if found else "folder")
    return [Source(config)]


def _name(root: Path, known: Mapping[str, Known]) -> str:
    """The folder's name; with a number where another folder has it already."""
    base = root.name or "root"
    name, number = base, 2
    while name in known and known[name].root != str(root):
        name, number = f"{base}-{number}", number + 1
    return name
