"""Who a virtual population is made of, as distributions, and four ready-made ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.population.distribution import (
    Distribution,
    checked_share,
    checked_shares,
    lognormal_through,
)
from ketacourse.therapy.bounds import AGE_YEARS, FAILED_ANTIDEPRESSANTS
from ketacourse.therapy.patient import Ancestry, Diagnosis
from ketacourse.therapy.scales import scale

HEALTHY = "none"
"""Diagnosis of a healthy volunteer."""
DIAGNOSES: tuple[str, ...] = (*get_args(Diagnosis), HEALTHY)
ANCESTRIES: tuple[str, ...] = get_args(Ancestry)
PRESETS = ("trd_trial", "clinic", "bipolar_trial", "healthy_volunteers")
"""Names of the ready-made populations."""

MADRS_MAXIMUM = 60.0
LOWEST_BASELINE = 0.5
"""Lowest true MADRS before treatment (points): change is read as a share of it."""
BMI_LIMITS = (15.0, 60.0)
"""Body mass index of an adult who can be treated as an outpatient (kg/m2)."""
HEIGHT_SPREADS = 4.0
"""Standard deviations beyond which no height is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateSpec:
    """Distributions from which patients are drawn.

    Parameters
    ----------
    age_years, bmi, height_female_cm, height_male_cm
        Age (years), body mass index (kg/m2), height (cm); weight follows from the last two.
    female_share
        Share of women.
    diagnosis, ancestry
        Shares by kind; they add up to one.
    baseline_madrs
        True MADRS total before treatment (points), without the error of rating.
    failed_minimum, failed_further
        Least number of failed antidepressants, and the share of those with any number
        who failed one more.
    crp_above_1, crp_above_3
        Shares with C-reactive protein above 1 and 3 mg/L; they fix a log-normal.
    hypertension
        Shares below 40, from 40 to 59 and from 60 years.
    sbp_mmhg, dbp_mmhg
        Pressure at rest without and with hypertension (mmHg).
    cor_sbp_dbp
        Correlation of the two pressures within each group.
    """

    age_years: Distribution
    female_share: float
    bmi: Distribution
    height_female_cm: Distribution
    height_male_cm: Distribution
    diagnosis: Mapping[str, float]
    ancestry: Mapping[str, float]
    baseline_madrs: Distribution
    failed_minimum: int
    failed_further: float
    crp_above_1: float
    crp_above_3: float
    hypertension: tuple[float, float, float]
    sbp_mmhg: tuple[Distribution, Distribution]
    dbp_mmhg: tuple[Distribution, Distribution]
    cor_sbp_dbp: float

    def __post_init__(self) -> None:
        checked_shares("diagnosis", self.diagnosis, DIAGNOSES)
        checked_shares("ancestry", self.ancestry, ANCESTRIES)
        checked_share("female_share", self.female_share)
        for share in self.hypertension:
            checked_share("hypertension", share)
        lognormal_through((1.0, self.crp_above_1), (3.0, self.crp_above_3))
        _check_within("age_years", self.age_years, AGE_YEARS.minimum, AGE_YEARS.maximum)
        _check_within("baseline_madrs", self.baseline_madrs, LOWEST_BASELINE, MADRS_MAXIMUM)
        FAILED_ANTIDEPRESSANTS.check(self.failed_minimum)
        if not 0.0 <= self.failed_further < 1.0:
            raise OutOfRangeError(
                f"'failed_further' is {self.failed_further}.",
                remedy="Give a share from 0 to less than 1.",
            )
        if not -1.0 < self.cor_sbp_dbp < 1.0:
            raise OutOfRangeError(
                f"'cor_sbp_dbp' is {self.cor_sbp_dbp}.",
                remedy="Give a correlation between -1 and 1.",
            )


def _check_within(name: str, given: Distribution, minimum: float, maximum: float) -> None:
    if not (minimum <= given.minimum and given.maximum <= maximum):
        raise OutOfRangeError(
            f"'{name}' is drawn from {given.minimum:g} to {given.maximum:g}.",
            remedy=f"Cut it within {minimum:g} to {maximum:g}.",
        )


@cache
def covariate_preset(name: str) -> CovariateSpec:
    """Return a ready-made population; its numbers and their sources are catalogue entries.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in PRESETS:
        raise InputError(
            f"The population '{name}' is not known.", remedy=f"Use one of {', '.join(PRESETS)}."
        )
    found = _Numbers(name, load_catalogue())
    return CovariateSpec(
        age_years=Distribution(
            mean=found("age", "year"),
            sd=found("age_sd", "year"),
            minimum=found("age_minimum", "year"),
            maximum=found("age_maximum", "year"),
            shape="beta",
        ),
        female_share=found("female_share"),
        bmi=Distribution(
            mean=found("bmi", "kg/m**2"),
            sd=found("bmi_sd", "kg/m**2"),
            minimum=BMI_LIMITS[0],
            maximum=BMI_LIMITS[1],
            shape="lognormal",
        ),
        height_female_cm=_height(found, "female"),
        height_male_cm=_height(found, "male"),
        diagnosis=_diagnosis(name, found),
        ancestry=_ancestry(found),
        baseline_madrs=_baseline(name, found),
        failed_minimum=int(found("failed_minimum")),
        failed_further=0.0 if name == "healthy_volunteers" else found("failed_further"),
        crp_above_1=found("crp_above_1"),
        crp_above_3=found("crp_above_3"),
        hypertension=_hypertension(name, found),
        sbp_mmhg=_pressures(found, "sbp"),
        dbp_mmhg=_pressures(found, "dbp"),
        cor_sbp_dbp=found("cor_sbp_dbp"),
    )


class _Numbers:
    """Catalogue entries of one preset, or what all presets share."""

    def __init__(self, preset: str, catalogue: Catalogue) -> None:
        self.preset, self.catalogue = preset, catalogue

    def __call__(self, name: str, unit: str = "1") -> float:
        own = f"{self.preset}.{name}"
        full = own if own in self.catalogue.parameters else f"covariates.{name}"
        return self.catalogue.value(full, unit)


def _height(found: _Numbers, sex: str) -> Distribution:
    mean, sd = found(f"height_{sex}", "cm"), found(f"height_{sex}_sd", "cm")
    reach = HEIGHT_SPREADS * sd
    return Distribution(mean=mean, sd=sd, minimum=mean - reach, maximum=mean + reach)


def _diagnosis(name: str, found: _Numbers) -> dict[str, float]:
    if name == "clinic":
        bipolar = found("bipolar_share")
        return {"trd": 1.0 - bipolar, "bipolar_depression": bipolar}
    only = {"bipolar_trial": "bipolar_depression", "healthy_volunteers": HEALTHY}
    return {only.get(name, "trd"): 1.0}


def _ancestry(found: _Numbers) -> dict[str, float]:
    shares = {kind: found(kind) for kind in ("european", "east_asian", "african")}
    return {**shares, "unknown": 1.0 - math.fsum(shares.values())}


def _baseline(name: str, found: _Numbers) -> Distribution:
    """Return the distribution of true severity: what was rated, less the error of rating."""
    rated, error = found("baseline_sd", "point"), scale("madrs").error_sd or 0.0
    sd = rated if name == "healthy_volunteers" else math.sqrt(max(rated**2 - error**2, 0.0))
    return Distribution(
        mean=found("baseline", "point"),
        sd=sd,
        minimum=found("baseline_minimum", "point"),
        maximum=MADRS_MAXIMUM,
        shape="beta",
    )


def _hypertension(name: str, found: _Numbers) -> tuple[float, float, float]:
    if name == "healthy_volunteers":
        return (0.0, 0.0, 0.0)
    return (
        found("hypertension_young"),
        found("hypertension_middle"),
        found("hypertension_old"),
    )


def _pressures(found: _Numbers, which: str) -> tuple[Distribution, Distribution]:
    sd = found(f"{which}_sd", "mmHg")
    reach = 3.0 * sd
    means = (found(f"{which}_normal", "mmHg"), found(f"{which}_treated", "mmHg"))
    normal, treated = (
        Distribution(mean=m, sd=sd, minimum=m - reach, maximum=m + reach) for m in means
    )
    return normal, treated
