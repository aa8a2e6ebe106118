"""Schedules and controls in words become the columns of the schema."""

import pytest

from ketacourse.trials.replicate_prediction import UnsupportedRowError
from ketacourse.trials.replicate_published_trials import published_trial_query, session_days

ROW = {
    "study_id": "made_up", "population": "TRD", "n": "20", "drug": "ketamine", "route": "IV",
    "dose_mg_per_kg": "0.5", "dose_mg": "", "infusion_min": "40", "schedule": "single",
    "concomitant_therapy": "stable antidepressant", "scale": "MADRS", "baseline_mean": "31",
    "baseline_sd": "6", "time_h": "", "time_days": "1", "outcome": "change", "notes": "",
    "citation": "",
}  # fmt: skip


def design(**changes: str):
    return published_trial_query({**ROW, **changes}).design


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ("single (crossover, 2 wk apart)", (0.0,)),
        ("3/week x 2 wk (6)", (0.0, 2.0, 4.0, 7.0, 9.0, 11.0)),
        ("2/week up to 4", (0.0, 3.0, 7.0, 10.0)),
        ("twice per week for 2 weeks", (0.0, 3.0, 7.0, 10.0)),
        ("weekly for 3 weeks", (0.0, 7.0, 14.0)),
        ("daily x 3 d", (0.0, 1.0, 2.0)),
        ("2 infusions, 0 and 24 h", (0.0, 1.0)),
        ("induction 4-8 infusions in 7-28 d", (0.0, 3.0, 7.0, 10.0, 14.0, 17.0)),
        ("six infusions over 3 weeks", (0.0, 3.0, 7.0, 10.0, 14.0, 17.0)),
    ],
)
def test_schedules_in_words_become_days(schedule, days):
    assert session_days(schedule, 28.0) == days


def test_maintenance_goes_on_to_the_day_of_the_outcome():
    days = session_days("2/week x 4 wk then flexible maintenance", 100.0)
    assert days[:8] == (0.0, 3.0, 7.0, 10.0, 14.0, 17.0, 21.0, 24.0)
    assert 86.0 <= days[-1] <= 100.0


@pytest.mark.parametrize("schedule", ["variable", "median 4 treatments (range 1-48)", "as needed"])
def test_a_schedule_that_is_not_fixed_is_refused(schedule):
    with pytest.raises(UnsupportedRowError, match="not fixed|not understood"):
        session_days(schedule, 28.0)


@pytest.mark.parametrize(
    ("drug", "schedule", "masking", "control"),
    [
        ("saline", "single (crossover)", "saline_crossover", "saline"),
        ("saline", "single", "saline_parallel", "saline"),
        ("midazolam", "single", "active_placebo", "midazolam"),
        ("placebo spray", "2/week x 4 wk", "placebo_spray", "placebo_spray"),
        ("saline", "single, during surgical anaesthesia", "anaesthesia", "saline"),
    ],
)
def test_controls_in_words_tell_masking(drug, schedule, masking, control):
    found = design(drug=drug, schedule=schedule)
    assert (found.masking, found.control, found.dose) == (masking, control, None)


def test_hours_count_where_days_are_not_given():
    assert published_trial_query({**ROW, "time_h": "4", "time_days": ""}).row.time_days == (
        pytest.approx(4 / 24, abs=1e-6)
    )


def test_a_new_antidepressant_and_therapy_are_noticed():
    assert design(concomitant_therapy="new escitalopram 10 mg/d").new_oral_antidepressant
    days = design(concomitant_therapy="CBT 12 sessions over 10 wk").therapy_days
    assert (len(days), days[0], days[-1]) == (12, 1.0, 70.0)


def test_electroconvulsive_therapy_is_no_drug_course():
    with pytest.raises(UnsupportedRowError, match="not a drug course"):
        design(drug="ECT", route="ECT")
