"""Sections on concentrations, side effects and pooled estimates."""

import math
from collections.abc import Sequence

from ketacourse.course.concentrations import ConcentrationComparison
from ketacourse.course.validation import Validation
from ketacourse.course.validation_safety import SafetyRow
from ketacourse.report.scale import Axis, value_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.shown import number, span
from ketacourse.report.validation_rows_chart import DotChart, DotLine
from ketacourse.report.validation_trials_section import rows_figure
from ketacourse.report.validation_words import plain
from ketacourse.report.view import DataTable

_RATIOS = (0.2, 0.33, 0.5, 0.8, 1.0, 1.25, 2.0, 3.0, 5.0)


def concentrations_section(found: Validation) -> Section:
    """Return the concentrations by analyte and route."""
    groups = sorted(found.agreement, key=lambda g: (not g.test, g.analyte, g.route))
    lines: list[DotLine] = []
    for test, words in (
        (True, "not used to make the model"),
        (False, "used to make it (in sample)"),
    ):
        lines.append(DotLine(label=words))
        lines += [
            DotLine(
                label=f"{g.analyte}, {plain(g.route)}", value=g.ratio,
                words=f"{g.ratio:.2f}, {g.twofold:.0%} within 2-fold, n {g.n}"
                + (", contested" if g.contested else ""),
                tone="muted" if g.contested else "blue" if g.agrees else "vermillion",
            )
            for g in groups
            if g.test == test
        ]  # fmt: skip
    axis = Axis(
        label="ratio", lower=0.2, upper=5.0, log=True,
        ticks=tuple((v, f"{v:g}") for v in _RATIOS),
    )  # fmt: skip
    chart = DotChart(
        title="Predicted over published concentration", unit="geometric mean ratio",
        rows=tuple(lines), axis=axis, zone=(0.8, 1.25), null=1.0,
    )  # fmt: skip
    scored = [c for c in found.concentrations if c.ratio is not None]
    fresh = [c for c in scored if not c.in_sample]

    def within(rows: Sequence[ConcentrationComparison]) -> str:
        return f"{sum(0.5 <= (c.ratio or 0.0) <= 2.0 for c in rows)} of {len(rows)}"

    table = DataTable(
        header=("row", "analyte", "what", "published", "predicted", "ratio", "status"),
        rows=tuple(
            (
                c.observation.row_id, c.observation.analyte,
                f"{c.observation.metric}"
                + ("" if c.observation.time_h is None else f" at {c.observation.time_h:g} h")
                + f", {plain(c.observation.route)}",
                f"{c.observation.value.text} {c.observation.unit}",
                "" if c.predicted is None else number(c.predicted),
                "" if c.ratio is None else f"{c.ratio:.2f}",
                ("in sample" if c.in_sample else "test") if c.ratio is not None else c.status,
            )
            for c in found.concentrations
        ),
    )  # fmt: skip
    contested = sorted({g.contested for g in groups if g.contested})
    return Section(
        key="concentrations", title="Concentrations",
        intro="Most published concentrations were used, by their authors, to make the "
        "pharmacokinetic models this program takes over; they are shown apart. No interval: the "
        "prediction is for a typical person.",
        figures=(
            rows_figure(
                "concentrations",
                f"{within(scored)} scored concentrations lie within two-fold; of those that no "
                f"model was made from, {within(fresh)}.",
                "Shaded: 0.8 to 1.25. Grey: contested, not judged"
                + (f" ({'; '.join(contested)})." if contested else "."),
                table, [chart],
            ),
        ),
    )  # fmt: skip


def safety_section(found: Validation) -> Section:
    """Return the side effects: means, and shares above a level."""
    scored = [r for r in found.safety if r.scored]
    inside = sum(r.inside for r in scored)
    figures = []
    for key, title, chosen in (
        ("means", "Means", [r for r in scored if _group(r) == "means"]),
        ("tails", "Shares of patients or sessions", [r for r in scored if _group(r) == "tails"]),
        ("times", "Times", [r for r in scored if _group(r) == "times"]),
    ):  # fmt: skip
        if not chosen:
            continue
        lines = tuple(
            DotLine(
                label=f"{plain(r.quantity)} ({r.source})",
                value=r.prediction.predicted,
                low=r.prediction.low,
                high=r.prediction.high,
                second=r.observed,
                words=f"published {r.text}, predicted {number(r.prediction.predicted or 0.0)}",
                tone="blue" if r.inside else "vermillion",
            )
            for r in chosen
        )
        ends = [v for line in lines for v in (line.high, line.second) if v is not None]
        unit = {
            "means": "mmHg, beats per minute, points", "tails": "percent", "times": "minutes",
        }[key]  # fmt: skip
        chart = DotChart(
            title=title, unit=unit, rows=lines, axis=value_axis(unit, 0.0, max(ends), most=6)
        )
        higher = sum((r.prediction.predicted or 0.0) > (r.observed or 0.0) for r in chosen)
        figures.append(
            rows_figure(
                f"safety-{key}",
                f"{title}: {sum(r.inside for r in chosen)} of {len(chosen)} lie in their "
                f"interval; {higher} of {len(chosen)} are predicted higher than published.",
                "Dot: predicted; cross: published; line: 90% interval (parameters, differences "
                "between studies, sampling of the published number of patients).",
                _safety_table(found, key), [chart],
            )
        )  # fmt: skip
    unsupported = sum(r.prediction.predicted is None for r in found.safety)
    return Section(
        key="safety", title="Pressure, dissociation and other effects in the chair",
        intro=f"{inside} of {len(scored)} published numbers lie in their 90% interval. "
        f"{unsupported} of {len(found.safety)} rows have no counterpart in the model, such as "
        "spontaneously reported events; the table of rows says why. Rows that served the "
        "calibration are predicted without their own study, to first order. The figures of the "
        "margins are not: the whole fit holds the label that the tail of pressure is judged by, "
        "and without it that figure misses its margin (below 2 percent). Studies by vein and by "
        "nose pull the tail apart, and left-out shares are predicted worse than by the priors.",
        figures=tuple(figures),
    )  # fmt: skip


def _group(row: SafetyRow) -> str:
    if row.unit.startswith("percent"):
        return "tails"
    if row.unit == "min":
        return "times"
    return "means" if row.unit.lower().startswith(("mmhg", "bpm", "point", "score")) else "other"


def _safety_table(found: Validation, key: str) -> DataTable:
    wanted = [
        r for r in found.safety if _group(r) == key or (key == "means" and _group(r) == "other")
    ]
    return DataTable(
        header=("row", "who", "what", "published", "predicted", "90% interval", "status"),
        rows=tuple(
            (
                r.row_id, r.population, f"{plain(r.quantity)} ({plain(r.unit)})", r.text,
                "" if r.prediction.predicted is None else number(r.prediction.predicted),
                "" if r.prediction.low is None or r.prediction.high is None
                else span(number(r.prediction.low), number(r.prediction.high)),
                r.prediction.status if r.seen else "recalled, not read: not scored",
            )
            for r in wanted
        ),
    )  # fmt: skip


def pooled_section(found: Validation) -> Section:
    """Return what meta-analyses report beside the model, apart from every test."""
    told = [p for p in found.pooled if p.inside is not None]
    rows = tuple(
        (
            p.row_id,
            p.what,
            plain(p.metric),
            p.value,
            "" if p.low is None or p.high is None else f"{p.low:g} to {p.high:g}",
            "" if p.predicted is None or not math.isfinite(p.predicted) else number(p.predicted),
            "" if p.inside is None else "inside" if p.inside else "outside",
        )
        for p in found.pooled
    )
    table = DataTable(
        header=("row", "what", "measure", "published", "interval", "predicted", ""), rows=rows
    )
    lines = tuple(
        DotLine(
            label=f"{p.what}",
            value=p.predicted,
            low=p.low,
            high=p.high,
            words=f"{plain(p.metric)}: predicted {number(p.predicted or 0.0)}, published {p.value}",
            tone="blue" if p.inside else "vermillion",
        )
        for p in told
        if p.metric in ("cohen_d", "hedges_g", "smd", "mean_difference")
    )
    figures: tuple[Figure, ...] = ()
    if lines:
        ends = [v for line in lines for v in (line.low, line.high, line.value) if v is not None]
        chart = DotChart(
            title="Pooled differences between arms", unit="standard deviations, or points",
            rows=lines, axis=value_axis("difference", min(ends), max(0.0, *ends), most=6), null=0.0,
        )  # fmt: skip
        figures = (
            rows_figure(
                "pooled",
                f"{sum(bool(p.inside) for p in told)} of {len(told)} predictions of pooled "
                "estimates lie in the published interval.",
                "Dot: predicted; line: published interval.", table, [chart],
            ),
        )  # fmt: skip
    return Section(
        key="pooled", title="Pooled estimates, apart",
        intro="Meta-analyses share trials with one another and with the fit: they are shown "
        "because readers know them, and no margin rests on them.",
        figures=figures,
    )  # fmt: skip
