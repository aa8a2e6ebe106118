r"""IL-6, IL-1beta, CRP and the kynurenine balance.

.. math::

    \dot X &= k_X O_I (1 - X) - X / \tau_X \\
    \dot I_6 &= k_6 (I_{6,0} (1 - i_6 X) - I_6), \qquad
    \dot I_1 = k_1 (I_{1,0} (1 - i_1 X) - I_1) \\
    \dot P &= k_P (P_0 I_6 / I_{6,0} - P), \qquad
    \dot Q = k_Q (\sqrt{I_6 / I_{6,ref}} - Q)

The sign of the drug's effect on cytokines is contested: :math:`i_6` and
:math:`i_1` are centred near zero and may be negative.
"""

from ketacourse.model.expression import Number, power
from ketacourse.model.flow import Flow, filling, turnover

UNITS = {
    "exposure_on": "1/h",
    "exposure_time": "h",
    "il6_rate": "1/h",
    "il6_suppression": "1",
    "il6_reference": "pg/mL",
    "il1b_rate": "1/h",
    "il1b_suppression": "1",
    "crp_rate": "1/h",
    "kynurenine_rate": "1/h",
    "kynurenine_exponent": "1",
}


def exposure_memory(*, occupancy: Number, p: Number) -> Flow:
    """Return the flow of the memory of recent exposure that acts on cytokines (0 to 1)."""
    return filling(p.exposure_on * occupancy, 1.0 / p.exposure_time)


def il6(*, baseline: Number, exposure: Number, p: Number) -> Flow:
    """Return the flow of IL-6 (pg/mL)."""
    return turnover(p.il6_rate, baseline * (1.0 - p.il6_suppression * exposure))


def il1b(*, baseline: Number, exposure: Number, p: Number) -> Flow:
    """Return the flow of IL-1beta (pg/mL)."""
    return turnover(p.il1b_rate, baseline * (1.0 - p.il1b_suppression * exposure))


def crp(*, baseline: Number, il6: Number, il6_baseline: Number, p: Number) -> Flow:
    """Return the flow of C-reactive protein (mg/L), which follows IL-6 over days."""
    return turnover(p.crp_rate, baseline * il6 / il6_baseline)


def kynurenine_target(il6: Number, p: Number) -> Number:
    """Return the balance of quinolinic to kynurenic acid that IL-6 would set (1 at reference)."""
    return power(il6 / p.il6_reference, p.kynurenine_exponent)


def kynurenine_balance(*, il6: Number, p: Number) -> Flow:
    """Return the flow of the kynurenine balance, relative to the reference."""
    return turnover(p.kynurenine_rate, kynurenine_target(il6, p))
