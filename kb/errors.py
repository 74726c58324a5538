"""The project's errors: one base, one small class for each fault a caller can act on."""

from pathlib import Path


class KbError(Exception):
    """Base of every error the project raises on purpose. The message is for people, in Chinese."""


class ConfigError(KbError):
    """A setting is wrong: the message names file, key and what was expected. Exit code 2."""


class UnreadableError(KbError):
    """One item (a file, a page) can't be read; the run goes on. `reason` is a short code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LibraryError(KbError):
    """The library's database can't be used: newer schema, damaged file, no permission."""


class DamagedError(LibraryError):
    """The library's file is damaged: `kb repair` saves what can be saved."""


class StorageError(LibraryError):
    """The disk can't take it: full, a quota used up, or broken. Nothing is half done: what was
    published serves on. Exit code 70."""


class IndexMissingError(KbError):
    """No generation has been published yet, or none that this version can read."""


class DamageError(IndexMissingError):
    """A file of the index isn't what was written. path: of the file; what: is wrong with it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"索引文件已损坏：{path}（{what}）")
        self.path, self.what = path, what


class LockedError(KbError):
    """Another process is writing to this data directory. Exit code 75."""
