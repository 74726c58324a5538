"""Staff accounts, logins and sessions, stored in the library's file.

Passwords: scrypt (RFC 7914) with individual salts, parameters stored with the hash. Sessions: a random
token of 32 bytes that only the browser has; only its SHA-256 is stored. Failed logins delay the next
attempt for that name, longer each time; no addresses are stored. Others' failures don't delay a browser
that has logged in before: its mark is signed with the name's password hash, so a new password revokes it.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from kb import passwords
from kb.errors import KbError
from kb.library import database
from kb.library.records import timestamp
from kb.library.schema import sessions, users

PASSWORD_LENGTH = passwords.LENGTH

_NAME_LONGEST = 32
_FREE_FAILURES = 3
_LONGEST_DELAY_S = 300

# OWASP's password storage cheat sheet, the 32 MiB line: N=2^15, r=8, p=3.
_N, _R, _P = 2**15, 8, 3
_MAXMEM = 128 * 2**20

_NOBODY = "$".join(("scrypt", str(_N), str(_R), str(_P), "A" * 22 + "==", "A" * 43 + "="))
"""Dummy hash for unknown names: no known password has it."""

_MARK_DAYS = 180


class UserError(KbError):
    """An account can't be created or changed as requested. Exit code 2."""


@dataclass(frozen=True, slots=True)
class User:
    """An account. created: UTC, ISO 8601."""

    name: str
    created: str


@dataclass(frozen=True, slots=True)
class Login:
    """Result of a login. wait: seconds until the next attempt is accepted, 0 if at once.

    Show the public one message for every refusal: only existing names have a wait.
    """

    ok: bool
    wait: int = 0


class Users:
    """The accounts in a data directory. Thread-safe. `now` is for tests."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, data_dir: Path) -> Self:
        """Raises LibraryError if the library's file can't be used."""
        return cls(database.connect(data_dir))

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, name: str, password: str, near: Sequence[str] = ()) -> User:
        """Adds an account. near: names besides the user's own that the password must not be. Raises
        UserError: bad name, bad password, name taken."""
        clean = _clean(name)
        if not clean or len(clean) > _NAME_LONGEST or not _fit(clean):
            raise UserError(f"用户名应为 1 到 {_NAME_LONGEST} 个汉字、字母、数字或 . _ -")
        hashed = _hash(_accepted(password, (clean, *near)))
        user = User(clean, timestamp())
        with database.begin(self._engine) as connection:
            done = connection.execute(
                insert(users)
                .values(
                    name=user.name, password=hashed, created=user.created, failures=0, retry_at=""
                )
                .on_conflict_do_nothing()
            )
            if not done.rowcount:
                raise UserError(f"用户 {clean} 已存在")
        return user

    def set_password(self, name: str, password: str, near: Sequence[str] = ()) -> None:
        """Changes the password and ends the user's sessions; near as in `add`. Raises UserError: bad
        password, no such user."""
        clean = _clean(name)
        hashed = _hash(_accepted(password, (clean, *near)))
        with database.begin(self._engine) as connection:
            done = connection.execute(
                update(users)
                .where(users.c.name == clean)
                .values(password=hashed, failures=0, retry_at="")
            )
            if not done.rowcount:
                raise UserError(f"没有用户 {clean}")
            connection.execute(delete(sessions).where(sessions.c.user == clean))

    def remove(self, name: str) -> None:
        """Removes the account and its sessions. Raises UserError if there is no such user."""
        clean = _clean(name)
        with database.begin(self._engine) as connection:
            if not connection.execute(delete(users).where(users.c.name == clean)).rowcount:
                raise UserError(f"没有用户 {clean}")

    def list(self) -> list[User]:
        """All accounts by name."""
        with self._engine.connect() as connection:
            query = select(users.c.name, users.c.created).order_by(users.c.name)
            return [User(row.name, row.created) for row in connection.execute(query)]

    def verify(
        self, name: str, password: str, now: datetime | None = None, *, known: bool = False
    ) -> Login:
        """Checks a login. Unknown, known and delayed names all take one key derivation and one write.

        known: `recognises` accepted the browser, which isn't delayed by others' failures.
        """
        now = now or datetime.now(UTC)
        clean = _clean(name)
        if len(password) > PASSWORD_LENGTH[1] or len(clean) > _NAME_LONGEST:
            return Login(False)
        # Count the attempt before checking the password, so that concurrent attempts count too.
        with database.begin(self._engine) as connection:
            row = connection.execute(select(users).where(users.c.name == clean)).one_or_none()
            wait = _until(row.retry_at, now) if row is not None and not known else 0
            if row is None or wait:
                self._note_nothing(connection)
            else:
                failures = row.failures + 1
                delay = _delay(failures)
                retry_at = timestamp(now + timedelta(seconds=delay)) if delay else ""
                self._note(connection, clean, failures, retry_at)
        right = _matches(password, _NOBODY if row is None else row.password)
        if row is None or wait:
            return Login(False, wait)
        if not right:
            return Login(False, delay)
        with database.begin(self._engine) as connection:
            self._note(connection, clean, 0, "")
        return Login(True)

    def mark(self, name: str, now: datetime | None = None) -> str:
        """A mark for the browser to keep after a login, for recognition. Reveals nothing about the name."""
        until = int(((now or datetime.now(UTC)) + timedelta(days=_MARK_DAYS)).timestamp())
        given = f"{secrets.token_hex(8)}.{until}"
        return f"{given}.{self._signature(name, given)}"

    def recognises(self, name: str, mark: str, now: datetime | None = None) -> bool:
        """Whether the browser has logged in under this name with its current password."""
        given, _, signature = mark.rpartition(".")
        until = given.partition(".")[2]
        if len(mark) > 200 or not (until.isascii() and until.isdecimal()):
            return False
        wanted = self._signature(name, given)
        genuine = hmac.compare_digest(signature.encode(errors="replace"), wanted.encode())
        return genuine and int(until) > (now or datetime.now(UTC)).timestamp()

    def _signature(self, name: str, given: str) -> str:
        clean = _clean(name)
        query = select(users.c.password).where(users.c.name == clean)
        with self._engine.connect() as connection:
            secret = connection.execute(query).scalar_one_or_none()
        # An unknown name must have no signing key: a constant would be everybody's key.
        key = secret.encode() if secret else secrets.token_bytes(32)
        return hmac.new(
            key, f"{clean}\n{given}".encode(errors="replace"), hashlib.sha256
        ).hexdigest()

    def start_session(self, name: str, hours: int, now: datetime | None = None) -> str:
        """Creates a session after `verify`; returns the browser's token. Raises UserError: no such user."""
        now = now or datetime.now(UTC)
        token = secrets.token_urlsafe(32)
        clean = _clean(name)
        with database.begin(self._engine) as connection:
            # Expired sessions are removed at each login: no other cleanup is needed.
            connection.execute(delete(sessions).where(sessions.c.expires <= timestamp(now)))
            query = select(users.c.name).where(users.c.name == clean)
            if connection.execute(query).one_or_none() is None:
                raise UserError(f"没有用户 {clean}")
            connection.execute(
                insert(sessions).values(
                    token_hash=_digest(token),
                    user=clean,
                    created=timestamp(now),
                    expires=timestamp(now + timedelta(hours=hours)),
                )
            )
        return token

    def session_user(self, token: str, now: datetime | None = None) -> str | None:
        """The session's user; None for any token that isn't valid now."""
        if not token or len(token) > 100:
            return None
        query = select(sessions.c.user).where(
            sessions.c.token_hash == _digest(token),
            sessions.c.expires > timestamp(now),
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def end_session(self, token: str) -> None:
        """Logs out; an unknown token is not an error."""
        with database.begin(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _digest(token)))

    @staticmethod
    def _note_nothing(connection: Connection) -> None:
        """Performs a write like `_note`: timing must not reveal which names exist."""
        for by in (1, -1):
            connection.execute(update(users).values(failures=users.c.failures + by))

    @staticmethod
    def _note(connection: Connection, name: str, failures: int, retry_at: str) -> None:
        connection.execute(
            update(users).where(users.c.name == name).values(failures=failures, retry_at=retry_at)
        )


def _clean(name: str) -> str:
    # A lone surrogate can't be stored; replaced by ?, the name matches nobody.
    text = name[:200].encode(errors="replace").decode()
    return unicodedata.normalize("NFKC", text).strip()


def _fit(name: str) -> bool:
    return all(c.isalnum() or c in "._-" for c in name)


def _accepted(password: str, near: Sequence[str]) -> str:
    if fault := passwords.weakness(password, near):
        raise UserError(fault)
    return password


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _delay(failures: int) -> int:
    over = failures - _FREE_FAILURES
    return min(2 ** min(over, 20), _LONGEST_DELAY_S) if over >= 0 else 0


def _until(retry_at: str, now: datetime) -> int:
    if not retry_at:
        return 0
    left = (datetime.fromisoformat(retry_at) - now).total_seconds()
    # Setting the clock back must not lock anybody out for longer than the longest delay.
    return max(0, int(-(-left // 1))) if left <= _LONGEST_DELAY_S else 0


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # Input methods compose the same characters differently.
    text = unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=_MAXMEM, dklen=32)


def _hash(password: str, salt: bytes | None = None) -> str:
    salt = salt or secrets.token_bytes(16)
    key = _derive(password, salt, _N, _R, _P)
    encoded = (base64.b64encode(b).decode() for b in (salt, key))
    return "$".join(("scrypt", str(_N), str(_R), str(_P), *encoded))


def _matches(password: str, stored: str) -> bool:
    try:
        _, n, r, p, salt, key = stored.split("$")
        wanted = base64.b64decode(key)
        found = _derive(password, base64.b64decode(salt), int(n), int(r), int(p))
    except ValueError:  # not written by `_hash`: nobody gets in with it
        return False
    return hmac.compare_digest(found, wanted)
