"""SciPy's LSODA (the Fortran one, through odeint), restarted at every edge of an input.

odeint is used rather than solve_ivp because its steps run without Python between them.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import odeint

from benchmarks.engines import Settings
from benchmarks.equations import Equations, compiled_source, read_outputs
from benchmarks.workload import Array, Workload

MOST_STEPS = 1_000_000


class Plain:
    """The right-hand side in plain Python."""

    def __init__(self, work: Workload) -> None:
        self.equations = Equations(work)
        self.slope = self._slope()

    def _slope(self) -> Callable[..., Any]:
        slope = compiled_source(self.equations.slope_source(), "slope", math=math)
        size = self.equations.size

        def call(y: Array, t: float, c: list[float], u: list[float]) -> list[float]:
            dy = [0.0] * size
            slope(t, y.tolist(), c, u, dy)
            return dy

        return call

    def _arguments(self, patient: int, inputs: Array) -> tuple[Any, Any]:
        return self.equations.coefficients[patient].tolist(), inputs[patient].tolist()

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first patients."""
        times = self.equations.work.problem.schedule.times_h
        states = np.empty((count, len(times), self.equations.size))
        for patient in range(count):
            self._one(patient, settings, times, states[patient])
        return read_outputs(self.equations, range(count), states)

    def _one(self, patient: int, settings: Settings, times: Array, states: Array) -> None:
        y = self.equations.initial[patient]
        states[0] = y
        for segment in self.equations.segments:
            at = np.concatenate([[segment.start_h], times[segment.rows], [segment.end_h]])
            found = odeint(
                self.slope, y, at, self._arguments(patient, segment.inputs),
                rtol=settings.rtol, atol=settings.atol, mxstep=MOST_STEPS,
                tcrit=[segment.end_h],
            )  # fmt: skip
            states[segment.rows] = found[1:-1]
            y = found[-1]


class Peer(Plain):
    """The right-hand side compiled by Numba."""

    def _slope(self) -> Callable[..., Any]:
        from numba import njit

        source = self.equations.slope_source()
        slope = njit(fastmath=True)(compiled_source(source, "slope", math=math))
        size = self.equations.size

        @njit(fastmath=True)
        def call(y: Array, t: float, c: Array, u: Array) -> Array:
            dy = np.empty(size)
            slope(t, y, c, u, dy)
            return dy

        return call

    def _arguments(self, patient: int, inputs: Array) -> tuple[Any, Any]:
        return self.equations.coefficients[patient], inputs[patient]
