"""The parameters an estimation may move, on a scale where they have no bounds.

A parameter that is positive moves on the log scale, one between two bounds on the logit
scale, any other as it is. Its prior is normal there, with the central 90% of the
catalogue's interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue, Parameter
from ketacourse.population.typical import belief_units
from ketacourse.population.uncertainty import Z90
from ketacourse.quantity import conversion_factor

Array = NDArray[np.float64]
Scale = Literal["identity", "log", "logit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeParameter:
    """One parameter to estimate, with its prior on the unbounded scale.

    ``lower`` and ``upper`` are the hard bounds of a logit scale, in the catalogue's unit.
    """

    name: str
    scale: Scale
    mean: float
    sd: float
    lower: float = 0.0
    upper: float = 1.0

    def free(self, value: float) -> float:
        """Return a value on the unbounded scale."""
        if self.scale == "log":
            return float(np.log(value))
        if self.scale == "logit":
            share = (value - self.lower) / (self.upper - self.lower)
            return float(np.log(share / (1.0 - share)))
        return value

    def natural(self, free: float) -> float:
        """Return a value in the catalogue's unit."""
        if self.scale == "log":
            return float(np.exp(free))
        if self.scale == "logit":
            return float(self.lower + (self.upper - self.lower) / (1.0 + np.exp(-free)))
        return float(free)


def free_parameter(parameter: Parameter, *, centre: float | None = None) -> FreeParameter:
    """Return a catalogue parameter as a free one.

    Parameters
    ----------
    centre
        Where the prior is centred instead of the typical value, in the catalogue's unit:
        a mechanism variant's own value. The width on the unbounded scale stays.

    Raises
    ------
    InputError
        If the parameter has no interval to move in.
    """
    if not parameter.lower < parameter.upper:
        raise InputError(
            f"'{parameter.name}' has no interval.", remedy="Give lower and upper, or fix it."
        )
    scale: Scale = "identity"
    low, high = parameter.minimum, parameter.maximum
    if np.isfinite(low) and np.isfinite(high) and low < parameter.lower:
        scale = "logit"
    elif parameter.lower > 0:
        scale = "log"
    shape = FreeParameter(
        name=parameter.name,
        scale=scale,
        mean=0.0,
        sd=1.0,
        lower=low if scale == "logit" else 0.0,
        upper=high if scale == "logit" else 1.0,
    )
    spread = (shape.free(parameter.upper) - shape.free(parameter.lower)) / (2.0 * Z90)
    middle = parameter.typical if centre is None else centre
    return FreeParameter(
        name=shape.name,
        scale=shape.scale,
        mean=shape.free(middle),
        sd=spread,
        lower=shape.lower,
        upper=shape.upper,
    )


def free_parameters(
    names: Sequence[str], *, catalogue: Catalogue, overrides: Mapping[str, float]
) -> tuple[FreeParameter, ...]:
    """Return the free parameters of one mechanism variant.

    ``overrides`` holds the variant's own values, in the catalogue's units.
    """
    return tuple(free_parameter(catalogue.parameter(n), centre=overrides.get(n)) for n in names)


def natural_values(parameters: Sequence[FreeParameter], free: Array) -> dict[str, float]:
    """Return one point as values by name, in the catalogue's units."""
    return {p.name: p.natural(float(x)) for p, x in zip(parameters, free, strict=True)}


class Believed:
    """Turns points of the free parameters into beliefs a simulation can be run under.

    Values are in the units of the simulation, which are not always the catalogue's.
    """

    def __init__(self, parameters: Sequence[FreeParameter], catalogue: Catalogue) -> None:
        self._parameters = tuple(parameters)
        units = belief_units()
        self._factors = {
            p.name: conversion_factor(catalogue.parameter(p.name).unit, units[p.name])
            for p in parameters
        }

    def __call__(self, point: Array) -> dict[str, float]:
        """Return the values of one point by name."""
        values = natural_values(self._parameters, point)
        return {name: value * self._factors[name] for name, value in values.items()}
