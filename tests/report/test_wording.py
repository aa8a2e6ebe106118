"""What the page says in words follows from the case and the curves."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.course.result import Series
from ketacourse.report.chair_section import dissociation_reading, pressure_reading
from ketacourse.report.glance import glance
from ketacourse.report.key_figures import Goal, Stay
from ketacourse.report.mood_section import goal_sentence
from ketacourse.report.shown import number, shown
from ketacourse.report.wording import day_list, patient_lines, plan_lines

NEVER = Stay(line=16.0, first_day=None, last_day=None, days=0.0, open_end=False)
BRIEF = Stay(line=16.0, first_day=1.0, last_day=9.0, days=6.0, open_end=False)
STAYS = Stay(line=16.0, first_day=1.0, last_day=84.0, days=80.0, open_end=True)


def said(typical, lower, upper):
    goal = Goal(
        name="response", definition="halved", line=16.0, typical=typical, lower=lower,
        upper=upper, control=None,
    )  # fmt: skip
    return goal_sentence(goal, horizon_day=84.0)


def test_the_plan_is_told_with_dose_route_time_and_days(simulation):
    lines = plan_lines(simulation.case.course, 72.0)
    assert lines[0] == (
        "6 × 0.5 mg/kg ketamine (36 mg each), intravenous infusion over 40 min, "
        "on days 0, 3, 7, 10, 14 and 17."
    )
    assert lines[1] == "6 CBT sessions of 60 min, on days 1, 8, 15, 18, 25 and 32."


def test_the_patient_is_told_without_name_or_identifier(simulation):
    text = " ".join(patient_lines(simulation.case))
    assert "Woman, 46 years, 72 kg; treatment-resistant depression" in text
    assert "MADRS 33 (moderate)" in text
    assert "unknown, averaged over allele frequencies" in text
    assert "example" not in text


def test_a_long_regular_run_of_days_is_told_in_short():
    assert day_list(tuple(7.0 * k for k in range(12))) == "every 7 days from day 0 to day 77"


def test_response_that_the_whole_band_keeps_is_told_as_such():
    assert "still there on day 84" in said(STAYS, STAYS, STAYS)
    assert "even the upper edge of the band is there for 6 days" in said(STAYS, STAYS, BRIEF)


def test_response_that_only_part_of_the_band_reaches_is_not_promised():
    assert "the upper edge of the band never reaches it" in said(BRIEF, STAYS, NEVER)
    assert "not reached on the expected course" in said(NEVER, BRIEF, NEVER)


def test_response_that_nothing_reaches_is_told_as_such():
    assert "no part of the band reaches it" in said(NEVER, NEVER, NEVER)


def test_the_first_page_names_mood_response_remission_pressure_and_dissociation(simulation):
    told = dict(glance(simulation).sentences)
    assert list(told) == [
        "Mood", "Drug part", "Response", "Remission", "Chance", "Blood pressure", "Dissociation",
        "Screening",
    ]  # fmt: skip
    assert "10 points or less" in told["Remission"]
    assert "12 points or less" in told["Remission"]


def test_the_peaks_in_the_chair_are_told_with_interval_unit_and_time(simulation):
    assert pressure_reading(simulation).startswith("Systolic pressure rises by 16 (6–26) mmHg")
    assert "CADSS) peaks at 8 (3–13) points" in dissociation_reading(simulation)


def test_a_run_without_pressure_says_nothing_of_it(made):
    assert pressure_reading(made(series={})) == ""


def test_the_milestones_stand_in_the_order_of_time(simulation, made):
    told = glance(made(milestones=simulation.milestones[::-1])).milestones
    assert [when for when, _ in told] == ["40 min", "Day 1", "Day 17"]


def quantity(name, unit):
    return Series(
        name=name, label=name, unit=unit, stage="receptor", grade="weak", typical=np.ones(2)
    )


@pytest.mark.parametrize(
    ("name", "unit", "value", "text"),
    [
        ("block_interneuron", "fraction", 0.286, "29 %"),
        ("glutamate", "relative to rest", 1.256, "+26 % from rest"),
        ("glutamate", "relative to rest", 0.7, "−30 % from rest"),
        ("trkb", "relative", 0.5234, "0.523 model units, 0 at rest"),
        ("s_ketamine", "ng/mL", 124.008, "124 ng/mL"),
        ("s_ketamine", "ng/mL", 3.456, "3.46 ng/mL"),
        ("encoding", "SD", -0.505, "−0.5 standard deviations"),
    ],
)
def test_each_kind_of_quantity_is_shown_on_a_scale_a_reader_knows(name, unit, value, text):
    scale = shown(quantity(name, unit))
    assert f"{scale.number(value)} {scale.unit}" == text


def test_a_number_never_shows_a_minus_zero():
    assert number(-0.0001) == "0"
    assert number(-0.2, unit="mmHg") == "0"


def test_a_fixed_dose_is_told_in_mg_once(simulation):
    course = simulation.case.course
    dose = replace(course.sessions[0].dose, amount_mg=84.0, amount_mg_per_kg=None)
    course = replace(course, sessions=(replace(course.sessions[0], dose=dose),), therapy=())
    first = plan_lines(course, 72.0)[0]
    assert first == "84 mg ketamine, intravenous infusion over 40 min, on day 0."


def test_a_session_without_drug_promises_no_peak(simulation, made):
    flat = {
        name: replace(series, typical=0.0 * series.typical, lower=None, upper=None)
        for name, series in simulation.series.items()
        if name in {"sbp_rise", "dbp_rise", "cadss"}
    }
    assert pressure_reading(made(series=flat)) == "Blood pressure is not expected to change."
    assert dissociation_reading(made(series=flat)) == "No dissociation is expected."
