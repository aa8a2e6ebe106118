"""Run a batch on a given grid: compiled where possible, in NumPy otherwise.

A state that is not finite is an error that names patient, time and state.
"""

from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import numpy as np

from ketacourse.engine.grid import Grid, build_grid
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
from ketacourse.engine.scheme import run_scheme
from ketacourse.errors import SolverError


@cache
def has_compiler() -> bool:
    """Return whether the compiled kernel can be made on this machine."""
    return find_spec("llvmlite") is not None


def run(problem: Problem, grid: Grid, quantities: tuple[str, ...]) -> Array:
    """Return the quantities at the reported times, shape (N, n_times, n_quantities).

    Raises
    ------
    SolverError
        If a state is NaN or infinite; the message names patient, time and state.
    """
    if has_compiler():
        from ketacourse.engine.compiled import run_compiled

        values, finite = run_compiled(problem, grid, quantities)
    else:
        with np.errstate(all="ignore"):
            values, finite = run_scheme(problem, grid, quantities)
    good = finite & np.asarray(np.isfinite(values).all(axis=(1, 2)))
    if not good.all():
        _diagnose(problem, grid, int(np.flatnonzero(~good)[0]))
    return values


def _diagnose(problem: Problem, grid: Grid, patient: int) -> None:
    """Raise with the first state of one patient that is not finite, and its time."""
    one = problem.subset(np.array([patient]))
    schedule = replace(one.schedule, times_h=grid.nodes_h)
    with np.errstate(all="ignore"):
        found, _ = run_scheme(
            replace(one, schedule=schedule), build_grid(schedule, grid.nodes_h), QUANTITIES
        )
    states = found[0]
    bad = np.argwhere(~np.isfinite(states))
    row, column = bad[0] if len(bad) else (len(grid.nodes_h) - 1, 0)
    raise SolverError(
        f"Patient {problem.numbers[patient]}: '{QUANTITIES[column]}' is {states[row, column]} "
        f"at {grid.nodes_h[row]:.4g} h.",
        remedy="Check the parameters of this patient.",
    )
