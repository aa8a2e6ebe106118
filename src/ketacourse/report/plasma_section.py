"""Drug in the plasma around the first session, and how far published models disagree."""

from dataclasses import replace

import numpy as np

from ketacourse.course.result import Series, Simulation
from ketacourse.report.chart import Chart, Mark
from ketacourse.report.dot_plot import DotRow, draw_dots
from ketacourse.report.panels import Trace, panel, swing_sentence, window_peak
from ketacourse.report.section import Section, band_caption, figure
from ketacourse.report.shown import number, shown
from ketacourse.report.view import (
    Window,
    available,
    chart,
    curve,
    data_table,
    dose_span,
    first_session,
    session_window,
)

_ANALYTES = (
    Trace(name="s_ketamine", label="S-ketamine", tone="blue", banded=False),
    Trace(name="r_ketamine", label="R-ketamine", tone="vermillion", dash="7 4", banded=False),
    Trace(name="s_norketamine", label="S-norketamine", tone="green", banded=False),
    Trace(name="r_norketamine", label="R-norketamine", tone="orange", dash="7 4", banded=False),
    Trace(name="hydroxynorketamine", label="HNK", tone="purple", dash="9 3 2 3", banded=False),
)
_HOURS = (0.0, 0.25, 0.5, 0.6667, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0)
_LEAST_SHOWN = 1e-2  # below any assay's limit (ng/mL)


def plasma_section(simulation: Simulation) -> Section:
    """Return the section on plasma concentrations."""
    names = tuple(trace.name for trace in _ANALYTES)
    found = [_short(s) for s in available(simulation, "ketamine_total", "ketamine_venous", *names)]
    session = first_session(simulation)
    if not found or session is None:
        return Section(key="plasma", title="Drug in the plasma", intro="No drug is planned.")
    near = session_window(simulation, session, "h", 6.0)
    day = session_window(simulation, session, "h", 24.0)
    span = tuple(dose_span(session, near))
    traces = tuple(t for t in _ANALYTES if _rises(simulation, t.name, day))
    charts = _total_chart(simulation, near, span)
    charts.extend(panel(simulation, "Each analyte, arterial", traces, near, extra=span))
    charts.extend(_log_chart(simulation, traces, day))
    lead = found[:1]
    reading = swing_sentence(simulation, lead[0], near)
    unit = shown(lead[0]).unit
    peaks = _model_peaks(simulation, near)
    reading += _disagreement(peaks, unit)
    caption = (
        f"{band_caption(simulation, lead[:1])} Grey: while the dose is given. Arterial plasma "
        "unless stated; samples from an arm vein lag behind by some ten minutes while the "
        "level changes. HNK: hydroxynorketamine, whose level is the least certain."
    )
    if peaks:
        caption += " Dotted lines and dots: the same dose in other published models."
    table = data_table(simulation, found, day, _HOURS)
    extra = (draw_dots("Peak in other published models", unit, peaks),) if peaks else ()
    return Section(
        key="plasma",
        title="Drug in the plasma",
        intro="Concentrations around the first session, ketamine and what the body makes of it.",
        figures=(figure("plasma", reading, charts, caption, found, table, more=extra),),
    )


def _short(series: Series) -> Series:
    """Return the series under the name the charts use; all but one are arterial."""
    if series.name == "ketamine_venous":
        return replace(series, label="venous ketamine")
    return replace(series, label=series.label.split(",", maxsplit=1)[0])


def _rises(simulation: Simulation, name: str, window: Window) -> bool:
    found = available(simulation, name)
    return bool(found) and float(window.cut(simulation.times_h, found[0].typical)[1].max()) > 1e-6


def _total_chart(simulation: Simulation, window: Window, span: tuple[Mark, ...]) -> list[Chart]:
    extra: list[Mark] = list(span)
    for series in available(simulation, "ketamine_total"):
        for values in series.alternatives.values():
            other = curve(simulation, series, values, window)
            extra.append(replace(other, tone="muted", dash="2 3", width=1.2))
    traces = (
        Trace(name="ketamine_total", label="arterial"),
        Trace(name="ketamine_venous", label="venous", tone="vermillion", dash="7 4", banded=False),
    )
    return panel(simulation, "Ketamine, S and R together", traces, window, extra=tuple(extra))


def _model_peaks(simulation: Simulation, window: Window) -> list[DotRow]:
    rows: list[DotRow] = []
    if not _rises(simulation, "ketamine_total", window):
        return rows
    for series in available(simulation, "ketamine_total"):
        if series.alternatives:
            here = window_peak(simulation, series, window)
            rows.append(
                DotRow(label="this report", value=here.value, lower=here.lower, upper=here.upper)
            )
        for label, values in series.alternatives.items():
            top = float(np.max(window.cut(simulation.times_h, values)[1]))
            rows.append(DotRow(label=label, value=top))
    return rows


def _log_chart(simulation: Simulation, traces: tuple[Trace, ...], window: Window) -> list[Chart]:
    marks: list[Mark] = []
    found = available(simulation, *(trace.name for trace in traces))
    for trace in traces:
        for series in available(simulation, trace.name):
            line = curve(simulation, series, series.typical, window)
            above = line.y >= _LEAST_SHOWN
            marks.append(
                replace(
                    line, x=line.x[above], y=line.y[above],
                    tone=trace.tone, dash=trace.dash, label=trace.label,
                )
            )  # fmt: skip
    if not marks:
        return []
    unit = f"{shown(found[0]).unit}, log scale"
    text = "The same values on a logarithmic scale over a day."
    return [chart("The same on a log scale", unit, window, marks, text, log=True)]


def _disagreement(rows: list[DotRow], unit: str) -> str:
    if not rows:
        return ""
    values = [row.value for row in rows]
    low, high = (number(v, unit=unit) for v in (min(values), max(values)))
    return f" Published models of ketamine put that peak anywhere from {low} to {high} {unit}."
