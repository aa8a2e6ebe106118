"""Pareto-smoothed importance sampling: weights that can be trusted, and a number that says so.

The largest importance weights are replaced by the expected order statistics of a generalised
Pareto distribution fitted to them. Its shape k tells how heavy the tail is: above 0.7 the
weights cannot be relied on (Vehtari et al. 2024; fit of Zhang and Stephens 2009).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Array = NDArray[np.float64]

FEWEST_IN_TAIL = 20


def smoothed(log_weight: Array) -> tuple[Array, float]:
    """Return normalised smoothed log weights, shape (N,), and the shape k of their tail.

    k is infinite where fewer than `FEWEST_IN_TAIL` weights matter, and 0 where all are equal.
    """
    found = log_weight - log_weight.max()
    size = found.size
    tail = int(min(0.2 * size, 3.0 * np.sqrt(size)))
    if tail < FEWEST_IN_TAIL:
        return found - logsumexp(found), np.inf
    order = np.argsort(found, kind="stable")
    last = order[-tail:]
    cut = float(found[order[-tail - 1]])
    excess = np.exp(found[last]) - np.exp(cut)
    if not excess[-1] > 0.0:
        return found - logsumexp(found), 0.0
    if np.count_nonzero(excess > 0.0) < FEWEST_IN_TAIL:
        return found - logsumexp(found), np.inf
    shape, scale = _generalised_pareto(np.maximum(excess, np.finfo(float).tiny))
    if np.isfinite(shape):
        levels = (np.arange(tail) + 0.5) / tail
        quantiles = _quantiles(levels, shape, scale)
        found[last] = np.minimum(np.log(quantiles + np.exp(cut)), 0.0)
    return found - logsumexp(found), float(shape)


def effective_size(log_weight: Array) -> float:
    """Return how many equally weighted people normalised log weights are worth."""
    return float(np.exp(-logsumexp(2.0 * log_weight)))


def _generalised_pareto(excess: Array) -> tuple[float, float]:
    """Return shape and scale for increasing positive excesses."""
    n = excess.size
    tries = 30 + int(np.sqrt(n))
    quarter = excess[int(n / 4.0 + 0.5) - 1]
    at = np.arange(1, tries + 1)
    theta = 1.0 / excess[-1] + (1.0 - np.sqrt(tries / (at - 0.5))) / (3.0 * quarter)
    shapes = np.log1p(-theta[:, None] * excess).mean(axis=1)
    profile = n * (np.log(-theta / shapes) - shapes - 1.0)
    weight = np.exp(profile - logsumexp(profile))
    mean = float(weight @ theta)
    shape = float(np.log1p(-mean * excess).mean())
    scale = -shape / mean
    # A weak prior on the shape steadies it in small tails.
    return (shape * n + 5.0) / (n + 10.0), scale


def _quantiles(levels: Array, shape: float, scale: float) -> Array:
    if abs(shape) < 1e-12:
        return np.asarray(-scale * np.log1p(-levels))
    return np.asarray(scale * np.expm1(-shape * np.log1p(-levels)) / shape)
