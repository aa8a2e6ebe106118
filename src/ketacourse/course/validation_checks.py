"""Checks on many rows at once: coverage, calibration, residuals, and replicated data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ketacourse.course.validation_predictive import Predicted, pooled_centre, predictive
from ketacourse.course.validation_rows import RATES, TestRow

Array = NDArray[np.float64]

BINS = 10
"""Bars of the histogram of the probability integral transform."""
TIMES = (
    ("to 4 h", 0.0, 0.17), ("4 h to day 2", 0.17, 2.0), ("days 3 to 7", 2.0, 7.5),
    ("days 8 to 14", 7.5, 14.5), ("days 15 to 35", 14.5, 35.5), ("beyond day 35", 35.5, np.inf),
)  # fmt: skip
"""Windows of time since the first dose (days)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of some rows lie in their interval, with a 95% interval by Wilson."""

    label: str
    inside: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Return the share of rows inside."""
        return self.inside / self.n


def share_of(label: str, inside: Sequence[bool]) -> Share:
    """Return a share with its 95% interval (rows taken as independent, which they are not)."""
    n, k = len(inside), sum(inside)
    z = float(ndtri(0.975))
    middle = (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Share(label=label, inside=k, n=n, low=float(middle - half), high=float(middle + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Mean residual of some rows, in units of the predicted spread.

    ``mean`` is the mean normal deviate (above 0: patients did better than predicted);
    ``low`` and ``high`` its 90% interval, studies counted as independent, not rows.
    ``error`` is the mean of published less predicted, in the unit of the rows.
    """

    by: str
    label: str
    kind: str
    n: int
    studies: int
    mean: float
    low: float
    high: float
    error: float


FEATURES: tuple[tuple[str, Callable[[TestRow], str]], ...] = (
    ("time", lambda r: _window(r.time_days)),
    ("arm", lambda r: r.control.replace("_", " ")),
    ("route", lambda r: r.route.replace("_", " ") if r.control == "drug" else ""),
    ("dose", lambda r: f"{r.drug} {r.dose}" if r.control == "drug" else ""),
    ("setting", lambda r: r.setting),
    ("masking", lambda r: r.masking.replace("_", " ")),
    ("course", lambda r: "one session" if r.sessions <= 1 else "two or more"),
    ("outcome", lambda r: r.outcome.replace("_", " ")),
)
"""By what residuals are told apart; an empty label leaves a row out."""


def _window(days: float | None) -> str:
    if days is None:
        return ""
    return next(label for label, low, high in TIMES if low <= days <= high)


def coverage(
    rows: Sequence[TestRow], found: Sequence[Predicted | None]
) -> tuple[Share, tuple[Share, ...], tuple[Share, ...]]:
    """Return the coverage of the 90% intervals: overall, by outcome, by study."""
    judged = [(r, p) for r, p in zip(rows, found, strict=True) if p is not None]
    outcomes = dict.fromkeys(r.outcome for r, _ in judged)
    studies = dict.fromkeys(r.study for r, _ in judged)
    return (
        share_of("all rows", [p.inside for _, p in judged]),
        tuple(
            share_of(o.replace("_", " "), [p.inside for r, p in judged if r.outcome == o])
            for o in outcomes
        ),
        tuple(share_of(s, [p.inside for r, p in judged if r.study == s]) for s in studies),
    )


def expected_error(
    rows: Sequence[TestRow],
    part: Mapping[str, Array],
    found: Sequence[Predicted | None],
    between: Sequence[float],
) -> tuple[float, float, float]:
    """Return the error of rates that the predictions expect: its middle and 90% interval.

    Published rates are drawn from their own predictions, rows of one study together, and the
    mean absolute error of each set of draws is taken (percentage points). What is not known of
    the parameters is part of it: vaguer predictions expect a larger error. NaN without a rate.

    Parameters
    ----------
    part
        ``drawn``, ``sd_one`` and ``judged`` of the rows.
    between
        Spread between studies on the scale of comparison, per row.
    """
    gaps = []
    for i, (row, p) in enumerate(zip(rows, found, strict=True)):
        if p is None or row.outcome not in RATES:
            continue
        drawn = part["drawn"][i][np.isfinite(part["drawn"][i])]
        values, _ = predictive(
            row, centre=p.centre, drawn=drawn, sd_one=float(part["sd_one"][i]),
            judged=float(part["judged"][i]), between=float(between[i]),
        )  # fmt: skip
        gaps.append(np.abs(values - p.centre))
    if not gaps:
        return (np.nan, np.nan, np.nan)
    middle, low, high = np.percentile(np.mean(gaps, axis=0), [50.0, 5.0, 95.0])
    return float(middle), float(low), float(high)


def transform_counts(found: Sequence[Predicted | None]) -> Array:
    """Return how many rows fall into each tenth of their predicted distribution."""
    values = [p.pit for p in found if p is not None]
    return np.histogram(values, bins=BINS, range=(0.0, 1.0))[0].astype(float)


def residuals(rows: Sequence[TestRow], found: Sequence[Predicted | None]) -> tuple[Residual, ...]:
    """Return the mean residuals by time, arm, route, dose, setting, masking and outcome."""
    made = []
    for by, label_of in FEATURES:
        labels = dict.fromkeys(label_of(r) for r in rows)
        if by == "time":
            labels = dict.fromkeys(name for name, _, _ in TIMES if name in labels)
        for label in labels:
            chosen = [
                (r, p)
                for r, p in zip(rows, found, strict=True)
                if p is not None and label and label_of(r) == label
            ]
            if chosen:
                made.append(_residual(by, label, chosen))
    return tuple(made)


def _residual(by: str, label: str, chosen: list[tuple[TestRow, Predicted]]) -> Residual:
    z = np.array([p.z for _, p in chosen])
    samples = [r.sample for r, _ in chosen]
    means = np.array([z[[s == k for s in samples]].mean() for k in dict.fromkeys(samples)])
    # A study's rows go together: what is independent is the study, with spread about one.
    half = 1.645 * max(1.0, float(means.std())) / np.sqrt(len(means))
    errors = [(r.value - p.centre) for r, p in chosen if r.kind == "points"]
    kind = "points"
    if not errors:
        errors = [(r.value - p.centre) for r, p in chosen if r.kind == "rate"]
        kind = "rate"
    centre = float(means.mean())
    return Residual(
        by=by,
        label=label,
        kind=kind,
        n=len(chosen),
        studies=len(means),
        mean=centre,
        low=centre - half,
        high=centre + half,
        error=float(np.mean(errors)) if errors else float("nan"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicated:
    """One property of the published rows beside the same property of simulated ones.

    ``p`` is the share of simulated tables in which it is at least as large; near 0 or 1
    the model does not produce data like those published.
    """

    label: str
    observed: float
    low: float
    high: float
    p: float


def replicated_checks(
    rows: Sequence[TestRow],
    part: dict[str, Array],
    *,
    weights: Sequence[float],
    between: dict[str, float],
) -> tuple[Replicated, ...]:
    """Return posterior predictive checks: the fitted model against its own data.

    Rows of one study share what sets the study apart; the draws of one simulated table
    therefore use one deviate per study and kind of row.
    """
    kept = [
        i
        for i in range(len(rows))
        if np.isfinite(part["typical"][i]).all() and np.isfinite(part["drawn"][i]).all()
    ]
    centres, tables, told = {}, {}, {}
    for i in kept:
        row = rows[i]
        centre = pooled_centre(row, part["typical"][i], weights)
        values, _ = predictive(
            row, centre=centre, drawn=part["drawn"][i], sd_one=float(part["sd_one"][i]),
            judged=float(part["judged"][i]), between=between[row.kind],
        )  # fmt: skip
        centres[i], tables[i], told[i] = centre, values, row.value
    found = []
    for label, chosen, of in _properties(rows, kept):
        gaps = np.array([told[i] - centres[i] for i in chosen])
        simulated = np.array([tables[i] - centres[i] for i in chosen])
        observed, drawn = of(gaps[:, None])[0], of(simulated)
        low, high = np.percentile(drawn, [5.0, 95.0])
        p = float(np.mean(drawn >= observed))
        found.append(
            Replicated(label=label, observed=float(observed), low=float(low), high=float(high), p=p)
        )
    return tuple(found)


def _properties(
    rows: Sequence[TestRow], kept: list[int]
) -> list[tuple[str, list[int], Callable[[Array], Array]]]:
    def some(test: Callable[[TestRow], bool]) -> list[int]:
        return [i for i in kept if test(rows[i])]

    def spread(gaps: Array) -> Array:
        return np.asarray(np.sqrt(np.mean(gaps**2, axis=0)))

    def mean(gaps: Array) -> Array:
        return np.asarray(np.mean(gaps, axis=0))

    def largest(gaps: Array) -> Array:
        return np.asarray(np.abs(gaps).max(axis=0))

    def early(r: TestRow) -> bool:
        return r.kind == "points" and r.time_days is not None and r.time_days <= 2.0

    listed = [
        ("scores: root-mean-square residual (points)", some(lambda r: r.kind == "points"), spread),
        ("scores: largest residual (points)", some(lambda r: r.kind == "points"), largest),
        ("scores on drug to day 2: mean residual (points)",
         some(lambda r: early(r) and r.control == "drug"), mean),
        ("scores on control to day 2: mean residual (points)",
         some(lambda r: early(r) and r.control != "drug"), mean),
        ("scores on drug after day 2: mean residual (points)",
         some(lambda r: r.kind == "points" and not early(r) and r.control == "drug"), mean),
        ("response: mean residual (percentage points)",
         some(lambda r: r.outcome == "response_rate"), mean),
        ("response: mean square residual, root (percentage points)",
         some(lambda r: r.outcome == "response_rate"), spread),
        ("remission: mean residual (percentage points)",
         some(lambda r: r.outcome == "remission_rate"), mean),
        ("free of relapse: mean residual (percentage points)",
         some(lambda r: r.outcome == "relapse_free"), mean),
    ]  # fmt: skip
    return [(label, chosen, of) for label, chosen, of in listed if chosen]
