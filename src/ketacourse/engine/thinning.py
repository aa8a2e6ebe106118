"""Leave out steps that what is asked for does not need.

The steps that `engine.accuracy` chooses serve every state. For a large batch it pays to
ask how much each stretch of steps matters for the quantities asked for: the course is run
once more for every stretch, with the steps of that stretch joined in pairs. The stretches
that change the result least are left joined, as long as the changes, added up, leave every
result within a limit of the truth. This is repeated until little is gained.
"""

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import SAME_TIME_H, build_grid, skeleton
from ketacourse.engine.problem import Problem
from ketacourse.engine.run import run
from ketacourse.engine.schedule import Array

STRETCHES = 80
"""Stretches whose need is asked for in one pass."""
GAIN = 0.01
"""Share of the nodes that a pass must leave out to be followed by another."""
PASSES = 12
FEWER = 0.7
"""Share of the stretches that stay joined when all together change too much."""


def thinned(
    problem: Problem,
    nodes: Array,
    limit: float,
    quantities: tuple[str, ...],
    truth: Array,
    scale: Array,
) -> Array:
    """Return fewer nodes on which every result is within a limit of the truth.

    Parameters
    ----------
    problem
        The patients who are looked at.
    nodes
        Nodes made of `grid.skeleton` by bisection (h).
    limit
        Largest difference of a quantity at a reported time, as a share of ``scale``.
    truth
        The quantities at the reported times, shape (N, n_times, n_quantities).
    scale
        What differences are judged by, shape (N, 1, n_quantities).
    """
    fixed = skeleton(problem.schedule)

    def errors(some: Array) -> Array:
        values = run(problem, build_grid(problem.schedule, some), quantities)
        return np.asarray((values - truth) / scale)

    now = errors(nodes)
    for _ in range(PASSES):
        middles = _middles(nodes, fixed)
        parts = np.array_split(middles, min(STRETCHES, len(middles))) if len(middles) else []
        changes = [errors(np.delete(nodes, part)) - now for part in parts]
        chosen = _bearable(now, changes, limit)
        found, fewer = now, nodes
        while chosen:
            fewer = np.delete(nodes, np.concatenate([parts[position] for position in chosen]))
            found = errors(fewer)
            if (np.abs(found) <= limit).all():
                break
            # together they change more than one by one
            found, fewer, chosen = now, nodes, chosen[: int(FEWER * len(chosen))]
        gone = len(nodes) - len(fewer)
        nodes, now = fewer, found
        if gone < GAIN * len(nodes):
            break
    return nodes


def _bearable(now: Array, changes: list[Array], limit: float) -> list[int]:
    """Return the positions of changes that can be borne together, the smallest first."""
    chosen: list[int] = []
    for position in np.argsort([np.abs(change).max() for change in changes]):
        total = now + changes[position]
        if (np.abs(total) <= limit).all():
            now = total
            chosen.append(int(position))
    return chosen


def _middles(nodes: Array, fixed: Array) -> NDArray[np.int64]:
    """Return the nodes that came last where a step of the skeleton was bisected."""
    number = np.arange(1, len(nodes) - 1)
    position = np.searchsorted(fixed, nodes[1:-1] + SAME_TIME_H)
    start, end = fixed[position - 1], fixed[np.minimum(position, len(fixed) - 1)]
    before, after = nodes[1:-1] - nodes[:-2], nodes[2:] - nodes[1:-1]
    parts = np.round((end - start) / before)
    own = np.abs(nodes[1:-1] - start) > SAME_TIME_H
    alike = np.abs(before - after) <= 0.01 * before
    odd = np.round((nodes[1:-1] - start) / before) % 2 == 1
    return np.asarray(number[own & alike & odd & (parts >= 2)])
