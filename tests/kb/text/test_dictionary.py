"""The packed dictionary: jieba can't tell it from the dict that it packs."""

from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text import analysis, dictionary
from kb.text.analysis import Segmenter

CHARACTERS = "民法典人事大中一押金租房A3𠮷·"
WORDS = st.text(alphabet=CHARACTERS, min_size=1, max_size=5)


@given(st.dictionaries(WORDS, st.integers(0, 10**9), max_size=60), st.lists(WORDS, max_size=20))
def test_it_answers_as_the_dict_would(frequencies: dict[str, int], others: list[str]) -> None:
    if not frequencies:
        return
    packed = dictionary.Packed(dictionary.pack(frequencies), 7)
    for word in [*frequencies, *others, *(w + "法" for w in frequencies), "法", ""]:
        # Twice: found, and remembered.
        for _ in range(2):
            assert packed.get(word) == frequencies.get(word)
            assert packed.get(word, -5) == frequencies.get(word, -5)
            assert (word in packed) == (word in frequencies)
    assert {w: packed[w] for w in frequencies} == frequencies
    assert packed.unpacked() == frequencies
    with pytest.raises(KeyError):
        packed["没有这个词"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "_KEPT", 3)
    frequencies = {c: n for n, c in enumerate("甲乙丙丁戊己庚")}
    packed = dictionary.Packed(dictionary.pack(frequencies), 1)
    for _ in range(2):
        assert {c: packed[c] for c in frequencies} == frequencies
        assert len(packed._seen) <= 3


def test_it_is_kept_whole_or_taken_for_missing(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "words-1.txt"
    assert dictionary.load(path) is None
    text = dictionary.pack({"民法典": 3, "民": 0, "民法": 0})
    dictionary.save(path, text, 3)
    kept = dictionary.load(path)
    assert kept is not None
    assert (kept.total, kept["民法典"]) == (3, 3)
    whole = path.read_bytes()
    for damaged in (
        b"",
        whole[:-1],
        whole[:10],
        whole.replace(b" 3\n", b" x\n"),
        whole.replace(b" 3\n", b" 4\n"),
        b"\xff" * 50,
    ):
        path.write_bytes(damaged)
        assert dictionary.load(path) is None
    middle = len(whole) - 3
    path.write_bytes(whole[:middle] + b"9" + whole[middle + 1 :])
    assert dictionary.load(path) is None


def test_a_new_one_replaces_the_old_one(tmp_path: Path) -> None:
    for name in ("words-1.txt", "words-2.txt"):
        dictionary.save(tmp_path / name, dictionary.pack({"民": 1}), 1)
    assert [p.name for p in tmp_path.iterdir()] == ["words-2.txt"]


def test_a_place_that_can_not_be_written_to_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    dictionary.save(tmp_path / "file" / "words-1.txt", "民\t 1", 1)


def test_cuts_are_those_of_jieba_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_loaded", {})
    plain = jieba.Tokenizer()
    plain.FREQ, plain.total = plain.gen_pfdict(plain.get_dict_file())
    plain.initialized = True
    for term in analysis.field_terms():
        plain.add_word(term, freq=analysis._FIELD_FREQUENCY)
    texts = [
        "房东不退押金怎么办",
        "县级以上地方人民政府司法行政部门主管本行政区域的社区矫正工作",
        "中华人民共和国民法典第一千零四十三条",
        "一二三𠮷野家不了了之",
    ]
    wanted = [list(plain.cut(t, HMM=False)) for t in texts]
    made, kept = Segmenter(tmp_path), Segmenter(tmp_path)
    assert [made.cut(t) for t in texts] == wanted
    analysis._loaded.clear()
    assert [kept.cut(t) for t in texts] == wanted
    assert isinstance(kept._tokenizer.FREQ, dictionary.Packed)
    kept.unpack()
    assert kept._tokenizer.FREQ == plain.FREQ
    assert [kept.cut(t) for t in texts] == wanted
    assert Segmenter(tmp_path).known("押金")
