"""What all patients of a population share: the typical patient, and how far people differ.

It follows from the pharmacokinetic model, the account of the mechanism and what is believed.
Chunks of a population ask for it again and again, so it is worked out once and kept under
these three. What is calibrated is part of what is believed: another posterior in force is
another belief.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.routes import ROUTES
from ketacourse.model.pk.variability import CORRELATIONS as PK_CORRELATIONS
from ketacourse.model.pk.variability import PkVariability, pk_variability
from ketacourse.population.typical import (
    calibrated_belief,
    checked_belief,
    reference_peaks,
    typical_values,
)
from ketacourse.population.variability import Correlations, deviation_spreads, variability_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """What all patients of a population share.

    Attributes
    ----------
    believed
        What is believed of typical values, by name, calibrated ones among them.
    typical
        Typical value of every parameter of the chain, without the peaks of the reference session.
    peaks
        Peaks of the reference session in the typical patient.
    spreads
        Parameters of the variability between patients.
    kinetics
        Variability of the pharmacokinetics.
    sds
        Standard deviation of every deviation of a patient, by name.
    correlations
        Correlations between those of the pharmacokinetics.
    """

    believed: Mapping[str, float]
    typical: Mapping[str, float]
    peaks: Mapping[str, float]
    spreads: Mapping[str, float]
    kinetics: PkVariability
    sds: Mapping[str, float]
    correlations: Correlations


def centre_of(pk_model: str, variant: str, belief: Mapping[str, float] | None = None) -> Centre:
    """Return what patients share under a belief and a variant.

    Raises
    ------
    InputError
        If the model, the variant or a name of the belief is not known.
    """
    believed = {**calibrated_belief(variant, pk_model), **(belief or {})}
    return _centre(pk_model, variant, tuple(believed.items()))


@lru_cache(maxsize=64)
def _centre(pk_model: str, variant: str, belief: tuple[tuple[str, float], ...]) -> Centre:
    catalogue = load_catalogue()
    kinetics = pk_variability(pk_model, catalogue=catalogue, routes=ROUTES)
    believed = checked_belief(dict(belief), pk_model)
    typical = typical_values(believed, variant, catalogue)
    spreads = variability_values(catalogue, believed)
    own = zip(kinetics.names, np.sqrt(np.diag(kinetics.omega)), strict=True)
    return Centre(
        believed=believed,
        typical=typical,
        peaks=reference_peaks(typical),
        spreads=spreads,
        kinetics=kinetics,
        sds={**dict(own), **deviation_spreads(spreads, catalogue)},
        correlations={
            (first, second): catalogue.value(name, "1")
            for first, second, name in PK_CORRELATIONS
            if first in kinetics.names and second in kinetics.names
        },
    )
