"""The best few, held against sorting everything; sums by what points, against loops."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kb.ranking.candidates import Pointers
from kb.ranking.selection import top

scores = st.lists(st.sampled_from([0.0, -1.0, 0.25, 0.5, 1.0, 2.0, 3.5]), max_size=700)


@given(scores, st.integers(1, 12))
def test_top_is_what_sorting_gives(values: list[float], count: int) -> None:
    array = np.asarray(values, dtype=np.float32)
    order = sorted(range(len(values)), key=lambda i: (-values[i], i))
    assert top(array, count).tolist() == [i for i in order if values[i] > 0][:count]


def test_top_of_many_distinct_scores() -> None:
    array = np.random.default_rng(7).permutation(100_000).astype(np.float32)
    assert top(array, 200).tolist() == np.argsort(-array, kind="stable")[:200].tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 30), st.floats(0, 4, width=32)), max_size=60
    )
)
def test_pointers_sum_and_find_the_greatest(links: list[tuple[int, int, float]]) -> None:
    sources = np.asarray([s for s, _, _ in links], dtype=np.int32)
    targets = np.asarray([t for _, t, _ in links], dtype=np.int32)
    weights = np.asarray([w for _, _, w in links], dtype=np.float64)
    values = np.asarray([0.5, 1.0, 0.0, 2.0, 3.0], dtype=np.float32)
    pointers = Pointers(sources, targets, weights)
    everywhere = np.arange(32, dtype=np.int32)
    sums, greatest = np.zeros(32), np.zeros(32)
    for source, target, weight in links:
        sums[target] += values[source] * weight
        greatest[target] = max(greatest[target], values[source])
    found = pointers.at(everywhere, pointers.sums(values))
    assert np.allclose(found, sums, rtol=1e-5)
    assert np.array_equal(pointers.at(everywhere, pointers.greatest(values)), greatest)
