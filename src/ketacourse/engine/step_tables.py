"""The tables the kernel walks through: step sizes, edges, inflows, attendance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import SAME_TIME_H, Grid
from ketacourse.engine.layout import SLOT_FLOATS, STEP_INTS
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array, Span
from ketacourse.model import chain

Index = NDArray[np.int64]

MOST_SLOTS = 128
"""Slots of coefficients kept per block; more would not fit the processor's cache."""
DIGITS = 9
"""Decimals to which step sizes (h) are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTables:
    """Tables in the layout of `engine.layout`.

    ``slot_floats`` has one row per slot, slot 0 being scratch; ``step_floats`` and
    ``step_ints`` one per step; ``active_ints`` holds channel and inflow row of each
    entry, ``active_floats`` its rate per unit amount (1/h).
    """

    slot_floats: Array
    step_floats: Array
    step_ints: Index
    active_ints: Index
    active_floats: Array


def step_tables(problem: Problem, grid: Grid) -> StepTables:
    """Return the tables of one problem on one grid."""
    floats = _sizes(grid)
    slot, slot_floats = _slots(floats)
    ints = np.zeros((grid.steps, len(STEP_INTS)), dtype=np.int64)
    column = {name: i for i, name in enumerate(STEP_INTS)}
    ints[:, column["restart"]] = grid.restart
    ints[:, column["row"]] = grid.output_row
    ints[:, column["slot"]] = slot
    ints[:, column["fresh"]] = slot == 0
    active: list[tuple[int, int]] = []
    per_hour: list[float] = []
    now = dict.fromkeys(("active_from", "active_to"), 0)
    now |= dict.fromkeys((f"{name}_row" for name in chain.INPUTS), -1)
    for step in range(grid.steps):
        start = float(grid.nodes_h[step])
        if grid.restart[step]:
            running, pushed = _entries(problem, start)
            first = len(active)
            active += running
            per_hour += [1.0 / problem.schedule.inflows[row].duration_h for _, row in running]
            now["active_from"], now["active_to"] = first, len(active)
            ints[step, column["push_from"]] = len(active)
            active += pushed
            per_hour += [0.0] * len(pushed)
            ints[step, column["push_to"]] = len(active)
            for name in chain.INPUTS:
                now[f"{name}_row"] = problem.schedule.event_row(name, start)
        for name, value in now.items():
            ints[step, column[name]] = value
    return StepTables(
        slot_floats=slot_floats,
        step_floats=floats,
        step_ints=ints,
        active_ints=np.array(active or [(0, 0)], dtype=np.int64),
        active_floats=np.array(per_hour or [0.0]),
    )


def _sizes(grid: Grid) -> Array:
    sizes = np.diff(grid.nodes_h)
    ratio = np.zeros(grid.steps)
    ratio[1:] = sizes[:-1] / sizes[1:]
    ratio[grid.restart] = 0.0
    bend = np.zeros(grid.steps)
    smooth = ~grid.restart
    bend[smooth] = 1.0 / (ratio[smooth] * (1.0 + ratio[smooth]))
    return np.stack([sizes, ratio, bend], axis=1)


def _slots(floats: Array) -> tuple[Index, Array]:
    """Return the slot of each step and the table of slots; sizes that occur once get slot 0."""
    keys = np.round(floats[:, :2], DIGITS)
    _, first, inverse, counts = np.unique(
        keys, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")
    chosen = [i for i in order[: MOST_SLOTS - 1] if counts[i] > 1]
    slot_of = np.zeros(len(counts), dtype=np.int64)
    slot_of[chosen] = np.arange(1, len(chosen) + 1)
    table = np.zeros((len(chosen) + 1, len(SLOT_FLOATS)))
    table[1:] = floats[first[chosen]] if chosen else table[1:]
    return slot_of[inverse.reshape(-1)], table


def _entries(
    problem: Problem, time_h: float
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return channel and row of the inflows that run from now, and of those given at once."""
    running, pushed = [], []
    for row, inflow in enumerate(problem.schedule.inflows):
        entry = (int(problem.channels[row]), row)
        span = Span(inflow.start_h, inflow.start_h + inflow.duration_h)
        if inflow.duration_h == 0:
            if abs(inflow.start_h - time_h) < SAME_TIME_H:
                pushed.append(entry)
        elif span.start_h - SAME_TIME_H <= time_h < span.end_h - SAME_TIME_H:
            running.append(entry)
    return running, pushed
