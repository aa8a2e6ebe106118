"""What part of a course a chart shows, and the table of the same values beside it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ketacourse.course.result import FloatArray, Series, Simulation
from ketacourse.report.chart import Band, Chart, Dots, Events, Line, Mark, Span, Threshold, Tone
from ketacourse.report.scale import (
    DAY_STEPS,
    HOUR_STEPS,
    MINUTE_STEPS,
    Axis,
    log_axis,
    time_axis,
    value_axis,
)
from ketacourse.report.shown import number, shown, span, table_number
from ketacourse.therapy.session import DrugSession

_FLAT = 1e-3  # a smaller range is drawn as a level line (shown units)
_HOURS = {"min": 1.0 / 60.0, "h": 1.0, "d": 24.0}
_STEPS = {"min": MINUTE_STEPS, "h": HOUR_STEPS, "d": DAY_STEPS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of the course, in its own unit of time.

    ``origin_h`` is what the axis calls zero (h from the first dose); ``start`` and
    ``end`` are in ``unit`` from there.
    """

    origin_h: float
    start: float
    end: float
    unit: Literal["min", "h", "d"]
    label: str

    def hours(self, values: FloatArray) -> FloatArray:
        """Return window times as hours from the first dose."""
        return np.asarray(self.origin_h + values * _HOURS[self.unit], dtype=float)

    def own(self, hours: float) -> float:
        """Return hours from the first dose in the window's unit and origin."""
        return (hours - self.origin_h) / _HOURS[self.unit]

    def axis(self) -> Axis:
        """Return the time axis."""
        return time_axis(self.label, self.start, self.end, _STEPS[self.unit])

    def cut(self, times_h: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the part of a curve inside the window, its ends interpolated."""
        t = (times_h - self.origin_h) / _HOURS[self.unit]
        start, end = max(self.start, float(t[0])), min(self.end, float(t[-1]))
        inside = (t > start) & (t < end)
        x = np.concatenate(([start], t[inside], [end]))
        return x, np.interp(x, t, values)


def session_window(
    simulation: Simulation,
    session: DrugSession | None,
    unit: Literal["min", "h"],
    end: float,
    *,
    beyond: bool = False,
) -> Window:
    """Return the stretch after the start of a session, up to the next one unless ``beyond``."""
    origin = session.start_h if session else 0.0
    later = [s.start_h for s in simulation.case.course.sessions if s.start_h > origin]
    later = [] if beyond else later
    last = (min([float(simulation.times_h[-1]), *later]) - origin) / _HOURS[unit]
    word = {"min": "minutes", "h": "hours"}[unit]
    return Window(
        origin_h=origin, start=0.0, end=min(end, last), unit=unit,
        label=f"{word} from the start of the dose",
    )  # fmt: skip


def course_window(simulation: Simulation, *, after_days: float | None = None) -> Window:
    """Return the course in days, with its lead-in.

    ``after_days`` ends it so long after the last dose, but not before four weeks.
    """
    end = float(simulation.times_h[-1]) / 24.0
    if after_days is not None:
        end = min(end, max(28.0, simulation.case.course.last_dose_day + after_days))
    return Window(
        origin_h=0.0,
        start=min(0.0, float(simulation.times_h[0]) / 24.0),
        end=end,
        unit="d",
        label="days from the first dose",
    )


def first_session(simulation: Simulation) -> DrugSession | None:
    """Return the first drug session, None in a course without drug."""
    sessions = simulation.case.course.sessions
    return sessions[0] if sessions else None


def available(simulation: Simulation, *names: str) -> list[Series]:
    """Return those of the named series that the run produced."""
    return [simulation.series[name] for name in names if name in simulation.series]


def curve(simulation: Simulation, series: Series, values: FloatArray, window: Window) -> Line:
    """Return one curve of a series inside a window, in shown units, without style."""
    x, y = window.cut(simulation.times_h, values)
    return Line(x=x, y=shown(series).convert(y))


def band(simulation: Simulation, series: Series, window: Window, tone: Tone = "blue") -> list[Band]:
    """Return the uncertainty band of a series, empty where there is none."""
    if series.lower is None or series.upper is None:
        return []
    scale = shown(series)
    x, lower = window.cut(simulation.times_h, series.lower)
    _, upper = window.cut(simulation.times_h, series.upper)
    return [Band(x=x, lower=scale.convert(lower), upper=scale.convert(upper), tone=tone)]


def session_events(simulation: Simulation, window: Window) -> list[Events]:
    """Return the drug and therapy sessions inside a window as marks on its axis."""
    course = simulation.case.course
    found: list[Events] = []
    doses = _inside(window, [session.start_h for session in course.sessions])
    meetings = _inside(window, [session.start_h for session in course.therapy])
    if doses:
        found.append(Events(x=doses, tone="ink", shape="triangle", label="drug session"))
    if meetings:
        found.append(Events(x=meetings, tone="purple", shape="circle", label="therapy session"))
    return found


def session_key(simulation: Simulation) -> str:
    """Return what the marks under a course axis stand for."""
    course = simulation.case.course
    marks = ["triangles: drug sessions"] if course.sessions else []
    marks += ["circles: therapy sessions"] if course.therapy else []
    return f"Under the axis, {'; '.join(marks)}." if marks else ""


def observed_dots(
    window: Window, days: list[float], values: list[float], label: str = "recorded"
) -> list[Dots]:
    """Return observed values inside a window as dots, empty where there are none."""
    pairs = [
        (window.own(day * 24.0), value)
        for day, value in zip(days, values, strict=True)
        if window.start <= window.own(day * 24.0) <= window.end
    ]
    if not pairs:
        return []
    x, y = zip(*pairs, strict=True)
    return [Dots(x=x, y=y, label=label)]


def _inside(window: Window, starts_h: list[float]) -> tuple[float, ...]:
    own = [window.own(start) for start in starts_h]
    return tuple(x for x in own if window.start <= x <= window.end)


def dose_span(session: DrugSession | None, window: Window, label: str = "") -> list[Span]:
    """Return the time of the dose as a shaded stretch, empty for a push."""
    if session is None or session.dose.duration_h <= 0.0:
        return []
    return [Span(start=window.own(session.start_h), end=window.own(session.end_h), label=label)]


def fit_axis(label: str, marks: list[Mark], *, zero: bool = True, log: bool = False) -> Axis:
    """Return a value axis that holds every mark, with room for the labels on top."""
    low, high = _extent(marks)
    if high - low < _FLAT:  # rounding noise is not a change
        high = low + 1.0
    if log:
        top = 10.0 ** (np.ceil(np.log10(high) * 2.0) / 2.0)
        return log_axis(label, max(low, top / 1e4), float(top))
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.06 * (high - low) if high > 0.0 else 0.0
    return value_axis(label, low, high + room)


def _extent(marks: list[Mark]) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for mark in marks:
        if isinstance(mark, Line):
            low, high = min(low, float(mark.y.min())), max(high, float(mark.y.max()))
        elif isinstance(mark, Band):
            low, high = min(low, float(mark.lower.min())), max(high, float(mark.upper.max()))
        elif isinstance(mark, Threshold):
            low, high = min(low, mark.y), max(high, mark.y)
        elif isinstance(mark, Dots):
            low, high = min(low, *mark.y), max(high, *mark.y)
    return float(low), float(high)


def chart(
    title: str,
    unit: str,
    window: Window,
    marks: list[Mark],
    description: str,
    *,
    zero: bool = True,
    log: bool = False,
    width: float = 350.0,
    height: float = 240.0,
) -> Chart:
    """Return a chart of marks over a window, its value axis fitted to them."""
    return Chart(
        title=title,
        x=window.axis(),
        y=fit_axis(unit, marks, zero=zero, log=log),
        marks=tuple(marks),
        description=f"{title} ({unit}) over {window.label}. {description}",
        width=width,
        height=height,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """The values behind a figure, as text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def data_table(
    simulation: Simulation, series: list[Series], window: Window, points: tuple[float, ...]
) -> DataTable:
    """Return typical values, intervals and control of series at points of a window."""
    kept = tuple(p for p in points if window.start <= p <= window.end)
    at_h = window.hours(np.asarray(kept, dtype=float))
    header = [f"{_TIME_WORD[window.unit]}"]
    columns: list[list[str]] = [[number(p) for p in kept]]
    for item in series:
        scale = shown(item)
        header.append(f"{item.label} ({scale.unit})")
        columns.append(_cells(simulation, item, at_h))
        if item.control is not None:
            header.append(f"{item.label}, masked control ({scale.unit})")
            control = np.interp(at_h, simulation.times_h, item.control)
            columns.append([table_number(value, scale) for value in control])
    rows = tuple(zip(*columns, strict=True))
    return DataTable(header=tuple(header), rows=rows)


_TIME_WORD = {"min": "minutes", "h": "hours", "d": "day"}


def _cells(simulation: Simulation, series: Series, at_h: FloatArray) -> list[str]:
    scale = shown(series)
    typical = np.interp(at_h, simulation.times_h, series.typical)
    cells = [table_number(value, scale) for value in typical]
    if series.lower is None or series.upper is None:
        return cells
    lower = np.interp(at_h, simulation.times_h, series.lower)
    upper = np.interp(at_h, simulation.times_h, series.upper)
    return [
        f"{cell} ({span(table_number(a, scale), table_number(b, scale))})"
        for cell, a, b in zip(cells, lower, upper, strict=True)
    ]
