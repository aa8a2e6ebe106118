"""Leave out steps that what is asked for does not need.

The steps that `engine.accuracy` chooses serve every state. For a large batch it pays to
ask how much each stretch of steps matters for the quantities asked for: the course is run
once more for every stretch, with the steps of that stretch joined in pairs. The stretches
that matter least are left joined, as long as the error of every quantity, patient and time,
with its sign, stays within what is allowed; errors of different stretches may cancel. This is
repeated until little is gained.
"""

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import SAME_TIME_H, build_grid, in_thirds, skeleton
from ketacourse.engine.problem import Problem
from ketacourse.engine.run import run
from ketacourse.engine.schedule import Array

STRETCHES = 128
"""Stretches whose need is asked for in one pass."""
GAIN = 0.02
"""Share of the nodes that a pass must leave out to be followed by another."""
PASSES = 12
KEPT = 0.75
"""Share of the chosen stretches that is tried next where all together err too much."""


def thinned(
    problem: Problem, nodes: Array, allowance: float, quantities: tuple[str, ...], scale: Array
) -> Array:
    """Return fewer nodes on which no result errs by more than an allowance.

    Parameters
    ----------
    problem
        The patients who are looked at.
    nodes
        Nodes made of `grid.skeleton` by bisection (h). The same steps cut in three stand for the
        truth.
    allowance
        Largest error of a quantity at a reported time, as a share of ``scale``.
    scale
        What errors are judged by, shape (N, 1, n_quantities).
    """
    fixed = skeleton(problem.schedule)
    truth = _values(problem, in_thirds(nodes), quantities)

    def errors(on: Array) -> Array:
        return np.asarray((_values(problem, on, quantities) - truth) / scale)

    now = errors(nodes)
    for _ in range(PASSES):
        middles = _middles(nodes, fixed)
        parts = np.array_split(middles, min(STRETCHES, len(middles))) if len(middles) else []
        changes = [errors(np.delete(nodes, part)) - now for part in parts]
        chosen = [parts[i] for i in _least(now, changes, parts, allowance)]
        found = now
        while chosen:
            fewer = np.delete(nodes, np.concatenate(chosen))
            found = errors(fewer)
            if (np.abs(found) <= allowance).all():
                break
            # together they err more than their sum
            chosen = chosen[: int(KEPT * len(chosen))]
        if not chosen:
            break
        gone = len(nodes) - len(fewer)
        nodes, now = fewer, found
        if gone < GAIN * len(nodes):
            break
    return nodes


def _least(
    now: Array, changes: list[Array], parts: list[NDArray[np.int64]], allowance: float
) -> list[int]:
    """Return the stretches that may be joined together, the least harmful first."""
    harm = [float(np.abs(c).max()) / len(p) for c, p in zip(changes, parts, strict=True)]
    total, chosen = now, []
    for position in np.argsort(harm):
        with_it = total + changes[position]
        if (np.abs(with_it) <= allowance).all():
            total = with_it
            chosen.append(int(position))
    return chosen


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
