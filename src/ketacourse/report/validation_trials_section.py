"""Sections on the trials: errors, predicted against published, coverage, residuals."""

import math

import numpy as np

from ketacourse.course.validation import Validation, Way
from ketacourse.course.validation_checks import BINS, Residual, Share
from ketacourse.course.validation_predictive import Predicted
from ketacourse.course.validation_rows import TestRow
from ketacourse.report.chart import Drawing
from ketacourse.report.scale import value_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.shown import number, span
from ketacourse.report.validation_courses import courses_figure
from ketacourse.report.validation_rows_chart import DotChart, DotLine, axis_of, draw_rows
from ketacourse.report.validation_scatter import Spot, draw_histogram, draw_scatter
from ketacourse.report.validation_words import (
    OUTCOME_TONE,
    arm_words,
    interval_words,
    plain,
    value_words,
)
from ketacourse.report.view import DataTable

Judged = list[tuple[TestRow, Predicted]]
LEAST_OFF = 0.5  # mean deviate from which a group is named as off


def judged_rows(found: Validation) -> Judged:
    """Return the rows that have a prediction."""
    return [(r, p) for r, p in zip(found.rows, found.held_out, strict=True) if p is not None]


def rows_figure(
    key: str, reading: str, caption: str, table: DataTable, charts: list[DotChart]
) -> Figure:
    """Return a figure of rows, drawn for wide and for narrow screens."""
    return Figure(
        key=key, reading=reading, caption=caption, grades=(), table=table, wide=True,
        drawings=tuple(draw_rows(c, wide=True) for c in charts),
        narrow=tuple(draw_rows(c, wide=False) for c in charts),
    )  # fmt: skip


def errors_section(found: Validation) -> Section:
    """Return how far off the model and the plain predictions are."""
    ours, plain_mean, curve = (w.errors for w in found.ways[:3])
    best = min(found.ways[3:], key=lambda w: w.errors.points, default=None)
    text = (
        f"Scores are missed by {number(ours.points)} points (root mean square), by "
        f"{number(plain_mean.points)} with the mean of other studies and by "
        f"{number(curve.points)} with a curve of two exponentials; rates by "
        f"{number(ours.rate)} percentage points on average, {number(plain_mean.rate)} with the "
        "mean of other studies."
    )
    table = DataTable(
        header=(
            "prediction", "scores: RMSE (points)", "response and remission: mean error (points)",
            "free of relapse: mean error (points)",
        ),
        rows=tuple(_way_row(w) for w in found.ways),
    )  # fmt: skip
    charts = [
        _ways_chart(found, "Scores and changes", "root-mean-square error (MADRS points)",
                    [w.errors.points for w in found.ways]),
        _ways_chart(found, "Response and remission", "mean absolute error (percentage points)",
                    [w.errors.rate for w in found.ways]),
    ]  # fmt: skip
    intro = (
        "Each study is predicted from a fit that has not seen it, nor any study that shares "
        "patients with it. The plain predictions are made from the same other studies. A "
        "single variant is the best one only in hindsight"
        + (f" ({best.name.removeprefix('variant ')} for scores)." if best else ".")
    )
    return Section(
        key="errors", title="Is it better than simple predictions?", intro=intro,
        figures=(
            rows_figure(
                "errors", text,
                f"Lower is better. {ours.n_points} rows of scores, {ours.n_rate} of response and "
                f"remission, {ours.n_relapse} of relapse.", table, charts,
            ),
        ),
    )  # fmt: skip


def _way_row(w: Way) -> tuple[str, ...]:
    e = w.errors
    return (w.name, f"{e.points:.2f}", f"{e.rate:.1f}", f"{e.relapse:.1f}")


def _ways_chart(found: Validation, title: str, unit: str, values: list[float]) -> DotChart:
    rows = tuple(
        DotLine(
            label=w.name, value=v, low=0.0, high=v, words=number(v),
            tone="blue" if k == 0 else "muted" if k > 2 else "orange",
        )
        for k, (w, v) in enumerate(zip(found.ways, values, strict=True))
        if math.isfinite(v)
    )  # fmt: skip
    return DotChart(title=title, unit=unit, rows=rows, axis=axis_of(unit, rows, 0.0))


def predicted_section(found: Validation) -> Section:
    """Return predicted against published, every row."""
    judged = judged_rows(found)
    drawings = [d for d in (_scores(judged), _rates(judged)) if d is not None]
    outside = [(r, p) for r, p in judged if not p.inside]
    return Section(
        key="predicted", title="Predicted and published, each study left out",
        intro=f"{interval_words()}. A ring marks a row whose interval misses the published value.",
        figures=tuple(
            f
            for f in (
            Figure(
                key="predicted",
                reading=f"{len(judged) - len(outside)} of {len(judged)} published values lie in "
                "their 90% interval.",
                drawings=tuple(drawings),
                caption="On the line, prediction and publication agree.", grades=(),
                table=rows_table(judged),
            ),
            courses_figure(judged),
            )
            if f is not None
        ),
    )  # fmt: skip


def rows_table(judged: Judged) -> DataTable:
    """Return every predicted row."""
    return DataTable(
        header=("row", "arm", "outcome", "n", "published", "predicted", "90% interval", ""),
        rows=tuple(
            (
                r.row_id, arm_words(r), f"{plain(r.outcome)}, {r.scale}", str(r.n),
                value_words(r, r.value), value_words(r, p.centre),
                span(number(p.low), number(p.high)), "" if p.inside else "outside",
            )
            for r, p in judged
        ),
    )  # fmt: skip


def _scores(judged: Judged) -> Drawing | None:
    # Scores are shown as changes, so that one axis holds them all.
    shown = [
        (r, p) for r, p in judged if r.kind == "points" and (r.outcome != "score" or r.baseline)
    ]
    spots = [_spot(r, p, (r.baseline or 0.0) if r.outcome == "score" else 0.0) for r, p in shown]
    if not spots:
        return None
    ends = [v for s in spots for v in (s.x, s.y)]
    axis = value_axis("change", min(ends) - 3.0, max(*ends, 0.0) + 3.0)
    return draw_scatter(
        "Scores, as change from baseline", "(MADRS points)", spots, axis,
        [("blue", "score"), ("orange", "change")],
    )  # fmt: skip


def _rates(judged: Judged) -> Drawing | None:
    spots = [_spot(r, p, 0.0) for r, p in judged if r.kind == "rate"]
    if not spots:
        return None
    return draw_scatter(
        "Rates", "(percent)", spots, value_axis("percent", 0.0, 100.0),
        [("blue", "response"), ("orange", "remission"), ("purple", "free of relapse")],
    )  # fmt: skip


def _spot(r: TestRow, p: Predicted, base: float) -> Spot:
    return Spot(
        x=r.value - base, y=p.centre - base, low=p.low - base, high=p.high - base,
        inside=p.inside, tone=OUTCOME_TONE.get(r.outcome, "ink"),
        name=f"{r.row_id}: {arm_words(r)}; published {value_words(r, r.value)}, predicted "
        f"{value_words(r, p.centre)}",
    )  # fmt: skip


def coverage_section(found: Validation) -> Section:
    """Return whether the intervals hold what they promise."""
    whole, outcomes, studies = found.coverage
    n = whole.n
    share = n / BINS
    half = 1.645 * math.sqrt(n * (1 / BINS) * (1 - 1 / BINS))
    lines = [_share_line(whole)]
    lines += [DotLine(label="by outcome"), *(_share_line(s) for s in outcomes)]
    lines += [DotLine(label="by study"), *(_share_line(s) for s in studies)]
    chart = DotChart(
        title="Published values inside their 90% interval", unit="percent of rows",
        rows=tuple(lines), axis=value_axis("percent", 0.0, 100.0), zone=(85.0, 95.0), null=90.0,
        about="Shaded: 85 to 95%.",
    )  # fmt: skip
    table = DataTable(
        header=("rows", "inside", "of", "share", "95% interval"),
        rows=tuple(
            (s.label, str(s.inside), str(s.n), f"{s.share:.0%}", f"{s.low:.0%} to {s.high:.0%}")
            for s in (whole, *outcomes, *studies)
        ),
    )
    histogram = draw_histogram(
        "Where published values lie in their prediction", found.transform.tolist(),
        (max(share - half, 0.0), share + half), "Flat is right.",
    )  # fmt: skip
    return Section(
        key="coverage", title="Do the intervals hold what they promise?",
        intro="Of 90% intervals nine in ten should contain the published value: fewer is "
        "overconfidence, more is no information. Rows of one study hang together, so the "
        "intervals here are too narrow for groups of few studies.",
        figures=(
            rows_figure(
                "coverage", f"{whole.share:.0%} of {n} rows lie inside ({whole.low:.0%} to "
                f"{whole.high:.0%}).",
                "Dots: share of rows; lines: 95% interval of the share; shaded: 85 to 95%.",
                table, [chart],
            ),
            Figure(
                key="transform", reading=_transform_words(found), drawings=(histogram,),
                caption="Each row's published value as the share of its predicted distribution "
                "that lies below it (probability integral transform). Flat: the predictions are "
                "right on average and in spread; a heap in the middle: too wide; heaps at the "
                "ends: too narrow; a slope: biased. Shaded: 90% of what chance gives for "
                "independent rows.",
                grades=(),
                table=DataTable(
                    header=("from", "to", "rows"),
                    rows=tuple(
                        (f"{k / BINS:g}", f"{(k + 1) / BINS:g}", f"{c:g}")
                        for k, c in enumerate(found.transform)
                    ),
                ),
            ),
        ),
    )  # fmt: skip


def _share_line(s: Share) -> DotLine:
    return DotLine(
        label=plain(s.label), value=100.0 * s.share, low=100.0 * s.low, high=100.0 * s.high,
        words=f"{s.inside} of {s.n}",
        tone="blue" if s.share >= 0.85 or s.high >= 0.9 else "vermillion",
    )  # fmt: skip


def _transform_words(found: Validation) -> str:
    counts = found.transform
    total = counts.sum()
    upper = counts[BINS // 2 :].sum() / total
    ends = (counts[0] + counts[-1]) / total
    lean = (
        "published values lie high and low alike" if abs(upper - 0.5) < 0.1
        else f"{upper:.0%} of published values lie in the upper half of their prediction"
    )  # fmt: skip
    return f"{lean[0].upper()}{lean[1:]}; {ends:.0%} lie in the outermost tenths (20% expected)."


def residuals_section(found: Validation) -> Section:
    """Return where the model is off, by time, arm, route, dose and setting."""
    lines: list[DotLine] = []
    for by in dict.fromkeys(r.by for r in found.residuals):
        lines.append(DotLine(label=f"by {by}"))
        lines += [_residual_line(r) for r in found.residuals if r.by == by]
    chart = DotChart(
        title="Published less predicted, in units of the predicted spread",
        unit="left: patients did worse than predicted; right: better", rows=tuple(lines),
        axis=axis_of("standard deviations", lines, -1.0, 1.0), null=0.0, zone=(-0.5, 0.5),
    )  # fmt: skip
    off = [r for r in found.residuals if abs(r.mean) > LEAST_OFF and r.studies > 1
           and not r.low <= 0.0 <= r.high]  # fmt: skip
    named = "; ".join(
        f"{plain(r.label)} ({r.by}, {r.studies} studies, {number(r.mean, signed=True)})"
        for r in off
    )
    reading = (
        f"Off beyond chance: {named}."
        if off
        else "No group of two studies or more is off beyond chance."
    )
    table = DataTable(
        header=("by", "group", "rows", "studies", "mean deviate", "90% interval",
                "mean published less predicted"),
        rows=tuple(
            (
                r.by, plain(r.label), str(r.n), str(r.studies), f"{r.mean:+.2f}",
                f"{r.low:+.2f} to {r.high:+.2f}",
                f"{r.error:+.1f} {'points' if r.kind == 'points' else '% points'}"
                if math.isfinite(r.error) else "",
            )
            for r in found.residuals
        ),
    )  # fmt: skip
    return Section(
        key="residuals", title="Where is it off?",
        intro="Mean over studies of how much better or worse patients did than predicted, each "
        "row in units of its own predicted spread. Dots right of the line: patients did better.",
        figures=(
            rows_figure(
                "residuals", reading,
                "Dots: mean over studies; lines: 90% interval, studies taken as independent; "
                "shaded: within half a standard deviation.", table, [chart],
            ),
        ),
    )  # fmt: skip


def _residual_line(r: Residual) -> DotLine:
    clear = r.low <= 0.0 <= r.high or abs(r.mean) <= LEAST_OFF
    return DotLine(
        label=plain(r.label), value=r.mean, low=r.low, high=r.high,
        words=f"{r.n} rows, {r.studies} {'study' if r.studies == 1 else 'studies'}",
        tone="blue" if clear else "vermillion",
    )  # fmt: skip


def replicated_section(found: Validation) -> Section:
    """Return whether the fitted model gives tables like the one it was fitted to."""
    extreme = [c for c in found.replicated if not 0.05 <= c.p <= 0.95]
    lines = tuple(
        DotLine(
            label=c.label, value=float(np.clip(c.p, 0.0, 1.0)), words=f"p {c.p:.2f}",
            tone="vermillion" if c in extreme else "blue",
        )
        for c in found.replicated
    )  # fmt: skip
    chart = DotChart(
        title="Share of simulated tables with as much or more",
        unit="near 0 or 1: not like the data",
        rows=lines, axis=value_axis("share", 0.0, 1.0), zone=(0.05, 0.95),
    )  # fmt: skip
    table = DataTable(
        header=("property", "published", "simulated (90%)", "p"),
        rows=tuple(
            (c.label, number(c.observed), f"{number(c.low)} to {number(c.high)}", f"{c.p:.2f}")
            for c in found.replicated
        ),
    )
    text = (
        "Every property of the published table is one that the fitted model produces."
        if not extreme
        else f"Not produced by the fitted model: {'; '.join(c.label for c in extreme)}."
    )  # fmt: skip
    return Section(
        key="replicated", title="Posterior predictive checks",
        intro="Here the model has seen the data: tables like the published one are simulated "
        "from the shipped posterior and compared with it. A failure here is a fault of the "
        "model's form, not of generalisation.",
        figures=(rows_figure("replicated", text, "Shaded: 5 to 95%.", table, [chart]),),
    )  # fmt: skip
