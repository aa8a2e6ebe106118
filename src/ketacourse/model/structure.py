r"""Spines: new, mature and persistent.

.. math::

    \dot S_n &= k_f Y (1 - S_n / c_n) - (k_m + k_e) S_n \\
    \dot S_m &= k_m S_n (1 - S_m / c_m) - S_m / (\tau_m (1 + \psi L)) \\
    \dot S_p &= k_p S_m (1 - S_p / c_p) - S_p / (\tau_p (1 + \psi L))

Room for spines is limited (:math:`c`), so repeated doses saturate. A small share
persists for months, which is why more doses last longer, not only deeper. Practised
coping :math:`L` slows the loss of what was gained (:math:`\psi`; its interval
includes zero).
"""

from ketacourse.model.expression import Number
from ketacourse.model.flow import Flow, limited

UNITS = {
    "formation": "1/h",
    "formation_threshold": "1",
    "maturation": "1/h",
    "elimination": "1/h",
    "new_capacity": "1",
    "mature_capacity": "1",
    "mature_time": "h",
    "persistence": "1/h",
    "persistent_capacity": "1",
    "persistent_time": "h",
    "therapy_stabilisation": "1",
}


def spines_new(*, protein: Number, p: Number) -> Flow:
    """Return the flow of new spines.

    Little protein makes no spine: formation rises with the square of the protein far below
    the threshold and in proportion far above it.
    """
    cooperating = protein * protein / (protein + p.formation_threshold)
    return limited(p.formation * cooperating, p.new_capacity, p.maturation + p.elimination)


def spines_mature(*, spines_new: Number, coping: Number, decay_factor: Number, p: Number) -> Flow:
    """Return the flow of mature spines.

    ``decay_factor`` multiplies the loss (1 unless the diagnosis fades faster).
    """
    return limited(
        p.maturation * spines_new,
        p.mature_capacity,
        decay_factor / (p.mature_time * (1.0 + p.therapy_stabilisation * coping)),
    )


def spines_persistent(
    *, spines_mature: Number, coping: Number, decay_factor: Number, p: Number
) -> Flow:
    """Return the flow of spines that outlast weeks."""
    return limited(
        p.persistence * spines_mature,
        p.persistent_capacity,
        decay_factor / (p.persistent_time * (1.0 + p.therapy_stabilisation * coping)),
    )
