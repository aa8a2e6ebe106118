"""How single patients changed: one bar each, the most improved first, per group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.result import FloatArray
from ketacourse.report.chart import Band, Chart, Drawing, Line, Mark, Threshold, Tone, draw
from ketacourse.report.scale import Axis, value_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_look import cut, looks, told
from ketacourse.report.trial_numbers import decimal, percent, whole
from ketacourse.report.view import DataTable
from ketacourse.report.wording import listing
from ketacourse.therapy.scales import scale
from ketacourse.trials.results import TrialResult
from ketacourse.trials.tally import LOWEST_PERCENT

_QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
_HIGHEST = 100.0  # a worsening beyond this is drawn at the edge (percent)
_HALF = 50.0
MOST_PATIENTS = 400
"""Most patients that are drawn of an arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """How single patients of an arm changed from day 0 to one visit.

    Attributes
    ----------
    percent_change
        Change (whole percent of the score on day 0; negative is better) in increasing
        order, at most `MOST_PATIENTS` evenly spaced ranks, shape (k,).
    n
        Number of patients among whom the ranks were taken.
    """

    scale: str
    day: float
    percent_change: FloatArray
    n: int


def waterfalls(result: TrialResult) -> dict[str, Waterfall]:
    """Return the change of patients in every arm, on the day and scale asked about first."""
    asked = [e for e in result.trial.endpoints if e.day is not None and e.measure != "survival"]
    name = asked[0].scale if asked else next(iter(result.trial.arms[0].scales), "")
    found = {}
    for arm in result.arms:
        course = arm.scores.get(name)
        if course is None or course.days.size < 2:
            continue
        day = asked[0].day if asked and asked[0].day is not None else float(course.days[-1])
        k = int(np.argmin(np.abs(course.days - day)))
        counts = course.percent_counts[k]
        if counts.any():
            found[arm.name] = Waterfall(
                scale=name, day=float(course.days[k]), percent_change=ranked(counts),
                n=int(counts.sum()),
            )  # fmt: skip
    return found


def ranked(counts: NDArray[np.int64]) -> FloatArray:
    """Return the changes at evenly spaced ranks of counts by whole percent.

    Examples
    --------
    >>> ranked(np.array([2, 0, 1])).tolist()
    [-100.0, -100.0, -98.0]
    """
    n = int(counts.sum())
    shown = min(n, MOST_PATIENTS)
    ranks = (2 * np.arange(shown) + 1) * n // (2 * shown)
    found = np.searchsorted(np.cumsum(counts), ranks, side="right")
    return np.asarray(found + LOWEST_PERCENT, dtype=float)


def waterfall_section(result: TrialResult) -> Section:
    """Return the section on the change of single patients."""
    found = waterfalls(result)
    if not found:
        return Section(key="patients", title="Patient by patient", intro="Nobody was rated again.")
    known = looks(result.trial.groups)
    y = _axis(list(found.values()))
    drawings = tuple(_panel(known[name].title, w, y) for name, w in found.items())
    first = next(iter(found.values()))
    caption = (
        "Each patient is one bar, the most improved to the left; where there are many, evenly "
        "spaced ranks stand for all. Green: response; blue: improved, but not by so much; "
        "orange: worse. "
        f"Rating alone moves an unchanged patient by a few points. Who was not rated on day "
        f"{first.day:g} is not shown."
    )
    figure = Figure(
        key="waterfall", reading=_reading(found), drawings=drawings, caption=caption, grades=(),
        table=_table(found),
    )  # fmt: skip
    return Section(
        key="patients",
        title="Patient by patient",
        intro="An average hides that some patients gain much and others nothing.",
        figures=(figure,),
    )


def response_line(found: Waterfall) -> float:
    """Return the percent change that counts as response on the scale of a waterfall."""
    fraction = scale(found.scale).response_fraction
    return -_HALF if fraction is None else -100.0 * fraction


def responded(found: Waterfall) -> float:
    """Return the share of the shown patients with a response (0 to 1)."""
    return float(np.mean(found.percent_change <= response_line(found)))


def worsened(found: Waterfall) -> float:
    """Return the share of the shown patients who score higher than before (0 to 1)."""
    return float(np.mean(found.percent_change > 0.0))


def _axis(all_of: Sequence[Waterfall]) -> Axis:
    high = max(min(float(w.percent_change.max()), _HIGHEST) for w in all_of)
    return value_axis("", -100.0, max(high, 25.0), most=6)


def _panel(title: str, found: Waterfall, y: Axis) -> Drawing:
    label = scale(found.scale).label
    line = response_line(found)
    edges, steps = _steps(found.percent_change)
    marks: list[Mark] = [Threshold(y=line, label=f"response: {decimal(line, 0)}%")]
    groups: tuple[tuple[float, float, Tone], ...] = (
        (-np.inf, line, "green"), (line, 0.0, "blue"), (0.0, np.inf, "vermillion"),
    )  # fmt: skip
    for low, high, tone in groups:
        inside = (steps > low) & (steps <= high)
        if inside.any():
            x, part = edges[inside], steps[inside]
            zero = np.zeros_like(part)
            marks.append(
                Band(x=x, lower=np.minimum(part, zero), upper=np.maximum(part, zero), tone=tone)
            )
            marks.append(Line(x=x, y=part, tone=tone, width=1.4))
    words = f"{percent(responded(found))} responded, {percent(worsened(found))} are worse"
    axis = Axis(
        label=f"change, %; {words}; n = {whole(found.n)}",
        lower=y.lower,
        upper=y.upper,
        ticks=y.ticks,
    )
    return draw(
        Chart(
            title=title, x=_ranks(), y=axis, marks=tuple(marks), height=230.0,
            description=(
                f"Change of the {label} of each patient of {title} from day 0 to day "
                f"{found.day:g}, in order: {words}."
            ),
        )
    )  # fmt: skip


def _ranks() -> Axis:
    ticks = tuple((float(v), str(v)) for v in (0, 25, 50, 75, 100))
    return Axis(label="patients, most improved first (%)", lower=0.0, upper=100.0, ticks=ticks)


def _steps(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both edges of each patient's bar (percent of patients), and its height."""
    edges = np.linspace(0.0, 100.0, values.size + 1)
    return np.repeat(edges, 2)[1:-1], np.repeat(values, 2)


def _reading(found: dict[str, Waterfall]) -> str:
    parts = [f"{percent(responded(w))} in {cut(name, 40)}" for name, w in told(found, responded)]
    first = next(iter(found.values()))
    line = decimal(-response_line(first), 0)
    return (
        f"The {scale(first.scale).label} of those rated on day {first.day:g} is lower by {line}% "
        f"or more for {listing(parts)}."
    )


def _table(found: dict[str, Waterfall]) -> DataTable:
    rows = []
    for name, item in found.items():
        q = [f"{decimal(float(v), 0)}%" for v in np.quantile(item.percent_change, _QUANTILES)]
        rows.append(
            (name, f"{item.day:g}", whole(item.n), *q, percent(responded(item)),
             percent(worsened(item)))
        )  # fmt: skip
    header = (
        "arm", "day", "rated", "5th percentile", "25th", "median", "75th", "95th", "response",
        "worse",
    )  # fmt: skip
    return DataTable(header=header, rows=tuple(rows))
