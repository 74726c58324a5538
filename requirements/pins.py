"""The pinned requirements: what `make lock` wrote, read back."""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent

_PIN = re.compile(
    r"(?P<name>[a-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\\n]+))?"
)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package. marker: where it is needed, empty for everywhere; hashes: SHA-256 of its files."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read(path: Path) -> tuple[Pin, ...]:
    """The pins of a requirements file, in order. Raises ValueError for a line that is none."""
    pins = []
    for entry in re.split(r"\n(?=[a-z0-9])", path.read_text("utf-8").strip()):
        m = _PIN.match(entry)
        if m is None:
            raise ValueError(f"{path}: {entry[:60]!r} is no pin")
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
        pins.append(Pin(m["name"], m["version"], (m["marker"] or "").strip(), hashes))
    return tuple(pins)
