"""Trees evaluated all at once: against walking each tree, and against LightGBM itself."""

from typing import Any

import numpy as np
import pytest

from kb.ranking.forest import LEAVES, Forest, from_lightgbm


def split(feature: int, threshold: float, left: Any, right: Any, value: float) -> dict[str, Any]:
    return {
        "split_feature": feature,
        "threshold": threshold,
        "decision_type": "<=",
        "internal_value": value,
        "left_child": left,
        "right_child": right,
    }


def leaf(value: float) -> dict[str, Any]:
    return {"leaf_value": value}


def forest(*roots: dict[str, Any]) -> Forest:
    def leaves(node: dict[str, Any]) -> int:
        if "leaf_value" in node:
            return 1
        return leaves(node["left_child"]) + leaves(node["right_child"])

    info = [{"tree_structure": r, "num_leaves": leaves(r)} for r in roots]
    return from_lightgbm({"tree_info": info})


def walk(node: dict[str, Any], row: np.ndarray[Any, Any]) -> float:
    while "leaf_value" not in node:
        side = "left_child" if row[node["split_feature"]] <= node["threshold"] else "right_child"
        node = node[side]
    return float(node["leaf_value"])


def grown(random: np.random.Generator, leaves: int) -> dict[str, Any]:
    if leaves == 1:
        return leaf(float(random.normal()))
    left = int(random.integers(1, leaves))
    # Thresholds that values meet exactly: equal goes left.
    threshold = float(random.integers(0, 4))
    return split(
        int(random.integers(0, 5)),
        threshold,
        grown(random, left),
        grown(random, leaves - left),
        float(random.normal()),
    )


def test_every_row_ends_where_a_walk_ends() -> None:
    random = np.random.default_rng(3)
    roots = [grown(random, int(random.integers(1, LEAVES + 1))) for _ in range(60)]
    rows = random.integers(-1, 6, size=(200, 5)).astype(np.float32)
    expected = [sum(walk(root, row) for root in roots) for row in rows]
    assert np.allclose(forest(*roots).predict(rows), expected, atol=1e-4)


def test_a_prediction_is_the_sum_of_its_explanation() -> None:
    random = np.random.default_rng(4)
    roots = [grown(random, LEAVES) for _ in range(20)]
    trees = forest(*roots)
    for row in random.integers(-1, 6, size=(30, 5)).astype(np.float32):
        moved = sum(trees.explain(row).values()) + float(trees.means[:, 0].sum())
        assert moved == pytest.approx(float(trees.predict(row[None])[0]), abs=1e-4)


def test_no_rows_and_single_leaves_are_nothing_special() -> None:
    trees = forest(leaf(0.5), split(1, 2.0, leaf(1.0), leaf(2.0), 1.5))
    assert trees.predict(np.zeros((0, 3), dtype=np.float32)).shape == (0,)
    rows = np.asarray([[0, 2, 0], [0, 2.5, 0]], dtype=np.float32)
    assert trees.predict(rows).tolist() == [1.5, 2.5]
    assert trees.explain(rows[1]) == {1: 0.5}


def test_other_splits_than_numeric_ones_are_refused() -> None:
    root = split(0, 1.0, leaf(0.0), leaf(1.0), 0.5) | {"decision_type": "=="}
    with pytest.raises(ValueError, match="numeric"):
        forest(root)


def test_lightgbm_says_the_same() -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="training extra not installed")
    random = np.random.default_rng(5)
    rows = np.round(random.normal(size=(600, 6)), 1).astype(np.float32)
    labels = (rows[:, 0] * rows[:, 1] + rows[:, 2] > 0.2).astype(np.int32)
    parameters = {"objective": "lambdarank", "num_leaves": LEAVES, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(
        parameters, lightgbm.Dataset(rows, labels, group=[60] * 10), num_boost_round=40
    )
    trees = from_lightgbm(booster.dump_model())
    assert np.allclose(trees.predict(rows), booster.predict(rows), atol=1e-4)
