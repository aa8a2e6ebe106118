r"""From plasma to the receptor: unbound drug at the effect site.

.. math::

    \dot C_e = k_{e0}\left(f_u K_{p,uu} \sum_i w_i C_i - C_e\right)

Three weighted sums of the analytes drive the chain: NMDA-receptor drug in
S-ketamine equivalents (weights from the binding constants), acute drug for
dissociation and pressure, and hydroxynorketamine. The effect delay has never been
measured in humans: its half-life of 1 to 5 minutes is an assumption.
"""

from ketacourse.model.expression import Number

UNITS = {
    "free_fraction": "1",
    "kpuu": "1",
    "kpuu_norketamine": "1",
    "ke0": "1/h",
    "ki_s_ketamine": "umol/L",
    "ki_r_ketamine": "umol/L",
    "ki_s_norketamine": "umol/L",
    "ki_r_norketamine": "umol/L",
    "acute_r_potency": "1",
}

DRIVERS = ("nmda", "acute", "hnk", "ketamine")
"""Linear combinations of the analytes that the chain sees (umol/L)."""


def driver_weights(p: Number) -> dict[str, dict[str, Number]]:
    """Return the weight of each analyte's plasma concentration in each driver.

    ``ketamine`` is total plasma ketamine with the effect delay; the others are
    unbound concentrations in the brain.
    """
    free = p.free_fraction * p.kpuu
    free_nk = p.free_fraction * p.kpuu_norketamine
    return {
        "nmda": {
            "s_ketamine": free,
            "r_ketamine": free * p.ki_s_ketamine / p.ki_r_ketamine,
            "s_norketamine": free_nk * p.ki_s_ketamine / p.ki_s_norketamine,
            "r_norketamine": free_nk * p.ki_s_ketamine / p.ki_r_norketamine,
        },
        "acute": {"s_ketamine": free, "r_ketamine": free * p.acute_r_potency},
        "hnk": {"hydroxynorketamine": free},
        "ketamine": {"s_ketamine": 1.0, "r_ketamine": 1.0},
    }
