"""What is believed when a published arm is replayed: mechanisms, and draws about each.

The members with typical values, one per mechanism, give a prediction; the drawn ones give
the part of its interval that stems from not knowing the parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.variants import BASE, Variant, load_variants
from ketacourse.model.pk.variability import SHARED_IN_TIME
from ketacourse.population.cohort import EXPECTANCIES
from ketacourse.population.typical import belief_units
from ketacourse.population.uncertainty import draw_belief
from ketacourse.quantity import conversion_factor

CAPPED = (
    "mood.fast_gain", "mood.structural_gain", "placebo.care_clinic", "placebo.care_trial",
    "placebo.antidepressant_share", *EXPECTANCIES,
)  # fmt: skip
"""Shares of severity, which patients vary under a cap."""

BELOW_CAP = 0.95
"""Share of the cap that a drawn typical value may reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One account of the mechanism with one joint belief about typical values.

    ``belief`` is as in `ketacourse.population.cohort.draw_cohort`; None is typical.
    """

    variant: str = BASE
    belief: Mapping[str, float] | None = None


def members_of(
    draws: int, *, seed: int, catalogue: Catalogue, pk_model: str = "kamp"
) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Return the typical member of every mechanism, and draws dealt to them in turn.

    Parameters
    ----------
    draws
        Number of joint draws.
    seed
        Seed of the draws; each parameter has its own stream.
    """
    variants = tuple(load_variants().values())
    # Times at which drug enters are shared by all who are run together and stay typical.
    units = {n: u for n, u in belief_units(pk_model).items() if not n.endswith(SHARED_IN_TIME)}
    drawn = {
        name: draw_belief(catalogue.parameter(name), count=draws, seed=seed, unit=unit)
        for name, unit in units.items()
        if catalogue.parameter(name).prior != "fixed"
    }
    cap = catalogue.value("variability.gain_cap", "1") * BELOW_CAP
    members = []
    for i in range(draws):
        variant = variants[i % len(variants)]
        belief = {name: float(values[i]) for name, values in drawn.items()}
        belief["variability.gain_cap"] = catalogue.value("variability.gain_cap", "1")
        for name in CAPPED:
            belief[name] = min(
                belief.get(name, catalogue.value(name, "1")),
                cap / _relative(name, variant, units[name], catalogue),
            )
        members.append(Member(variant=variant.key, belief=belief))
    return tuple(Member(variant=v.key) for v in variants), tuple(members)


def _relative(name: str, variant: Variant, unit: str, catalogue: Catalogue) -> float:
    """Return by how much a mechanism multiplies what is believed of a parameter."""
    parameter = catalogue.parameter(name)
    middle = parameter.value_in(unit)
    if name not in variant.overrides or middle == 0.0:
        return 1.0
    factor = variant.overrides[name] * conversion_factor(parameter.unit, unit) / middle
    return float(np.maximum(factor, 1e-9))
