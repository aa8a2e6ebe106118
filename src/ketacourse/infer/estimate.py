r"""Maximum a posteriori by damped Gauss-Newton, and the normal posterior around it.

The predictions are deterministic (fixed random numbers), so their derivatives by finite
differences are smooth. With residuals :math:`r`, Jacobian :math:`J`, errors
:math:`\Sigma` and prior :math:`N(\mu, P)`, a step solves

.. math::

    (J^T \Sigma^{-1} J + P^{-1} + \lambda D)\,\delta
        = J^T \Sigma^{-1} r - P^{-1} (\theta - \mu)

and the posterior is normal with covariance :math:`(J^T \Sigma^{-1} J + P^{-1})^{-1}`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import SolverError
from ketacourse.infer.free import FreeParameter

Array = NDArray[np.float64]
Predict = Callable[[Array], Array]
"""Points of free parameters, shape (k, n_parameters), to predictions, (k, n_rows)."""
Told = Callable[[int, float, Array], None]

STEP_SHARE = 0.15
"""Finite-difference step as a share of the prior's standard deviation."""
LONGEST_STEP = 1.0
"""Longest move of a parameter in one iteration (prior standard deviations)."""
ENOUGH = 0.05
"""A fall of the objective below this ends the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an estimation found.

    Attributes
    ----------
    mode, covariance
        Normal approximation of the posterior of the free parameters.
    predicted
        Predictions at the mode.
    jacobian
        Derivatives of the predictions, shape (n_rows, n_parameters).
    objective
        Minus twice the log posterior density, up to a constant.
    misfit
        Its part from the data.
    iterations
        Steps taken.
    """

    mode: Array
    covariance: Array
    predicted: Array
    jacobian: Array
    objective: float
    misfit: float
    iterations: int


def estimate(
    predict: Predict,
    *,
    observed: Array,
    errors: Array,
    parameters: Sequence[FreeParameter],
    start: Array | None = None,
    iterations: int = 8,
    told: Told | None = None,
) -> Estimate:
    """Return the mode of the posterior and the normal approximation around it.

    Parameters
    ----------
    observed, errors
        Observations and the covariance of their errors, on the scale of comparison.
    start
        Free parameters to start from; the prior's means by default.
    told
        Called after each iteration with its number, the objective and the parameters.

    Raises
    ------
    SolverError
        If a prediction is not finite at the start.
    """
    mean = np.array([p.mean for p in parameters])
    prior_sd = np.array([p.sd for p in parameters])
    precision = np.diag(1.0 / prior_sd**2)
    whiten = np.linalg.inv(np.linalg.cholesky(errors))
    theta = mean.copy() if start is None else start.copy()

    def objective(point: Array, predicted: Array) -> tuple[float, float]:
        misfit = float(np.sum((whiten @ (observed - predicted)) ** 2))
        return misfit + float(np.sum(((point - mean) / prior_sd) ** 2)), misfit

    predicted = predict(theta[None])[0]
    if not np.isfinite(predicted).all():
        raise SolverError("The predictions are not finite where the search starts.")
    best, misfit = objective(theta, predicted)
    damping = 0.01
    taken = 0
    jacobian = _jacobian(predict, theta, predicted, prior_sd)
    for number in range(1, iterations + 1):
        weighted = whiten @ jacobian
        hessian = weighted.T @ weighted + precision
        slope = weighted.T @ (whiten @ (observed - predicted)) - precision @ (theta - mean)
        moved = False
        for _ in range(5):
            step = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), slope)
            longest = float(np.abs(step / prior_sd).max())
            step *= min(1.0, LONGEST_STEP / longest) if longest > 0 else 1.0
            trial = predict((theta + step)[None])[0]
            value, part = (
                objective(theta + step, trial) if np.isfinite(trial).all() else (np.inf, np.inf)
            )
            if value < best:
                moved = True
                break
            damping *= 8.0
        if not moved:
            break
        gain, best, misfit = best - value, value, part
        theta, predicted, damping, taken = theta + step, trial, damping / 4.0, number
        jacobian = _jacobian(predict, theta, predicted, prior_sd)
        if told is not None:
            told(number, best, theta)
        if gain < ENOUGH:
            break
    weighted = whiten @ jacobian
    return Estimate(
        mode=theta,
        covariance=np.asarray(np.linalg.inv(weighted.T @ weighted + precision), dtype=float),
        predicted=predicted,
        jacobian=jacobian,
        objective=best,
        misfit=misfit,
        iterations=taken,
    )


def _jacobian(predict: Predict, theta: Array, predicted: Array, prior_sd: Array) -> Array:
    """Return central differences, one-sided where one side is not finite."""
    steps = np.diag(STEP_SHARE * prior_sd)
    both = predict(np.concatenate([theta + steps, theta - steps]))
    up, down = both[: len(theta)], both[len(theta) :]
    width = np.diag(steps)[:, None]
    central = (up - down) / (2.0 * width)
    one_sided = (np.where(np.isfinite(up), up, down) - predicted) / width
    one_sided *= np.where(np.isfinite(up), 1.0, -1.0)
    return np.where(np.isfinite(central), central, one_sided).T


def without_rows(
    found: Estimate,
    *,
    left_out: NDArray[np.bool_],
    observed: Array,
    errors: Array,
    parameters: Sequence[FreeParameter],
) -> tuple[Array, Array]:
    """Return mode and covariance as they would be without some rows.

    The predictions are taken as linear around the mode; the mode of the remaining rows
    then follows without another search.
    """
    kept = ~left_out
    mean = np.array([p.mean for p in parameters])
    precision = np.diag(1.0 / np.array([p.sd for p in parameters]) ** 2)
    jacobian = found.jacobian[kept]
    weight = np.linalg.inv(errors[np.ix_(kept, kept)])
    target = observed[kept] - found.predicted[kept] + jacobian @ found.mode
    covariance = np.asarray(np.linalg.inv(jacobian.T @ weight @ jacobian + precision), dtype=float)
    return covariance @ (jacobian.T @ weight @ target + precision @ mean), covariance
