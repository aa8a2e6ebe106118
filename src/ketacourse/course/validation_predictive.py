"""What would be published: draws of a row's value under everything that is not known.

A value differs from the model's mean by what is not known of the parameters and the
mechanism, by what sets one study apart from another, and by which patients were enrolled.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri
from scipy.stats import binom

from ketacourse.course.calibrate import SEED
from ketacourse.course.validation_rows import TestRow, counted
from ketacourse.infer.rows import REPEATED, SHARES
from ketacourse.population.beliefs import Member
from ketacourse.population.uncertainty import stream
from ketacourse.trials.replicate_interval import LEAST_RATE
from ketacourse.trials.replicate_prediction import UnsupportedRowError
from ketacourse.trials.replicate_selected import follow_arm
from ketacourse.trials.replicate_statistics import statistic, wanted_days
from ketacourse.trials.replicate_trials import LEAST_RELAPSE_N, TrialArm

Array = NDArray[np.float64]

SAMPLES = 4000
"""Draws of the published value behind an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Members that give a prediction, by weight, and draws that give its uncertainty."""

    typical: tuple[Member, ...]
    drawn: tuple[Member, ...]


def arm_statistics(
    arms: Sequence[tuple[TrialArm, Sequence[int]]],
    belief: Belief,
    *,
    patients: int,
    executor: Executor | None = None,
) -> dict[int, dict[str, Array | float]]:
    """Return the statistics of the rows of some arms by the row's position.

    Returns
    -------
    dict
        Per row ``typical`` (n_typical,), ``drawn`` (n_drawn,), ``sd_one`` and ``judged``.
    """
    members = (*belief.typical, *belief.drawn)
    run = map if executor is None else executor.map
    tasks = [(arm, members, patients) for arm, _ in arms]
    split = len(belief.typical)
    weights = np.array([m.weight for m in belief.typical])
    weights = weights / weights.sum()
    found: dict[int, dict[str, Array | float]] = {}
    for (_, positions), rows in zip(arms, run(_statistics, tasks), strict=True):
        for position, (values, sd_one, judged) in zip(positions, rows, strict=True):
            found[position] = {
                "typical": values[:split],
                "drawn": values[split:],
                "sd_one": float(weights @ sd_one[:split]),
                "judged": float(weights @ judged[:split]),
            }
    return found


def _statistics(task: tuple[TrialArm, Sequence[Member], int]) -> list[tuple[Array, Array, Array]]:
    arm, members, patients = task
    days = {day for row in arm.rows for day in wanted_days(arm.design, row)}
    latent = follow_arm(arm.design, sorted(days), members, patients=patients, seed=SEED)
    found = []
    for row in arm.rows:
        try:
            got = statistic(arm.design, row, latent, seed=SEED)
            found.append((got.values, got.sd_one, got.judged))
        except UnsupportedRowError:
            nothing = np.full(len(members), np.nan)
            found.append((nothing, nothing, nothing))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """The prediction of one row beside what was published.

    Attributes
    ----------
    centre, low, high
        Prediction and 90% interval of the published value, in the unit of the row.
    inside
        Whether the published value lies in the interval.
    pit
        Share of the predicted values below the published one, ties counted half.
    z
        The same as a standard normal deviate of benefit: above 0 where patients did
        better than predicted.
    """

    centre: float
    low: float
    high: float
    inside: bool
    pit: float
    z: float


def predictive(
    row: TestRow, *, centre: float, drawn: Array, sd_one: float, judged: float, between: float
) -> tuple[Array, float]:
    """Return draws of the published value, and the patients behind them.

    Draws of two rows belong together: the same draw of the parameters, the same study, the
    same patients of one arm.

    Parameters
    ----------
    centre
        Prediction; draws are spread about it as ``drawn`` are about their middle.
    between
        Spread between studies on the scale of comparison.

    Returns
    -------
    tuple
        Values in the unit of the row, shape (SAMPLES,); rates as percent of whole patients.
    """
    z, z2 = _deviates(row)
    which = np.resize(np.arange(len(drawn)), SAMPLES)
    n = float(row.n)
    if judged < 1.0:
        n = max(n * judged, min(LEAST_RELAPSE_N, n))
    if row.kind == "rate":
        whole = max(round(n), 1)
        spread = logit(np.clip(drawn / 100.0, LEAST_RATE, 1.0 - LEAST_RATE))
        middle = logit(np.clip(centre / 100.0, LEAST_RATE, 1.0 - LEAST_RATE))
        away = spread - np.median(spread)
        p = expit(middle + away[which] + between * z)
        # A share of responders grows with benefit, as the deviate does.
        return 100.0 * binom.ppf(ndtr(z2), whole, p) / whole, float(whole)
    if row.kind == "days":
        away = np.log(np.maximum(drawn, 0.1)) - np.median(np.log(np.maximum(drawn, 0.1)))
        log = np.log(max(centre, 0.1)) + away[which] + between * z + sd_one / np.sqrt(n) * z2
        return np.exp(log), n
    away = drawn - np.median(drawn)
    values = centre + away[which] + between * z + sd_one / np.sqrt(n) * z2
    return (np.maximum(values, 0.0) if row.outcome == "score" else values), n


def _deviates(row: TestRow) -> tuple[Array, Array]:
    """Return deviates of the study and of its patients, shape (SAMPLES,) each.

    They are shared as the estimation takes them to be (`ketacourse.infer.rows`), in the
    direction in which more benefit moves the row.
    """
    arm = f"{row.study}:{row.drug}:{row.dose}:{row.control}:{row.sessions}:{row.n}"
    study, one_arm, patients = (
        stream(7, f"validate:{key}").standard_normal(SAMPLES)
        for key in (row.study, arm, f"patients:{arm}")
    )
    alone, own = stream(7, f"validate:row:{row.row_id}").standard_normal((2, SAMPLES))
    a, b, c = np.sqrt(SHARES)
    sampled = np.sqrt(REPEATED) * patients + np.sqrt(1.0 - REPEATED) * own
    return row.benefit * (a * study + b * one_arm + c * alone), row.benefit * sampled


def judged_row(
    row: TestRow, *, centre: float, drawn: Array, sd_one: float, judged: float, between: float
) -> Predicted:
    """Return the prediction of a row with its interval, and where the published value lies."""
    values, n = predictive(
        row, centre=centre, drawn=drawn, sd_one=sd_one, judged=judged, between=between
    )
    low, high = np.percentile(values, [5.0, 95.0])
    near = 1e-9
    told = row.value
    if row.kind == "rate":
        # A published percentage is a whole number of patients, rounded.
        near = 50.0 / n + 1e-9
        told = 100.0 * counted(row) / row.n
    below = float(np.mean(values < told - near))
    same = float(np.mean(np.abs(values - told) <= near))
    pit = min(max(below + 0.5 * same, 0.5 / SAMPLES), 1.0 - 0.5 / SAMPLES)
    return Predicted(
        centre=centre,
        low=float(min(low, centre)),
        high=float(max(high, centre)),
        inside=bool(low - near <= told <= high + near),
        pit=pit,
        z=row.benefit * float(ndtri(pit)),
    )


def pooled_centre(row: TestRow, typical: Array, weights: Iterable[float]) -> float:
    """Return one prediction from those of the variants."""
    share = np.array(list(weights))
    share = share / share.sum()
    if row.kind == "days":
        return float(np.exp(share @ np.log(np.maximum(typical, 0.1))))
    return float(share @ typical)


def judge_rows(
    rows: Sequence[TestRow],
    part: Mapping[str, Array],
    *,
    weights: Sequence[Sequence[float]],
    between: Sequence[float],
) -> tuple[Predicted | None, ...]:
    """Return the judgement of every row; None where the model gives no value.

    Parameters
    ----------
    part
        ``typical``, ``drawn``, ``sd_one`` and ``judged`` of the rows.
    weights, between
        Of the variants, and between studies, per row.
    """
    found: list[Predicted | None] = []
    for i, row in enumerate(rows):
        drawn = part["drawn"][i][np.isfinite(part["drawn"][i])]
        if not np.isfinite(part["typical"][i]).all() or not drawn.size:
            found.append(None)
            continue
        found.append(
            judged_row(
                row,
                centre=pooled_centre(row, part["typical"][i], weights[i]),
                drawn=drawn,
                sd_one=float(part["sd_one"][i]),
                judged=float(part["judged"][i]),
                between=float(between[i]),
            )
        )
    return tuple(found)
