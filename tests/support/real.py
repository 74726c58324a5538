"""The collections of ../shared/data that tests run against, each by its name and its count.

The folder grows: a test takes the collections it means, never whatever lies there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Collection:
    """folder: below DATA. pattern: of its documents. count: how many there are."""

    folder: str
    pattern: str
    count: int

    @property
    def root(self) -> Path:
        return DATA / self.folder

    def files(self) -> list[Path]:
        """Its documents by path, without notes on folders. Skips the test where it is absent."""
        if not self.root.is_dir():
            pytest.skip(f"../shared/data/{self.folder} is not there")
        found = sorted(p for p in self.root.glob(self.pattern) if p.name != "_index.md")
        assert len(found) == self.count, f"{self.folder}: {len(found)} documents"
        return found


LAWS: Final = Collection("laws", "**/*.md", 1_564)
LAWS_LOCAL: Final = Collection("laws-local", "**/*.md", 1_911)
FLK: Final = Collection("flk-2026", "*/*.md", 2_439)
FLK_FILES: Final = Collection("flk-files", "**/*.doc*", 451)
NPC: Final = Collection("npc-2026", "docs/*/**/*.md", 346)
REGULATIONS: Final = Collection("regulations-2025", "**/*.md", 27)
SUMMARIES: Final = Collection("work-summaries", "*.txt", 3)
STARD: Final = Collection("stard", "dev.jsonl", 1)
QUESTIONS: Final = Collection("questions", "*.jsonl", 2)

ALL: Final = (
    LAWS, LAWS_LOCAL, FLK, FLK_FILES, NPC, REGULATIONS, SUMMARIES, STARD, QUESTIONS,
)  # fmt: skip


def laws() -> list[Path]:
    """The national and the local statutes in the LawRefBook layout."""
    return [*LAWS.files(), *LAWS_LOCAL.files()]
