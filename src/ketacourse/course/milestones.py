"""The course in words: when the benefit peaks, when it is half gone, what the chair is like."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.result import Milestone, Series
from ketacourse.therapy.case import Case

Array = NDArray[np.float64]


def milestones_of(
    case: Case, times_h: Array, series: Mapping[str, Series]
) -> tuple[Milestone, ...]:
    """Return the milestones in the order of time."""
    found = [
        *_chair(case, times_h, series),
        *_first_relief(times_h, series["madrs"]),
        *_best(times_h, series["madrs"]),
        *_fading(case, times_h, series["madrs"]),
        *_end(times_h, series["madrs"]),
    ]
    return tuple(sorted(found, key=lambda m: m.day))


def _chair(case: Case, times_h: Array, series: Mapping[str, Series]) -> list[Milestone]:
    if not case.course.sessions:
        return []
    first = case.course.sessions[0].start_h
    inside = (times_h >= first) & (times_h <= first + 6.0)
    found = []
    for name, words, unit in (
        ("sbp_rise", "Systolic pressure is highest", "mmHg above rest"),
        ("cadss", "Dissociation is strongest", "CADSS points"),
    ):
        curve = np.where(inside, series[name].typical, -np.inf)
        peak = int(np.argmax(curve))
        if not curve[peak] > 0.5:
            continue
        band = _band(series[name], peak)
        minutes = (times_h[peak] - first) * 60.0
        text = f"{words} about {minutes:.0f} min into the first session: {band} {unit}."
        found.append(Milestone(day=float(times_h[peak] / 24.0), text=text))
    return found


def _first_relief(times_h: Array, madrs: Series) -> list[Milestone]:
    if madrs.control is None:
        return []
    gain = madrs.control - madrs.typical
    reached = np.flatnonzero((times_h > 0) & (gain >= 2.0))
    if reached.size == 0:
        return []
    at = int(reached[0])
    text = (
        f"Relief beyond a masked control passes 2 MADRS points {_since(times_h[at])} "
        "after the first dose."
    )
    return [Milestone(day=float(times_h[at] / 24.0), text=text)]


def _best(times_h: Array, madrs: Series) -> list[Milestone]:
    at = int(np.argmin(madrs.typical))
    if times_h[at] <= 0 or madrs.typical[0] - madrs.typical[at] < 1.0:
        return []
    fall = 100.0 * (1.0 - madrs.typical[at] / madrs.typical[0])
    text = (
        f"Lowest expected MADRS on day {times_h[at] / 24.0:.0f}: {_band(madrs, at)} points, "
        f"{fall:.0f}% below the start."
    )
    return [Milestone(day=float(times_h[at] / 24.0), text=text)]


def _fading(case: Case, times_h: Array, madrs: Series) -> list[Milestone]:
    if madrs.control is None or not case.course.sessions:
        return []
    last = case.course.sessions[-1].start_h
    after = np.flatnonzero(times_h >= last)
    gain = (madrs.control - madrs.typical)[after]
    if gain.size == 0 or not gain.max() > 1.0:
        return []
    peak = int(np.argmax(gain))
    lost = np.flatnonzero(gain[peak:] <= 0.5 * gain[peak])
    if lost.size == 0:
        return []
    at = int(after[peak + lost[0]])
    days = (times_h[at] - last) / 24.0
    text = (
        f"Half of the benefit over a masked control is gone {days:.0f} days after the last dose. "
        "How long it holds in one person is uncertain."
    )
    return [Milestone(day=float(times_h[at] / 24.0), text=text)]


def _end(times_h: Array, madrs: Series) -> list[Milestone]:
    text = f"At the end of the plan MADRS is expected at {_band(madrs, -1)} points."
    return [Milestone(day=float(times_h[-1] / 24.0), text=text)]


def _band(series: Series, at: int) -> str:
    typical = f"{series.typical[at]:.0f}"
    if series.lower is None or series.upper is None:
        return typical
    return f"{typical} (90% band {series.lower[at]:.0f} to {series.upper[at]:.0f})"


def _since(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours < 2.0 else f"{hours:.0f} h"
