"""The published model ``domino``: Domino 1984, racemate, three compartments per kilogram.

Micro-rate constants and a central volume per kilogram, as used in open infusion
software. No metabolites and no difference between the enantiomers. The sampling site is
not stated, so one concentration is given under both output names. Its clearance (116
L/h at 70 kg) is an outlier: for comparison only.
"""

from ketacourse.model.pk.compartments import Quantity, Transfer
from ketacourse.model.pk.disposition import Covariates, Disposition, Values
from ketacourse.model.pk.routes import Enantiomer
from ketacourse.model.pk.scaling import AGE_UNITS, REFERENCE_KG, age_factor

UNITS = {
    "pk_domino.v1": "L/kg",
    "pk_domino.k10": "1/h",
    "pk_domino.k12": "1/h",
    "pk_domino.k13": "1/h",
    "pk_domino.k21": "1/h",
    "pk_domino.k31": "1/h",
    **AGE_UNITS,
}


def domino(
    p: Values, *, covariates: Covariates, enantiomers: tuple[Enantiomer, ...]
) -> Disposition:
    """Return the published model (see the module)."""
    v1 = p["pk_domino.v1"] * covariates.weight_kg
    cl_70 = p["pk_domino.k10"] * p["pk_domino.v1"] * REFERENCE_KG
    ageing = age_factor(covariates.age_years, cl_70=cl_70, p=p)
    k10 = p["pk_domino.k10"] * ageing / covariates.systemic
    transfers: list[Transfer] = []
    outputs: dict[str, dict[str, Quantity]] = {}
    for e in enantiomers:
        blood = f"{e}_ketamine"
        transfers += [
            Transfer(source=blood, target=f"{blood}_2", rate=p["pk_domino.k12"]),
            Transfer(source=f"{blood}_2", target=blood, rate=p["pk_domino.k21"]),
            Transfer(source=blood, target=f"{blood}_3", rate=p["pk_domino.k13"]),
            Transfer(source=f"{blood}_3", target=blood, rate=p["pk_domino.k31"]),
            Transfer(source=blood, target=None, rate=k10),
        ]
        outputs[f"{e}_ketamine"] = {blood: 1.0 / v1}
        outputs[f"{e}_ketamine_venous"] = {blood: 1.0 / v1}
    return Disposition(
        transfers=tuple(transfers),
        outputs=outputs,
        blood={e: f"{e}_ketamine" for e in enantiomers},
    )
