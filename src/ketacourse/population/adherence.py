r"""Who comes to a session, and who leaves.

Sessions are missed with a probability that differs between patients. Between visits a
patient leaves with the hazard

.. math::

    h = h_0\, a^{1 - b}\, c^{s}

where :math:`b` is the benefit (share of the baseline lost, 0 to 1) and :math:`s` the
burden of side effects (0 to 1). The first session is not missed: who misses it never
took part.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.distribution import checked_share
from ketacourse.population.streams import check_range, normals, uniforms
from ketacourse.population.variability import spread_share

Array = NDArray[np.float64]

HARDEST_CADSS = 30.0
"""Peak dissociation (CADSS points) that counts as a burden of one."""
DAYS_PER_WEEK = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdherenceSpec:
    """How sessions are missed and patients lost.

    Parameters
    ----------
    missed_share
        Share of sessions missed by the typical patient, after the first.
    missed_spread
        How patients differ in it (SD of log odds).
    dropout_per_week
        Hazard of leaving with full benefit and no burden (1/week).
    dropout_without_benefit
        Factor on it without any benefit.
    dropout_with_burden
        Factor on it with a burden of one.
    """

    missed_share: float
    missed_spread: float
    dropout_per_week: float
    dropout_without_benefit: float
    dropout_with_burden: float

    def __post_init__(self) -> None:
        checked_share("missed_share", self.missed_share)
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0.0 <= value < math.inf:
                raise OutOfRangeError(
                    f"'{field.name}' is {value}.", remedy="Give a number of 0 or more."
                )
        for name in ("dropout_without_benefit", "dropout_with_burden"):
            if not getattr(self, name) > 0.0:
                raise OutOfRangeError(f"'{name}' is 0.", remedy="Give 1 for no influence.")


def adherence_preset() -> AdherenceSpec:
    """Return how patients usually come and stay; the numbers are catalogue entries."""
    catalogue = load_catalogue()
    units = {f.name: "1" for f in fields(AdherenceSpec)} | {"dropout_per_week": "1/week"}
    return AdherenceSpec(
        **{name: catalogue.value(f"adherence.{name}", unit) for name, unit in units.items()}
    )


FULL_ADHERENCE = AdherenceSpec(
    missed_share=0.0,
    missed_spread=0.0,
    dropout_per_week=0.0,
    dropout_without_benefit=1.0,
    dropout_with_burden=1.0,
)
"""Everybody comes and nobody leaves."""


def draw_attendance(
    spec: AdherenceSpec, sessions: int, *, seed: int, first: int, count: int
) -> Array:
    """Return 1 for each session a patient comes to and 0 for each missed, (n_sessions, N).

    Session ``k`` of a patient is the same however many sessions there are.
    """
    check_range(first, count)
    present = np.ones((sessions, count))
    z = normals(seed, "adherence:missed", first, count)[:, 0]
    missed = _missed_probability(spec, z)
    for k in range(1, sessions):
        u = uniforms(seed, f"adherence:missed:{k}", first, count)[:, 0]
        present[k] = u >= missed
    return present


def _missed_probability(spec: AdherenceSpec, z: Array) -> Array:
    if spec.missed_share >= 1.0:
        return np.ones(z.shape)
    return spread_share(np.full(z.shape, spec.missed_share), spec.missed_spread * z)


def side_effect_burden(cadss_peak: Array) -> Array:
    """Return the burden of a session (0 to 1) from its peak dissociation (CADSS points)."""
    return np.asarray(np.clip(cadss_peak / HARDEST_CADSS, 0.0, 1.0))


def dropout_probability(
    spec: AdherenceSpec, *, benefit: Array, burden: Array, days: float
) -> Array:
    """Return the probability of leaving within some days, shape (N,).

    Parameters
    ----------
    benefit
        Share of the baseline lost, as measured; what lies outside 0 to 1 counts as the end.
    burden
        Burden of side effects since the last visit (0 to 1).
    days
        Time at risk (days), 0 or more.

    Raises
    ------
    OutOfRangeError
        If a benefit or burden is NaN, or the time is not possible.
    """
    if not 0.0 <= days < math.inf:
        raise OutOfRangeError(f"The time at risk is {days} days.", remedy="Give 0 or more.")
    for name, value in (("benefit", benefit), ("burden", burden)):
        if np.isnan(value).any():
            raise OutOfRangeError(f"A {name} is NaN.", remedy="Give the last measured one.")
    gained, suffered = np.clip(benefit, 0.0, 1.0), np.clip(burden, 0.0, 1.0)
    hazard = (
        spec.dropout_per_week
        / DAYS_PER_WEEK
        * spec.dropout_without_benefit ** (1.0 - gained)
        * spec.dropout_with_burden**suffered
    )
    return np.asarray(-np.expm1(-hazard * days))


def draw_dropout(
    probability: Array, *, visit: int | str, seed: int, first: int
) -> NDArray[np.bool_]:
    """Return who leaves before a visit, shape (N,); the same whatever the chunk."""
    if not ((probability >= 0.0) & (probability <= 1.0)).all():
        raise OutOfRangeError(
            "A probability of dropping out is not from 0 to 1.", remedy="Give 0 to 1."
        )
    u = uniforms(seed, f"adherence:dropout:{visit}", first, probability.size)[:, 0]
    return np.asarray(u < probability)


def hazard_of_share(share: float, *, days: float) -> float:
    """Return the weekly hazard with which a share of patients leaves within some days.

    Examples
    --------
    >>> round(hazard_of_share(0.11, days=28.0), 3)
    0.029
    """
    if not 0.0 <= share < 1.0:
        raise OutOfRangeError(
            f"The share that drops out is {share}.", remedy="Give 0 to less than 1."
        )
    if not 0.0 < days < math.inf:
        raise OutOfRangeError(f"The time at risk is {days} days.", remedy="Give more than 0.")
    return -math.log1p(-share) / days * DAYS_PER_WEEK
