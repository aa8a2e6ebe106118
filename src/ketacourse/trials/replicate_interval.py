"""Intervals of a reported statistic: belief, studies and sampling together.

What is believed of the parameters comes as draws, and may be lopsided; the rest is
independent of it and normal on the scale used. The parts are joined by adding the squares
of their half-widths on each side (90%), which is exact when all are normal.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, logit

from ketacourse.population.uncertainty import Z90

Array = NDArray[np.float64]

NODES = 41
"""Points at which the belief about a rate is looked at."""
FARTHEST = 3.5
"""Standard deviations that these points reach to."""
MOST_PEOPLE = 2000
"""People beyond whom a binomial rate no longer varies beside everything else."""
LEAST_RATE = 0.01
"""Believed rates are kept this far from 0 and 1 (assumed): no model knows that nobody will."""


def interval(centre: float, draws: Array, *, sd: float) -> tuple[float, float]:
    """Return the ends of a 90% interval about a centre.

    Parameters
    ----------
    centre
        Predicted value.
    draws
        The same value under draws of what is believed.
    sd
        Standard deviation of everything else.

    Examples
    --------
    >>> low, high = interval(10.0, np.array([10.0]), sd=1.0)
    >>> round(low, 2), round(high, 2)
    (8.36, 11.64)
    """
    low, high = np.percentile(draws, [5.0, 95.0])
    below = math.hypot(max(centre - float(low), 0.0), Z90 * sd)
    above = math.hypot(max(float(high) - centre, 0.0), Z90 * sd)
    return centre - below, centre + above


def log_interval(centre: float, draws: Array, *, log_sd: float) -> tuple[float, float]:
    """Return the ends of a 90% interval of a positive quantity; ``log_sd`` as in `interval`."""
    positive = np.log(np.maximum(draws, 1e-300))
    low, high = interval(math.log(centre), positive, sd=log_sd)
    return math.exp(low), math.exp(high)


def rate_interval(centre: float, draws: Array, *, logit_sd: float, n: float) -> tuple[float, float]:
    """Return the ends of a 90% interval of an observed rate (0 to 1) among ``n`` people.

    The true rate is spread on the logit scale, by belief and by ``logit_sd``; the observed
    one is binomial about it. The ends are values that can be observed, such as 0.

    Examples
    --------
    >>> rate_interval(0.5, np.array([0.5]), logit_sd=0.5, n=10)
    (0.2, 0.8)
    """
    middle = float(logit(np.clip(centre, LEAST_RATE, 1.0 - LEAST_RATE)))
    low, high = interval(middle, logit(np.clip(draws, LEAST_RATE, 1.0 - LEAST_RATE)), sd=logit_sd)
    z = np.linspace(-FARTHEST, FARTHEST, NODES)
    spread = np.where(z < 0.0, middle - low, high - middle) / Z90
    rates = expit(middle + spread * z)
    weights = np.exp(-0.5 * z**2)
    whole = min(max(round(n), 1), MOST_PEOPLE)
    counts = np.arange(whole + 1)
    log_choose = gammaln(whole + 1) - gammaln(counts + 1) - gammaln(whole - counts + 1)
    log_p = (
        log_choose[:, None]
        + counts[:, None] * np.log(rates)
        + (whole - counts)[:, None] * np.log1p(-rates)
    )
    mass = np.exp(log_p) @ (weights / weights.sum())
    below = np.cumsum(mass)
    first = int(np.searchsorted(below, 0.05))
    last = int(np.searchsorted(below, 0.95))
    return min(first / whole, centre), max(min(last, whole) / whole, centre)
