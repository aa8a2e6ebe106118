"""What the published rows say about the calibrated parameters, and what they leave open.

Everything is seen in units of the prior: a parameter, or a direction in which several move
together, whose posterior is as wide as its prior was not learned from the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.infer.estimate import Estimate
from ketacourse.infer.free import FreeParameter
from ketacourse.population.uncertainty import Z90

Array = NDArray[np.float64]

LEARNED, OPEN = 0.5, 0.9
"""Posterior over prior spread below which a direction was learned, above which it is open."""
COLLINEAR = 0.9
"""Correlation from which two parameters cannot be told apart by these data."""
LOADINGS = 4
"""Parameters named for a direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One parameter before and after the data, in the catalogue's unit.

    ``ratio`` is posterior over prior spread on the unbounded scale; ``shift`` is how far
    the mode moved from the prior's middle (prior standard deviations).
    """

    name: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    ratio: float
    shift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """One direction in which the parameters move together; ``ratio`` as in `Moved`."""

    ratio: float
    loadings: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """What was learned about the parameters of one variant.

    ``alike`` are pairs that the data cannot tell apart, with their correlation.
    """

    parameters: tuple[Moved, ...]
    directions: tuple[Direction, ...]
    alike: tuple[tuple[str, str, float], ...]

    @property
    def learned(self) -> int:
        """Return how many directions the data narrowed to less than half."""
        return sum(d.ratio < LEARNED for d in self.directions)

    @property
    def open(self) -> int:
        """Return how many directions are as wide as before."""
        return sum(d.ratio > OPEN for d in self.directions)


def identified(parameters: Sequence[FreeParameter], found: Estimate) -> Identified:
    """Return what the data moved.

    Parameters
    ----------
    found
        Estimate of one variant, with its posterior covariance on the unbounded scale.
    """
    prior_sd = np.array([p.sd for p in parameters])
    sd = np.sqrt(np.diag(found.covariance))
    moved = tuple(
        Moved(
            name=p.name,
            prior=_interval(p, p.mean, p.sd),
            posterior=_interval(p, float(mode), float(s)),
            ratio=float(s / p.sd),
            shift=float((mode - p.mean) / p.sd),
        )
        for p, mode, s in zip(parameters, found.mode, sd, strict=True)
    )
    relative = found.covariance / np.outer(prior_sd, prior_sd)
    values, vectors = np.linalg.eigh(relative)
    directions = tuple(
        Direction(
            ratio=float(np.sqrt(max(value, 0.0))),
            loadings=_loadings(parameters, vector),
        )
        for value, vector in zip(values, vectors.T, strict=True)
    )
    correlation = found.covariance / np.outer(sd, sd)
    pairs = [
        (parameters[i].name, parameters[j].name, float(correlation[i, j]))
        for i in range(len(parameters))
        for j in range(i)
        if abs(correlation[i, j]) > COLLINEAR
    ]
    return Identified(parameters=moved, directions=directions, alike=tuple(pairs))


def _interval(p: FreeParameter, middle: float, sd: float) -> tuple[float, float, float]:
    low, high = p.natural(middle - Z90 * sd), p.natural(middle + Z90 * sd)
    return min(low, high), p.natural(middle), max(low, high)


def _loadings(parameters: Sequence[FreeParameter], vector: Array) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-np.abs(vector))[:LOADINGS]
    sign = 1.0 if vector[order[0]] >= 0.0 else -1.0
    return tuple(
        (parameters[i].name, float(sign * vector[i])) for i in order if abs(vector[i]) >= 0.2
    )
