"""Arms of published trials: what is asked, and what follows.

The arms here are made up.
"""

import numpy as np
import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.covariates import draw_covariates
from ketacourse.trials.replicate_arm import population_of
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_statistics import wanted_days
from ketacourse.trials.replicate_trial_rows import trial_query
from ketacourse.trials.replicate_trials import group_arms, predict_arms, predict_trials

ROW = {
    "row_id": "a", "study_id": "made_up", "diagnosis": "trd", "n": "30", "drug": "ketamine",
    "route": "iv_infusion", "dose_mg_per_kg": "0.5", "dose_mg": "", "duration_min": "40",
    "session_days": "0", "masking": "active_placebo", "control": "",
    "new_oral_antidepressant": "no", "setting": "trial", "therapy_days": "", "scale": "madrs",
    "baseline_mean": "32", "baseline_sd": "6", "time_days": "1", "outcome": "change",
}  # fmt: skip
SHAM = {"drug": "none", "dose_mg_per_kg": "", "control": "midazolam"}


def query(**changes: str):
    return trial_query({**ROW, **changes})


def predictions(*rows: dict[str, str], patients: int = 60, draws: int = 5, **options):
    return predict_trials(
        [query(**row) for row in rows], catalogue=load_catalogue(), patients=patients,
        draws=draws, seed=1, **options,
    )  # fmt: skip


def typical(**changes: str) -> float:
    """Return what the typical patient's mechanism predicts for one row."""
    ((arm, _),) = group_arms([query(**changes)])
    (((found,)),) = (predict_arms([arm], patients=100, seed=1),)
    return float(found[0].values[0])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scale": "cgi_s"}, "no published link from mood to the scale 'cgi_s'"),
        ({"scale": "vas_anxiety"}, "no published link"),
        ({"scale": "hamd24", "outcome": "change", "baseline_mean": ""}, "only percent change"),
        ({"scale": "hamd28", "outcome": "remission_rate"}, "only percent change"),
        ({"outcome": "cgi_improvement"}, "does not give the outcome"),
        ({"time_days": ""}, "no fixed time"),
        ({"time_days": "900"}, "beyond two years"),
        ({"route": ""}, "route is not stated"),
        ({"dose_mg_per_kg": ""}, "dose not stated"),
        ({"session_days": ""}, "days of the sessions are not stated"),
        ({"drug": "none", "dose_mg_per_kg": "", "masking": "open"}, "what the arm received"),
        (
            {"drug": "none", "dose_mg_per_kg": "", "masking": "open", "session_days": ""},
            "what the arm received",
        ),
        ({"outcome": "relapse_free", "time_days": "0.5"}, "needs a response first"),
        ({**SHAM, "earlier_course": "responded"}, "drug of the earlier course is not stated"),
        ({"supported": "no", "reason": "two routes pooled"}, "two routes pooled"),
    ],
)
def test_what_the_model_lacks_is_refused_with_its_reason(changes, why):
    with pytest.raises(UnsupportedRowError, match=why):
        query(**changes)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"n": "-5"}, "n"), ({"baseline_mean": "75"}, "baseline_mean"),
        ({"session_days": "1;3"}, "session_days"), ({"session_days": "3;0"}, "session_days"),
        ({"dose_mg_per_kg": "50"}, "dose_mg_per_kg"), ({"masking": "triple"}, "masking"),
        ({"route": "rectal"}, "route"), ({"time_days": "-1"}, "time_days"),
        ({"dose_mg": "400"}, "dose_mg"), ({"diagnosis": ""}, "diagnosis"),
        ({"drug": ""}, "drug"), ({"baseline_sd": "40"}, "baseline_sd"),
        ({"resistant_percent": "120"}, "resistant_percent"),
        ({"resistant_percent": "-1"}, "resistant_percent"),
        ({"outcome": "relapse_free", "time_days": "30", "judged_day": "30"}, "judged_day"),
        ({"outcome": "relapse_free", "time_days": "30", "judged_day": "soon"}, "judged_day"),
        ({"outcome": "relapse_free", "time_days": "30", "judged_day": "0"}, "judged_day"),
        (
            {"outcome": "median_time_to_relapse_days", "time_days": "", "judged_day": "365"},
            "judged_day",
        ),
    ],
)  # fmt: skip
def test_a_malformed_cell_names_its_column(changes, column):
    with pytest.raises(RowFaultError, match=f"^{column}: "):
        query(**changes)


@pytest.mark.parametrize(
    ("scale", "notes", "cut"),
    [
        ("madrs", "", 10), ("madrs", "remission is MADRS of 12 or less", 12),
        ("phq9", "", 4), ("phq9", "remission is PHQ-9 below 5", 4),
        ("madrs", "mean time to remission 23.2 days", 10), ("hamd17", "", 7),
        ("madrs", "remission in 24 of 60 (40%)", 10),
    ],
)  # fmt: skip
def test_remission_is_what_the_notes_say_or_the_rule_of_the_scale(scale, notes, cut):
    found = query(scale=scale, notes=notes, outcome="remission_rate", baseline_mean="20")
    assert found.row.remission_max == cut


def test_response_is_half_unless_the_notes_say_otherwise():
    assert query(outcome="response_rate").row.remaining == 0.5
    noted = query(outcome="response_rate", notes="response is a fall of 30% or more here")
    assert noted.row.remaining == pytest.approx(0.7)


def test_a_baseline_on_another_scale_becomes_madrs():
    found = query(scale="hamd17", baseline_mean="20", baseline_sd="4")
    assert found.design.baseline == pytest.approx((26.0, 5.2))


def test_rows_of_one_arm_share_one_run():
    rows = [query(), query(outcome="response_rate", time_days="7"), query(dose_mg_per_kg="1.0")]
    assert [len(positions) for _, positions in group_arms(rows)] == [2, 1]


def test_a_comparator_named_beside_the_drug_changes_nothing():
    assert query(control="midazolam").design == query(control="").design


@pytest.mark.parametrize("word", ["empty", "none", "NA"])
def test_a_control_that_is_called_empty_is_none(word):
    assert query(control=word).design == query(control="").design


def test_a_blank_masking_is_assumed_open_and_said():
    assert query(masking="").assumptions == ("open treatment",)


def test_baseline_that_is_not_stated_is_named_as_assumed():
    """The default population stands in, which moves every score and change."""
    found = query(baseline_mean="", baseline_sd="")
    assert found.design.baseline == (None, None)
    assert found.assumptions == ("the baseline of the default population",)
    assert query().assumptions == ()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Hamilton Depression Rating Scale, 17 items", "hamd17"),
        ("HAM-D-17 total score", "hamd17"),
        ("Montgomery\u2013\u00c5sberg Depression Rating Scale", "madrs"),
        ("QIDS-SR16", "qids_sr16"),
        ("Patient Health Questionnaire-9", "phq9"), ("HDRS-24", "hamd17"), ("IDS-C30", "qids_sr16"),
    ],
)  # fmt: skip
def test_a_scale_is_known_by_its_long_name(name, key):
    assert query(scale=name, baseline_mean="20", baseline_sd="").row.scale.key == key


def test_nothing_has_changed_before_the_first_dose():
    (found,) = predictions({"time_days": "0"})
    assert (found.predicted, found.low, found.high) == (0.0, 0.0, 0.0)


def test_the_score_is_the_baseline_and_the_change():
    change, score, percent = predictions({}, {"outcome": "score"}, {"outcome": "percent_change"})
    assert score.predicted == pytest.approx(32.0 + change.predicted)
    assert percent.predicted == pytest.approx(100.0 * change.predicted / 32.0)


def test_a_sham_arm_improves_less_and_depends_on_its_masking():
    midazolam = typical(**SHAM)
    saline = typical(**{**SHAM, "control": "saline", "masking": "saline_crossover"})
    asleep = typical(**{**SHAM, "control": "saline", "masking": "anaesthesia"})
    assert typical() < midazolam < saline
    assert asleep < midazolam


@pytest.mark.parametrize(("diagnosis", "percent"), [("mdd", 70), ("trd", 40), ("trd", 0)])
def test_the_stated_share_of_patients_had_failed_two_antidepressants(diagnosis, percent):
    asked = query(diagnosis=diagnosis, resistant_percent=str(percent))
    drawn = draw_covariates(population_of(asked.design).covariates, seed=1, first=0, count=4000)
    assert 100.0 * np.mean(drawn.failed_antidepressants >= 2) == pytest.approx(percent, abs=3.0)


def test_of_whom_nothing_is_said_trials_of_resistant_depression_take_the_resistant():
    def share(**changes: str) -> float:
        found = population_of(query(**changes).design).covariates
        drawn = draw_covariates(found, seed=1, first=0, count=4000)
        return float(np.mean(drawn.failed_antidepressants >= 2))

    assert share() == share(resistant_percent="100") == 1.0
    failed = load_catalogue().value("mdd_trial.failed_further", "1")
    assert share(diagnosis="mdd") == pytest.approx(failed**2, abs=0.03)


def test_an_arm_with_more_resistant_patients_improves_less():
    falls = [-typical(diagnosis="mdd", resistant_percent=p) for p in ("0", "50", "100")]
    assert falls == sorted(falls, reverse=True)
    assert falls[0] > falls[2] + 1.0


def test_a_higher_dose_gives_no_fewer_responders():
    rates = [
        typical(dose_mg_per_kg=d, outcome="response_rate", time_days="7")
        for d in ("0.1", "0.3", "0.5", "1.0")
    ]
    assert rates == sorted(rates)
    assert rates[0] < rates[-1]


def test_more_sessions_last_longer():
    one = typical(outcome="relapse_free", time_days="28")
    six = typical(outcome="relapse_free", time_days="39", session_days="0;2;4;7;9;11")
    assert one < six


def test_responders_who_are_judged_later_have_relapsed_less_by_the_same_day():
    soon = typical(outcome="relapse_free", time_days="28")
    later = typical(outcome="relapse_free", time_days="28", judged_day="14")
    assert later > soon + 5.0


def test_a_median_of_responders_who_are_judged_later_comes_later_too():
    asked = {"outcome": "median_time_to_relapse_days", "time_days": ""}
    assert typical(**asked, judged_day="20") > max(typical(**asked), 20.0)


def test_a_day_on_which_responders_are_judged_changes_nothing_else():
    assert query(judged_day="14") == query()


def test_a_clinic_rates_less_often_than_a_trial():
    found = {}
    for setting in ("trial", "clinic"):
        one = query(outcome="relapse_free", time_days="30", setting=setting)
        found[setting] = wanted_days(one.design, one.row)
    assert np.diff(found["trial"])[:8].tolist() == [3.5] * 8
    assert np.diff(found["clinic"]).tolist() == [14.0] * (len(found["clinic"]) - 1)


@pytest.mark.parametrize("setting", ["clinic", "trial"])
@pytest.mark.parametrize("diagnosis", ["bipolar_depression", "mdd"])
def test_a_stated_share_counts_in_every_population(setting, diagnosis):
    asked = query(setting=setting, diagnosis=diagnosis, resistant_percent="30")
    drawn = draw_covariates(population_of(asked.design).covariates, seed=1, first=0, count=4000)
    assert np.mean(drawn.failed_antidepressants >= 2) == pytest.approx(0.3, abs=0.03)


def test_relapse_only_grows_with_time():
    rows = [{"outcome": "relapse_free", "time_days": t} for t in ("3", "8", "20", "60")]
    shares = [p.predicted for p in predictions(*rows)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]


def test_half_have_relapsed_at_the_median():
    (median,) = predictions({"outcome": "median_time_to_relapse_days", "time_days": ""})
    at = str(round(median.predicted, 3))
    ((arm, _),) = group_arms([query(outcome="relapse_free", time_days=at)])
    shares = [predict_arms([arm], variant=v, patients=60)[0][0].values[0]
              for v in ("disinhibition", "habenula_trapping", "trkb_direct", "opioid_gated",
                        "expectancy_dominant")]  # fmt: skip
    assert min(shares) < 50.0 < max(shares)


def test_remission_is_rarer_than_response_and_a_wider_rule_finds_more():
    response, strict, wide = predictions(
        {"outcome": "response_rate"},
        {"outcome": "remission_rate"},
        {"outcome": "remission_rate", "notes": "remission is MADRS of 12 or less"},
    )
    assert strict.predicted < wide.predicted < response.predicted


def test_other_versions_of_the_hamilton_scale_follow_in_percent():
    linked = typical(scale="hamd17", baseline_mean="22", outcome="percent_change")
    follow = typical(scale="hamd21", baseline_mean="26", outcome="percent_change")
    assert follow == pytest.approx(linked, abs=4.0)


def test_suicidal_ideation_falls_by_more_than_the_score():
    ideation = typical(scale="ssi", baseline_mean="15", outcome="percent_change")
    score = typical(baseline_mean="", baseline_sd="", outcome="percent_change")
    assert -100.0 < ideation < score


def test_intervals_hold_the_prediction_and_narrow_with_the_arm():
    few, many = predictions({"n": "8"}, {"n": "800"})
    assert few.predicted == many.predicted
    assert few.low < many.low < many.predicted < many.high < few.high


def test_rates_stay_within_0_and_100():
    for found in predictions({"outcome": "response_rate", "n": "3"}, {**SHAM, "n": "3",
                             "outcome": "remission_rate"}):  # fmt: skip
        assert 0.0 <= found.low <= found.predicted <= found.high <= 100.0


def test_an_unstated_number_of_patients_is_assumed_and_said():
    (found,) = predictions({"n": ""})
    assert found.assumptions == ("20 patients",)


def test_a_dose_outside_the_evidence_is_refused_unless_for_research():
    (refused,) = predictions({"dose_mg_per_kg": "1.5"})
    (allowed,) = predictions({"dose_mg_per_kg": "1.5"}, research=True)
    assert "outside the 0.1 to 1 mg/kg" in refused.status
    assert allowed.status == "predicted"


def test_arms_under_a_belief_are_reproducible_and_smooth_in_it():
    ((arm, _),) = group_arms([query(outcome="response_rate")])

    def rate(gain: float) -> float:
        found = predict_arms([arm], belief={"mood.fast_gain": gain}, patients=50, seed=2)
        return float(found[0][0].values[0])

    assert rate(0.3) == rate(0.3)
    steps = np.diff([rate(g) for g in (0.300, 0.301, 0.302, 0.303)])
    assert (steps > 0.0).all()
    assert steps == pytest.approx(steps.mean(), rel=0.2)


def test_where_expectancy_dominates_a_sham_arm_improves_more():
    ((arm, _),) = group_arms([query(**SHAM)])
    usual = predict_arms([arm], patients=50)[0][0].values[0]
    other = predict_arms([arm], patients=50, variant="expectancy_dominant")[0][0].values[0]
    assert other < usual < 0.0
