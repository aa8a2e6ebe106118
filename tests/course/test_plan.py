"""The plan step: what a case means for the engine."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.cli.cases import example_files
from ketacourse.course import plan
from ketacourse.evidence.ancestry import genotype_probabilities, val66met_frequencies
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.typical import typical_values
from ketacourse.therapy.case import load_case
from ketacourse.therapy.conditions import CONDITIONS
from ketacourse.therapy.links import convert

CASE = load_case(example_files()["trd_iv_six_with_cbt"])
CATALOGUE = load_catalogue()


def test_an_untested_genotype_is_the_average_over_its_ancestry():
    patient = replace(CASE.patient, bdnf_genotype="unknown", ancestry="east_asian")
    shares = genotype_probabilities(val66met_frequencies("east_asian").met_allele)
    average = sum(plan.MET_SHARE[genotype] * share for genotype, share in shares.items())
    assert plan.met_share(patient) == pytest.approx(average)


def test_the_baseline_is_the_recorded_madrs_or_comes_by_the_best_link():
    assert plan.baseline_madrs(replace(CASE, baseline={"madrs": 32}), CATALOGUE)[0] == 32.0
    linked = plan.baseline_madrs(replace(CASE, baseline={"phq9": 19, "hamd17": 20}), CATALOGUE)
    assert linked == (convert(20.0, "hamd17", "madrs"), "HAM-D-17")


def test_without_a_score_the_baseline_is_typical_and_said_to_be():
    madrs, origin = plan.baseline_madrs(replace(CASE, baseline={}), CATALOGUE)
    assert madrs == CATALOGUE.value("patient.baseline", "point")
    assert "typical of trials" in origin


def test_times_are_dense_after_a_dose_and_include_its_end():
    times = plan.report_times(CASE.course)
    first_hour = times[(times >= 0.0) & (times <= 1.0)]
    assert np.diff(first_hour).max() <= 5 / 60 + 1e-6
    for session in CASE.course.sessions:
        assert np.abs(times - session.end_h).min() < 1e-6


@pytest.mark.parametrize(
    ("condition", "scenario"),
    [
        ("renal_impairment", "renal_impairment"),
        ("moderate_hepatic_impairment", "hepatic_moderate"),
        ("severe_hepatic_impairment", "hepatic_moderate"),
    ],
)
def test_an_impaired_organ_that_a_case_can_state_changes_exposure(condition, scenario):
    assert condition in CONDITIONS
    ill = replace(CASE.patient, conditions={**CASE.patient.conditions, condition: "present"})
    assert set(plan.modifiers_of(ill).scenarios) == {scenario}
    assert not plan.modifiers_of(CASE.patient).scenarios


def test_a_course_under_anaesthesia_takes_a_share_of_the_drug_and_keeps_what_is_expected():
    values = {n: np.array([v]) for n, v in typical_values({}, "disinhibition", CATALOGUE).items()}
    awake, asleep = (
        plan.patient_parameters(
            replace(CASE, course=replace(CASE.course, masking=masking)), values,
            catalogue=CATALOGUE,
        )
        for masking in ("open", "anaesthesia")
    )  # fmt: skip
    unaware, block = values["placebo.unaware_time"], values["mood.anaesthesia_block"]
    assert "placebo.expectancy_time" not in awake
    assert asleep["placebo.expectancy_time"] == unaware
    for name in ("mood.fast_gain", "mood.structural_gain"):
        assert asleep[name] == pytest.approx((1.0 - block) * awake[name])
