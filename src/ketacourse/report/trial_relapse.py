"""Time to relapse: Kaplan-Meier curves with intervals, and how many are still followed."""

import math

import numpy as np

from ketacourse.course.result import FloatArray
from ketacourse.report.chart import Band, Chart, Line, Mark, Row, Threshold, draw
from ketacourse.report.scale import DAY_STEPS, Axis, time_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_endpoint_words import endpoint_words
from ketacourse.report.trial_look import Look, cut, key, labels, looks, told
from ketacourse.report.trial_numbers import days_words, percent, share_interval, whole
from ketacourse.report.trial_words import criterion_words
from ketacourse.report.view import DataTable
from ketacourse.trials.design import Trial
from ketacourse.trials.estimates import EndpointEstimate
from ketacourse.trials.results import TrialResult
from ketacourse.trials.statistics import Estimate
from ketacourse.trials.survival import SurvivalCurve

_MOST_BANDS = 4  # more bands than this would hide each other


def relapse_section(result: TrialResult) -> Section:
    """Return the section on relapse, one figure per endpoint that asks for it."""
    trial = result.trial
    asked = [
        e for e in result.endpoints if e.endpoint.measure == "survival" and _followed(trial, e)
    ]
    figures = tuple(_figure(result, found, k) for k, found in enumerate(asked))
    if trial.relapse is None:
        intro = "The trial does not say what a relapse is."
    elif not figures:
        intro = "Nobody was followed for relapse."
    else:
        intro = (
            "Those who had responded are followed until they relapse, leave, or the trial ends. "
            "A relapse is seen at a visit, so the curves fall on visits."
        )
    return Section(key="relapse", title="Relapse", intro=intro, figures=figures)


def _followed(trial: Trial, found: EndpointEstimate) -> dict[str, SurvivalCurve]:
    """Return the curves of the groups in which somebody was followed.

    Where only those dealt again count, the arms would repeat the branches.
    """
    curves = {group.group: group.curve for group in found.groups}
    if found.endpoint.among == "rerandomised" and trial.rerandomise is not None:
        curves = {branch.name: curves.get(branch.name) for branch in trial.rerandomise.branches}
    return {
        name: curve
        for name, curve in curves.items()
        if curve is not None and curve.at_risk.size and curve.at_risk[0]
    }


def _figure(result: TrialResult, found: EndpointEstimate, position: int) -> Figure:
    curves = _followed(result.trial, found)
    known = [look for look in looks(result.trial.groups).values() if look.name in curves]
    endpoint = found.endpoint
    reading = _reading(curves)
    end = max(float(curve.days[-1]) for curve in curves.values())
    start = f"day {endpoint.from_day or 0.0:g}"
    x = time_axis(f"days since {start}", 0.0, max(end, 1.0), DAY_STEPS)
    drawings = []
    for width, height, most in ((860.0, 360.0, 30), (350.0, 280.0, 10)):
        texts = labels(known, most)
        rows = _risk(curves, known, x, every=1 if width > 600.0 else 2)
        chart = Chart(
            title="Without relapse", x=x, y=_share_axis(), marks=_marks(curves, known, texts),
            description=f"Share without relapse by days since {start}. {reading}",
            width=width, height=height + 15.0 * len(rows), rows=rows,
        )  # fmt: skip
        drawings.append(draw(chart))
    assert result.trial.relapse is not None  # curves exist only with a rule
    bands = (
        "Bands: 95% interval. " if len(curves) <= _MOST_BANDS
        else "Intervals are in the table. "
    )  # fmt: skip
    words = endpoint_words(endpoint)
    caption = (
        f"Kaplan-Meier estimate, {words[0].lower()}{words[1:]} Relapse: "
        f"{criterion_words(result.trial.relapse.when)}. {bands}Below: patients still followed just "
        f"before that day. {key(known)}."
    )
    return Figure(
        key=f"relapse-{position + 1}", reading=reading, drawings=(drawings[0],),
        narrow=(drawings[1],), wide=True, caption=caption, grades=(), table=_table(curves),
    )  # fmt: skip


def _share_axis() -> Axis:
    ticks = tuple((float(v), str(v)) for v in (0, 25, 50, 75, 100))
    return Axis(label="% of those who had responded", lower=0.0, upper=100.0, ticks=ticks)


def _marks(
    curves: dict[str, SurvivalCurve], known: list[Look], texts: list[str]
) -> tuple[Mark, ...]:
    marks: list[Mark] = [Threshold(y=50.0, label="half")]
    for look, text in zip(known, texts, strict=True):
        curve = curves[look.name]
        x = stairs(curve.days)
        if len(curves) <= _MOST_BANDS:
            marks.append(
                Band(x=x, lower=drops(curve.lower), upper=drops(curve.upper), tone=look.tone)
            )
        marks.append(Line(x=x, y=drops(curve.survival), tone=look.tone, dash=look.dash, label=text))
    return tuple(marks)


def stairs(days: FloatArray) -> FloatArray:
    """Return the times of a curve that falls in steps and starts at 0.

    Examples
    --------
    >>> stairs(np.array([7.0, 14.0])).tolist()
    [0.0, 7.0, 7.0, 14.0, 14.0]
    """
    return np.concatenate([[0.0], np.repeat(days, 2)])


def drops(shares: FloatArray) -> FloatArray:
    """Return the heights that go with `stairs`, in percent.

    Examples
    --------
    >>> drops(np.array([0.75, 0.5])).tolist()
    [100.0, 100.0, 75.0, 75.0, 50.0]
    """
    return 100.0 * np.concatenate([[1.0], np.repeat(np.concatenate([[1.0], shares]), 2)[1:-1]])


def _risk(
    curves: dict[str, SurvivalCurve], known: list[Look], x: Axis, *, every: int
) -> tuple[Row, ...]:
    days = [value for value, _ in x.ticks if value <= x.upper][::every]
    rows = [Row(label="still followed")]
    for look, text in zip(known, labels(known, 16), strict=True):
        values = tuple((day, whole(followed(curves[look.name], day))) for day in days)
        rows.append(Row(label=text, values=values, tone=look.tone))
    return tuple(rows)


def followed(curve: SurvivalCurve, day: float) -> int:
    """Return how many are at risk just before a day."""
    later = int(np.searchsorted(curve.days, day - 1e-9))
    return int(curve.at_risk[later]) if later < curve.at_risk.size else 0


def median_of(curve: SurvivalCurve) -> Estimate:
    """Return the median time to relapse (days), NaN where it is not reached."""
    value, lower, upper = (math.nan if v is None else v for v in curve.median)
    return Estimate(value=value, lower=lower, upper=upper, n=int(curve.at_risk[0]))


def _reading(curves: dict[str, SurvivalCurve]) -> str:
    """Return after how long half have relapsed, and how many are well at the end."""
    named = told(curves, lambda curve: float(curve.survival[-1]))
    halves = [f"{cut(name, 40)} {days_words(median_of(curve))}" for name, curve in named]
    days = {float(curve.days[-1]) for _, curve in named}
    same = days.pop() if len(days) == 1 else None
    ends = []
    for name, curve in named:
        when = "" if same is not None else f" after {curve.days[-1]:g} days"
        ends.append(f"{cut(name, 40)} {percent(float(curve.survival[-1]))}{when}")
    last = "" if same is None else f" after {same:g} days"
    return f"Until half have relapsed: {'; '.join(halves)}. Still well{last}: {'; '.join(ends)}."


def _table(curves: dict[str, SurvivalCurve]) -> DataTable:
    rows = []
    for name, curve in curves.items():
        for k, day in enumerate(curve.days):
            edges = share_interval(float(curve.lower[k]), float(curve.upper[k]))
            rows.append(
                (
                    name, f"{day:g}", whole(int(curve.at_risk[k])), whole(int(curve.events[k])),
                    whole(int(curve.censored[k])), f"{percent(float(curve.survival[k]))} ({edges})",
                )
            )  # fmt: skip
    header = (
        "arm", "days", "followed", "relapsed", "last seen", "without relapse (95% interval)",
    )  # fmt: skip
    return DataTable(header=header, rows=tuple(rows))
