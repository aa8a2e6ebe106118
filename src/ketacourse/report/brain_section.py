"""From the receptor to the synapse, the plasticity window, inflammation and adaptation."""

from ketacourse.course.result import Simulation
from ketacourse.report.brain_stages import STAGES, Stage, StagePanel
from ketacourse.report.chart import Mark
from ketacourse.report.panels import panel, swing_words
from ketacourse.report.section import Section, band_caption, figure
from ketacourse.report.view import (
    Window,
    available,
    course_window,
    data_table,
    dose_span,
    first_session,
    session_events,
    session_key,
    session_window,
)


def brain_sections(simulation: Simulation) -> tuple[Section, ...]:
    """Return the sections on the chain between the plasma and the mood."""
    return tuple(_section(simulation, stage) for stage in STAGES)


def _section(simulation: Simulation, stage: Stage) -> Section:
    names = [trace.name for item in stage.panels for trace in item.traces]
    shown = available(simulation, *names)
    charts = []
    for item in stage.panels:
        window = _window(simulation, item)
        extra: tuple[Mark, ...] = (
            tuple(session_events(simulation, window))
            if item.hours is None
            else tuple(dose_span(first_session(simulation), window))
        )
        charts.extend(
            panel(simulation, item.title, item.traces, window, extra=extra, unit=item.unit)
        )
    if not charts:
        return Section(key=stage.key, title=stage.title, intro="Not computed in this run.")
    caption = f"{band_caption(simulation, shown)} {stage.remark}".strip()
    session = first_session(simulation)
    if stage.table_hours is None:
        window = course_window(simulation)
        caption += f" {session_key(simulation)}"
    else:
        window = session_window(simulation, session, "h", stage.table_hours)
        caption += " Grey: while the dose is given."
    reading = " ".join(_sentences(simulation, stage))
    table = data_table(simulation, shown, window, stage.points)
    drawn = figure(stage.key, reading, charts, caption, shown, table)
    return Section(key=stage.key, title=stage.title, intro=stage.intro, figures=(drawn,))


def _sentences(simulation: Simulation, stage: Stage) -> list[str]:
    told = []
    for item in stage.panels:
        for series in available(simulation, item.traces[0].name):
            window = _window(simulation, item)
            told.append(swing_words(simulation, series, window, item.says, item.gone))
    return [sentence for sentence in told if sentence]


def _window(simulation: Simulation, item: StagePanel) -> Window:
    if item.hours is None:
        return course_window(simulation, after_days=item.after_days)
    return session_window(simulation, first_session(simulation), "h", item.hours)
