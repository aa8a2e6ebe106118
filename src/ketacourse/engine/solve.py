"""The one verb that integrates the chain."""

from dataclasses import dataclass

import numpy as np

from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.grid import build_grid
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.problem import Problem
from ketacourse.engine.run import run
from ketacourse.engine.schedule import Array
from ketacourse.errors import InputError, OutOfRangeError

DEFAULT_TOLERANCE = 1e-3
"""Largest error of any quantity at the default setting, as a share of its range."""
FINE_TOLERANCE = 1e-5
"""The same at the fine setting."""

MANY = 300_000
"""Patients from which it pays to look for the fewest steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """What a run returned.

    Attributes
    ----------
    times_h
        Reported times (h), shape (n_times,).
    quantities
        Names of the columns.
    values
        Shape (N, n_times, n_quantities), in the units of `chain.QUANTITY_UNITS`.
    steps
        Number of steps taken.
    tolerance
        Largest error as a share of each quantity's range.
    """

    times_h: Array
    quantities: tuple[str, ...]
    values: Array
    steps: int
    tolerance: float

    def of(self, name: str) -> Array:
        """Return one quantity, shape (N, n_times)."""
        return np.asarray(self.values[:, :, self.quantities.index(name)])


def solve(
    problem: Problem,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    quantities: tuple[str, ...] = QUANTITIES,
    nodes_h: Array | None = None,
) -> Trajectory:
    """Integrate a batch of patients.

    Parameters
    ----------
    tolerance
        Largest error of any quantity, as a share of its range.
    quantities
        What to report.
    nodes_h
        Steps to use instead of choosing them (h), from an earlier run on the same
        schedule.

    Raises
    ------
    InputError
        If a quantity is unknown or the tolerance is not between 0 and 1.
    SolverError
        If a state is not finite or the tolerance is not reached.
    """
    unknown = sorted(set(quantities) - set(QUANTITIES))
    if unknown:
        raise InputError(f"Unknown quantities {unknown}.", remedy=f"Choose from {QUANTITIES}.")
    if not 0.0 < tolerance < 1.0:
        raise OutOfRangeError(
            f"The tolerance is {tolerance}.",
            remedy=f"Give a share of each quantity's range, such as {DEFAULT_TOLERANCE:g}.",
        )
    nodes = nodes_h
    if nodes is None:
        many = problem.patients >= MANY
        nodes = accurate_nodes(problem, tolerance, quantities, sparing=many)
    grid = build_grid(problem.schedule, nodes)
    return Trajectory(
        times_h=problem.schedule.times_h,
        quantities=quantities,
        values=run(problem, grid, quantities),
        steps=grid.steps,
        tolerance=tolerance,
    )
