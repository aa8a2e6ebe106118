"""Draws from what is believed about parameters, and from the spread between patients.

Each parameter has its own counter-based random stream, keyed by seed and name:
adding a parameter, or drawing more, never changes another's draws.
"""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ketacourse.evidence.catalogue import Parameter
from ketacourse.quantity import conversion_factor

Array = NDArray[np.float64]

Z90 = 1.6448536269514722
"""Standard normal quantile of the ends of a central 90% interval."""


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random stream of one purpose.

    Examples
    --------
    >>> bool(stream(1, "a").random() == stream(1, "a").random())
    True
    """
    return np.random.Generator(np.random.Philox(key=stream_key(seed, purpose)))


@lru_cache(maxsize=1024)
def stream_key(seed: int, purpose: str) -> NDArray[np.uint64]:
    """Return the key of the counter-based generator for one purpose."""
    key = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()[:16]
    return np.frombuffer(key, dtype=np.uint64)


def draw_belief(parameter: Parameter, *, count: int, seed: int, unit: str) -> Array:
    """Return draws of a parameter's typical value, shape (count,), in ``unit``.

    The median is the typical value and 5% lie beyond each end of the interval: a
    normal (or log-normal) with its own spread on each side, held within the hard
    bounds. A parameter with the prior ``fixed`` does not vary.
    """
    factor = conversion_factor(parameter.unit, unit)
    if parameter.prior == "fixed":
        return np.full(count, parameter.typical * factor)
    random = stream(seed, f"belief:{parameter.name}")
    if parameter.prior == "uniform":
        values = random.uniform(parameter.lower, parameter.upper, count)
    else:
        z = random.standard_normal(count) / Z90
        values = _two_sided(parameter, z)
    return np.asarray(np.clip(values, parameter.minimum, parameter.maximum) * factor)


def belief_quantiles(parameter: Parameter, *, count: int, unit: str) -> Array:
    """Return equally likely values of a parameter in rising order, shape (count,), in ``unit``.

    The middles of ``count`` parts of its belief, of equal probability; see `draw_belief`.
    """
    factor = conversion_factor(parameter.unit, unit)
    if parameter.prior == "fixed":
        return np.full(count, parameter.typical * factor)
    p = (np.arange(count) + 0.5) / count
    if parameter.prior == "uniform":
        values = parameter.lower + p * (parameter.upper - parameter.lower)
    else:
        values = _two_sided(parameter, np.asarray(ndtri(p)) / Z90)
    return np.asarray(np.clip(values, parameter.minimum, parameter.maximum) * factor)


def draw_between_patients(parameter: Parameter, *, count: int, seed: int) -> Array:
    """Return factors by which patients differ from the typical one, shape (count,).

    Log-normal with median 1 and the parameter's coefficient of variation.
    """
    if parameter.bsv_cv == 0.0:
        return np.ones(count)
    sigma = np.sqrt(np.log1p(parameter.bsv_cv**2))
    z = stream(seed, f"patient:{parameter.name}").standard_normal(count)
    return np.asarray(np.exp(sigma * z))


def _two_sided(parameter: Parameter, z: Array) -> Array:
    """Return the quantiles at ``z``, in units of the half-interval on each side."""
    typical, lower, upper = parameter.typical, parameter.lower, parameter.upper
    if parameter.prior == "lognormal":
        below, above = np.log(typical / lower), np.log(upper / typical)
        return np.asarray(typical * np.exp(np.where(z < 0, z * below, z * above)))
    return np.asarray(typical + np.where(z < 0, z * (typical - lower), z * (upper - typical)))
