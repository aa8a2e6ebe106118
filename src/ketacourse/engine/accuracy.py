"""Choose the steps by measured error, not by hand.

The course is run on a grid and on the same grid with every step cut in half; where
the difference of any state or output grows by more than its share of the tolerance,
the steps are bisected, until the largest difference is within the tolerance. A few
patients spread over the batch stand for all: the grid is shared.
"""

from dataclasses import replace

import numpy as np

from ketacourse.engine.grid import base_nodes, bisected, build_grid
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.problem import Problem
from ketacourse.engine.run import run
from ketacourse.engine.schedule import Array
from ketacourse.errors import SolverError

PILOTS = 16
"""Patients on whom the grid is chosen."""
MARGIN = 0.5
"""Share of the tolerance the difference may reach; the rest is for patients not tried."""
STEP_SHARE = 0.05
"""Share of the tolerance one step may contribute before it is bisected."""
PASSES = 24
FLAT = 1e-6
"""A quantity that moves less than this share of its size is judged by that share."""
NOTHING = 1e-6
"""A quantity smaller than this, in its own unit, is nothing."""


def accurate_nodes(
    problem: Problem, tolerance: float, quantities: tuple[str, ...] = QUANTITIES
) -> Array:
    """Return nodes on which each of the quantities is within ``tolerance`` of its range.

    Raises
    ------
    SolverError
        If the tolerance is not reached; the message names quantity and time.
    """
    pilots = _pilots(problem)
    nodes = base_nodes(problem.schedule)
    share = STEP_SHARE
    for _ in range(PASSES):
        errors = _errors(pilots, nodes, quantities)
        worst = float(errors.max(initial=0.0))
        if not np.isfinite(worst):
            break
        if worst <= MARGIN * tolerance:
            return nodes
        grown = np.abs(np.diff(errors, axis=0)).max(axis=1)
        marked = grown > share * tolerance
        if not marked.any():
            marked = grown > 0.5 * grown.max()
            share *= 0.5
        nodes = bisected(nodes, marked)
    row, column = np.unravel_index(int(np.nanargmax(errors)), errors.shape)
    raise SolverError(
        f"'{quantities[column]}' at {nodes[row]:.4g} h did not reach the accuracy {tolerance:g}: "
        f"error {errors[row, column]:.2g} of its range.",
        remedy="Check the parameters of this patient, or allow a larger tolerance.",
    )


def _pilots(problem: Problem) -> Problem:
    return problem.subset(
        np.unique(np.linspace(0, problem.patients - 1, PILOTS).round().astype(int))
    )


def _errors(pilots: Problem, nodes: Array, quantities: tuple[str, ...]) -> Array:
    """Return the largest difference over the pilots, shape (n_nodes, n_quantities)."""
    everywhere = replace(pilots, schedule=replace(pilots.schedule, times_h=nodes))
    coarse = run(everywhere, build_grid(everywhere.schedule, nodes), quantities)
    fine = run(everywhere, build_grid(everywhere.schedule, bisected(nodes)), quantities)
    relative = np.abs(coarse - fine) / scale_of(fine)
    return np.asarray(relative.max(axis=0))


def scale_of(values: Array) -> Array:
    """Return what errors are judged by: each quantity's range over time.

    ``values`` has shape (..., n_times, n_quantities); the result keeps one time.
    """
    span = np.ptp(values, axis=-2, keepdims=True)
    size = np.abs(values).max(axis=-2, keepdims=True)
    return np.asarray(np.maximum(np.maximum(span, FLAT * size), NOTHING))
