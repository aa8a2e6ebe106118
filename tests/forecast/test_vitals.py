"""Pressure and dissociation of the next session, learned from the earlier ones."""

import numpy as np
import pytest

from ketacourse.forecast.vitals import adaptation, chair_of, watched_in
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.score import Score
from ketacourse.therapy.session import DrugSession
from ketacourse.therapy.vitals import VitalSigns

PATIENT = Patient(age_years=40.0, sex="male", weight_kg=75.0, diagnosis="trd")
DOSE = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40 / 60)
GIVEN = tuple(DrugSession(day=d, dose=DOSE) for d in (0.0, 3.0, 7.0))
NEXT = DrugSession(day=10.0, dose=DOSE)


def readings(*rises: float) -> list[VitalSigns]:
    found = []
    for session, rise in zip(GIVEN, rises, strict=False):
        found.append(VitalSigns(day=session.day, sbp_mmhg=120.0, moment="pre_dose"))
        found.append(VitalSigns(day=session.day + 0.03, sbp_mmhg=120.0 + rise, moment="in_session"))
    return found


def marks(*totals: int) -> list[Score]:
    return [Score(day=s.day + 0.03, scale="cadss", total=t)
            for s, t in zip(GIVEN, totals, strict=False)]  # fmt: skip


def expected(vitals=(), scores=(), dose=DOSE):
    coming = DrugSession(day=10.0, dose=dose)
    return chair_of(PATIENT, GIVEN, vitals, scores, seed=1).sessions([coming])


def test_sessions_with_high_rises_raise_the_next_forecast():
    low, high = (np.median(expected(readings(*[r] * 3)).rise_mmhg) for r in (8.0, 40.0))
    assert low < np.median(expected().rise_mmhg) < high


def test_more_sessions_narrow_the_forecast():
    spread = [np.log(expected(readings(*[20.0] * n)).rise_mmhg).std() for n in (0, 1, 3)]
    assert spread[0] > spread[1] > spread[2]


def test_dissociation_seen_raises_the_next_forecast():
    low, high = (np.median(expected(scores=marks(t, t, t)).cadss) for t in (1, 30))
    assert low < np.median(expected().cadss) < high


def test_a_larger_dose_is_expected_to_raise_more():
    double = Dose(route="iv_infusion", amount_mg_per_kg=1.0, duration_h=40 / 60)
    assert np.median(expected(dose=double).rise_mmhg) > np.median(expected().rise_mmhg)


def test_adaptation_builds_up_and_fades():
    close = adaptation(PATIENT, GIVEN)
    late = adaptation(PATIENT, (*GIVEN, DrugSession(day=90.0, dose=DOSE)))
    assert close[0] == 0.0
    assert (np.diff(close) > 0.0).all()
    assert late[3] < 0.1 * close[2]


def test_the_largest_reading_of_a_session_counts_against_that_before_it():
    vitals = [
        VitalSigns(day=-0.01, sbp_mmhg=118.0, moment="pre_dose"),
        VitalSigns(day=0.01, sbp_mmhg=130.0, moment="in_session"),
        VitalSigns(day=0.03, sbp_mmhg=149.0, moment="in_session"),
        VitalSigns(day=0.09, sbp_mmhg=190.0, moment="discharge"),
    ]
    (seen,) = watched_in(GIVEN, vitals, marks(9))
    assert seen.rise_mmhg == pytest.approx(31.0)
    assert seen.cadss == 9.0


def test_without_a_reading_at_rest_no_peak_is_told():
    assert expected(scores=marks(9)).peak_mmhg is None
    assert expected(readings(20.0)).peak_mmhg is not None


def test_the_same_seed_gives_the_same_sessions():
    assert np.array_equal(expected(readings(20.0)).cadss, expected(readings(20.0)).cadss)
