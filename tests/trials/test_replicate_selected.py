"""Arms of people who had responded before. The arms here are made up."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.population.beliefs import Member
from ketacourse.trials.replicate_arm import simulate_arm
from ketacourse.trials.replicate_selected import follow_arm
from ketacourse.trials.replicate_statistics import statistic
from ketacourse.trials.replicate_trial_rows import trial_query

ROW = {
    "row_id": "a", "study_id": "made_up", "diagnosis": "trd", "n": "30", "drug": "ketamine",
    "route": "iv_infusion", "dose_mg_per_kg": "0.5", "dose_mg": "", "duration_min": "40",
    "session_days": "0;3;7;10;28", "masking": "open", "control": "",
    "new_oral_antidepressant": "no", "setting": "trial", "therapy_days": "", "scale": "madrs",
    "baseline_mean": "32", "baseline_sd": "6", "time_days": "11", "outcome": "response_rate",
}  # fmt: skip
ANYONE = trial_query(ROW)
CHOSEN = trial_query({**ROW, "earlier_course": "responded"})
KEPT = {"patients": 120, "seed": 3}
MEMBERS = (Member(),)


def found(query):
    latent = follow_arm(query.design, [11.0], MEMBERS, **KEPT)
    return statistic(query.design, query.row, latent, seed=3).values[0]


def test_people_who_responded_before_respond_more_often():
    assert found(CHOSEN) > found(ANYONE) + 5.0


def test_weights_keep_the_number_of_patients():
    latent = follow_arm(CHOSEN.design, [11.0], MEMBERS, **KEPT)
    assert latent.weights is not None
    assert latent.weights.min() >= 0.0
    assert latent.weights.mean(axis=1) == pytest.approx(1.0)


def test_a_patient_who_responds_to_nothing_hardly_counts():
    latent = follow_arm(CHOSEN.design, [11.0], MEMBERS, **KEPT)
    kept = latent.at(11.0)[0] / latent.baseline[0]
    assert latent.weights is not None
    assert latent.weights[0][kept > 0.85].max() < 0.2
    assert latent.weights[0][kept < 0.25].min() > 1.0


def test_an_arm_that_took_in_anyone_is_left_as_it_is():
    latent = follow_arm(ANYONE.design, [11.0], MEMBERS, **KEPT)
    plain = simulate_arm(ANYONE.design, [11.0], MEMBERS, **KEPT)
    assert latent.weights is None
    assert np.array_equal(latent.madrs, plain.madrs)


def test_equal_weights_change_no_statistic():
    latent = follow_arm(ANYONE.design, [11.0], MEMBERS, **KEPT)
    weighted = replace(latent, weights=np.ones_like(latent.baseline))
    for outcome in ("response_rate", "remission_rate", "score", "change", "percent_change"):
        row = trial_query({**ROW, "outcome": outcome}).row
        plain, other = (statistic(ANYONE.design, row, x, seed=3) for x in (latent, weighted))
        assert other.values == pytest.approx(plain.values)
        assert other.sd_one == pytest.approx(plain.sd_one)


RELAPSED = trial_query({**ROW, "earlier_course": "relapsed"})


def test_people_who_relapsed_under_the_drug_respond_less_often_than_others_who_responded():
    assert found(ANYONE) + 5.0 < found(RELAPSED) < found(CHOSEN)


def test_some_relapse_whatever_is_done_so_that_who_always_responds_counts_a_little():
    latent = follow_arm(RELAPSED.design, [11.0], MEMBERS, **KEPT)
    kept = latent.at(11.0)[0] / latent.baseline[0]
    assert latent.weights is not None
    assert latent.weights[0][kept < 0.1].min() > 0.1
    assert latent.weights[0][kept > 0.85].max() < 0.2


def test_people_who_relapsed_after_a_long_acute_phase_are_weighed_as_others():
    days = ";".join(f"{3.5 * k:g}" for k in range(33))
    long = trial_query(
        {**ROW, "session_days": days, "time_days": "113", "earlier_course": "relapsed"}
    )
    latent = follow_arm(long.design, [113.0], MEMBERS, patients=60, seed=3)
    assert latent.weights is not None
    assert np.isfinite(latent.weights).all()
    assert latent.weights.mean(axis=1) == pytest.approx(1.0)
