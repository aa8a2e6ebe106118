r"""The glutamate surge and the strengthening of AMPA synapses.

Block of interneurons releases glutamate; block of the pyramidal cells themselves
ends the release, so the surge has an inverted U over dose:

.. math::

    \dot G = k_G (\max(1 + g_{max} H(B_I) - s_G H(B_P), 0) - G), \qquad
    g = \max(G - 1, 0) / g_{ref}

Strengthening needs open AMPA receptors (:math:`o`, 1 unless an antagonist is
given), so blocking AMPA removes everything downstream of it:

.. math::

    \dot A = k_A (g\,o + e_H H(C_{HNK})) (1 - A) - k_{A,off} A, \qquad
    \mathrm{throughput} = o\,(g + s_A A)
"""

from ketacourse.model.expression import Number, hill, maximum
from ketacourse.model.flow import Flow, filling, turnover

UNITS = {
    "rate": "1/h",
    "gain_max": "1",
    "gain_half": "1",
    "gain_slope": "1",
    "brake_max": "1",
    "brake_half": "1",
    "brake_slope": "1",
    "surge_reference": "1",
    "ampa_on": "1/h",
    "ampa_off": "1/h",
    "ampa_persistence": "1",
    "hnk_effect": "1",
    "hnk_half": "umol/L",
}


def glutamate(*, block_interneuron: Number, block_pyramidal: Number, p: Number) -> Flow:
    """Return the flow of extracellular glutamate, relative to rest."""
    surge = p.gain_max * hill(block_interneuron, p.gain_half, p.gain_slope)
    brake = p.brake_max * hill(block_pyramidal, p.brake_half, p.brake_slope)
    return turnover(p.rate, maximum(1.0 + surge - brake, 0.0))


def surge(glutamate: Number, p: Number) -> Number:
    """Return the glutamate surge above rest, 1 at the reference size."""
    return maximum(glutamate - 1.0, 0.0) / p.surge_reference


def ampa_strengthening(*, glutamate: Number, hnk: Number, ampa_open: Number, p: Number) -> Flow:
    """Return the flow of AMPA synaptic strengthening (0 to 1).

    Parameters
    ----------
    glutamate
        Glutamate relative to rest.
    hnk
        Unbound hydroxynorketamine in the brain (umol/L).
    ampa_open
        Share of AMPA receptors not blocked by another drug (0 to 1).
    """
    drive = surge(glutamate, p) + p.hnk_effect * hill(hnk, p.hnk_half)
    return filling(p.ampa_on * drive * ampa_open, p.ampa_off)


def ampa_throughput(
    *, glutamate: Number, ampa_strength: Number, ampa_open: Number, p: Number
) -> Number:
    """Return excitatory drive through AMPA receptors above rest."""
    return ampa_open * (surge(glutamate, p) + p.ampa_persistence * ampa_strength)
