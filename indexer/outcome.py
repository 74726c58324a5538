"""The outcome of a unit. Separate from reading, so that planning and recording load no reader."""

from dataclasses import dataclass

from indexer.sources.scan import Unit
from kb.documents import Document

INSIDE = "!/"
"""Separates the path of a container from that of its member."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a unit, or of a container member. hashes: SHA-256 of each file read, in
    order. document is None if reading failed: reason is a short code, message is for people.

    A container's own outcome comes first, without reason; that of a mail has its text as document.
    member: path inside the container, "" for the unit itself.
    """

    unit: Unit
    hashes: tuple[str, ...] = ()
    document: Document | None = None
    reason: str = ""
    message: str = ""
    member: str = ""

    @property
    def path(self) -> str:
        """Its name in lists: 总结.docx, or 材料.zip!/附件/总结.docx."""
        return member_path(self.unit.key, self.member)


def member_path(container: str, member: str) -> str:
    """The path of a member in the ledger; of the container itself if member is empty."""
    return f"{container}{INSIDE}{member}" if member else container


def lost_outcome(unit: Unit, member: str, reason: str, code: int | None = None) -> Outcome:
    """The message for a file whose reader process was ended: "timeout" or "crashed"."""
    if reason == "timeout":
        return Outcome(
            unit, reason=reason, message="读取超时，请拆分或另存后再添加。", member=member
        )
    how = f"（信号 {-code}）" if code is not None and code < 0 else ""
    message = f"读取时程序异常退出{how}，文件可能已损坏，请另存后再添加。"
    return Outcome(unit, reason=reason, message=message, member=member)
