"""The individual parameters of the course model: names, units, and the free scale of each.

Nine describe the benefit of drug and therapy, three what happens without them, four the
illness itself and how it is reported. Inference moves on the free scale, on which every
number is allowed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from ketacourse.errors import InputError

Array = NDArray[np.float64]
Transform = Literal["identity", "log", "logit"]

SMALLEST_SHARE = 1e-4
"""Shares are kept this far from their ends, so that the free scale stays finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Individual:
    """One parameter in which patients differ.

    Parameters
    ----------
    name, label
        Name in files, and name shown.
    unit
        Unit of the natural value.
    transform
        Free scale: the value itself, its logarithm, or the log odds of its place between
        ``lower`` and ``upper``.
    lower, upper
        Ends of the natural value.
    meaning
        What a reader should know of it.
    """

    name: str
    label: str
    unit: str
    transform: Transform
    lower: float
    upper: float
    meaning: str

    def free(self, natural: Array) -> Array:
        """Return values on the free scale."""
        if self.transform == "identity":
            return np.asarray(natural, dtype=np.float64)
        if self.transform == "log":
            return np.asarray(np.log(np.clip(natural, self.lower, self.upper)))
        share = (np.asarray(natural) - self.lower) / (self.upper - self.lower)
        return np.asarray(logit(np.clip(share, SMALLEST_SHARE, 1.0 - SMALLEST_SHARE)))

    def natural(self, free: Array) -> Array:
        """Return natural values from the free scale."""
        if self.transform == "identity":
            return np.asarray(np.clip(free, self.lower, self.upper))
        if self.transform == "log":
            return np.asarray(np.clip(np.exp(free), self.lower, self.upper))
        return np.asarray(self.lower + (self.upper - self.lower) * expit(free))


def _share(name: str, label: str, upper: float, meaning: str) -> Individual:
    return Individual(
        name=name, label=label, unit="1", transform="logit", lower=0.0, upper=upper,
        meaning=meaning,
    )  # fmt: skip


def _days(name: str, label: str, lower: float, upper: float, meaning: str) -> Individual:
    return Individual(
        name=name, label=label, unit="d", transform="log", lower=lower, upper=upper,
        meaning=meaning,
    )  # fmt: skip


INDIVIDUALS: tuple[Individual, ...] = (
    Individual(
        name="baseline", label="severity before the course", unit="point", transform="logit",
        lower=0.0, upper=60.0, meaning="True MADRS total before the first dose.",
    ),
    _share("fast_gain", "fast benefit", 0.98,
           "Share of severity that one reference dose removes within a day."),
    _days("fast_time", "life-time of the fast benefit", 0.1, 30.0,
          "Time after which about a third of the fast benefit is left."),
    _share("consolidated_gain", "consolidated benefit", 0.98,
           "Share of severity removed by what one reference dose builds up."),
    _days("consolidated_time", "life-time of the consolidated benefit", 0.5, 400.0,
          "Time after which about a third of the consolidated benefit is left."),
    _days("onset", "time in which the benefit consolidates", 0.05, 10.0,
          "Time constant of the build-up after a dose."),
    _share("lasting", "share of a dose that stays for long", 1.0,
           "What one reference dose adds to the part that fades many times more slowly."),
    Individual(
        name="repeat", label="how much one dose exhausts", unit="1", transform="log",
        lower=0.02, upper=8.0,
        meaning="Large: one dose gives nearly all; small: further doses add up.",
    ),
    Individual(
        name="therapy", label="relief by learned coping", unit="1", transform="identity",
        lower=-0.5, upper=0.9,
        meaning="Share of severity removed by fully learned coping; may be zero or below.",
    ),
    Individual(
        name="holding", label="slower loss through coping", unit="1", transform="identity",
        lower=-0.8, upper=5.0,
        meaning="How much learned coping lengthens what was gained; may be zero or below.",
    ),
    _share("expectancy", "relief by expectancy", 0.98,
           "Share of severity that expectancy removes in open treatment."),
    _share("care", "relief by care", 0.98, "Share of severity that being in care removes."),
    _share("antidepressant", "relief by a new antidepressant", 0.98,
           "Share of severity that an antidepressant started with the course removes."),
    Individual(
        name="drift", label="slow change of the illness", unit="1", transform="identity",
        lower=-0.9, upper=1.5,
        meaning="Relative change of severity without any treatment, in the long run.",
    ),
    Individual(
        name="fluctuation", label="ups and downs of the illness", unit="point", transform="log",
        lower=0.2, upper=15.0, meaning="Spread of true severity about its course (SD, MADRS).",
    ),
    _days("fluctuation_time", "how long an up or down lasts", 0.5, 120.0,
          "Time after which a deviation is about a third of itself."),
    _share("recall", "how much self-ratings look back", 1.0,
           "0: the answers describe today; 1: they are the mean of the days asked about."),
)  # fmt: skip
"""Every individual parameter; the position is the column in `People.values`."""

NAMES: tuple[str, ...] = tuple(one.name for one in INDIVIDUALS)
COUNT = len(NAMES)
COLUMN: dict[str, int] = {name: i for i, name in enumerate(NAMES)}


def individual(name: str) -> Individual:
    """Return one parameter by name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in COLUMN:
        raise InputError(
            f"The course model has no parameter '{name}'.", remedy=f"Use {', '.join(NAMES)}."
        )
    return INDIVIDUALS[COLUMN[name]]


def to_free(values: Array) -> Array:
    """Return rows of natural values, shape (N, P), on the free scale."""
    return np.stack([p.free(values[:, i]) for i, p in enumerate(INDIVIDUALS)], axis=1)


def to_natural(free: Array) -> Array:
    """Return rows on the free scale, shape (N, P), as natural values."""
    return np.stack([p.natural(free[:, i]) for i, p in enumerate(INDIVIDUALS)], axis=1)
