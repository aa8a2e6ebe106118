"""Scales that mood is carried over to: what is believed of the share, and what follows from it.

The fall of one patient, as a share of the baseline, is

    fall = carry_over * (fall of the MADRS) + spread * (standard normal)

in drug and control arms alike. ``spread`` holds what is particular to a patient and scale, with the
error of both ratings; so shares of patients are expectations and are computed, not drawn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacourse.evidence.catalogue import Parameter, load_catalogue
from ketacourse.population.uncertainty import belief_quantiles
from ketacourse.therapy.carried_scales import CarriedScale

Array = NDArray[np.float64]

BELIEFS = 10
"""Equally likely values of a carry-over that are joined with each draw of everything else."""
STRIDE = 3
"""Step through the values of the spread: it shares no divisor with their number, so that each is
met once and neither runs with the carry-over."""
SPREAD = "carry_over.patient_spread"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """One belief about what is carried over.

    Parameters
    ----------
    share
        Fall on the scale per fall of mood, both relative to the baseline.
    patient_spread
        Standard deviation of one patient's fall about that (share of baseline).
    """

    share: float
    patient_spread: float


def typical_carry_over(carried: CarriedScale) -> CarryOver:
    """Return what is typically believed of a scale."""
    return CarryOver(
        share=_parameter(carried.parameter).value_in("1"),
        patient_spread=_parameter(SPREAD).value_in("1"),
    )


def believed_carry_overs(carried: CarriedScale) -> tuple[CarryOver, ...]:
    """Return equally likely beliefs about a scale."""
    shares, spreads = (
        belief_quantiles(_parameter(name), count=BELIEFS, unit="1")
        for name in (carried.parameter, SPREAD)
    )
    return tuple(
        CarryOver(share=float(share), patient_spread=float(spreads[(STRIDE * i + 1) % BELIEFS]))
        for i, share in enumerate(shares)
    )


def carried_words(carried: CarriedScale) -> str:
    """Return what is assumed of a scale, with the grade of the assumption.

    Examples
    --------
    >>> from ketacourse.therapy.carried_scales import carried_scale
    >>> carried_words(carried_scale("ybocs"))
    'Y-BOCS carried over from mood: 0.6 (0.15 to 1.2) of its percent change, assumed'
    """
    found = _parameter(carried.parameter)
    return (
        f"{carried.label} carried over from mood: {found.typical:g} ({found.lower:g} to "
        f"{found.upper:g}) of its percent change, {found.grade}"
    )


def carried_falls(before: Array, after: Array, belief: CarryOver) -> Array:
    """Return each patient's expected fall on the scale (share of baseline, shape as given)."""
    return np.asarray(belief.share * (1.0 - after / np.maximum(before, 1.0)))


def carried_share(falls: Array, least: Array | float, belief: CarryOver) -> Array:
    """Return each patient's probability of a fall of at least ``least`` (share of baseline)."""
    return np.asarray(ndtr((falls - least) / belief.patient_spread))


def _parameter(name: str) -> Parameter:
    return load_catalogue().require(name, "1")
