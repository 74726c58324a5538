"""Facts about each passage besides its text: computed once when the part is written, then mapped.

facts.npy holds one int64 row per passage, paths.json the headings above passages.
"""

import json
import re
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

TEXT, SIZE, PATH, ARTICLE = range(4)
"""Columns: a hash of the folded text; bytes of the folded text in UTF-8; index of the headings in
paths.json; the article as encoded by `article_code`."""

_ARTICLE = re.compile(r"a?([0-9]{1,9})(?:-([0-9]{1,3}))?")
_SUBS = 1_000


def article_code(anchor: str) -> int:
    """A number for an article's anchor or key (a120-1, 120-1), 0 for anything else."""
    m = _ARTICLE.fullmatch(anchor)
    return int(m[1]) * _SUBS + int(m[2] or 0) if m else 0


def article_key(code: int) -> str:
    """The inverse of `article_code`: 1043, 120-1."""
    number, sub = divmod(code, _SUBS)
    return f"{number}-{sub}" if sub else str(number)


class FactsWriter:
    """Collects facts passage by passage."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int]] = []
        self._paths: dict[tuple[str, ...], int] = {}

    def add(self, anchor: str, path: tuple[str, ...], folded: str) -> None:
        """Adds the next passage. folded: its text as used for phrase search."""
        text = folded.encode("utf-8", "replace")
        # Checksum and length together: a collision between different texts is practically impossible.
        key = zlib.crc32(text) << 24 | (len(text) & 0xFFFFFF)
        place = self._paths.setdefault(path, len(self._paths))
        self._rows.append((key, len(text), place, article_code(anchor)))

    def save(self, directory: Path) -> None:
        rows = np.asarray(self._rows, dtype=np.int64).reshape(-1, 4)
        np.save(directory / "facts.npy", rows)
        (directory / "paths.json").write_text(json.dumps([*self._paths]), "utf-8")


def load(directory: Path) -> tuple[npt.NDArray[np.int64], list[tuple[str, ...]]]:
    """A part's rows and its headings."""
    rows: npt.NDArray[np.int64] = np.load(directory / "facts.npy", allow_pickle=False)
    return rows, [tuple(p) for p in json.loads((directory / "paths.json").read_text("utf-8"))]
