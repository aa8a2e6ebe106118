"""Norketamine after Otto 2021, on the molar scale.

The published model passes parent *mass* on to norketamine, so its volumes and
clearances carry the ratio of the molar masses (223.70 / 237.73 = 0.941). Here one mole
of ketamine forms one mole of norketamine, and the printed volumes and clearances are
multiplied by that ratio once: moles are conserved, and the concentrations in ng/mL are
those of the published model.
"""

from ketacourse.model.pk.compartments import Quantity, Transfer, exchange
from ketacourse.model.pk.disposition import Values
from ketacourse.model.pk.routes import Enantiomer

UNITS = {
    "pk_otto.v_nk": "L",
    "pk_otto.cl_nk": "L/h",
    "pk_otto.v2_nk": "L",
    "pk_otto.q_nk": "L/h",
    "pk_otto.cl_nk_r_to_s": "1",
    "pk_molar.ketamine": "g/mol",
    "pk_molar.norketamine": "g/mol",
}


def norketamine(
    enantiomer: Enantiomer,
    *,
    p: Values,
    v_factor: Quantity,
    cl_factor: Quantity,
    v2_factor: Quantity,
    q_factor: Quantity,
    next_step: str | None = None,
    next_share: Quantity = 0.0,
) -> tuple[tuple[Transfer, ...], Quantity]:
    """Return the transfers of one norketamine enantiomer and its molar volume (L).

    Parameters
    ----------
    enantiomer
        ``"s"`` or ``"r"``.
    p
        Parameter values.
    v_factor, cl_factor, v2_factor, q_factor
        Factors for body size on volumes and clearances.
    next_step
        Compartment that receives the share ``next_share`` of what is eliminated.
    """
    molar = p["pk_molar.norketamine"] / p["pk_molar.ketamine"]
    v = p["pk_otto.v_nk"] * v_factor * molar
    v2 = p["pk_otto.v2_nk"] * v2_factor * molar
    q = p["pk_otto.q_nk"] * q_factor * molar
    cl = p["pk_otto.cl_nk"] * cl_factor * molar
    if enantiomer == "r":
        cl = cl * p["pk_otto.cl_nk_r_to_s"]
    inner, outer = f"{enantiomer}_norketamine", f"{enantiomer}_norketamine_2"
    transfers = [*exchange(inner, outer, q=q, v_inner=v, v_outer=v2)]
    if next_step is None:
        transfers.append(Transfer(source=inner, target=None, rate=cl / v))
    else:
        transfers.append(Transfer(source=inner, target=next_step, rate=next_share * cl / v))
        transfers.append(Transfer(source=inner, target=None, rate=(1.0 - next_share) * cl / v))
    return tuple(transfers), v
