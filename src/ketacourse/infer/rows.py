r"""Published rows as the estimation sees them: a scale, an error, a study.

Scores and changes are compared in points, rates on the logit scale, medians on the log
scale. What makes one study differ from another is in part common to all its rows, in
part to the rows of one arm, in part to one row alone:

.. math::

    \Sigma_{ij} = \tau_{k(i)} \tau_{k(j)} s_i s_j (a\,[\mathrm{study}] + b\,[\mathrm{arm}]
                  + c\,[i = j]) + \sigma_i \sigma_j s_i s_j (\rho\,[\mathrm{arm}]
                  + (1 - \rho)\,[i = j])

with :math:`s` the direction in which more benefit moves the row, :math:`a + b + c = 1`
(`SHARES`) and :math:`\rho` (`REPEATED`) what rows of one arm share because they are the
same patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]
Kind = Literal["points", "rate", "days"]

REPEATED = 0.6
"""Correlation of the sampling errors of two rows of one arm (assumed)."""
SHARES = (0.4, 0.4, 0.2)
"""Parts of the variance between studies common to a study, to an arm, to nothing (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRow:
    """One published number to fit.

    Parameters
    ----------
    study, arm
        Keys of the study and of the arm within it.
    kind
        How it is compared.
    value
        Points, percent or days, as published.
    n
        Patients behind it.
    sd_points
        Standard deviation of one patient's score (points), for points.
    benefit
        Direction in which more benefit moves the value: -1 for scores and changes, +1
        for rates of response and times to relapse.
    """

    row_id: str
    study: str
    arm: str
    kind: Kind
    value: float
    n: int
    sd_points: float
    benefit: float


def compared(kind: Kind, value: Array | float, n: Array | float) -> Array:
    """Return values on the scale of comparison.

    A rate is shrunk by half a patient, so that none and all stay finite.
    """
    values = np.asarray(value, dtype=float)
    if kind == "rate":
        share = (values / 100.0 * n + 0.5) / (np.asarray(n) + 1.0)
        return np.asarray(np.log(share / (1.0 - share)))
    if kind == "days":
        return np.asarray(np.log(np.maximum(values, 0.1)))
    return values


def sampling_sd(row: FitRow) -> float:
    """Return the standard error of a row on its scale of comparison."""
    if row.kind == "points":
        return row.sd_points / float(np.sqrt(row.n))
    if row.kind == "rate":
        return sampling_sd_of_rate(row.value, row.n)
    return float(1.25 / np.sqrt(max(row.n, 2)))


def sampling_sd_of_rate(percent: float, n: int) -> float:
    """Return the standard error of a rate on the logit scale."""
    share = (percent / 100.0 * n + 0.5) / (n + 1.0)
    return float(1.0 / np.sqrt(n * share * (1.0 - share)))


def covariance(rows: Sequence[FitRow], *, tau: dict[Kind, float]) -> Array:
    """Return the covariance of the errors, shape (n_rows, n_rows).

    Parameters
    ----------
    tau
        Standard deviation between studies on each scale of comparison.
    """
    sd = np.array([sampling_sd(r) for r in rows])
    between = np.array([tau[r.kind] * r.benefit for r in rows])
    study = np.array([r.study for r in rows])
    arm = np.array([f"{r.study}/{r.arm}" for r in rows])
    same_study = study[:, None] == study[None, :]
    same_arm = arm[:, None] == arm[None, :]
    sign = np.array([r.benefit for r in rows])
    one = np.eye(len(rows))
    study_part, arm_part, row_part = SHARES
    apart = study_part * same_study + arm_part * same_arm + row_part * one
    sampled = REPEATED * same_arm + (1.0 - REPEATED) * one
    return np.asarray(np.outer(between, between) * apart + np.outer(sd * sign, sd * sign) * sampled)


def between_studies(
    residuals: Array, rows: Sequence[FitRow], *, start: dict[Kind, float]
) -> dict[Kind, float]:
    """Return the spread between studies under which the residuals are most likely.

    A weak prior (a factor of two, log-normal) about ``start`` keeps a kind with few
    studies from running away.
    """
    kinds: tuple[Kind, ...] = ("points", "rate", "days")
    centre = np.log([start[k] for k in kinds])

    def cost(free: Array) -> float:
        total = covariance(rows, tau=dict(zip(kinds, np.exp(free), strict=True)))
        _, logdet = np.linalg.slogdet(total)
        fit = float(residuals @ np.linalg.solve(total, residuals))
        return float(logdet + fit + np.sum(((free - centre) / np.log(2.0)) ** 2))

    best = minimize(cost, centre, method="Nelder-Mead", options={"xatol": 0.01, "fatol": 0.01})
    return dict(zip(kinds, (float(v) for v in np.exp(best.x)), strict=True))
