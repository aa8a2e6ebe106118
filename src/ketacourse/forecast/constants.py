"""Values of the course model that all patients share, from the evidence catalogue."""

from dataclasses import dataclass, fields
from functools import cache

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import value_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """Shared values of the course model; times in days.

    Attributes
    ----------
    rise_time
        Time in which the fast benefit is felt.
    lasting_ratio
        How many times longer the lasting part stays.
    acquisition
        Learning of coping per hour of therapy (1/h).
    coping_time, expectancy_time, care_time, antidepressant_time, drift_time
        Fading of coping and expectancy; build-up of care, antidepressant and drift.
    expectancy_on
        Expectancy raised by one visit (dimensionless exponent).
    """

    rise_time: float
    lasting_ratio: float
    acquisition: float
    coping_time: float
    expectancy_time: float
    care_time: float
    antidepressant_time: float
    drift_time: float
    expectancy_on: float


_OWN = {
    "rise_time": "d",
    "drift_time": "d",
}
_CHAIN = {
    "acquisition": ("learning.acquisition", "1/h"),
    "coping_time": ("learning.coping_time", "d"),
    "expectancy_time": ("placebo.expectancy_time", "d"),
    "care_time": ("placebo.care_time", "d"),
    "antidepressant_time": ("placebo.antidepressant_time", "d"),
}


@cache
def course_constants() -> Constants:
    """Return the shared values in force."""
    catalogue = load_catalogue()
    own = {name: catalogue.value(f"course_model.{name}", unit) for name, unit in _OWN.items()}
    shared = {name: value_in_force(*where) for name, where in _CHAIN.items()}
    visit = value_in_force("placebo.expectancy_on", "1/h") * value_in_force(
        "placebo.visit_time", "h"
    )
    slow = value_in_force("structure.persistent_time", "d")
    ratio = slow / value_in_force("structure.mature_time", "d")
    found = {**own, **shared, "expectancy_on": visit, "lasting_ratio": ratio}
    return Constants(**{f.name: found[f.name] for f in fields(Constants)})
