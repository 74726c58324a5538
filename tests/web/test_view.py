"""The pure functions beneath the pages, and the address of a search as a round trip."""

from datetime import date
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from kb.index.document_info import FACETS
from kb.search.results import Filters, Marked, Span
from web import address, result_view
from web.address import Address

text = st.text(max_size=40)
words = st.lists(
    st.text(min_size=1, max_size=20).map(address.clean).filter(bool), max_size=4, unique=True
).map(tuple)


@given(text, st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50)), max_size=8))
def test_highlighting_keeps_and_escapes_the_text(plain, spans):
    marked = str(result_view.highlight(Marked(plain, tuple(Span(*s) for s in spans))))
    bare = marked.replace("<mark>", "").replace("</mark>", "")
    assert unescape(bare) == unescape(result_view.escape(plain))
    assert "<" not in bare
    assert '"' not in bare
    assert marked.count("<mark>") == marked.count("</mark>")


def test_highlighting_marks_the_spans():
    marked = Marked("a<b>c", (Span(1, 2), Span(4, 5)))
    assert result_view.highlight(marked) == "a<mark>&lt;</mark>b&gt;<mark>c</mark>"


addresses = st.builds(
    Address,
    query=text.map(address.clean),
    filters=st.builds(
        Filters,
        **dict.fromkeys(FACETS, words),
        date_from=st.none() | st.dates(date(1000, 1, 1)),
        date_to=st.none() | st.dates(date(1000, 1, 1)),
    ),
    sort=st.sampled_from(["relevance", "date"]),
    page=st.integers(1, address.MAX_PAGE),
    verbatim=st.booleans(),
    dropped=words,
)


@given(addresses)
def test_addresses_hold_the_whole_state(asked):
    from starlette.datastructures import QueryParams

    again, problems = address.read(QueryParams(asked.url().partition("?")[2]).multi_items())
    assert again == asked
    assert not problems


@given(st.lists(st.tuples(st.text(max_size=8), text)))
def test_reading_never_raises(pairs):
    names = ["q", "kind", "from", "page", "sort", "drop", "verbatim"]
    asked, _ = address.read([*pairs, *zip(names, (v for _, v in pairs), strict=False)])
    assert 1 <= asked.page <= address.MAX_PAGE


def test_toggling_and_paging():
    asked = Address("法", page=3).toggled("kind", "法律").toggled("kind", "案例")
    assert asked.page == 1
    assert asked.filters.kind == ("法律", "案例")
    assert asked.toggled("kind", "法律").filters.kind == ("案例",)
    paging = result_view.paging(Address("法", page=7), 200, 10)
    assert [link.text if link else "…" for link in paging.pages] == [
        *("1", "…", "5", "6", "7", "8", "9", "…", "20")
    ]
    assert result_view.paging(Address("法"), 3, 10).pages == ()
    assert result_view.paging(Address("法", page=20), 200, 10).next == ""


@given(
    st.builds(
        Address,
        query=st.sampled_from(["", "房东 & 押金", "a=b#?"]),
        filters=st.builds(Filters, kind=words, topic=words, date_from=st.none() | st.dates()),
        sort=st.sampled_from(["relevance", "date"]),
        page=st.integers(1, 9),
        dropped=words,
    ),
    st.sampled_from(["kind", "topic", "year"]),
    words,
)
def test_many_toggles_are_each_as_one(asked, facet, values):
    values = (*values, *asked.filters.values(facet))
    assert asked.toggles(facet, values) == [asked.toggled(facet, v).url() for v in values]


def test_bars_are_relative_to_the_longest():
    rows = result_view.bars([("甲", 50, ""), ("乙", 200, "/x"), ("丙", 0, "")])
    assert [r.width for r in rows] == [25.0, 100.0, 0.0]
    assert result_view.bars([]) == ()
