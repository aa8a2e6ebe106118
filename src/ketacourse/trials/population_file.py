"""The table of a trial file that says who is studied."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
from pydantic import Field

from ketacourse.errors import Fault, InputError
from ketacourse.model.pk.models import STANDARD
from ketacourse.population.adherence import (
    FULL_ADHERENCE,
    AdherenceSpec,
    adherence_preset,
    hazard_of_share,
)
from ketacourse.population.cohort import draw_cohort
from ketacourse.population.covariate_spec import (
    BMI_LIMITS,
    MADRS_MAXIMUM,
    CovariateSpec,
    covariate_preset,
)
from ketacourse.population.covariate_table import read_covariates
from ketacourse.population.covariates import Covariates
from ketacourse.population.distribution import Distribution
from ketacourse.population.measurement import Rating
from ketacourse.population.specification import PopulationSpec
from ketacourse.population.streams import uniforms
from ketacourse.therapy.bounds import Bounds
from ketacourse.therapy.case_faults import path_text, shown
from ketacourse.therapy.case_file import Age, Horizon, ScaleKey
from ketacourse.therapy.patient import Ancestry, Diagnosis
from ketacourse.therapy.quantities import Quantity
from ketacourse.therapy.scales import scale
from ketacourse.trials.file_types import Described, Share, quantity

Preset = Literal["trd_trial", "clinic", "bipolar_trial", "healthy_volunteers"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

HALF = 0.5
"""Benefit of the patient for whom a share of drop-out is stated (share of the baseline)."""
_SPREAD = Bounds(
    label="The spread of age", minimum=0.0, maximum=50.0, unit="years",
    reason="ages spread wider are not those of adults",
)  # fmt: skip
_BMI = Bounds(
    label="Body mass index", minimum=BMI_LIMITS[0], maximum=BMI_LIMITS[1], unit="kg/m2",
    reason="values outside it are not seen in outpatients",
)  # fmt: skip
_BMI_SPREAD = Bounds(
    label="The spread of body mass index", minimum=0.0, maximum=20.0, unit="kg/m2",
    reason="a wider one leaves the range of outpatients",
)  # fmt: skip
_YEARS = {"years": 1.0, "year": 1.0}
_KG_M2 = {"kg/m2": 1.0, "kg/m^2": 1.0}
AgeSpread = Annotated[
    float,
    *quantity(Quantity(label="The spread", units=_YEARS, example="11 years", bounds=_SPREAD)),
]
Bmi = Annotated[
    float, *quantity(Quantity(label="The index", units=_KG_M2, example="28 kg/m2", bounds=_BMI))
]
BmiSpread = Annotated[
    float,
    *quantity(Quantity(label="The spread", units=_KG_M2, example="6 kg/m2", bounds=_BMI_SPREAD)),
]
Points = Annotated[float, Field(ge=0.0, le=MADRS_MAXIMUM, description="MADRS points")]


class AgeTable(Described):
    """Ages: mean, spread and who is admitted."""

    mean: Age
    sd: AgeSpread
    minimum: Age | None = None
    maximum: Age | None = None


class BmiTable(Described):
    """Body mass index: mean and spread."""

    mean: Bmi
    sd: BmiSpread


class BaselineTable(Described):
    """MADRS before treatment as it is rated: mean, spread and who is admitted."""

    mean: Points
    sd: Points
    minimum: Points | None = None
    maximum: Points | None = None


class CorrelationTable(Described):
    """Correlation of two deviations between patients."""

    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    """two deviations, such as gain and durability"""
    value: float
    """between -1 and 1"""


class ClassTable(Described):
    """Shares of the response classes."""

    weak: Share
    partial: Share
    full: Share


class PopulationTable(Described):
    """Who is studied: a ready-made population, what differs from it, or a table of patients."""

    preset: Preset = "trd_trial"
    """the ready-made population to start from"""
    table: str | None = None
    """CSV or Parquet file of patients, beside the trial file"""
    age: AgeTable | None = None
    female_share: Share | None = None
    """share of women"""
    bmi: BmiTable | None = None
    baseline_madrs: BaselineTable | None = None
    diagnosis: dict[Diagnosis, Share] | None = None
    """shares by diagnosis, which add up to 1"""
    ancestry: dict[Ancestry, Share] | None = None
    """shares by ancestry, which add up to 1; they decide the genotypes"""
    failed_antidepressants_minimum: Annotated[int, Field(ge=0, le=40)] | None = None
    """least number of failed antidepressants"""
    crp_above_1: Share | None = None
    """share with C-reactive protein above 1 mg/L"""
    crp_above_3: Share | None = None
    """share with C-reactive protein above 3 mg/L"""
    classes: ClassTable | None = None
    correlations: Annotated[list[CorrelationTable], Field(max_length=60)] = Field(
        default_factory=list
    )
    spread: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    """multiplies the spread between patients"""
    pk_model: str = STANDARD
    """pharmacokinetic model"""


class DropOutTable(Described):
    """Share of patients with half the benefit and no burden who leave within a time."""

    share: Share
    within: Horizon


class AdherenceTable(Described):
    """How sessions are missed and patients lost; the usual numbers where not stated."""

    full: bool = False
    """everybody comes and nobody leaves"""
    missed_share: Share | None = None
    """share of sessions missed by the typical patient, after the first"""
    missed_spread: Annotated[float, Field(ge=0.0, le=10.0)] | None = None
    """how patients differ in it (SD of log odds)"""
    drop_out: DropOutTable | None = None
    without_benefit: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    """factor on the hazard of leaving without any benefit"""
    with_burden: Annotated[float, Field(gt=0.0, le=100.0)] | None = None
    """factor on the hazard of leaving with dissociation of 30 points"""


class RatingTable(Described):
    """How a scale is rated; with its published error and without bias where not stated."""

    scale: ScaleKey
    error_sd: Annotated[float, Field(ge=0.0, le=30.0)] | None = None
    """SD of repeated ratings (points); the published one by default"""
    bias: Annotated[float, Field(ge=-30.0, le=30.0)] = 0.0
    """points by which every rating is too high"""
    raters: Annotated[int, Field(ge=1, le=1000)] = 1
    """raters among whom patients are dealt"""
    rater_sd: Annotated[float, Field(ge=0.0, le=30.0)] = 0.0
    """how the means of raters differ (SD, points)"""
    expectation: Annotated[float, Field(ge=-30.0, le=30.0)] = 0.0
    """points by which whoever is believed to have received the drug is rated lower"""


def build_adherence(table: AdherenceTable) -> AdherenceSpec:
    """Return how patients come and stay.

    Raises
    ------
    InputError
        If the share that drops out is one.
    """
    if table.full:
        return FULL_ADHERENCE
    usual = adherence_preset()
    changed = {
        "missed_share": table.missed_share,
        "missed_spread": table.missed_spread,
        "dropout_without_benefit": table.without_benefit,
        "dropout_with_burden": table.with_burden,
    }
    found = replace(usual, **{name: v for name, v in changed.items() if v is not None})
    if table.drop_out is None:
        return found
    hazard = hazard_of_share(table.drop_out.share, days=table.drop_out.within)
    return replace(found, dropout_per_week=hazard / found.dropout_without_benefit**HALF)


def build_ratings(tables: Sequence[RatingTable]) -> dict[str, Rating]:
    """Return how each scale is rated."""
    return {
        t.scale: Rating(
            error_sd=t.error_sd, bias=t.bias, raters=t.raters, rater_sd=t.rater_sd,
            expectation=t.expectation,
        )
        for t in tables
    }  # fmt: skip


def build_population(
    table: PopulationTable, *, seed: int, folder: Path
) -> tuple[PopulationSpec | None, tuple[Fault, ...]]:
    """Return the population, or what is wrong with it.

    Parameters
    ----------
    seed
        Seed of the trial, for columns that a table of patients does not have.
    folder
        Where a relative path to a table starts.
    """
    faults: list[Fault] = []
    spec = covariate_preset(table.preset)
    for name, change in _changes(table):
        try:
            spec = change(spec)
        except InputError as error:
            faults.append(_fault(("population", name), error))
    patients = None
    if table.table is not None:
        try:
            patients = _shuffled(read_covariates(folder / table.table, spec=spec, seed=seed), seed)
        except InputError as error:
            faults.append(_fault(("population", "table"), error, table.table))
    if faults:
        return None, tuple(faults)
    try:
        made = PopulationSpec(
            covariates=spec,
            table=patients,
            classes=table.classes.model_dump() if table.classes else None,
            correlations={(c.between[0], c.between[1]): c.value for c in table.correlations},
            spread=table.spread,
            pk_model=table.pk_model,
        )
        # Whether the correlations are possible shows only when somebody is drawn.
        draw_cohort(made, seed=seed, first=0, count=1)
    except InputError as error:
        return None, (_fault(("population",), error),)
    return made, ()


def _shuffled(patients: Covariates, seed: int) -> Covariates:
    """Return the patients of a table in random order: arms receive them one after another."""
    order = uniforms(seed, "trial:table", 0, patients.size)[:, 0]
    return patients.subset(np.argsort(order, kind="stable"))


def _changes(
    table: PopulationTable,
) -> list[tuple[str, Callable[[CovariateSpec], CovariateSpec]]]:
    """Return what the file changes in the ready-made population, by key."""
    found: list[tuple[str, Callable[[CovariateSpec], CovariateSpec]]] = []
    plain: Mapping[str, Any] = {
        "female_share": table.female_share,
        "diagnosis": table.diagnosis,
        "ancestry": table.ancestry,
        "failed_minimum": table.failed_antidepressants_minimum,
    }
    found += [(name, _with(name, value)) for name, value in plain.items() if value is not None]
    crp = {n: getattr(table, n) for n in ("crp_above_1", "crp_above_3")}
    given = {name: value for name, value in crp.items() if value is not None}
    if given:
        found.append((next(iter(given)), lambda spec: replace(spec, **given)))
    if table.age is not None:
        age = table.age
        found.append(("age", lambda spec: replace(spec, age_years=_age(age, spec))))
    if table.bmi is not None:
        bmi = table.bmi
        found.append(
            ("bmi", lambda spec: replace(spec, bmi=replace(spec.bmi, mean=bmi.mean, sd=bmi.sd)))
        )
    if table.baseline_madrs is not None:
        base = table.baseline_madrs
        found.append(
            ("baseline_madrs", lambda spec: replace(spec, baseline_madrs=_baseline(base, spec)))
        )
    return found


def _with(name: str, value: object) -> Callable[[CovariateSpec], CovariateSpec]:
    def change(spec: CovariateSpec) -> CovariateSpec:
        changed: dict[str, Any] = {name: value}
        return replace(spec, **changed)

    return change


def _age(table: AgeTable, spec: CovariateSpec) -> Distribution:
    usual = spec.age_years
    return replace(
        usual,
        mean=table.mean,
        sd=table.sd,
        minimum=usual.minimum if table.minimum is None else table.minimum,
        maximum=usual.maximum if table.maximum is None else table.maximum,
    )


def _baseline(table: BaselineTable, spec: CovariateSpec) -> Distribution:
    """Return the distribution of true severity: what is rated, less the error of rating."""
    usual, error = spec.baseline_madrs, scale("madrs").error_sd or 0.0
    return replace(
        usual,
        mean=table.mean,
        sd=math.sqrt(max(table.sd**2 - error**2, 0.0)),
        minimum=usual.minimum if table.minimum is None else max(table.minimum, 0.5),
        maximum=usual.maximum if table.maximum is None else table.maximum,
    )


def _fault(place: tuple[str, ...], error: InputError, value: object = None) -> Fault:
    return Fault(
        path=path_text(place), value=shown(value), problem=error.problem, remedy=error.remedy
    )
