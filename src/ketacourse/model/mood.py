r"""From synapses to the MADRS score.

Components are 1 at the peak of one reference session (0.5 mg/kg over 40 min):

.. math::

    F &= \left(a \frac{A\,o}{A_{ref}} + (1 - a)\frac{B_T}{B_{T,ref}}\right)
         (1 - n_x\,\mathrm{naltrexone}) (1 - b_x\,\mathrm{benzodiazepine}) \\
    S &= (S_n + S_m + S_p) / S_{ref} \\
    e_F &= \min(w_F\,\mathrm{sat}(F; s_F), 1), \qquad
    e_S = \min(w_S\,\mathrm{sat}(S; s_S), 1) \\
    m_{ss} &= M_0 (1 + D)(1 - e_F)(1 - e_S)(1 - w_L L)(1 - E_p) + h \max(H - F, 0) \\
    \dot m &= k_m (m_{ss} - m)

The disease drive :math:`D` rises with stress and, as an episode ebbs by itself, falls below zero.
With ``a = 1`` strengthening through AMPA receptors is a required gate of the fast
component. ``sat`` is `saturating`: a larger input prolongs more than it deepens.
"""

from ketacourse.model.expression import Number, exp, log, maximum, minimum, saturating
from ketacourse.model.flow import Flow, turnover

UNITS = {
    "ampa_share": "1",
    "fast_gain": "1",
    "fast_saturation": "1",
    "structural_gain": "1",
    "structural_saturation": "1",
    "coping_gain": "1",
    "rate": "1/h",
    "rebound": "point",
    "naltrexone_block": "1",
    "benzodiazepine_block": "1",
    "disease_time": "h",
    "suicidality_gain": "1",
    "ampa_reference": "1",
    "trap_reference": "1",
    "structure_reference": "1",
}

SCALE_MAXIMUM = 60.0
"""Largest MADRS total (points)."""


CAP_WIDTH = 0.03
"""Distance from one within which a share bends: narrow enough to change nothing below 0.9, wide
enough for the solver, which a sharp corner would force to small steps."""


def capped(share: Number) -> Number:
    """Return a share that bends smoothly to one instead of passing it.

    Examples
    --------
    >>> [round(capped(x), 3) for x in (0.0, 0.5, 0.9, 1.0, 2.0)]
    [0.0, 0.5, 0.899, 0.979, 1.0]
    """
    return 1.0 - CAP_WIDTH * log(1.0 + exp(minimum((1.0 - share) / CAP_WIDTH, 40.0)))


def fast_component(
    *,
    ampa_strength: Number,
    ampa_open: Number,
    block_trapped: Number,
    naltrexone: Number,
    benzodiazepine: Number,
    p: Number,
) -> Number:
    """Return the fast component, 1 at the peak of the reference session."""
    through_ampa = p.ampa_share * ampa_strength * ampa_open / p.ampa_reference
    through_trap = (1.0 - p.ampa_share) * block_trapped / p.trap_reference
    kept = (1.0 - p.naltrexone_block * naltrexone) * (1.0 - p.benzodiazepine_block * benzodiazepine)
    return (through_ampa + through_trap) * kept


def fast_effect(fast: Number, p: Number) -> Number:
    """Return the share of severity removed by the fast component (0 to 1)."""
    return capped(p.fast_gain * saturating(fast, p.fast_saturation))


def structural_component(
    *, spines_new: Number, spines_mature: Number, spines_persistent: Number, p: Number
) -> Number:
    """Return the structural component, 1 at the peak after the reference session."""
    return (spines_new + spines_mature + spines_persistent) / p.structure_reference


def structural_effect(structure: Number, p: Number) -> Number:
    """Return the share of severity removed by the structural component (0 to 1)."""
    return capped(p.structural_gain * saturating(structure, p.structural_saturation))


def disease_drive(*, stress: Number, p: Number) -> Flow:
    """Return the flow of the disease drive; ``stress`` is its input (1/h), negative as it ebbs."""
    return Flow(stress, 1.0 / p.disease_time)


def madrs_target(
    *,
    baseline: Number,
    disease: Number,
    fast: Number,
    structure: Number,
    coping: Number,
    placebo: Number,
    opponent: Number,
    p: Number,
) -> Number:
    """Return the MADRS total towards which mood moves (points, 0 to 60)."""
    kept = (1.0 - fast_effect(fast, p)) * (1.0 - structural_effect(structure, p))
    kept = kept * (1.0 - p.coping_gain * coping) * (1.0 - placebo)
    rebound = p.rebound * maximum(opponent - fast, 0.0)
    target = baseline * (1.0 + disease) * kept + rebound
    return minimum(maximum(target, 0.0), SCALE_MAXIMUM)


def madrs(target: Number, p: Number) -> Flow:
    """Return the flow of the latent MADRS total (points)."""
    return turnover(p.rate, target)


def suicidal_ideation(madrs: Number, baseline: Number, p: Number) -> Number:
    """Return suicidal ideation relative to before treatment (0 and up, 1 unchanged)."""
    return maximum(1.0 - p.suicidality_gain * (1.0 - madrs / baseline), 0.0)
