"""Rows on scales that mood is carried over to: in percent, with the share's own uncertainty.

The arms here are made up, but for those of the study that the share of the HADS stems from.
"""

import csv
from importlib.resources import files

import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.carried_scales import carried_scale
from ketacourse.trials.replicate_carried import believed_carry_overs, typical_carry_over
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_trial_rows import trial_query
from ketacourse.trials.replicate_trials import predict_trials

ROW = {
    "row_id": "a", "study_id": "made_up", "diagnosis": "mdd", "n": "30", "drug": "ketamine",
    "route": "iv_infusion", "dose_mg_per_kg": "0.5", "dose_mg": "", "duration_min": "40",
    "session_days": "0", "masking": "saline_parallel", "control": "",
    "new_oral_antidepressant": "no", "setting": "trial", "therapy_days": "", "scale": "hads",
    "baseline_mean": "", "baseline_sd": "", "time_days": "1", "outcome": "percent_change",
}  # fmt: skip
SHAM = {"drug": "none", "dose_mg_per_kg": "", "control": "saline"}


def query(**changes: str):
    return trial_query({**ROW, **changes})


def predictions(*rows: dict[str, str], patients: int = 60):
    return predict_trials(
        [query(**row) for row in rows], catalogue=load_catalogue(), patients=patients, draws=5,
        seed=1,
    )  # fmt: skip


@pytest.mark.parametrize("arm", [{}, SHAM], ids=["drug", "sham"])
@pytest.mark.parametrize("scale", ["hads", "caps5", "ybocs"])
def test_the_percent_change_is_a_share_of_that_of_mood_in_every_arm(scale, arm):
    mood, other = predictions({"scale": "madrs", **arm}, {"scale": scale, **arm})
    share = typical_carry_over(carried_scale(scale)).share
    assert other.predicted == pytest.approx(share * mood.predicted)


def test_points_follow_from_a_stated_baseline():
    percent, change, score = predictions(
        {}, *({"outcome": o, "baseline_mean": "20"} for o in ("change", "score"))
    )
    assert change.predicted == pytest.approx(0.2 * percent.predicted)
    assert score.predicted == pytest.approx(20.0 + change.predicted)


def test_the_interval_holds_what_is_not_known_of_the_share():
    beliefs = believed_carry_overs(carried_scale("caps5"))
    found = load_catalogue().parameter("carry_over.ptsd")
    assert (beliefs[0].share, beliefs[-1].share) == pytest.approx((found.lower, found.upper))
    mood, other = predictions(
        {"scale": "madrs", "n": "2000"}, {"scale": "caps5", "n": "2000"}, patients=200
    )
    width = (other.high - other.low) / (mood.high - mood.low)
    assert width > typical_carry_over(carried_scale("caps5")).share * 1.3


def test_a_higher_bar_finds_fewer_responders():
    usual, half = predictions(
        *({"scale": "ybocs", "outcome": "response_rate", "notes": n}
          for n in ("", "response is a fall of 50% or more"))
    )  # fmt: skip
    assert 0.0 < half.predicted < usual.predicted < 100.0


def test_the_usual_rule_of_response_is_said_and_a_stated_one_is_not():
    usual = query(scale="caps5", outcome="response_rate")
    stated = query(scale="caps5", outcome="response_rate", notes="response is a fall of 50%")
    assert usual.row.remaining == pytest.approx(0.7)
    assert "response as a fall of 30% on the CAPS-5" in usual.assumptions
    assert stated.row.remaining == pytest.approx(0.5)
    assert not any("response" in what for what in stated.assumptions)


def test_the_share_is_said_with_its_grade():
    assert query().assumptions == (
        "HADS carried over from mood: 0.55 (0.3 to 0.9) of its percent change, derived",
    )


def test_remission_follows_where_cut_off_and_baseline_are_stated():
    rule = {"scale": "hama", "outcome": "remission_rate", "notes": "remission is HAM-A below 8"}
    mild, severe = predictions({**rule, "baseline_mean": "14"}, {**rule, "baseline_mean": "28"})
    assert 0.0 < severe.predicted < mild.predicted < 100.0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outcome": "score"}, "its baseline is not stated"),
        ({"outcome": "remission_rate"}, "needs a baseline and a lower cut-off"),
        ({"outcome": "relapse_free", "time_days": "28"}, "how long a response on 'hads' lasts"),
        ({"scale": "iesr", "outcome": "response_rate"}, "no usual rule of response"),
    ],
)
def test_what_is_not_carried_over_is_refused_with_its_reason(changes, why):
    with pytest.raises(UnsupportedRowError, match=why):
        query(**changes)


@pytest.mark.parametrize("cell", [{"baseline_mean": "43"}, {"baseline_sd": "30"}], ids=str)
def test_a_baseline_that_the_scale_cannot_have_is_a_fault(cell):
    (column,) = cell
    with pytest.raises(RowFaultError, match=f"^{column}: "):
        query(**cell)


def test_nothing_has_changed_before_the_first_dose():
    change, rate = predictions({"time_days": "0"}, {"time_days": "0", "outcome": "response_rate"})
    assert (change.predicted, change.low, change.high) == (0.0, 0.0, 0.0)
    assert rate.predicted == 0.0


def test_the_study_behind_the_share_of_the_hads_is_reproduced():
    text = files("ketacourse.evidence").joinpath("observations", "trials.csv").read_text("utf-8")
    rows = [r for r in csv.DictReader(text.splitlines()) if r["scale"] == "hads"]
    found = predictions(*({**r, "supported": "yes"} for r in rows), patients=100)
    assert len(found) == 12
    for row, prediction in zip(rows, found, strict=True):
        assert prediction.low < float(row["value"]) < prediction.high
        assert prediction.predicted == pytest.approx(float(row["value"]), abs=5.0)
