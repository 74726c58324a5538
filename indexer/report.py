"""The result of a run, for people and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from indexer.sources.scan import Fault
from kb.library import Change

_SHOWN = 20

Versions = Mapping[str, tuple[str, int]]
"""Version and passages of each published document, by id."""


@dataclass(slots=True)
class Tally:
    """Counts of one kind of item."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0

    def count(self, change: Change) -> None:
        """Counts what the library did with a document."""
        setattr(self, change, getattr(self, change) + 1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that failed `failures` times in a row and isn't retried before the day `next`
    (ISO 8601)."""

    source: str
    path: str
    reason: str
    message: str
    failures: int
    next: str


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source in one run. files: found there. read: documents added or changed. missing: known
    files that were not found and are kept for now."""

    name: str
    files: int
    read: int
    failed: int
    waiting: int
    missing: int
    removed: int
    seconds: float


@dataclass(slots=True)
class Report:
    """A run's result. empty: documents without any text, by path. duplicates: files with the same
    version of a law as another, with that other's path. missing: (source, path) of items not found
    that are kept for some more runs. error: why the run was aborted. seconds: wall time."""

    files: int = 0
    documents: Tally = field(default_factory=Tally)
    passages: Tally = field(default_factory=Tally)
    failures: list[Fault] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    sources: list[SourceReport] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    generation: str = ""
    total_documents: int = 0
    total_passages: int = 0
    seconds: float = 0.0
    error: str = ""

    def fail(self, fault: Fault) -> None:
        """Notes something that couldn't be read."""
        self.documents.failed += 1
        self.failures.append(fault)

    def count_passages(self, before: Versions, after: Versions) -> None:
        """Counts passages of documents by comparing the previous publication with the current one."""
        for id, (version, count) in after.items():
            if id not in before:
                self.passages.added += count
            elif before[id][0] != version:
                self.passages.changed += count
            else:
                self.passages.unchanged += count
        self.passages.removed = sum(n for id, (_, n) in before.items() if id not in after)

    @property
    def exit_code(self) -> int:
        """0 success, 1 success with failed items, now or in recent runs."""
        return 1 if self.failures or self.waiting else 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """The summary on the terminal."""
        d, p = self.documents, self.passages
        out = [
            f"读取文件 {self.files} 个，用时 {self.seconds:.1f} 秒",
            f"文档：新增 {d.added}，更新 {d.changed}，未变 {d.unchanged}，移除 {d.removed}，失败 {d.failed}",
            f"段落：新增 {p.added}，更新 {p.changed}，未变 {p.unchanged}，移除 {p.removed}",
            f"现有文档 {self.total_documents} 份、段落 {self.total_passages} 条，索引版本 {self.generation}",
        ]
        out += [f"提醒：{w}" for w in self.warnings]
        if self.missing:
            out.append(f"这次没有找到、暂时保留的 {len(self.missing)} 个：")
            out += [f"  {source}：{path}" for source, path in self.missing[:_SHOWN]]
        if self.duplicates:
            out.append(f"与其他文件是同一文本的 {len(self.duplicates)} 个，合为一份文档：")
            out += [f"  {one} 同 {other}" for one, other in self.duplicates[:_SHOWN]]
        if self.empty:
            out.append("以下文件没有正文：")
            out += [f"  {path}" for path in self.empty]
        if self.failures:
            out.append("以下项目未能读取：")
            out += [f"  {f.path}：{f.message}（{f.reason}）" for f in self.failures]
        if self.waiting:
            soonest = min(w.next for w in self.waiting)
            out.append(
                f"以前未能读取、这次没有重试的 {len(self.waiting)} 项，最早 {soonest} 重试："
            )
            out += [
                f"  {w.path}：{w.message}（{w.reason}，已失败 {w.failures} 次，{w.next} 重试）"
                for w in self.waiting[:_SHOWN]
            ]
        return out
