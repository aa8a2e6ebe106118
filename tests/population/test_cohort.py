"""A cohort is the same in every arm and chunk, centred on the typical patient."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ketacourse.engine.solve import solve
from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.variants import load_variants
from ketacourse.model import chain
from ketacourse.population.batch import REFERENCE_COURSE, pose_course
from ketacourse.population.cohort import arm_parameters, draw_cohort
from ketacourse.population.ensemble import CHAIN_UNITS
from ketacourse.population.measurement import observe
from ketacourse.population.specification import population_preset
from ketacourse.population.typical import (
    belief_units,
    reference_peaks,
    typical_values,
)
from ketacourse.population.variability import CLASSES, draw_session_factors

MANY = 4000
CATALOGUE = load_catalogue()
TRIAL = population_preset("trd_trial")
PARTIAL = {"weak": 0.0, "partial": 1.0, "full": 0.0}
PEAK_H = np.array([0.0, 20.0, 30.0, 40.0, 50.0, 60.0, 90.0, 24 * 60.0]) / 60.0


@pytest.fixture(scope="module", autouse=True)
def uncalibrated():
    """Leave the shipped calibration out: typical values of the catalogue."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ketacourse.population.centre.calibrated_belief", lambda *_: {})
        yield


def drawn(spec=TRIAL, first=0, count=MANY, **options):
    return draw_cohort(spec, seed=1, first=first, count=count, **options)


@pytest.fixture(scope="module")
def trial():
    return drawn()


@pytest.fixture(scope="module")
def first_day(trial):
    problem = pose_course(
        REFERENCE_COURSE, body=trial.body, parameters=arm_parameters(trial, setting="trial"),
        times_h=PEAK_H, catalogue=CATALOGUE, plasma=False,
    )  # fmt: skip
    return solve(problem, quantities=("madrs", "sbp_rise", "cadss"))


def test_a_patient_is_the_same_in_any_chunk(trial):
    part = drawn(first=321, count=12)
    for name in ("values", "pharmacokinetics"):
        whole, cut = getattr(trial, name), getattr(part, name)
        assert set(whole) == set(cut)
        assert all(np.array_equal(cut[key], whole[key][321:333]) for key in whole)
    assert np.array_equal(part.response_class, trial.response_class[321:333])
    for field in fields(part.covariates):
        one, two = (getattr(c.covariates, field.name) for c in (part, trial))
        assert np.array_equal(one, two[321:333])


def test_an_arm_changes_only_what_its_patients_expect(trial):
    open_arm = arm_parameters(trial)
    sham = arm_parameters(trial, masking="active_placebo", control="midazolam")
    differing = [name for name in open_arm if not np.array_equal(open_arm[name], sham[name])]
    assert differing == ["patient.expectancy_max"]


def test_an_arm_has_every_parameter_of_the_chain_and_no_other(trial):
    parameters = arm_parameters(trial, new_oral_antidepressant=True)
    assert tuple(parameters) == chain.PARAMETER_NAMES
    assert all(v.shape == (MANY,) and np.isfinite(v).all() for v in parameters.values())
    assert (parameters["patient.antidepressant_started"] == 1.0).all()


def test_masked_control_arms_expect_more_than_saline_ones(trial):
    def expected(masking, control):
        return arm_parameters(trial, masking=masking, control=control)["patient.expectancy_max"]

    crossover, saline = (
        expected("saline_crossover", "saline"),
        expected("saline_parallel", "saline"),
    )
    midazolam, hidden = expected("active_placebo", "midazolam"), expected("anaesthesia", "saline")
    assert (crossover < saline).all()
    assert (saline < midazolam).all()
    assert (midazolam < hidden).all()


def test_under_anaesthesia_expectancy_lasts_and_the_drug_does_less(trial):
    awake = arm_parameters(trial, masking="active_placebo")
    asleep = arm_parameters(trial, masking="anaesthesia")
    kept = 1.0 - trial.values["mood.anaesthesia_block"]
    for name in ("mood.fast_gain", "mood.structural_gain"):
        assert asleep[name] == pytest.approx(kept * awake[name])
    faded, lasting = (arm["placebo.expectancy_time"] for arm in (awake, asleep))
    assert (lasting == trial.values["placebo.unaware_time"]).all()
    assert (lasting > 2.0 * faded).all()
    changed = {"mood.fast_gain", "mood.structural_gain", "placebo.expectancy_time",
               "patient.expectancy_max"}  # fmt: skip
    assert {n for n in awake if not np.array_equal(awake[n], asleep[n])} == changed


def test_a_sham_under_anaesthesia_is_remembered_longer_than_one_awake(trial):
    def share_left(masking, control):
        parameters = {n: v[:200] for n, v in arm_parameters(
            trial, masking=masking, control=control, setting="trial"
        ).items()}  # fmt: skip
        parameters["patient.care_max"] = np.zeros(200)
        parameters["patient.stress"] = np.zeros(200)
        problem = pose_course(
            REFERENCE_COURSE, body=drawn(count=200).body, parameters=parameters,
            times_h=np.array([0.0, 24.0, 336.0]), catalogue=CATALOGUE, dose_factor=0.0,
            plasma=False,
        )  # fmt: skip
        before, day_1, day_14 = solve(problem, quantities=("madrs",)).of("madrs").mean(axis=0)
        return (before - day_14) / (before - day_1)

    # Thirteen days of fading, by the time constants of the catalogue.
    for masking, control, name in (
        ("anaesthesia", "saline", "placebo.unaware_time"),
        ("active_placebo", "midazolam", "placebo.expectancy_time"),
    ):
        expected = np.exp(-312.0 / CATALOGUE.value(name, "h"))
        assert share_left(masking, control) == pytest.approx(expected, abs=0.01)


def aged(mean):
    age = replace(TRIAL.covariates.age_years, mean=mean, sd=1e-6)
    return replace(TRIAL.covariates, age_years=age)


def test_benefit_of_every_kind_falls_with_age_and_nothing_else_does():
    young, old = (drawn(replace(TRIAL, covariates=aged(a)), count=50) for a in (30.0, 60.0))
    alike = {n: np.allclose(young.values[n], old.values[n], atol=0.0) for n in young.values}
    moved = {n for n, same in alike.items() if not same}
    shares = moved - {"patient.baseline", "patient.stress"}
    assert {"mood.fast_gain", "mood.structural_gain", "placebo.expectancy_open"} <= shares
    kinds = ("mood.fast_gain", "mood.structural_gain", "placebo.", "patient.natural_course")
    assert all(n.startswith(kinds) for n in shares), shares
    for name in shares:
        assert (old.values[name] < young.values[name]).all(), name
    assert (old.values["patient.stress"] > young.values["patient.stress"]).all()


def test_gains_fade_more_slowly_under_an_antidepressant(trial):
    free, unknown, known, clinic, oral = (
        arm_parameters(trial, setting=s, medicated=m, new_oral_antidepressant=o)[
            "patient.decay_factor"
        ]
        for s, m, o in (
            ("trial", False, False), ("trial", None, False), ("trial", True, False),
            ("clinic", None, False), ("trial", None, True),
        )
    )  # fmt: skip
    assert (known < unknown).all()
    assert (unknown < free).all()
    assert np.array_equal(clinic, known)
    assert np.array_equal(oral, known)


def test_without_spread_a_partial_responder_of_45_years_is_the_typical_patient():
    alike = drawn(replace(TRIAL, covariates=aged(45.0), classes=PARTIAL, spread=0.0), count=3)
    for name, unit in CHAIN_UNITS.items():
        assert alike.values[name] == pytest.approx(CATALOGUE.value(name, unit)), name
    assert alike.pharmacokinetics["pk_kamp.cl"] == pytest.approx(
        CATALOGUE.value("pk_kamp.cl", "L/h")
    )


@pytest.mark.parametrize(
    "name",
    ["mood.fast_gain", "mood.structural_gain", "mood.rate", "structure.mature_time",
     "structure.persistent_time", "glutamate.ampa_off", "brain.kpuu", "brain.free_fraction",
     "learning.acquisition", "placebo.expectancy_open", "placebo.antidepressant_share"],
)  # fmt: skip
def test_the_median_partial_responder_has_the_typical_value(name):
    partial = drawn(replace(TRIAL, classes=PARTIAL))
    typical = CATALOGUE.value(name, CHAIN_UNITS.get(name, "1"))
    assert np.median(partial.values[name]) == pytest.approx(typical, rel=0.05)


@pytest.mark.parametrize("name", ["safety.sbp_max", "safety.cadss_max"])
def test_effects_in_the_chair_keep_their_published_mean(trial, name):
    assert trial.values[name].mean() == pytest.approx(CATALOGUE.parameter(name).typical, rel=0.04)


def test_gains_rise_with_the_class_and_stay_below_their_cap(trial):
    for name in ("mood.fast_gain", "mood.structural_gain"):
        medians = [np.median(trial.values[name][trial.response_class == k]) for k in range(3)]
        assert medians == sorted(medians)
        assert medians[0] < 0.5 * medians[2]
        assert trial.values[name].min() > 0.0
        assert trial.values[name].max() < 0.95


def test_gains_stay_below_their_cap_however_wide_the_spread():
    wide = drawn(replace(TRIAL, spread=5.0), belief={"mood.fast_gain": 0.9})
    assert wide.values["mood.fast_gain"].max() <= 0.95


def test_those_who_benefit_more_keep_it_longer(trial):
    odds, time = (
        np.log(trial.values["mood.fast_gain"]),
        np.log(trial.values["structure.mature_time"]),
    )
    assert 0.1 < np.corrcoef(odds, time)[0, 1] < 0.6
    ratio = trial.values["structure.mature_time"] / trial.values["structure.persistent_time"]
    assert ratio == pytest.approx(ratio[0])


def test_volume_and_clearance_vary_together_as_published(trial):
    logs = [np.log(trial.pharmacokinetics[n]) for n in ("pk_kamp.size", "pk_kamp.cl")]
    expected = CATALOGUE.value("pk_variability.cor_v1_cl", "1")
    assert np.corrcoef(*logs)[0, 1] == pytest.approx(expected, abs=0.03)
    cv = CATALOGUE.parameter("pk_kamp.size").bsv_cv
    assert logs[0].std() == pytest.approx(np.sqrt(np.log1p(cv**2)), rel=0.03)


def test_a_stated_correlation_holds_between_patients():
    tied = drawn(replace(TRIAL, classes=PARTIAL, correlations={("gain", "placebo"): 0.7}))
    gain = tied.values["mood.fast_gain"]
    placebo = tied.values["placebo.expectancy_open"]
    logits = [np.log(v / (0.95 - v)) for v in (gain, placebo)]
    assert np.corrcoef(*logits)[0, 1] == pytest.approx(0.7, abs=0.03)


def test_the_reference_session_is_one_for_the_whole_population(trial):
    typical = reference_peaks(typical_values({}, "disinhibition", CATALOGUE))
    for name in chain.REFERENCES:
        assert set(trial.values[name]) == {typical[name]}


def test_a_belief_moves_everybody_and_keeps_who_they_are(trial):
    moved = drawn(belief={"structure.mature_time": 192.0, "pk_kamp.cl": 60.0, "pk_kamp.q2": 99.0})
    typical = CATALOGUE.value("structure.mature_time", "h")
    ratio = moved.values["structure.mature_time"] / trial.values["structure.mature_time"]
    assert ratio == pytest.approx(192.0 / typical)
    clearance = moved.pharmacokinetics["pk_kamp.cl"] / trial.pharmacokinetics["pk_kamp.cl"]
    assert clearance == pytest.approx(60.0 / CATALOGUE.value("pk_kamp.cl", "L/h"))
    assert (moved.pharmacokinetics["pk_kamp.q2"] == 99.0).all()


def test_every_believable_value_has_a_unit_that_fits():
    for name, unit in belief_units().items():
        CATALOGUE.require(name, unit or "1")


def test_a_variant_moves_the_typical_value(trial):
    alike = replace(TRIAL, covariates=aged(45.0), classes=PARTIAL, spread=0.0)
    other = drawn(alike, count=1, variant="habenula_trapping")
    overrides = load_variants()["habenula_trapping"].overrides
    for name in ("mood.fast_gain", "mood.structural_gain"):
        assert other.values[name][0] == pytest.approx(overrides[name])


def test_a_slow_genotype_raises_exposure_only_as_far_as_believed(trial):
    name = "pk_modifier.cyp2b6_6_6_systemic"
    assert (trial.pharmacokinetics[name] == 1.0).all()
    believed = drawn(belief={name: 2.0})
    slow = believed.covariates.cyp2b6_genotype == "*6/*6"
    assert (believed.pharmacokinetics[name][slow] == 2.0).all()
    assert slow.any()
    assert (believed.pharmacokinetics[name][~slow] == 1.0).all()


def test_only_bipolar_patients_lose_gains_faster():
    clinic = drawn(population_preset("clinic"), belief={"patient.bipolar_decay": 1.5})
    bipolar = clinic.covariates.diagnosis == "bipolar_depression"
    assert set(clinic.values["patient.decay_factor"][bipolar]) == {1.5}
    assert set(clinic.values["patient.decay_factor"][~bipolar]) == {1.0}


def test_patients_of_a_table_follow_its_rows_and_start_again_at_its_end(trial):
    table = trial.covariates.subset(np.arange(5))
    cohort = drawn(replace(TRIAL, table=table), first=3, count=4)
    assert cohort.covariates.identifier.tolist() == ["3", "4", "0", "1"]
    assert cohort.values["patient.baseline"][2] == table.baseline_madrs[0]
    again = drawn(replace(TRIAL, table=table), first=0, count=6)
    assert again.values["mood.rate"][0] != again.values["mood.rate"][5]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"count": 0}, "number of patients is 0"),
        ({"first": -1}, "first patient is -1"),
        ({"variant": "magic"}, "variant 'magic' is not known"),
        ({"belief": {"mood.onset": 1.0}}, "belief is about 'mood.onset'"),
        ({"belief": {"mood.rate": float("nan")}}, "belief about 'mood.rate' is nan"),
        ({"belief": {"mood.fast_gain": 0.96}}, "share of 0.96 is not below its cap"),
    ],
)
def test_an_impossible_cohort_is_refused(options, problem):
    with pytest.raises(InputError, match=problem):
        drawn(**{"count": 2, **options})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"classes": {"weak": 0.5, "partial": 0.5, "full": 0.5}}, "'classes' add up to 1.5"),
        ({"classes": {"strong": 1.0}}, "'classes' names 'strong'"),
        ({"spread": -1.0}, "'spread' is -1.0"),
        ({"spread": float("nan")}, "'spread' is nan"),
    ],
)
def test_an_impossible_population_is_refused(change, problem):
    with pytest.raises(InputError, match=problem):
        replace(TRIAL, **change)


def test_correlations_that_no_patients_can_have_are_refused():
    pairs = {("gain", "placebo"): 0.9, ("gain", "onset"): 0.9, ("placebo", "onset"): -0.9}
    with pytest.raises(InputError, match="not positive definite"):
        drawn(replace(TRIAL, correlations=pairs), count=2)


def test_an_unknown_preset_is_refused():
    with pytest.raises(InputError, match="population 'everyone' is not known"):
        population_preset("everyone")


def test_an_empty_table_is_refused(trial):
    with pytest.raises((InputError, OutOfRangeError), match="table has no patients"):
        replace(TRIAL, table=trial.covariates.subset(np.arange(0)))


def test_scores_spread_apart_at_one_day_as_published(trial, first_day):
    baseline, day_1 = (
        observe(m, key="madrs", visit=v, seed=1, first=0)
        for v, m in enumerate((trial.covariates.baseline_madrs, first_day.of("madrs")[:, -1]))
    )
    response = (day_1 <= baseline / 2).mean()
    assert 8.0 <= day_1.std() <= 12.0  # published 8 to 12
    assert 0.34 <= response <= 0.58  # pooled 34 to 58%
    assert 0.20 <= (day_1 <= 10).mean() <= 0.30  # 20 to 30%


def test_response_differs_by_class(trial, first_day):
    madrs = first_day.of("madrs")
    fell = 1.0 - madrs[:, -1] / madrs[:, 0]
    weak, partial, full = (np.mean(fell[trial.response_class == k]) for k in range(len(CLASSES)))
    assert weak < 0.3 < partial < 0.55 < full


def test_dissociation_is_right_skewed_with_the_published_mean_and_spread(trial, first_day):
    factors = draw_session_factors(1, seed=1, first=0, count=MANY, catalogue=CATALOGUE)
    peak = first_day.of("cadss").max(axis=1) * factors.dissociation[0]
    scores = observe(peak, key="cadss", visit=0, seed=1, first=0)
    assert scores.mean() == pytest.approx(7.7, rel=0.15)
    assert scores.std() == pytest.approx(9.2, rel=0.2)
    assert np.median(scores) < 0.75 * scores.mean()
