"""Power: how often a trial of a given size would show each difference."""

import numpy as np

from ketacourse.report.chart import Band, Chart, Drawing, Line, Mark, Threshold, draw
from ketacourse.report.scale import Axis, value_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_bars import Bar, Block, draw_bars
from ketacourse.report.trial_look import Look, cut, key, labels, looks
from ketacourse.report.trial_numbers import percent, share_interval, share_words, whole
from ketacourse.report.view import DataTable
from ketacourse.trials.design import Trial
from ketacourse.trials.estimates import ContrastEstimate, EndpointEstimate, PowerPoint
from ketacourse.trials.results import TrialResult

AIM = 0.8
"""Power that trials are usually planned for."""

_CLOSE = 0.08  # ticks nearer than this share of the axis would touch
_NAME = 14  # letters of a name that fit beside a curve or bar


def power_section(result: TrialResult) -> Section:
    """Return the section on power, one figure for all endpoints."""
    found = [e for e in result.endpoints if any(c.power for c in e.contrasts)]
    if not found:
        intro = "Power needs repeated trials, and something to compare; this trial has neither."
        return Section(key="power", title="Power", intro=intro)
    trial = result.trial
    known = looks([c.name for c in found[0].contrasts])
    caption = (
        f"Share of simulated trials with p below {trial.alpha:g} (two-sided), each endpoint tested "
        "alone. Interval (95%): what the number of simulated trials leaves open. It is the power "
        f"under the model's own effect, which may not be the true one. {key(list(known.values()))}."
    )
    figure = Figure(
        key="power", reading=_reading(trial, found), caption=caption, grades=(),
        drawings=tuple(_drawing(trial, e, known) for e in found), table=_table(trial, found),
    )  # fmt: skip
    intro = "How often a trial of this size would show what the model says is there."
    return Section(key="power", title="Power", intro=intro, figures=(figure,))


def size_of(trial: Trial, contrast: ContrastEstimate, point: PowerPoint) -> int:
    """Return the patients per arm of a point; where arms differ, of the smallest compared."""
    if point.patients:
        return point.patients
    names = (*contrast.arms, *contrast.against)
    sizes = [arm.patients for arm in trial.arms if arm.name in names]
    return min(sizes or [arm.patients for arm in trial.arms])


def curve_of(trial: Trial, contrast: ContrastEstimate) -> dict[int, PowerPoint]:
    """Return power by increasing number of patients per arm."""
    found = {size_of(trial, contrast, point): point for point in contrast.power if point.trials}
    return dict(sorted(found.items()))


def _drawing(trial: Trial, found: EndpointEstimate, known: dict[str, Look]) -> Drawing:
    curves = {c.name: curve_of(trial, c) for c in found.contrasts}
    curves = {name: curve for name, curve in curves.items() if curve}
    title = cut(found.endpoint.name, 44)
    texts = dict(zip(curves, labels([known[n] for n in curves], _NAME), strict=True))
    if max((len(curve) for curve in curves.values()), default=0) < 2:
        blocks = [
            Block(
                heading=f"{whole(size)} patients per arm",
                bars=(Bar(label=texts[name], tone=known[name].tone, share=point.power),),
            )
            for name, curve in curves.items()
            for size, point in curve.items()
        ]
        return draw_bars(title, "% of trials", blocks, most=1.0)
    marks: list[Mark] = [Threshold(y=100.0 * AIM, label=percent(AIM))]
    for name, curve in curves.items():
        look, x = known[name], np.array(list(curve), dtype=float)
        power, low, high = (
            100.0 * np.array([getattr(p.power, field) for p in curve.values()])
            for field in ("value", "lower", "upper")
        )
        marks.append(Band(x=x, lower=low, upper=high, tone=look.tone))
        marks.append(Line(x=x, y=power, tone=look.tone, dash=look.dash, label=texts[name]))
    told = "; ".join(_told(name, curve) for name, curve in curves.items())
    return draw(
        Chart(
            title=title, x=_sizes([s for curve in curves.values() for s in curve]),
            y=value_axis("% of trials that show a difference", 0.0, 100.0, most=4),
            marks=tuple(marks),
            description=f"Power on {found.endpoint.name} by patients per arm. {told}.",
        )
    )  # fmt: skip


def _sizes(sizes: list[int]) -> Axis:
    """Return an axis whose ticks are the simulated sizes, as far as there is room."""
    end = max(sizes)
    ticks: list[int] = []
    for size in sorted(set(sizes), reverse=True):
        if not ticks or ticks[-1] - size > _CLOSE * end:
            ticks.append(size)
    return Axis(
        label="patients per arm", lower=0.0, upper=float(end),
        ticks=tuple((float(s), whole(s)) for s in reversed(ticks)),
    )  # fmt: skip


def _told(name: str, curve: dict[int, PowerPoint]) -> str:
    points = ", ".join(f"{percent(p.power.value)} with {whole(s)}" for s, p in curve.items())
    return f"{name}: {points}"


def _reading(trial: Trial, found: list[EndpointEstimate]) -> str:
    """Return the sizes that reach the usual aim, for the first endpoint."""
    first = found[0]
    parts = [enough_words(c.name, curve_of(trial, c)) for c in first.contrasts]
    return f"{first.endpoint.name}: {'; '.join(part for part in parts if part)}."


def enough_words(name: str, curve: dict[int, PowerPoint]) -> str:
    """Return from what size on a comparison has the usual power."""
    if not curve:
        return ""
    short = [size for size, point in curve.items() if point.power.value < AIM]
    enough = [size for size in curve if not short or size > short[-1]]
    if enough:
        return f"{name} reaches {percent(AIM)} with {_at(curve, enough[0])}"
    return f"{name} stays below {percent(AIM)} up to {_at(curve, list(curve)[-1])}"


def _at(curve: dict[int, PowerPoint], size: int) -> str:
    power = curve[size].power
    edges = share_interval(power.lower, power.upper)
    return f"{whole(size)} patients per arm (power {percent(power.value)}, {edges})"


def _table(trial: Trial, found: list[EndpointEstimate]) -> DataTable:
    rows = [
        (e.endpoint.name, c.name, whole(size), whole(p.trials), share_words(p.power))
        for e in found
        for c in e.contrasts
        for size, p in curve_of(trial, c).items()
    ]
    header = ("endpoint", "comparison", "patients per arm", "trials", "power (95% interval)")
    return DataTable(header=header, rows=tuple(rows))
