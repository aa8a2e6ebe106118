r"""Relapse after a response, as a trial would have rated it.

Responders are those in response the day after the last dose, unless the study judged them on
another day; where doses go on to the time asked for, the day after the last dose of the acute
phase. In trials they are rated twice a week for four weeks and weekly after that, in clinics
every other week. A relapse is two ratings in a row without response, dated from the first. With
independent errors of rating the shares follow without drawing any:

.. math::

    A_k = (A_{k-1} + C_{k-1})(1 - q_k), \qquad C_k = A_{k-1} q_k, \qquad
    S_{k-1} = A_k + C_k

where :math:`q_k` is the probability of a rating without response, :math:`A` of having been
well at the last visit, :math:`C` of having missed response there for the first time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

JUDGED_AFTER_DAYS = 1.0
"""Time from the dose to the rating that decides who is a responder (days)."""
ACUTE_GAP_DAYS = 5.0
"""Longest gap between doses of an acute phase (days)."""
CLOSE_DAYS, WIDE_DAYS, CLOSE_FOR_DAYS = 3.5, 7.0, 28.0
"""Days between ratings at first and later, and how long the first spacing holds."""
CLINIC_DAYS = 14.0
"""Days between ratings in a clinic (assumed): one that took whatever rating there was between 14
and 31 days after the last dose rates about so often."""


def judged_day(session_days: Sequence[float], until_days: float | None) -> tuple[float, float]:
    """Return the day of the dose that counts as the last, and the day responders are judged.

    Examples
    --------
    >>> judged_day((0.0, 3.0, 7.0), 60.0)
    (7.0, 8.0)
    >>> judged_day((0.0, 3.0, 7.0, 21.0, 35.0), 35.0)
    (7.0, 8.0)
    """
    last = session_days[-1] if session_days else 0.0
    if until_days is not None and until_days <= last + JUDGED_AFTER_DAYS:
        last = acute_phase(session_days)[-1] if session_days else last
    return last, last + JUDGED_AFTER_DAYS


def acute_phase(session_days: Sequence[float]) -> tuple[float, ...]:
    """Return the days of the first sessions that lie close together.

    Examples
    --------
    >>> acute_phase((0.0, 3.0, 7.0, 21.0, 35.0))
    (0.0, 3.0, 7.0)
    """
    wide = np.flatnonzero(np.diff(session_days) > ACUTE_GAP_DAYS)
    return tuple(session_days[: int(wide[0]) + 1] if wide.size else session_days)


def rating_days(start: float, until: float, *, setting: str = "trial") -> tuple[float, ...]:
    """Return the days of rating after responders were judged, one beyond the end included.

    Examples
    --------
    >>> rating_days(18.0, 45.0, setting="clinic")
    (18.0, 32.0, 46.0, 60.0)
    """
    first, later = (CLINIC_DAYS,) * 2 if setting == "clinic" else (CLOSE_DAYS, WIDE_DAYS)
    days = [start]
    while days[-1] <= until:
        close = days[-1] - start < CLOSE_FOR_DAYS
        days.append(days[-1] + (first if close else later))
    days.append(days[-1] + later)
    return tuple(days)


def relapse_free(responded: Array, without: Array) -> Array:
    """Return the share of responders without relapse after each rating but the last.

    Parameters
    ----------
    responded
        Probability that each patient was judged a responder, shape (..., N).
    without
        Probability of a rating without response, shape (..., N, n_ratings); the first
        rating is the one that judged and counts as well.

    Returns
    -------
    ndarray
        Shape (..., n_ratings - 1); the first is 1.
    """
    well, missed = np.ones_like(responded), np.zeros_like(responded)
    total = responded.sum(axis=-1)
    shares = []
    for k in range(1, without.shape[-1]):
        q = without[..., k]
        well, missed = (well + missed) * (1.0 - q), well * q
        shares.append(((well + missed) * responded).sum(axis=-1) / total)
    return np.stack(shares, axis=-1)


def median_days(days: Array, shares: Array) -> tuple[float, float]:
    """Return when half have relapsed (days), and the slope of the share over log time there.

    Where half is not reached, the hazard of the last quarter of the follow-up is continued.

    Parameters
    ----------
    days
        Days since the last dose, shape (n,).
    shares
        Share without relapse, falling from 1, shape (n,).
    """
    if shares[-1] <= 0.5:
        after = int(np.argmax(shares <= 0.5))
        left, right = max(after - 1, 0), after
        drop = shares[left] - shares[right]
        part = (shares[left] - 0.5) / drop if drop > 0.0 else 1.0
        median = days[left] + part * (days[right] - days[left])
        hazard = drop / max(days[right] - days[left], 1e-9) / 0.5
    else:
        start = int(0.75 * len(days))
        hazard = np.log(shares[start] / shares[-1]) / (days[-1] - days[start])
        hazard = max(float(hazard), 1e-4)
        median = days[-1] + np.log(shares[-1] / 0.5) / hazard
    return float(median), float(0.5 * hazard * median)
