r"""eEF2, BDNF, TrkB, mTORC1 and synaptic protein.

.. math::

    \dot E &= k_E \left(1 - i_E \frac{B_P}{B_P + b_E} - E\right) \\
    \dot N &= k_N (f (1 + a_E (1 - E)) - N) \\
    \dot R &= k_R (N \varphi\, r\, \mathrm{throughput} - R), \qquad \varphi = 1 - \delta m \\
    \dot T &= k_T \left(\frac{R}{R + b_T} + \varepsilon D - T\right) \\
    \dot M &= k_M (w T + (1 - w) \frac{u}{1 + u} - M), \qquad u = \mathrm{throughput} \\
    \dot Y &= a_Y (w_M M + (1 - w_M) T) - Y / \tau_Y

:math:`R` is BDNF released by activity, above rest: it needs AMPA throughput, and it
is the part that the Met allele hinders (:math:`m` is the share of Met alleles,
0 to 1). Constitutive release and the total amount of BDNF are not changed by the
genotype. :math:`f = \max(1 - i_N (Q - 1), 0)` is the effect of inflammation on synthesis.
"""

from ketacourse.model.expression import Number, maximum
from ketacourse.model.flow import Flow, turnover

UNITS = {
    "eef2_rate": "1/h",
    "eef2_max": "1",
    "eef2_half": "1",
    "pool_rate": "1/h",
    "pool_gain": "1",
    "inflammation_on_pool": "1",
    "release_rate": "1/h",
    "release_gain": "1",
    "met_deficit": "1",
    "trkb_rate": "1/h",
    "trkb_half": "1",
    "trkb_direct": "L/umol",
    "mtor_rate": "1/h",
    "mtor_from_trkb": "1",
    "protein_rate": "1/h",
    "protein_time": "h",
    "protein_from_mtor": "1",
    "plasma_gain": "1",
}


def eef2_phosphorylation(*, block_pyramidal: Number, p: Number) -> Flow:
    """Return the flow of phosphorylated eEF2, 1 at rest; block at rest lowers it."""
    block = block_pyramidal / (block_pyramidal + p.eef2_half)
    return turnover(p.eef2_rate, 1.0 - p.eef2_max * block)


def synthesis(kynurenine_balance: Number, p: Number) -> Number:
    """Return the BDNF synthesis that inflammation leaves, 1 at the reference (0 and up)."""
    return maximum(1.0 - p.inflammation_on_pool * (kynurenine_balance - 1.0), 0.0)


def bdnf_pool(*, eef2: Number, kynurenine_balance: Number, p: Number) -> Flow:
    """Return the flow of the BDNF available for release, about 1 at rest."""
    made = synthesis(kynurenine_balance, p) * (1.0 + p.pool_gain * (1.0 - eef2))
    return turnover(p.pool_rate, made)


def release_competence(met_share: Number, p: Number) -> Number:
    """Return the share of activity-dependent release that the genotype leaves (0 to 1)."""
    return 1.0 - p.met_deficit * met_share


def bdnf_release(*, pool: Number, throughput: Number, met_share: Number, p: Number) -> Flow:
    """Return the flow of activity-dependent BDNF release above rest."""
    released = pool * release_competence(met_share, p) * p.release_gain * throughput
    return turnover(p.release_rate, released)


def trkb(*, release: Number, drug: Number, p: Number) -> Flow:
    """Return the flow of TrkB activation above rest."""
    return turnover(p.trkb_rate, release / (release + p.trkb_half) + p.trkb_direct * drug)


def mtorc1(*, trkb: Number, throughput: Number, mtor_free: Number, p: Number) -> Flow:
    """Return the flow of mTORC1 activation above rest.

    ``mtor_free`` is the share not inhibited by another drug (0 to 1).
    """
    activity = throughput / (1.0 + throughput)
    share = p.mtor_from_trkb
    return turnover(p.mtor_rate, mtor_free * (share * trkb + (1.0 - share) * activity))


def synaptic_protein(*, mtorc1: Number, trkb: Number, p: Number) -> Flow:
    """Return the flow of newly made synaptic protein."""
    drive = p.protein_from_mtor * mtorc1 + (1.0 - p.protein_from_mtor) * trkb
    return Flow(p.protein_rate * drive, 1.0 / p.protein_time)


def plasma_bdnf(release: Number, p: Number) -> Number:
    """Return BDNF in blood relative to before treatment.

    Its response to release in the brain is centred near zero: blood BDNF does not
    rise on average.
    """
    return 1.0 + p.plasma_gain * release
