"""Lay out a batch for the compiled kernel and call it."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import Grid
from ketacourse.engine.layout import ARGUMENTS
from ketacourse.engine.machine_code import kernel
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
from ketacourse.engine.step_tables import step_tables
from ketacourse.engine.vector_maths import LANES


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
    patients, rows = problem.patients, len(problem.schedule.times_h)
    blocks = -(-patients // LANES)
    tables = step_tables(problem, grid)
    modes = problem.modes.rates.shape[1]
    slots = len(tables.slot_floats)
    drivers = problem.modes.weights[:, problem.drivers, :]
    arrays = {
        **{f.name: getattr(tables, f.name) for f in fields(tables)},
        "parameters": _in_lanes(problem.parameters.T, patients, blocks),
        "rates": _in_lanes(problem.modes.rates, patients, blocks),
        "weights": _in_lanes(drivers, patients, blocks),
        "forcing": _in_lanes(problem.modes.forcing, patients, blocks),
        "amounts": _in_lanes(problem.amounts.T, patients, blocks),
        "attendance": _in_lanes(problem.attendance.T, patients, blocks),
        "columns": np.array([layout.column(q) for q in quantities], dtype=np.int64),
        "work": np.zeros(layout.lanes(modes, slots) * LANES),
        "out": np.empty((blocks, rows, len(quantities), LANES)),
        "check": np.empty((blocks, LANES)),
    }
    numbers = {
        "first": 0,
        "last": blocks,
        "steps": grid.steps,
        "slots": slots,
        "modes": modes,
        "channels": problem.modes.forcing.shape[2],
        "inflows": len(problem.amounts),
        "events": len(problem.attendance),
        "rows": rows,
        "n_columns": len(quantities),
        "first_output": int(grid.first_output),
    }
    function(*(numbers[n] if n in numbers else arrays[n].ctypes.data for n in ARGUMENTS))
    out = np.moveaxis(arrays["out"], 3, 1).reshape(blocks * LANES, rows, len(quantities))
    finite = np.isfinite(arrays["check"].reshape(-1)[:patients])
    return np.ascontiguousarray(out[:patients]), finite


def _in_lanes(values: Array, patients: int, blocks: int) -> Array:
    """Return values (N or 1, ...) as (blocks, ..., LANES); the last block repeats a patient."""
    whole = np.broadcast_to(values, (patients, *values.shape[1:]))
    index = np.minimum(np.arange(blocks * LANES), patients - 1)
    padded = whole[index].reshape(blocks, LANES, -1)
    return np.ascontiguousarray(padded.transpose(0, 2, 1))
