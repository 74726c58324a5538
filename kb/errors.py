"""The project's errors: one base class, and a small class for each fault that a caller can handle."""

from pathlib import Path


class KbError(Exception):
    """Base of every error the project raises on purpose. The message is for users, in Chinese."""


class ConfigError(KbError):
    """A setting is invalid: the message names file, key and expected value. Exit code 2."""


class UnreadableError(KbError):
    """One item (a file, a page) can't be read; the run goes on. `reason` is a short code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LibraryError(KbError):
    """The library's database can't be used: newer schema, damaged file, no permission."""


class DamagedError(LibraryError):
    """The library's file is damaged: `kb repair` salvages it."""


class StorageError(LibraryError):
    """The disk can't store data: full, quota exceeded, or broken. Nothing is half-written: the published
    generation keeps serving. Exit code 70."""


class IndexMissingError(KbError):
    """No generation has been published, or none that this version can read."""


class DamageError(IndexMissingError):
    """An index file differs from what was written. path: of the file; what: the fault."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"索引文件已损坏：{path}（{what}）")
        self.path, self.what = path, what


class LockedError(KbError):
    """Another process is writing to this data directory. Exit code 75."""
