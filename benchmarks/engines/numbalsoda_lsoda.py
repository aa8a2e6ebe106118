"""numbalsoda: LSODA in C++, called from a loop over patients and edges inside Numba."""

import math
from typing import Any

import numpy as np
from numba import carray, cfunc, njit
from numbalsoda import lsoda, lsoda_sig
from numpy.typing import NDArray

from benchmarks.engines import Settings
from benchmarks.equations import Equations, compiled_source, read_outputs
from benchmarks.workload import Array, Workload

MOST_STEPS = 1_000_000


class Peer:
    """Everything but reading the outputs runs without Python."""

    def __init__(self, work: Workload) -> None:
        self.equations = Equations(work)
        self.times = work.problem.schedule.times_h
        self.segments = self._flat()
        self.loop = self._compiled()

    def _flat(self) -> tuple[Array, NDArray[np.int64], Array]:
        """Return edges, first row after each edge, and inputs (segments, N, n_inputs)."""
        segments = self.equations.segments
        edges = np.array([s.start_h for s in segments] + [segments[-1].end_h])
        first = np.searchsorted(self.times, edges, side="right")
        return edges, first, np.stack([s.inputs for s in segments])

    def _compiled(self) -> Any:
        equations = self.equations
        slope = njit(fastmath=True)(compiled_source(equations.slope_source(), "slope", math=math))
        size = equations.size
        n_c, n_u = equations.coefficients.shape[1], self.segments[2].shape[2]

        @cfunc(lsoda_sig)
        def call(t, y, dy, data):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            given = carray(data, (n_c + n_u,))
            slope(t, carray(y, (size,)), given[:n_c], given[n_c:], carray(dy, (size,)))

        address = call.address
        self._keep = call

        @njit
        def loop(count, times, edges, first, inputs, c, start, rtol, atol, states):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            given = np.empty(n_c + n_u)
            for patient in range(count):
                y = start[patient].copy()
                states[patient, 0] = y
                given[:n_c] = c[patient]
                for s in range(len(edges) - 1):
                    given[n_c:] = inputs[s, patient]
                    a, b = first[s], first[s + 1]
                    at = np.empty(b - a + 2)
                    at[0], at[-1] = edges[s], edges[s + 1]
                    at[1:-1] = times[a:b]
                    if b > a and times[b - 1] == edges[s + 1]:
                        at = at[:-1]
                    found, good = lsoda(
                        address, y, at, given, rtol=rtol, atol=atol, mxstep=MOST_STEPS
                    )
                    states[patient, a:b] = found[1 : b - a + 1]
                    y = found[-1].copy()
                    if not good:
                        states[patient] = np.nan
                        break

        return loop

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first patients."""
        states = np.empty((count, len(self.times), self.equations.size))
        edges, first, inputs = self.segments
        self.loop(
            count, self.times, edges, first, inputs, self.equations.coefficients,
            self.equations.initial, settings.rtol, settings.atol, states,
        )  # fmt: skip
        return read_outputs(self.equations, range(count), states)
