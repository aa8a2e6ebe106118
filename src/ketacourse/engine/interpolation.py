r"""How a function of time is continued over a step from its values at a few nodes.

Over a step time is counted as :math:`\theta`, 0 at its start and 1 at its end. A
function known at the end, at the start and at up to two earlier nodes is taken as the
polynomial through them; row :math:`j` of the shapes holds the coefficients of the
polynomial that is 1 at node :math:`j` and 0 at the others.

After an edge there is no earlier node, and the function is a line; one step later a
parabola, then a cubic. Where earlier nodes lie so close together that rounding would
be magnified, fewer are used.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NODES = 4
"""Most nodes used: the end of the step, its start, and the two nodes before."""
LARGEST_COEFFICIENT = 1e3
"""Rounding may be magnified by this much; beyond it fewer nodes are used."""


def shapes(sizes_h: Array, restart: NDArray[np.bool_]) -> Array:
    """Return the shapes of every step, shape (n_steps, NODES, NODES).

    Entry ``[s, j, m]`` is the coefficient of ``theta**m`` that belongs to node ``j``:
    0 the end, 1 the start, 2 and 3 the nodes before.

    Parameters
    ----------
    sizes_h
        Step sizes (h), shape (n_steps,).
    restart
        True where nothing earlier may be used, shape (n_steps,).

    Examples
    --------
    >>> shapes(np.array([2.0]), np.array([True]))[0, :2, :2].tolist()
    [[0.0, 1.0], [1.0, -1.0]]
    """
    steps = len(sizes_h)
    number = np.arange(steps)
    since = number - np.maximum.accumulate(np.where(restart, number, 0))
    nodes = np.zeros((steps, NODES))
    nodes[:, 0] = 1.0
    for back in range(2, NODES):
        before = np.roll(sizes_h, back - 1)
        nodes[:, back] = nodes[:, back - 1] - before / sizes_h
    found = np.zeros((steps, NODES, NODES))
    open_ = np.ones(steps, dtype=bool)
    for count in range(NODES, 1, -1):
        chosen = np.flatnonzero(open_ & (since >= count - 2))
        polynomials = _polynomials(nodes[chosen, :count])
        good = (np.abs(polynomials).max(axis=(1, 2)) <= LARGEST_COEFFICIENT) | (count == 2)
        found[chosen[good], :count, :count] = polynomials[good]
        open_[chosen[good]] = False
    return found


def _polynomials(nodes: Array) -> Array:
    """Return the Lagrange polynomials of each row of nodes, lowest power first."""
    steps, count = nodes.shape
    found = np.zeros((steps, count, count))
    for j in range(count):
        found[:, j, 0] = 1.0
        for other in range(count):
            if other != j:
                up = np.zeros((steps, count))
                up[:, 1:] = found[:, j, :-1]
                down = nodes[:, other, None] * found[:, j]
                found[:, j] = (up - down) / (nodes[:, j] - nodes[:, other])[:, None]
    return found
