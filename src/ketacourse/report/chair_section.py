"""In the chair: pressure, dissociation, sedation, nausea and memory around a session."""

from dataclasses import replace

from ketacourse.course.result import Series, Simulation
from ketacourse.report.chart import Band, Chart, Dots, Line, Mark
from ketacourse.report.key_figures import session_end_h, time_back, time_under
from ketacourse.report.monitoring import Limit, limits
from ketacourse.report.panels import Trace, panel, swing_sentence, value_words, window_peak
from ketacourse.report.section import Figure, Section, band_caption, figure
from ketacourse.report.view import (
    Window,
    available,
    band,
    chart,
    curve,
    data_table,
    dose_span,
    first_session,
    observed_dots,
    session_window,
)
from ketacourse.report.wording import duration

_MINUTES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 75.0, 90.0, 120.0, 150.0, 180.0, 240.0)
_CHAIR_MIN = 240.0
_PRESSURE_BACK_MMHG = 5.0  # near enough to rest for the sentence; no rule uses it
_LEAST_TOLD = 0.5  # less would be told as zero (mmHg, points)
_CADSS_ABSENT = 4.0  # above 4 counted as present in the esketamine trials


def chair_section(simulation: Simulation) -> Section:
    """Return the section on the hours around the first session."""
    session = first_session(simulation)
    window = session_window(simulation, session, "min", _CHAIR_MIN)
    in_force = limits(simulation.case)
    figures = [_pressure(simulation, window, in_force), _mind(simulation, window, in_force)]
    return Section(
        key="chair",
        title="In the chair",
        intro=(
            "What the monitor and the patient should expect around the first session. These "
            "are expectations, not permission: measured values decide."
            if session
            else "No drug session is planned."
        ),
        figures=tuple(item for item in figures if item is not None),
    )


def pressure_reading(simulation: Simulation) -> str:
    """Return the peak rise of blood pressure and when it has passed, in one sentence."""
    window = session_window(simulation, first_session(simulation), "min", _CHAIR_MIN)
    named = available(simulation, "sbp_rise", "dbp_rise")
    if not named:
        return ""
    peaks = [window_peak(simulation, series, window) for series in named]
    if not max(found.value for found in peaks) >= _LEAST_TOLD:
        return "Blood pressure is not expected to change."
    words = {"sbp_rise": "systolic", "dbp_rise": "diastolic"}
    text = " and ".join(
        f"{words[series.name]} pressure rises by {value_words(series, found)}"
        for series, found in zip(named, peaks, strict=True)
    )
    when = duration(peaks[0].time_h - window.origin_h)
    passed = _passed(simulation, named[0], _PRESSURE_BACK_MMHG, "within 5 mmHg of rest")
    return f"{text[0].upper()}{text[1:]} at the peak, {when} after the start{passed}."


def dissociation_reading(simulation: Simulation) -> str:
    """Return the peak of dissociation and when it has passed, in one sentence."""
    window = session_window(simulation, first_session(simulation), "min", _CHAIR_MIN)
    for series in available(simulation, "cadss"):
        found = window_peak(simulation, series, window)
        if not found.value >= _LEAST_TOLD:
            return "No dissociation is expected."
        when = duration(found.time_h - window.origin_h)
        return (
            f"Dissociation (CADSS) peaks at {value_words(series, found)} {when} after the "
            f"start{_passed(simulation, series, _CADSS_ABSENT, 'back to 4 or less')}."
        )
    return ""


def _passed(simulation: Simulation, series: Series, level: float, words: str) -> str:
    """Return when the typical curve is last above a level, as the end of a sentence."""
    session = first_session(simulation)
    if session is None:
        return ""
    end_h = session_end_h(simulation, session.start_h)
    since = time_under(simulation, series, session.start_h, level, end_h=end_h)
    if since is None:
        return f", and not yet {words} {duration(end_h - session.start_h)} later"
    return f", and {words} after {duration(since)}" if since > 0.0 else f", never above {level:g}"


def _pressure(simulation: Simulation, window: Window, in_force: tuple[Limit, ...]) -> Figure | None:
    shown = available(simulation, "sbp_rise", "dbp_rise", "hr_rise")
    if not shown:
        return None
    rest = simulation.case.patient.vitals
    start: dict[str, float] = {}
    if rest is not None and rest.sbp_mmhg is not None and rest.dbp_mmhg is not None:
        start = {"sbp": rest.sbp_mmhg, "dbp": rest.dbp_mmhg}
    measures = {"sbp", "dbp"} if start else {"sbp_rise", "dbp_rise"}
    lines = tuple(limit for limit in in_force if limit.quantity in measures)
    charts = _pressure_charts(simulation, window, start, lines)
    pulse = Trace(name="hr_rise", label="")
    span = tuple(dose_span(first_session(simulation), window, "dose"))
    charts.extend(panel(simulation, "Heart rate", (pulse,), window, extra=span,
                        unit="beats per minute above rest"))  # fmt: skip
    caption = band_caption(simulation, shown)
    caption += (
        " Pressures start from the patient's resting values." if start
        else " No resting pressure was given, so the rise above rest is shown."
    )  # fmt: skip
    caption += f" {_limits_explained(lines)}"
    table = data_table(simulation, shown, window, _MINUTES)
    reading = pressure_reading(simulation) or swing_sentence(simulation, shown[0], window)
    return figure("pressure", reading, charts, caption, shown, table)


def _limits_explained(lines: tuple[Limit, ...]) -> str:
    if not lines:
        return "No rule in force draws a limit here."
    return f"Dotted lines, what the rules require: {'; '.join(line.explained for line in lines)}."


def _pressure_charts(
    simulation: Simulation, window: Window, start: dict[str, float], lines: tuple[Limit, ...]
) -> list[Chart]:
    charts = []
    for measure, title in (("sbp", "Systolic pressure"), ("dbp", "Diastolic pressure")):
        for series in available(simulation, f"{measure}_rise"):
            marks: list[Mark] = [*dose_span(first_session(simulation), window, "dose")]
            marks.extend(_shifted(simulation, series, window, start.get(measure, 0.0)))
            marks.extend(line.line() for line in lines if line.quantity.startswith(measure))
            marks.extend(_measured(simulation, measure, window) if start else [])
            unit = "mmHg" if start else "mmHg above rest"
            text = swing_sentence(simulation, series, window)
            charts.append(chart(title, unit, window, marks, text, zero=not start))
    return charts


def _measured(simulation: Simulation, measure: str, window: Window) -> list[Dots]:
    readings = {"sbp": "sbp_mmhg", "dbp": "dbp_mmhg"}
    taken = [
        (vitals.day, getattr(vitals, readings[measure]))
        for vitals in simulation.case.vitals
        if getattr(vitals, readings[measure]) is not None
    ]
    return observed_dots(window, [day for day, _ in taken], [value for _, value in taken])


def _shifted(
    simulation: Simulation, series: Series, window: Window, start: float
) -> list[Band | Line]:
    bands = [
        replace(item, lower=item.lower + start, upper=item.upper + start)
        for item in band(simulation, series, window)
    ]
    line = curve(simulation, series, series.typical, window)
    return [*bands, replace(line, y=line.y + start)]


def _mind(simulation: Simulation, window: Window, in_force: tuple[Limit, ...]) -> Figure | None:
    shown = available(simulation, "cadss", "sedation", "nausea", "encoding")
    if not shown:
        return None
    span = tuple(dose_span(first_session(simulation), window, "dose"))
    lines = tuple(limit for limit in in_force if limit.quantity == "cadss")
    charts = _dissociation_chart(simulation, window, (*span, *(line.line() for line in lines)))
    charts.extend(
        panel(
            simulation, "Sedation and nausea",
            (
                Trace(name="sedation", label="sedation", tone="purple"),
                Trace(name="nausea", label="nausea", tone="orange", dash="7 4"),
            ),
            window, extra=span, unit="chance, %",
        )
    )  # fmt: skip
    charts.extend(
        panel(simulation, "Forming new memories", (Trace(name="encoding", label=""),), window,
              extra=span, unit="standard deviations from rest")
    )  # fmt: skip
    sentences = [dissociation_reading(simulation)]
    sentences.extend(
        _memory_sentence(simulation, series, window) for series in available(simulation, "encoding")
    )
    caption = (
        f"{band_caption(simulation, shown)} Grey: while the dose is given. Dissociation is a "
        f"side effect to watch, not a sign that the treatment works. {_limits_explained(lines)}"
    )
    if len(simulation.case.course.sessions) > 1:
        caption += " Thin dotted curve: dissociation in the last session."
    table = data_table(simulation, shown, window, _MINUTES)
    return figure("mind", " ".join(s for s in sentences if s), charts, caption, shown, table)


def _memory_sentence(simulation: Simulation, series: Series, window: Window) -> str:
    found = window_peak(simulation, series, window)
    if abs(found.value) < 0.01:
        return "Forming new memories is not affected."
    start_h = window.origin_h
    end_h = session_end_h(simulation, start_h)
    back = time_back(simulation, series, start_h, 0.5, end_h=end_h) or end_h - start_h
    return (
        f"Forming new memories is worst {duration(found.time_h - window.origin_h)} after the "
        f"start ({value_words(series, found)}) and half way back after {duration(back)}."
    )


def _dissociation_chart(
    simulation: Simulation, window: Window, span: tuple[Mark, ...]
) -> list[Chart]:
    sessions = simulation.case.course.sessions
    extra = list(span)
    for series in available(simulation, "cadss"):
        if len(sessions) > 1 and sessions[-1].start_h < simulation.times_h[-1]:
            origin = sessions[-1].start_h
            late = replace(window, origin_h=origin)
            x, y = late.cut(simulation.times_h, series.typical)
            extra.append(Line(x=x, y=y, tone="ink", dash="2 3", width=1.4, label="last"))
    several = len(sessions) > 1
    trace = Trace(name="cadss", label="first" if several else "")
    return panel(simulation, "Dissociation (CADSS)", (trace,), window, extra=tuple(extra))
