"""A trial in words: design, arms, rules, endpoints, what is taken for granted."""

import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.report.trial_assumptions import assumptions, band_contains, population_numbers
from ketacourse.report.trial_endpoint_words import endpoint_words
from ketacourse.report.trial_glance import glance_lines
from ketacourse.report.trial_look import key, labels, looks
from ketacourse.report.trial_words import criterion_words, design_lines, group_lines
from ketacourse.trials.design import Criterion, Endpoint

DOSE = {"drug": "ketamine", "route": "sc", "dose": "0.5 mg/kg"}


def arm(**changes):
    return {"name": "Guided", "sessions": [{**DOSE, "days": [0, 3, 7, 10]}], **changes}


def test_the_design_tells_size_ratings_and_relapse(trial_of):
    lines = design_lines(trial_of())
    assert (
        lines[0]
        == "Parallel groups: 3 arms, 15 patients each; repeated 12 times with new patients."
    )
    assert "Virtual patients with treatment-resistant depression" in lines[1]
    assert "PHQ-9 rated on days 0 and 14." in lines
    assert lines[-1] == "Relapse: MADRS improved by less than 50%."


def test_an_arm_tells_drug_therapy_and_masking(trial_of):
    lines = group_lines(trial_of(), "Ketamine and CBT")
    assert lines == (
        "3 × 0.5 mg/kg ketamine, intravenous infusion over 40 min, on days 0, 3 and 7.",
        "2 CBT sessions of 60 min, on days 1 and 8.",
        "Masked against an active placebo.",
    )


def test_rules_of_an_arm_are_told(trial_of):
    poor = {"improved_less_than": 0.5}
    guided = arm(
        dose_rule={"days": [7], "when": poor, "steps": ["0.5 mg/kg", "0.75 mg/kg"]},
        rescue={"days": [14], "when": {"score_at_least": 30}, **DOSE, "days_after": [1, 3]},
    )
    lines = group_lines(trial_of(arms=[guided], reference=None, replicates=1, power=None), "Guided")
    assert (
        "The dose rises one step (0.5 → 0.75 mg/kg) on day 7 where MADRS improved by less than 50%."
        in lines
    )
    assert any(
        line.startswith("Rescue on day 14 where MADRS at 30 points or more: 0.5 mg/kg ketamine")
        and line.endswith("1 and 3 days later.")
        for line in lines
    )


def test_two_limits_of_a_criterion_are_both_told():
    when = Criterion(improved_at_least=0.5, score_at_most=12)
    assert criterion_words(when) == "MADRS improved by 50% or more and at 12 points or less"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (
            "change",
            "Change of the MADRS from day 0 to day 28 (points); who is not seen is left out.",
        ),
        ("remission", "MADRS of 10 or less on day 28; who is not seen is left out."),
        ("sustained_response", "MADRS lower by 50% or more at every visit from day 7 to day 28"),
        ("relapse_free", "Share of those who had responded on day 7 without relapse by day 28."),
        ("pressure_surge", "Systolic pressure of 180 mmHg or more, or systolic pressure up by 40"),
        ("drop_out", "Left before the last visit."),
    ],
)
def test_an_endpoint_says_what_it_counts(kind, words):
    endpoint = Endpoint(name="e", kind=kind, day=28.0, from_day=7.0, test="proportions")
    assert endpoint_words(endpoint).startswith(words)


def test_the_glance_gives_each_group_and_comparison(result):
    lines = dict(glance_lines(result))
    assert "Nobody was treated." in lines["Simulated"][0]
    assert len(lines["Response, day 14"]) == 3
    assert " p " not in " ".join(lines["Response, day 14"])  # replicates are put together
    assert "percentage points" in lines["Response, day 14"][1]


def test_a_single_trial_gives_its_p_values(sequential):
    assert ", p " in dict(glance_lines(sequential))["Time to relapse"][1]


def test_assumptions_name_mechanism_classes_and_replicates(trial_of):
    told = " ".join(assumptions(trial_of()))
    for words in ("The first replicate uses", "of responders (30% weak", "Results pool 12"):
        assert words in told
    once = " ".join(assumptions(trial_of(replicates=1, power=None)))
    assert "Results pool" not in once
    assert "One mechanism is simulated" in once


def test_only_replicates_that_draw_the_mechanism_claim_its_doubt(trial_of):
    assert "and the doubt about mechanism" in band_contains(trial_of())
    assert "not the doubt" in band_contains(trial_of(uncertainty="typical"))


def test_a_trial_without_spread_does_not_claim_differences_between_patients(trial_of):
    assert "differences between patients" in band_contains(trial_of())
    even = band_contains(trial_of(population={"spread": 0.0}))
    assert "differences between patients" not in even


def test_full_adherence_is_said(trial_of):
    told = assumptions(trial_of(adherence={"full": True}))
    assert "Everybody comes to every session and nobody leaves." in told


def test_every_number_of_the_population_has_a_source(trial_of):
    catalogue = load_catalogue()
    found = population_numbers(trial_of(), catalogue)
    assert {"variability.gain", "adherence.missed_share", "trd_trial.age"} <= {
        p.name for p in found
    }
    assert all(p.source in catalogue.sources for p in found)


def test_neighbours_differ_in_tone_and_dash_and_eighteen_groups_look_different():
    found = list(looks([str(k) for k in range(18)]).values())
    assert len({(look.tone, look.dash) for look in found}) == 18
    for one, next_one in zip(found, found[1:], strict=False):
        assert one.tone != next_one.tone


def test_names_too_long_to_stand_beside_a_curve_become_letters_with_a_key():
    known = list(looks(["saline", "a rather long name"]).values())
    assert labels(known, 20) == ["saline", "a rather long name"]
    assert labels(known, 10) == ["A", "B"]
    assert key(known) == "A saline, B a rather long name"
