"""The fan chart of a forecast: scores as dots, what may follow as a fan, sessions as marks."""

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.refit_result import LEVELS, Refit, Relapse, ScaleForecast
from ketacourse.report.chart import Band, Chart, Dots, Events, Line, Mark, Span, Threshold
from ketacourse.report.scale import DAY_STEPS, Axis, time_axis, value_axis
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

WIDE, NARROW, SMALL = (860.0, 430.0), (350.0, 340.0), (350.0, 250.0)
_LEAD_DAYS = 2.0
_FANS = ((0, 6), (1, 5), (2, 4))
"""Positions in `LEVELS` of the ends of each interval, the widest first."""


def fan_chart(
    refit: Refit, about: ScaleForecast, *, size: tuple[float, float], reading: str
) -> Chart:
    """Return the chart of one scale that is read at a glance."""
    form = scale(about.key)
    title = f"{form.label}: measured so far, and what is expected"
    return Chart(
        title=title,
        x=_time(refit),
        y=_values(refit, about),
        marks=tuple(_marks(refit, about, named=size[0] > NARROW[0])),
        description=f"{title} (points) over days from the first dose. {reading}",
        width=size[0],
        height=size[1],
    )


def _time(refit: Refit) -> Axis:
    days = [s.day for s in refit.readings.scores]
    first = min([0.0, *days])
    end = refit.readings.course.horizon_days
    return time_axis("days from the first dose", min(first, -_LEAD_DAYS), end, DAY_STEPS)


def _values(refit: Refit, about: ScaleForecast) -> Axis:
    own = [s.total for s in refit.readings.scores if s.scale == about.key]
    top = max([float(about.quantiles[-1].max()), about.baseline, *own])
    return value_axis("points; lower is better", 0.0, min(top * 1.04, scale(about.key).maximum))


def _marks(refit: Refit, about: ScaleForecast, *, named: bool) -> list[Mark]:
    ahead, behind = about.days >= refit.today, about.days <= refit.today
    marks: list[Mark] = [Span(start=refit.today, end=refit.today, label="today")]
    for low, high in _FANS:
        marks.append(
            Band(
                x=about.days[ahead], lower=about.quantiles[low][ahead],
                upper=about.quantiles[high][ahead], tone="blue",
            )
        )  # fmt: skip
    middle = about.quantiles[LEVELS.index(0.5)]
    if behind.sum() > 1:
        marks.append(
            Line(x=about.days[behind], y=middle[behind], tone="blue", width=1.4, opacity=0.7,
                 dash="2 3")
        )  # fmt: skip
    marks.append(
        Line(x=about.days[ahead], y=middle[ahead], tone="blue", width=2.4,
             label="middle" if named else "")
    )  # fmt: skip
    if named:
        marks += _ends(about)
    marks += [
        Threshold(y=about.response_line, label=f"response: {about.response_line:g}", tone="green"),
        Threshold(y=about.remission_line, label=f"remission: {about.remission_line:g}",
                  tone="purple"),
    ]  # fmt: skip
    return [*marks, *_sessions(refit), *_dots(refit, about)]


def _ends(about: ScaleForecast) -> list[Mark]:
    """Return the names of the intervals at the right end, on lines too faint to see."""
    return [
        Line(x=about.days[-2:], y=about.quantiles[at][-2:], tone="blue", label=label,
             opacity=0.01, minor=True)
        for at, label in ((6, "95%"), (5, "80%"), (4, "50%"), (2, "50%"), (1, "80%"), (0, "95%"))
    ]  # fmt: skip


def _sessions(refit: Refit) -> list[Mark]:
    doses = [s.day for s in refit.readings.course.sessions]
    therapy = tuple(t.day for t in refit.readings.course.therapy)
    given = tuple(d for d in doses if d < refit.today or d == 0.0)
    coming = tuple(d for d in doses if d not in given)
    marks: list[Mark] = []
    if given:
        marks.append(Events(x=given, tone="ink", shape="triangle", label="session given"))
    if coming:
        marks.append(Events(x=coming, tone="sky", shape="triangle", label="session planned"))
    if therapy:
        marks.append(Events(x=therapy, tone="purple", shape="circle", label="therapy session"))
    return marks


def _dots(refit: Refit, about: ScaleForecast) -> list[Mark]:
    own = [(s.day, float(s.total)) for s in refit.readings.scores if s.scale == about.key]
    if not own:
        return []
    x, y = zip(*own, strict=True)
    return [Dots(x=x, y=y, label="")]


def session_key(refit: Refit) -> str:
    """Return what the marks under the axis stand for."""
    words = {"session given": "dark triangles: sessions given",
             "session planned": "light triangles: sessions planned",
             "therapy session": "circles: therapy"}  # fmt: skip
    found = [words[m.label] for m in _sessions(refit) if isinstance(m, Events)]
    return f"Under the axis, {'; '.join(found)}." if found else ""


def relapse_chart(relapse: Relapse, *, size: tuple[float, float], reading: str) -> Chart:
    """Return the chart of how long a response holds."""
    title = "Share of responders still without relapse"
    percent = 100.0
    marks: list[Mark] = [
        Band(x=relapse.days, lower=percent * relapse.lower, upper=percent * relapse.upper,
             tone="green"),
        Line(x=relapse.days, y=percent * relapse.held, tone="green", width=2.4),
        Threshold(y=50.0, label="half"),
    ]  # fmt: skip
    return Chart(
        title=title,
        x=time_axis("days from the first dose", relapse.start, float(relapse.days[-1]), DAY_STEPS),
        y=value_axis("%", 0.0, 100.0),
        marks=tuple(marks),
        description=f"{title} over days from the first dose. {reading}",
        width=size[0],
        height=size[1],
    )
