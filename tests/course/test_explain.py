"""The explain step: what is told about this patient, and what is not credited to a link."""

from collections import Counter
from dataclasses import replace

import pytest

from ketacourse.cli.cases import example_files
from ketacourse.course.explain import explain
from ketacourse.course.simulate import simulate
from ketacourse.evidence.claims import VERDICT_WORDS
from ketacourse.therapy.case import load_case

CARRIER = load_case(example_files()["inflamed_met_carrier"])


@pytest.fixture(scope="module")
def explanation():
    return explain(CARRIER, simulation=simulate(CARRIER, draws=10))


def test_an_effect_is_told_once_and_not_credited_to_every_link_that_leads_to_it(explanation):
    told = Counter(step.link.target for step in explanation.steps if step.here)
    assert set(told.values()) == {1}
    assert {"mood", "BDNF release", "dissociation"} <= set(told)


def test_a_link_that_is_off_is_not_said_to_do_anything(explanation):
    direct = [s for s in explanation.steps if s.link.source in ("opioid receptors", "Val66Met")]
    assert direct
    assert not any(step.here for step in direct)


def test_what_the_patient_brings_is_named_with_its_doubt(explanation):
    text = " ".join(explanation.personal)
    assert "val/met" in text
    assert "6 mg/L, above 3 mg/L" in text
    assert "contested" in text


def test_an_untested_genotype_is_averaged_and_said_to_be():
    patient = replace(CARRIER.patient, bdnf_genotype="unknown", ancestry="european")
    case = replace(CARRIER, patient=patient)
    text = " ".join(explain(case, simulation=simulate(case, draws=10)).personal)
    assert "not tested: averaged over European, where about 38% carry a Met allele" in text


def test_every_source_named_is_listed(explanation):
    named = {key for step in explanation.steps for key in step.link.source_keys}
    assert named <= set(explanation.sources)


def test_a_band_says_what_it_contains(explanation):
    assert explanation.band_contains
    told = " ".join(explanation.text().split())
    assert f"Bands (5th to 95th percentile) contain {explanation.band_contains}." in told
    assert explanation.as_dict()["band_contains"] == explanation.band_contains


def test_every_claim_is_told_with_verdict_grade_and_sources(explanation):
    told = " ".join(explanation.text().split())
    for claim in explanation.claims:
        assert f'"{claim.claim}" {VERDICT_WORDS[claim.verdict].upper()} [{claim.grade}]' in told
        assert f"In the model: {claim.model} Sources: {', '.join(claim.source_keys)}" in told
