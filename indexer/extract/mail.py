"""Saved mail (.eml): its text as a document, its attachments as files of their own."""

import email
import email.header
import email.policy
import email.utils
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.message import Message
from typing import TYPE_CHECKING, Final

from indexer.extract import encoding, html, plain
from indexer.extract.archive import safe_name
from indexer.extract.tidy import tidy
from kb.documents import Block, Extracted
from kb.errors import UnreadableError

MAX_PARTS: Final = 500

_HEAD: Final = 8_192
_FIELDS = re.compile(
    rb"^(from|to|cc|subject|date|message-id|received|return-path|mime-version|content-type|sender"
    rb"|delivered-to|x-mailer|reply-to|dkim-signature):",
    re.IGNORECASE,
)
_FIELD = re.compile(rb"[!-9;-~]{1,76}:|[ \t]")
_ENOUGH: Final = 3  # known fields that identify a mail
_SKIPPED: Final = frozenset({
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "message/delivery-status", "text/calendar",
})  # fmt: skip
_ENCRYPTED: Final = frozenset({"application/pgp-encrypted", "multipart/encrypted"})
_RAW_NAME = re.compile(r"name=[\"']?([^\"';\r\n]{1,300})")
_GB: Final = frozenset({"gb2312", "gbk", "gb18030", "cp936", "x-gbk"})
_FAULTS: Final = (
    MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError,
    AssertionError,
)  # fmt: skip

if TYPE_CHECKING:
    _Part = Message[str, str]
else:
    _Part = Message


def sniff(data: bytes) -> bool:
    """Whether `data` is a mail: it starts with header fields, several of them specific to mail."""
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf\r\n")
    if head.startswith((b"From ", b">From ")):
        head = head.partition(b"\n")[2]
    known = set()
    for line in head.splitlines():
        if not line.strip():
            break
        if not _FIELD.match(line):
            return False
        if m := _FIELDS.match(line):
            known.add(m[1].lower())
    # A web page saved as an archive has the same form, but no sender.
    return len(known) >= _ENOUGH and bool(known & {b"from", b"received", b"return-path"})


class Mail:
    """A parsed mail. Raises UnreadableError: malformed, too-large, encrypted."""

    def __init__(self, data: bytes) -> None:
        try:
            self._message: _Part = email.message_from_bytes(data, policy=email.policy.compat32)
            self._parts = list(_flat(self._message))
        except _FAULTS as error:
            raise UnreadableError("malformed", "邮件已损坏，无法解析，请重新导出") from error
        if any(_type(part) in _ENCRYPTED for part in self._message.walk()):
            raise UnreadableError("encrypted", "邮件已加密，请在邮件客户端中解密后另存")

    @property
    def subject(self) -> str:
        return tidy(" ".join(header(self._message, "subject").split()))

    def body(self) -> Extracted | None:
        """The text of the mail with its subject as title; None if it is empty."""
        blocks: list[Block] = []
        found = ""
        for part in self._parts:
            if _is_attachment(part) or _type(part) not in ("text/plain", "text/html"):
                continue
            try:
                text, found = encoding.decode(_payload(part), _charset(part))
            except UnreadableError:
                continue
            as_page = _type(part) == "text/html"
            read = html.extract(text, found) if as_page else plain.extract(text, found)
            blocks += read.blocks
        if not blocks:
            return None
        meta = {"from": header(self._message, "from"), "date": _date(self._message)}
        return Extracted(
            blocks=tuple(blocks),
            format="eml",
            encoding=found,
            title=self.subject,
            meta={k: v for k, v in meta.items() if v},
        )

    def attachments(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each attached file, including attached mails."""
        taken: dict[str, int] = {}
        for part in self._parts:
            if not _is_attachment(part):
                continue
            name = safe_name(_filename(part) or _default_name(part))
            count = taken[name] = taken.get(name, 0) + 1
            yield (name if count == 1 else f"{name}#{count}"), _payload(part)


def header(message: _Part, name: str) -> str:
    """A header field as text: encoded words decoded, raw bytes read as UTF-8 or GB18030."""
    value = next((v for k, v in message.raw_items() if k.lower() == name), "")
    return _words(str(value))


def _words(value: str) -> str:
    raw = value.encode("utf-8", "surrogateescape")
    for codec in ("utf-8", "gb18030"):
        try:
            value = raw.decode(codec)
            break
        except UnicodeDecodeError:
            continue
    else:
        value = raw.decode("utf-8", "replace")
    if "=?" not in value:
        return value
    try:
        pieces = email.header.decode_header(value)
    except _FAULTS:
        return value
    return "".join(_piece(text, charset) for text, charset in pieces)


def _piece(text: str | bytes, charset: str | None) -> str:
    if isinstance(text, str):
        return text
    stated = (charset or "ascii").lower()
    codec = "gb18030" if stated in _GB else "hz" if stated in encoding.HZ else stated
    try:
        return text.decode(codec, "replace")
    except (LookupError, ValueError):
        return text.decode("gb18030", "replace")


def _flat(message: _Part) -> Iterator[_Part]:
    """The relevant parts in order: of alternatives the plain text; attached mails whole."""
    waiting = [message]
    seen = 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > MAX_PARTS:
            raise UnreadableError("too-large", f"邮件超过 {MAX_PARTS} 个部分，未读取")
        payload = part.get_payload()
        if not isinstance(payload, list) or _type(part) == "message/rfc822":
            yield part
            continue
        children = [p for p in payload if isinstance(p, Message)]
        if _type(part) == "multipart/alternative":
            children = _best(children)
        waiting.extend(reversed(children))


def _best(alternatives: list[_Part]) -> list[_Part]:
    plain_ones = [p for p in alternatives if _type(p) == "text/plain" and _payload(p).strip()]
    if plain_ones:
        others = [p for p in alternatives if not _type(p).startswith(("text/", "multipart/"))]
        return [plain_ones[0], *others]
    return alternatives[-1:]


def _is_attachment(part: _Part) -> bool:
    kind = _type(part)
    if kind in _SKIPPED or kind.startswith("multipart/"):
        return False
    inline = part.get("content-id") or _disposition(part) == "inline"
    if kind.startswith("image/") and inline:
        return False
    named = _disposition(part) == "attachment" or bool(_filename(part))
    return named or not kind.startswith("text/")


def _type(part: _Part) -> str:
    try:
        return part.get_content_type()
    except _FAULTS:
        return "application/octet-stream"


def _disposition(part: _Part) -> str:
    try:
        return part.get_content_disposition() or ""
    except _FAULTS:
        return ""


def _filename(part: _Part) -> str:
    try:
        name = tidy(_words(part.get_filename() or ""))
        if "\ufffd" in name:  # raw bytes, which get_filename replaces
            fields = (header(part, field) for field in ("content-disposition", "content-type"))
            found = next(filter(None, map(_RAW_NAME.search, fields)), None)
            name = tidy(found[1]) if found else name
        return name
    except _FAULTS:
        return ""


def _default_name(part: _Part) -> str:
    if _type(part) == "message/rfc822":
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            subject = tidy(header(inner[0], "subject"))
            if subject:
                return re.sub(r"[/\\]", "_", subject) + ".eml"
        return "转发的邮件.eml"
    return "附件"


def _charset(part: _Part) -> str:
    try:
        return str(part.get_content_charset() or "")
    except _FAULTS:
        return ""


def _payload(part: _Part) -> bytes:
    try:
        if _type(part) == "message/rfc822":
            inner = part.get_payload()
            first = inner[0] if isinstance(inner, list) and inner else None
            return first.as_bytes() if isinstance(first, Message) else b""
        payload = part.get_payload(decode=True)
    except _FAULTS:
        return b""
    return payload if isinstance(payload, bytes) else b""


def _date(message: _Part) -> str:
    try:
        return email.utils.parsedate_to_datetime(header(message, "date")).date().isoformat()
    except (*_FAULTS, OverflowError):
        return ""
