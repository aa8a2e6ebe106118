"""The published arterial model ``simons``: Simons 2022, S-ketamine and two metabolites.

Parent with three compartments; its clearance passes through a two-stage chain (mean
transit time 20.1 min) of which a fixed 80% forms S-norketamine; S-norketamine passes
through a second chain (1.12 min) of which a fixed 70% forms S-hydroxynorketamine.
Swallowed film reaches the first chain by way of the liver without ever entering the
blood as ketamine, with a published share above one (116%), which is a scale and not a
bioavailability. S only. The venous outputs add the sampling delay of the base model.
"""

from ketacourse.model.pk.compartments import Quantity, Transfer, exchange, to_the_vein
from ketacourse.model.pk.disposition import Covariates, Disposition, Values
from ketacourse.model.pk.routes import Enantiomer
from ketacourse.model.pk.scaling import (
    AGE_UNITS,
    SIZE_UNITS,
    age_factor,
    clearance_factor,
    volume_factor,
)

UNITS = {
    "pk_simons.v1": "L",
    "pk_simons.v2": "L",
    "pk_simons.v3": "L",
    "pk_simons.cl": "L/h",
    "pk_simons.q2": "L/h",
    "pk_simons.q3": "L/h",
    "pk_simons.transit_nk": "h",
    "pk_simons.formed_nk": "1",
    "pk_simons.v2_nk": "L",
    "pk_simons.cl_nk": "L/h",
    "pk_simons.q_nk": "L/h",
    "pk_simons.transit_hnk": "h",
    "pk_simons.formed_hnk": "1",
    "pk_simons.v1_hnk": "L",
    "pk_simons.v2_hnk": "L",
    "pk_simons.cl_hnk": "L/h",
    "pk_simons.q_hnk": "L/h",
    "pk_simons.transit_gut": "h",
    "pk_simons.f1": "1",
    "pk_simons.f2": "1",
    "pk_sampling.venous_delay": "h",
    **SIZE_UNITS,
    **AGE_UNITS,
}


def simons(
    p: Values, *, covariates: Covariates, enantiomers: tuple[Enantiomer, ...]
) -> Disposition:
    """Return the published model (see the module); ``enantiomers`` is ``("s",)``."""
    v_factor = volume_factor(covariates.weight_kg, p)
    cl_factor = clearance_factor(covariates.weight_kg, p)
    v = {k: p[f"pk_simons.{k}"] * v_factor for k in ("v1", "v2", "v3", "v2_nk", "v1_hnk", "v2_hnk")}
    q = {
        k: p[f"pk_simons.{k}"] * cl_factor for k in ("q2", "q3", "cl_nk", "q_nk", "cl_hnk", "q_hnk")
    }
    ageing = age_factor(covariates.age_years, cl_70=p["pk_simons.cl"], p=p)
    cl = p["pk_simons.cl"] * cl_factor * ageing / covariates.systemic
    transfers = [
        *exchange("s_ketamine", "s_ketamine_2", q=q["q2"], v_inner=v["v1"], v_outer=v["v2"]),
        *exchange("s_ketamine", "s_ketamine_3", q=q["q3"], v_inner=v["v1"], v_outer=v["v3"]),
        Transfer(source="s_ketamine", target="s_metabolism_1", rate=cl / v["v1"]),
        to_the_vein("s_ketamine", p),
        to_the_vein("s_norketamine", p),
        Transfer(
            source="s_gut_liver", target="s_metabolism_1", rate=1.0 / p["pk_simons.transit_gut"]
        ),
        *_chain(
            "s_metabolism", "s_norketamine", p["pk_simons.transit_nk"], p["pk_simons.formed_nk"]
        ),
        *exchange(
            "s_norketamine", "s_norketamine_2", q=q["q_nk"], v_inner=v["v1"], v_outer=v["v2_nk"]
        ),
        Transfer(source="s_norketamine", target="s_hydroxylation_1", rate=q["cl_nk"] / v["v1"]),
        *_chain(
            "s_hydroxylation",
            "hydroxynorketamine",
            p["pk_simons.transit_hnk"],
            p["pk_simons.formed_hnk"],
        ),
        *exchange(
            "hydroxynorketamine",
            "hydroxynorketamine_2",
            q=q["q_hnk"],
            v_inner=v["v1_hnk"],
            v_outer=v["v2_hnk"],
        ),
        Transfer(source="hydroxynorketamine", target=None, rate=q["cl_hnk"] / v["v1_hnk"]),
    ]
    return Disposition(
        transfers=tuple(transfers),
        outputs={
            "s_ketamine": {"s_ketamine": 1.0 / v["v1"]},
            "s_ketamine_venous": {"s_ketamine_vein": 1.0 / v["v1"]},
            "s_norketamine": {"s_norketamine": 1.0 / v["v1"]},
            "s_norketamine_venous": {"s_norketamine_vein": 1.0 / v["v1"]},
            "hydroxynorketamine": {"hydroxynorketamine": 1.0 / v["v1_hnk"]},
        },
        blood=dict.fromkeys(enantiomers, "s_ketamine"),
        first_pass=dict.fromkeys(enantiomers, "s_gut_liver"),
    )


def _chain(name: str, target: str, transit_h: Quantity, formed: Quantity) -> list[Transfer]:
    """Return a two-stage chain of which the share ``formed`` reaches the target."""
    rate = 2.0 / transit_h
    return [
        Transfer(source=f"{name}_1", target=f"{name}_2", rate=rate),
        Transfer(source=f"{name}_2", target=target, rate=rate * formed),
        Transfer(source=f"{name}_2", target=None, rate=rate * (1.0 - formed)),
    ]
