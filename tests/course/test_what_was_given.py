"""Screening, refit and decide look at what was given, not at what was planned."""

from dataclasses import replace

import pytest

from ketacourse.cli.cases import read_case
from ketacourse.course.decide import decide, improvement
from ketacourse.course.refit import refit
from ketacourse.course.refit_input import read_case as readings_of
from ketacourse.course.screen import screen
from ketacourse.errors import ExtrapolationError
from ketacourse.guardrails.timeline import past_sessions
from ketacourse.therapy.case import Score
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.treated import Treated

HIGH = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=3.0, duration_h=40 / 60)
USUAL = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40 / 60)


@pytest.fixture
def case():
    return read_case("example:mid_course_with_scores")


def test_a_dose_that_was_given_beyond_the_evidence_blocks(case):
    given = replace(case, treated=(Treated(day=7.0, dose=HIGH),))
    assert screen(given).blocked
    assert decide(given).outcome == "blocked"


def test_a_dose_beyond_the_evidence_is_not_forecast_without_asking(case):
    sessions = tuple(replace(s, dose=replace(s.dose, amount_mg_per_kg=1.6))
                     for s in case.course.sessions)  # fmt: skip
    beyond = replace(case, course=replace(case.course, sessions=sessions))
    with pytest.raises(ExtrapolationError):
        refit(beyond)


def test_a_dose_recorded_on_the_newest_day_is_given_and_not_to_come(case):
    given = replace(case, treated=(Treated(day=7.0),))
    readings = readings_of(given)
    before = [s.day for s in readings.course.sessions if s.day < readings.today]
    assert 7.0 in before
    assert 7.0 in [s.day for s in past_sessions(given)]


def test_a_missed_session_is_not_among_the_past_ones(case):
    missed = replace(case, treated=(Treated(day=4.0, happened="missed"),))
    assert 4.0 not in [s.day for s in past_sessions(missed)]


def test_the_review_counts_doses_that_were_not_planned(case):
    sessions = tuple(s for s in case.course.sessions if s.day in (0.0, 2.0, 4.0, 11.0))
    flat = replace(
        case,
        course=replace(case.course, sessions=sessions),
        treated=(Treated(day=7.0, dose=USUAL),),
        scores=(*case.scores, Score(day=8.0, scale="madrs", total=33)),
    )
    assert "SCH-008" in {f.code for f in screen(flat).findings if f.state == "recorded"}
    assert decide(flat).outcome == "review"


def test_a_score_before_the_first_dose_serves_as_the_baseline(case):
    without = replace(
        case,
        baseline={},
        scores=(Score(day=-1.0, scale="madrs", total=34), Score(day=8.0, scale="madrs", total=33)),
    )
    assert without.starting_total("madrs") == 34.0
    assert improvement(without, 8.0) == pytest.approx(1.0 / 34.0)


def test_a_review_that_is_due_and_cannot_be_judged_holds_too(case):
    kept = tuple(s for s in case.scores if s.scale not in ("madrs", "phq9"))
    unmeasured = replace(case, scores=(*kept, Score(day=8.0, scale="cadss", total=3)))
    found = decide(unmeasured)
    assert found.outcome == "review"
    assert all(o.option.kind not in ("continue", "therapy", "wait") for o in found.ranked
               if o.option.key == found.suggested)  # fmt: skip
