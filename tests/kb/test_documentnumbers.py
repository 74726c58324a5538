"""Document numbers as people write them."""

import pytest

from kb.documentnumbers import Numbers, find

NUMBERS = Numbers(
    [
        ("中华人民共和国国务院令第535号", "a"),
        ("中华人民共和国国务院、中华人民共和国中央军事委员会令第579号", "b"),
        ("法释〔2020〕22号", "c"),
        ("法释〔2020〕22号", "d"),
        ("司法部令第535号", "e"),
        ("", "f"),
    ]
)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("国令第535号", "a"),
        ("国务院令第535号", "a"),
        ("国务院令535号", "a"),
        ("国务院第535号令", "a"),
        ("中华人民共和国国务院令第五百三十五号", "a"),
        ("司法部令第535号", "e"),
        ("国务院令第579号", "b"),
        ("法释〔2020〕22号", "cd"),
        ("法释[2020]22号", "cd"),
        ("法释（2020）22号", "cd"),
        ("法释【2020】第22号", "cd"),
        ("法释2020年第22号", "cd"),
        ("请看法释〔2020〕22号", "cd"),
        ("法释〔2021〕22号", ""),
        ("法发〔2020〕22号", ""),
        ("公安部令第535号", ""),
    ],
)
def test_every_form_finds_its_documents(text: str, keys: str) -> None:
    (number,) = find(text)
    assert "".join(NUMBERS.keys(number)) == keys


@pytest.mark.parametrize("text", ["", "第535号", "2020年22号", "民法典第1043条", "责令第三人"])
def test_other_texts_have_none(text: str) -> None:
    assert find(text) == ()
