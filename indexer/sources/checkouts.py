"""Checkouts: collections of laws in which a document may be made of several files. Each layout is known by
a file at its root."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from indexer.sources import justlaws, lawrefbook
from indexer.sources.scan import File, Unit


@dataclass(frozen=True, slots=True)
class Layout:
    """marker: the file by which a folder is recognised. units: which files are read together."""

    marker: str
    units: Callable[[Iterable[File]], list[Unit]]


LAYOUTS: Final[Mapping[str, Layout]] = {
    "lawrefbook": Layout(lawrefbook.DATABASE, lawrefbook.units),
    "just-laws": Layout(justlaws.LIST, justlaws.units),
}
"""By the type of a source."""


def units(source_type: str, files: Iterable[File]) -> list[Unit]:
    """What is read together of a source's files: in anything but a checkout each file by itself."""
    layout = LAYOUTS.get(source_type)
    return layout.units(files) if layout else [Unit(f.path, (f,)) for f in files]
