"""A sample of possible patients: rows of individual parameters with weights."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ketacourse.errors import InputError
from ketacourse.forecast.parameters import COLUMN, COUNT, individual

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """N possible patients.

    Parameters
    ----------
    values
        Individual parameters in natural units, in the order of `parameters.NAMES`,
        shape (N, P).
    class_of
        Response class each was drawn from, by position in
        `ketacourse.population.variability.CLASSES`, shape (N,).
    log_weight
        Logarithm of the weight of each, up to a constant, shape (N,).
    """

    values: Array
    class_of: NDArray[np.int8]
    log_weight: Array

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != COUNT or not len(self.values):
            raise InputError(
                f"The people have values of shape {self.values.shape}.",
                remedy=f"Give one row of {COUNT} parameters per person.",
            )
        if self.class_of.shape != (self.size,) or self.log_weight.shape != (self.size,):
            raise InputError(
                f"There are {self.size} people, {self.class_of.size} classes and "
                f"{self.log_weight.size} weights.",
                remedy="Give one class and one weight per person.",
            )
        if not np.isfinite(self.values).all() or np.isnan(self.log_weight).any():
            raise InputError(
                "A parameter of a person is not a finite number, or a weight is NaN.",
                remedy="Leave such rows out.",
            )

    @property
    def size(self) -> int:
        """Return the number of people."""
        return len(self.values)

    @property
    def weight(self) -> Array:
        """Return the weights, adding up to one, shape (N,)."""
        return np.asarray(np.exp(self.log_weight - logsumexp(self.log_weight)))

    def of(self, name: str) -> Array:
        """Return one parameter of everybody in natural units, shape (N,)."""
        individual(name)
        return np.asarray(self.values[:, COLUMN[name]])

    def taken(self, index: NDArray[np.intp]) -> "People":
        """Return some of the people, all with the same weight."""
        return People(
            values=self.values[index],
            class_of=self.class_of[index],
            log_weight=np.zeros(len(index)),
        )

    def reweighted(self, log_likelihood: Array) -> "People":
        """Return the same people with weights multiplied by a likelihood, shape (N,)."""
        return replace(self, log_weight=self.log_weight + log_likelihood)

    def mean(self, name: str) -> float:
        """Return the weighted mean of one parameter."""
        return float(self.weight @ self.of(name))

    def quantiles(self, name: str, levels: tuple[float, ...]) -> Array:
        """Return weighted quantiles of one parameter, shape (len(levels),)."""
        return weighted_quantiles(self.of(name), self.weight, levels)


def weighted_quantiles(values: Array, weight: Array, levels: tuple[float, ...]) -> Array:
    """Return quantiles of weighted values, shape (len(levels),)."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.asarray(np.interp(levels, below / weight.sum(), values[order]))


def systematic(weight: Array, count: int, start: float) -> NDArray[np.intp]:
    """Return the indices of ``count`` people picked in proportion to their weights.

    Parameters
    ----------
    start
        One random number from 0 to 1 that fixes the choice.
    """
    edges = np.cumsum(weight)
    at = (np.arange(count) + start) / count * edges[-1]
    return np.asarray(np.minimum(np.searchsorted(edges, at, side="right"), len(weight) - 1))
