"""The studies run, go on where they stopped, and give the same results again."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("statsmodels")

from studies.advice_belief import believe, expected_net, shared_people
from studies.page import lines_of
from studies.run import done

from ketacourse.cli.cases import read_case
from ketacourse.course.decide_outlook import look_ahead
from ketacourse.course.options import Option
from ketacourse.course.preferences import Preferences
from ketacourse.course.refit_input import read_case as read_readings
from ketacourse.forecast.likelihood import noise_of
from ketacourse.forecast.population_file import load_population
from ketacourse.therapy.case import Score
from studies import advice_trial, calibration_ranks, prequential


@pytest.fixture(scope="module")
def predicted():
    before = prequential.TRAINED_ON
    prequential.TRAINED_ON = 60
    task = prequential.Task(truth="two_exponential", design="six", first=0, count=8, size=8, seed=3)
    yield prequential.run(task)
    prequential.TRAINED_ON = before


def test_every_prediction_knows_only_what_came_before(predicted):
    for row in predicted["rows"]:
        assert row["cut"] >= prequential.FIRST_CUT
    assert len(predicted["rows"]) == 8 * prequential.CUTS_EACH


def test_the_summary_compares_the_forecast_with_every_baseline(predicted):
    found = prequential.summary([predicted])
    assert set(found["baselines"]) == set(prequential.BASELINES)
    best = min(b["mae"] for b in found["baselines"].values())
    assert found["mae_against_best"] == pytest.approx(found["mae"] / best - 1.0)
    assert found["mae_against_best_lower"] < found["mae_against_best"]
    assert found["mae_against_best"] < found["mae_against_best_upper"]
    thirds = found["coverage_80_by_third"].values()
    assert sum(t["n"] for t in thirds) == found["predictions"]


def test_patients_of_two_seeds_are_different_patients(predicted):
    again = {**predicted, "task": {**predicted["task"], "seed": 4}}
    one, two = prequential.summary([predicted]), prequential.summary([predicted, again])
    assert two["patients"] == 2 * one["patients"]
    assert two["mae"] == one["mae"]


def followed_to_relapse(seed, *, patients, relapsed):
    """Return what a chunk tells of relapse: eight patients to a joint draw."""
    relapses = [
        {"patient": i, "group": i // 8, "chance": 0.2 + 0.4 * (i % 2), "happened": i < relapsed}
        for i in range(patients)
    ]
    return {"task": {"seed": seed}, "relapses": relapses}


def test_patients_of_one_joint_draw_count_as_one_group_whatever_the_design():
    one, other = (followed_to_relapse(s, patients=40, relapsed=12) for s in (1, 2))
    assert prequential.relapse_summary([one, one])["clusters"] == 5
    assert prequential.relapse_summary([one, other])["clusters"] == 10
    assert prequential.relapse_summary([one, other])["n"] == 80


@pytest.mark.parametrize(("patients", "relapsed"), [(0, 0), (40, 0), (40, 40), (40, 9)])
def test_nothing_is_said_of_relapse_where_too_few_tell(patients, relapsed):
    told = followed_to_relapse(1, patients=patients, relapsed=relapsed)
    assert prequential.relapse_summary([told]) is None


def test_ranks_are_shares_for_every_parameter():
    part = calibration_ranks.run(calibration_ranks.Task(first=0, count=2, total=40, seed=3))
    values = np.array([list(r.values()) for r in part["ranks"]])
    assert ((values >= 0.0) & (values <= 1.0)).all()
    assert calibration_ranks.summary([part])["replicates"] == 2


@pytest.fixture(scope="module")
def trial():
    return advice_trial.run(advice_trial.Task(truth="two_exponential", chunk=0, size=12, seed=3))


def test_both_arms_begin_with_the_same_series(trial):
    assert min(trial["arms"]["fixed"]["sessions"]) >= 6.0
    assert min(trial["arms"]["advised"]["sessions"]) >= 4.0, "no stop before the fourth session"


def test_a_session_that_costs_more_is_given_less():
    dear = advice_trial.run(
        advice_trial.Task(truth="two_exponential", chunk=0, size=12, seed=3, session_cost=20.0)
    )
    cheap = advice_trial.run(
        advice_trial.Task(truth="two_exponential", chunk=0, size=12, seed=3, session_cost=0.5)
    )
    number = {n: sum(t["arms"]["advised"]["sessions"]) for n, t in (("d", dear), ("c", cheap))}
    assert number["d"] < number["c"]


def test_the_summary_says_what_was_reached_from_the_intervals():
    def part(days, sessions, surges):
        arm = {"symptom_free_days": days, "sessions": sessions, "surges": surges}
        return {k: [float(x) for x in v] for k, v in arm.items()}

    fixed = part([20, 21, 19, 20] * 20, [6] * 80, [0] * 80)
    better = part([25, 26, 24, 25] * 20, [6] * 80, [0] * 80)
    harmful = part([25, 26, 24, 25] * 20, [6] * 80, [1] * 80)
    sparing = part([20, 21, 19, 20] * 20, [5] * 80, [0] * 80)
    reached = [
        advice_trial.summary([{"arms": {"fixed": fixed, "advised": other}}])["reached"]
        for other in (better, harmful, sparing, fixed)
    ]
    assert reached == [True, False, True, False]


def test_a_stopped_study_goes_on_where_it_was(tmp_path):
    calls = []

    def work(task):
        calls.append(task.name)
        return {"task": task.name}

    todo = calibration_ranks.tasks(75, seed=1)
    done("x", todo[:2], work, cache=tmp_path, workers=1)
    results = done("x", todo, work, cache=tmp_path, workers=1)
    assert calls == [t.name for t in todo]
    assert [r["task"] for r in results] == calls


def test_many_patients_at_once_are_believed_as_one_patient_is():
    """The fast belief of the trial and the product agree on the same scores."""
    case = read_case("example:mid_course_with_scores")
    totals = {-0.5: 34, 1.0: 22, 3.9: 19, 6.9: 18}
    scores = tuple(Score(day=d, scale="madrs", total=t) for d, t in totals.items() if d > 0)
    course = advice_trial.planned(advice_trial.SERIES)
    plain = replace(case, course=course, baseline={"madrs": 34.0}, scores=scores, vitals=())
    outlook = look_ahead(plain, read_readings(plain, today=7.25), horizon_days=84.0, seed=1,
                         draws=2000)  # fmt: skip
    ours = outlook.outcome(
        Option(key="continue", kind="continue", label="", why="", course=course)
    ).relief_days.mean()
    shipped = load_population()
    noise = noise_of(shipped.misfit_sd, shipped.misfit_days)
    shared = shared_people(shipped.people, noise, 6000)
    past = tuple(s for s in course.sessions if s.day < 7.25)
    believed = believe(
        shared, advice_trial._regimen(past), np.array(list(totals)),
        np.array([list(totals.values())], dtype=float), seed=1,
    )  # fmt: skip
    theirs = expected_net(
        shared, believed, [advice_trial._regimen(course.sessions)], [0.0], today=7.25,
        since_score=0.35, wanted=Preferences(),
    )[0, 0]  # fmt: skip
    assert theirs == pytest.approx(ours, abs=6.0)


def test_the_page_tells_what_was_reached_and_what_was_not(predicted):
    one = prequential.summary([predicted])
    truths = dict.fromkeys(
        ("full_chain", "full_chain_steady", "two_exponential", "random_walk"), one
    )
    found = {"prequential": {"truths": truths, "digest": "abc"}}
    text = "\n".join(lines_of(json.loads(json.dumps(found)), "forecast"))
    assert "| Asked beforehand | Found | Reached |" in text
    assert "digest abc" in text
