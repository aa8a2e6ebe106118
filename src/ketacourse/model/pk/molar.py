"""Between milligrams and micromoles, and between umol/L and ng/mL.

Doses are given as free base (28 mg esketamine, not 32.3 mg of its hydrochloride).
"""

from typing import get_args

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.compartments import Quantity
from ketacourse.model.pk.routes import Drug

UNITS = {
    "pk_molar.ketamine": "g/mol",
    "pk_molar.norketamine": "g/mol",
    "pk_molar.hydroxynorketamine": "g/mol",
}


def substance_of(output: str) -> str:
    """Return the substance behind an output name.

    Examples
    --------
    >>> substance_of("s_norketamine_venous")
    'norketamine'
    >>> substance_of("ketamine_total")
    'ketamine'
    """
    for substance in ("hydroxynorketamine", "norketamine", "ketamine"):
        if substance in output:
            return substance
    raise InputError(
        f"The output '{output}' is no substance with a molar mass.",
        remedy="Use an output that names ketamine, norketamine or hydroxynorketamine.",
    )


def molar_mass(output: str, catalogue: Catalogue) -> float:
    """Return the molar mass (g/mol) of the substance of an output, as free base."""
    return catalogue.value(f"pk_molar.{substance_of(output)}", "g/mol")


def to_ng_per_ml(concentration: Quantity, output: str, catalogue: Catalogue) -> Quantity:
    """Return a concentration in ng/mL from one in umol/L (nmol/mL)."""
    return concentration * molar_mass(output, catalogue)


def to_umol(amount_mg: Quantity, drug: Drug, catalogue: Catalogue) -> Quantity:
    """Return an amount of free base in umol from one in mg."""
    if drug not in get_args(Drug):
        raise InputError(
            f"The drug '{drug}' is not known.", remedy=f"Use one of {', '.join(get_args(Drug))}."
        )
    return amount_mg * (1000.0 / molar_mass("ketamine", catalogue))
