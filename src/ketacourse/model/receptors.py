r"""Block of the NMDA receptor, on two cell types and trapped in the channel.

With :math:`D` the unbound drug at the receptor in S-ketamine equivalents,

.. math::

    O_I = \frac{D^h}{D^h + K_d^h}, \qquad O_P = \frac{D^h}{D^h + (\rho K_d)^h}

    \dot B_I = k_R (O_I - B_I), \quad \dot B_P = k_R (O_P - B_P), \quad
    \dot B_T = k_{on} O_I (1 - B_T) - k_{off} B_T

Human occupancy at a treatment dose has not been measured: the effective
:math:`K_d` spans 0.3 to 2 umol/L, and every result is to be shown as a range.
"""

from ketacourse.model.expression import Number, hill
from ketacourse.model.flow import Flow, filling, turnover

UNITS = {
    "kd": "umol/L",
    "pyramidal_ratio": "1",
    "hill": "1",
    "rate": "1/h",
    "trap_on": "1/h",
    "trap_off": "1/h",
}


def occupancy(drug: Number, *, kd: Number, slope: Number) -> Number:
    """Return the equilibrium share of blocked receptors (0 to 1).

    Parameters
    ----------
    drug
        Unbound drug at the receptor, S-ketamine equivalents (umol/L).
    kd
        Effective concentration of half block (umol/L).
    slope
        Hill coefficient (dimensionless).

    Examples
    --------
    >>> occupancy(0.5, kd=0.5, slope=1.2)
    0.5
    """
    return hill(drug, kd, slope)


def interneuron_occupancy(drug: Number, p: Number) -> Number:
    """Return the equilibrium block on interneurons (0 to 1)."""
    return occupancy(drug, kd=p.kd, slope=p.hill)


def interneuron_block(drug: Number, p: Number) -> Flow:
    """Return the flow of block on inhibitory interneurons."""
    return turnover(p.rate, interneuron_occupancy(drug, p))


def pyramidal_block(drug: Number, p: Number) -> Flow:
    """Return the flow of block on pyramidal cells, which need a higher concentration."""
    return turnover(p.rate, occupancy(drug, kd=p.kd * p.pyramidal_ratio, slope=p.hill))


def trapped_block(drug: Number, p: Number) -> Flow:
    """Return the flow of channels in the lateral habenula that closed around the drug."""
    return filling(p.trap_on * interneuron_occupancy(drug, p), p.trap_off)
