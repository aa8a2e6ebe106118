"""What is known of a patient beforehand that makes benefit or recovery likelier.

Age and failed antidepressants move every share of severity that drug, expectancy, care or an
antidepressant removes, and the share that goes by itself. In successive steps of treatment
recovery halves from the third step on, so what counts is whether two antidepressants have failed.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

OLDER_FROM_YEARS = 55.0
"""Age from which benefit falls (years, assumed): below it trials found no difference."""
RESISTANT_FROM = 2
"""Number of failed antidepressants from which a depression counts as resistant."""
NATURAL_COURSE = "patient.natural_course"
NATURAL_COURSE_RESISTANT = "patient.natural_course_resistant"
NATURAL_COURSES = (NATURAL_COURSE, NATURAL_COURSE_RESISTANT)


def early_step(failed_antidepressants: ArrayLike | None, *, diagnosis: str = "") -> Array:
    """Return 1 where fewer than two antidepressants have failed, else 0.

    Where the number is not known the depression counts as resistant: that is what ketamine is
    given for (assumed).

    Examples
    --------
    >>> float(early_step(1)), float(early_step(2)), float(early_step(None))
    (1.0, 0.0, 0.0)
    >>> float(early_step(1, diagnosis="trd"))
    0.0
    """
    if failed_antidepressants is None or diagnosis == "trd":
        failed_antidepressants = RESISTANT_FROM
    return np.asarray(np.asarray(failed_antidepressants) < RESISTANT_FROM, dtype=np.float64)


def decades_beyond(age_years: ArrayLike) -> Array:
    """Return the decades beyond the age from which benefit falls, 0 before it.

    Examples
    --------
    >>> decades_beyond([40.0, 65.0]).tolist()
    [0.0, 1.0]
    """
    beyond = np.maximum(np.asarray(age_years, dtype=np.float64) - OLDER_FROM_YEARS, 0.0)
    return np.asarray(beyond / 10.0)


def benefit_log_odds(
    age_years: ArrayLike, early: ArrayLike, values: Mapping[str, ArrayLike]
) -> Array:
    """Return the log odds by which age and treatment history move every benefit.

    Zero up to 55 years after two failed antidepressants.

    Parameters
    ----------
    age_years, early
        Age, and the result of `early_step`.
    values
        ``patient.age_odds`` (per decade beyond) and ``patient.early_step_odds``.
    """
    by_age = decades_beyond(age_years) * np.asarray(values["patient.age_odds"])
    return np.asarray(by_age + np.asarray(early) * np.asarray(values["patient.early_step_odds"]))


def natural_stress(early: ArrayLike, values: Mapping[str, ArrayLike]) -> Array:
    """Return the input of the disease drive that lets an episode ebb by itself (1/h, negative).

    In the end the share of severity ``patient.natural_course`` is gone, or
    ``patient.natural_course_resistant`` after two failed antidepressants.
    """
    share = np.where(
        np.asarray(early) > 0.0, values[NATURAL_COURSE], values[NATURAL_COURSE_RESISTANT]
    )
    return np.asarray(-share / np.asarray(values["mood.disease_time"]))
