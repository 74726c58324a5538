"""What a run did, for people and as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any

from indexer.sources.scan import Fault
from kb.library import Change

_SHOWN = 20


@dataclass(slots=True)
class Tally:
    """Counts of one sort of thing."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0

    def count(self, change: Change) -> None:
        """Counts what the library did with a document."""
        setattr(self, change, getattr(self, change) + 1)


@dataclass(slots=True)
class Report:
    """A run's result. empty: documents without any text, by path. duplicates: files that hold the
    same version of a law as another, with that other's path. seconds: wall time."""

    files: int = 0
    documents: Tally = field(default_factory=Tally)
    passages: Tally = field(default_factory=Tally)
    failures: list[Fault] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    generation: str = ""
    total_documents: int = 0
    total_passages: int = 0
    seconds: float = 0.0

    def fail(self, fault: Fault) -> None:
        """Notes something that couldn't be read."""
        self.documents.failed += 1
        self.failures.append(fault)

    @property
    def exit_code(self) -> int:
        """0 done, 1 done but some items failed."""
        return 1 if self.failures else 0

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
        if self.duplicates:
            out.append(f"与其他文件是同一文本的 {len(self.duplicates)} 个，合为一份文档：")
            out += [f"  {one} 同 {other}" for one, other in self.duplicates[:_SHOWN]]
        if self.empty:
            out.append("以下文件没有正文：")
            out += [f"  {path}" for path in self.empty]
        if self.failures:
            out.append("以下项目未能读取：")
            out += [f"  {f.path}：{f.message}（{f.reason}）" for f in self.failures]
        return out
