"""The tables the kernel walks through: step sizes, edges, inflows, attendance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import SAME_TIME_H, Grid
from ketacourse.engine.interpolation import NODES, shapes
from ketacourse.engine.layout import STEP_INTS
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array, Span
from ketacourse.model import chain

Index = NDArray[np.int64]

MOST_SLOTS = 128
"""Slots of weights kept per block; more would not fit the processor's cache."""
DIGITS = 9
"""Decimals to which step sizes (h) are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTables:
    """Tables in the layout of `engine.layout`.

    ``pattern_floats`` has one row per pattern, which is a step size and the sizes before as
    far as they are used, the most frequent first: the first ``slots`` rows have a slot each,
    the others share the one after. ``size_floats`` holds the sizes (h) of the patterns with a
    slot, and ``slot_sizes`` says which is whose. ``step_ints`` has one row per step;
    ``active_ints`` holds channel and inflow row of each entry, ``active_floats`` its rate per
    unit amount (1/h).
    """

    slots: int
    pattern_floats: Array
    size_floats: Array
    slot_sizes: Index
    step_ints: Index
    active_ints: Index
    active_floats: Array


def step_tables(problem: Problem, grid: Grid) -> StepTables:
    """Return the tables of one problem on one grid."""
    pattern, pattern_floats, slots = _patterns(grid)
    sizes, place = np.unique(np.round(pattern_floats[:slots, 0], DIGITS), return_inverse=True)
    sizes[place] = pattern_floats[:slots, 0]
    of_step = np.round(pattern_floats[pattern, 0], DIGITS)
    size = np.searchsorted(np.round(sizes, DIGITS), of_step)
    known = np.append(np.round(sizes, DIGITS), np.nan)[size] == of_step
    ints = np.zeros((grid.steps, len(STEP_INTS)), dtype=np.int64)
    column = {name: i for i, name in enumerate(STEP_INTS)}
    ints[:, column["restart"]] = grid.restart
    ints[:, column["row"]] = grid.output_row
    ints[:, column["size"]] = np.where(known, size, len(sizes))
    ints[:, column["new_size"]] = ~known
    ints[:, column["pattern"]] = pattern
    ints[:, column["slot"]] = np.minimum(pattern, slots)
    ints[:, column["fresh"]] = pattern >= slots
    active: list[tuple[int, int]] = []
    per_hour: list[float] = []
    restarts = np.flatnonzero(grid.restart)
    for first, stop in zip(restarts, [*restarts[1:], grid.steps], strict=True):
        start = float(grid.nodes_h[first])
        running, pushed = _entries(problem, start)
        until = {"active_from": len(active), "active_to": len(active) + len(running)}
        until |= {f"{name}_row": problem.schedule.event_row(name, start) for name in chain.INPUTS}
        for name, value in until.items():
            ints[first:stop, column[name]] = value
        active += running
        per_hour += [1.0 / problem.schedule.inflows[row].duration_h for _, row in running]
        ints[first, column["push_from"]] = len(active)
        active += pushed
        per_hour += [0.0] * len(pushed)
        ints[first, column["push_to"]] = len(active)
    return StepTables(
        slots=slots,
        pattern_floats=pattern_floats,
        size_floats=sizes,
        slot_sizes=place.astype(np.int64),
        step_ints=ints,
        active_ints=np.array(active or [(0, 0)], dtype=np.int64),
        active_floats=np.array(per_hour or [0.0]),
    )


def _patterns(grid: Grid) -> tuple[Index, Array, int]:
    """Return the row of each step, the table of patterns, and how many get a slot."""
    sizes = np.diff(grid.nodes_h)
    polynomials = shapes(sizes, grid.restart)
    table = np.hstack([sizes[:, None], sizes[:, None] * polynomials.reshape(grid.steps, -1)])
    used = np.abs(polynomials).max(axis=2) > 0.0
    before = [np.where(used[:, n], np.roll(sizes, n - 1) / sizes, 0.0) for n in range(2, NODES)]
    keys = np.round(np.column_stack([sizes, used.sum(axis=1), *before]), DIGITS)
    order = np.lexsort(keys.T)
    new = np.append(True, (np.diff(keys[order], axis=0) != 0.0).any(axis=1))
    first, group = np.minimum.reduceat(order, np.flatnonzero(new)), np.cumsum(new) - 1
    counts = np.bincount(group)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    row = np.empty(grid.steps, dtype=np.int64)
    row[order] = rank[group]
    slots = min(int((counts > 1).sum()), MOST_SLOTS)
    return row, table[first[np.argsort(rank)]], slots


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
