"""The statistics that trials report, from latent scores, with the error of rating in them.

Errors of rating are independent between visits, so shares of patients below a threshold are
expectations and are computed, not drawn. Only the rating before treatment is drawn: it
fixes each patient's own threshold.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacourse.population.streams import normals
from ketacourse.trials.replicate_arm import Latent
from ketacourse.trials.replicate_carried import (
    CarryOver,
    carried_falls,
    carried_share,
    typical_carry_over,
)
from ketacourse.trials.replicate_prediction import UnsupportedRowError
from ketacourse.trials.replicate_relapse import (
    judged_day,
    median_days,
    rating_days,
    relapse_free,
)
from ketacourse.trials.replicate_scales import Instrument
from ketacourse.trials.replicate_trial_rows import (
    MEDIAN_FOLLOW_UP_DAYS,
    ArmDesign,
    ArmRow,
)

Array = NDArray[np.float64]
StatisticKind = Literal["points", "rate", "days"]

FEWEST_RESPONDERS = 1e-3
"""Share of responders below which nothing is said of their relapse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A reported statistic under several beliefs.

    Attributes
    ----------
    kind
        ``points`` (also percent of baseline), ``rate`` (percent) or ``days``.
    values
        In the unit of the row, shape (n_members,).
    sd_one
        Standard deviation of one patient's value (points), or of the log of a median time
        times the root of the number of patients, shape (n_members,); zero for a rate.
    judged
        Share of the patients it is about, such as responders, shape (n_members,).
    """

    kind: StatisticKind
    values: Array
    sd_one: Array
    judged: Array


def wanted_days(design: ArmDesign, row: ArmRow) -> tuple[float, ...]:
    """Return the days at which the scores of an arm are needed for a row."""
    if row.rated_days:
        return row.rated_days
    if row.outcome not in ("relapse_free", "median_time_to_relapse_days"):
        assert row.time_days is not None  # only a median has no time
        return (row.time_days,)
    return _relapse_days(design, row)[1]


def _relapse_days(design: ArmDesign, row: ArmRow) -> tuple[float, tuple[float, ...]]:
    """Return the day of the dose that counts as the last, and the days of rating from then on."""
    last, start = judged_day(design.session_days, row.time_days)
    if row.judged_day is not None:
        start = row.judged_day
    until = last + MEDIAN_FOLLOW_UP_DAYS if row.time_days is None else row.time_days
    return last, rating_days(start, until, setting=design.setting)


def statistic(
    design: ArmDesign,
    row: ArmRow,
    latent: Latent,
    *,
    seed: int,
    carry_over: CarryOver | None = None,
) -> Statistic:
    """Return the statistic of a row.

    Parameters
    ----------
    carry_over
        What is believed of a scale that mood is carried over to; None is typical. Another kind
        of scale does not depend on it.

    Raises
    ------
    UnsupportedRowError
        If it does not exist, as the relapse of no responders.
    """
    if row.scale.carried is not None:
        return _carried(row, latent, carry_over or typical_carry_over(row.scale.carried))
    if row.outcome in ("response_rate", "remission_rate"):
        missed = np.ones_like(latent.baseline)
        for day in wanted_days(design, row):
            missed = missed * (1.0 - response_chance(row, latent, day, seed))
        share = latent.mean(1.0 - missed)
        return _rate(100.0 * share, np.ones_like(share))
    if row.outcome in ("relapse_free", "median_time_to_relapse_days"):
        return _relapse(design, row, latent, seed)
    if row.scale.kind == "ideation":
        return _ideation(row, latent)
    return _points(row, latent)


def _rate(values: Array, judged: Array) -> Statistic:
    return Statistic(kind="rate", values=values, sd_one=np.zeros_like(values), judged=judged)


def _rated_baseline(found: Instrument, latent: Latent, seed: int) -> Array:
    patients = latent.madrs.shape[1]
    z = normals(seed, f"replicate:first-rating:{found.key}", 0, patients)[:, 0]
    return np.maximum(found.rated(found.totals(latent.baseline), z), 1.0)


def response_chance(row: ArmRow, latent: Latent, day: float, seed: int) -> Array:
    """Return each patient's probability of response or remission, (n_members, n_patients)."""
    found = row.scale
    totals = found.totals(latent.at(day))
    if row.outcome == "remission_rate" and found.kind == "linked":
        assert row.remission_max is not None  # the reader of the row ensures it
        return found.share_at_most(totals, row.remission_max)
    remaining = np.full(len(latent.madrs), row.remaining)
    if found.kind == "ideation":
        if row.outcome == "remission_rate":
            assert row.remission_max is not None
            assert row.baseline_mean is not None
            remaining[:] = row.remission_max / row.baseline_mean
        # Ideation falls by a multiple of the fall of the score.
        remaining = np.maximum(1.0 - (1.0 - remaining) / latent.ideation_gain, 0.0)
    threshold = remaining[:, None] * _rated_baseline(found, latent, seed)
    if day == 0.0:  # the first rating cannot be half of itself
        return np.zeros_like(totals)
    return found.share_at_most(totals, threshold)


def _points(row: ArmRow, latent: Latent) -> Statistic:
    """Return the mean score, change or percent change."""
    found = row.scale
    assert row.time_days is not None
    before = found.totals(latent.baseline)
    after = found.totals(latent.at(row.time_days))
    first = latent.mean(found.mean_rated(before))
    left = latent.mean(found.mean_rated(after)) / first
    error = found.error_sd
    # The published mean before treatment replaces that of the simulated patients.
    scale_to = first if row.baseline_mean is None else np.full_like(first, row.baseline_mean)
    one_change = np.sqrt(latent.variance(after - before) + 2.0 * error**2) * scale_to / first
    if row.outcome == "score":
        values = scale_to * left
        sd_one = np.sqrt(latent.variance(after) + error**2) * scale_to / first
    elif row.outcome == "change":
        values, sd_one = scale_to * (left - 1.0), one_change
    else:
        values, sd_one = 100.0 * (left - 1.0), 100.0 * one_change / scale_to
    if row.time_days == 0.0 and row.outcome != "score":
        sd_one = np.zeros_like(sd_one)
    return Statistic(kind="points", values=values, sd_one=sd_one, judged=np.ones_like(values))


def _ideation(row: ArmRow, latent: Latent) -> Statistic:
    """Return the mean of suicidal ideation, relative to before treatment."""
    assert row.time_days is not None
    kept = latent.at(row.time_days) / np.maximum(latent.baseline, 1.0)
    fall = np.minimum(latent.ideation_gain[:, None] * (1.0 - kept), 1.0)
    size = 100.0 if row.outcome == "percent_change" else (row.baseline_mean or 0.0)
    mean = latent.mean(fall)
    values = size * (-mean if row.outcome != "score" else 1.0 - mean)
    sd_one = size * np.sqrt(latent.variance(fall) + 2.0 * (row.scale.error_sd / 30.0) ** 2)
    return Statistic(kind="points", values=values, sd_one=sd_one, judged=np.ones_like(values))


def _carried(row: ArmRow, latent: Latent, belief: CarryOver) -> Statistic:
    """Return a statistic of a scale that mood is carried over to."""
    assert row.time_days is not None  # nothing is said of relapse on such a scale
    before, after = latent.baseline, latent.at(row.time_days)
    falls = carried_falls(before, after, belief)
    first = latent.mean(before)
    relative = before / first[:, None]
    if row.outcome in ("response_rate", "remission_rate"):
        least: Array | float = 1.0 - row.remaining
        if row.outcome == "remission_rate":
            assert row.remission_max is not None
            assert row.baseline_mean is not None
            least = 1.0 - (row.remission_max + 0.5) / (row.baseline_mean * relative)
        share = latent.mean(carried_share(falls, least, belief))
        if row.time_days == 0.0:
            share = np.zeros_like(share)
        return _rate(100.0 * share, np.ones_like(share))
    size = 100.0 if row.outcome == "percent_change" else (row.baseline_mean or 0.0)
    # As for other scales, the means are compared, not the falls of single patients.
    fall = belief.share * (1.0 - latent.mean(row.scale.mean_rated(after)) / first)
    left = 1.0 - np.minimum(fall, 1.0)
    spread = belief.patient_spread if row.time_days > 0.0 else 0.0
    if row.outcome == "score":
        values, parts = size * left, latent.variance(relative * (1.0 - falls))
    else:
        values, parts = size * (left - 1.0), latent.variance(falls)
    return Statistic(
        kind="points",
        values=values,
        sd_one=size * np.sqrt(parts + spread**2),
        judged=np.ones_like(values),
    )


def joined(parts: Sequence[Statistic]) -> Statistic:
    """Return one statistic under the beliefs of several, in turn."""
    return Statistic(
        kind=parts[0].kind,
        values=np.concatenate([part.values for part in parts]),
        sd_one=np.concatenate([part.sd_one for part in parts]),
        judged=np.concatenate([part.judged for part in parts]),
    )


def _relapse(design: ArmDesign, row: ArmRow, latent: Latent, seed: int) -> Statistic:
    last, days = _relapse_days(design, row)
    asked = replace(row, outcome="response_rate")
    responding = np.stack([response_chance(asked, latent, day, seed) for day in days], axis=-1)
    responded = responding[..., 0]
    share = latent.mean(responded)
    if not share.max() > FEWEST_RESPONDERS:
        raise UnsupportedRowError("nobody in the simulated arm responds")
    counted = responded if latent.weights is None else responded * latent.weights
    kept = relapse_free(np.maximum(counted, 1e-12), 1.0 - responding)
    since = np.array(days[:-1])
    if row.time_days is not None:
        at = np.array([np.interp(row.time_days, since, s) for s in kept])
        return _rate(100.0 * at, share)
    found = np.array([median_days(since - last, s) for s in kept])
    slope = np.maximum(found[:, 1], 1e-3)
    return Statistic(kind="days", values=found[:, 0], sd_one=0.5 / slope, judged=share)


def pooled(values: Array, weights: Array, kind: StatisticKind) -> float:
    """Return one prediction from several accounts, by their weights."""
    if kind == "days":
        return math.exp(float(np.average(np.log(values), weights=weights)))
    return float(np.average(values, weights=weights))
