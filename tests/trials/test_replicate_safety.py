"""Side effects of published courses: which quantities are understood, and what follows.

The studies here are made up.
"""

from dataclasses import replace

import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.variants import BASE
from ketacourse.population.beliefs import Member
from ketacourse.population.typical import calibrated_belief
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_safety import predict_safety, safety_values
from ketacourse.trials.replicate_safety_rows import LABEL_MG, safety_query

ROW = {
    "n": "60", "population": "TRD", "route": "IV", "dose_mg_per_kg": "0.5", "infusion_min": "40",
    "quantity": "SBP_peak_change_mean_mmHg", "time_min": "", "unit": "mmHg", "notes": "",
}  # fmt: skip
NASAL = {"route": "IN esketamine", "dose_mg_per_kg": "", "infusion_min": ""}


def query(**changes: str):
    return safety_query({**ROW, **changes})


def predictions(*rows: dict[str, str], patients: int = 60, seed: int = 1):
    return predict_safety(
        [query(**row) for row in rows], catalogue=load_catalogue(), patients=patients, draws=5,
        seed=seed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "unit", "effect", "form"),
    [
        ("SBP_max_postdose_rise_mean_mmHg", "mmHg", "sbp", "peak"),
        ("systolic_bp_increase_mean", "mm Hg", "sbp", "peak"),
        ("DBP_change_pooled_mmHg", "mmHg", "dbp", "peak"),
        ("HR_change_pooled_bpm", "bpm", "hr", "peak"),
        ("CADSS_total_mean", "points_0_92", "cadss", "peak"),
        ("pct_CADSS_gt4", "percent_of_patients", "cadss", "share"),
        ("sedation_pct", "percent_of_patients", "sedation", "share"),
        ("AE_nausea_pct_week1", "percent_of_patients", "nausea", "share"),
        ("BP_time_to_peak_min", "min", "sbp", "time_of_peak"),
        ("MOAAS_onset_min", "min", "sedation", "onset"),
        ("CADSS_resolution_min", "min", "cadss", "return"),
        ("BP_return_to_predose_min", "min", "sbp", "return"),
        ("plasma_conc_antidepressant_dose", "ng/ml", "plasma", "peak"),
    ],
)
def test_quantities_are_understood_by_their_names(quantity, unit, effect, form):
    found = query(quantity=quantity, unit=unit)
    assert (found.effect, found.form) == (effect, form)


@pytest.mark.parametrize(
    ("quantity", "levels"),
    [
        ("pct_SBP_rise_ge_40", (("sbp_rise", 40.0),)),
        ("pct_SBP_ge_180", (("sbp", 180.0),)),
        ("pct_DBP_ge_110", (("dbp", 110.0),)),
        ("pct_rise_SBP40_or_DBP25_first_90min", (("sbp_rise", 40.0), ("dbp_rise", 25.0))),
        ("pct_BP_above_180_110", (("sbp", 180.0), ("dbp", 110.0))),
        ("severe_hypertension_pct_patients", (("sbp", 180.0), ("dbp", 110.0))),
        ("pct_CADSS_ge_15", (("cadss", 15.0),)),
    ],
)
def test_the_level_of_an_event_is_read_from_its_name(quantity, levels):
    assert query(quantity=quantity, unit="percent_of_patients").levels == levels


@pytest.mark.parametrize(
    ("quantity", "unit", "why"),
    [
        ("AE_headache_pct", "percent_of_patients", "spontaneously reported"),
        ("dissociation_AE_pct", "percent_of_patients", "spontaneously reported"),
        ("pct_placebo_SBP_rise_ge_40", "percent_of_patients", "on placebo"),
        ("ready_for_discharge_pct_90min", "percent_of_patients", "discharge"),
        ("response_pct", "percent_of_patients", "efficacy"),
        ("OR_SBP_surge_per_year_age", "odds_ratio", "no such statistic"),
        ("SpO2_lt93_pct", "percent_of_patients", "no such output"),
        ("CADSS_attenuation", "qualitative", "no unit of cadss"),
        ("pct_SBP_high", "percent_of_patients", "level that counts"),
        ("MAP_change", "mmHg", "no such output"),
    ],
)
def test_what_the_model_lacks_is_refused_with_its_reason(quantity, unit, why):
    with pytest.raises(UnsupportedRowError, match=why):
        query(quantity=quantity, unit=unit)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"route": "IV/IM/SC mixed"}, "two routes pooled"),
        ({"dose_mg_per_kg": ""}, "dose not stated"),
        ({"dose_mg_per_kg": "0.25-1"}, "range of doses"),
        ({"route": "IV/IM anaesthetic"}, "anaesthetic doses"),
    ],
)
def test_a_course_that_is_not_stated_is_refused(changes, why):
    with pytest.raises(UnsupportedRowError, match=why):
        query(**changes)


def test_a_negative_number_of_patients_is_a_fault():
    with pytest.raises(RowFaultError, match="^n: "):
        query(n="-1")


def test_nasal_esketamine_without_a_dose_is_that_of_the_label_and_said_so():
    found = query(**NASAL)
    assert (found.course.amount, found.course.dose_unit) == (LABEL_MG, "mg")
    assert "70 mg of nasal esketamine" in found.assumptions[0]


def test_doses_in_mg_are_read_from_route_and_notes():
    assert query(**{**NASAL, "route": "IN esketamine 56 mg"}).course.amount == 56.0
    assert query(**NASAL, notes="fixed 56/84 mg dose").course.amount == 70.0


@pytest.mark.parametrize(
    ("changes", "sessions"),
    [
        ({}, 1), ({"population": "TRD, 480 infusions"}, 8), ({"population": "six 6 infusions"}, 6),
        (NASAL, 8), ({**NASAL, "quantity": "AE_nausea_pct_week1", "unit": "percent"}, 2),
    ],
)  # fmt: skip
def test_the_number_of_sessions_is_read_or_that_of_the_label(changes, sessions):
    assert query(**changes).course.sessions == sessions


def test_only_a_share_of_sessions_counts_sessions():
    share = {"quantity": "pct_SBP_rise_ge_40_any_session", "unit": "percent_of_patients"}
    assert not query(**share).per_session
    assert query(**{**share, "unit": "percent_of_sessions"}).per_session


def test_a_higher_dose_raises_pressure_and_dissociation_more():
    low, high = (
        predictions(
            {"dose_mg_per_kg": dose},
            {"dose_mg_per_kg": dose, "quantity": "CADSS_total_mean", "unit": "points"},
        )
        for dose in ("0.25", "1.0")
    )
    assert low[0].predicted < high[0].predicted
    assert low[1].predicted < high[1].predicted


def test_more_patients_than_sessions_have_an_event():
    share = {"quantity": "pct_SBP_rise_ge_40", "population": "TRD, 480 infusions"}
    patients, sessions = predictions(
        {**share, "unit": "percent_of_patients"}, {**share, "unit": "percent_of_sessions"}
    )
    assert sessions.predicted < patients.predicted < 8.0 * sessions.predicted


def test_a_higher_level_is_reached_by_fewer():
    rates = [
        found.predicted
        for found in predictions(
            *(
                {"quantity": f"pct_SBP_rise_ge_{level}", "unit": "percent_of_patients"}
                for level in (20, 30, 40)
            )
        )
    ]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[-1]


def test_onset_peak_and_return_follow_in_time():
    onset, peak, back = predictions(
        *(
            {"quantity": f"CADSS_{name}_min", "unit": "min"}
            for name in ("onset", "time_to_peak", "resolution")
        )
    )
    assert onset.predicted < peak.predicted < back.predicted
    assert peak.predicted == pytest.approx(40.0, abs=10.0)


def test_a_time_after_the_end_of_the_infusion_is_counted_from_there():
    start, end = predictions(
        {"quantity": "BP_return_min", "unit": "min"},
        {"quantity": "BP_return_min", "unit": "min", "notes": "after end of infusion"},
    )
    assert start.predicted - end.predicted == pytest.approx(40.0)


def test_hours_and_minutes_are_the_same_time():
    hours, minutes = predictions(
        {"quantity": "BP_time_to_peak", "unit": "h"},
        {"quantity": "BP_time_to_peak", "unit": "min"},
    )
    assert 60.0 * hours.predicted == pytest.approx(minutes.predicted)


def test_intervals_hold_the_prediction_and_narrow_with_the_study():
    few, many = predictions({"n": "5"}, {"n": "5000"})
    assert few.predicted == many.predicted
    assert few.low < many.low < many.predicted < many.high < few.high


def test_the_same_seed_gives_the_same_answer():
    assert predictions({}, seed=4) == predictions({}, seed=4)


def test_pressure_as_read_differs_between_patients_as_published():
    """One service printed 16.0 (SD 11.2) mmHg, a pool of fifteen articles 12.6."""
    rise = query()
    member = Member(belief=calibrated_belief(BASE))
    mean, spread = safety_values(
        [rise, replace(rise, spread=True)], [member], catalogue=load_catalogue(), patients=1000,
        seed=1,
    )[0]  # fmt: skip
    assert 12.6 < mean < 19.6
    assert spread == pytest.approx(11.2, rel=0.15)
