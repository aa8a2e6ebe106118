"""Mood over the whole course, its parts, and the scales linked to it."""

from dataclasses import replace

from ketacourse.course.result import Series, Simulation
from ketacourse.report.chart import Chart, Dots, Mark, Threshold
from ketacourse.report.key_figures import Goal, Stay, at, baseline, goals, key_days, lowest
from ketacourse.report.panels import Trace, panel, swing_sentence, value_words
from ketacourse.report.section import Figure, Section, band_caption, figure
from ketacourse.report.shown import number
from ketacourse.report.view import (
    Window,
    available,
    band,
    chart,
    course_window,
    curve,
    data_table,
    first_session,
    observed_dots,
    session_events,
    session_key,
    session_window,
)
from ketacourse.report.wording import duration, listing
from ketacourse.therapy.scales import load_scales

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PARTS = (
    Trace(name="fast_effect", label="fast", tone="blue", banded=False),
    Trace(name="structural_effect", label="structural", tone="green", banded=False),
    Trace(name="placebo_effect", label="placebo", tone="orange", dash="7 4", banded=False),
)
_LINKED = ("phq9", "gad7", "hamd17", "qids_sr16", "pcl5", "suicidal_ideation")


def mood_section(simulation: Simulation) -> Section:
    """Return the section on mood, empty of figures where mood was not simulated."""
    found = available(simulation, "madrs")
    if not found:
        return Section(key="mood", title="Mood over the course", intro="Not computed in this run.")
    return Section(
        key="mood",
        title="Mood over the course",
        intro=(
            "The MADRS is a depression score rated by a clinician, 0 to 60 points; lower is "
            "better. The dashed line is the same patient in a masked control arm: the gap "
            "between the two lines is the part due to the drug."
        ),
        figures=(_course_figure(simulation, found[0]), _close_figure(simulation, found[0])),
    )


def mood_reading(simulation: Simulation, series: Series) -> str:
    """Return the course of the score in one sentence."""
    start = baseline(simulation, series)
    after = at(simulation, series, min(24.0, float(simulation.times_h[-1])), "", "")
    low = lowest(simulation, series)
    return (
        f"From {number(start, unit='points')} points before the course, the expected score is "
        f"{value_words(series, after)} one day after the first dose and lowest, "
        f"{value_words(series, low)}, {_moment(low.time_h)}."
    )


def _moment(time_h: float) -> str:
    return f"on day {time_h / 24.0:.0f}" if time_h >= 24.0 else f"after {duration(time_h)}"


def goal_sentence(goal: Goal, *, horizon_day: float) -> str:
    """Return when response or remission is expected, and how sure that is."""
    if goal.typical.first_day is None:
        told = "not reached on the expected course"
    else:
        told = f"{stay_words(goal.typical, horizon_day)} on the expected course"
    extra = ""
    if goal.upper is not None and goal.lower is not None:
        if goal.upper.first_day is not None:
            extra = f"; even the upper edge of the band is there for {_days(goal.upper.days)}"
        elif goal.lower.first_day is not None:
            extra = "; the upper edge of the band never reaches it"
            if goal.typical.first_day is None:
                extra = f"; the lower edge of the band is there for {_days(goal.lower.days)}"
        else:
            extra = "; no part of the band reaches it"
    return f"{goal.name.capitalize()} ({goal.definition}): {told}{extra}."


def stay_words(stay: Stay, horizon_day: float) -> str:
    """Return when a line is reached and left, in words.

    Examples
    --------
    >>> stay_words(Stay(line=16.0, first_day=0.071, last_day=17.0, days=15.0, open_end=False), 84.0)
    'first after 102 min, for the last time on day 17 (15 days in all)'
    >>> stay_words(Stay(line=16.0, first_day=4.12, last_day=84.0, days=80.0, open_end=True), 84.0)
    'first on day 4.1 and still there on day 84'
    """
    assert stay.first_day is not None  # asked only where the line is reached
    assert stay.last_day is not None
    if stay.first_day < 1.0:
        first = f"first after {duration(stay.first_day * 24.0)}"
    else:
        day = f"{stay.first_day:.2g}" if stay.first_day < 10.0 else f"{stay.first_day:.0f}"
        first = f"first on day {day}"
    if stay.open_end:
        return f"{first} and still there on day {horizon_day:g}"
    return f"{first}, for the last time on day {stay.last_day:.0f} ({_days(stay.days)} in all)"


def _days(days: float) -> str:
    if days < 1.5:
        return f"{days * 24.0:.0f} hours"
    return f"{days:.0f} days"


def _course_figure(simulation: Simulation, series: Series) -> Figure:
    window = course_window(simulation)
    reading = mood_reading(simulation, series)
    wide, narrow = (
        chart(
            "Expected MADRS", "points", window,
            _mood_marks(simulation, series, window, lines=True), reading,
            width=width, height=height,
        )
        for width, height in ((860.0, 400.0), (350.0, 330.0))
    )  # fmt: skip
    key = "; ".join(
        f"{letter} {simulation.variants.get(name, name)}"
        for letter, name in zip(_LETTERS, series.variants, strict=False)
    )
    caption = band_caption(simulation, [series])
    if key:
        caption += f" Thin lines: the same patient under other mechanisms ({key})."
    caption += f" {session_key(simulation)}"
    if any(score.scale == "madrs" for score in simulation.case.scores):
        caption += " Dots: scores as recorded; the curve does not use them."
    table = data_table(simulation, [series], window, key_days(simulation))
    return figure("mood-course", reading, [wide], caption, [series], table, narrow=[narrow])


def _mood_marks(
    simulation: Simulation, series: Series, window: Window, *, lines: bool
) -> list[Mark]:
    marks: list[Mark] = [*session_events(simulation, window)]
    marks.extend(band(simulation, series, window))
    for letter, values in zip(_LETTERS, series.variants.values(), strict=False):
        thin = curve(simulation, series, values, window)
        marks.append(
            replace(
                thin,
                tone="sky",
                width=0.9,
                opacity=0.85,
                label=letter if lines else "",
                minor=True,
            )
        )
    if series.control is not None:
        control = curve(simulation, series, series.control, window)
        marks.append(replace(control, tone="vermillion", dash="7 4", label="control"))
    typical = curve(simulation, series, series.typical, window)
    marks.append(replace(typical, tone="blue", width=2.6, label="expected"))
    if lines:
        marks.extend(_goal_lines(simulation))
    marks.extend(_observed(simulation, series, window))
    return marks


def _goal_lines(simulation: Simulation) -> list[Threshold]:
    seen: set[str] = set()
    lines = []
    for goal in goals(simulation):
        if goal.name not in seen:
            seen.add(goal.name)
            lines.append(
                Threshold(y=goal.line, label=f"{goal.name}: {goal.line:.3g} or less", tone="green")
            )
    return lines


def _observed(simulation: Simulation, series: Series, window: Window) -> list[Dots]:
    scores = [s for s in simulation.case.scores if s.scale == series.name]
    return observed_dots(window, [s.day for s in scores], [float(s.total) for s in scores])


def _close_figure(simulation: Simulation, series: Series) -> Figure:
    window = session_window(simulation, first_session(simulation), "h", 72.0, beyond=True)
    charts = [
        chart(
            "The first three days", "MADRS points", window,
            _mood_marks(simulation, series, window, lines=False),
            swing_sentence(simulation, series, window),
        )
    ]  # fmt: skip
    whole = course_window(simulation)
    charts.extend(
        panel(simulation, "What the fall is made of", _PARTS, whole, unit="% of severity removed")
    )
    shown = [series, *available(simulation, *(trace.name for trace in _PARTS))]
    reading = _early_reading(simulation, series, window)
    caption = (
        f"{band_caption(simulation, [series])} Right: the share of severity that the "
        "fast and the structural part of the drug effect, and expectation with care, would "
        "each remove alone; together they multiply rather than add up."
    )
    hours = (0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 72.0)
    table = data_table(simulation, shown, window, hours)
    return figure("mood-start", reading, charts, caption, shown, table)


def _early_reading(simulation: Simulation, series: Series, window: Window) -> str:
    moments = []
    for hours, word in ((4.0, "4 hours"), (24.0, "one day"), (72.0, "three days")):
        if hours <= window.end:
            found = at(simulation, series, window.origin_h + hours, "", "")
            moments.append(f"{value_words(series, found)} after {word}")
    return f"In the first days the expected score is {listing(moments)}."


def scales_section(simulation: Simulation) -> Section:
    """Return the section on scales linked to the MADRS."""
    window = course_window(simulation)
    shown = available(simulation, *_LINKED)
    charts: list[Chart] = []
    for series in shown:
        rules = load_scales().get(series.name)
        lines: tuple[Mark, ...] = ()
        if rules is not None and rules.remission_max is not None:
            text = f"remission: {rules.remission_max:g} or less"
            lines = (Threshold(y=float(rules.remission_max), label=text, tone="green"),)
        marks = (
            *lines,
            *session_events(simulation, window),
            *_observed(simulation, series, window),
        )
        trace = Trace(name=series.name, label="")
        charts.extend(panel(simulation, series.label, (trace,), window, extra=marks))
    if not charts:
        return Section(key="scales", title="Other scales", intro="Not computed in this run.")
    reading = " ".join(_end_sentence(simulation, series) for series in shown[:2])
    table = data_table(simulation, shown, window, key_days(simulation))
    caption = (
        f"{band_caption(simulation, shown)} These scores follow from the MADRS by published "
        "links between scales; they carry its uncertainty and that of the link."
    )
    return Section(
        key="scales",
        title="Other scales",
        intro="What other questionnaires would be expected to show over the same course.",
        figures=(figure("scales", reading, charts, caption, shown, table),),
    )


def _end_sentence(simulation: Simulation, series: Series) -> str:
    first = at(simulation, series, float(simulation.times_h[0]), "", "")
    low = lowest(simulation, series)
    return (
        f"{series.label} is expected to fall from {number(first.value, unit='points')} to "
        f"{value_words(series, low)} at its lowest, {_moment(low.time_h)}."
    )
