"""The tables of a forecast: scores, chances, what was learned, the chair."""

import numpy as np

from ketacourse.course.refit_result import Refit, ScaleForecast
from ketacourse.report.forecast_words import at_day, number_text, percent, percent_span
from ketacourse.report.shown import number, span
from ketacourse.report.view import DataTable
from ketacourse.therapy.scales import scale

CLASS_WORDS = {
    "weak": "weak responders",
    "partial": "partial responders",
    "full": "full responders",
}
LEAST_TAUGHT = 0.05
"""Narrowing that is worth telling."""
PURE = ("repeat", "holding", "drift")
"""Parameters of unit 1 that are no share of a whole."""


def forecast_table(refit: Refit, about: ScaleForecast) -> DataTable:
    """Return the forecast of one scale on key days."""
    end = refit.readings.course.horizon_days
    days = sorted({refit.today, *(refit.today + d for d in (1.0, 7.0, 14.0, 28.0, 56.0)), end})
    rows = []
    for day in days:
        if day > end:
            continue
        at = [float(v) for v in _at(about, day)]
        rows.append(
            (number(day), f"{at[3]:.1f}", span(f"{at[2]:.0f}", f"{at[4]:.0f}"),
             span(f"{at[1]:.0f}", f"{at[5]:.0f}"), span(f"{at[0]:.0f}", f"{at[6]:.0f}"))
        )  # fmt: skip
    return DataTable(header=("day", "middle", "50% between", "80% between", "95% between"),
                     rows=tuple(rows))  # fmt: skip


def _at(about: ScaleForecast, day: float) -> list[float]:
    return [float(np.interp(day, about.days, q)) for q in about.quantiles]


def chance_table(refit: Refit) -> DataTable:
    """Return the chances of response and remission by day, one row per rule."""
    days = sorted({c.day for c in refit.chances})
    rules = list(dict.fromkeys((c.outcome, c.rule) for c in refit.chances))
    rows = []
    for outcome, rule in rules:
        found = {c.day: c for c in refit.chances if (c.outcome, c.rule) == (outcome, rule)}
        cells = [
            f"{percent(found[d].probability)} ({percent_span(found[d].lower, found[d].upper)})"
            if d in found else "" for d in days
        ]  # fmt: skip
        rows.append((outcome, rule, *cells))
    return DataTable(header=("outcome", "rule", *(f"day {d:g}" for d in days)), rows=tuple(rows))


def relapse_table(refit: Refit) -> DataTable:
    """Return the share of responders without relapse, week by week."""
    relapse = refit.relapse
    rows = tuple(
        (number(float(d)), percent(float(h)), percent_span(float(low), float(high)))
        for d, h, low, high in zip(
            relapse.days, relapse.held, relapse.lower, relapse.upper, strict=True
        )
        if np.isfinite(h)  # too few responders: nothing to say
    )
    return DataTable(header=("day", "without relapse", "80% between"), rows=rows)


def session_table(refit: Refit) -> DataTable:
    """Return what to expect at the next session."""
    found = refit.next_session
    rows = () if found is None else tuple(
        (e.label, f"{e.middle:.0f}", span(f"{e.lower:.0f}", f"{e.upper:.0f}"), e.unit)
        for e in found.expected
    )  # fmt: skip
    return DataTable(header=("", "middle", "80% between", "unit"), rows=rows)


def chair_rows(refit: Refit) -> tuple[str, ...]:
    """Return the chances that matter in the chair, in words."""
    found = refit.next_session
    if found is None:
        return ()
    words = {
        "sbp_rise_40": "a rise of 40 mmHg or more",
        "sbp_peak_180": "a systolic pressure of 180 mmHg or more",
        "cadss_above_15": "a dissociation score above 15",
    }
    return tuple(f"{words[k]}: {percent(v)}" for k, v in found.chances.items() if k in words)


def watched_table(refit: Refit) -> DataTable:
    """Return what was seen in earlier sessions."""
    seen = refit.next_session.watched if refit.next_session else ()
    rows = tuple(
        (number(w.day), "" if w.rise_mmhg is None else f"{w.rise_mmhg:.0f}",
         "" if w.cadss is None else f"{w.cadss:.0f}")
        for w in seen
    )  # fmt: skip
    return DataTable(header=("day", "rise of systolic pressure (mmHg)", "CADSS"), rows=rows)


def learned_table(refit: Refit) -> DataTable:
    """Return every parameter before and after the scores."""
    rows = []
    for one in refit.learned:
        unit = "" if one.name in PURE else one.unit
        word = {"point": " points", "d": " days"}.get(one.unit, "")
        before, after = (
            f"{number_text(m, unit)} ({number_text(a, unit)} to {number_text(b, unit)}){word}"
            for a, m, b in (one.before, one.after)
        )
        taught = "" if one.narrowed < LEAST_TAUGHT else f"{one.narrowed:.0%} narrower"
        rows.append((one.label, before, after, taught, one.meaning))
    for key, (was, now) in refit.class_chances.items():
        meaning = "Chance of this class; classes differ in how much a dose does."
        rows.append((CLASS_WORDS[key], percent(was), percent(now), "", meaning))
    return DataTable(
        header=("", "before the scores", "after the scores", "taught", "what it is"),
        rows=tuple(rows),
    )


def score_table(refit: Refit) -> DataTable:
    """Return the scores that were read beside what the fit makes of their day."""
    rows = []
    for score in refit.readings.scores:
        about = refit.forecasts[score.scale]
        inside = score.day >= 0.0
        low, middle, high = at_day(about, score.day) if inside else (0.0, 0.0, 0.0)
        told = f"{middle:.0f} ({span(f'{low:.0f}', f'{high:.0f}')})" if inside else "baseline"
        rows.append((number(score.day), scale(score.scale).label, f"{score.total}", told))
    return DataTable(header=("day", "scale", "score", "fit: middle (80%)"), rows=tuple(rows))
