"""Cutting text: folding keeps places, masks are no words, the cache stays in the data directory."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.analysis import Analyzer, grams, phrase_grams, runs
from kb.text.folding import fold


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer()


@given(st.text(max_size=200))
def test_folding_keeps_length_and_is_stable(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_full_width_and_case_are_folded() -> None:
    assert fold("ＡＢｃ１２（）“”") == 'abc12()""'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("XX区司法局", ["区司法局"]),
        ("XX市XX区", ["市", "区"]),
        ("办理案件xxxx件", ["办理案件", "件"]),
        ("满意率xx.x%，X月", ["满意率", "月"]),
        ("***同志", ["同志"]),
        ("X光检查", ["x", "光检查"]),
        ("xbox游戏", ["xbox", "游戏"]),
        ("增长3.5%和2023年", ["增长", "3.5", "和", "2023", "年"]),
    ],
)
def test_masks_are_no_words(text: str, words: list[str]) -> None:
    assert [run for run, _, _ in runs(fold(text))] == words


def test_words_hold_the_dictionary_words_inside_them(analyzer: Analyzer) -> None:
    words = analyzer.words("中华人民共和国劳动合同法")
    assert {"劳动", "合同", "劳动合同"} <= set(words)


@given(st.text(alphabet="人民法院x3.* ，\n光", max_size=30), st.data())
def test_grams_of_a_phrase_are_grams_of_every_text_with_it(text: str, data: st.DataObject) -> None:
    """What the phrase search relies on: no certain gram is missing from the text around it."""
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded)))
    end = data.draw(st.integers(start, len(folded)))
    assert set(phrase_grams(folded[start:end])) <= set(grams(folded))


def test_the_dictionarys_cache_is_in_the_given_place(tmp_path: Path) -> None:
    shared = tmp_path / "shared-temporary"
    shared.mkdir()
    code = (
        "from pathlib import Path; from kb.text.analysis import Analyzer; "
        f"Analyzer(Path({str(tmp_path / 'cache')!r})).words('人民调解')"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=120,
        env={**os.environ, "TMPDIR": str(shared)},
    )
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.name.startswith("words-")
    assert list(shared.iterdir()) == []
    assert tempfile.gettempdir() != str(tmp_path)
