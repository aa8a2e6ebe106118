r"""Estimates and tests from sums: means, shares, their differences, and power.

Everything takes counts and sums of whole numbers, which add up exactly over the parts of a
trial, so that no test needs the patients again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri, stdtr, stdtrit

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval; NaN where it cannot be had."""

    value: float
    lower: float
    upper: float
    n: int
    sd: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A difference with its interval, and the test that goes with it.

    ``statistic`` is t or z, ``p`` two-sided.
    """

    difference: float
    lower: float
    upper: float
    statistic: float
    p: float

    def __post_init__(self) -> None:
        for name in ("difference", "lower", "upper", "statistic", "p"):
            object.__setattr__(self, name, float(getattr(self, name)))


NOTHING = Comparison(
    difference=float("nan"), lower=float("nan"), upper=float("nan"),
    statistic=float("nan"), p=float("nan"),
)  # fmt: skip
"""What is said where there is nothing to compare."""


def mean_of(n: int, total: float, squares: float, *, level: float = 0.95) -> Estimate:
    """Return mean, SD and t interval from n, the sum and the sum of squares."""
    if n < 1:
        return Estimate(value=np.nan, lower=np.nan, upper=np.nan, n=0)
    mean = total / n
    if n < 2:
        return Estimate(value=mean, lower=np.nan, upper=np.nan, n=n)
    sd = float(np.sqrt(max(squares - n * mean * mean, 0.0) / (n - 1)))
    half = float(stdtrit(n - 1, 0.5 + level / 2.0)) * sd / float(np.sqrt(n))
    return Estimate(value=mean, lower=mean - half, upper=mean + half, n=n, sd=sd)


def share_of(n: int, k: int, *, level: float = 0.95) -> Estimate:
    """Return a share with its Wilson interval (Wilson 1927).

    Examples
    --------
    >>> found = share_of(100, 50)
    >>> round(found.lower, 3), found.value, round(found.upper, 3)
    (0.404, 0.5, 0.596)
    """
    if n < 1:
        return Estimate(value=np.nan, lower=np.nan, upper=np.nan, n=0)
    z = float(ndtri(0.5 + level / 2.0))
    share = k / n
    scale = 1.0 + z * z / n
    middle = (share + z * z / (2.0 * n)) / scale
    half = z * float(np.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))) / scale
    lower = 0.0 if k == 0 else middle - half
    upper = 1.0 if k == n else middle + half
    return Estimate(value=share, lower=lower, upper=upper, n=n)


def welch(first: Array, second: Array, *, level: float = 0.95) -> Comparison:
    """Compare two means (Welch 1947).

    Parameters
    ----------
    first, second
        n, sum and sum of squares of each group.
    """
    a, b = mean_of(int(first[0]), *first[1:]), mean_of(int(second[0]), *second[1:])
    if min(a.n, b.n) < 2:
        return NOTHING
    parts = (a.sd**2 / a.n, b.sd**2 / b.n)
    error = float(np.sqrt(sum(parts)))
    difference = a.value - b.value
    if not error > 0.0:
        p = 1.0 if difference == 0.0 else 0.0
        sign = float(np.sign(difference)) * np.inf if difference else 0.0
        return Comparison(
            difference=difference, lower=difference, upper=difference, statistic=sign, p=p
        )
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (a.n - 1) + parts[1] ** 2 / (b.n - 1))
    half = float(stdtrit(freedom, 0.5 + level / 2.0)) * error
    statistic = difference / error
    return Comparison(
        difference=difference,
        lower=difference - half,
        upper=difference + half,
        statistic=statistic,
        p=float(2.0 * stdtr(freedom, -abs(statistic))),
    )


def paired(sums: Array, *, level: float = 0.95) -> Comparison:
    """Compare two means in the same patients, from n, sum and squares of differences."""
    found = mean_of(int(sums[0]), *sums[1:], level=level)
    if found.n < 2:
        return NOTHING
    if not found.sd > 0.0:
        p = 1.0 if found.value == 0.0 else 0.0
        return Comparison(
            difference=found.value, lower=found.value, upper=found.value, statistic=np.nan, p=p
        )
    statistic = found.value / (found.sd / float(np.sqrt(found.n)))
    return Comparison(
        difference=found.value,
        lower=found.lower,
        upper=found.upper,
        statistic=statistic,
        p=float(2.0 * stdtr(found.n - 1, -abs(statistic))),
    )


def proportions(first: Counts, second: Counts, *, level: float = 0.95) -> Comparison:
    """Compare two shares: Pearson's chi-squared, Newcombe's interval of the difference.

    Parameters
    ----------
    first, second
        n and number of successes of each group.
    """
    (n1, k1), (n2, k2) = ((int(x[0]), int(x[1])) for x in (first, second))
    if min(n1, n2) < 1:
        return NOTHING
    a, b = share_of(n1, k1, level=level), share_of(n2, k2, level=level)
    difference = a.value - b.value
    down = np.sqrt((a.value - a.lower) ** 2 + (b.upper - b.value) ** 2)
    up = np.sqrt((a.upper - a.value) ** 2 + (b.value - b.lower) ** 2)
    pooled = (k1 + k2) / (n1 + n2)
    error = float(np.sqrt(pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)))
    statistic = difference / error if error > 0.0 else 0.0
    return Comparison(
        difference=difference,
        lower=difference - float(down),
        upper=difference + float(up),
        statistic=statistic,
        p=float(chdtrc(1.0, statistic**2)),
    )


# Many trials at once: p values only


def welch_p(first: Array, second: Array) -> Array:
    """Return the p value of `welch` for each of many trials, (n_trials,).

    Parameters
    ----------
    first, second
        n, sum and sum of squares, (n_trials, 3); NaN where a group has fewer than two.
    """
    mean, error = zip(*(_mean_and_error(x) for x in (first, second)), strict=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = error[0] + error[1]
        freedom = squared**2 / (
            error[0] ** 2 / (first[:, 0] - 1.0) + error[1] ** 2 / (second[:, 0] - 1.0)
        )
        difference = mean[0] - mean[1]
        p = 2.0 * stdtr(freedom, -np.abs(difference) / np.sqrt(squared))
        p = np.where(squared > 0.0, p, np.where(difference == 0.0, 1.0, 0.0))
        return np.asarray(np.where(np.isnan(squared), np.nan, p))


def paired_p(sums: Array) -> Array:
    """Return the p value of `paired` for each of many trials, (n_trials,)."""
    mean, error = _mean_and_error(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2.0 * stdtr(sums[:, 0] - 1.0, -np.abs(mean) / np.sqrt(error))
        p = np.where(error > 0.0, p, np.where(mean == 0.0, 1.0, 0.0))
        return np.asarray(np.where(sums[:, 0] < 2, np.nan, p))


def proportions_p(first: Array, second: Array) -> Array:
    """Return the p value of `proportions` for each of many trials, (n_trials,)."""
    (n1, k1), (n2, k2) = first.T, second.T
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (k1 + k2) / (n1 + n2)
        error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2))
        statistic = np.where(error > 0.0, (k1 / n1 - k2 / n2) / error, 0.0)
        return np.asarray(np.where((n1 < 1) | (n2 < 1), np.nan, chdtrc(1.0, statistic**2)))


def _mean_and_error(sums: Array) -> tuple[Array, Array]:
    """Return mean and squared standard error, (n_trials,); NaN with fewer than two."""
    n, total, squares = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        variance = np.maximum(squares - n * mean * mean, 0.0) / (n - 1.0)
        return np.where(n < 2, np.nan, mean), np.where(n < 2, np.nan, variance / n)
