r"""The validate step: each study predicted from a fit to the others.

Studies that share patients are left out together. For each of them the estimation is done
again without their rows: the mode of the rest follows in one linear step, and is then
corrected by Gauss-Newton steps with the derivatives of the whole fit, on predictions
simulated anew, as long as the misfit of the remaining rows falls. Weights of the variants
and the spread between studies are judged without them as well.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.calibrate import TEMPER, Calibration, FitData, Predictor
from ketacourse.course.pooled import may_pool
from ketacourse.course.validation_parts import Part
from ketacourse.course.validation_predictive import Belief, arm_statistics
from ketacourse.course.validation_rows import TestRow, mask_of, rows_of
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import Posterior
from ketacourse.infer.estimate import Estimate, without_rows
from ketacourse.infer.free import FreeParameter, natural_values
from ketacourse.infer.rows import Kind, between_studies
from ketacourse.population.beliefs import Member, members_of
from ketacourse.population.uncertainty import stream
from ketacourse.quantity import conversion_factor

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Told = Callable[[str, float], None]

LONGEST = 1.5
"""Longest move of a parameter when a study is left out (prior standard deviations)."""
HALVINGS = (1.0, 0.5, 0.25)
"""Shares of a step that are tried, one per round."""
WIDEST = 2.5
"""A draw lies no further from the mode than this in any direction (standard deviations)."""
KINDS: tuple[Kind, ...] = ("points", "rate", "days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """The estimates of one variant, each without one sample.

    Attributes
    ----------
    modes, covariances
        Shape (n_samples, n_parameters) and (n_samples, n_parameters, n_parameters).
    objectives
        Minus twice the log posterior density on the remaining rows, shape (n_samples,).
    residuals
        Observed less predicted on all rows, on the scale of comparison, shape
        (n_samples, n_rows).
    started
        The objective after the linear step alone, shape (n_samples,).
    """

    modes: Array
    covariances: Array
    objectives: Array
    residuals: Array
    started: Array


def samples_of(rows: Sequence[TestRow]) -> tuple[str, ...]:
    """Return what is left out, one after another: studies, or studies that share patients."""
    return tuple(dict.fromkeys(r.sample for r in rows))


def refit_without(
    calibration: Calibration,
    variant: str,
    *,
    catalogue: Catalogue,
    patients: int,
    rounds: int,
    executor: Executor | None = None,
    told: Told | None = None,
) -> Refit:
    """Estimate one variant without each sample in turn.

    Parameters
    ----------
    rounds
        Simulations of all rows, the one after the linear step included; each but the
        first corrects the estimates.
    """
    data, found, parameters = (
        calibration.data,
        calibration.estimates[variant],
        calibration.parameters,
    )
    rows = rows_of(data)
    observed, errors = data.observed, data.errors
    masks = [_unknown_without(rows, sample) for sample in samples_of(rows)]
    predict = Predictor(
        data, parameters, variant=variant, catalogue=catalogue, patients=patients,
        executor=executor,
    )  # fmt: skip
    sd = np.array([p.sd for p in parameters])
    linear = [
        without_rows(
            found, left_out=m, observed=observed, errors=errors, parameters=parameters
        )
        for m in masks
    ]  # fmt: skip
    points = np.array([_limited(mode, found.mode, sd) for mode, _ in linear])
    costs = [_Cost(found, m, observed, errors, parameters) for m in masks]
    predicted = predict(points)
    values = np.array([c.of(x, p) for c, x, p in zip(costs, points, predicted, strict=True)])
    started = values.copy()
    share = np.zeros(len(masks), dtype=int)
    for number in range(1, rounds):
        if told is not None:
            told(f"{variant}: refit {number}", number / rounds)
        moves = np.array(
            [c.step(x, p) for c, x, p in zip(costs, points, predicted, strict=True)]
        ) * np.array([HALVINGS[k] for k in share])[:, None]  # fmt: skip
        trial = np.array(
            [_limited(x, found.mode, 2.0 * sd) for x in points + np.clip(moves, -sd, sd)]
        )
        got = predict(trial)
        new = np.array([c.of(x, p) for c, x, p in zip(costs, trial, got, strict=True)])
        better = new < values
        points = np.where(better[:, None], trial, points)
        predicted = np.where(better[:, None], got, predicted)
        values = np.where(better, new, values)
        share = np.where(better, 0, np.minimum(share + 1, len(HALVINGS) - 1))
    return Refit(
        modes=points,
        covariances=np.array([c for _, c in linear]),
        objectives=values,
        residuals=(observed - predicted)[:, : len(rows)],
        started=started,
    )


def _unknown_without(rows: tuple[TestRow, ...], sample: str) -> Mask:
    """Return what is not known without a sample: its rows, and estimates that may pool them."""
    mine = mask_of(rows, sample)
    studies = [row.study for row, its in zip(rows, mine, strict=True) if its]
    return np.concatenate([mine, may_pool(studies)])


def _limited(point: Array, mode: Array, longest: Array) -> Array:
    """Return a point no further from the whole fit than a move may be, in each direction."""
    far = LONGEST * longest
    return np.asarray(mode + np.clip(point - mode, -far, far))


class _Cost:
    """The objective on the rows that remain, and the step that lowers it."""

    def __init__(
        self,
        found: Estimate,
        left_out: Mask,
        observed: Array,
        errors: Array,
        parameters: Sequence[FreeParameter],
    ) -> None:
        kept = ~left_out
        self.kept = kept
        self.observed = observed[kept]
        self.weight = np.linalg.inv(errors[np.ix_(kept, kept)])
        self.mean = np.array([p.mean for p in parameters])
        self.precision = np.diag(1.0 / np.array([p.sd for p in parameters]) ** 2)
        self.jacobian = found.jacobian[kept]
        self.hessian = self.jacobian.T @ self.weight @ self.jacobian + self.precision

    def of(self, point: Array, predicted: Array) -> float:
        gap = self.observed - predicted[self.kept]
        away = point - self.mean
        value = float(gap @ self.weight @ gap + away @ self.precision @ away)
        return value if np.isfinite(value) else np.inf

    def step(self, point: Array, predicted: Array) -> Array:
        gap = np.nan_to_num(self.observed - predicted[self.kept])
        slope = self.jacobian.T @ self.weight @ gap - self.precision @ (point - self.mean)
        return np.asarray(np.linalg.solve(self.hessian, slope))


def weights_without(refits: Mapping[str, Refit]) -> Array:
    """Return the weight of each variant judged without each sample, (n_samples, n_variants)."""
    objective = np.array([r.objectives for r in refits.values()]).T
    odds = np.exp(-0.5 * TEMPER * (objective - objective.min(axis=1, keepdims=True)))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def between_without(data: FitData, refits: Mapping[str, Refit], weights: Array) -> Array:
    """Return the spread between studies judged without each sample, (n_samples, 3 kinds)."""
    rows = rows_of(data)
    found = []
    for k, sample in enumerate(samples_of(rows)):
        kept = ~mask_of(rows, sample)
        residuals = sum(
            w * r.residuals[k] for w, r in zip(weights[k], refits.values(), strict=True)
        )
        tau = between_studies(
            np.asarray(residuals)[kept],
            [row for row, keep in zip(data.rows, kept, strict=True) if keep],
            start=dict(data.tau),
        )
        found.append([tau[kind] for kind in KINDS])
    return np.array(found)


def posterior_without(
    calibration: Calibration, refits: Mapping[str, Refit], weights: Array, at: int, *, draws: int
) -> Posterior:
    """Return the posterior that would ship had one sample not been published."""
    names = tuple(p.name for p in calibration.parameters)
    modes, drawn = {}, {}
    for key, refit in refits.items():
        mode, root = refit.modes[at], np.linalg.cholesky(refit.covariances[at])
        z = stream(1, f"held-out:{at}:{key}").standard_normal((draws, len(mode)))
        points = mode + np.clip(z, -WIDEST, WIDEST) @ root.T
        modes[key] = _natural(calibration, mode)
        drawn[key] = np.array([_natural(calibration, p) for p in points])
    return Posterior(
        names=names,
        modes=modes,
        draws=drawn,
        weights=dict(zip(refits, (float(w) for w in weights[at]), strict=True)),
        made_by={},
    )


def _natural(calibration: Calibration, point: Array) -> Array:
    return np.array(list(natural_values(calibration.parameters, point).values()))


def beliefs_of(
    posterior: Posterior, *, draws: int, catalogue: Catalogue, units: Mapping[str, str]
) -> Belief:
    """Return the most probable member of each variant, and draws as `replicate` draws them."""
    _, drawn = members_of(draws, seed=1, catalogue=catalogue, posterior=posterior)
    typical = tuple(
        Member(
            variant=key,
            belief={
                n: v * conversion_factor(catalogue.parameter(n).unit, units[n])
                for n, v in posterior.typical(key).items()
            },
            weight=posterior.weights[key],
        )
        for key in posterior.modes
    )
    return Belief(typical=typical, drawn=drawn)


def predict_held_out(
    calibration: Calibration,
    refits: Mapping[str, Refit],
    *,
    draws: int,
    patients: int,
    catalogue: Catalogue,
    units: Mapping[str, str],
    executor: Executor | None = None,
    told: Told | None = None,
) -> Part:
    """Return every row under the beliefs of a fit without its sample.

    Returns
    -------
    dict
        ``typical`` and ``drawn`` (n_rows, members), the values in the unit of the row;
        ``sd_one`` and ``judged`` (n_rows,), see `Statistic`; ``weights`` (n_samples,
        n_variants) and ``between`` (n_samples, 3).
    """
    data = calibration.data
    rows = rows_of(data)
    weights = weights_without(refits)
    between = between_without(data, refits, weights)
    found = {
        "typical": np.full((len(rows), len(refits)), np.nan),
        "drawn": np.full((len(rows), draws), np.nan),
        "sd_one": np.zeros(len(rows)),
        "judged": np.ones(len(rows)),
    }
    samples = samples_of(rows)
    for k, sample in enumerate(samples):
        if told is not None:
            told(f"without {sample}", k / len(samples))
        posterior = posterior_without(calibration, refits, weights, k, draws=draws)
        belief = beliefs_of(posterior, draws=draws, catalogue=catalogue, units=units)
        kept = mask_of(rows, sample)
        arms = [(arm, where) for arm, where in data.arms if kept[where[0]]]
        got = arm_statistics(arms, belief, patients=patients, executor=executor)
        for position, statistic in got.items():
            for name, value in statistic.items():
                found[name][position] = value
    return {**found, "weights": weights, "between": between}
