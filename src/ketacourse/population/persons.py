"""Rows of belief as people: each drawn row becomes somebody, with a class and deviations.

A cohort draws many patients under one belief; here every row has a belief of its own and
one person, so that a band over the rows holds both.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.population.cohort import CARES, EXPECTANCIES, person_parameters
from ketacourse.population.prognosis import NATURAL_COURSES
from ketacourse.population.typical import calibrated_belief
from ketacourse.population.variability import (
    DEVIATIONS,
    LARGEST_SHARE,
    TOTAL_SPREAD,
    deviation_spreads,
    draw_deviations,
    response_classes,
    variability_values,
)

Array = NDArray[np.float64]

SHARES = (
    "mood.fast_gain", "mood.structural_gain", "placebo.antidepressant_share", *EXPECTANCIES, *CARES,
    *NATURAL_COURSES,
)  # fmt: skip
"""Shares of severity that stay below the cap."""


def as_persons(
    values: Mapping[str, Array],
    drawn: NDArray[np.bool_],
    *,
    variant: str,
    seed: int,
    catalogue: Catalogue,
) -> dict[str, Array]:
    """Return parameter rows in which those marked as drawn differ as people do.

    Parameters
    ----------
    values
        Typical values of each row, shape (N,) each.
    drawn
        Rows to make into people; the others stay as they are.
    variant
        Mechanism whose calibrated spreads between people are used.

    Notes
    -----
    Pressure and dissociation are left out: the rows of an ensemble hold that spread.
    """
    spreads = variability_values(catalogue, calibrated_belief(variant))
    sds = deviation_spreads(spreads, catalogue) | dict.fromkeys(TOTAL_SPREAD, 0.0)
    rows = len(drawn)
    classes = response_classes(spreads)
    z = draw_deviations(DEVIATIONS, {}, seed=seed, first=0, count=rows)
    cap = LARGEST_SHARE * spreads["variability.gain_cap"]
    found = person_parameters(
        {n: np.minimum(v, cap) if n in SHARES else v for n, v in values.items()},
        spreads,
        {name: sds[name] * z[name] for name in DEVIATIONS},
        sds,
        class_log_odds=classes.log_odds(classes.draw(seed=seed, first=0, count=rows)),
    )
    return {**values, **{n: np.where(drawn, moved, values[n]) for n, moved in found.items()}}
