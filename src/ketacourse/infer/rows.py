r"""Published rows as the estimation sees them: a scale, an error, a study.

Scores and changes are compared in points, rates on the logit scale, medians on the log
scale. Rows of one study share what makes that study differ from the others, so their
errors are correlated:

.. math::

    \Sigma_{ij} = \sigma_i^2 \delta_{ij} + \tau_{k(i)} \tau_{k(j)} s_i s_j
                  [\mathrm{study}_i = \mathrm{study}_j]

with :math:`s` the direction in which more benefit moves the row. Within a study, rows of
one arm also share patients; a part ``REPEATED`` of their sampling error is common.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kind = Literal["points", "rate", "days"]

REPEATED = 0.6
"""Correlation of the sampling errors of two rows of one arm (assumed)."""


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
        share = (row.value / 100.0 * row.n + 0.5) / (row.n + 1.0)
        return float(1.0 / np.sqrt(row.n * share * (1.0 - share)))
    return float(1.25 / np.sqrt(max(row.n, 2)))


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
    shared = REPEATED * np.outer(sd * sign, sd * sign) * same_arm
    total = shared + np.diag(sd**2 * (1.0 - REPEATED))
    return np.asarray(total + np.outer(between, between) * same_study)
