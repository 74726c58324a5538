"""Headings and questions of articles: the file's form, and what ships."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kb import articlenotes, evaluate
from kb.articlenotes import COLUMNS, Note, fingerprint
from kb.errors import ConfigError
from tests.support.real import DATA

_HEAD = "\t".join(COLUMNS)
_GOOD = "示范民法\t8\t退还押金\t押金不退怎么办|退房 押金\t0123456789ab"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., list[Path]]:
    def write(*lines: str) -> list[Path]:
        path = tmp_path / "示范民法.tsv"
        path.write_text("\n".join((_HEAD, *lines)) + "\n", "utf-8")
        return [path]

    return write


def test_a_line_is_a_note(written: Callable[..., list[Path]]) -> None:
    (note,) = articlenotes.read(written(_GOOD)).every
    assert note == Note(
        "示范民法", "8", "退还押金", ("押金不退怎么办", "退房 押金"), "0123456789ab"
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (_GOOD.replace("\t8\t", "\t第八条\t"), "article"),
        (_GOOD.replace("退还押金", "退还押金退还押金退还押金退"), "heading"),
        (_GOOD.replace("押金不退怎么办|", ""), "questions"),
        (_GOOD.replace("退房 押金", "退"), "questions"),
        (_GOOD.replace("0123456789ab", "012345"), "text"),
        (_GOOD.rpartition("\t")[0], "4 列"),
        (_GOOD.replace("示范民法", ""), "work"),
    ],
)
def test_a_wrong_line_is_named(written: Callable[..., list[Path]], line: str, named: str) -> None:
    with pytest.raises(ConfigError, match=f"第2行.*{named}"):
        articlenotes.read(written(line))


def test_a_question_and_a_text_stand_once(written: Callable[..., list[Path]]) -> None:
    other = _GOOD.replace("0123456789ab", "ba9876543210")
    with pytest.raises(ConfigError, match=r"第3行.*押金不退怎么办.*相同"):
        articlenotes.read(written(_GOOD, other))
    with pytest.raises(ConfigError, match="已有一行"):
        articlenotes.read(written(_GOOD, _GOOD))


def test_a_file_without_its_heads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "空.tsv"
    path.write_text("", "utf-8")
    with pytest.raises(ConfigError, match="表头"):
        articlenotes.read([path])


def test_a_note_belongs_to_a_text_not_to_a_number() -> None:
    text = "租赁期限届满，出租人应当返还押金。"
    same = fingerprint(text)
    assert fingerprint("第八条　租赁期限届满,出租人应当返还押金 。") == same
    assert fingerprint("第九条之一 租赁期限届满，出租人应当返还押金。") == same
    assert fingerprint("租赁期限届满，出租人应当返还定金。") != same
    notes = articlenotes.Notes([Note("示范民法", "8", "退还押金", ("押金", "退钱"), same)])
    assert notes.find("示范民法", f"第十条 {text}") is not None
    assert notes.find("示范民法", text + "承租人应当返还租赁物。") is None
    assert notes.find("示范体育法", text) is None


def test_what_ships_is_plenty_and_no_heading_stands_often() -> None:
    notes = articlenotes.load().every
    assert len(notes) >= 3_200
    assert sum(len(n.questions) for n in notes) >= 10_000
    headings = Counter((n.work, n.heading) for n in notes)
    assert max(headings.values()) <= 3, headings.most_common(5)


def test_no_judged_question_was_copied() -> None:
    path = DATA / "stard" / "dev.jsonl"
    if not path.exists():
        pytest.skip("../shared/data/stard is not there")
    runs = {r for judged in evaluate.read(path) for r in _runs(judged.query)}
    found = [q for n in articlenotes.load().every for q in n.questions if runs & _runs(q)]
    assert len(runs) > 10_000
    assert not found


def _runs(text: str) -> set[str]:
    """Every ten characters in a row."""
    return {text[i : i + 10] for i in range(len(text) - 9)}
