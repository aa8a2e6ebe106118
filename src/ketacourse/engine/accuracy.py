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
MARGIN = 0.7
"""Share of the tolerance the difference may reach on those who choose the grid."""
CHECK_MARGIN = 0.85
"""The same on those who check it: a third of a step removes eight ninths of an error even
where a score meets the end of its scale. (Halves may be as wrong there as the whole.)"""
SPARING_ROUNDS = 3
"""Times that steps are left out again because a patient missed the tolerance."""
SPARING_CHECKED = 1024
"""Patients, spread over the batch, who are checked where steps were left out."""
SPARING_MARGIN = 0.6
"""Share of the tolerance an error may reach on those on whom steps are left out."""
SPARING_WORTH = 0.9
"""Share of the nodes that may be left for it to be worth a smaller reserve."""
SPARING_START = 0.1
"""Share of the tolerance reached by the steps of which some are left out."""
MARKED = 0.4
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
        Leave out steps that these quantities do not need at the reported times
        (`engine.thinning`): takes longer, and pays where many patients are run on the nodes.

    Raises
    ------
    SolverError
        If the tolerance is not reached; the message names quantity and time.
    """
    chosen = _spread(problem.patients, PILOTS)
    checked = _spread(problem.patients, CHECKED)
    nodes = base_nodes(problem.schedule)
    for _ in range(ROUNDS):
        pilots = problem.subset(chosen)
        nodes = _refined(pilots, nodes, MARGIN * tolerance, quantities, tolerance)
        if len(chosen) == problem.patients:
            break
        at = nodes[:: -(-len(nodes) // CHECKED_NODES)]
        errors = _errors(problem.subset(checked), nodes, at, quantities).max(axis=1)
        worst = errors.max(axis=1)
        missed = np.flatnonzero(~(worst <= CHECK_MARGIN * tolerance))
        if missed.size == 0:
            break
        chosen = np.union1d(chosen, checked[missed[np.argsort(-worst[missed])][:PILOTS]])
    else:
        row = int(np.argmax(worst))
        raise _unreached(
            quantities[int(errors[row].argmax())],
            f"patient {problem.numbers[checked[row]]}",
            tolerance,
        )
    if sparing:
        many = problem.subset(_spread(problem.patients, SPARING_CHECKED))
        return _spared(many, pilots, nodes, tolerance, quantities)
    return nodes


def _spread(patients: int, count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, patients - 1, count).round().astype(np.int64))


def _refined(
    pilots: Problem, nodes: Array, wanted: float, quantities: tuple[str, ...], tolerance: float
) -> Array:
    """Return the nodes bisected until every pilot is within what is wanted."""
    asked = [QUANTITIES.index(q) for q in quantities]
    for _ in range(PASSES):
        errors = _largest_errors(pilots, nodes, QUANTITIES)
        if errors[:, asked].max(initial=0.0) <= wanted:
            return nodes
        # beyond the range itself an error says nothing but that it is large
        grown = np.diff(np.minimum(errors, 1.0), axis=0).max(axis=1)
        marked = grown > MARKED * grown.max()
        if len(nodes) + marked.sum() > MOST_NODES:
            break
        nodes = bisected(nodes, marked)
    row, column = np.unravel_index(int(errors[:, asked].argmax()), (len(nodes), len(asked)))
    raise _unreached(quantities[column], f"{nodes[row]:.4g} h", tolerance)


def _spared(
    checked: Problem, pilots: Problem, nodes: Array, tolerance: float, quantities: tuple[str, ...]
) -> Array:
    """Return fewer nodes on which every checked patient is as near the truth as on these.

    More steps than needed are made first, so that there is a choice of which to leave out.
    Those with the largest errors stand for all, beside some spread over the others.
    """
    try:
        finer = _refined(pilots, nodes, SPARING_START * tolerance, quantities, tolerance)
    except SolverError:
        return nodes
    at = finer[:: -(-len(finer) // CHECKED_NODES)]
    scale = scale_of(_values(checked, finer, quantities, at=at))
    truth = _values(checked, in_thirds(finer), quantities)

    def worst(some: Array) -> Array:
        errors = np.abs(_values(checked, some, quantities) - truth) / scale
        return np.asarray(errors.max(axis=(1, 2)))

    chosen = np.union1d(_spread(checked.patients, PILOTS), np.argsort(-worst(nodes))[:PILOTS])
    for _ in range(SPARING_ROUNDS):
        found = thinned(
            checked.subset(chosen), finer, SPARING_MARGIN * tolerance, quantities,
            truth[chosen], scale[chosen],
        )  # fmt: skip
        errors = worst(found)
        missed = np.flatnonzero(~(errors <= CHECK_MARGIN * tolerance))
        if missed.size == 0:
            return found if len(found) <= SPARING_WORTH * len(nodes) else nodes
        chosen = np.union1d(chosen, missed[np.argsort(-errors[missed])][:PILOTS])
    return nodes


def _values(
    problem: Problem, nodes: Array, quantities: tuple[str, ...], *, at: Array | None = None
) -> Array:
    """Return the quantities at the reported times, or at others."""
    asked = problem
    if at is not None:
        asked = replace(problem, schedule=replace(problem.schedule, times_h=at))
    return run(asked, build_grid(asked.schedule, nodes), quantities)


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
    coarse = _values(problem, nodes, quantities, at=at)
    fine = _values(problem, in_thirds(nodes), quantities, at=at)
    return np.asarray(np.abs(coarse - fine) / scale_of(fine))


def scale_of(values: Array) -> Array:
    """Return what errors are judged by: each quantity's range over time.

    ``values`` has shape (..., n_times, n_quantities); the result keeps one time.
    """
    span = np.ptp(values, axis=-2, keepdims=True)
    size = np.abs(values).max(axis=-2, keepdims=True)
    return np.asarray(np.maximum(np.maximum(span, FLAT * size), NOTHING))
