"""Rates that count whoever met them at any of several ratings.

The arms here are made up.
"""

import numpy as np
import pytest

from ketacourse.population.beliefs import Member
from ketacourse.population.streams import normals
from ketacourse.trials.replicate_arm import simulate_arm
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_statistics import statistic, wanted_days
from ketacourse.trials.replicate_trial_rows import trial_query
from ketacourse.trials.replicate_trials import TrialArm, predict_arms

ROW = {
    "row_id": "a", "study_id": "made_up", "diagnosis": "trd", "n": "30", "drug": "ketamine",
    "route": "iv_infusion", "dose_mg_per_kg": "0.5", "dose_mg": "", "duration_min": "40",
    "session_days": "0", "masking": "saline_crossover", "control": "",
    "new_oral_antidepressant": "no", "setting": "trial", "therapy_days": "", "scale": "madrs",
    "baseline_mean": "32", "baseline_sd": "6", "time_days": "14", "outcome": "response_rate",
}  # fmt: skip
DAYS = (1.0, 3.0, 7.0, 14.0)


def query(**changes: str):
    return trial_query({**ROW, **changes})


def share(**changes: str) -> float:
    asked = query(**changes)
    (((found,)),) = (
        predict_arms([TrialArm(design=asked.design, rows=(asked.row,))], patients=150),
    )
    return float(found[0].values[0])


@pytest.mark.parametrize("outcome", ["response_rate", "remission_rate"])
def test_one_rating_is_a_rate_on_a_day(outcome):
    alone = share(outcome=outcome, time_days="3")
    assert share(outcome=outcome, time_days="14", rated_days="3") == pytest.approx(alone, rel=1e-9)


def test_more_ratings_find_more_responders():
    rates = [share(rated_days=";".join(f"{d:g}" for d in DAYS[:k])) for k in range(1, 5)]
    assert rates == sorted(rates)
    assert rates[0] + 1.0 < rates[-1] < 100.0


def test_the_share_is_that_of_ratings_that_are_drawn():
    asked = query(rated_days="1;3;7;14")
    member = Member(variant="disinhibition", belief=None)
    latent = simulate_arm(asked.design, DAYS, [member], patients=300, seed=3)
    told = statistic(asked.design, asked.row, latent, seed=3).values[0]

    draws, scale = np.random.default_rng(5), asked.row.scale
    # The first rating is drawn in what is told, too: it fixes the threshold of each patient.
    stream = normals(3, f"replicate:first-rating:{scale.key}", 0, 300)[:, 0]
    half = 0.5 * np.maximum(scale.rated(latent.baseline[0], stream), 1.0)
    found = []
    for _ in range(400):
        later = [scale.rated(latent.at(day)[0], draws.standard_normal(300)) for day in DAYS]
        found.append(100.0 * np.mean((np.array(later) <= half).any(axis=0)))
    assert told == pytest.approx(np.mean(found), abs=3.0 * np.std(found) / 20.0)


def test_the_last_rating_is_the_time_where_none_is_stated():
    assert query(time_days="", rated_days="1;3") == query(time_days="3", rated_days="1;3")


def test_only_the_ratings_that_count_are_simulated():
    asked = query(rated_days="1;3")
    assert wanted_days(asked.design, asked.row) == (1.0, 3.0)


@pytest.mark.parametrize("outcome", ["change", "score", "relapse_free"])
def test_days_of_ratings_change_nothing_but_rates(outcome):
    assert query(outcome=outcome, rated_days="1;3") == query(outcome=outcome)


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ("0;1", "before the first dose"), ("1;21", "day 21 is after day 14"),
        ("3;1", "do not rise"), ("soon", "soon"), ("1;;3", "empty day"), ("-1;3", "-1"),
    ],
)  # fmt: skip
def test_days_that_cannot_be_name_their_column(days, why):
    with pytest.raises(RowFaultError, match=f"^rated_days: .*{why}"):
        query(rated_days=days)


def test_scales_that_mood_is_carried_to_have_no_single_ratings():
    with pytest.raises(UnsupportedRowError, match="single ratings on .* are not known"):
        query(scale="hama", rated_days="1;3")
