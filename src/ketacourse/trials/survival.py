r"""Time to an event seen at visits: Kaplan-Meier estimate, median, log-rank test.

.. math::

    \hat S(t) = \prod_{t_i \le t} \left(1 - \frac{d_i}{n_i}\right), \qquad
    \widehat{\mathrm{var}}\,\hat S = \hat S^2 \sum_{t_i \le t} \frac{d_i}{n_i (n_i - d_i)}

:math:`n_i` are at risk just before :math:`t_i`, :math:`d_i` have the event there, and the
variance is Greenwood's (1926). Intervals are made on the scale of
:math:`\ln(-\ln \hat S)` (Kalbfleisch and Prentice 1980), so that they stay within 0 and 1.
The hazard ratio is that of observed over expected events (Peto and others 1977).
Everything is computed from counts, which add up over parts of a trial.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalCurve:
    """A Kaplan-Meier estimate.

    Attributes
    ----------
    days
        Days since the start at which somebody was seen, shape (n,).
    at_risk, events, censored
        Patients at risk just before, with the event at, and last seen at each day.
    survival, lower, upper
        Share without the event after each day, with its interval.
    """

    days: Array
    at_risk: Counts
    events: Counts
    censored: Counts
    survival: Array
    lower: Array
    upper: Array

    def at(self, day: float) -> tuple[float, float, float]:
        """Return share and interval on a day (days since the start).

        Examples
        --------
        >>> curve = kaplan_meier([7.0, 14.0], [2, 0], [0, 6])
        >>> curve.at(7.0)[0]
        0.75
        """
        position = int(np.searchsorted(self.days, day + 1e-9, side="right")) - 1
        if position < 0:
            return 1.0, 1.0, 1.0
        return (
            float(self.survival[position]),
            float(self.lower[position]),
            float(self.upper[position]),
        )

    @property
    def median(self) -> tuple[float | None, float | None, float | None]:
        """Return the first day by which half had the event, with its interval.

        None where the curve, or the end of its interval, does not come down to a half.
        """
        return (
            _first_below(self.days, self.survival),
            _first_below(self.days, self.lower),
            _first_below(self.days, self.upper),
        )


def kaplan_meier(
    days: Array | list[float],
    events: Counts | list[int],
    censored: Counts | list[int],
    *,
    level: float = 0.95,
) -> SurvivalCurve:
    """Estimate survival from counts at increasing days.

    Parameters
    ----------
    days
        Days since the start (increasing), shape (n,).
    events, censored
        How many had the event at, or were last seen at, each day.
    level
        Coverage of the interval.
    """
    when = np.asarray(days, dtype=np.float64)
    died, lost = np.asarray(events, dtype=np.int64), np.asarray(censored, dtype=np.int64)
    leaving = died + lost
    at_risk = leaving.sum() - np.concatenate([[0], np.cumsum(leaving)[:-1]]).astype(np.int64)
    risk = np.maximum(at_risk, 1)
    survival = np.cumprod(1.0 - died / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(died > 0, died / (risk * np.maximum(risk - died, 0).astype(float)), 0.0)
        variance = np.cumsum(hazard)
        log_survival = np.log(survival)
        spread = np.sqrt(variance) / np.abs(log_survival)
        z = float(ndtri(0.5 + level / 2.0))
        lower = survival ** np.exp(z * spread)
        upper = survival ** np.exp(-z * spread)
    certain = survival >= 1.0
    gone = survival <= 0.0
    return SurvivalCurve(
        days=when,
        at_risk=at_risk,
        events=died,
        censored=lost,
        survival=survival,
        lower=np.where(certain, 1.0, np.where(gone, 0.0, lower)),
        upper=np.where(certain, 1.0, np.where(gone, 0.0, upper)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRank:
    """A log-rank comparison of two groups.

    Attributes
    ----------
    z, p
        Standardised excess of events in the first group, and the two-sided p value.
    ratio, lower, upper
        Hazard of the first relative to the second group, observed over expected events on
        each side, with its interval.
    """

    z: float
    p: float
    ratio: float
    lower: float
    upper: float


def log_rank(
    events: Counts | list[list[int]], censored: Counts | list[list[int]], *, level: float = 0.95
) -> LogRank:
    """Compare two groups; NaN where no event can be compared.

    Parameters
    ----------
    events, censored
        Counts per group and day, shape (2, n), on the same days.
    """
    died, lost = np.asarray(events, dtype=np.float64), np.asarray(censored, dtype=np.float64)
    leaving = died + lost
    before = np.concatenate([np.zeros((2, 1)), np.cumsum(leaving, axis=1)[:, :-1]], axis=1)
    risk = leaving.sum(axis=1, keepdims=True) - before
    total, all_died = risk.sum(axis=0), died.sum(axis=0)
    use = (total > 1) & (all_died > 0)
    n, d = total[use], all_died[use]
    share = risk[0, use] / n
    expected = np.array([(d * share).sum(), (d * (1.0 - share)).sum()])
    observed = died[:, use].sum(axis=1)
    variance = float((d * share * (1.0 - share) * (n - d) / np.maximum(n - 1.0, 1.0)).sum())
    if not variance > 0.0:
        nan = float("nan")
        return LogRank(z=nan, p=nan, ratio=nan, lower=nan, upper=nan)
    z = float((observed[0] - expected[0]) / np.sqrt(variance))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = observed / expected
        ratio = float(rate[0] / rate[1]) if rate[1] > 0.0 else float("inf")
    half = float(ndtri(0.5 + level / 2.0)) * float(np.sqrt((1.0 / expected).sum()))
    return LogRank(
        z=z,
        p=float(chdtrc(1.0, z * z)),
        ratio=ratio,
        lower=ratio * float(np.exp(-half)),
        upper=ratio * float(np.exp(half)),
    )


def _first_below(days: Array, curve: Array) -> float | None:
    below = np.flatnonzero(curve <= 0.5)
    return float(days[below[0]]) if below.size else None
