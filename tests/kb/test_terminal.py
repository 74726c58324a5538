"""Texts of files on the terminal: nothing steers it, nothing forges a line."""

import io
import json
import sys
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb import terminal
from kb.cli import kb
from kb.cli.search import _marked
from kb.progress import Bar
from kb.search.results import Marked, Span

EVIL = "题\x1b[2J\x1b]0;x\x07\r\n提醒：假\x9b31m\u202e反\u2066\u200b\u2028行\udcff\U000e0041"


def unsafe(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


def test_every_unsafe_character_is_shown_and_the_length_stays() -> None:
    everything = "".join(map(chr, range(0x110000)))
    shown = terminal.plain(everything)
    assert len(shown) == len(everything)
    assert unsafe(shown) == []
    kept = [c for c in everything if not unsafe(c)]
    assert terminal.plain("".join(kept)) == "".join(kept)


def test_a_line_stays_a_line_and_json_the_same_data(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_all([EVIL, "第二行"])
    first, second, end = capsys.readouterr().out.split("\n")
    assert (second, end) == ("第二行", "")
    assert unsafe(first) == []
    terminal.say_json({"path": EVIL})
    out = capsys.readouterr().out
    assert unsafe(out.replace("\n", "")) == []
    assert json.loads(out) == {"path": EVIL}


def test_marks_stand_where_they_stood() -> None:
    marked = _marked(Marked(f"{EVIL}宪法宣传", (Span(len(EVIL), len(EVIL) + 2),)))
    assert marked.count("\x1b") == 3
    assert "\x1b[31m\x1b[1m宪法" in marked


def test_a_bar_is_no_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    bar = Bar()
    bar.start(f"读取 {EVIL}", 3)
    bar.close()
    assert "提醒：假" in out.getvalue()
    assert not {"\x1b", "\x9b", "\u202e"} & set(out.getvalue())


def test_titles_and_names_of_files_forge_no_line_of_any_command(tmp_path: Path) -> None:
    name = "坏\n提醒：假的一行\x1b[31m\u202e"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{name}.txt").write_bytes(b"")
    good = f"关于开展宣传的通知\x1b[31m\u202e\n\n{'各单位：请做好宣传工作。' * 3}\n"
    (tmp_path / "in" / "好\r\x9b.md").write_text(f"# {good}", "utf-8")
    data = str(tmp_path / "data")
    run = CliRunner()
    for command in (
        ["index", str(tmp_path / "in"), "--data-dir", data],
        ["index", str(tmp_path / "in"), "--data-dir", data, "--json"],
        ["index", "--dry-run", str(tmp_path / "in"), "--data-dir", data],
        ["index", "--explain", str(tmp_path / "in" / "好\r\x9b.md"), "--data-dir", data],
        ["status", "--data-dir", data],
        ["doctor", "--data-dir", data],
        ["search", "宣传工作", "--data-dir", data, "--json"],
    ):
        out = run.invoke(kb, command).stdout
        assert out
        assert unsafe(out.replace("\n", "")) == [], command
        assert not any(line.startswith("提醒：假") for line in out.splitlines()), command
    out = run.invoke(kb, ["search", "宣传工作", "--data-dir", data]).output
    assert "关于开展宣传的通知" in out
    assert "\u202e" not in out
