"""Regression trees over a feature matrix, evaluated for all trees and rows at once.

Follows QuickScorer (Lucchese et al., SIGIR 2015): every inner node whose test fails masks out the
leaves of its left subtree; the leftmost remaining leaf is the row's result.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kb.ranking.memory import Floats

LEAVES = 16
"""Maximum leaves per tree: the bits of the masks."""

_ALL = np.uint16(0xFFFF)
_INFINITE = np.float32(np.inf)
_LOWEST = np.asarray([(i & -i).bit_length() - 1 for i in range(1 << LEAVES)], dtype=np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """T trees with at most N inner nodes.

    features (T, N) int16: column tested, -1 for no node; thresholds (T, N) float64: rows with a value
    not above it go left; masks (T, N) uint16: leaves that remain if the test fails; values
    (T, LEAVES) float32: output of each leaf, leaves numbered from left to right. means (T, N)
    float32: the mean value under each node, for explanations; children (T, N, 2) int16: left and
    right child node, or -1 - leaf.
    """

    features: npt.NDArray[np.int16]
    thresholds: npt.NDArray[np.float64]
    masks: npt.NDArray[np.uint16]
    values: Floats
    means: Floats
    children: npt.NDArray[np.int16]

    def predict(self, rows: Floats) -> npt.NDArray[np.float64]:
        """Sum over all trees for each row of a matrix (rows, features)."""
        columns = np.ascontiguousarray(rows.T)
        struck = np.zeros((len(self.features), len(rows)), dtype=np.uint16)
        # One node of every tree at a time keeps the working set in the CPU cache.
        for features, limits, leaves in _tests(self):
            struck |= (columns.take(features, axis=0) > limits).view(np.uint8) * leaves
        ends = _LOWEST.take(~struck) + np.arange(0, self.values.size, LEAVES)[:, None]
        total: npt.NDArray[np.float64] = (
            self.values.ravel().take(ends).sum(axis=0, dtype=np.float64)
        )
        return total

    def explain(self, row: Floats) -> dict[int, float]:
        """Contribution of each feature to one row's sum: differences between the means along its paths
        (Saabas). Together with the means of the roots, they add up to the prediction."""
        out: dict[int, float] = {}
        for tree in range(len(self.features)):
            node, here = 0, float(self.means[tree, 0])
            while self.features[tree, node] >= 0:
                column = int(self.features[tree, node])
                right = float(row[column]) > self.thresholds[tree, node]
                child = int(self.children[tree, node, int(right)])
                there = float(
                    self.values[tree, -1 - child] if child < 0 else self.means[tree, child]
                )
                out[column] = out.get(column, 0.0) + there - here
                if child < 0:
                    break
                node, here = child, there
        return out


@lru_cache(maxsize=4)
def _tests(forest: Forest) -> tuple[tuple[npt.NDArray[Any], ...], ...]:
    """For each node position, over the trees: columns tested (T,), limits (T, 1), and leaves masked out
    above the limits (T, 1)."""
    # A float32 exceeds a number exactly if it exceeds the largest float32 not above that number.
    limits = forest.thresholds.astype(np.float32)
    limits = np.where(limits > forest.thresholds, np.nextafter(limits, -_INFINITE), limits)
    limits[forest.features < 0] = _INFINITE
    features = np.maximum(forest.features, 0).astype(np.intp)
    columns = (np.ascontiguousarray(a.T) for a in (features, limits, ~forest.masks))
    return tuple((f, x[:, None], m[:, None]) for f, x, m in zip(*columns, strict=True))


def from_lightgbm(dump: dict[str, Any]) -> Forest:
    """Converts `Booster.dump_model()` of trees with at most LEAVES leaves and numeric splits."""
    trees = [t["tree_structure"] for t in dump["tree_info"]]
    size = max([1, *(t["num_leaves"] - 1 for t in dump["tree_info"])])
    forest = Forest(
        features=np.full((len(trees), size), -1, dtype=np.int16),
        thresholds=np.zeros((len(trees), size), dtype=np.float64),
        masks=np.full((len(trees), size), _ALL, dtype=np.uint16),
        values=np.zeros((len(trees), LEAVES), dtype=np.float32),
        means=np.zeros((len(trees), size), dtype=np.float32),
        children=np.full((len(trees), size, 2), -1, dtype=np.int16),
    )
    for number, root in enumerate(trees):
        _lay_out(forest, number, root, [0], [0])
    return forest


def _lay_out(
    forest: Forest, tree: int, node: dict[str, Any], nodes: list[int], leaves: list[int]
) -> int:
    """Writes a subtree; nodes, leaves: counts written so far. Returns its index as a child."""
    if "split_feature" not in node:
        leaf = leaves[0]
        leaves[0] += 1
        forest.values[tree, leaf] = node["leaf_value"]
        return -1 - leaf
    if node["decision_type"] != "<=":
        raise ValueError("only numeric splits can be read")
    here = nodes[0]
    nodes[0] += 1
    forest.features[tree, here] = node["split_feature"]
    forest.thresholds[tree, here] = node["threshold"]
    forest.means[tree, here] = node["internal_value"]
    first = leaves[0]
    forest.children[tree, here, 0] = _lay_out(forest, tree, node["left_child"], nodes, leaves)
    struck = sum(1 << leaf for leaf in range(first, leaves[0]))
    forest.masks[tree, here] = _ALL ^ np.uint16(struck)
    forest.children[tree, here, 1] = _lay_out(forest, tree, node["right_child"], nodes, leaves)
    return here
