"""Published courses of scores beside the ones that were predicted without them."""

from collections.abc import Sequence

import numpy as np

from ketacourse.course.validation_predictive import Predicted
from ketacourse.course.validation_rows import TestRow
from ketacourse.report.chart import Band, Chart, Dots, Drawing, Line, draw
from ketacourse.report.scale import Axis, value_axis
from ketacourse.report.section import Figure
from ketacourse.report.shown import number
from ketacourse.report.trial_look import cut
from ketacourse.report.validation_words import plain
from ketacourse.report.view import DataTable

Judged = Sequence[tuple[TestRow, Predicted]]

FEWEST = 3
"""Times of one arm from which a course is drawn."""
TICKS = (
    (1 / 24, "1 h"),
    (0.25, "6 h"),
    (1.0, "1 d"),
    (7.0, "7 d"),
    (28.0, "28 d"),
    (180.0, "180 d"),
)


def courses_figure(judged: Judged) -> Figure | None:
    """Return published and predicted changes over time, one chart per arm, or None."""
    arms: dict[tuple[str, str], list[tuple[TestRow, Predicted]]] = {}
    for row, found in judged:
        told = row.outcome == "change" or (row.outcome == "score" and row.baseline)
        if told and row.time_days and row.time_days > 0.0:
            arms.setdefault((row.study, _arm(row)), []).append((row, found))
    kept = {
        key: rows for key, rows in arms.items() if len({r.time_days for r, _ in rows}) >= FEWEST
    }
    if not kept:
        return None
    ends = [v for rows in kept.values() for r, p in rows for v in _numbers(r, p)]
    axis = value_axis("change in MADRS (points)", min(ends), max(0.0, *ends))
    last = max(r.time_days or 0.0 for rows in kept.values() for r, _ in rows)
    days = Axis(
        label="time from the first dose", lower=1 / 24, upper=max(last, 2.0), log=True,
        ticks=tuple((v, text) for v, text in TICKS if v <= max(last, 2.0)),
    )  # fmt: skip
    return Figure(
        key="courses",
        reading="The same over time, for arms that were rated at three times or more.",
        drawings=tuple(_drawn(study, arm, rows, days, axis) for (study, arm), rows in kept.items()),
        caption="Dots: published mean change from baseline; line and band: prediction from the "
        "other studies with its 90% interval (parameters, variants, differences between studies, "
        "sampling and measurement).",
        grades=(),
        table=DataTable(
            header=("study", "arm", "day", "published", "predicted", "90% interval"),
            rows=tuple(
                (study, arm, f"{r.time_days:g}", *(number(v) for v in _numbers(r, p)[:2]),
                 " to ".join(number(v) for v in _numbers(r, p)[2:]))
                for (study, arm), rows in kept.items()
                for r, p in rows
            ),
        ),
    )  # fmt: skip


def _arm(row: TestRow) -> str:
    given = f"{row.drug} {row.dose}" if row.control == "drug" else row.control
    return plain(f"{given}, {row.sessions} sessions" if row.sessions > 1 else given)


def _numbers(row: TestRow, found: Predicted) -> tuple[float, float, float, float]:
    """Return published, predicted, low and high as changes from baseline."""
    base = (row.baseline or 0.0) if row.outcome == "score" else 0.0
    return row.value - base, found.centre - base, found.low - base, found.high - base


def _drawn(study: str, arm: str, rows: Judged, days: Axis, axis: Axis) -> Drawing:
    ordered = sorted(rows, key=lambda pair: pair[0].time_days or 0.0)
    at = np.array([r.time_days or 0.0 for r, _ in ordered])
    told, middle, low, high = np.array([_numbers(r, p) for r, p in ordered]).T
    dots = Dots(x=tuple(at.tolist()), y=tuple(told.tolist()), label="published")
    return draw(
        Chart(
            title=cut(f"{study}: {arm}", 46), x=days, y=axis,
            marks=(
                Band(x=at, lower=low, upper=high),
                Line(x=at, y=middle, label="", tone="blue"),
                dots,
            ),
            description=f"{study}, {arm}: published and predicted change in MADRS over time.",
        )
    )  # fmt: skip
