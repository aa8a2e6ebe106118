"""The steps of a run: one non-uniform grid shared by all patients.

Steps stop exactly at every edge of an input and at every reported time. After an
edge at which drug enters or stops entering they start small and grow in proportion
to the time since; `engine.accuracy` bisects them where the error asks for it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.schedule import Array, Schedule
from ketacourse.errors import OutOfRangeError

Index = NDArray[np.int64]

FIRST_STEP_H = 0.1
"""Step just after drug starts or stops entering, before refinement (h)."""
GROWTH = 1.0
"""Growth of the step with the time since the last such edge (h per h)."""
LARGEST_STEP_H = 24.0
SLOW_FIRST_STEP_H = 0.5
"""Step just after an edge of a visit or therapy session (h)."""
SAME_TIME_H = 1e-9
"""Times closer than this are one time (h)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Steps between nodes.

    Attributes
    ----------
    nodes_h
        Node times, shape (n_steps + 1,).
    restart
        True where the inputs change at the start of a step, shape (n_steps,).
    output_row
        Row of the output written at the *end* of a step, or -1, shape (n_steps,).
    first_output
        Whether row 0 is the state at the very start.
    """

    nodes_h: Array
    restart: NDArray[np.bool_]
    output_row: Index
    first_output: bool

    @property
    def steps(self) -> int:
        """Return the number of steps."""
        return len(self.nodes_h) - 1


def skeleton(schedule: Schedule) -> Array:
    """Return the nodes that every grid has: edges and reported times (h)."""
    return _merged(np.concatenate([schedule.edges(), schedule.times_h]))


def base_nodes(schedule: Schedule) -> Array:
    """Return the nodes of the unrefined grid (h).

    What lies between edges and reported times is cut in halves, and these again, so that
    few different step sizes occur.
    """
    nodes = skeleton(schedule)
    drug_edges = np.array(
        sorted({t for i in schedule.inflows for t in (i.start_h, i.start_h + i.duration_h)})
    )
    soft_edges = np.array(
        sorted({t for s in (*schedule.visits, *schedule.therapy) for t in (s.start_h, s.end_h)})
    )
    while True:
        wanted = np.full(len(nodes) - 1, LARGEST_STEP_H)
        for edges, first in ((drug_edges, FIRST_STEP_H), (soft_edges, SLOW_FIRST_STEP_H)):
            wanted = np.minimum(wanted, first + GROWTH * _since(nodes[:-1], edges))
        large = np.diff(nodes) > wanted + SAME_TIME_H
        if not large.any():
            return nodes
        nodes = bisected(nodes, large)


def build_grid(schedule: Schedule, nodes_h: Array) -> Grid:
    """Return the grid over given nodes, which must include edges and reported times."""
    restart = np.zeros(len(nodes_h) - 1, dtype=bool)
    edges = _positions(schedule.edges(), nodes_h)
    restart[edges[edges < len(restart)]] = True
    restart[0] = True
    rows = np.full(len(nodes_h), -1, dtype=np.int64)
    reported = _positions(schedule.times_h, nodes_h)
    if np.any(np.diff(reported) == 0):
        raise OutOfRangeError(
            f"Two times to report are closer than {SAME_TIME_H:g} h.", remedy="Leave one out."
        )
    rows[reported] = np.arange(len(schedule.times_h))
    return Grid(
        nodes_h=nodes_h, restart=restart, output_row=rows[1:], first_output=bool(rows[0] == 0)
    )


def bisected(nodes_h: Array, where: NDArray[np.bool_] | None = None) -> Array:
    """Return the nodes with the marked steps (all by default) cut in half."""
    middles = 0.5 * (nodes_h[:-1] + nodes_h[1:])
    chosen = middles if where is None else middles[where]
    return np.sort(np.concatenate([nodes_h, chosen]))


def in_thirds(nodes_h: Array) -> Array:
    """Return nodes with every step cut into three equal ones."""
    parts = np.arange(3) / 3.0
    cut = nodes_h[:-1, None] + np.diff(nodes_h)[:, None] * parts
    return np.append(cut.reshape(-1), nodes_h[-1])


def _since(times_h: Array, edges_h: Array) -> Array:
    """Return the time since the last edge (h), infinite before the first."""
    position = np.searchsorted(edges_h, times_h + SAME_TIME_H)
    last: Array = np.append(-np.inf, edges_h)[position]
    return times_h - last


def _merged(times: Array) -> Array:
    kept: list[float] = []
    for time in np.sort(times):
        if not kept or time - kept[-1] > SAME_TIME_H:
            kept.append(float(time))
    return np.array(kept)


def _positions(times: Array, nodes_h: Array) -> Index:
    """Return the index of the node at each time."""
    right = np.clip(np.searchsorted(nodes_h, times), 1, len(nodes_h) - 1)
    nearest = np.where(
        np.abs(nodes_h[right] - times) < np.abs(nodes_h[right - 1] - times), right, right - 1
    )
    if np.any(np.abs(nodes_h[nearest] - times) > 2 * SAME_TIME_H):
        raise ValueError("An edge or a reported time is not a node of the grid.")
    return nearest.astype(np.int64)
