"""What is believed of the mechanism: its accounts, and joint draws about each.

The members with typical values, one per mechanism, give a prediction; the drawn ones give
the part of its interval that stems from not knowing the parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import Posterior, beside_calibration
from ketacourse.evidence.variants import BASE, Variant, load_variants
from ketacourse.model.pk.models import STANDARD
from ketacourse.model.pk.variability import SHARED_IN_TIME
from ketacourse.population.cohort import EXPECTANCIES
from ketacourse.population.prognosis import NATURAL_COURSES
from ketacourse.population.typical import belief_units
from ketacourse.population.uncertainty import draw_belief
from ketacourse.quantity import conversion_factor

Array = NDArray[np.float64]

CAPPED = (
    "mood.fast_gain", "mood.structural_gain", "placebo.care_clinic", "placebo.care_trial",
    "placebo.antidepressant_share", *EXPECTANCIES, *NATURAL_COURSES,
)  # fmt: skip
"""Shares of severity, which patients vary under a cap."""

BELOW_CAP = 0.95
"""Share of the cap that a drawn typical value may reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One account of the mechanism with one joint belief about typical values.

    ``belief`` is as in `ketacourse.population.cohort.draw_cohort`; None is typical, or as
    calibrated. ``weight`` counts among the members that give a prediction.
    """

    variant: str = BASE
    belief: Mapping[str, float] | None = None
    weight: float = 1.0


def members_of(
    draws: int,
    *,
    seed: int,
    catalogue: Catalogue,
    pk_model: str = STANDARD,
    posterior: Posterior | None = None,
    only: str | None = None,
) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Return the typical member of every mechanism, and draws dealt to them by weight.

    Parameters
    ----------
    draws
        Number of joint draws.
    seed
        Seed of the draws; each parameter has its own stream.
    posterior
        Calibrated values, draws and weights; without, priors and equal weights.
    only
        Key of the one mechanism that is considered; all by default.
    """
    variants = load_variants()
    weights = dict.fromkeys(variants, 1.0 / len(variants))
    if posterior is not None:
        weights = {key: posterior.weights.get(key, 0.0) for key in variants}
    if only is not None:
        weights = {only: 1.0}
    priors = _priors(draws, seed, catalogue, pk_model, calibrated=posterior is not None)
    units = belief_units(pk_model)
    members = []
    times = dict.fromkeys(variants, 0)
    for i, key in enumerate(_dealt(weights, draws)):
        belief = {name: float(values[i]) for name, values in priors.items()}
        if posterior is not None:
            for name, value in posterior.drawn(key, times[key]).items():
                factor = conversion_factor(catalogue.parameter(name).unit, units[name])
                belief[name] = value * factor
        times[key] += 1
        members.append(
            Member(variant=key, belief=_below_cap(belief, variants[key], units, catalogue))
        )
    typical = (Member(variant=key, weight=w) for key, w in weights.items() if w > 0.0)
    return tuple(typical), tuple(members)


def _priors(
    draws: int, seed: int, catalogue: Catalogue, pk_model: str, *, calibrated: bool
) -> dict[str, Array]:
    """Return draws of what is drawn from its prior, by name, shape (draws,)."""
    return {
        name: draw_belief(catalogue.parameter(name), count=draws, seed=seed, unit=unit)
        for name, unit in belief_units(pk_model).items()
        # Times at which drug enters are shared by all who are run together: they stay typical.
        if not name.endswith(SHARED_IN_TIME)
        and catalogue.parameter(name).prior != "fixed"
        and (not calibrated or beside_calibration(name))
    }


def _dealt(weights: Mapping[str, float], draws: int) -> list[str]:
    """Return the mechanism of each draw: in turn, in proportion to the weights."""
    owed = dict.fromkeys(weights, 0.0)
    dealt = []
    for _ in range(draws):
        owed = {key: owed[key] + weight for key, weight in weights.items()}
        chosen = max(owed, key=lambda key: round(owed[key], 9))
        owed[chosen] -= 1.0
        dealt.append(chosen)
    return dealt


def _below_cap(
    belief: Mapping[str, float], variant: Variant, units: Mapping[str, str], catalogue: Catalogue
) -> dict[str, float]:
    """Return a belief in which no share of severity reaches the cap under its mechanism."""
    usual = catalogue.value("variability.gain_cap", "1")
    found = {**belief, "variability.gain_cap": usual}
    for name in CAPPED:
        most = BELOW_CAP * usual / _relative(name, variant, units[name], catalogue)
        if found.get(name, catalogue.value(name, "1")) > most:
            found[name] = most
    return found


def _relative(name: str, variant: Variant, unit: str, catalogue: Catalogue) -> float:
    """Return by how much a mechanism multiplies what is believed of a parameter."""
    parameter = catalogue.parameter(name)
    middle = parameter.value_in(unit)
    if name not in variant.overrides or middle == 0.0:
        return 1.0
    factor = variant.overrides[name] * conversion_factor(parameter.unit, unit) / middle
    return float(np.maximum(factor, 1e-9))
