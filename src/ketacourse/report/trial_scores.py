"""Scores of the groups over time: medians together, then each group with its bands."""

from collections.abc import Mapping
from dataclasses import replace

from ketacourse.report.chart import Band, Chart, Drawing, Events, Line, Mark, Threshold, draw
from ketacourse.report.scale import DAY_STEPS, Axis, time_axis, value_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.shown import span
from ketacourse.report.trial_assumptions import band_contains
from ketacourse.report.trial_look import Look, cut, key, labels, looks, told
from ketacourse.report.trial_numbers import decimal, mean_estimate, points_words, whole
from ketacourse.report.view import DataTable
from ketacourse.report.wording import listing
from ketacourse.therapy.scales import scale
from ketacourse.trials.arm_summary import ScoreCourse
from ketacourse.trials.design import Arm
from ketacourse.trials.results import TrialResult

Courses = Mapping[str, ScoreCourse]
"""Name of a group to its scores on one scale."""

_MEDIAN = 2  # position of the median in the kept quantiles


def scores_section(result: TrialResult) -> Section:
    """Return the section on scores over time, one pair of figures per scale."""
    figures: list[Figure] = []
    for name in scales_of(result):
        courses = _courses(result, name)
        figures += [_together(result, name, courses), _apart(result, name, courses)]
    return Section(
        key="scores",
        title="Scores by visit",
        intro="" if figures else "No score was rated after day 0.",
        figures=tuple(figures),
    )


def scales_of(result: TrialResult) -> tuple[str, ...]:
    """Return the scales that were rated after day 0, in the order of the arms."""
    found = [c.scale for arm in result.arms for c in arm.scores.values() if c.days.size > 1]
    return tuple(dict.fromkeys(found))


def _courses(result: TrialResult, name: str) -> Courses:
    """Return the visits of every arm at which somebody was rated on a scale."""
    found = {arm.name: arm.scores[name] for arm in result.arms if name in arm.scores}
    return {arm: _seen(course) for arm, course in found.items() if course.n.any()}


def _seen(course: ScoreCourse) -> ScoreCourse:
    kept = course.n > 0
    arrays = {
        field: getattr(course, field)[kept]
        for field in ("days", "n", "mean", "sd", "quantiles", "change_mean", "change_sd")
    }
    return replace(course, **arrays)


def _axes(name: str, courses: Courses, *, top: int) -> tuple[Axis, Axis]:
    """Return axes that hold every group: ``top`` is the position of the highest quantile."""
    end = max(float(course.days[-1]) for course in courses.values())
    high = max(float(course.quantiles[:, top].max()) for course in courses.values())
    y = value_axis(f"{scale(name).label}, points", 0.0, max(1.06 * high, 1.0))
    return time_axis("days from the first dose", 0.0, end, DAY_STEPS), y


def _lines(name: str) -> list[Mark]:
    limit = scale(name).remission_max
    if limit is None:
        return []
    return [Threshold(y=limit, label=f"remission: {limit:g} or less")]


def _together(result: TrialResult, name: str, courses: Courses) -> Figure:
    reading = _reading(name, courses)
    known = [look for look in looks(result.trial.groups).values() if look.name in courses]
    x, y = _axes(name, courses, top=_MEDIAN)
    drawings = []
    for width, height, most in ((860.0, 380.0, 30), (350.0, 300.0, 10)):
        marks = _lines(name)
        for look, text in zip(known, labels(known, most), strict=True):
            course = courses[look.name]
            marks.append(
                Line(
                    x=course.days, y=course.quantiles[:, _MEDIAN], tone=look.tone, dash=look.dash,
                    label=text, width=2.2,
                )
            )  # fmt: skip
        chart = Chart(
            title=f"Median {scale(name).label} by arm", x=x, y=y, marks=tuple(marks),
            description=f"Median {scale(name).label} of each group by day. {reading}",
            width=width, height=height,
        )  # fmt: skip
        drawings.append(draw(chart))
    return Figure(
        key=f"medians-{name}", reading=reading, drawings=(drawings[0],), narrow=(drawings[1],),
        wide=True, grades=(), table=_median_table(name, courses),
        caption=f"Lines: median of those rated at each visit. {key(known)}.",
    )  # fmt: skip


def _reading(name: str, courses: Courses) -> str:
    """Return where the medians end, in one sentence."""
    named = told(courses, lambda course: float(course.quantiles[-1, _MEDIAN]))
    lead = "The median" if len(named) == len(courses) else "From lowest to highest, the median"
    parts = [
        f"{decimal(course.quantiles[-1, _MEDIAN], 0)} on day {course.days[-1]:g} in {cut(arm, 40)} "
        f"(from {decimal(course.quantiles[0, _MEDIAN], 0)})"
        for arm, course in named
    ]
    return f"{lead} {scale(name).label} is {listing(parts)}."


def _apart(result: TrialResult, name: str, courses: Courses) -> Figure:
    known = looks(result.trial.groups)
    x, y = _axes(name, courses, top=4)
    drawings = tuple(
        _panel(arm, known[arm.name], courses[arm.name], x, y)
        for arm in result.trial.arms
        if arm.name in courses
    )
    caption = (
        "Line: median patient. Darker band: the middle half of the patients; lighter band: 5th "
        f"to 95th percentile. The bands contain {band_contains(result.trial)}. Only those rated "
        "at a visit are in it: who leaves earlier is not carried on."
    )
    if result.trial.rerandomise is not None:
        caption += (
            f" After day {result.trial.rerandomise.day:g} it shows those dealt again, over all "
            "branches."
        )
    caption += (
        " Under the axis, dark triangles: drug sessions; grey triangles: control sessions; "
        "circles: therapy sessions."
    )
    return Figure(
        key=f"bands-{name}", reading=_spread_reading(name, courses), drawings=drawings,
        caption=caption, grades=(), table=score_table(courses),
    )  # fmt: skip


def _spread_reading(name: str, courses: Courses) -> str:
    parts = []
    for arm, course in told(courses, lambda each: float(each.quantiles[-1, _MEDIAN])):
        edges = span(decimal(course.quantiles[-1, 0], 0), decimal(course.quantiles[-1, 4], 0))
        parts.append(f"{edges} in {cut(arm, 40)}")
    return f"At the last visit nine patients in ten have a {scale(name).label} of {listing(parts)}."


def _panel(arm: Arm, look: Look, course: ScoreCourse, x: Axis, y: Axis) -> Drawing:
    marks: list[Mark] = _lines(course.scale)
    for low, high in ((0, 4), (1, 3)):
        lower, upper = course.quantiles[:, low], course.quantiles[:, high]
        marks.append(Band(x=course.days, lower=lower, upper=upper, tone=look.tone))
    middle = course.quantiles[:, _MEDIAN]
    marks.append(Line(x=course.days, y=middle, tone=look.tone, width=2.2))
    marks += _sessions(arm)
    seen = f"n = {whole(int(course.n[0]))}; {whole(int(course.n[-1]))} at the end"
    last = ", ".join(decimal(q, 0) for q in course.quantiles[-1])
    return draw(
        Chart(
            title=look.title, x=x, y=replace(y, label=f"{y.label}; {seen}"), marks=tuple(marks),
            height=250.0,
            description=(
                f"{scale(course.scale).label} of {arm.name} by day: median with bands. On day "
                f"{course.days[-1]:g} the 5th, 25th, 50th, 75th and 95th percentile are {last}; "
                f"{seen}."
            ),
        )
    )  # fmt: skip


def _sessions(arm: Arm) -> list[Events]:
    drug = tuple(s.day for s in arm.sessions if s.dose is not None)
    sham = tuple(s.day for s in arm.sessions if s.dose is None)
    care = tuple(t.day for t in arm.therapy)
    found = []
    if drug:
        found.append(Events(x=drug, tone="ink", shape="triangle", label="drug session"))
    if sham:
        found.append(Events(x=sham, tone="muted", shape="triangle", label="control session"))
    if care:
        found.append(Events(x=care, tone="purple", shape="circle", label="therapy session"))
    return found


def _median_table(name: str, courses: Courses) -> DataTable:
    days = sorted({float(day) for course in courses.values() for day in course.days})
    rows = []
    for day in days:
        medians = [course.quantiles[course.days == day, _MEDIAN] for course in courses.values()]
        rows.append((f"{day:g}", *(decimal(float(m[0])) if m.size else "–" for m in medians)))
    label = scale(name).label
    return DataTable(header=("day", *(f"{arm}, {label}" for arm in courses)), rows=tuple(rows))


def score_table(courses: Courses) -> DataTable:
    """Return quantiles, means and changes of some courses, one row per arm and visit."""
    rows = []
    for arm, course in courses.items():
        for k, day in enumerate(course.days):
            n = int(course.n[k])
            q = [decimal(v, 0) for v in course.quantiles[k]]
            mean = mean_estimate(n, course.mean[k], course.sd[k])
            change = mean_estimate(n, course.change_mean[k], course.change_sd[k])
            rows.append(
                (
                    arm, f"{day:g}", whole(n), q[_MEDIAN], span(q[1], q[3]), span(q[0], q[4]),
                    points_words(mean), points_words(change) if day > 0.0 else "–",
                )
            )  # fmt: skip
    header = (
        "arm", "day", "rated", "median", "25th to 75th", "5th to 95th", "mean (95% interval)",
        "mean change (95% interval)",
    )  # fmt: skip
    return DataTable(header=header, rows=tuple(rows))
