"""Distributions that a population states in words: a mean, a spread, and limits."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from ketacourse.errors import InputError, OutOfRangeError

Array = NDArray[np.float64]

SHARES_SUM = 1e-6
"""How far shares may be from adding up to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution between limits, by its mean and standard deviation.

    Parameters
    ----------
    mean, sd
        Mean and standard deviation, in the unit of the quantity.
    minimum, maximum
        Limits; nobody lies outside.
    shape
        ``beta`` stretches over the limits and keeps mean and SD: for what is admitted
        between two bounds. ``normal`` and ``lognormal`` are cut at the limits, which
        are meant to be far: mean and SD are those before the cut.

    Examples
    --------
    >>> Distribution(mean=40.0, sd=10.0, minimum=30.0, maximum=50.0).quantile(0.5)
    array(40.)
    """

    mean: float
    sd: float
    minimum: float = -math.inf
    maximum: float = math.inf
    shape: Literal["normal", "lognormal", "beta"] = "normal"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd >= 0.0):
            raise OutOfRangeError(
                f"A distribution has mean {self.mean} and SD {self.sd}.",
                remedy="Give finite numbers, and an SD of 0 or more.",
            )
        if not self.minimum <= self.mean <= self.maximum:
            raise OutOfRangeError(
                f"A distribution has minimum {self.minimum}, mean {self.mean}, "
                f"maximum {self.maximum}.",
                remedy="Give minimum <= mean <= maximum.",
            )
        if self.shape == "lognormal" and not self.mean > 0.0:
            raise OutOfRangeError(
                f"A log-normal distribution has mean {self.mean}.", remedy="Give a positive one."
            )
        if self.shape == "beta" and self.sd > 0.0 and not self._beta_exists():
            raise OutOfRangeError(
                f"No distribution from {self.minimum:g} to {self.maximum:g} with mean "
                f"{self.mean:g} has an SD of {self.sd:g}.",
                remedy="Give finite limits, and a smaller SD.",
            )

    def _beta_exists(self) -> bool:
        largest = (self.mean - self.minimum) * (self.maximum - self.mean)
        return math.isfinite(largest) and self.sd**2 < largest

    def quantile(self, u: float | Array) -> Array:
        """Return the values below which shares ``u`` (0 to 1) of the patients lie."""
        if self.sd == 0.0:
            return np.full(np.shape(u), self.mean)
        if self.shape == "beta":
            return self._beta_quantile(u)
        centre, spread = self._normal()
        low, high = (ndtr((self._scaled(x) - centre) / spread) for x in self._limits())
        z = ndtri(low + (high - low) * np.asarray(u))
        value = centre + spread * z
        value = np.exp(value) if self.shape == "lognormal" else value
        return np.asarray(np.clip(value, self.minimum, self.maximum))

    def _beta_quantile(self, u: float | Array) -> Array:
        width = self.maximum - self.minimum
        middle, variance = (self.mean - self.minimum) / width, (self.sd / width) ** 2
        total = middle * (1.0 - middle) / variance - 1.0
        share = betaincinv(middle * total, (1.0 - middle) * total, u)
        return np.asarray(self.minimum + width * share)

    def _normal(self) -> tuple[float, float]:
        """Return mean and standard deviation on the scale on which it is normal."""
        if self.shape == "normal":
            return self.mean, self.sd
        variance = math.log1p((self.sd / self.mean) ** 2)
        return math.log(self.mean) - variance / 2.0, math.sqrt(variance)

    def _limits(self) -> tuple[float, float]:
        return self.minimum, self.maximum

    def _scaled(self, value: float) -> float:
        if self.shape == "normal":
            return value
        return math.log(value) if value > 0.0 else -math.inf


def lognormal_through(
    first: tuple[float, float], second: tuple[float, float]
) -> tuple[float, float]:
    """Return median and log SD of the log-normal that two shares fix.

    Parameters
    ----------
    first, second
        A value and the share of patients above it (0 to 1).

    Examples
    --------
    >>> median, spread = lognormal_through((1.0, 0.58), (3.0, 0.27))
    >>> f"{median:.2f} {spread:.2f}"
    '1.31 1.35'
    """
    (low, above_low), (high, above_high) = sorted((first, second))
    if not (0.0 < above_high < above_low < 1.0 and 0.0 < low < high):
        raise OutOfRangeError(
            f"A share of {above_low:g} above {low:g} and of {above_high:g} above {high:g} "
            "fits no distribution.",
            remedy="Give shares between 0 and 1, the smaller one above the larger value.",
        )
    z_low, z_high = -ndtri(above_low), -ndtri(above_high)
    spread = (math.log(high) - math.log(low)) / (z_high - z_low)
    return math.exp(math.log(low) - spread * z_low), float(spread)


def checked_share(name: str, share: float) -> float:
    """Return a share, or raise unless it lies between 0 and 1."""
    if not 0.0 <= share <= 1.0:
        raise OutOfRangeError(f"'{name}' is {share}.", remedy="Give a share from 0 to 1.")
    return share


def checked_shares(
    name: str, shares: Mapping[str, float], known: Collection[str] = ()
) -> dict[str, float]:
    """Return shares by kind, or raise unless they are possible and add up to one.

    Raises
    ------
    InputError
        If a kind is not ``known``, a share lies outside 0 to 1, or they do not add up.
    """
    for kind, share in shares.items():
        if known and kind not in known:
            raise InputError(
                f"'{name}' names '{kind}', which is not known.",
                remedy=f"Use {', '.join(known)}.",
            )
        checked_share(f"{name}.{kind}", share)
    total = math.fsum(shares.values())
    if not abs(total - 1.0) <= SHARES_SUM:
        raise InputError(
            f"The shares of '{name}' add up to {total:g}.", remedy="Give shares that add up to 1."
        )
    return dict(shares)


def picked(shares: Mapping[str, float], u: Array) -> NDArray[np.str_]:
    """Return the kind of each patient, from numbers between 0 and 1, shape (N,).

    Examples
    --------
    >>> picked({"a": 0.5, "b": 0.5}, np.array([0.2, 0.7])).tolist()
    ['a', 'b']
    """
    edges = np.cumsum(list(shares.values()))[:-1]
    return np.asarray(np.array(list(shares))[np.searchsorted(edges, u, side="right")])
