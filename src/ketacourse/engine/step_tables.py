"""The tables the kernel walks through: step sizes, edges, inflows, attendance."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import SAME_TIME_H, Grid
from ketacourse.engine.interpolation import NODES, shapes
from ketacourse.engine.layout import STEP_INTS
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
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
    found = _patterns(grid.nodes_h.tobytes(), grid.restart.tobytes())
    ints = np.zeros((grid.steps, len(STEP_INTS)), dtype=np.int64)
    column = {name: i for i, name in enumerate(STEP_INTS)}
    ints[:, column["restart"]] = grid.restart
    ints[:, column["row"]] = grid.output_row
    ints[:, column["size"]] = found.size
    ints[:, column["new_size"]] = found.size == len(found.sizes)
    ints[:, column["pattern"]] = found.pattern
    ints[:, column["slot"]] = np.minimum(found.pattern, found.slots)
    ints[:, column["fresh"]] = found.pattern >= found.slots
    restarts = np.flatnonzero(grid.restart)
    times, lasting = grid.nodes_h[restarts], np.diff(np.append(restarts, grid.steps))
    for name in chain.INPUTS:
        ints[:, column[f"{name}_row"]] = np.repeat(
            problem.schedule.event_rows(name, times), lasting
        )
    active_ints, active_floats, ranges = _inflows(problem, times)
    for name in ("active_from", "active_to"):
        ints[:, column[name]] = np.repeat(ranges[name], lasting)
    for name in ("push_from", "push_to"):
        ints[restarts, column[name]] = ranges[name]
    return StepTables(
        slots=found.slots,
        pattern_floats=found.table,
        size_floats=found.sizes,
        slot_sizes=found.slot_sizes,
        step_ints=ints,
        active_ints=active_ints,
        active_floats=active_floats,
    )


class _Patterns(NamedTuple):
    """The table of patterns, its row and the position of the size of each step.

    A step whose size has no position has the one after the last.
    """

    pattern: Index
    table: Array
    slots: int
    sizes: Array
    slot_sizes: Index
    size: Index


@lru_cache(maxsize=64)
def _patterns(nodes_h: bytes, restart: bytes) -> _Patterns:
    """Return the patterns among some steps.

    The steps come as bytes so that what is found can be kept: the chunks of a population all
    go through the same ones.
    """
    sizes = np.diff(np.frombuffer(nodes_h, dtype=np.float64))
    polynomials = shapes(sizes, np.frombuffer(restart, dtype=np.bool_))
    table = np.hstack([sizes[:, None], sizes[:, None] * polynomials.reshape(len(sizes), -1)])
    used = np.abs(polynomials).max(axis=2) > 0.0
    before = [np.where(used[:, n], np.roll(sizes, n - 1) / sizes, 0.0) for n in range(2, NODES)]
    keys = np.round(np.column_stack([sizes, used.sum(axis=1), *before]), DIGITS)
    order = np.lexsort(keys.T)
    new = np.append(True, (np.diff(keys[order], axis=0) != 0.0).any(axis=1))
    first, group = np.minimum.reduceat(order, np.flatnonzero(new)), np.cumsum(new) - 1
    counts = np.bincount(group)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    row = np.empty(len(sizes), dtype=np.int64)
    row[order] = rank[group]
    slots = min(int((counts > 1).sum()), MOST_SLOTS)
    table = table[first[np.argsort(rank)]]
    return _Patterns(row, table, slots, *_sizes(row, table, slots))


def _sizes(pattern: Index, table: Array, slots: int) -> tuple[Array, Index, Index]:
    """Return the sizes (h) with a slot, which slot has which, and which each step has."""
    sizes, place = np.unique(np.round(table[:slots, 0], DIGITS), return_inverse=True)
    sizes[place] = table[:slots, 0]
    of_step = np.round(table[pattern, 0], DIGITS)
    size = np.searchsorted(np.round(sizes, DIGITS), of_step)
    known = np.append(np.round(sizes, DIGITS), np.nan)[size] == of_step
    return sizes, place.astype(np.int64), np.where(known, size, len(sizes))


def _inflows(problem: Problem, times_h: Array) -> tuple[Index, Array, dict[str, Index]]:
    """Return the list of inflows that run from, or are given at, each of some times.

    One entry holds channel and row of an inflow, and its rate per unit amount (1/h); the
    ranges say which entries belong to which time, first those that run, then those given at
    once.
    """
    inflows = problem.schedule.inflows
    start = np.array([i.start_h for i in inflows])
    lasts = np.array([i.duration_h for i in inflows])
    now = times_h[:, None]
    runs = (lasts > 0.0) & (start - SAME_TIME_H <= now) & (now < start + lasts - SAME_TIME_H)
    pushed = (lasts == 0.0) & (np.abs(start - now) < SAME_TIME_H)
    # for each time both rows of the table one after the other
    entries = np.stack([runs, pushed], axis=1)
    _, kind, row = np.nonzero(entries)
    with np.errstate(divide="ignore"):
        per_hour = np.where(kind == 0, 1.0 / lasts[row], 0.0)
    ends = np.cumsum(entries.sum(axis=2)).reshape(-1, 2)
    begins = ends - entries.sum(axis=2)
    ranges = {
        "active_from": begins[:, 0], "active_to": ends[:, 0],
        "push_from": begins[:, 1], "push_to": ends[:, 1],
    }  # fmt: skip
    none = row.size == 0
    ints = np.zeros((1, 2), np.int64) if none else np.stack([problem.channels[row], row], axis=1)
    return ints, np.zeros(1) if none else per_hour, ranges
