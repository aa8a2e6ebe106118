"""One arm of a published trial as a cohort on its course: latent scores, many beliefs at once.

The same virtual patients, by number, serve every belief, every mechanism and every arm of
one population; they differ only where the belief or the arm differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.problem import Problem
from ketacourse.engine.solve import solve
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.models import STANDARD
from ketacourse.population.batch import Body, pose_course
from ketacourse.population.beliefs import Member
from ketacourse.population.cohort import Cohort, arm_parameters, draw_cohort
from ketacourse.population.covariate_spec import LOWEST_BASELINE, MADRS_MAXIMUM, CovariateSpec
from ketacourse.population.covariates import draw_covariates
from ketacourse.population.distribution import Distribution
from ketacourse.population.expectancy import Control
from ketacourse.population.prognosis import RESISTANT_FROM
from ketacourse.population.specification import PopulationSpec, population_preset
from ketacourse.population.typical import belief_units
from ketacourse.population.variability import draw_session_factors
from ketacourse.therapy.course import Course
from ketacourse.therapy.scales import scale
from ketacourse.trials.replicate_trial_rows import ArmDesign

Array = NDArray[np.float64]

GRID_PATIENTS = 32
"""Patients, of the typical belief, on whom the steps of an arm are chosen."""
GRID_TOLERANCE = 3e-3
"""Error of a score in a replayed arm, as a share of its range."""
SPREADS_BELOW = 2.5
"""Standard deviations between the mean and the least baseline, where the usual one is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """What a simulated arm holds.

    Attributes
    ----------
    times_days
        Days from the first dose, shape (n_times,); the first is 0, before the dose.
    madrs
        Latent MADRS (points), shape (n_members, n_patients, n_times).
    ideation_gain
        Fall of suicidal ideation relative to that of the score, shape (n_members,).
    weights
        How much each patient counts, shape (n_members, n_patients), mean 1 for every member;
        None where all count alike.
    """

    times_days: Array
    madrs: Array
    ideation_gain: Array
    weights: Array | None = None

    @property
    def baseline(self) -> Array:
        """Return the latent MADRS before treatment, shape (n_members, n_patients)."""
        return np.asarray(self.madrs[:, :, 0])

    def at(self, days: float) -> Array:
        """Return the latent MADRS at a reported time, shape (n_members, n_patients)."""
        position = int(np.argmin(np.abs(self.times_days - days)))
        return np.asarray(self.madrs[:, :, position])

    def mean(self, values: Array) -> Array:
        """Return the mean over patients of values of shape (n_members, n_patients)."""
        weighted = values if self.weights is None else values * self.weights
        return np.asarray(weighted.mean(axis=1))

    def variance(self, values: Array) -> Array:
        """Return the variance between patients of values of shape (n_members, n_patients)."""
        return self.mean((values - self.mean(values)[:, None]) ** 2)


def simulate_arm(
    design: ArmDesign,
    times_days: Sequence[float],
    members: Sequence[Member],
    *,
    patients: int,
    seed: int,
    pk_model: str = STANDARD,
) -> Latent:
    """Simulate one arm under several beliefs, all in one batch.

    Parameters
    ----------
    times_days
        Days at which scores are wanted, from the first dose.
    patients
        Virtual patients per belief.
    seed
        Seed of the patients.
    """
    times = tuple(sorted({0.0, *times_days}))
    cohorts = draw_members(population_of(design, pk_model), members, patients=patients, seed=seed)
    nodes = _nodes(design, times, pk_model, seed)
    problem = _posed(design, times, cohorts)
    run = solve(problem, quantities=("madrs",), nodes_h=nodes)
    return Latent(
        times_days=np.array(times),
        madrs=run.of("madrs").reshape(len(members), patients, len(times)),
        ideation_gain=np.array([c.values["mood.suicidality_gain"][0] for c in cohorts]),
    )


def draw_members(
    spec: PopulationSpec, members: Sequence[Member], *, patients: int, seed: int
) -> list[Cohort]:
    """Return the same patients under each belief; what they bring is drawn once."""
    who = draw_covariates(spec.covariates, seed=seed, first=0, count=patients)
    known = replace(spec, table=who)
    return [
        draw_cohort(known, seed=seed, first=0, count=patients, belief=m.belief, variant=m.variant)
        for m in members
    ]


def population_of(design: ArmDesign, pk_model: str = STANDARD) -> PopulationSpec:
    """Return the population of an arm: a preset by setting and diagnosis, with its baseline."""
    if design.setting == "clinic":
        preset = "clinic"
    else:
        preset = "bipolar_trial" if design.diagnosis == "bipolar_depression" else "trd_trial"
    spec = population_preset(preset)
    usual = spec.covariates
    if design.resistant_percent is not None:
        usual = _resistant_in_part(usual, design.resistant_percent / 100.0)
    elif preset == "trd_trial" and design.diagnosis in MAY_BE_FIRST_EPISODE:
        usual = _not_resistant(usual)
    who = replace(
        usual,
        diagnosis={design.diagnosis: 1.0},
        baseline_madrs=_baseline(usual.baseline_madrs, *design.baseline),
        age_years=_age(usual.age_years, design.age_mean),
    )
    return replace(spec, covariates=who, pk_model=pk_model)


MAY_BE_FIRST_EPISODE = ("mdd",)
"""Diagnoses whose trials ask for no earlier treatment. Anxiety, posttraumatic stress and obsessions
are long illnesses that hardly ebb by themselves, and trials of ketamine take in those whom other
treatment left ill: they count as resistant (assumed)."""


def _not_resistant(who: CovariateSpec) -> CovariateSpec:
    """Return patients of whom no failed antidepressant was asked."""
    catalogue = load_catalogue()
    return replace(
        who,
        failed_minimum=int(catalogue.value("mdd_trial.failed_minimum", "1")),
        failed_further=catalogue.value("mdd_trial.failed_further", "1"),
    )


def _resistant_in_part(who: CovariateSpec, share: float) -> CovariateSpec:
    """Return patients of whom a stated share had failed two antidepressants."""
    if share >= 1.0:
        return replace(who, failed_minimum=RESISTANT_FROM)
    return replace(who, failed_minimum=0, failed_further=share ** (1.0 / RESISTANT_FROM))


def _age(usual: Distribution, mean: float | None) -> Distribution:
    """Return the distribution of age about a stated mean, in wider limits where needed."""
    if mean is None:
        return usual
    return replace(
        usual,
        mean=mean,
        sd=min(usual.sd, (mean - AGE_LIMITS[0]) / 3.0, (AGE_LIMITS[1] - mean) / 3.0)
        if not usual.minimum < mean - usual.sd < mean + usual.sd < usual.maximum
        else usual.sd,
        minimum=min(usual.minimum, AGE_LIMITS[0]),
        maximum=max(usual.maximum, AGE_LIMITS[1]),
    )


AGE_LIMITS = (18.0, 90.0)
"""Ages within which patients of another mean age are drawn (years)."""


def _baseline(usual: Distribution, mean: float | None, sd: float | None) -> Distribution:
    """Return the distribution of true severity that gives the rated mean and SD."""
    if mean is None:
        return usual
    error = scale("madrs").error_sd or 0.0
    true_sd = usual.sd if sd is None else max(sd**2 - error**2, 0.25 * sd**2) ** 0.5
    middle = min(max(mean, LOWEST_BASELINE + 1.0), MADRS_MAXIMUM - 1.0)
    lowest = max(min(usual.minimum, middle - SPREADS_BELOW * true_sd), LOWEST_BASELINE)
    if true_sd**2 >= 0.9 * (middle - lowest) * (MADRS_MAXIMUM - middle):
        lowest = LOWEST_BASELINE
        true_sd = min(true_sd, (0.9 * (middle - lowest) * (MADRS_MAXIMUM - middle)) ** 0.5)
    return Distribution(
        mean=middle, sd=true_sd, minimum=lowest, maximum=MADRS_MAXIMUM, shape="beta"
    )


def pose_members(
    course: Course,
    cohorts: Sequence[Cohort],
    times_h: Array,
    *,
    control: Control = "none",
    medicated: bool | None = None,
    session_factors: Array | None = None,
) -> Problem:
    """Pose cohorts, one after another, on one course.

    Parameters
    ----------
    control
        What is given instead of the drug; ``none`` for the drug.
    medicated
        Whether antidepressants are taken throughout; None where nobody says.
    session_factors
        Factor on the amount of each session of the patients of one cohort, shape
        (n_sessions, n_patients).
    """
    rows = [
        arm_parameters(
            cohort,
            masking=course.masking,
            control=control,
            setting=course.setting,
            new_oral_antidepressant=course.new_oral_antidepressant,
            medicated=medicated,
        )
        for cohort in cohorts
    ]
    factors: float | Array = 0.0 if control != "none" else 1.0
    if session_factors is not None and control == "none" and course.sessions:
        factors = np.tile(session_factors, (1, len(cohorts)))
    return pose_course(
        course,
        body=_bodies([cohort.body for cohort in cohorts]),
        parameters={name: np.concatenate([row[name] for row in rows]) for name in rows[0]},
        times_h=times_h,
        catalogue=load_catalogue(),
        dose_factor=factors,
        plasma=False,
    )


def _posed(design: ArmDesign, times: tuple[float, ...], cohorts: Sequence[Cohort]) -> Problem:
    """Pose the cohorts on the arm's course."""
    first = cohorts[0]
    factors = draw_session_factors(
        len(design.session_days),
        seed=first.seed,
        first=first.first,
        count=first.size,
        catalogue=load_catalogue(),
        spread=first.spec.spread,
    )
    return pose_members(
        design.course(times[-1]),
        cohorts,
        np.array(times) * 24.0,
        control=design.control,
        medicated=design.medicated,
        session_factors=factors.exposure,
    )


def _bodies(bodies: Sequence[Body]) -> Body:
    first = bodies[0]
    return Body(
        model=first.model,
        weight_kg=np.concatenate([np.asarray(b.weight_kg) for b in bodies]),
        age_years=np.concatenate([np.asarray(b.age_years) for b in bodies]),
        modifiers=first.modifiers,
        parameters={
            name: np.concatenate(
                [
                    np.broadcast_to(b.parameters.get(name, usual), np.shape(b.weight_kg))
                    for b in bodies
                ]
            )
            for name, usual in _usual(bodies).items()
        },
    )


def _usual(bodies: Sequence[Body]) -> dict[str, float]:
    """Return typical values of every parameter that some of the bodies change."""
    catalogue, units = load_catalogue(), belief_units(bodies[0].model)
    names = dict.fromkeys(n for b in bodies for n in b.parameters)
    return {name: catalogue.value(name, units[name]) for name in names}


@lru_cache(maxsize=512)
def _nodes(design: ArmDesign, times: tuple[float, ...], pk_model: str, seed: int) -> Array:
    """Return the steps of an arm (h): chosen once, on typical beliefs, for every belief."""
    cohort = draw_cohort(population_of(design, pk_model), seed=seed, first=0, count=GRID_PATIENTS)
    return accurate_nodes(_posed(design, times, [cohort]), GRID_TOLERANCE, ("madrs",))
