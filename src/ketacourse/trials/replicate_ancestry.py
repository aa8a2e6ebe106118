"""Parameters of bodies whose ancestry a published row states."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.trials.replicate_regimen import Ancestry

Array = NDArray[np.float64]

FACTORS = {
    "pk_otto.cl_nk": "pk_ancestry.asian_cl_nk",
    "pk_perez.cl_nk": "pk_ancestry.asian_cl_nk",
    "pk_perez.kel": "pk_ancestry.asian_kel",
}
"""Parameter to the factor on it in Asian subjects."""
MOST_ABSORBED = 0.95
"""Largest share that the nose is taken to absorb (assumed)."""


def of_ancestry(
    parameters: Mapping[str, Array], ancestry: Ancestry, catalogue: Catalogue
) -> dict[str, Array]:
    """Return the parameters with the published effect of an ancestry.

    Perez-Ruixo 2021 found norketamine cleared more slowly in Asian subjects, less
    ketamine lost to other pathways in the liver, and more of an esketamine spray absorbed
    in Japanese subjects.
    """
    found = dict(parameters)
    if not ancestry:
        return found
    for name, factor in FACTORS.items():
        if name in found:
            found[name] = found[name] * catalogue.value(factor, "1")
    if ancestry == "japanese" and "pk_nasal.odds" in found:
        odds = found["pk_nasal.odds"]
        more = catalogue.value("pk_ancestry.japanese_nasal_share", "1")
        share = np.minimum(more * odds / (1.0 + odds), MOST_ABSORBED)
        found["pk_nasal.odds"] = share / (1.0 - share)
    return found
