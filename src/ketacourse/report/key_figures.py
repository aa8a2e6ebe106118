"""The figures a reader asks for first: peaks, values on key days, days below a line.

The page and ``summary.json`` both take them from here, so they cannot disagree.
"""

from dataclasses import dataclass

import numpy as np

from ketacourse.course.result import FloatArray, Series, Simulation
from ketacourse.report.view import first_session
from ketacourse.therapy.scales import Scale, scale

_FIRST_SESSION_H = 24.0
_PEAKS = (
    "ketamine_total", "s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine",
    "hydroxynorketamine", "block_interneuron", "block_pyramidal", "block_trapped",
    "glutamate", "ampa_strength", "sbp_rise", "dbp_rise", "hr_rise", "cadss", "sedation",
    "nausea", "encoding",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One number worth quoting, with its interval and what the interval contains.

    ``time_h`` is when it holds (h from the first dose).
    """

    key: str
    series: str
    label: str
    unit: str
    time_h: float
    value: float
    lower: float | None
    upper: float | None
    interval_contains: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """When a curve is at or below a line (days from the first dose).

    ``first_day`` and ``last_day`` are None where it never gets there; ``days`` is the
    time spent there, and ``open_end`` says that it is still there at the horizon.
    """

    line: float
    first_day: float | None
    last_day: float | None
    days: float
    open_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Response or remission on one scale: its line, and each curve's stay below it."""

    name: str
    definition: str
    line: float
    typical: Stay
    lower: Stay | None
    upper: Stay | None
    control: Stay | None


def at(simulation: Simulation, series: Series, time_h: float, key: str, label: str) -> KeyFigure:
    """Return a series at one time as a key figure."""
    values = {name: float(np.interp(time_h, simulation.times_h, y)) for name, y in series.curves()}
    return KeyFigure(
        key=key, series=series.name, label=label, unit=series.unit, time_h=time_h,
        value=values["typical"], lower=values.get("lower"), upper=values.get("upper"),
        interval_contains=simulation.band_contains if "lower" in values else "",
    )  # fmt: skip


def peak(
    simulation: Simulation, series: Series, start_h: float, end_h: float, key: str, label: str
) -> KeyFigure:
    """Return the largest departure from the value at ``start_h``, up or down.

    The interval is that of the band at the time of the typical peak; single courses
    peak a little earlier or later.
    """
    t = simulation.times_h
    inside = np.flatnonzero((t >= start_h) & (t <= end_h))
    if inside.size == 0:
        return at(simulation, series, start_h, key, label)
    rest = float(np.interp(start_h, t, series.typical))
    index = int(inside[np.argmax(np.abs(series.typical[inside] - rest))])
    return at(simulation, series, float(t[index]), key, label)


def time_back(
    simulation: Simulation, series: Series, start_h: float, share: float, *, end_h: float
) -> float | None:
    """Return when the typical curve has fallen below ``share`` of its peak change for good.

    Counted from ``start_h`` (h); None where that does not happen before ``end_h``.
    """
    t = simulation.times_h
    inside = np.flatnonzero((t >= start_h) & (t <= end_h))
    if inside.size < 2:
        return None
    change = np.abs(series.typical[inside] - np.interp(start_h, t, series.typical))
    above = np.flatnonzero(change > share * float(change.max()))
    if above.size == 0 or above[-1] + 1 >= inside.size:
        return None
    return float(t[inside[above[-1] + 1]]) - start_h


def time_under(
    simulation: Simulation, series: Series, start_h: float, level: float, *, end_h: float
) -> float | None:
    """Return when the typical curve is at or below ``level`` for good, counted from ``start_h``.

    Zero where it never rises above; None where it is still above at ``end_h`` (h).
    """
    t = simulation.times_h
    inside = np.flatnonzero((t >= start_h) & (t <= end_h))
    above = np.flatnonzero(series.typical[inside] > level)
    if above.size == 0:
        return 0.0
    if above[-1] + 1 >= inside.size:
        return None
    return float(t[inside[above[-1] + 1]]) - start_h


def session_end_h(simulation: Simulation, start_h: float) -> float:
    """Return where the day after a session ends: at the next session, if that is sooner (h)."""
    later = [s.start_h for s in simulation.case.course.sessions if s.start_h > start_h]
    return min([start_h + _FIRST_SESSION_H, *later])


def stay_below(times_h: FloatArray, values: FloatArray, line: float) -> Stay:
    """Return when a curve is at or below a line, from the first dose on.

    Examples
    --------
    >>> t = np.array([0.0, 24.0, 48.0, 72.0])
    >>> stay_below(t, np.array([30.0, 10.0, 10.0, 30.0]), 20.0).days
    2.0
    """
    after = times_h >= 0.0
    t, below = times_h[after] / 24.0, values[after] <= line
    reached = np.flatnonzero(below)
    if reached.size == 0:
        return Stay(line=line, first_day=None, last_day=None, days=0.0, open_end=False)
    crossings = _crossings(t, values[after] - line)
    share = _time_below(t, values[after] - line)
    first = 0.0 if below[0] else crossings[0]
    last = float(t[-1]) if below[-1] else crossings[-1]
    return Stay(line=line, first_day=first, last_day=last, days=share, open_end=bool(below[-1]))


def _crossings(t: FloatArray, gap: FloatArray) -> list[float]:
    """Return the times at which ``gap`` changes sign, interpolated."""
    changes = np.flatnonzero((gap[:-1] <= 0.0) != (gap[1:] <= 0.0))
    return [
        float(t[k] + (t[k + 1] - t[k]) * gap[k] / (gap[k] - gap[k + 1])) for k in changes.tolist()
    ]


def _time_below(t: FloatArray, gap: FloatArray) -> float:
    edges = [float(t[0]), *_crossings(t, gap), float(t[-1])]
    total, inside = 0.0, bool(gap[0] <= 0.0)
    for start, end in zip(edges, edges[1:], strict=False):
        total += end - start if inside else 0.0
        inside = not inside
    return total


def baseline(simulation: Simulation, series: Series) -> float:
    """Return the score before the course (points): the case's own, else the curve's start."""
    stated = simulation.case.baseline.get(series.name)
    return float(series.typical[0]) if stated is None else float(stated)


def goals(simulation: Simulation) -> tuple[Goal, ...]:
    """Return response and each published remission line on the MADRS, where simulated."""
    series = simulation.series.get("madrs")
    if series is None:
        return ()
    rules = scale("madrs")
    start = baseline(simulation, series)
    found = []
    if rules.response_fraction is not None:
        line = start * (1.0 - rules.response_fraction)
        text = f"a fall by at least {rules.response_fraction:.0%}, to {line:.3g} points or less"
        found.append(_goal(simulation, series, "response", text, line))
    found.extend(
        _goal(simulation, series, "remission", f"{line:g} points or less", line)
        for line in _remission_lines(rules)
    )
    return tuple(found)


def _remission_lines(rules: Scale) -> list[float]:
    first = [] if rules.remission_max is None else [rules.remission_max]
    return [*first, *(a for a in rules.remission_alternatives if a not in first)]


def _goal(simulation: Simulation, series: Series, name: str, definition: str, line: float) -> Goal:
    def stay(values: FloatArray | None) -> Stay | None:
        return None if values is None else stay_below(simulation.times_h, values, line)

    return Goal(
        name=name, definition=definition, line=line,
        typical=stay_below(simulation.times_h, series.typical, line),
        lower=stay(series.lower), upper=stay(series.upper), control=stay(series.control),
    )  # fmt: skip


def key_days(simulation: Simulation) -> tuple[float, ...]:
    """Return the days on which the mood is quoted: first hours, weeks, the end."""
    horizon = float(simulation.times_h[-1]) / 24.0
    sessions = simulation.case.course.sessions
    days = {0.0, 4.0 / 24.0, 1.0, 3.0, 7.0, 14.0, 28.0, 56.0, 84.0, 182.0, 365.0, horizon}
    if sessions:
        days.add(sessions[-1].day + 1.0)
    return tuple(sorted(day for day in days if 0.0 <= day <= horizon))


def key_figures(simulation: Simulation) -> tuple[KeyFigure, ...]:
    """Return every key figure of a run, in the order of the page."""
    found: list[KeyFigure] = []
    madrs = simulation.series.get("madrs")
    if madrs is not None:
        found.extend(
            at(simulation, madrs, day * 24.0, f"madrs_day_{day:.3g}", f"MADRS on day {day:.3g}")
            for day in key_days(simulation)
        )
        found.append(lowest(simulation, madrs))
    session = first_session(simulation)
    if session is not None:
        start = session.start_h
        end = session_end_h(simulation, start)
        found.extend(
            peak(
                simulation, series, start, end, f"{series.name}_peak",
                f"{series.label}, largest change after the first dose",
            )
            for series in (simulation.series[n] for n in _PEAKS if n in simulation.series)
        )  # fmt: skip
    return tuple(found)


def lowest(simulation: Simulation, series: Series) -> KeyFigure:
    """Return the lowest typical value of a series over the course."""
    index = int(np.argmin(series.typical))
    time_h = float(simulation.times_h[index])
    return at(simulation, series, time_h, f"{series.name}_lowest", f"{series.label}, lowest value")
