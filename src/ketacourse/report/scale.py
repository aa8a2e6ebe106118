"""Axes of a chart: range, position of a value, and ticks that fit the process."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ketacourse.course.result import FloatArray

MINUTE_STEPS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
HOUR_STEPS = (0.5, 1.0, 2.0, 4.0, 6.0, 12.0, 24.0, 48.0)
DAY_STEPS = (1.0, 2.0, 7.0, 14.0, 28.0, 56.0, 91.0, 182.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A range of values, its ticks (value and text) and its label."""

    label: str
    lower: float
    upper: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def fraction(self, values: ArrayLike) -> FloatArray:
        """Return where values lie between lower (0) and upper (1), cut to the range."""
        clipped = np.clip(np.asarray(values, dtype=float), self.lower, self.upper)
        if self.log:
            span = math.log(self.upper / self.lower)
            return np.asarray(np.log(clipped / self.lower) / span, dtype=float)
        return np.asarray((clipped - self.lower) / (self.upper - self.lower), dtype=float)


def tick_text(value: float) -> str:
    """Return a tick label without needless digits.

    Examples
    --------
    >>> tick_text(0.30000000000000004), tick_text(-20.0), tick_text(1500.0)
    ('0.3', '−20', '1500')
    """
    text = f"{value:.6g}" if value else "0"
    return text.replace("-", "−")


def nice_step(span: float, most: int) -> float:
    """Return the smallest step of 1, 2, 2.5 or 5 times a power of ten with few ticks."""
    magnitude = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        if span / (factor * magnitude) <= most:
            return factor * magnitude
    return 10.0 * magnitude


def _ticks(lower: float, upper: float, step: float) -> tuple[tuple[float, str], ...]:
    first, last = math.ceil(lower / step - 1e-9), math.floor(upper / step + 1e-9)
    return tuple((k * step, tick_text(k * step)) for k in range(first, last + 1))


def value_axis(label: str, lower: float, upper: float, *, most: int = 5) -> Axis:
    """Return a linear axis that holds ``lower`` to ``upper`` with rounded ends."""
    if not upper > lower:
        middle, half = lower, max(abs(lower) * 0.1, 0.5)
        lower, upper = middle - half, middle + half
    step = nice_step(upper - lower, most)
    bottom = math.floor(lower / step + 1e-6) * step
    top = math.ceil(upper / step - 1e-6) * step
    return Axis(label=label, lower=bottom, upper=top, ticks=_ticks(bottom, top, step))


def log_axis(label: str, lower: float, upper: float) -> Axis:
    """Return a logarithmic axis with a tick at each power of ten in range.

    Raises
    ------
    ValueError
        If ``lower`` is not above zero.
    """
    if not 0.0 < lower < upper:
        raise ValueError(f"A log axis cannot hold {lower} to {upper}.")
    first = math.floor(math.log10(lower) + 1e-9)
    last = math.ceil(math.log10(upper) - 1e-9)
    ticks = tuple((10.0**k, tick_text(10.0**k)) for k in range(first, last + 1))
    return Axis(label=label, lower=lower, upper=upper, ticks=ticks, log=True)


def time_axis(label: str, lower: float, upper: float, steps: tuple[float, ...]) -> Axis:
    """Return a time axis whose ticks fall on the steps people use for that unit."""
    span = upper - lower
    step = next((s for s in steps if span / s <= 8.0), steps[-1])
    while span / step > 10.0:
        step *= 2.0
    return Axis(label=label, lower=lower, upper=upper, ticks=_ticks(lower, upper, step))
