"""The base model ``kamp``: a composite of published parts, arterial and venous.

Three-compartment disposition of Kamp 2020 (meta-analysis, arterial), clearance split
between the enantiomers, norketamine of Otto 2021, hydroxynorketamine with the two
compartments of Simons 2022 and a free scale, one first-order delay to the sampling
vein, the same for ketamine and norketamine. Its parts are published; the whole is not.
"""

from ketacourse.model.pk.compartments import Quantity, Transfer, exchange, to_the_vein
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
    "pk_kamp.size": "1",
    "pk_kamp.v1": "L",
    "pk_kamp.v2": "L",
    "pk_kamp.v3": "L",
    "pk_kamp.q2": "L/h",
    "pk_kamp.q3": "L/h",
    "pk_kamp.cl": "L/h",
    "pk_kamp.cl_r_to_s": "1",
    "pk_sampling.venous_delay": "h",
    "pk_hydroxynorketamine.v1": "L",
    "pk_hydroxynorketamine.v2": "L",
    "pk_hydroxynorketamine.q": "L/h",
    "pk_hydroxynorketamine.cl": "L/h",
    "pk_hydroxynorketamine.formed": "1",
    "pk_hydroxynorketamine.scale": "1",
    **NORKETAMINE_UNITS,
    **SIZE_UNITS,
    **AGE_UNITS,
}


def kamp(p: Values, *, covariates: Covariates, enantiomers: tuple[Enantiomer, ...]) -> Disposition:
    """Return the base model for some enantiomers (see the module)."""
    v_factor = volume_factor(covariates.weight_kg, p)
    cl_factor = clearance_factor(covariates.weight_kg, p)
    transfers: list[Transfer] = []
    outputs: dict[str, dict[str, Quantity]] = {}
    v1 = p["pk_kamp.v1"] * p["pk_kamp.size"] * v_factor
    for e in enantiomers:
        transfers += _parent(e, p, covariates, v_factor, cl_factor)
        nk, v_nk = norketamine(
            e, p=p, v_factor=v_factor, cl_factor=cl_factor, v2_factor=v_factor,
            q_factor=cl_factor, next_step="hydroxynorketamine",
            next_share=p["pk_hydroxynorketamine.formed"],
        )  # fmt: skip
        transfers += [*nk, to_the_vein(f"{e}_norketamine", p)]
        outputs[f"{e}_ketamine"] = {f"{e}_ketamine": 1.0 / v1}
        outputs[f"{e}_ketamine_venous"] = {f"{e}_ketamine_vein": 1.0 / v1}
        outputs[f"{e}_norketamine"] = {f"{e}_norketamine": 1.0 / v_nk}
        outputs[f"{e}_norketamine_venous"] = {f"{e}_norketamine_vein": 1.0 / v_nk}
    transfers += _hydroxynorketamine(p, v_factor, cl_factor)
    v_hnk = p["pk_hydroxynorketamine.v1"] * v_factor
    outputs["hydroxynorketamine"] = {"hydroxynorketamine": p["pk_hydroxynorketamine.scale"] / v_hnk}
    return Disposition(
        transfers=tuple(transfers),
        outputs=outputs,
        blood={e: f"{e}_ketamine" for e in enantiomers},
        first_pass={e: f"{e}_norketamine" for e in enantiomers},
    )


def _parent(
    e: Enantiomer, p: Values, covariates: Covariates, v_factor: Quantity, cl_factor: Quantity
) -> list[Transfer]:
    size = p["pk_kamp.size"]
    v1, v2, v3 = (p[f"pk_kamp.{v}"] * size * v_factor for v in ("v1", "v2", "v3"))
    q2, q3 = (p[f"pk_kamp.{q}"] * size * cl_factor for q in ("q2", "q3"))
    cl_70 = p["pk_kamp.cl"] * (p["pk_kamp.cl_r_to_s"] if e == "r" else 1.0)
    ageing = age_factor(covariates.age_years, cl_70=cl_70, p=p)
    cl = cl_70 * cl_factor * ageing / covariates.systemic
    blood = f"{e}_ketamine"
    return [
        *exchange(blood, f"{e}_ketamine_2", q=q2, v_inner=v1, v_outer=v2),
        *exchange(blood, f"{e}_ketamine_3", q=q3, v_inner=v1, v_outer=v3),
        Transfer(source=blood, target=f"{e}_norketamine", rate=cl / v1),
        to_the_vein(blood, p),
    ]


def _hydroxynorketamine(p: Values, v_factor: Quantity, cl_factor: Quantity) -> list[Transfer]:
    v1, v2 = (p[f"pk_hydroxynorketamine.{v}"] * v_factor for v in ("v1", "v2"))
    q, cl = (p[f"pk_hydroxynorketamine.{c}"] * cl_factor for c in ("q", "cl"))
    inner = "hydroxynorketamine"
    return [
        *exchange(inner, f"{inner}_2", q=q, v_inner=v1, v_outer=v2),
        Transfer(source=inner, target=None, rate=cl / v1),
    ]
