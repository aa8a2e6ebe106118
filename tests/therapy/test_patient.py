"""The patient, the medicines, the conditions and checks, the vital signs."""

import math
import pickle
from dataclasses import replace

import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.therapy.checks import CHECKS, Check
from ketacourse.therapy.conditions import CONDITIONS
from ketacourse.therapy.medications import CLASSES, classes_of, load_medicines, medication_class
from ketacourse.therapy.patient import Medication, Patient, VitalSigns

PATIENT = Patient(age_years=44.0, sex="female", weight_kg=72.0, diagnosis="trd", height_cm=168.0)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("age_years", 0.0, "1 to 120 years"),
        ("age_years", math.nan, "1 to 120 years"),
        ("weight_kg", 7.2, "20 to 400 kg"),
        ("weight_kg", math.inf, "20 to 400 kg"),
        ("height_cm", 1.68, "60 to 260 cm"),
        ("crp_mg_per_l", -1.0, "0 to 600 mg/L"),
        ("il6_pg_per_ml", 1e6, "0 to 10000 pg/mL"),
        ("failed_antidepressants", -1, "0 to 40"),
    ],
)
def test_an_impossible_number_is_refused_with_the_interval(
    field: str, value: float, says: str
) -> None:
    with pytest.raises(OutOfRangeError, match=says):
        replace(PATIENT, **{field: value})


@pytest.mark.parametrize(
    "field", ["sex", "diagnosis", "bdnf_genotype", "ancestry", "cyp2b6_genotype"]
)
def test_an_unknown_choice_is_refused(field: str) -> None:
    with pytest.raises(InputError, match=f"The {field} 'nonsense' is not known"):
        replace(PATIENT, **{field: "nonsense"})


def test_a_condition_that_is_not_mentioned_is_unknown() -> None:
    patient = replace(PATIENT, conditions={"eclampsia": "absent"})
    assert patient.condition("eclampsia") == "absent"
    assert patient.condition("stroke_or_tia") == "unknown"


def test_a_misspelt_code_is_refused_with_the_close_ones() -> None:
    with pytest.raises(InputError, match="'sleep_apnoea'"):
        replace(PATIENT, conditions={"sleep_apnea": "absent"})
    with pytest.raises(InputError, match="'cssrs_screen'"):
        replace(PATIENT, checks={"cssrs": Check(state="done")})
    with pytest.raises(InputError, match="'eclampsia'"):
        PATIENT.condition("eclampsie")


def test_a_patient_does_not_change_with_the_mapping_it_was_made_of() -> None:
    conditions = {"eclampsia": "absent"}
    patient = replace(PATIENT, conditions=conditions)
    conditions["eclampsia"] = "present"
    assert patient.condition("eclampsia") == "absent"


def test_a_patient_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(PATIENT)) == PATIENT  # noqa: S301 - made two words ago


def test_body_mass_index_needs_a_height() -> None:
    assert PATIENT.bmi == pytest.approx(72.0 / 1.68**2)
    assert replace(PATIENT, height_cm=None).bmi is None


def test_medicines_are_found_by_class_or_by_name() -> None:
    lorazepam = Medication(name="Lorazepam", classes=classes_of("Lorazepam"))
    clozapine = Medication(name="clozapine", classes=classes_of("clozapine"))
    patient = replace(PATIENT, medications=(lorazepam, clozapine))
    assert patient.takes("benzodiazepine") == (lorazepam,)
    assert patient.takes("clozapine") == (clozapine,)
    assert patient.takes("opioid") == ()


def test_an_unknown_medicine_is_never_taken_as_harmless() -> None:
    with pytest.raises(InputError, match=r"'sertralin' is not in the table.*'sertraline'"):
        classes_of("sertralin")


def test_a_medicine_known_to_be_in_no_class_has_none() -> None:
    assert classes_of("paracetamol") == ()


def test_every_class_of_the_table_is_a_known_class() -> None:
    for medicine in load_medicines().values():
        assert [medication_class(code) for code in medicine.classes] == list(medicine.classes)
        assert medicine.name == medicine.name.lower()


def test_an_unknown_class_is_refused_with_the_close_ones() -> None:
    with pytest.raises(InputError, match="'cyp3a_inhibitor'"):
        medication_class("cyp3a4_inhibitor")


def test_a_medication_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="no name"):
        Medication(name=" ")


@pytest.mark.parametrize("codes", [CONDITIONS, CHECKS, CLASSES])
def test_codes_are_snake_case_and_have_a_meaning(codes: dict[str, str]) -> None:
    for code, meaning in codes.items():
        assert code.isidentifier()
        assert code == code.lower()
        assert meaning


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        ({"sbp_mmhg": 12.0}, "40 to 320 mmHg"),
        ({"dbp_mmhg": math.nan}, "20 to 220 mmHg"),
        ({"heart_rate_bpm": 0.0}, "20 to 250 bpm"),
        ({"spo2_percent": 101.0}, "40 to 100 %"),
        ({"respiratory_rate": 200.0}, "2 to 80 /min"),
        ({"sbp_mmhg": 80.0, "dbp_mmhg": 120.0}, "exchanged"),
        ({"day": math.nan}, "-730 to 730 days"),
        ({"moment": "later"}, "in_session"),
    ],
)
def test_impossible_vital_signs_are_refused(reading: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        VitalSigns(**{"day": 0.0, **reading})


@pytest.mark.parametrize(
    ("check", "says"), [({"state": "ok"}, "done or not_done"), ({"day": -800.0}, "-730 to 730")]
)
def test_an_impossible_check_is_refused(check: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Check(**{"state": "done", **check})  # type: ignore[arg-type]
