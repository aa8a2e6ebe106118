"""Choose the steps by measured error, not by hand.

The course is run on a grid and on the same grid with every step cut in three. The steps
over which the difference of any state or output grows most are bisected, until the
largest difference of what is asked for is within the tolerance. All states are looked
at, because an error made in a fast one shows hours later in a slow one. A few
patients stand for all, because the grid is shared; then more are checked, and those that
miss the tolerance join the few.
"""

from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import base_nodes, bisected, build_grid, in_thirds
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.problem import Problem
from ketacourse.engine.run import run
from ketacourse.engine.schedule import Array
from ketacourse.engine.thinning import thinned
from ketacourse.errors import SolverError

PILOTS = 16
"""Patients, spread over the batch, on whom the grid is first chosen."""
CHECKED = 256
"""Patients, spread over the batch, who are checked on the chosen grid."""
CHECKED_NODES = 400
"""Nodes, spread over the run, at which they are checked."""
ROUNDS = 8
"""Times that patients who missed the tolerance may join."""
SPARING_ROUNDS = 4
"""Of these, those in which steps that seem not to be needed are left out."""
SPARING_PILOTS = 48
"""Patients on whom the grid is first chosen where steps are left out: what one does not need,
another may."""
MARGIN = 0.5
"""Share of the tolerance the difference may reach on those who choose the grid."""
SPARED_MARGIN = 0.75
"""The same where steps are left out that are not needed."""
SPARED_CHECK_MARGIN = 0.85
"""The same on those who check it then."""
CHECK_MARGIN = 0.75
"""The same on those who check a grid of all steps: a third of a step removes eight ninths of an
error even where a score meets the end of its scale. (Halves may be as wrong there as the whole.)"""
MARKED = 0.2
"""A step is bisected if the error grows over it by this share of the largest growth."""
PASSES = 40
MOST_NODES = 100_000
"""Nodes beyond which a tolerance counts as out of reach."""
VALUES_AT_ONCE = 4_000_000
"""Numbers compared at once; more patients are taken in turns."""
FLAT = 1e-6
"""A quantity that moves less than this share of its size is judged by that share."""
NOTHING = 1e-6
"""A quantity smaller than this, in its own unit, is nothing."""


def accurate_nodes(
    problem: Problem,
    tolerance: float,
    quantities: tuple[str, ...] = QUANTITIES,
    *,
    sparing: bool = False,
) -> Array:
    """Return nodes on which each of the quantities is within ``tolerance`` of its range.

    Parameters
    ----------
    sparing
        Leave out steps that these quantities do not need (`engine.thinning`): takes
        longer, and pays where many patients are run on the nodes.

    Raises
    ------
    SolverError
        If the tolerance is not reached; the message names quantity and time.
    """
    chosen = _spread(problem.patients, SPARING_PILOTS if sparing else PILOTS)
    checked = _spread(problem.patients, CHECKED)
    nodes = base_nodes(problem.schedule)
    for turn in range(ROUNDS):
        pilots = problem.subset(chosen)
        nodes = _refined(pilots, nodes, tolerance, quantities)
        # where other patients keep missing the tolerance, every step may be needed
        spare = sparing and turn < SPARING_ROUNDS
        found = _spared(pilots, nodes, tolerance, quantities) if spare else nodes
        if len(chosen) == problem.patients:
            return found
        at = found[:: -(-len(found) // CHECKED_NODES)]
        errors = _errors(problem.subset(checked), found, at, quantities).max(axis=1)
        worst = errors.max(axis=1)
        allowed = (SPARED_CHECK_MARGIN if spare else CHECK_MARGIN) * tolerance
        missed = np.flatnonzero(~(worst <= allowed))
        if missed.size == 0:
            return found
        chosen = np.union1d(chosen, checked[missed[np.argsort(-worst[missed])][:PILOTS]])
    row = int(np.argmax(worst))
    raise _unreached(
        quantities[int(errors[row].argmax())], f"patient {problem.numbers[checked[row]]}", tolerance
    )


def _spread(patients: int, count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, patients - 1, count).round().astype(np.int64))


def _refined(pilots: Problem, nodes: Array, tolerance: float, quantities: tuple[str, ...]) -> Array:
    """Return the nodes bisected until every pilot is within the tolerance."""
    asked = [QUANTITIES.index(q) for q in quantities]
    for _ in range(PASSES):
        errors = _largest_errors(pilots, nodes, QUANTITIES)
        if errors[:, asked].max(initial=0.0) <= MARGIN * tolerance:
            return nodes
        # beyond the range itself an error says nothing but that it is large
        grown = np.diff(np.minimum(errors, 1.0), axis=0).max(axis=1)
        marked = grown > MARKED * grown.max()
        if len(nodes) + marked.sum() > MOST_NODES:
            break
        nodes = bisected(nodes, marked)
    row, column = np.unravel_index(int(errors[:, asked].argmax()), (len(nodes), len(asked)))
    raise _unreached(quantities[column], f"{nodes[row]:.4g} h", tolerance)


def _spared(pilots: Problem, nodes: Array, tolerance: float, quantities: tuple[str, ...]) -> Array:
    """Return fewer nodes, on which the results err by what the margin leaves."""
    scale = scale_of(run(pilots, build_grid(pilots.schedule, nodes), quantities))
    return thinned(pilots, nodes, SPARED_MARGIN * tolerance, quantities, scale)


def _unreached(quantity: str, where: str, tolerance: float) -> SolverError:
    return SolverError(
        f"'{quantity}' at {where} did not reach the accuracy {tolerance:g} of its range.",
        remedy="Check the parameters of this patient, or allow a larger tolerance.",
    )


def _largest_errors(pilots: Problem, nodes: Array, quantities: tuple[str, ...]) -> Array:
    """Return the largest differences over the patients, shape (n_nodes, n_quantities)."""
    together = max(1, VALUES_AT_ONCE // (len(nodes) * len(quantities)))
    parts = (
        pilots.subset(np.arange(first, min(first + together, pilots.patients)))
        for first in range(0, pilots.patients, together)
    )
    each = (_errors(part, nodes, nodes, quantities).max(axis=0) for part in parts)
    return reduce(np.maximum, each)


def _errors(problem: Problem, nodes: Array, at: Array, quantities: tuple[str, ...]) -> Array:
    """Return the differences at some of the nodes, shape (N, n_at, n_quantities)."""
    reported = replace(problem, schedule=replace(problem.schedule, times_h=at))
    coarse = run(reported, build_grid(reported.schedule, nodes), quantities)
    fine = run(reported, build_grid(reported.schedule, in_thirds(nodes)), quantities)
    return np.asarray(np.abs(coarse - fine) / scale_of(fine))


def scale_of(values: Array) -> Array:
    """Return what errors are judged by: each quantity's range over time.

    ``values`` has shape (..., n_times, n_quantities); the result keeps one time.
    """
    span = np.ptp(values, axis=-2, keepdims=True)
    size = np.abs(values).max(axis=-2, keepdims=True)
    return np.asarray(np.maximum(np.maximum(span, FLAT * size), NOTHING))
