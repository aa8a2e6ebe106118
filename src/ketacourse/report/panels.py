"""Charts of one or more series over a window, and sentences that read them."""

from dataclasses import dataclass, replace

import numpy as np

from ketacourse.course.result import Series, Simulation
from ketacourse.report.chart import Chart, Dash, Mark, Tone
from ketacourse.report.key_figures import KeyFigure, peak, time_back
from ketacourse.report.shown import shown
from ketacourse.report.view import Window, available, band, chart, curve
from ketacourse.report.wording import duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How one series is drawn: its short name on the chart, its tone and dash."""

    name: str
    label: str
    tone: Tone = "blue"
    dash: Dash = ""
    banded: bool = True


def trace_marks(simulation: Simulation, traces: tuple[Trace, ...], window: Window) -> list[Mark]:
    """Return bands and typical lines of the traces whose series exist."""
    marks: list[Mark] = []
    for trace in traces:
        for series in available(simulation, trace.name):
            if trace.banded:
                marks.extend(band(simulation, series, window, trace.tone))
            line = curve(simulation, series, series.typical, window)
            marks.append(replace(line, tone=trace.tone, dash=trace.dash, label=trace.label))
    return marks


def panel(
    simulation: Simulation,
    title: str,
    traces: tuple[Trace, ...],
    window: Window,
    *,
    extra: tuple[Mark, ...] = (),
    unit: str = "",
    zero: bool = True,
    log: bool = False,
    width: float = 350.0,
    height: float = 240.0,
) -> list[Chart]:
    """Return one chart of the traces, or none where no series of them exists."""
    series = available(simulation, *(trace.name for trace in traces))
    if not series or not window.end > window.start:
        return []
    marks = [*trace_marks(simulation, traces, window), *extra]
    return [
        chart(
            title, unit or shown(series[0]).unit, window, marks,
            " ".join(swing_sentence(simulation, item, window) for item in series),
            zero=zero, log=log, width=width, height=height,
        )
    ]  # fmt: skip


def window_peak(simulation: Simulation, series: Series, window: Window) -> KeyFigure:
    """Return the largest departure of a series from its start within a window."""
    start_h, end_h = window.hours(np.array([window.start, window.end])).tolist()
    return peak(simulation, series, start_h, end_h, series.name, series.label)


def value_words(series: Series, figure: KeyFigure) -> str:
    """Return a key figure with its interval and unit, such as ``16 (8–30) mmHg``."""
    scale = shown(series)
    text = scale.number(figure.value)
    if figure.lower is not None and figure.upper is not None:
        text += f" ({scale.interval(figure.lower, figure.upper)})"
    unit = "" if scale.unit.startswith("model units") else scale.unit
    return f"{text}{'' if unit.startswith('%') else ' '}{unit}".strip()


def swing_sentence(simulation: Simulation, series: Series, window: Window) -> str:
    """Return a sentence with the extreme of a series in a window, and when it passes."""
    start_h = float(window.hours(np.array([window.start]))[0])
    rest = float(np.interp(start_h, simulation.times_h, series.typical))
    rises = window_peak(simulation, series, window).value > rest
    says = f"{'highest' if rises else 'lowest'} at {{peak}}, {{when}}."
    told = swing_words(simulation, series, window, says, "Half of the change has passed {half}.")
    return f"{series.label}: {told or 'does not move.'}"


def swing_words(
    simulation: Simulation, series: Series, window: Window, says: str, gone: str
) -> str:
    """Return ``says`` (``{rest}``, ``{peak}``, ``{when}``) and ``gone`` (``{half}``) filled in.

    ``gone`` is left out where the change does not halve within the window; nothing is
    said of a series that does not move.
    """
    found = window_peak(simulation, series, window)
    start_h, end_h = window.hours(np.array([window.start, window.end])).tolist()
    rest = float(np.interp(start_h, simulation.times_h, series.typical))
    if not says or abs(found.value - rest) < 1e-9 + 1e-3 * abs(rest):
        return ""
    peak_words = value_words(series, found)
    if window.unit == "d":
        when = f"on day {found.time_h / 24.0:.0f}"
    else:
        when = f"{duration(found.time_h - window.origin_h)} after the start of the dose"
    text = says.format(peak=peak_words, when=when, rest=shown(series).number(rest))
    back = time_back(simulation, series, start_h, 0.5, end_h=end_h)
    if back is None or not gone:
        return text
    half = f"by day {(start_h + back) / 24.0:.0f}" if window.unit == "d" else (
        f"after {duration(back)}")  # fmt: skip
    return f"{text} {gone.format(half=half)}"
