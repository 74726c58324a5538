"""Holds the pins against the dated list of versions known to be bad.

python -m requirements.audit        (make audit); exit code 1 if a pin is bad or the list wrong
"""

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packaging.version import InvalidVersion, Version

from requirements.pins import HERE, Pin, read

FILES = ("build", "runtime", "dev")


@dataclass(frozen=True, slots=True)
class Advisory:
    """A fault of a package, mended in version `below`. sources: at least two."""

    package: str
    below: Version
    id: str
    what: str
    published: date
    sources: tuple[str, ...]


def load(path: Path = HERE / "advisories.toml") -> tuple[date, tuple[Advisory, ...]]:
    """When the list was last looked through, and its rows. Raises ValueError naming the row."""
    data = tomllib.loads(path.read_text("utf-8"))
    checked, rows = data.pop("checked", None), data.pop("advisory", [])
    if type(checked) is not date or data:
        raise ValueError(f"{path}: wanted are checked (a date) and [[advisory]]")
    return checked, tuple(_row(path, n, row) for n, row in enumerate(rows, 1))


def _row(path: Path, number: int, row: dict[str, object]) -> Advisory:
    where = f"{path}: advisory {number}"
    kinds = {
        "package": str,
        "below": str,
        "id": str,
        "what": str,
        "published": date,
        "sources": list,
    }
    if set(row) != set(kinds) or not all(type(row[k]) is kind for k, kind in kinds.items()):
        raise ValueError(f"{where}: wanted are {', '.join(kinds)}")
    sources = row["sources"]
    assert isinstance(sources, list)
    if len(set(map(str, sources))) < 2:
        raise ValueError(f"{where}: two sources are wanted")
    try:
        below = Version(str(row["below"]))
    except InvalidVersion as error:
        raise ValueError(f"{where}: below is no version") from error
    published = row["published"]
    assert isinstance(published, date)
    texts = str(row["id"]), str(row["what"])
    return Advisory(str(row["package"]), below, *texts, published, tuple(map(str, sources)))


def bad(pins: Sequence[Pin], advisories: Sequence[Advisory]) -> list[tuple[Pin, Advisory]]:
    """The pins that an advisory is about."""
    return [
        (pin, advisory)
        for pin in pins
        for advisory in advisories
        if pin.name == advisory.package and Version(pin.version) < advisory.below
    ]


def main() -> int:
    checked, advisories = load()
    pins = [pin for name in FILES for pin in read(HERE / f"{name}.txt")]
    found = bad(pins, advisories)
    for pin, advisory in found:
        print(
            f"{pin.name} {pin.version}: {advisory.id}, {advisory.what}; from {advisory.below} on mended"
        )
    print(f"{len(pins)} pins, {len(advisories)} advisories of {checked}: {len(found)} bad")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
