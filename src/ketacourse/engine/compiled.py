"""Lay out a batch for the compiled kernel and call it."""

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import Grid
from ketacourse.engine.lanes import ARGUMENTS, STEP_FLOATS, STEP_INTS
from ketacourse.engine.machine_code import kernel
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
from ketacourse.engine.vector_maths import LANES
from ketacourse.model import chain

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
    floats, ints, active_ints, active_floats = step_tables(problem, grid)
    modes = problem.modes.rates.shape[1]
    channels = problem.modes.forcing.shape[2]
    drivers = problem.modes.weights[:, problem.drivers, :]
    arrays = {
        "step_floats": floats,
        "step_ints": ints,
        "active_ints": active_ints,
        "active_floats": active_floats,
        "parameters": _in_lanes(problem.parameters.T, patients, blocks),
        "rates": _in_lanes(problem.modes.rates, patients, blocks),
        "weights": _in_lanes(drivers, patients, blocks),
        "forcing": _in_lanes(problem.modes.forcing, patients, blocks),
        "amounts": _in_lanes(problem.amounts.T, patients, blocks),
        "columns": np.array([layout.column(q) for q in quantities], dtype=np.int64),
        "work": np.zeros(layout.lanes(modes) * LANES),
        "out": np.empty((blocks, rows, len(quantities), LANES)),
        "check": np.empty((blocks, LANES)),
    }
    numbers = {
        "first": 0, "last": blocks, "steps": grid.steps, "modes": modes, "channels": channels,
        "inflows": problem.amounts.shape[0], "rows": rows, "n_columns": len(quantities), "first_output": int(grid.first_output),
    }  # fmt: skip
    function(
        *(numbers[n] if n in numbers else arrays[n].ctypes.data for n in ARGUMENTS)
    )
    out = np.moveaxis(arrays["out"], 3, 1).reshape(blocks * LANES, rows, len(quantities))
    finite = np.isfinite(arrays["check"].reshape(-1)[:patients])
    return np.ascontiguousarray(out[:patients]), finite


def _in_lanes(values: Array, patients: int, blocks: int) -> Array:
    """Return values (N or 1, ...) as (blocks, ..., LANES); the last block repeats a patient."""
    whole = np.broadcast_to(values, (patients, *values.shape[1:]))
    index = np.minimum(np.arange(blocks * LANES), patients - 1)
    padded = whole[index].reshape(blocks, LANES, -1)
    return np.ascontiguousarray(padded.transpose(0, 2, 1))


def step_tables(
    problem: Problem, grid: Grid
) -> tuple[Array, NDArray[np.int64], NDArray[np.int64], Array]:
    """Return the table of steps and the list of inflows active in each."""
    sizes = np.diff(grid.nodes_h)
    floats = np.zeros((grid.steps, len(STEP_FLOATS)))
    ints = np.zeros((grid.steps, len(STEP_INTS)), dtype=np.int64)
    active: list[tuple[int, int]] = []
    per_hour: list[float] = []
    floats[:, 0] = sizes
    ratio = np.zeros(grid.steps)
    ratio[1:] = sizes[:-1] / sizes[1:]
    smooth = ~grid.restart
    floats[smooth, 1] = ratio[smooth]
    floats[smooth, 2] = 1.0 / (ratio[smooth] * (1.0 + ratio[smooth]))
    inflows = [
        (i.start_h, i.start_h + i.duration_h, i.duration_h, int(problem.channels[row]), row)
        for row, i in enumerate(problem.schedule.inflows)
    ]
    inputs: tuple[float, ...] = ()
    for step in range(grid.steps):
        start = grid.nodes_h[step]
        if grid.restart[step]:
            inputs = tuple(problem.schedule.on(n, start + 1e-9) for n in chain.INPUTS)
            running = [e for e in inflows if e[2] > 0 and e[0] - 1e-9 <= start < e[1] - 1e-9]
            pushed = [e for e in inflows if e[2] == 0 and abs(e[0] - start) < 1e-9]
            span = (len(active), len(active) + len(running))
            active.extend((e[3], e[4]) for e in running)
            per_hour.extend(1.0 / e[2] for e in running)
            pushes = (len(active), len(active) + len(pushed))
            active.extend((e[3], e[4]) for e in pushed)
            per_hour.extend(0.0 for _ in pushed)
            ints[step, 4:6] = pushes
        floats[step, 3:] = inputs
        ints[step, 0] = grid.restart[step]
        ints[step, 1] = grid.output_row[step]
        ints[step, 2:4] = span
    return (
        floats,
        ints,
        np.array(active or [(0, 0)], dtype=np.int64),
        np.array(per_hour or [0.0]),
    )
