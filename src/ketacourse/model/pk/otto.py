"""The published venous model ``fanta_otto``: Fanta 2015 parent, Otto 2021 norketamine.

S-ketamine, venous, healthy men. R-ketamine is not in the publication; it is carried
with the same volumes and the ratio of clearances of the base model. The only
concentration is venous: it is given under both output names. Only V1, CL and the
norketamine V and CL scale with body weight, as published. No hydroxynorketamine.
"""

from ketacourse.model.pk.compartments import Quantity, Transfer, exchange
from ketacourse.model.pk.disposition import Covariates, Disposition, Values
from ketacourse.model.pk.norketamine import UNITS as NORKETAMINE_UNITS
from ketacourse.model.pk.norketamine import norketamine
from ketacourse.model.pk.routes import Enantiomer
from ketacourse.model.pk.scaling import (
    AGE_UNITS,
    SIZE_UNITS,
    age_factor,
    clearance_factor,
    volume_factor,
)

UNITS = {
    "pk_fanta.v1": "L",
    "pk_fanta.v2": "L",
    "pk_fanta.v3": "L",
    "pk_fanta.q2": "L/h",
    "pk_fanta.q3": "L/h",
    "pk_fanta.cl": "L/h",
    "pk_kamp.cl_r_to_s": "1",
    **NORKETAMINE_UNITS,
    **SIZE_UNITS,
    **AGE_UNITS,
}


def fanta_otto(
    p: Values, *, covariates: Covariates, enantiomers: tuple[Enantiomer, ...]
) -> Disposition:
    """Return the published venous model (see the module)."""
    v_factor = volume_factor(covariates.weight_kg, p)
    cl_factor = clearance_factor(covariates.weight_kg, p)
    v1 = p["pk_fanta.v1"] * v_factor
    transfers: list[Transfer] = []
    outputs: dict[str, dict[str, Quantity]] = {}
    for e in enantiomers:
        blood = f"{e}_ketamine"
        cl_70 = p["pk_fanta.cl"] * (p["pk_kamp.cl_r_to_s"] if e == "r" else 1.0)
        ageing = age_factor(covariates.age_years, cl_70=cl_70, p=p)
        cl = cl_70 * cl_factor * ageing / covariates.systemic
        for outer, v, q in (("2", "v2", "q2"), ("3", "v3", "q3")):
            transfers += exchange(
                blood,
                f"{blood}_{outer}",
                q=p[f"pk_fanta.{q}"],
                v_inner=v1,
                v_outer=p[f"pk_fanta.{v}"],
            )
        transfers.append(Transfer(source=blood, target=f"{e}_norketamine", rate=cl / v1))
        nk, v_nk = norketamine(
            e, p=p, v_factor=v_factor, cl_factor=cl_factor, v2_factor=1.0, q_factor=1.0
        )
        transfers += nk
        outputs[f"{e}_ketamine"] = {blood: 1.0 / v1}
        outputs[f"{e}_ketamine_venous"] = {blood: 1.0 / v1}
        outputs[f"{e}_norketamine"] = {f"{e}_norketamine": 1.0 / v_nk}
        outputs[f"{e}_norketamine_venous"] = {f"{e}_norketamine": 1.0 / v_nk}
    return Disposition(
        transfers=tuple(transfers),
        outputs=outputs,
        blood={e: f"{e}_ketamine" for e in enantiomers},
        first_pass={e: f"{e}_norketamine" for e in enantiomers},
    )
