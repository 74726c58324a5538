"""Unmodified bodies, in <data_dir>/raw by SHA-256, for rereading without the network.

A body appears under its name atomically. The folder contains nothing else, so a body that no address
refers to may be deleted.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = "raw"
_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Body:
    """A stored body. sha256: hexadecimal; size in bytes."""

    sha256: str
    size: int


class RawStore:
    """The folder of bodies of a data directory; the caller holds the directory's lock."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir.absolute() / FOLDER

    def path(self, sha256: str) -> Path:
        """The path of a body, whether or not it exists."""
        return self._root / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        return bool(sha256) and self.path(sha256).is_file()

    def keep(self, chunks: Iterable[bytes]) -> Body:
        """Writes a body from a stream. Raises OSError and what `chunks` raises, then leaves nothing."""
        self._root.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        descriptor, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=self._root)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            body = Body(digest.hexdigest(), size)
            place = self.path(body.sha256)
            place.parent.mkdir(exist_ok=True)
            unfinished.replace(place)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return body

    def prune(self, used: set[str]) -> int:
        """Removes bodies not in `used` and remnants of interrupted runs; returns how many."""
        removed = 0
        for path in self._root.glob("*/*"):
            if path.name not in used:
                path.unlink(missing_ok=True)
                removed += 1
        for path in self._root.glob(f"*{_UNFINISHED}"):
            path.unlink(missing_ok=True)
        for folder in self._root.glob("??"):
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()
        return removed
