"""The covariates that are stored with each patient, and by which results may be split."""

from collections.abc import Mapping
from typing import get_args

from ketacourse.population.covariate_spec import ANCESTRIES, DIAGNOSES
from ketacourse.population.covariates import CYP2B6, MET_SHARE
from ketacourse.therapy.patient import Sex

NUMBERS: Mapping[str, str] = {
    "age_years": "years",
    "weight_kg": "kg",
    "height_cm": "cm",
    "baseline_madrs": "points",
    "failed_antidepressants": "number",
    "crp_mg_per_l": "mg/L",
    "sbp_mmhg": "mmHg",
    "dbp_mmhg": "mmHg",
}
"""Numeric covariates with their units."""

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "sex": get_args(Sex),
    "diagnosis": DIAGNOSES,
    "ancestry": ANCESTRIES,
    "bdnf_genotype": tuple(MET_SHARE),
    "cyp2b6_genotype": CYP2B6,
    "hypertension": ("no", "yes"),
    "response_class": ("weak", "partial", "full"),
}
"""Covariates with categories, in the order in which their codes are stored."""
