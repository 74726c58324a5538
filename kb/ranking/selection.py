"""Top-k selection."""

import numpy as np
import numpy.typing as npt

_GROUP = 64
"""Group size: only the maximum of each group is considered first."""


def top(scores: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.int32]:
    """Indices of the highest scores above 0, best first, ties by index."""
    groups = len(scores) // _GROUP
    least = 0.0
    if groups > count:
        # As many groups reach this score as results are wanted, so no lower score qualifies.
        highest = scores[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)
        least = float(np.partition(highest, groups - count)[groups - count])
    places = np.flatnonzero(scores >= least if least > 0 else scores > 0)
    values = scores[places]
    if len(places) > 2 * count:
        keep = values >= np.partition(values, len(values) - count)[-count]
        places, values = places[keep], values[keep]
    # Stable: equal scores stay in index order.
    return places[np.argsort(-values, kind="stable")][:count].astype(np.int32)
