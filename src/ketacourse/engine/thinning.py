"""Leave out steps that what is asked for does not need.

The steps that `engine.accuracy` chooses serve every state. For a large batch it pays to
ask how much each stretch of steps matters for the quantities asked for: the course is run
once more for every stretch, with the steps of that stretch joined in pairs. The stretches
that change the result least are left joined, as long as their changes, added up without
regard to sign, stay within an allowance. This is repeated until little is gained.
"""

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import SAME_TIME_H, build_grid, skeleton
from ketacourse.engine.problem import Problem
from ketacourse.engine.run import run
from ketacourse.engine.schedule import Array

STRETCHES = 64
"""Stretches whose need is asked for in one pass."""
GAIN = 0.05
"""Share of the nodes that a pass must leave out to be followed by another."""
PASSES = 12


def thinned(
    problem: Problem, nodes: Array, allowance: float, quantities: tuple[str, ...], scale: Array
) -> Array:
    """Return fewer nodes on which no result changes by more than an allowance.

    Parameters
    ----------
    problem
        The patients who are looked at.
    nodes
        Nodes made of `grid.skeleton` by bisection (h).
    allowance
        Largest change of a quantity at a reported time, as a share of ``scale``.
    scale
        What changes are judged by, shape (N, 1, n_quantities).
    """
    fixed = skeleton(problem.schedule)
    first = _values(problem, nodes, quantities)
    for _ in range(PASSES):
        before = _values(problem, nodes, quantities)
        left = allowance - np.abs(before - first) / scale
        middles = _middles(nodes, fixed)
        parts = np.array_split(middles, min(STRETCHES, len(middles))) if len(middles) else []
        changes = [
            np.abs(_values(problem, np.delete(nodes, part), quantities) - before) / scale
            for part in parts
        ]
        chosen: list[NDArray[np.int64]] = []
        for position in np.argsort([c.max() for c in changes]):
            if (changes[position] <= left).all():
                left = left - changes[position]
                chosen.append(parts[position])
        fewer = nodes
        while chosen:
            fewer = np.delete(nodes, np.concatenate(chosen))
            changed = np.abs(_values(problem, fewer, quantities) - first) / scale
            if (changed <= allowance).all():
                break
            # together they change more than one by one
            fewer, chosen = nodes, chosen[: len(chosen) // 2]
        gone = len(nodes) - len(fewer)
        nodes = fewer
        if gone < GAIN * len(nodes):
            break
    return nodes


def _values(problem: Problem, nodes: Array, quantities: tuple[str, ...]) -> Array:
    return run(problem, build_grid(problem.schedule, nodes), quantities)


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
