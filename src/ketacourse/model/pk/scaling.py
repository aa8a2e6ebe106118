r"""Body size and age.

Allometry about 70 kg, volumes with exponent 1 and clearances with 0.75:

.. math::

    V = V_{70} (w / 70)^{1}, \qquad CL = CL_{70} (w / 70)^{0.75}

Age acts only through liver blood flow above 60 years. For a well-stirred liver with
extraction ratio E, flow changed by the factor q changes the clearance by

.. math::

    \frac{CL'}{CL} = \frac{q}{q (1 - E) + E}
"""

import numpy as np

from ketacourse.model.pk.compartments import Quantity
from ketacourse.model.pk.disposition import Values

SIZE_UNITS = {"pk_scaling.exponent_v": "1", "pk_scaling.exponent_cl": "1"}
AGE_UNITS = {
    "pk_scaling.hepatic_flow": "L/h",
    "pk_scaling.hepatic_flow_decline": "L/h/year",
    "pk_scaling.hepatic_flow_age": "year",
}

REFERENCE_KG = 70.0
"""Body weight to which published values refer (kg)."""


def volume_factor(weight_kg: Quantity, p: Values) -> Quantity:
    """Return the factor on volumes (dimensionless) at a body weight (kg)."""
    return np.power(np.divide(weight_kg, REFERENCE_KG), p["pk_scaling.exponent_v"])


def clearance_factor(weight_kg: Quantity, p: Values) -> Quantity:
    """Return the factor on clearances (dimensionless) at a body weight (kg)."""
    return np.power(np.divide(weight_kg, REFERENCE_KG), p["pk_scaling.exponent_cl"])


def flow_factor(age_years: Quantity, p: Values) -> Quantity:
    """Return liver blood flow at an age, relative to that at 60 years and below."""
    lost = (
        np.maximum(age_years - np.asarray(p["pk_scaling.hepatic_flow_age"]), 0.0)
        * (p["pk_scaling.hepatic_flow_decline"])
    )
    return np.asarray(np.maximum(1.0 - lost / np.asarray(p["pk_scaling.hepatic_flow"]), 0.05))


def age_factor(age_years: Quantity, *, cl_70: Quantity, p: Values) -> Quantity:
    """Return the factor on clearance (dimensionless) at an age (years).

    ``cl_70`` is the clearance (L/h at 70 kg); over liver blood flow it is the share of
    drug removed in one passage, which is taken to be 0.95 at most.
    """
    extraction = np.minimum(np.divide(cl_70, p["pk_scaling.hepatic_flow"]), 0.95)
    flow = flow_factor(age_years, p)
    return np.asarray(flow / (flow * (1.0 - extraction) + extraction))
