"""The published model ``perez_ruixo``: esketamine by nose, vein and mouth (n = 820).

Blood with two peripheral compartments and a hepato-portal compartment; the well-stirred
liver makes clearance and first pass emerge from flow and rate constants. Venous,
esketamine only, no weight effect, no hydroxynorketamine. Liver flow falls above 60
years. Norketamine was fitted on the mass scale, so its volume and clearances carry the
ratio of molar masses once (see `ketacourse.model.pk.norketamine`). Its central volume
of 192 L makes it unfit for bolus and arterial predictions.
"""

import numpy as np

from ketacourse.model.pk.compartments import Quantity, Transfer, exchange
from ketacourse.model.pk.disposition import Covariates, Disposition, Values
from ketacourse.model.pk.routes import Enantiomer
from ketacourse.model.pk.scaling import AGE_UNITS, flow_factor

UNITS = {
    "pk_perez.vc": "L",
    "pk_perez.q1": "L/h",
    "pk_perez.v1": "L",
    "pk_perez.q2": "L/h",
    "pk_perez.v2": "L",
    "pk_perez.vh": "L",
    "pk_perez.kel": "1/h",
    "pk_perez.kmet": "1/h",
    "pk_perez.fgut": "1",
    "pk_perez.oral_ka": "1/h",
    "pk_perez.oral_duration": "h",
    "pk_perez.vc_nk": "L",
    "pk_perez.cl_nk": "L/h",
    "pk_perez.v2_nk": "L",
    "pk_perez.q_nk": "L/h",
    "pk_molar.ketamine": "g/mol",
    "pk_molar.norketamine": "g/mol",
    **AGE_UNITS,
}


def perez_ruixo(
    p: Values, *, covariates: Covariates, enantiomers: tuple[Enantiomer, ...]
) -> Disposition:
    """Return the published model (see the module); ``enantiomers`` is ``("s",)``."""
    vc, vh = p["pk_perez.vc"], p["pk_perez.vh"]
    qh = p["pk_scaling.hepatic_flow"] * flow_factor(covariates.age_years, p)
    faster = intrinsic_factor(covariates.systemic, p)
    molar = p["pk_molar.norketamine"] / p["pk_molar.ketamine"]
    v_nk, v2_nk = p["pk_perez.vc_nk"] * molar, p["pk_perez.v2_nk"] * molar
    q_nk, cl_nk = p["pk_perez.q_nk"] * molar, p["pk_perez.cl_nk"] * molar
    transfers = (
        *exchange(
            "s_ketamine", "s_ketamine_2", q=p["pk_perez.q1"], v_inner=vc, v_outer=p["pk_perez.v1"]
        ),
        *exchange(
            "s_ketamine", "s_ketamine_3", q=p["pk_perez.q2"], v_inner=vc, v_outer=p["pk_perez.v2"]
        ),
        *exchange("s_ketamine", "s_ketamine_liver", q=qh, v_inner=vc, v_outer=vh),
        Transfer(source="s_ketamine_liver", target=None, rate=p["pk_perez.kel"] * faster),
        Transfer(
            source="s_ketamine_liver", target="s_norketamine", rate=p["pk_perez.kmet"] * faster
        ),
        *exchange("s_norketamine", "s_norketamine_2", q=q_nk, v_inner=v_nk, v_outer=v2_nk),
        Transfer(source="s_norketamine", target=None, rate=cl_nk / v_nk),
    )
    return Disposition(
        transfers=transfers,
        outputs={
            "s_ketamine": {"s_ketamine": 1.0 / np.asarray(vc)},
            "s_ketamine_venous": {"s_ketamine": 1.0 / np.asarray(vc)},
            "s_norketamine": {"s_norketamine": 1.0 / np.asarray(v_nk)},
            "s_norketamine_venous": {"s_norketamine": 1.0 / np.asarray(v_nk)},
        },
        blood=dict.fromkeys(enantiomers, "s_ketamine"),
        liver=dict.fromkeys(enantiomers, "s_ketamine_liver"),
        liver_share=np.minimum(p["pk_perez.fgut"] * covariates.oral * faster, 1.0),
    )


def intrinsic_factor(systemic: Quantity, p: Values) -> Quantity:
    """Return the factor on intrinsic clearance that changes systemic exposure as asked.

    ``systemic`` is the exposure after an intravenous dose relative to no modifier. The
    well-stirred liver cannot clear more than its flow: the clearance asked for is held at
    95% of it.
    """
    flow = np.asarray(p["pk_scaling.hepatic_flow"])
    intrinsic = p["pk_perez.vh"] * (p["pk_perez.kel"] + p["pk_perez.kmet"])
    clearance = flow * intrinsic / (flow + intrinsic)
    wanted = np.minimum(clearance / np.asarray(systemic), 0.95 * flow)
    return np.asarray(wanted * flow / (flow - wanted) / intrinsic)
