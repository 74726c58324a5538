"""Snippets: the right stretch, within its length, spans where the words are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.knowledge import snippet as module
from kb.knowledge.snippet import LENGTH, mark, snippet
from kb.text.folding import fold

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


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from([1, 2, 5, 60, 119, 121, 300])), max_size=14
    )
)
def test_the_window_has_the_most_different_words(gaps: list[tuple[int, int]]) -> None:
    """Each hit is looked at as the beginning of a window; words may be longer than the window."""
    text, hits = "", []
    for number, (gap, size) in enumerate(gaps):
        text += "。" + "空" * gap
        word = "甲乙丙丁"[number % 3] * size
        hits.append((len(text), len(text) + size))
        text += word
    best, most = 0, (-1, 0)
    for place, (begin, _) in enumerate(hits):
        inside = [h for h in hits[place:] if h[1] <= begin - module._LEAD + LENGTH]
        worth = (sum(map(len, {text[s:e] for s, e in inside})), len(inside))
        if worth > most:
            best, most = begin, worth
    start = module._start(text, hits)
    assert max(0, best - module._LEAD) <= start <= best or start == 0
    if hits:
        again = module._start(text, [(best, best + 1)])
        assert start == again


def test_a_phrase_longer_than_the_stretch_is_shown_from_its_beginning() -> None:
    phrase = "应当返还押金" * 30
    found = snippet("甲" * 200 + "。" + phrase + "乙" * 50, [phrase])
    assert found.text.startswith("…应当返还押金")
    assert found.spans == ()
