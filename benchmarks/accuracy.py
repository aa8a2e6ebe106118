"""Equal measured accuracy: the loosest settings with which an engine is good enough.

The error of an engine is the largest difference from a reference over all checked
patients, times and outputs, as a share of what that output ranges over for that patient.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from benchmarks.engines import Known, Settings
from benchmarks.workload import Array
from ketacourse.engine.accuracy import scale_of

TARGETS = (1e-3, 1e-5)
REFERENCE = Settings(1e-10, 1e-2)
WIDE = 10.0**0.5
"""Factor between one tolerance and the next; the one between the last two is tried too."""
STEP = 10.0**0.25
LOOSEST, TIGHTEST = 1e-1, 1e-10

TURNS = 5
"""Times that settings which are both good enough are compared."""

Run = Callable[[Settings], tuple[float, Array]]


def error_of(values: Array, truth: Array) -> float:
    """Return the largest error; infinite if a value is missing."""
    error = np.abs(values - truth) / scale_of(truth)
    return float(error.max()) if np.isfinite(error).all() else float("inf")


@dataclass(frozen=True)
class Tuned:
    """Settings of an engine for a target, what they cost, and the error they give."""

    settings: Settings
    error: float
    seconds: float

    @property
    def data(self) -> dict[str, Any]:
        """Return the result as plain data."""
        found = asdict(self)
        found["settings"] = self.settings._asdict()
        return found


def tune(run: Run, truth: Array, target: float, engine: Known) -> Tuned | None:
    """Return the fastest settings that reach a target, or None."""
    found = [_loosest(run, truth, target, Settings(0.0, s)) for s in engine.atol_shares]
    good = [t for t in found if t is not None]
    if len(good) < 2:
        return good[0] if good else None
    # In turns, so that a moment in which the machine was busy does not choose.
    took: list[list[float]] = [[] for _ in good]
    for _ in range(TURNS):
        for t, seconds in zip(good, took, strict=True):
            seconds.append(run(t.settings)[0])
    best = [replace(t, seconds=median(s)) for t, s in zip(good, took, strict=True)]
    return min(best, key=lambda t: t.seconds)


def _loosest(run: Run, truth: Array, target: float, like: Settings) -> Tuned | None:
    """Return the loosest tolerance on the ladder that reaches the target, or None."""
    tried: dict[float, Tuned] = {}

    def at(rtol: float) -> Tuned:
        if rtol not in tried:
            settings = like._replace(rtol=rtol)
            try:
                seconds, values = run(settings)
                tried[rtol] = Tuned(settings, error_of(values, truth), seconds)
            except RuntimeError:
                tried[rtol] = Tuned(settings, float("inf"), float("inf"))
        return tried[rtol]

    good = at(target).error <= target
    factor = WIDE if good else 1.0 / WIDE
    rtol = target
    while LOOSEST >= _next(rtol, factor) >= TIGHTEST:
        last, rtol = rtol, _next(rtol, factor)
        if (at(rtol).error <= target) != good:
            break
    else:
        return at(rtol) if good else None
    passed, missed = (last, rtol) if good else (rtol, last)
    between = float(f"{(passed * missed) ** 0.5:.3g}")
    return at(between) if at(between).error <= target else at(passed)


def _next(rtol: float, factor: float) -> float:
    return float(f"{rtol * factor:.3g}")


def kernel_settings(run: Run, truth: Array, target: float) -> Tuned | None:
    """Return the tolerance to ask the kernel for: the target, or less if that misses it.

    It is not loosened where it is better than asked: this is what a user gets.
    """
    rtol = target
    while rtol > 0.03 * target:
        seconds, values = run(Settings(rtol))
        error = error_of(values, truth)
        if error <= target:
            return Tuned(Settings(rtol), error, seconds)
        rtol = _next(rtol, 1.0 / STEP)
    return None
