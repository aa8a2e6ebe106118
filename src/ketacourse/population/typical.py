"""The typical patient: the centre from which patients are moved.

Typical values come from the catalogue, or from one belief about them, under one account
of the mechanism. The typical patient is the median of the partial responders; the mean of
the population is something else.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.posterior import calibrated
from ketacourse.evidence.variants import variant as variant_of
from ketacourse.model import chain
from ketacourse.model.pk.models import STANDARD, pk_parameters
from ketacourse.model.pk.modifiers import UNITS as MODIFIER_UNITS
from ketacourse.population.batch import with_references
from ketacourse.population.ensemble import CHAIN_UNITS, EXTRA_UNITS
from ketacourse.population.variability import UNITS
from ketacourse.quantity import conversion_factor


def belief_units(pk_model: str = STANDARD) -> dict[str, str]:
    """Return what a belief may be about, with the unit of each value."""
    return {**CHAIN_UNITS, **EXTRA_UNITS, **UNITS, **pk_parameters(pk_model), **MODIFIER_UNITS}


def checked_belief(belief: Mapping[str, float], pk_model: str) -> Mapping[str, float]:
    """Return a belief, or raise if it is about nothing known or not finite."""
    known = belief_units(pk_model)
    for name, value in belief.items():
        if name not in known:
            raise InputError(
                f"A belief is about '{name}', which no patient depends on.",
                remedy="Use the names that belief_units lists.",
            )
        if not np.isfinite(value):
            raise InputError(
                f"The belief about '{name}' is {value}.", remedy="Give a finite number."
            )
    return belief


def typical_values(
    belief: Mapping[str, float], variant: str, catalogue: Catalogue
) -> dict[str, float]:
    """Return the typical value of every parameter of the chain under a belief and variant."""
    overrides = variant_of(variant).overrides
    found = {}
    for name, unit in {**CHAIN_UNITS, **EXTRA_UNITS}.items():
        parameter = catalogue.parameter(name)
        middle = parameter.value_in(unit)
        value = float(belief.get(name, middle))
        if name in overrides:
            centre = overrides[name] * conversion_factor(parameter.unit, unit)
            value = value * centre / middle if middle else centre
        found[name] = value
    return found


def reference_peaks(typical: Mapping[str, float]) -> dict[str, float]:
    """Return the peaks of the reference session in the typical patient.

    They are one for the whole population, so that differences between patients show.
    """
    return _peaks(tuple(typical.items()))


@lru_cache(maxsize=64)
def _peaks(typical: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Return the same for values in a fixed order, which can be remembered."""
    catalogue = load_catalogue()
    patient = {
        "patient.crp": catalogue.value("patient.crp", "mg/L"),
        "patient.il6": catalogue.value("patient.il6", "pg/mL"),
        "patient.il1b": catalogue.value("patient.il1b", "pg/mL"),
        "patient.baseline": catalogue.value("patient.baseline", "point"),
        **dict.fromkeys(("patient.expectancy_max", "patient.care_max"), 0.0),
        **dict.fromkeys(("patient.antidepressant_max", "patient.antidepressant_started"), 0.0),
        **dict.fromkeys(("patient.naltrexone", "patient.benzodiazepine"), 0.0),
        "patient.in_care": 1.0,
    }
    rows = {
        n: np.array([v]) for n, v in {**dict(typical), **patient}.items() if n not in EXTRA_UNITS
    }
    found = with_references(rows, catalogue=catalogue)
    return {name: float(found[name][0]) for name in chain.REFERENCES}


def calibrated_belief(variant: str, pk_model: str = STANDARD) -> dict[str, float]:
    """Return what the calibration made of a variant, in the units of a belief."""
    catalogue, units = load_catalogue(), belief_units(pk_model)
    return {
        name: value * conversion_factor(catalogue.parameter(name).unit, units[name])
        for name, value in calibrated(variant).items()
    }
