"""Lay out a batch for the compiled kernel and call it."""

from threading import local

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import Grid
from ketacourse.engine.layout import ARGUMENTS
from ketacourse.engine.machine_code import kernel
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
from ketacourse.engine.step_tables import step_tables
from ketacourse.engine.vector_maths import LANES
from ketacourse.model import chain

CACHE_LINE = 8
"""Length of a cache line, in floats."""
RESULTS_AT_ONCE = 2**17
"""Results (floats) after which they are put in order, while they are still in the cache."""


def run_compiled(
    problem: Problem, grid: Grid, quantities: tuple[str, ...]
) -> tuple[Array, NDArray[np.bool_]]:
    """Integrate with the compiled kernel.

    Returns
    -------
    values
        The quantities, shape (N, n_times, n_quantities).
    finite
        Whether every state of a patient ended finite, shape (N,).
    """
    function, layout = kernel()
    patients, modes = problem.patients, problem.modes
    blocks = -(-patients // LANES)
    shape = (len(problem.schedule.times_h), len(quantities))
    together = max(1, min(blocks, RESULTS_AT_ONCE // (shape[0] * shape[1] * LANES)))
    tables = step_tables(problem, grid)
    sizes = len(tables.size_floats)
    lanes = layout.lanes(modes.rates.shape[1], tables.slots + 1, sizes + 1)
    arrays = {
        "pattern_floats": tables.pattern_floats,
        "size_floats": tables.size_floats,
        "slot_sizes": tables.slot_sizes,
        "step_ints": tables.step_ints,
        "active_ints": tables.active_ints,
        "active_floats": tables.active_floats,
        "columns": np.array([layout.column(q) for q in quantities], dtype=np.int64),
        "asked": np.array([o in quantities for o in chain.OUTPUT_NAMES], dtype=np.int64),
        "parameters": _in_lanes(problem.parameters, patients),
        "rates": _in_lanes(np.moveaxis(modes.rates, 0, -1), patients),
        "weights": _in_lanes(modes.weights[:, problem.drivers].transpose(2, 1, 0), patients),
        "forcing": _in_lanes(np.moveaxis(modes.forcing, 0, -1), patients),
        "amounts": _in_lanes(problem.amounts, patients),
        "attendance": _in_lanes(problem.attendance, patients),
        "work": _kept("work", lanes * LANES),
        "out": _kept("out", together * shape[0] * shape[1] * LANES),
        "check": _aligned(blocks * LANES),
    }
    numbers = {
        "steps": grid.steps,
        "slots": tables.slots,
        "sizes": sizes,
        "modes": modes.rates.shape[1],
        "channels": modes.forcing.shape[2],
        "inflows": len(problem.amounts),
        "events": len(problem.attendance),
        "rows": shape[0],
        "n_columns": shape[1],
        "first_output": int(grid.first_output),
    }
    out = arrays["out"].reshape(together, *shape, LANES)
    pointers = {name: array.ctypes.data for name, array in arrays.items()}
    values = np.empty((blocks, LANES, *shape))
    for first in range(0, blocks, together):
        last = min(first + together, blocks)
        given = {**pointers, **numbers, "first": first, "last": last}
        function(*(given[name] for name in ARGUMENTS))
        values[first:last] = np.moveaxis(out[: last - first], 3, 1)
    finite = np.isfinite(arrays["check"][:patients])
    return values.reshape(-1, *shape)[:patients], finite


def _in_lanes(values: Array, patients: int) -> Array:
    """Return values (..., N or 1) as (blocks, ..., LANES); the last block repeats a patient."""
    flat = values.reshape(-1, values.shape[-1])
    flat = np.broadcast_to(flat, (len(flat), patients))
    whole, left = divmod(patients, LANES)
    blocks = whole + bool(left)
    found = _aligned(blocks * len(flat) * LANES).reshape(blocks, len(flat), LANES)
    many = flat[:, : whole * LANES].reshape(len(flat), whole, LANES)
    found[:whole] = many.transpose(1, 0, 2)
    if left:
        found[whole] = flat[:, np.minimum(whole * LANES + np.arange(LANES), patients - 1)]
    return found


_ROOMS = local()
"""Room to work in that stays with a thread. It does not grow with the patients; given back and
asked for anew in every chunk, it would be the part by which a chunk holds more memory than the
C library keeps for the next one, and finding all pages anew costs a chunk of 1,000 patients a
twelfth of its time."""


def _kept(name: str, count: int) -> Array:
    """Return room that holds whatever the last run left there."""
    rooms: dict[str, Array] = _ROOMS.__dict__
    if name not in rooms or rooms[name].size < count:
        rooms[name] = _aligned(count)
    return rooms[name][:count]


def _aligned(count: int) -> Array:
    """Return room that starts at a cache line, so that no lane lies across two."""
    room = np.empty(count + CACHE_LINE)
    first = (-room.ctypes.data // room.itemsize) % CACHE_LINE
    return room[first : first + count]
