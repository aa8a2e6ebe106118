"""Things in a row, each as near as can be to where it wishes to be, without overlap.

With offsets that add up the least distances, "no overlap" becomes "never decreasing",
and the nearest such row (least squares) is found by pooling neighbours that are out of
order (isotonic regression).
"""

from collections.abc import Sequence
from itertools import accumulate


def apart(
    wishes: Sequence[float], distances: Sequence[float], low: float, high: float
) -> list[float]:
    """Return positions in the order of ``wishes``, at least ``distances`` apart.

    Parameters
    ----------
    wishes
        Where each thing wishes to be, in the order that is kept.
    distances
        Least distance between each and the next, one fewer than ``wishes``.
    low, high
        Bounds on all positions, kept while there is room for everything.

    Examples
    --------
    >>> apart([100.0, 100.0], [10.0], 0.0, 200.0)
    [95.0, 105.0]
    >>> apart([1.0, 2.0], [10.0], 0.0, 200.0)
    [0.0, 10.0]
    """
    if not wishes:
        return []
    offsets = [0.0, *accumulate(distances)]
    pools: list[tuple[float, int]] = []  # mean, members
    for wish, offset in zip(wishes, offsets, strict=True):
        mean, members = wish - offset, 1
        while pools and pools[-1][0] > mean:
            other, others = pools.pop()
            mean = (mean * members + other * others) / (members + others)
            members += others
        pools.append((mean, members))
    means = [mean for mean, members in pools for _ in range(members)]
    most = high - offsets[-1]
    return [max(min(m, most), low) + offset for m, offset in zip(means, offsets, strict=True)]
