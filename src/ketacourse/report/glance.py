"""The answer at a glance: expected scores on key days, response, safety, milestones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ketacourse.course.result import Outcome, Series, Simulation
from ketacourse.report.chair_section import dissociation_reading, pressure_reading
from ketacourse.report.findings import finding_rows
from ketacourse.report.key_figures import KeyFigure, at, baseline, goals, key_days
from ketacourse.report.mood_section import goal_sentence, mood_reading
from ketacourse.report.shown import number, span
from ketacourse.report.view import DataTable
from ketacourse.report.wording import duration
from ketacourse.therapy.scales import scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The first page: what stops the plan, sentences, the table of key days, milestones."""

    alerts: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]
    table: DataTable
    milestones: tuple[tuple[str, str], ...]


def glance(simulation: Simulation) -> Glance:
    """Return what a reader who reads nothing else should see."""
    sentences: list[tuple[str, str]] = []
    series = simulation.series.get("madrs")
    horizon = float(simulation.times_h[-1]) / 24.0
    if series is not None:
        sentences.append(("Mood", mood_reading(simulation, series)))
        if series.control is not None:
            sentences.append(("Drug part", _gap_sentence(simulation, series)))
        told: dict[str, list[str]] = {}
        for goal in goals(simulation):
            told.setdefault(goal.name.capitalize(), []).append(
                goal_sentence(goal, horizon_day=horizon)
            )
        sentences.extend((name, " ".join(texts)) for name, texts in told.items())
    sentences.extend(("Chance", text) for text in _chances(simulation.outcomes))
    sentences.append(("Blood pressure", pressure_reading(simulation)))
    sentences.append(("Dissociation", dissociation_reading(simulation)))
    sentences.append(("Screening", _screening(simulation)))
    return Glance(
        alerts=_alerts(simulation),
        sentences=tuple((name, text) for name, text in sentences if text),
        table=_key_days(simulation, series),
        milestones=tuple(
            (day_words(m.day), m.text) for m in sorted(simulation.milestones, key=lambda m: m.day)
        ),
    )


def day_words(day: float) -> str:
    """Return a moment of the course in words.

    Examples
    --------
    >>> day_words(0.0), day_words(0.0278), day_words(0.5), day_words(3.0), day_words(-7.0)
    ('Day 0', '40 min', '12 h', 'Day 3', 'Day −7')
    """
    if 0.0 < day < 1.0:
        return duration(day * 24.0)
    return f"Day {number(round(day, 1))}"


def _alerts(simulation: Simulation) -> tuple[str, ...]:
    """Return what must be seen before any forecast: urgent findings and those that block."""
    return tuple(
        f"{row.word}: {row.title or row.code} ({row.code}). {row.statement}"
        for row in finding_rows(simulation)
        if row.stops
    )


def _screening(simulation: Simulation) -> str:
    counts = Counter(finding.severity for finding in simulation.findings)
    return (
        f"{counts['blocked']} blocking, {counts['caution']} to weigh, {counts['info']} for "
        "information; see the screening findings. Nothing found is not clearance to treat."
    )


def _gap_sentence(simulation: Simulation, series: Series) -> str:
    assert series.control is not None  # asked only where a control was run
    day = min(1.0, float(simulation.times_h[-1]) / 24.0)
    typical = at(simulation, series, day * 24.0, "", "")
    control = dict(series.curves())["control"]
    index = int(abs(simulation.times_h - day * 24.0).argmin())
    gap = float(control[index]) - typical.value
    if not gap >= 0.5:
        return "One day after the first dose the expected score is no lower than a control arm's."
    return (
        f"One day after the first dose the expected score is {number(gap, unit='points')} points "
        "lower than in a masked control arm; the rest of the fall is expectation, care and time."
    )


def _chances(outcomes: Sequence[Outcome]) -> list[str]:
    """Return one sentence per scale and outcome, with its chance day by day."""
    told: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in outcomes:
        told.setdefault((outcome.name, outcome.scale, outcome.definition), []).append(outcome)
    return [
        f"{name.capitalize()} on the {scale(key).label} ({definition}): "
        + ", ".join(f"{_share(o)} on day {o.day:g}" for o in group)
        + "."
        for (name, key, definition), group in told.items()
    ]


def _share(outcome: Outcome) -> str:
    text = f"{outcome.chance:.0%}"
    if outcome.lower is not None and outcome.upper is not None:
        text += f" ({span(f'{outcome.lower:.0%}', f'{outcome.upper:.0%}')})"
    return text


def _key_days(simulation: Simulation, series: Series | None) -> DataTable:
    if series is None:
        return DataTable(header=(), rows=())
    rules = scale("madrs")
    start = baseline(simulation, series)
    header = ["time", "expected MADRS", "band", "change"]
    if series.control is not None:
        header.append("masked control")
    header.append("in words")
    rows = []
    for day in key_days(simulation):
        value = at(simulation, series, day * 24.0, "", "")
        row = [day_words(day), number(value.value, unit="points")]
        row.append(_band_words(value))
        row.append(number(value.value - start, unit="points"))
        if series.control is not None:
            control = at(simulation, _as_typical(series), day * 24.0, "", "")
            row.append(number(control.value, unit="points"))
        band = rules.band(min(max(value.value, rules.minimum), rules.maximum))
        words = [band.label] if band else []
        if rules.is_response(value.value, baseline=start):
            words.append("response")
        if rules.is_remission(value.value):
            words.append("remission")
        row.append(", ".join(words))
        rows.append(tuple(row))
    return DataTable(header=tuple(header), rows=tuple(rows))


def _band_words(value: KeyFigure) -> str:
    if value.lower is None or value.upper is None:
        return "none"
    low, high = (number(v, unit="points") for v in (value.lower, value.upper))
    return low if low == high else span(low, high)


def _as_typical(series: Series) -> Series:
    assert series.control is not None  # asked only where a control was run
    return Series(
        name=series.name, label=series.label, unit=series.unit, stage=series.stage,
        grade=series.grade, typical=series.control,
    )  # fmt: skip
