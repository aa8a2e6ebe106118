"""A course in the terms of the course model."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.posterior import value_in_force
from ketacourse.forecast.drive import effect_of, strength_of
from ketacourse.forecast.regimen import Regimen, regimen_of
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Medication, Patient
from ketacourse.therapy.session import DrugSession, TherapySession


def dose(amount: float, route: str = "iv_infusion", hours: float = 40 / 60) -> Dose:
    return Dose(route=route, amount_mg_per_kg=amount, duration_h=hours)


def patient(**changes) -> Patient:
    return Patient(**{"age_years": 40.0, "sex": "male", "weight_kg": 70.0, "diagnosis": "trd",
                      **changes})  # fmt: skip


def test_the_reference_dose_in_the_reference_person_has_strength_one():
    assert strength_of(patient(), dose(0.5)) == pytest.approx(1.0)


def test_strength_rises_with_dose_and_falls_short_of_it():
    found = [strength_of(patient(), dose(a)) for a in (0.0, 0.25, 0.5, 1.0, 2.0)]
    assert found[0] == 0.0
    assert (np.diff(found) > 0.0).all()
    assert found[4] < 4.0 * found[2]


def test_an_injection_into_muscle_drives_about_as_much_as_the_vein():
    assert 0.6 < strength_of(patient(), dose(0.5, "im", 0.0)) < 1.2


def test_an_inducer_of_metabolism_weakens_a_swallowed_dose():
    plain = strength_of(patient(), dose(2.0, "oral", 0.0))
    induced = patient(medications=(Medication(name="rifampicin"),))
    assert strength_of(induced, dose(2.0, "oral", 0.0)) < plain


def test_given_doses_count_instead_of_planned_ones():
    course = Course(sessions=tuple(DrugSession(day=d, dose=dose(0.5)) for d in (0.0, 3.0)))
    given = (DrugSession(day=0.0, dose=dose(0.25)),)
    found = regimen_of(patient(), course, given=given)
    assert found.days.tolist() == [0.0]
    assert found.strength[0] < 0.7


def test_masking_moves_expectancy_and_a_trial_moves_care():
    course = Course(sessions=(DrugSession(day=0.0, dose=dose(0.5)),), masking="anaesthesia",
                    setting="trial")  # fmt: skip
    found = regimen_of(patient(), course)
    assert found.expectancy_shift > 0.0
    awake = regimen_of(patient(), replace(course, masking="active_placebo"))
    assert (awake.drug_share, awake.expectancy_days) == (1.0, None)
    assert found.drug_share == 1.0 - value_in_force("mood.anaesthesia_block", "1")
    assert found.expectancy_days == value_in_force("placebo.unaware_time", "d")
    trial, clinic = (value_in_force(f"placebo.care_{s}", "1") for s in ("trial", "clinic"))
    assert np.sign(found.care_shift) == np.sign(trial - clinic) != 0.0


def test_circumstances_change_how_fast_gains_fade():
    doses = (DrugSession(day=0.0, dose=dose(0.5)),)
    other = Medication(name="metformin", classes=())
    free, started, silent = (
        regimen_of(
            replace(patient(), medications=medicines),
            Course(sessions=doses, new_oral_antidepressant=oral),
        ).decay
        for medicines, oral in (((other,), False), ((other,), True), ((), False))
    )
    assert started == 1.0
    assert silent == 1.0, "an empty list is no proof that nothing is taken"
    assert free == pytest.approx(1.0 / value_in_force("patient.medication_decay", "1"))


def test_therapy_stands_in_the_regimen_with_its_length():
    course = Course(sessions=(DrugSession(day=0.0, dose=dose(0.5)),),
                    therapy=(TherapySession(day=1.0, duration_h=1.5),))  # fmt: skip
    assert regimen_of(patient(), course).therapy_hours.tolist() == [1.5]


def test_doses_added_later_are_put_in_order():
    plain = Regimen(days=np.array([0.0, 7.0]), strength=np.ones(2))
    assert plain.with_doses([3.0], [0.5]).days.tolist() == [0.0, 3.0, 7.0]
    assert plain.with_therapy([1.0]).until(0.5).therapy_days.size == 0


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"days": [0.0, np.nan], "strength": [1.0, 1.0]}, "not a row of finite numbers"),
        ({"days": [1.0, 0.0], "strength": [1.0, 1.0]}, "do not increase"),
        ({"days": [0.0], "strength": [-1.0]}, "negative strength"),
        ({"days": [0.0], "strength": [1.0], "drug_share": 1.2}, "share of the drug"),
        ({"days": [0.0], "strength": [1.0], "drug_share": np.nan}, "share of the drug"),
        ({"days": [0.0], "strength": [1.0], "expectancy_days": 0.0}, "fades with 0.0 days"),
        ({"days": [0.0], "strength": [1.0], "expectancy_days": np.nan}, "fades with nan days"),
        ({"days": [0.0], "strength": [1.0, 1.0]}, "differ in length"),
    ],
)
def test_an_impossible_regimen_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        Regimen(**{k: np.array(v) for k, v in fields.items()})


def test_nothing_given_has_no_acute_effect():
    assert effect_of(0.0, "pressure") == 0.0
    assert 0.0 < effect_of(0.3, "cadss") < effect_of(0.6, "cadss") < 1.0
