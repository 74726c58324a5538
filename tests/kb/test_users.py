"""Accounts, logins and sessions on a real library file, and the commands over them."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import kb.users
from kb.cli.user import user as command
from kb.library import Library
from kb.users import UserError, Users

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
PASSWORD = "correct horse 电池"


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Users]:
    with Users.open(tmp_path) as opened:
        yield opened


def raw(data_dir: Path) -> bytes:
    connection = sqlite3.connect(data_dir / "library.sqlite3")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return (data_dir / "library.sqlite3").read_bytes()


def test_only_the_right_password_logs_in(users: Users, tmp_path: Path) -> None:
    users.add("王芳", PASSWORD)
    assert users.verify("王芳", PASSWORD, NOW).ok
    assert not users.verify("王芳", PASSWORD + " ", NOW).ok
    assert not users.verify("王芳", "", NOW).ok
    assert not users.verify("nobody", PASSWORD, NOW).ok
    assert not users.verify("", "", NOW).ok
    assert PASSWORD.encode() not in raw(tmp_path)


def test_equal_passwords_have_unequal_hashes_with_their_parameters(
    users: Users, tmp_path: Path
) -> None:
    users.add("a", PASSWORD)
    users.add("b", PASSWORD)
    connection = sqlite3.connect(tmp_path / "library.sqlite3")
    hashes = [h for (h,) in connection.execute("SELECT password FROM users")]
    connection.close()
    assert len(set(hashes)) == 2
    assert all(h.startswith("scrypt$32768$8$3$") for h in hashes)


def test_the_same_characters_composed_otherwise_are_the_same(users: Users) -> None:
    users.add("ｚｈａｎｇ", "Ａbcdefgé")
    assert [u.name for u in users.list()] == ["zhang"]
    assert users.verify("zhang ", "Abcdefge\u0301", NOW).ok


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a/b", "a" * 33, "<b>", "a\tb", "'; --", "\ud800"]
)
def test_bad_names_are_refused(users: Users, name: str) -> None:
    with pytest.raises(UserError, match="用户名"):
        users.add(name, PASSWORD)
    assert users.list() == []


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
def test_bad_passwords_are_refused(users: Users, password: str) -> None:
    with pytest.raises(UserError, match="密码应为 8 到 256"):
        users.add("a", password)
    assert users.list() == []


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "x" * 100_000, "' OR 1=1 --"])
def test_odd_input_is_just_wrong(users: Users, odd: str) -> None:
    users.add("a", PASSWORD)
    assert not users.verify("a", odd, NOW).ok
    assert not users.verify(odd, PASSWORD, NOW).ok
    assert users.session_user(odd, NOW) is None
    users.end_session(odd)


def test_names_are_taken_once_and_removed(users: Users) -> None:
    users.add("a", PASSWORD)
    with pytest.raises(UserError, match="已存在"):
        users.add("a", "another password")
    assert users.verify("a", PASSWORD, NOW).ok
    users.remove("a")
    assert not users.verify("a", PASSWORD, NOW).ok
    with pytest.raises(UserError, match="没有用户"):
        users.remove("a")
    with pytest.raises(UserError, match="没有用户"):
        users.set_password("a", PASSWORD)


def test_failures_delay_the_next_try_longer_each_time(users: Users) -> None:
    users.add("a", PASSWORD)
    now, waits = NOW, []
    for _ in range(12):
        refused = users.verify("a", "wrong password", now)
        assert not refused.ok
        waits.append(refused.wait)
        if refused.wait:
            early = users.verify("a", PASSWORD, now + timedelta(seconds=refused.wait - 1))
            assert not early.ok, "the right password has to wait as well"
            assert early.wait == 1
        now += timedelta(seconds=refused.wait)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert users.verify("a", PASSWORD, now).ok
    assert users.verify("a", "wrong password", now).wait == 0, "a success starts anew"


def test_delays_are_each_users_own_and_unknown_names_leave_nothing(users: Users) -> None:
    users.add("a", PASSWORD)
    users.add("b", PASSWORD)
    for _ in range(4):
        users.verify("a", "wrong password", NOW)
        assert users.verify("unknown", "wrong password", NOW).wait == 0
    assert users.verify("a", PASSWORD, NOW).wait > 0
    assert users.verify("b", PASSWORD, NOW).ok
    assert [u.name for u in users.list()] == ["a", "b"]


def test_every_try_costs_one_derivation_and_one_write(
    users: Users, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add("a", PASSWORD)
    users.add("locked", PASSWORD)
    for _ in range(4):
        users.verify("locked", "wrong password", NOW)
    derived: list[str] = []
    derive = kb.users._derive

    def noted(*args: Any) -> Any:
        derived.append(args[0])
        return derive(*args)

    monkeypatch.setattr(kb.users, "_derive", noted)
    wal = tmp_path / "library.sqlite3-wal"

    def cost(name: str) -> tuple[int, int]:
        """Derivations, and bytes written."""
        connection = sqlite3.connect(tmp_path / "library.sqlite3")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        derived.clear()
        assert not users.verify(name, "wrong password", NOW).ok
        return len(derived), wal.stat().st_size

    assert cost("a") == cost("locked") == cost("unknown") == cost("<>") == (1, cost("a")[1])
    assert cost("a")[1] > 0
    # Nothing of it changed anybody's failures.
    assert users.verify("locked", PASSWORD, NOW).wait > 0


def test_a_browser_known_from_before_needs_not_wait_for_others(users: Users) -> None:
    users.add("a", PASSWORD)
    users.add("b", PASSWORD)
    mark = users.mark("a", NOW)
    for _ in range(6):
        users.verify("a", "wrong password", NOW)
    assert not users.verify("a", PASSWORD, NOW).ok
    assert users.recognises("a", mark, NOW)
    assert not users.verify("a", "wrong password", NOW, known=True).ok
    assert users.verify("a", PASSWORD, NOW, known=True).ok
    assert users.recognises(" ａ", mark, NOW + timedelta(days=179))
    assert not users.recognises("a", mark, NOW + timedelta(days=181))
    assert not users.recognises("b", mark, NOW)
    assert not users.recognises("unknown", mark, NOW)
    users.set_password("a", PASSWORD + "!")
    assert not users.recognises("a", mark, NOW), "a new password ends it"


@pytest.mark.parametrize("odd", ["", ".", "..", "a.b.c", "1.²٣.x", "x" * 10_000, "\x00", "\ud800"])
def test_forged_marks_are_nobodys(users: Users, odd: str) -> None:
    users.add("a", PASSWORD)
    given, _, _ = users.mark("a", NOW).rpartition(".")
    later = f"{given.partition('.')[0]}.99999999999"
    for mark in (odd, f"{given}.{odd}", f"{later}.{users.mark('a', NOW).rpartition('.')[2]}"):
        assert not users.recognises("a", mark, NOW)
        assert not users.recognises("unknown", mark, NOW)


def test_a_clock_set_back_locks_nobody_out(users: Users) -> None:
    users.add("a", PASSWORD)
    for _ in range(4):
        users.verify("a", "wrong password", NOW)
    assert users.verify("a", PASSWORD, NOW - timedelta(days=400)).ok


def test_tries_at_the_same_moment_are_all_counted(users: Users) -> None:
    users.add("a", PASSWORD)
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(users.verify("a", "wrong one", NOW).wait))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Two are free, the third brings the first delay, and nobody else gets to try.
    assert sorted(results) == [0, 0, 1, 1, 1, 1]


def test_a_session_lasts_its_hours(users: Users, tmp_path: Path) -> None:
    users.add("a", PASSWORD)
    token = users.start_session("a", 12, NOW)
    assert len(token) >= 43
    assert users.session_user(token, NOW + timedelta(hours=11, minutes=59)) == "a"
    assert users.session_user(token, NOW + timedelta(hours=12)) is None
    assert users.session_user(token + "x", NOW) is None
    assert users.session_user("", NOW) is None
    assert token.encode() not in raw(tmp_path)
    users.start_session("a", 1, NOW + timedelta(hours=13))
    assert users.session_user(token, NOW) is None, "overdue ones are removed"


def test_sessions_end_with_logout_new_password_or_account(users: Users) -> None:
    users.add("a", PASSWORD)
    tokens = [users.start_session("a", 12, NOW) for _ in range(2)]
    assert tokens[0] != tokens[1]
    users.end_session(tokens[0])
    assert [users.session_user(t, NOW) for t in tokens] == [None, "a"]
    users.set_password("a", "another password")
    assert users.session_user(tokens[1], NOW) is None
    assert users.verify("a", "another password", NOW).ok
    token = users.start_session("a", 12, NOW)
    users.remove("a")
    users.add("a", PASSWORD)
    assert users.session_user(token, NOW) is None
    with pytest.raises(UserError):
        users.start_session("nobody", 12, NOW)


def test_logins_work_while_a_batch_is_written(users: Users, tmp_path: Path) -> None:
    users.add("a", PASSWORD)
    with Library.open(tmp_path) as library:
        release = threading.Event()

        def write() -> None:
            with library.transaction():
                library.start_run("refresh")
                release.wait(5)

        thread = threading.Thread(target=write)
        thread.start()
        threading.Timer(0.3, release.set).start()
        assert users.verify("a", PASSWORD, NOW).ok
        thread.join()


def test_commands(tmp_path: Path) -> None:
    def run(*arguments: str, input: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(command, [*arguments, "--data-dir", str(tmp_path)], input=input)
        return result.exit_code, result.output

    assert run("add", "王芳", "--password-stdin", input=f"{PASSWORD}\r\n")[0] == 0
    assert run("add", "李强", input="twelve chars\ntwelve chars\n")[0] == 0
    code, output = run("list")
    assert code == 0
    assert [line.split("\t")[0] for line in output.splitlines()] == ["李强", "王芳"]
    with Users.open(tmp_path) as users:
        assert users.verify("王芳", PASSWORD).ok
        assert users.verify("李强", "twelve chars").ok
    assert run("passwd", "王芳", "--password-stdin", input="changed password")[0] == 0
    with Users.open(tmp_path) as users:
        assert users.verify("王芳", "changed password").ok
    for arguments in (["add", "王芳"], ["add", "x y"], ["passwd", "nobody"]):
        code, output = run(*arguments, "--password-stdin", input="some password\n")
        assert code == 2
        assert "Traceback" not in output
    assert "8 到 256" in run("add", "x", "--password-stdin", input="short\n")[1]
    assert run("remove", "王芳")[0] == 0
    assert run("remove", "王芳")[0] == 2
    assert "王芳" not in run("list")[1]
