"""Files that contain files: zip archives and saved mail. Each member is a separate document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from indexer import limits
from indexer.extract.archive import Archive, Entry
from indexer.extract.formats import BINARY
from indexer.extract.mail import Mail
from indexer.extract.mail import sniff as is_mail
from kb.documents import Extracted
from kb.errors import UnreadableError

MAX_NESTING: Final = 2
"""Nesting depth of containers: an archive in an archive is read, one level deeper isn't."""

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_PACKAGES: Final = ("[content_types].xml", "mimetype", "ofd.xml")
_FURNITURE: Final = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a container. name: its path there; read: returns its bytes or raises UnreadableError."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Container:
    """An open container. body: the text of a mail; members are yielded one at a time, none kept."""

    body: Extracted | None
    members: Iterator[Member]


def open_container(data: bytes, limit: int) -> Container | None:
    """The container that `data` is, None if it is none. limit: bytes of one member.

    Raises UnreadableError for a container that can't be opened or is empty.
    """
    if data.startswith(_ZIP):
        if any(form.sniff(data) for form in BINARY):
            return None
        archive = Archive(data)
        if any(archive.find(name) for name in _PACKAGES):
            return None
        entries = [e for e in archive.entries if not _is_furniture(e.name)]
        if not entries:
            raise UnreadableError("empty", "压缩包里没有文件")
        if len(entries) > limits.MEMBERS:
            message = f"压缩包中有 {len(entries)} 个文件，超过上限 {limits.MEMBERS} 个，请分成几个"
            raise UnreadableError("too-large", message)
        return Container(None, (_of_archive(archive, entry, limit) for entry in entries))
    if is_mail(data):
        mail = Mail(data)
        body, files = mail.body(), list(mail.attachments())
        if body is None and not files:
            raise UnreadableError("empty", "邮件没有正文和附件")
        return Container(body, (_attached(name, content, limit) for name, content in files))
    return None


def _of_archive(archive: Archive, entry: Entry, limit: int) -> Member:
    return Member(entry.name, lambda: archive.read(entry, limit))


def _attached(name: str, content: bytes, limit: int) -> Member:
    def read() -> bytes:
        if len(content) > limit:
            raise UnreadableError("too-large", f"附件超过上限 {limit // 1_000_000} MB")
        return content

    return Member(name, read)


def _is_furniture(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith((".", "~$")) for part in parts)
    return hidden or "__MACOSX" in parts or parts[-1].lower() in _FURNITURE
