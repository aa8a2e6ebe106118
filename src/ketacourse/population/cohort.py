"""A cohort: patients with every parameter of the chain, ready to be posed on a course.

The typical values (or one belief about them) are moved to each patient by covariates,
response class and deviations. Patient ``i`` is the same in every arm and every chunk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.variants import BASE
from ketacourse.model import chain
from ketacourse.model.pk.models import pk_parameters
from ketacourse.model.pk.modifiers import PkModifiers
from ketacourse.population.batch import Body
from ketacourse.population.centre import Centre, centre_of
from ketacourse.population.covariates import Covariates, draw_covariates
from ketacourse.population.ensemble import EXTRA_UNITS
from ketacourse.population.expectancy import (
    Control,
    care_parameter,
    expectancy_parameter,
    medicated_share,
    under_masking,
)
from ketacourse.population.prognosis import (
    NATURAL_COURSES,
    benefit_log_odds,
    early_step,
    natural_stress,
)
from ketacourse.population.specification import PopulationSpec
from ketacourse.population.streams import check_range
from ketacourse.population.typical import belief_units
from ketacourse.population.variability import (
    draw_deviations,
    mean_one,
    response_classes,
    spread_share,
)
from ketacourse.therapy.course import Masking, Setting

Array = NDArray[np.float64]

EXPECTANCIES = tuple(n for n in EXTRA_UNITS if n.startswith("placebo.expectancy_"))
CARES = ("placebo.care_clinic", "placebo.care_trial")
CYP2B6_SCENARIOS = {"*1/*6": "cyp2b6_1_6", "*6/*6": "cyp2b6_6_6"}
FEMALE = "female"
"""Scenario of the pharmacokinetics that holds for women."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """N patients.

    Attributes
    ----------
    first
        Number of the first patient.
    seed
        Seed of the random streams.
    spec
        The population they were drawn from.
    covariates
        What they bring.
    values
        Parameters of the chain, and what decides an arm's constants, by name: shape (N,),
        in the units of `chain.STAGE_UNITS` and `ensemble.EXTRA_UNITS`.
    pharmacokinetics
        Parameters of the pharmacokinetic model that differ between patients, shape (N,).
    response_class
        Position of each patient's class in `variability.CLASSES`, shape (N,).
    """

    first: int
    seed: int
    spec: PopulationSpec
    covariates: Covariates
    values: Mapping[str, Array]
    pharmacokinetics: Mapping[str, Array]
    response_class: NDArray[np.int8]

    @property
    def size(self) -> int:
        """Return the number of patients."""
        return self.covariates.size

    @property
    def body(self) -> Body:
        """Return what the pharmacokinetics need to know of the patients."""
        scenarios = (*CYP2B6_SCENARIOS.values(), FEMALE)
        return Body(
            model=self.spec.pk_model,
            weight_kg=self.covariates.weight_kg,
            age_years=self.covariates.age_years,
            modifiers=PkModifiers(scenarios=dict.fromkeys(scenarios, "typical")),
            parameters=self.pharmacokinetics,
        )


def draw_cohort(
    spec: PopulationSpec,
    *,
    seed: int,
    first: int,
    count: int,
    belief: Mapping[str, float] | None = None,
    variant: str = BASE,
) -> Cohort:
    """Draw patients ``first`` to ``first + count`` with all their parameters.

    Parameters
    ----------
    belief
        One joint draw of what is believed of typical values, by name, in the units of
        `belief_units`; a name that is absent takes its calibrated or typical value.
    variant
        Account of the mechanism whose values replace typical ones, in proportion.

    Raises
    ------
    InputError
        If there is no patient, the variant or a name of the belief is not known, or the
        correlations are impossible.
    """
    check_range(first, count)
    catalogue = load_catalogue()
    centre = centre_of(spec.pk_model, variant, belief)
    typical = centre.typical
    covariates = _covariates(spec, seed, first, count)
    classes = response_classes(centre.spreads, spec.classes)
    response_class = classes.draw(seed=seed, first=first, count=count)
    deviations = draw_deviations(
        tuple(centre.sds),
        {**centre.correlations, **spec.correlations},
        seed=seed,
        first=first,
        count=count,
    )
    sds = {name: spec.spread * sd for name, sd in centre.sds.items()}
    etas = {name: sds[name] * z for name, z in deviations.items()}
    early = early_step(covariates.failed_antidepressants)
    values = {
        **_for_everyone({**typical, **centre.peaks}, count),
        **person_parameters(
            typical,
            centre.spreads,
            etas,
            sds,
            class_log_odds=classes.log_odds(response_class),
            prognosis=benefit_log_odds(covariates.age_years, early, typical),
        ),
        **_constants(typical, covariates, catalogue),
    }
    values["patient.stress"] = natural_stress(early, values)
    return Cohort(
        first=first,
        seed=seed,
        spec=spec,
        covariates=covariates,
        values=values,
        pharmacokinetics={
            **_pharmacokinetics(centre, etas, spec.pk_model),
            **_scenarios(covariates, centre.believed, catalogue),
        },
        response_class=response_class,
    )


def joined(cohorts: Sequence[Cohort]) -> Cohort:
    """Return cohorts of one population, with consecutive patients, as one."""
    first = cohorts[0]
    if len(cohorts) == 1:
        return first
    catalogue, units = load_catalogue(), belief_units(first.spec.pk_model)
    given = dict.fromkeys(n for c in cohorts for n in c.pharmacokinetics)
    usual = {name: catalogue.value(name, units[name]) for name in given}
    return Cohort(
        first=first.first,
        seed=first.seed,
        spec=first.spec,
        covariates=Covariates(
            **{
                f.name: np.concatenate([getattr(c.covariates, f.name) for c in cohorts])
                for f in fields(Covariates)
            }
        ),
        values={n: np.concatenate([c.values[n] for c in cohorts]) for n in first.values},
        pharmacokinetics={
            name: np.concatenate(
                [np.broadcast_to(c.pharmacokinetics.get(name, typical), c.size) for c in cohorts]
            )
            for name, typical in usual.items()
        },
        response_class=np.concatenate([c.response_class for c in cohorts]),
    )


def arm_parameters(
    cohort: Cohort,
    *,
    masking: Masking = "open",
    control: Control = "none",
    setting: Setting = "clinic",
    new_oral_antidepressant: bool = False,
    medicated: bool | None = None,
) -> dict[str, Array]:
    """Return the parameters of the chain for patients in one arm, shape (N,) each.

    Parameters
    ----------
    masking, control
        How the trial hides what is given, and what this arm gets instead of the drug.
    medicated
        Whether an antidepressant is taken throughout; None where nobody says.
    """
    size = cohort.size
    chosen = {
        "patient.expectancy_max": cohort.values[expectancy_parameter(masking, control)],
        "patient.care_max": cohort.values[care_parameter(setting)],
        "patient.antidepressant_max": cohort.values["placebo.antidepressant_share"],
        "patient.antidepressant_started": np.full(size, float(new_oral_antidepressant)),
    }
    share = medicated_share(
        setting, new_oral_antidepressant=new_oral_antidepressant, medicated=medicated
    )
    chosen["patient.decay_factor"] = (
        cohort.values["patient.decay_factor"] * cohort.values["patient.medication_decay"] ** share
    )
    whole = {**cohort.values, **chosen, **under_masking(cohort.values, masking)}
    return {name: whole[name] for name in chain.PARAMETER_NAMES}


def _covariates(spec: PopulationSpec, seed: int, first: int, count: int) -> Covariates:
    if spec.table is not None:
        return spec.table.subset(np.arange(first, first + count) % spec.table.size)
    return draw_covariates(spec.covariates, seed=seed, first=first, count=count)


def _for_everyone(values: Mapping[str, float], count: int) -> dict[str, Array]:
    """Return numbers that all patients share, shape (count,) each, without room for them."""
    column = np.array(list(values.values()), dtype=np.float64)[:, None]
    return dict(zip(values, np.broadcast_to(column, (len(values), count)), strict=True))


def _pharmacokinetics(centre: Centre, etas: Mapping[str, Array], pk_model: str) -> dict[str, Array]:
    """Return individual values, and believed ones that all patients share, shape (N,)."""
    belief, kinetics = centre.believed, centre.kinetics
    shared = {name: belief[name] for name in pk_parameters(pk_model) if name in belief}
    own = {
        name: belief.get(name, typical) * np.exp(etas[name])
        for name, typical in zip(kinetics.names, kinetics.typical, strict=True)
    }
    return {**_for_everyone(shared, len(next(iter(etas.values())))), **own}


def _scenarios(
    covariates: Covariates, belief: Mapping[str, float], catalogue: Catalogue
) -> dict[str, Array]:
    """Return exposure relative to no modifier for genotype and sex, shape (N,)."""
    holds = {s: covariates.cyp2b6_genotype == g for g, s in CYP2B6_SCENARIOS.items()}
    holds[FEMALE] = covariates.sex == "female"
    found = {}
    for scenario, who in holds.items():
        for path in ("systemic", "oral"):
            name = f"pk_modifier.{scenario}_{path}"
            ratio = belief.get(name, catalogue.value(name, "1"))
            found[name] = np.where(who, ratio, 1.0)
    return found


def person_parameters(
    typical: Mapping[str, float] | Mapping[str, Array],
    values: Mapping[str, float],
    etas: Mapping[str, Array],
    sds: Mapping[str, float],
    *,
    class_log_odds: Array,
    prognosis: float | Array = 0.0,
) -> dict[str, Array]:
    """Return the values that differ between patients beyond covariates, shape (N,).

    Parameters
    ----------
    typical
        Typical values, by name: numbers, or one per patient.
    values
        Parameters of the variability between patients.
    etas, sds
        Each patient's deviations, and their standard deviations.
    class_log_odds, prognosis
        Log odds of benefit that response class, and age and treatment history, bring.
    """
    cap = values["variability.gain_cap"]
    own = class_log_odds + etas["gain"]
    gain = own + prognosis
    durability = values["variability.durability_of_gain"] * own + etas["durability"]
    log_factors = {
        "mood.rate": etas["onset"],
        "structure.mature_time": durability,
        "structure.persistent_time": durability,
        "glutamate.ampa_off": -etas["fast_decay"],
        "learning.acquisition": etas["learning"],
        "brain.kpuu": etas["kpuu"],
        "brain.kpuu_norketamine": etas["kpuu"],
    }
    log_odds = {
        "mood.fast_gain": gain,
        "mood.structural_gain": gain,
        "placebo.antidepressant_share": prognosis + etas["antidepressant"],
        **dict.fromkeys((*EXPECTANCIES, *CARES, *NATURAL_COURSES), prognosis + etas["placebo"]),
    }
    effects = {"safety.sbp_max": "pressure", "safety.cadss_max": "dissociation"}
    return {
        **{n: typical[n] * np.exp(x) for n, x in log_factors.items()},
        **{n: spread_share(typical[n], x, cap=cap) for n, x in log_odds.items()},
        "brain.free_fraction": spread_share(typical["brain.free_fraction"], etas["free_fraction"]),
        **{n: typical[n] * mean_one(etas[e], sds[e]) for n, e in effects.items()},
    }


def _constants(
    typical: Mapping[str, float], covariates: Covariates, catalogue: Catalogue
) -> dict[str, Array]:
    """Return the patient's constants that do not depend on the arm, shape (N,)."""
    size, crp = covariates.size, np.maximum(covariates.crp_mg_per_l, 0.01)
    usual = catalogue.value("patient.crp", "mg/L")
    il6 = catalogue.value("patient.il6", "pg/mL")
    il6_of_crp = il6 * (crp / usual) ** typical["patient.il6_crp_exponent"]
    bipolar = covariates.diagnosis == "bipolar_depression"
    same = {
        "patient.il1b": catalogue.value("patient.il1b", "pg/mL"),
        "patient.in_care": 1.0,
        "patient.ampa_open": 1.0,
        "patient.mtor_free": 1.0,
        "patient.naltrexone": 0.0,
        "patient.benzodiazepine": 0.0,
    }
    return {
        **_for_everyone(same, size),
        "patient.met_share": covariates.met_share,
        "patient.crp": crp,
        "patient.il6": il6_of_crp,
        "patient.baseline": covariates.baseline_madrs,
        "patient.decay_factor": np.where(bipolar, typical["patient.bipolar_decay"], 1.0),
    }
