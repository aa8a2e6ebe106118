"""How good predictions were: error, probability scores, coverage and calibration."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import chisquare
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

Array = NDArray[np.float64]


def crps_of_draws(draws: Array, observed: Array) -> Array:
    """Return the continuous ranked probability score of each prediction (points), shape (N,).

    Parameters
    ----------
    draws
        Equally likely values of each prediction, shape (N, M).
    observed
        What was observed, shape (N,).

    Examples
    --------
    >>> crps_of_draws(np.array([[1.0, 3.0]]), np.array([2.0]))
    array([0.5])
    """
    ordered = np.sort(draws, axis=1)
    m = ordered.shape[1]
    rank = 2.0 * np.arange(1, m + 1) - m - 1.0
    spread = (ordered * rank).sum(axis=1) / m**2
    return np.asarray(np.abs(draws - observed[:, None]).mean(axis=1) - spread)


def crps_of_normal(mean: Array, sd: Array, observed: Array) -> Array:
    """Return the same for a normal prediction, shape (N,)."""
    z = (observed - mean) / sd
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    return np.asarray(sd * (z * (2.0 * ndtr(z) - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi)))


def ratio_interval(
    errors: Array, others: Array, patients: Sequence[Hashable]
) -> tuple[float, float]:
    """Return the 95% interval of the ratio of two mean errors on the same predictions.

    Predictions of one patient are taken together, as they resemble each other.

    Examples
    --------
    >>> ratio_interval(np.array([1.0, 3.0]), np.array([2.0, 6.0]), ["a", "b"])
    (0.5, 0.5)
    """
    ratio = errors.sum() / others.sum()
    _, patient = np.unique([hash(p) for p in patients], return_inverse=True)
    away = np.bincount(patient.ravel(), weights=errors - ratio * others)
    half = float(ndtri(0.975) * np.sqrt((away**2).sum()) / others.sum())
    return float(ratio) - half, float(ratio) + half


def brier(chance: Array, happened: NDArray[np.bool_]) -> float:
    """Return the Brier score of stated chances: 0 is perfect, 0.25 a coin.

    Examples
    --------
    >>> brier(np.array([0.5, 0.5]), np.array([True, False]))
    0.25
    """
    return float(np.mean((chance - happened) ** 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95% interval (Wilson) and the number it was counted over."""

    value: float
    lower: float
    upper: float
    n: int


def share(hits: NDArray[np.bool_]) -> Share:
    """Return the share of hits with its interval."""
    n = int(hits.size)
    if n == 0:
        return Share(value=float("nan"), lower=float("nan"), upper=float("nan"), n=0)
    z = float(ndtri(0.975))
    p = float(hits.mean())
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Share(value=p, lower=float(middle - half), upper=float(middle + half), n=n)


def covered(draws: Array, observed: Array, level: float, *, seed: int = 1) -> NDArray[np.bool_]:
    """Return whether the central interval of each prediction holds what was observed.

    Scores are whole numbers and so are the draws: a value at the very end of the interval is
    counted in proportion to how much of its probability lies inside, by a fixed random number.
    """
    uniform = np.random.default_rng(seed).random(observed.size)
    rank = rank_share(draws, observed, uniform)
    tail = (1.0 - level) / 2.0
    return np.asarray((rank >= tail) & (rank <= 1.0 - tail))


def rank_share(draws: Array, observed: Array, uniform: Array) -> Array:
    """Return where the observation stands among the draws (0 to 1), ties broken at random."""
    below = (draws < observed[:, None]).mean(axis=1)
    at = (draws == observed[:, None]).mean(axis=1)
    return np.asarray(below + uniform * at)


def interval_holds(draws: Array, observed: Array, level: float) -> NDArray[np.bool_]:
    """Return whether the interval as it is printed, from quantile to quantile, holds it."""
    low, high = np.quantile(draws, ((1 - level) / 2, (1 + level) / 2), axis=1, method="nearest")
    return np.asarray((observed >= low) & (observed <= high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Calibration of a stated chance: logistic slope and intercept with 95% intervals."""

    slope: float
    slope_lower: float
    slope_upper: float
    intercept: float
    n: int
    events: int
    clusters: int


def calibration_slope(
    chance: Array, happened: NDArray[np.bool_], cluster: NDArray[np.int64]
) -> Slope:
    """Return slope and intercept of the outcome on the log odds of the stated chance.

    One and zero are perfect; a slope below one means chances too extreme.

    Parameters
    ----------
    cluster
        Number of the group each outcome belongs to, shape (N,): outcomes within a group may
        resemble each other, and the interval holds that (sandwich estimate).
    """
    p = np.clip(chance, 1e-3, 1.0 - 1e-3)
    x = np.column_stack([np.ones(p.size), np.log(p / (1.0 - p))])
    fitted = GLM(happened.astype(float), x, family=families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    lower, upper = fitted.conf_int()[1]
    return Slope(
        slope=float(fitted.params[1]), slope_lower=float(lower), slope_upper=float(upper),
        intercept=float(fitted.params[0]), n=int(p.size), events=int(happened.sum()),
        clusters=int(np.unique(cluster).size),
    )  # fmt: skip


def uniformity(shares: Array, bins: int = 20) -> tuple[NDArray[np.int64], float]:
    """Return the histogram of rank shares (0 to 1) and the chi-square p that it is flat."""
    counts, _ = np.histogram(shares, bins=bins, range=(0.0, 1.0))
    return counts.astype(np.int64), float(chisquare(counts).pvalue)
