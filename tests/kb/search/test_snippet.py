"""Snippets: the right stretch, within its length, spans where the words are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.search.analysis import fold
from kb.search.snippet import LENGTH, mark, snippet

TERMS = st.lists(st.text(alphabet="押金出租人法ab", min_size=1, max_size=4), max_size=4)


@settings(max_examples=300)
@given(st.text(alphabet="押金出租人法ａb。，\n 甲乙", max_size=600), TERMS)
def test_spans_are_occurrences_in_order(text: str, terms: list[str]) -> None:
    for marked in (mark(text, terms), snippet(text, terms)):
        at = 0
        for span in marked.spans:
            assert at <= span.start < span.end <= len(marked.text)
            assert fold(marked.text[span.start : span.end]) in terms
            at = span.end
    assert len(snippet(text, terms).text) <= LENGTH + 2


def test_the_stretch_with_most_words_is_shown() -> None:
    text = "甲" * 300 + "。出租人应当返还押金。" + "乙" * 300
    found = snippet(text, ["出租人", "押金"])
    assert "出租人应当返还押金" in found.text
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert [found.text[s.start : s.end] for s in found.spans] == ["出租人", "押金"]


def test_a_single_character_is_not_marked_beside_words() -> None:
    assert list(mark("法院与法", ["法院", "法"]).spans) == [mark("法院", ["法院"]).spans[0]]


def test_without_terms_it_is_the_beginning() -> None:
    assert snippet("甲" * 500, []).text == "甲" * LENGTH + "…"
