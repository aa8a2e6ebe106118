r"""Blood pressure, pulse, dissociation, sedation and nausea while the drug is present.

.. math::

    \Delta\mathrm{SBP} = E \frac{C^h}{C^h + C_{50}^h}, \qquad
    \mathrm{CADSS} = E_d \frac{C^\gamma}{C^\gamma + C_{50,d}^\gamma}(1 - \kappa U)

:math:`C` is unbound drug at the effect site in S-ketamine equivalents (umol/L).
These functions predict; they do not decide whether a value is safe.
"""

from ketacourse.model.expression import Number, hill

UNITS = {
    "sbp_max": "mmHg",
    "pressure_half": "umol/L",
    "pressure_slope": "1",
    "dbp_ratio": "1",
    "pulse_ratio": "1/(min*mmHg)",
    "cadss_max": "point",
    "cadss_half": "umol/L",
    "cadss_slope": "1",
    "cadss_adaptation": "1",
    "sedation_half": "umol/L",
    "sedation_slope": "1",
    "nausea_max": "1",
    "nausea_half": "umol/L",
}


def sbp_rise(drug: Number, p: Number) -> Number:
    """Return the rise of systolic blood pressure (mmHg)."""
    return p.sbp_max * hill(drug, p.pressure_half, p.pressure_slope)


def dbp_rise(drug: Number, p: Number) -> Number:
    """Return the rise of diastolic blood pressure (mmHg)."""
    return p.dbp_ratio * sbp_rise(drug, p)


def hr_rise(drug: Number, p: Number) -> Number:
    """Return the rise of heart rate (beats per minute)."""
    return p.pulse_ratio * sbp_rise(drug, p)


def cadss(drug: Number, adaptation: Number, p: Number) -> Number:
    """Return the dissociation score (CADSS points, 0 to 92)."""
    blunted = 1.0 - p.cadss_adaptation * adaptation
    return p.cadss_max * hill(drug, p.cadss_half, p.cadss_slope) * blunted


def sedation(drug: Number, p: Number) -> Number:
    """Return the probability of an alertness score below 5 (0 to 1)."""
    return hill(drug, p.sedation_half, p.sedation_slope)


def nausea(drug: Number, p: Number) -> Number:
    """Return the probability of nausea in this session (0 to 1)."""
    return p.nausea_max * hill(drug, p.nausea_half)
