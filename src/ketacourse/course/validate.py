"""The validate step: each study predicted from the others, beside simpler predictions.

The margins were written down before (`docs/validation/margins.toml`); what misses them
is listed with what meets them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.calibrate import Calibration, FitData, Predictor
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.infer.estimate import without_rows
from ketacourse.infer.rows import FitRow, sampling_sd
from ketacourse.population.uncertainty import Z90, stream

Array = NDArray[np.float64]
Told = Callable[[str, float], None]

DRAWS = 6
"""Draws per variant behind the parameter part of an interval."""
NEARBY = 1.6
"""Two times are alike if neither exceeds the other by more than this factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Predictions of every row from a fit without its study, on the scale of comparison.

    Attributes
    ----------
    predicted, low, high
        Prediction and 90% interval, shape (n_rows,).
    variants
        Prediction of each variant alone.
    """

    predicted: Array
    low: Array
    high: Array
    variants: dict[str, Array]


def leave_one_study_out(
    calibration: Calibration, *, patients: int, told: Told | None = None
) -> HeldOut:
    """Predict each study from a fit to the others.

    The fit without a study follows from the whole fit by linear algebra; the held-out
    arms are then simulated at its parameters.
    """
    data, catalogue = calibration.data, load_catalogue()
    observed, errors = data.observed, data.errors
    studies = list(dict.fromkeys(r.study for r in data.rows))
    n = len(data.rows)
    centre, spread = np.zeros(n), np.zeros(n)
    alone = {k: np.zeros(n) for k in calibration.estimates}
    for number, study in enumerate(studies):
        out = np.array([r.study == study for r in data.rows])
        part = _part_of(data, out)
        where = np.flatnonzero(out)
        means, variances = [], []
        for key, found in calibration.estimates.items():
            mode, covariance = without_rows(
                found, left_out=out, observed=observed, errors=errors,
                parameters=calibration.parameters,
            )  # fmt: skip
            root = np.linalg.cholesky(covariance)
            z = stream(1, f"held-out:{study}:{key}").standard_normal((DRAWS, len(mode)))
            points = np.vstack([mode, mode + np.clip(z, -2.0, 2.0) @ root.T])
            values = Predictor(
                part, calibration.parameters, variant=key, catalogue=catalogue, patients=patients
            )(points)
            means.append(values[0])
            variances.append(np.nanvar(values[1:], axis=0))
            alone[key][where] = values[0]
        weights = np.array(list(calibration.weights.values()))[:, None]
        middle = np.sum(weights * np.array(means), axis=0)
        centre[where] = middle
        between = np.sum(weights * (np.array(means) - middle) ** 2, axis=0)
        spread[where] = np.sum(weights * np.array(variances), axis=0) + between
        if told is not None:
            told(f"without {study}", (number + 1) / len(studies))
    own = np.array([sampling_sd(r) ** 2 + data.tau[r.kind] ** 2 for r in data.rows])
    half = Z90 * np.sqrt(spread + own)
    return HeldOut(predicted=centre, low=centre - half, high=centre + half, variants=alone)


def _part_of(data: FitData, keep: NDArray[np.bool_]) -> FitData:
    """Return the rows of some studies, with their arms."""
    new = {int(old): i for i, old in enumerate(np.flatnonzero(keep))}
    arms = tuple(
        (arm, tuple(new[p] for p in positions))
        for arm, positions in data.arms
        if positions[0] in new
    )
    return replace(
        data, arms=arms, rows=tuple(r for r, k in zip(data.rows, keep, strict=True) if k)
    )


def mean_of_others(data: FitData) -> Array:
    """Return the plain benchmark: the mean of other studies' rows of the same kind.

    Rows are alike if they have the same outcome, scale, kind of control and kind of
    course (one session or several) and a similar time; points are carried as a share of
    the baseline. Without any alike row, the time, then the course, is let go.
    """
    features = [_features(data, p) for p in range(len(data.rows))]
    found = np.zeros(len(data.rows))
    for position, row in enumerate(data.rows):
        mine = features[position]
        others = [
            (other, features[other])
            for other, candidate in enumerate(data.rows)
            if candidate.study != row.study and features[other].outcome == mine.outcome
        ]
        alike = _alike(mine, others)
        values = (
            np.array([features[o].value for o, _ in alike]) if alike else np.array([mine.usual])
        )
        found[position] = mine.back(float(values.mean()))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Features:
    outcome: str
    group: tuple[str, str]
    several: bool
    days: float
    value: float
    usual: float
    baseline: float
    score: bool

    def back(self, value: float) -> float:
        """Return a mean of others on the row's own scale of comparison."""
        if self.outcome != "points":
            return value
        change = value * self.baseline
        return self.baseline + change if self.score else change


def _features(data: FitData, position: int) -> _Features:
    for arm, positions in data.arms:
        if position in positions:
            row = arm.rows[positions.index(position)]
            design = arm.design
            break
    baseline = row.baseline_mean or 31.0
    observed = float(data.observed[position])
    points = data.rows[position].kind == "points"
    value = observed
    if points:
        change = observed - baseline if row.outcome == "score" else observed
        value = change / baseline
    return _Features(
        outcome="points" if points else row.outcome,
        group=(design.control, design.masking if design.control != "none" else "drug"),
        several=len(design.session_days) > 2,
        days=row.time_days if row.time_days is not None else -1.0,
        value=value,
        usual=-0.35 if points else (-0.5 if data.rows[position].kind == "rate" else 3.0),
        baseline=baseline,
        score=row.outcome == "score",
    )


def _alike(mine: _Features, others: Sequence[tuple[int, _Features]]) -> list[tuple[int, _Features]]:
    def near(f: _Features) -> bool:
        if mine.days <= 0 or f.days <= 0:
            return mine.days == f.days
        return max(mine.days, f.days) / min(mine.days, f.days) <= NEARBY

    steps: tuple[Callable[[_Features], bool], ...] = (
        lambda f: f.group == mine.group and f.several == mine.several and near(f),
        lambda f: f.group == mine.group and f.several == mine.several,
        lambda f: f.group == mine.group,
        lambda f: f.group[0] == mine.group[0],
    )
    for same in steps:
        chosen = [(o, f) for o, f in others if same(f)]
        if chosen:
            return chosen
    return []


def two_exponentials(data: FitData) -> Array:
    """Return the second benchmark: a curve of two exponentials, fitted without the study.

    The share of severity removed is ``p + g (exp(-t/a) - exp(-t/b))`` with one constant
    per kind of control, ``g`` zero without drug; times run from the last session. Rows
    other than points take the mean of others.
    """
    from scipy.optimize import least_squares

    found = mean_of_others(data)
    features = [_features(data, p) for p in range(len(data.rows))]
    groups = sorted({f.group for f in features})
    since = np.array([_since_last(data, p) for p in range(len(data.rows))])
    points = np.array([r.kind == "points" for r in data.rows])
    drug = np.array([f.group[0] == "none" for f in features])
    group = np.array([groups.index(f.group) for f in features])
    value = np.array([f.value for f in features])

    def curve(x: Array, at: NDArray[np.bool_]) -> Array:
        gain, slow, fast = np.exp(x[:3])
        shape = np.exp(-since[at] / slow) - np.exp(-since[at] / fast)
        return np.asarray(-(x[3:][group[at]] + gain * shape * drug[at]))

    for study in dict.fromkeys(r.study for r in data.rows):
        mine = np.array([r.study == study for r in data.rows]) & points
        fit = points & ~mine
        if not mine.any():
            continue
        start = np.concatenate([np.log([0.4, 10.0, 0.1]), np.full(len(groups), 0.1)])

        def misfit(x: Array, fit: NDArray[np.bool_] = fit, start: Array = start) -> Array:
            return np.concatenate([(curve(x, fit) - value[fit]) / 0.12, (x - start) / 1.5])

        best = least_squares(misfit, start).x
        for position in np.flatnonzero(mine):
            only = np.arange(len(value)) == position
            found[position] = features[position].back(float(curve(best, only)[0]))
    return found


def _since_last(data: FitData, position: int) -> float:
    for arm, positions in data.arms:
        if position in positions:
            row = arm.rows[positions.index(position)]
            time = row.time_days or 0.0
            before = [d for d in arm.design.session_days if d <= time]
            return max(time - (before[-1] if before else 0.0), 0.0)
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Errors of one way of predicting.

    ``points`` is the root-mean-square error (points), ``rate`` the mean absolute error
    of response and remission rates (percentage points).
    """

    points: float
    rate: float


def errors_of(rows: Sequence[FitRow], observed: Array, predicted: Array) -> Errors:
    """Return the errors of predictions on the scale of comparison."""
    points = np.array([r.kind == "points" for r in rows])
    rates = np.array([r.kind == "rate" for r in rows])
    gap = observed[points] - predicted[points]
    percent = 100.0 / (1.0 + np.exp(-predicted[rates]))
    told = np.array([r.value for r in rows if r.kind == "rate"])
    return Errors(
        points=float(np.sqrt(np.mean(gap**2))), rate=float(np.mean(np.abs(percent - told)))
    )
