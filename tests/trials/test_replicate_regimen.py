"""Drug, route, dose and body are read from the words that studies use."""

import pytest

from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_regimen import (
    age_of,
    checked_dose,
    drug_of,
    refuse_others,
    route_of,
    scenarios_of,
    steps_of,
    weight_of,
)


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("racemate", "ketamine"), ("R,S-ketamine", "ketamine"), ("Ketamine", "ketamine"),
        ("S", "esketamine"), ("S-ketamine", "esketamine"), ("(S)-ketamine", "esketamine"),
        ("esketamine", "esketamine"), ("R", "arketamine"), ("arketamine", "arketamine"),
    ],
)  # fmt: skip
def test_drugs_are_read_in_the_spellings_of_the_literature(text, drug):
    assert drug_of(text) == drug


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("IV 3-step infusion", "iv_infusion"), ("IV", "iv_infusion"), ("i.v. bolus", "iv_bolus"),
        ("IM injection", "im"), ("intramuscular", "im"), ("subcutaneous", "sc"), ("SC", "sc"),
        ("nasal spray", "intranasal"), ("IN", "intranasal"), ("oral tablet", "oral"),
        ("oral thin film sublingual/buccal", "sublingual"), ("SL", "sublingual"),
        ("iv_bolus", "iv_bolus"),
    ],
)  # fmt: skip
def test_routes_are_read_in_the_spellings_of_the_literature(text, route):
    assert route_of(text) == route


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("IV/IM/SC mixed", "two routes pooled"), ("IV or IM", "two routes pooled"),
        ("oral prolonged-release tablet", "prolonged-release"), ("rectal suppository", "rectal"),
        ("epidural", "spine"), ("TCI", "target-controlled"), ("", "not stated"),
        ("by dart", "no model of the route"),
    ],
)  # fmt: skip
def test_a_route_without_a_model_is_refused_with_its_reason(text, why):
    with pytest.raises(UnsupportedRowError, match=why):
        route_of(text)


def test_the_steps_of_an_infusion_are_read_from_the_notes():
    unit, steps = steps_of(
        per_kg=0.99, whole=None, minutes=180.0, route="iv_infusion",
        text="IV 3-step infusion; three 60-min steps 0.14/0.28/0.57 mg/kg/h",
    )  # fmt: skip
    assert unit == "mg/kg"
    assert steps == ((1.0, 0.14), (1.0, 0.28), (1.0, 0.57))


def test_rates_per_minute_and_half_hours_become_amounts():
    _, steps = steps_of(
        per_kg=0.5, whole=None, minutes=60.0, route="iv_infusion",
        text="two 30-min steps 5/10 ug/kg/min",
    )  # fmt: skip
    assert [amount for _, amount in steps] == pytest.approx([0.15, 0.3])


def test_a_stepped_infusion_without_rates_is_refused():
    with pytest.raises(UnsupportedRowError, match="rates of the steps"):
        steps_of(per_kg=1.0, whole=None, minutes=60.0, route="iv_infusion", text="IV 3-step")


def test_two_statements_of_a_dose_give_the_body_weight():
    assert checked_dose(0.5, 40.0) == 80.0


def test_two_doses_that_fit_no_body_are_a_fault():
    with pytest.raises(RowFaultError, match="body weight of 700 kg"):
        checked_dose(0.2, 140.0)


@pytest.mark.parametrize(
    ("text", "kg"),
    [
        ("healthy adults 73 (SD 12) kg", 73.0), ("mean weight 81 kg", 81.0),
        ("70.5 \u00b1 9.1 kg", 70.5), ("healthy adults", None), ("0.5 mg/kg in adults", None),
    ],
)  # fmt: skip
def test_the_mean_weight_is_found_in_the_population(text, kg):
    assert weight_of(text) == kg


def test_the_age_is_found_or_is_that_of_older_people():
    assert age_of("volunteers, mean age 26.04") == 26.04
    assert age_of("TRD >=65 y") > 65.0
    assert age_of("TRD") is None


@pytest.mark.parametrize("text", ["children 4-10 y", "male rats", "adolescents"])
def test_animals_and_the_young_are_refused(text):
    with pytest.raises(UnsupportedRowError, match="the model is of"):
        refuse_others(text)


def test_an_inhibitor_counts_only_where_it_was_taken():
    assert scenarios_of("healthy; after itraconazole for four days") == ("itraconazole",)
    assert scenarios_of("placebo phase of the itraconazole study") == ()
