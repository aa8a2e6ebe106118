"""Sections on what the trials teach about the parameters, and what answers depend on."""

import numpy as np

from ketacourse.course.sensitivity_outputs import OUTPUTS
from ketacourse.course.validation import Validation
from ketacourse.course.validation_identify import LEARNED, OPEN
from ketacourse.report.scale import value_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.shown import number
from ketacourse.report.validation_matrix import draw_matrix
from ketacourse.report.validation_rows_chart import DotChart, DotLine, draw_rows
from ketacourse.report.validation_trials_section import rows_figure
from ketacourse.report.validation_words import plain
from ketacourse.report.view import DataTable

SHORT = {
    "advantage_24h": "advantage at 24 h", "advantage_day_7": "advantage at day 7",
    "response_six": "response after six doses", "relapse_free_28": "well 28 days after six",
    "pressure_peak": "peak systolic rise", "cadss_peak": "peak CADSS",
}  # fmt: skip


def identified_section(found: Validation) -> Section:
    """Return what the trials say about each parameter, and what they leave open."""
    best = max(found.weights, key=lambda k: found.weights[k])
    learned = found.identified[best]
    rows = sorted(learned.parameters, key=lambda p: p.ratio)
    chart = DotChart(
        title="Posterior over prior spread", unit="0: fully learned; 1: the trials say nothing",
        rows=tuple(
            DotLine(
                label=p.name, value=min(p.ratio, 1.2), low=0.0, high=min(p.ratio, 1.2),
                words=f"{number(p.posterior[1])} ({number(p.posterior[0])} to "
                f"{number(p.posterior[2])})",
                tone="blue" if p.ratio < OPEN else "muted",
            )
            for p in rows
        ),
        axis=value_axis("ratio", 0.0, 1.2), null=1.0, zone=(0.0, LEARNED),
    )  # fmt: skip
    table = DataTable(
        header=("parameter", "prior (90%)", "posterior (90%)", "posterior over prior spread",
                "moved (prior SD)"),
        rows=tuple(
            (p.name, _three(p.prior), _three(p.posterior), f"{p.ratio:.2f}", f"{p.shift:+.1f}")
            for p in rows
        ),
    )  # fmt: skip
    directions = DataTable(
        header=("direction", "posterior over prior spread", "made of"),
        rows=tuple(
            (str(k + 1), f"{d.ratio:.2f}",
             ", ".join(f"{share:+.1f} {name}" for name, share in d.loadings))
            for k, d in enumerate(learned.directions)
        ),
    )  # fmt: skip
    total = len(learned.directions)
    alike = "; ".join(f"{a} and {b} ({r:+.2f})" for a, b, r in learned.alike)
    drawn = draw_rows(
        DotChart(
            title="Directions in which parameters move together",
            unit="posterior over prior spread",
            rows=tuple(
                DotLine(
                    label=f"{k + 1}: " + ", ".join(name for name, _ in d.loadings[:2]),
                    value=d.ratio, low=0.0, high=d.ratio, words=f"{d.ratio:.2f}",
                    tone="blue" if d.ratio < OPEN else "muted",
                )
                for k, d in enumerate(learned.directions)
            ),
            axis=value_axis("ratio", 0.0, 1.2), null=1.0, zone=(0.0, LEARNED),
        ),
        wide=True,
    )  # fmt: skip
    return Section(
        key="identified", title="What did the trials teach?",
        intro=f"Variant {plain(best)}, which has the largest weight. Values beside the rows: "
        "posterior mode and 90% interval, in the unit of the catalogue. Interval contains: "
        "uncertainty of the parameter given the published rows.",
        figures=(
            rows_figure(
                "identified",
                f"Of {total} directions the trials narrow {learned.learned} to less than half and "
                f"leave {learned.open} as wide as before.",
                "Shaded: narrowed to less than half. Grey: the prior stands."
                + (f" Not told apart by these data (correlation): {alike}." if alike else ""),
                table, [chart],
            ),
            Figure(
                key="directions", reading="A few combinations carry what the trials know.",
                drawings=(drawn,),
                caption="Eigen-directions of the posterior in units of the prior; each is named "
                "by its largest parts, and the table has up to four.",
                grades=(), table=directions, wide=True,
            ),
        ),
    )  # fmt: skip


def _three(values: tuple[float, float, float]) -> str:
    low, middle, high = values
    return f"{number(middle)} ({number(low)} to {number(high)})"


def sensitivity_section(found: Validation) -> Section:
    """Return what the answers depend on."""
    s = found.sensitivity
    shares = np.clip(s.total, 0.0, 1.0).T
    names = [SHORT[o] for o in s.outputs]
    drawing = draw_matrix(
        "Share of an output's variance that involves a group", s.groups, names, shares
    )
    top = []
    for j, name in enumerate(names):
        order = np.argsort(-s.total[j])[:2]
        top.append(f"{name}: {' and '.join(s.groups[i] for i in order)}")
    return Section(
        key="sensitivity", title="What do the answers depend on?",
        intro="All uncertain parameters are drawn together, calibrated ones from the posterior and "
        "the others from their priors, and moved in groups, the steps of the chain. Total Sobol "
        "index: the share of the variance of an output that would go if the group were known; "
        "shares add up to more than one where groups act together.",
        figures=(
            Figure(
                key="sensitivity", reading=f"Most telling: {'; '.join(top)}.",
                drawings=(drawing,),
                caption=f"{found.effort.points} base points. The table has first-order indices "
                "and 90% intervals (resampling of the points). "
                + " ".join(
                    f"{OUTPUTS[o][0].upper()}{OUTPUTS[o][1:]}: median {number(m)}, 90% "
                    f"{number(lo)} to {number(hi)} (parameters and variants)."
                    for o, m, lo, hi in zip(s.outputs, s.middle, s.low, s.high, strict=True)
                ),
                grades=(),
                table=DataTable(
                    header=("output", "group", "first order", "total", "90% interval of the total"),
                    rows=tuple(
                        (
                            SHORT[o], g, f"{s.first[j, i]:.2f}", f"{s.total[j, i]:.2f}",
                            f"{s.total_low[j, i]:.2f} to {s.total_high[j, i]:.2f}",
                        )
                        for j, o in enumerate(s.outputs)
                        for i, g in enumerate(s.groups)
                    ),
                ),
                wide=True,
            ),
        ),
    )  # fmt: skip
